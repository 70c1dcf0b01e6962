#include "services/ledger/ledger_service.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/ledger/adjustments.h"
#include "common/ledger/balance_reader.h"
#include "common/ledger/loading.h"
#include "common/ledger/reads.h"
#include "common/ledger/verify.h"
#include "common/ledger/voucher_code.h"
#include "common/pg/tx.h"
#include "common/rpc/method.h"
#include "common/rpc/posting.h"
#include "common/rpc/proven.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/ledger.grpc.pb.h"
#include "services/ledger/ledger_convert.h"
#include "services/ledger/points_batch.h"
#include "services/ledger/points_contract.h"
#include "services/ledger/unit_names.h"
#include "services/ledger/verification.h"
#include "services/ledger/voucher_lookup.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using rpc::Call;
using rpc::Reply;

absl::StatusOr<MemberId> MemberOf(const std::string& text) {
  absl::StatusOr<MemberId> member = MemberId::Parse(text);
  if (!member.ok()) return InField(member.status(), "member_id");
  return member;
}

// The filter that a statement asks for, but for its unit. Errors: FIELD_INVALID.
absl::StatusOr<ledger::EntryFilter> FilterOf(const v1::ListEntriesRequest& request) {
  ledger::EntryFilter filter;
  for (const int kind : request.kinds()) {
    if (!v1::EntryKind_IsValid(kind) || kind == v1::ENTRY_KIND_UNSPECIFIED) {
      return FieldError(Reason::kFieldInvalid, "kinds", "there is no such kind of entry");
    }
    filter.kinds.push_back(static_cast<ledger::FactKind>(kind));
  }
  if (request.has_recorded_from()) {
    ASSIGN_OR_RETURN(filter.from, rpc::ParseTime(request.recorded_from(), "recorded_from"));
  }
  if (request.has_recorded_until()) {
    ASSIGN_OR_RETURN(filter.until, rpc::ParseTime(request.recorded_until(), "recorded_until"));
  }
  return filter;
}

// The call's program; the house before it, where the key may see it and it is not left out.
std::vector<ledger::Program> ProgramsToVerify(const Call& call, bool without_house) {
  std::vector<ledger::Program> programs;
  const bool is_house = call.program.number == ledger::kHouseProgram;
  if (!call.bound_to && !is_house && !without_house) programs.push_back(ledger::House());
  programs.push_back(call.program);
  return programs;
}

class LedgerHandlers final : public v1::LedgerService::CallbackService {
 public:
  LedgerHandlers(rpc::Shell& shell, pg::Pool& pool, ledger::Poster& poster,
                 const vault::Vault& vault, base::IdSource& ids)
      : shell_(shell),
        pool_(pool),
        poster_(poster),
        ids_(ids),
        chain_key_(vault.Derive("chain")),
        codes_(vault),
        vouchers_(shell, pool, codes_) {}

