#include "services/ledger/voucher_service.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
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
#include "services/ledger/voucher_convert.h"
#include "services/ledger/vouchers.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using rpc::Call;
using rpc::Reply;

constexpr int32_t kPageSize = 50;
constexpr int32_t kMaxPageSize = 1'000;

// The answer to a deed; `set_more` adds what only this kind of answer says.
template <class Resp>
VoucherAnswer AnswerAs(const Call& call, bool validate_only,
                       void (*set_more)(const VoucherDeed&, const base::Money& worth, Resp&)) {
  return [currency = call.program.currency_code, validate_only, set_more](const VoucherDeed& deed) {
    Resp response;
    ToProto(deed.after, currency, *response.mutable_voucher());
    if (!validate_only) {
      response.set_transaction_id(deed.transaction.ToString());
      rpc::SetTime(deed.recorded_at, *response.mutable_recorded_at());
    }
    set_more(deed, {currency, deed.worth}, response);
    return response.SerializeAsString();
  };
}

bool IsMoney(const VoucherDeed& deed) {
  return deed.after.voucher.terms.kind == ledger::VoucherKind::kFixed;
}

absl::StatusOr<std::optional<int64_t>> AmountOf(const Call& call, bool given,
                                                const type::v1::Money& amount) {
  if (!given) return std::nullopt;
  ASSIGN_OR_RETURN(const base::Money money, rpc::ParseMoney(amount, "amount"));
  return WorthOf(money, call.program.currency_code, "amount");
}

class Handlers final : public v1::VoucherService::CallbackService {
 public:
  Handlers(rpc::Shell& shell, pg::Pool& pool, ledger::Poster& poster, const vault::Vault& vault,
           base::IdSource& ids)
      : shell_(shell), pool_(pool), poster_(poster), ids_(ids), codes_(vault) {}

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
    return Use(context, request, response, &Handlers::RedemptionOf);
  }
  grpc::ServerUnaryReactor* HoldVoucher(grpc::CallbackServerContext* context,
                                        const v1::HoldVoucherRequest* request,
                                        v1::HoldVoucherResponse* response) override {
    return Use(context, request, response, &Handlers::HoldOf);
  }
  grpc::ServerUnaryReactor* VoidVoucher(grpc::CallbackServerContext* context,
                                        const v1::VoidVoucherRequest* request,
                                        v1::VoidVoucherResponse* response) override {
    return Use(context, request, response, &Handlers::VoidingOf);
  }
  grpc::ServerUnaryReactor* ListVouchers(grpc::CallbackServerContext* context,
                                         const v1::ListVouchersRequest* request,
                                         v1::ListVouchersResponse* response) override {
    return shell_.Read<v1::ListVouchersRequest, v1::ListVouchersResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto& resp) { return List(call, req, resp); });
  }

 private:
  using MutationOr = absl::StatusOr<std::unique_ptr<ledger::Mutation>>;

  // A voucher, and whose it is.
  struct Place {
    VoucherId voucher;
    MemberId member;
  };

  // What is done with a voucher that exists.
  template <class Req, class Resp>
  grpc::ServerUnaryReactor* Use(grpc::CallbackServerContext* context, const Req* request,
                                Resp* response,
                                MutationOr (Handlers::*make)(const Call&, const Req&,
                                                             const Place&)) {
    return shell_.Mutate<Req, Resp>(
        context, request, response,
        [this, make](const Call& call, const Req& req, Reply<Resp> reply) {
          const absl::StatusOr<Place> place = PlaceOf(call, req);
          if (!place.ok()) return reply.Finish(place.status());
          MutationOr mutation = (this->*make)(call, req, *place);
          if (!mutation.ok()) return reply.Finish(mutation.status());
          // Whoever has the code has the voucher; who only has its id was shown a list.
          if (req.which_case() == Req::kVoucherId) {
            (*mutation)->envelope.refusal = rpc::NeedStrongProof(call, place->member);
          }
          rpc::Post(poster_, call, req, no_tables_, *std::move(mutation), std::move(reply));
        });
  }

  // The voucher that a request names. Errors: FIELD_MISSING, FIELD_INVALID, INVALID_ID,
  // VOUCHER_NOT_FOUND.
  template <class Req>
  absl::StatusOr<Place> PlaceOf(const Call& call, const Req& request);
  absl::StatusOr<VoucherId> FindCode(pg::Tx& tx, const Call& call, const std::string& plain);
  // The voucher that a request names, as it stands now. Errors: as PlaceOf.
  template <class Req>
  absl::StatusOr<SeenVoucher> SeenOf(const Call& call, const Req& request);

  void Issue(const Call& call, const v1::IssueVoucherRequest& request,
             Reply<v1::IssueVoucherResponse> reply);
  MutationOr IssueOf(const Call& call, const v1::IssueVoucherRequest& request);
  MutationOr RedemptionOf(const Call& call, const v1::RedeemVoucherRequest& request,
                          const Place& place);
  MutationOr HoldOf(const Call& call, const v1::HoldVoucherRequest& request, const Place& place);
  MutationOr VoidingOf(const Call& call, const v1::VoidVoucherRequest& request, const Place& place);

  absl::Status Get(const Call& call, const v1::GetVoucherRequest& request,
                   v1::GetVoucherResponse& response);
  absl::Status Validate(const Call& call, const v1::ValidateVoucherRequest& request,
                        v1::ValidateVoucherResponse& response);
  absl::Status List(const Call& call, const v1::ListVouchersRequest& request,
                    v1::ListVouchersResponse& response);

  // A new id in the member's partition.
  template <class Id>
  Id NewId(const Call& call, const MemberId& member) {
    return ledger::Beside(call.program, member, Id{ids_.Next(call.now)});
  }
  // The voucher's code as people read it.
  std::string CodeOf(int32_t program, const VoucherId& voucher) const {
    return ledger::GroupVoucherCode(codes_.CodeOf(program, voucher));
  }
  // A voucher with its code, for those who are shown it.
  void Show(const Call& call, const SeenVoucher& seen, v1::Voucher& out) const {
    ToProto(seen, call.program.currency_code, out);
    if (SeesCodes(call.role)) out.set_code(CodeOf(call.program.number, seen.voucher.id));
  }

  rpc::Shell& shell_;
  pg::Pool& pool_;
  ledger::Poster& poster_;
  base::IdSource& ids_;
  const ledger::VoucherCodes codes_;
  ledger::MutationKind no_tables_;  // vouchers need no tables besides the kernel's
};

