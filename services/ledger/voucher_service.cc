#include "services/ledger/voucher_service.h"

#include <optional>
#include <utility>
#include <vector>

#include "common/ledger/reads.h"
#include "common/ledger/standing.h"
#include "common/ledger/voucher_code.h"
#include "common/ledger/voucher_reads.h"
#include "common/pg/tx.h"
#include "common/rpc/posting.h"
#include "common/rpc/proven.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/vouchers.grpc.pb.h"
#include "services/ledger/ledger_rules.h"
#include "services/ledger/voucher_contract.h"
#include "services/ledger/voucher_convert.h"
#include "services/ledger/voucher_lookup.h"
#include "services/ledger/vouchers.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using rpc::Call;
using rpc::Reply;

class VoucherHandlers final : public v1::VoucherService::CallbackService {
 public:
  VoucherHandlers(rpc::Shell& shell, pg::Pool& pool, ledger::Poster& poster,
                  const vault::Vault& vault, base::IdSource& ids)
      : shell_(shell),
        pool_(pool),
        poster_(poster),
        ids_(ids),
        codes_(vault),
        vouchers_(shell, pool, codes_) {}

  grpc::ServerUnaryReactor* IssueVoucher(grpc::CallbackServerContext* context,
                                         const v1::IssueVoucherRequest* request,
                                         v1::IssueVoucherResponse* response) override {
    return shell_.Mutate<v1::IssueVoucherRequest, v1::IssueVoucherResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto reply) { Issue(call, req, reply); });
  }
  grpc::ServerUnaryReactor* GetVoucher(grpc::CallbackServerContext* context,
                                       const v1::GetVoucherRequest* request,
                                       v1::GetVoucherResponse* response) override {
    return shell_.Read<v1::GetVoucherRequest, v1::GetVoucherResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto& resp) { return Get(call, req, resp); });
  }
  grpc::ServerUnaryReactor* ValidateVoucher(grpc::CallbackServerContext* context,
                                            const v1::ValidateVoucherRequest* request,
                                            v1::ValidateVoucherResponse* response) override {
    return shell_.Read<v1::ValidateVoucherRequest, v1::ValidateVoucherResponse>(
        context, request, response, [this](const Call& call, const auto& req, auto& resp) {
          return Validate(call, req, resp);
        });
  }
  grpc::ServerUnaryReactor* RedeemVoucher(grpc::CallbackServerContext* context,
                                          const v1::RedeemVoucherRequest* request,
                                          v1::RedeemVoucherResponse* response) override {
    return Use(context, request, response);
  }
  grpc::ServerUnaryReactor* HoldVoucher(grpc::CallbackServerContext* context,
                                        const v1::HoldVoucherRequest* request,
                                        v1::HoldVoucherResponse* response) override {
    return Use(context, request, response);
  }
  grpc::ServerUnaryReactor* VoidVoucher(grpc::CallbackServerContext* context,
                                        const v1::VoidVoucherRequest* request,
                                        v1::VoidVoucherResponse* response) override {
    return Use(context, request, response);
  }
  grpc::ServerUnaryReactor* ListVouchers(grpc::CallbackServerContext* context,
                                         const v1::ListVouchersRequest* request,
                                         v1::ListVouchersResponse* response) override {
    return shell_.Read<v1::ListVouchersRequest, v1::ListVouchersResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto& resp) { return List(call, req, resp); });
  }

 private:
  // What is done with a voucher that exists.
  template <class Req, class Resp>
  grpc::ServerUnaryReactor* Use(grpc::CallbackServerContext* context, const Req* request,
                                Resp* response) {
    return shell_.Mutate<Req, Resp>(
        context, request, response, [this](const Call& call, const Req& req, Reply<Resp> reply) {
          const absl::StatusOr<NamedVoucher> named = vouchers_.FindIn(call, req);
          if (!named.ok()) return reply.Finish(named.status());
          MadeMutation mutation = MutationOf(call, req, *named, ids_);
          if (!mutation.ok()) return reply.Finish(mutation.status());
          rpc::Post(poster_, call, req, no_tables_, *std::move(mutation), std::move(reply));
        });
  }

  // The voucher that a request names, as it stands now. Errors: as VoucherLookup::FindIn.
  template <class Req>
  absl::StatusOr<SeenVoucher> SeenOf(const Call& call, const Req& request);

  void Issue(const Call& call, const v1::IssueVoucherRequest& request,
             Reply<v1::IssueVoucherResponse> reply);

  absl::Status Get(const Call& call, const v1::GetVoucherRequest& request,
                   v1::GetVoucherResponse& response);
  absl::Status Validate(const Call& call, const v1::ValidateVoucherRequest& request,
                        v1::ValidateVoucherResponse& response);
  absl::Status List(const Call& call, const v1::ListVouchersRequest& request,
                    v1::ListVouchersResponse& response);

  // A voucher with its code, for those who are shown it.
  void Show(const Call& call, const SeenVoucher& seen, v1::Voucher& out) const {
    ToProto(seen, call.program.currency_code, out);
    if (!SeesCodes(call.role)) return;
    out.set_code(ledger::GroupVoucherCode(codes_.CodeOf(call.program.number, seen.voucher.id)));
  }

  rpc::Shell& shell_;
  pg::Pool& pool_;
  ledger::Poster& poster_;
  base::IdSource& ids_;
  const ledger::VoucherCodes codes_;
  const VoucherLookup vouchers_;
  ledger::MutationKind no_tables_;  // vouchers need no tables besides the kernel's
};

