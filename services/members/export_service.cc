#include "services/members/export_service.h"

#include <memory>
#include <string>
#include <utility>

#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/consent_contract.h"
#include "services/members/member_contract.h"
#include "services/members/preference_contract.h"

namespace gratis::members {
namespace {

using rpc::Step;

// In one message: clients take 4 MiB unless they say otherwise, and one member is at most about
// 200 kB.
constexpr int32_t kMembers = 500;
constexpr size_t kBytes = 1 << 20;
constexpr absl::Duration kStepLimit = absl::Seconds(20);

absl::StatusOr<std::optional<MemberCursor>> StartOf(const v1::ExportMembersRequest& request,
                                                    const ledger::Program& program) {
  if (request.cursor().empty()) return std::nullopt;
  const std::optional<MemberCursor> cursor = MemberCursor::Parse(request.cursor());
  if (cursor && cursor->partition >= program.first_partition &&
      cursor->partition <= program.last_partition()) {
    return cursor;
  }
  return FieldError(Reason::kCursorInvalid, "cursor", "no place in an export of this program");
}

void ToContract(const Dossier& dossier, v1::ExportedMember& proto) {
  ToContract(dossier.member, *proto.mutable_member());
  for (const Consent& consent : dossier.consents) ToContract(consent, *proto.add_consents());
  for (const KeptPreference& kept : dossier.preferences) {
    ToContract(kept, *proto.add_preferences());
  }
  if (dossier.merged_into) proto.set_merged_into(dossier.merged_into->ToString());
}

class Exporting final : public rpc::Producer<v1::ExportMembersResponse> {
 public:
  Exporting(const Dossiers& dossiers, ledger::Program program, std::optional<MemberCursor> after,
            absl::Time now, const base::Clock& clock)
      : dossiers_(dossiers), program_(std::move(program)), sent_(after), now_(now), clock_(clock) {}

  absl::StatusOr<Step> Next(v1::ExportMembersResponse& message) override {
    taken_ = sent_;
    if (over_) return Step::End();
    ASSIGN_OR_RETURN(DossierPage page,
                     dossiers_.List(program_, sent_, kMembers, clock_.Now() + kStepLimit));
    over_ = !page.next;
    size_t bytes = 0;
    for (Dossier& dossier : page.dossiers) {
      DropOver(dossier.member.segments, now_);
      v1::ExportedMember& member = *message.add_members();
      ToContract(dossier, member);
      bytes += member.ByteSizeLong();
      sent_ = MemberCursor{ledger::PartitionOf(program_, dossier.member.id), dossier.member.id};
      if (bytes < kBytes) continue;
      if (&dossier != &page.dossiers.back()) over_ = false;
      break;
    }
    if (message.members().empty()) return Step::End();
    message.set_cursor(sent_->ToString());
    message.set_partitions(program_.partitions);
    message.set_partitions_done(over_ ? program_.partitions
                                      : sent_->partition - program_.first_partition);
    return Step::Send();
  }

  Metadata Place() const override {
    return {{"cursor", taken_ ? taken_->ToString() : std::string()}};
  }

 private:
  const Dossiers& dossiers_;
  const ledger::Program program_;
  std::optional<MemberCursor> taken_;  // the last member of the last message that the client took
  std::optional<MemberCursor> sent_;   // of the last message
  const absl::Time now_;               // program time, as it began
  const base::Clock& clock_;
  bool over_ = false;
};

}  // namespace

grpc::ServerWriteReactor<v1::ExportMembersResponse>* ExportService::ExportMembers(
    grpc::CallbackServerContext* context, const v1::ExportMembersRequest* request) {
  using Producer = rpc::Producer<v1::ExportMembersResponse>;
  return shell_.Stream<v1::ExportMembersRequest, v1::ExportMembersResponse>(
      context, request,
      [this](const rpc::Call& call, const v1::ExportMembersRequest& asked,
             const rpc::Waker&) -> absl::StatusOr<std::unique_ptr<Producer>> {
        ASSIGN_OR_RETURN(const std::optional<MemberCursor> after, StartOf(asked, call.program));
        RETURN_IF_ERROR(notes_.OfAll(call, after.has_value()));
        return std::make_unique<Exporting>(dossiers_, call.program, after, call.now,
                                           shell_.clock());
      });
}

}  // namespace gratis::members