  grpc::ServerUnaryReactor* Earn(grpc::CallbackServerContext* context,
                                 const v1::EarnRequest* request,
                                 v1::EarnResponse* response) override {
    return Move(context, request, response);
  }
  grpc::ServerUnaryReactor* Spend(grpc::CallbackServerContext* context,
                                  const v1::SpendRequest* request,
                                  v1::SpendResponse* response) override {
    return Move(context, request, response);
  }
  grpc::ServerUnaryReactor* PlaceHold(grpc::CallbackServerContext* context,
                                      const v1::PlaceHoldRequest* request,
                                      v1::PlaceHoldResponse* response) override {
    return Move(context, request, response);
  }
  grpc::ServerUnaryReactor* CaptureHold(grpc::CallbackServerContext* context,
                                        const v1::CaptureHoldRequest* request,
                                        v1::CaptureHoldResponse* response) override {
    return Move(context, request, response);
  }
  grpc::ServerUnaryReactor* VoidHold(grpc::CallbackServerContext* context,
                                     const v1::VoidHoldRequest* request,
                                     v1::VoidHoldResponse* response) override {
    return Move(context, request, response);
  }
  grpc::ServerUnaryReactor* Reverse(grpc::CallbackServerContext* context,
                                    const v1::ReverseRequest* request,
                                    v1::ReverseResponse* response) override {
    return Move(context, request, response);
  }
  grpc::ServerUnaryReactor* Activate(grpc::CallbackServerContext* context,
                                     const v1::ActivateRequest* request,
                                     v1::ActivateResponse* response) override {
    return Move(context, request, response);
  }
  grpc::ServerUnaryReactor* Adjust(grpc::CallbackServerContext* context,
                                   const v1::AdjustRequest* request,
                                   v1::AdjustResponse* response) override {
    return Move(context, request, response);
  }
  grpc::ServerUnaryReactor* ApproveAdjustment(grpc::CallbackServerContext* context,
                                              const v1::ApproveAdjustmentRequest* request,
                                              v1::ApproveAdjustmentResponse* response) override {
    return Move(context, request, response);
  }
  grpc::ServerUnaryReactor* RejectAdjustment(grpc::CallbackServerContext* context,
                                             const v1::RejectAdjustmentRequest* request,
                                             v1::RejectAdjustmentResponse* response) override {
    return Move(context, request, response);
  }
  grpc::ServerUnaryReactor* ListAdjustments(grpc::CallbackServerContext* context,
                                            const v1::ListAdjustmentsRequest* request,
                                            v1::ListAdjustmentsResponse* response) override {
    return Read(context, request, response, &LedgerHandlers::ReadAdjustments);
  }
  grpc::ServerUnaryReactor* Transfer(grpc::CallbackServerContext* context,
                                     const v1::TransferRequest* request,
                                     v1::TransferResponse* response) override {
    return Move(context, request, response);
  }
  grpc::ServerUnaryReactor* PostBatch(grpc::CallbackServerContext* context,
                                      const v1::PostBatchRequest* request,
                                      v1::PostBatchResponse* response) override {
    return shell_.Mutate<v1::PostBatchRequest, v1::PostBatchResponse>(
        context, request, response, [this](const Call& call, const auto& req, auto reply) {
          ledger_service::PostBatch({poster_, no_tables_, ids_, methods_, codes_, vouchers_}, call,
                                    req, reply);
        });
  }
  grpc::ServerUnaryReactor* GetBalance(grpc::CallbackServerContext* context,
                                       const v1::GetBalanceRequest* request,
                                       v1::GetBalanceResponse* response) override {
    return shell_.MutateAtOnce<v1::GetBalanceRequest, v1::GetBalanceResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto reply) { ReadBalance(call, req, reply); });
  }
  grpc::ServerUnaryReactor* ListEntries(grpc::CallbackServerContext* context,
                                        const v1::ListEntriesRequest* request,
                                        v1::ListEntriesResponse* response) override {
    return Read(context, request, response, &LedgerHandlers::ReadEntries);
  }
  grpc::ServerUnaryReactor* GetTrialBalance(grpc::CallbackServerContext* context,
                                            const v1::GetTrialBalanceRequest* request,
                                            v1::GetTrialBalanceResponse* response) override {
    return Read(context, request, response, &LedgerHandlers::ReadTrialBalance);
  }
  grpc::ServerUnaryReactor* VerifyPartition(grpc::CallbackServerContext* context,
                                            const v1::VerifyPartitionRequest* request,
                                            v1::VerifyPartitionResponse* response) override {
    return Read(context, request, response, &LedgerHandlers::Verify, rpc::Scope::kProgramOrHouse);
  }
  grpc::ServerWriteReactor<v1::VerifyLedgerResponse>* VerifyLedger(
      grpc::CallbackServerContext* context, const v1::VerifyLedgerRequest* request) override {
    return shell_.Stream<v1::VerifyLedgerRequest, v1::VerifyLedgerResponse>(
        context, request,
        [this](const Call& call, const auto& req, rpc::Waker wake)
            -> absl::StatusOr<std::unique_ptr<rpc::Producer<v1::VerifyLedgerResponse>>> {
          ASSIGN_OR_RETURN(std::vector<ledger::Anchor> anchors, AnchorsOf(req.anchors()));
          return ledger_service::VerifyLedger(verifiers_, pool_,
                                              ProgramsToVerify(call, req.without_house()),
                                              std::move(anchors), chain_key_, std::move(wake));
        },
        rpc::Scope::kProgramOrHouse);
  }

 private:
  template <class Req, class Resp>
  grpc::ServerUnaryReactor* Move(grpc::CallbackServerContext* context, const Req* request,
                                 Resp* response) {
    return shell_.MutateAtOnce<Req, Resp>(
        context, request, response, [this](const Call& call, const Req& req, Reply<Resp> reply) {
          MadeMutation mutation = MutationOf(call, req, ids_);
          if (!mutation.ok()) return reply.Finish(mutation.status());
          rpc::Post(poster_, call, req, no_tables_, *std::move(mutation), std::move(reply));
        });
  }

  template <class Req, class Resp>
  grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext* context, const Req* request,
                                 Resp* response,
                                 absl::Status (LedgerHandlers::*method)(const Call&, const Req&,
                                                                        Resp&),
                                 rpc::Scope scope = rpc::Scope::kProgram) {
    return shell_.Read<Req, Resp>(
        context, request, response,
        [this, method](const Call& call, const Req& req, Resp& resp) {
          return (this->*method)(call, req, resp);
        },
        scope);
  }

  void ReadBalance(const Call& call, const v1::GetBalanceRequest& request,
                   const Reply<v1::GetBalanceResponse>& reply);
  absl::Status ReadEntries(const Call& call, const v1::ListEntriesRequest& request,
                           v1::ListEntriesResponse& response);
  absl::Status ReadAdjustments(const Call& call, const v1::ListAdjustmentsRequest& request,
                               v1::ListAdjustmentsResponse& response);
  absl::Status ReadTrialBalance(const Call& call, const v1::GetTrialBalanceRequest& request,
                                v1::GetTrialBalanceResponse& response);
  absl::Status Verify(const Call& call, const v1::VerifyPartitionRequest& request,
                      v1::VerifyPartitionResponse& response);

  rpc::Shell& shell_;
  pg::Pool& pool_;
  ledger::Poster& poster_;
  base::IdSource& ids_;
  const std::string chain_key_;
  const ledger::VoucherCodes codes_;
  const VoucherLookup vouchers_;
  ledger::MutationKind no_tables_;  // points need no tables besides the kernel's
  rpc::Methods methods_;
  ledger::BalanceReader balances_{{}, pool_, shell_.clock()};
  rpc::WorkerPool verifiers_{kVerifyWorkers, kVerifyWorkers* kMaxVerifications};
};