absl::StatusOr<VoucherId> Handlers::FindCode(pg::Tx& tx, const Call& call,
                                             const std::string& plain) {
  ASSIGN_OR_RETURN(
      const auto found,
      ledger::FindNames(tx, call.program, {codes_.NameOf(call.program.number, plain)}));
  if (found.empty()) {
    return FieldError(Reason::kVoucherNotFound, "code", "the program has no voucher of this code");
  }
  return VoucherId{found.front().second.id};
}

template <class Req>
absl::StatusOr<Handlers::Place> Handlers::PlaceOf(const Call& call, const Req& request) {
  VoucherId named;
  std::string plain;
  switch (request.which_case()) {
    case Req::kVoucherId: {
      const absl::StatusOr<VoucherId> parsed = VoucherId::Parse(request.voucher_id());
      if (!parsed.ok()) return InField(parsed.status(), "voucher_id");
      named = *parsed;
      break;
    }
    case Req::kCode: {
      ASSIGN_OR_RETURN(plain, ledger::ParseVoucherCode(request.code()));
      break;
    }
    case Req::WHICH_NOT_SET:
      return FieldError(Reason::kFieldMissing, "voucher_id", "which voucher? Give its id or code");
  }
  Place place;
  RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = call.deadline, .read_only = true}, [&](pg::Tx& tx) {
    place.voucher = named;
    if (!plain.empty()) {
      ASSIGN_OR_RETURN(place.voucher, FindCode(tx, call, plain));
    }
    ASSIGN_OR_RETURN(place.member, HolderOf(tx, call.program, place.voucher, call.now));
    return absl::OkStatus();
  }));
  // One that came over with a merge is where its holder is by now.
  place.member = shell_.SurvivorOf(place.member);
  return place;
}

template <class Req>
absl::StatusOr<SeenVoucher> Handlers::SeenOf(const Call& call, const Req& request) {
  ASSIGN_OR_RETURN(const Place place, PlaceOf(call, request));
  std::vector<SeenVoucher> seen;
  RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = call.deadline, .read_only = true}, [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(seen, SeeVouchers(tx, call.program, place.member, {place.voucher}, call.now));
    return absl::OkStatus();
  }));
  return std::move(seen.front());
}

Handlers::MutationOr Handlers::IssueOf(const Call& call, const v1::IssueVoucherRequest& request) {
  ASSIGN_OR_RETURN(VoucherIssueOrder order, IssueOrderOf(request, call.program.currency_code));
  order.statable_past = StatablePast(call.role);
  order.transaction = NewId<TransactionId>(call, order.member);
  order.voucher = NewId<VoucherId>(call, order.member);
  order.name = codes_.NameOf(call.program.number, order.voucher);
  return std::make_unique<VoucherIssue>(
      std::move(order),
      AnswerAs<v1::IssueVoucherResponse>(
          call, request.validate_only(),
          [](const VoucherDeed&, const base::Money&, v1::IssueVoucherResponse& response) {
            if (response.transaction_id().empty()) {
              response.mutable_voucher()->clear_voucher_id();
            }
          }));
}

