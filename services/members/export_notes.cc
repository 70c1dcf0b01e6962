#include "services/members/export_notes.h"

#include <memory>
#include <utility>

#include "common/house/keyring/role.h"
#include "common/ledger/program.h"
#include "common/status/macros.h"

namespace gratis::members {
namespace {

class ExportNote final : public ledger::Mutation {
 public:
  ExportNote(const TransactionId& transaction, std::string detail)
      : transaction_(transaction), detail_(std::move(detail)) {}

  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    const MemberId& member = envelope.member;
    if (!member.IsNil()) RETURN_IF_ERROR(books.CheckNotErased(member));
    RETURN_IF_ERROR(books
                        .Post({.kind = ledger::FactKind::kMembersExported,
                               .transaction = transaction_,
                               .member = member,
                               .effective_at = envelope.now,
                               .source = "export",
                               .detail = detail_})
                        .status());
    return std::string();
  }

 private:
  const TransactionId transaction_;
  const std::string detail_;
};

}  // namespace

absl::Status ExportNotes::OfMember(const rpc::Call& call, const MemberId& member) {
  return Note(call, member, R"({"of":"member"})");
}

absl::Status ExportNotes::OfAll(const rpc::Call& call, bool goes_on) {
  return Note(call, MemberId(), goes_on ? R"({"of":"all","goes_on":true})" : R"({"of":"all"})");
}

absl::Status ExportNotes::Note(const rpc::Call& call, const MemberId& member, std::string detail) {
  if (!house::IsStaff(call.role)) return absl::OkStatus();
  auto note = std::make_unique<ExportNote>(
      ledger::Beside(call.program, member, TransactionId{ids_.Next(call.now)}), std::move(detail));
  ledger::Envelope& envelope = note->envelope;
  envelope.program = call.program;
  envelope.member = member;
  envelope.survivors = call.survivors;
  envelope.of_merged = call.as_named;
  envelope.actor = call.actor;
  envelope.network = call.network;
  envelope.by_staff = true;
  envelope.now = call.now;
  envelope.deadline = call.deadline;
  return poster_.Post(kind_, std::move(note)).answer.status();
}

}  // namespace gratis::members