void LedgerHandlers::ReadBalance(const Call& call, const v1::GetBalanceRequest& request,
                                 const Reply<v1::GetBalanceResponse>& reply) {
  const absl::StatusOr<MemberId> member = MemberOf(request.member_id());
  if (!member.ok()) return reply.Finish(member.status());
  if (absl::Status proven = rpc::NeedStrongProof(call, *member); !proven.ok()) {
    return reply.Finish(std::move(proven));
  }
  const auto answer = [reply, code = request.unit(),
                       now = call.now](const absl::StatusOr<ledger::Balances>& balances) {
    if (!balances.ok()) return reply.Finish(balances.status());
    const absl::StatusOr<ledger::Unit> unit = FindUnit(*balances->units, code);
    if (!unit.ok()) return reply.Finish(unit.status());
    const auto found = balances->wallets.find(unit->number);
    const ledger::Wallet wallet =
        found == balances->wallets.end() ? ledger::Wallet() : found->second;
    v1::GetBalanceResponse& response = reply.response();
    response.set_available_points(wallet.available);
    response.set_pending_points(wallet.pending);
    response.set_held_points(wallet.held);
    response.set_debt_points(-wallet.debt);
    rpc::SetTime(now, *response.mutable_read_at());
    reply.Finish(absl::OkStatus());
  };
  balances_.Read({call.program, *member, call.now, call.deadline}, answer);
}

absl::Status LedgerHandlers::ReadEntries(const Call& call, const v1::ListEntriesRequest& request,
                                         v1::ListEntriesResponse& response) {
  ASSIGN_OR_RETURN(const MemberId member, MemberOf(request.member_id()));
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  int64_t before = std::numeric_limits<int64_t>::max();
  if (!cursor.empty() && !absl::SimpleAtoi(base::Abs(cursor), &before)) {
    return FieldError(Reason::kInvalidPageToken, "page_token", "this page token is damaged");
  }
  ASSIGN_OR_RETURN(ledger::EntryFilter filter, FilterOf(request));
  filter.before_seq = before;
  const bool by_themselves = call.role == rpc::Role::kMember;
  if (by_themselves) {
    filter.kinds = ledger::KindsForMembers(filter.kinds);
    if (filter.kinds.empty()) return absl::OkStatus();
  }
  std::vector<ledger::JournalRow> rows;
  std::vector<ledger::Unit> units;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(units, ledger::ReadUnits(tx, call.program));
    if (!request.unit().empty()) {
      ASSIGN_OR_RETURN(filter.unit, FindAnyUnit(units, request.unit()));
    }
    ASSIGN_OR_RETURN(rows, ledger::ReadEntries(tx, call.program, member, filter, size + 1));
    return absl::OkStatus();
  }));
  if (rows.size() > static_cast<size_t>(size)) {
    rows.resize(size);
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, absl::StrCat(rows.back().seq)));
  }
  for (const ledger::JournalRow& row : rows) {
    v1::Entry& entry = *response.add_entries();
    ToProto(row, units, entry);
    if (by_themselves) KeepForMember(entry);
  }
  return absl::OkStatus();
}