void Handlers::Issue(const Call& call, const v1::IssueVoucherRequest& request,
                     Reply<v1::IssueVoucherResponse> reply) {
  MutationOr issue = IssueOf(call, request);
  if (!issue.ok()) return reply.Finish(issue.status());
  if (absl::Status filled =
          rpc::FillEnvelope(call, request, reply.fingerprints(), (*issue)->envelope);
      !filled.ok()) {
    return reply.Finish(std::move(filled));
  }
  // The stored answer has no code: it is said anew, in the first answer and in every replay.
  poster_.Submit(no_tables_, *std::move(issue),
                 [this, program = call.program.number, reply](ledger::Outcome outcome) {
                   if (!outcome.answer.ok()) return reply.Finish(outcome.answer.status());
                   v1::IssueVoucherResponse& response = reply.response();
                   if (absl::Status parsed = rpc::ParseAnswer(*outcome.answer, response);
                       !parsed.ok()) {
                     return reply.Finish(std::move(parsed));
                   }
                   if (!response.voucher().voucher_id().empty()) {
                     const absl::StatusOr<VoucherId> voucher =
                         VoucherId::Parse(response.voucher().voucher_id());
                     if (!voucher.ok()) return reply.Finish(voucher.status());
                     response.mutable_voucher()->set_code(CodeOf(program, *voucher));
                   }
                   outcome.replayed ? reply.FinishReplayed() : reply.Finish(absl::OkStatus());
                 });
}

Handlers::MutationOr Handlers::RedemptionOf(const Call& call,
                                            const v1::RedeemVoucherRequest& request,
                                            const Place& place) {
  RedemptionOrder order{.transaction = NewId<TransactionId>(call, place.member),
                        .member = place.member,
                        .voucher = place.voucher,
                        .amount = {},
                        .order_id = request.order_id(),
                        .effective_at = {},
                        .statable_past = StatablePast(call.role)};
  ASSIGN_OR_RETURN(order.amount, AmountOf(call, request.has_amount(), request.amount()));
  RETURN_IF_ERROR(CheckOrderId(order.order_id));
  if (request.has_effective_at()) {
    ASSIGN_OR_RETURN(order.effective_at, rpc::ParseTime(request.effective_at(), "effective_at"));
  }
  return std::make_unique<Redemption>(
      std::move(order),
      AnswerAs<v1::RedeemVoucherResponse>(call, request.validate_only(),
                                          [](const VoucherDeed& deed, const base::Money& worth,
                                             v1::RedeemVoucherResponse& response) {
                                            if (IsMoney(deed))
                                              rpc::SetMoney(worth, *response.mutable_redeemed());
                                          }));
}

Handlers::MutationOr Handlers::HoldOf(const Call& call, const v1::HoldVoucherRequest& request,
                                      const Place& place) {
  RETURN_IF_ERROR(CheckLife(request.life_seconds()));
  VoucherHoldOrder order{.transaction = NewId<TransactionId>(call, place.member),
                         .member = place.member,
                         .voucher = place.voucher,
                         .hold = NewId<HoldId>(call, place.member),
                         .amount = {},
                         .life = absl::Seconds(request.life_seconds()),
                         .order_id = request.order_id()};
  ASSIGN_OR_RETURN(order.amount, AmountOf(call, request.has_amount(), request.amount()));
  RETURN_IF_ERROR(CheckOrderId(order.order_id));
  return std::make_unique<VoucherHold>(
      std::move(order),
      AnswerAs<v1::HoldVoucherResponse>(
          call, request.validate_only(),
          [](const VoucherDeed& deed, const base::Money& worth, v1::HoldVoucherResponse& response) {
            const bool done = !response.transaction_id().empty();
            if (done) response.set_hold_id(deed.hold->id.ToString());
            if (IsMoney(deed)) rpc::SetMoney(worth, *response.mutable_held());
            rpc::SetTime(deed.hold->expires_at, *response.mutable_hold_expires_at());
          }));
}

Handlers::MutationOr Handlers::VoidingOf(const Call& call, const v1::VoidVoucherRequest& request,
                                         const Place& place) {
  RETURN_IF_ERROR(CheckReason(request.reason()));
  return std::make_unique<VoucherVoiding>(
      NewId<TransactionId>(call, place.member), place.member, place.voucher, request.reason(),
      AnswerAs<v1::VoidVoucherResponse>(
          call, request.validate_only(),
          [](const VoucherDeed& deed, const base::Money& worth, v1::VoidVoucherResponse& response) {
            if (IsMoney(deed)) rpc::SetMoney(worth, *response.mutable_voided());
          }));
}

absl::Status Handlers::Get(const Call& call, const v1::GetVoucherRequest& request,
                           v1::GetVoucherResponse& response) {
  ASSIGN_OR_RETURN(const SeenVoucher seen, SeenOf(call, request));
  Show(call, seen, *response.mutable_voucher());
  rpc::SetTime(call.now, *response.mutable_read_at());
  return absl::OkStatus();
}

absl::Status Handlers::Validate(const Call& call, const v1::ValidateVoucherRequest& request,
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

absl::Status Handlers::List(const Call& call, const v1::ListVouchersRequest& request,
                            v1::ListVouchersResponse& response) {
  const absl::StatusOr<MemberId> member = MemberId::Parse(request.member_id());
  if (!member.ok()) return InField(member.status(), "member_id");
  RETURN_IF_ERROR(rpc::NeedStrongProof(call, *member));
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size(), kPageSize, kMaxPageSize));
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
  RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = call.deadline, .read_only = true}, [&](pg::Tx& tx) {
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
  return std::make_unique<Handlers>(shell, pool, poster, vault, ids);
}

}  // namespace gratis::ledger_service