template <class Req>
absl::StatusOr<SeenVoucher> VoucherHandlers::SeenOf(const Call& call, const Req& request) {
  ASSIGN_OR_RETURN(const NamedVoucher named, vouchers_.FindIn(call, request));
  std::vector<SeenVoucher> seen;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(seen, SeeVouchers(tx, call.program, named.holder, {named.voucher}, call.now));
    return absl::OkStatus();
  }));
  return std::move(seen.front());
}

void VoucherHandlers::Issue(const Call& call, const v1::IssueVoucherRequest& request,
                            Reply<v1::IssueVoucherResponse> reply) {
  MadeMutation issue = MutationOf(call, request, codes_, ids_);
  if (!issue.ok()) return reply.Finish(issue.status());
  if (absl::Status filled =
          rpc::FillEnvelope(call, request, reply.fingerprints(), (*issue)->envelope);
      !filled.ok()) {
    return reply.Finish(std::move(filled));
  }
  poster_.Submit(no_tables_, *std::move(issue),
                 [this, program = call.program.number, reply](ledger::Outcome outcome) {
                   if (!outcome.answer.ok()) return reply.Finish(outcome.answer.status());
                   v1::IssueVoucherResponse& response = reply.response();
                   absl::Status told = rpc::ParseAnswer(*outcome.answer, response);
                   if (told.ok()) told = TellCode(codes_, program, response);
                   if (told.ok() && outcome.replayed) return reply.FinishReplayed();
                   reply.Finish(std::move(told));
                 });
}

absl::Status VoucherHandlers::Get(const Call& call, const v1::GetVoucherRequest& request,
                                  v1::GetVoucherResponse& response) {
  ASSIGN_OR_RETURN(const SeenVoucher seen, SeenOf(call, request));
  Show(call, seen, *response.mutable_voucher());
  rpc::SetTime(call.now, *response.mutable_read_at());
  return absl::OkStatus();
}

absl::Status VoucherHandlers::Validate(const Call& call, const v1::ValidateVoucherRequest& request,
                                       v1::ValidateVoucherResponse& response) {
  ASSIGN_OR_RETURN(const SeenVoucher seen, SeenOf(call, request));
  ToProto(seen, call.program.currency_code, *response.mutable_voucher());
  response.set_live(seen.standing == Standing::kLive);
  // As RedeemVoucher would refuse it.
  const absl::Status allowed = ledger::CheckStanding(seen.holder_state, ledger::Deed::kSpend);
  if (response.live() && !allowed.ok()) {
    response.set_live(false);
    response.set_refusal(std::string(Describe(*ReasonOf(allowed)).name));
    response.set_member_state(std::string(ledger::NameOf(seen.holder_state)));
  }
  rpc::SetTime(call.now, *response.mutable_read_at());
  return absl::OkStatus();
}

absl::Status VoucherHandlers::List(const Call& call, const v1::ListVouchersRequest& request,
                                   v1::ListVouchersResponse& response) {
  const absl::StatusOr<MemberId> member = MemberId::Parse(request.member_id());
  if (!member.ok()) return InField(member.status(), "member_id");
  RETURN_IF_ERROR(rpc::NeedStrongProof(call, *member));
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  ledger::VoucherPlace after{.as_of = call.now};
  if (!cursor.empty()) {
    const std::optional<ledger::VoucherPlace> place = ledger::VoucherPlace::Parse(cursor);
    if (!place) {
      return FieldError(Reason::kInvalidPageToken, "page_token", "this page token is damaged");
    }
    after = *place;
  }
  std::vector<ledger::ListedVoucher> page;
  std::vector<SeenVoucher> seen;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(page, ledger::ListVouchers(tx, call.program, *member, after, size + 1));
    std::vector<VoucherId> ids;
    for (const ledger::ListedVoucher& listed : page) ids.push_back(listed.voucher);
    ASSIGN_OR_RETURN(seen, SeeVouchers(tx, call.program, *member, ids, call.now));
    return absl::OkStatus();
  }));
  if (seen.size() > static_cast<size_t>(size)) {
    seen.resize(size);
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, page[size - 1].place.ToString()));
  }
  for (const SeenVoucher& voucher : seen) Show(call, voucher, *response.add_vouchers());
  return absl::OkStatus();
}

}  // namespace

std::unique_ptr<grpc::Service> MakeVoucherService(rpc::Shell& shell, pg::Pool& pool,
                                                  ledger::Poster& poster, const vault::Vault& vault,
                                                  base::IdSource& ids) {
  return std::make_unique<VoucherHandlers>(shell, pool, poster, vault, ids);
}

}  // namespace gratis::ledger_service