absl::Status LedgerHandlers::ReadAdjustments(const Call& call,
                                             const v1::ListAdjustmentsRequest& request,
                                             v1::ListAdjustmentsResponse& response) {
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  std::optional<ledger::AdjustmentPlace> after = ledger::AdjustmentPlace();
  if (!cursor.empty()) after = ledger::AdjustmentPlace::Parse(cursor);
  if (!after) {
    return FieldError(Reason::kInvalidPageToken, "page_token", "this page token is damaged");
  }
  const ledger::WhichAdjustments which = request.include_resolved()
                                             ? ledger::WhichAdjustments::kAll
                                             : ledger::WhichAdjustments::kWaiting;
  std::vector<ledger::ListedAdjustment> listed;
  std::vector<ledger::Unit> units;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(listed, ledger::ListAdjustments(tx, call.program, which, *after, size + 1));
    ASSIGN_OR_RETURN(units, ledger::ReadUnits(tx, call.program));
    return absl::OkStatus();
  }));
  if (listed.size() > static_cast<size_t>(size)) {
    listed.resize(size);
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, listed.back().place().ToString()));
  }
  for (const ledger::ListedAdjustment& adjustment : listed) {
    ToProto(adjustment, CodeOf(units, adjustment.request.fact.unit), *response.add_adjustments());
  }
  return absl::OkStatus();
}

absl::Status LedgerHandlers::ReadTrialBalance(const Call& call, const v1::GetTrialBalanceRequest&,
                                              v1::GetTrialBalanceResponse& response) {
  ledger::TrialBalance trial;
  std::vector<ledger::Unit> units;
  const pg::TxOptions snapshot{
      .deadline = call.deadline, .read_only = true, .isolation = pg::Isolation::kRepeatableRead};
  RETURN_IF_ERROR(pg::RunTx(pool_, snapshot, [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(trial, ledger::ReadTrialBalance(tx, call.program));
    ASSIGN_OR_RETURN(units, ledger::ReadUnits(tx, call.program));
    return absl::OkStatus();
  }));
  for (const ledger::AccountTotal& total : trial.balances) {
    v1::AccountBalance& balance = *response.add_balances();
    balance.set_account(static_cast<v1::Account>(total.account));
    balance.set_points(total.points);
    balance.set_unit(CodeOf(units, total.unit));
  }
  response.set_total_points(trial.total_points);
  response.set_members(trial.members);
  response.set_entries(trial.entries);
  for (int32_t i = call.program.first_partition; i <= call.program.last_partition(); ++i) {
    response.add_partitions(i);
  }
  return absl::OkStatus();
}

absl::Status LedgerHandlers::Verify(const Call& call, const v1::VerifyPartitionRequest& request,
                                    v1::VerifyPartitionResponse& response) {
  ASSIGN_OR_RETURN(std::vector<ledger::Anchor> anchors, AnchorsOf(request.anchors()));
  ASSIGN_OR_RETURN(
      const ledger::Verification found,
      ledger::VerifyPartition(
          pool_, call.program, request.partition(),
          {.chain_key = chain_key_, .deadline = call.deadline, .anchors = std::move(anchors)}));
  ToProto(found, call.program.code, response);
  return absl::OkStatus();
}

}  // namespace

std::unique_ptr<grpc::Service> MakeLedgerService(rpc::Shell& shell, pg::Pool& pool,
                                                 ledger::Poster& poster, const vault::Vault& vault,
                                                 base::IdSource& ids) {
  return std::make_unique<LedgerHandlers>(shell, pool, poster, vault, ids);
}

}  // namespace gratis::ledger_service
