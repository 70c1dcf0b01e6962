#include "services/ledger/statement_service.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "common/ledger/explain.h"
#include "common/ledger/loading.h"
#include "common/ledger/past.h"
#include "common/ledger/reads.h"
#include "common/pg/tx.h"
#include "common/rpc/proven.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/statements.grpc.pb.h"
#include "services/ledger/ledger_convert.h"
#include "services/ledger/unit_names.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using ledger::Unit;
using rpc::Call;

constexpr absl::Duration kAllTime = absl::Hours(24 * 366 * 100);  // what can be foreseen

template <class Request>
absl::StatusOr<MemberId> MemberOf(const Request& request) {
  absl::StatusOr<MemberId> member = MemberId::Parse(request.member_id());
  if (!member.ok()) return InField(member.status(), "member_id");
  return member;
}

// Numbers in a page token's cursor.
absl::StatusOr<std::vector<int64_t>> NumbersOf(const std::string& cursor, size_t count) {
  std::vector<int64_t> numbers;
  if (cursor.empty()) return numbers;
  for (const auto part : absl::StrSplit(base::Abs(cursor), ':')) {
    int64_t number = 0;
    if (!absl::SimpleAtoi(part, &number)) break;
    numbers.push_back(number);
  }
  if (numbers.size() == count) return numbers;
  return FieldError(Reason::kInvalidPageToken, "page_token", "this page token is damaged");
}

// A lot's place in the order in which lots are listed.
std::vector<int64_t> PlaceOf(const ledger::Lot& lot) {
  return {lot.unit, absl::ToUnixMicros(lot.expires_at), absl::ToUnixMicros(lot.earned_at),
          lot.key.seq};
}

void Fill(const ledger::OpenLot& open, const std::vector<Unit>& units, v1::PointsLot& out) {
  const ledger::Lot& lot = open.lot;
  out.set_transaction_id(open.transaction.ToString());
  out.set_unit(CodeOf(units, lot.unit));
  out.set_origin(static_cast<v1::Origin>(lot.origin));
  out.set_points(lot.points);
  out.set_available_points(lot.available);
  out.set_pending_points(lot.pending);
  out.set_held_points(lot.held);
  out.set_debt_points(-lot.debt);
  rpc::SetTime(lot.earned_at, *out.mutable_earned_at());
  if (lot.available_at != absl::InfinitePast() && lot.available_at != absl::InfiniteFuture()) {
    rpc::SetTime(lot.available_at, *out.mutable_available_at());
  }
  if (lot.expires_at != absl::InfiniteFuture()) {
    rpc::SetTime(lot.expires_at, *out.mutable_expires_at());
  }
}

void Fill(const ledger::JournalRow& row, const std::vector<Unit>& units, v1::UpcomingEvent& out) {
  rpc::SetTime(row.fact.effective_at, *out.mutable_at());
  out.set_kind(static_cast<v1::EntryKind>(row.fact.kind));
  out.set_unit(CodeOf(units, row.fact.unit));
  out.set_points(row.fact.points);
  if (row.fact.debit == ledger::Account::kHeld) {
    out.set_hold_id(HoldId{row.fact.about}.ToString());
  }
}

void Fill(const ledger::ExplainedRow& row, const std::vector<Unit>& units,
          v1::ExplainedEntry& out) {
  ledger_service::ToProto(row.row, units, *out.mutable_entry());
  out.set_undone_points(row.undone);
  const auto maker = [&](int64_t lot) -> std::string {
    const auto found = row.made_by.find(lot);
    return found == row.made_by.end() ? "" : found->second.ToString();
  };
  for (const ledger::Allocation& allocation : row.row.fact.allocations) {
    v1::LotPart& part = *out.add_parts();
    part.set_points(allocation.points);
    part.set_from_transaction_id(maker(allocation.debit_lot));
    part.set_to_transaction_id(maker(allocation.credit_lot));
  }
}

void Fill(const ledger::Explained& explained, const std::vector<Unit>& units,
          v1::ExplainedTransaction& out) {
  out.set_transaction_id(explained.transaction.ToString());
  out.set_link(static_cast<v1::ExplainedLink>(explained.link));
  out.set_depth(explained.depth);
  for (const ledger::ExplainedRow& row : explained.rows) Fill(row, units, *out.add_entries());
  for (const TransactionId& id : explained.led_by) out.add_led_by(id.ToString());
  for (const TransactionId& id : explained.followed_by) out.add_followed_by(id.ToString());
}

class StatementHandlers final : public v1::StatementService::CallbackService {
 public:
  StatementHandlers(rpc::Shell& shell, pg::Pool& pool) : shell_(shell), pool_(pool) {}

  grpc::ServerUnaryReactor* GetBalances(grpc::CallbackServerContext* context,
                                        const v1::GetBalancesRequest* request,
                                        v1::GetBalancesResponse* response) override {
    return Read(context, request, response, &StatementHandlers::ReadBalances);
  }
  grpc::ServerUnaryReactor* ListLots(grpc::CallbackServerContext* context,
                                     const v1::ListLotsRequest* request,
                                     v1::ListLotsResponse* response) override {
    return Read(context, request, response, &StatementHandlers::ReadLots);
  }
  grpc::ServerUnaryReactor* ListUpcoming(grpc::CallbackServerContext* context,
                                         const v1::ListUpcomingRequest* request,
                                         v1::ListUpcomingResponse* response) override {
    return Read(context, request, response, &StatementHandlers::ReadUpcoming);
  }
  grpc::ServerUnaryReactor* ExplainTransaction(grpc::CallbackServerContext* context,
                                               const v1::ExplainTransactionRequest* request,
                                               v1::ExplainTransactionResponse* response) override {
    return Read(context, request, response, &StatementHandlers::Explain);
  }

 private:
  template <class Req, class Resp>
  grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext* context, const Req* request,
                                 Resp* response,
                                 absl::Status (StatementHandlers::*method)(const Call&, const Req&,
                                                                           Resp&)) {
    return shell_.Read<Req, Resp>(context, request, response,
                                  [this, method](const Call& call, const Req& req, Resp& resp) {
                                    return (this->*method)(call, req, resp);
                                  });
  }

  absl::Status ReadBalances(const Call& call, const v1::GetBalancesRequest& request,
                            v1::GetBalancesResponse& response);
  absl::Status ReadLots(const Call& call, const v1::ListLotsRequest& request,
                        v1::ListLotsResponse& response);
  absl::Status ReadUpcoming(const Call& call, const v1::ListUpcomingRequest& request,
                            v1::ListUpcomingResponse& response);
  absl::Status Explain(const Call& call, const v1::ExplainTransactionRequest& request,
                       v1::ExplainTransactionResponse& response);

  rpc::Shell& shell_;
  pg::Pool& pool_;
};

pg::TxOptions Snapshot(const Call& call) {
  return {
      .deadline = call.deadline, .read_only = true, .isolation = pg::Isolation::kRepeatableRead};
}

absl::Status StatementHandlers::ReadBalances(const Call& call,
                                             const v1::GetBalancesRequest& request,
                                             v1::GetBalancesResponse& response) {
  ASSIGN_OR_RETURN(const MemberId member, MemberOf(request));
  RETURN_IF_ERROR(rpc::NeedStrongProof(call, member));
  ASSIGN_OR_RETURN(const std::optional<ledger::Basis> basis, BasisOf(request.basis()));
  absl::Time at = call.now;
  if (request.has_as_of()) {
    ASSIGN_OR_RETURN(at, rpc::ParseTime(request.as_of(), "as_of"));
    if (at > call.now) return FieldError(Reason::kFutureDate, "as_of", "that is yet to come");
  }
  std::map<int16_t, ledger::Wallet> wallets;
  std::vector<Unit> units;
  RETURN_IF_ERROR(pg::RunTx(pool_, Snapshot(call), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(units, ledger::ReadUnits(tx, call.program));
    if (request.has_as_of()) {
      ASSIGN_OR_RETURN(
          wallets, ledger::ReadBalancesAsOf(tx, call.program, member, at,
                                            basis.value_or(ledger::Basis::kRecorded), call.now));
    } else {
      ASSIGN_OR_RETURN(wallets, ledger::ReadBalances(tx, call.program, member, at));
    }
    return absl::OkStatus();
  }));
  for (const auto& [number, wallet] : wallets) {
    v1::UnitBalance& balance = *response.add_units();
    balance.set_unit(CodeOf(units, number));
    balance.set_available_points(wallet.available);
    balance.set_pending_points(wallet.pending);
    balance.set_held_points(wallet.held);
    balance.set_debt_points(-wallet.debt);
  }
  rpc::SetTime(at, *response.mutable_read_at());
  return absl::OkStatus();
}

absl::Status StatementHandlers::ReadLots(const Call& call, const v1::ListLotsRequest& request,
                                         v1::ListLotsResponse& response) {
  ASSIGN_OR_RETURN(const MemberId member, MemberOf(request));
  RETURN_IF_ERROR(rpc::NeedStrongProof(call, member));
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  ASSIGN_OR_RETURN(const std::vector<int64_t> after, NumbersOf(cursor, 4));
  std::vector<ledger::OpenLot> lots;
  std::vector<Unit> units;
  RETURN_IF_ERROR(pg::RunTx(pool_, Snapshot(call), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(units, ledger::ReadUnits(tx, call.program));
    ASSIGN_OR_RETURN(lots, ledger::ReadOpenLots(tx, call.program, member, call.now));
    return absl::OkStatus();
  }));
  const ledger::Lot* last = nullptr;
  for (const ledger::OpenLot& lot : lots) {
    if (!after.empty() && PlaceOf(lot.lot) <= after) continue;
    if (response.lots_size() == size) {
      response.set_next_page_token(shell_.page_tokens().Make(request, call.program.number,
                                                             absl::StrJoin(PlaceOf(*last), ":")));
      break;
    }
    last = &lot.lot;
    Fill(lot, units, *response.add_lots());
  }
  return absl::OkStatus();
}

absl::Status StatementHandlers::ReadUpcoming(const Call& call,
                                             const v1::ListUpcomingRequest& request,
                                             v1::ListUpcomingResponse& response) {
  ASSIGN_OR_RETURN(const MemberId member, MemberOf(request));
  RETURN_IF_ERROR(rpc::NeedStrongProof(call, member));
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  ASSIGN_OR_RETURN(const std::vector<int64_t> after, NumbersOf(cursor, 2));
  absl::Time until = call.now + kAllTime;
  if (request.has_until()) {
    ASSIGN_OR_RETURN(const absl::Time asked, rpc::ParseTime(request.until(), "until"));
    if (asked < call.now) return FieldError(Reason::kFieldInvalid, "until", "that lies behind");
    until = std::min(until, asked);
  }
  std::vector<ledger::JournalRow> rows;
  std::vector<Unit> units;
  RETURN_IF_ERROR(pg::RunTx(pool_, Snapshot(call), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(units, ledger::ReadUnits(tx, call.program));
    ASSIGN_OR_RETURN(rows, ledger::ReadDue(tx, call.program, member, until));
    return absl::OkStatus();
  }));
  // What is due already counts as happened.
  std::erase_if(rows, [&](const auto& row) { return row.fact.effective_at <= call.now; });
  // Units are settled one after the other.
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return a.fact.effective_at < b.fact.effective_at;
  });
  // A place is a time, and how many come before it at the same one.
  std::vector<int64_t> place, last;
  for (const ledger::JournalRow& row : rows) {
    const int64_t at = absl::ToUnixMicros(row.fact.effective_at);
    place = {at, !place.empty() && place[0] == at ? place[1] + 1 : 0};
    if (!after.empty() && place <= after) continue;
    if (response.events_size() == size) {
      response.set_next_page_token(
          shell_.page_tokens().Make(request, call.program.number, absl::StrJoin(last, ":")));
      break;
    }
    last = place;
    Fill(row, units, *response.add_events());
  }
  return absl::OkStatus();
}

absl::Status StatementHandlers::Explain(const Call& call,
                                        const v1::ExplainTransactionRequest& request,
                                        v1::ExplainTransactionResponse& response) {
  const absl::StatusOr<TransactionId> transaction = TransactionId::Parse(request.transaction_id());
  if (!transaction.ok()) return InField(transaction.status(), "transaction_id");
  if (request.depth() < 0 || request.depth() > ledger::kMaxExplainDepth) {
    return FieldError(Reason::kFieldInvalid, "depth",
                      absl::StrCat("it goes up to ", ledger::kMaxExplainDepth));
  }
  ledger::Explanation explanation;
  std::vector<Unit> units;
  RETURN_IF_ERROR(pg::RunTx(pool_, Snapshot(call), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(units, ledger::ReadUnits(tx, call.program));
    ASSIGN_OR_RETURN(explanation,
                     ledger::ExplainTransaction(tx, call.program, *transaction,
                                                request.depth() == 0 ? 1 : request.depth()));
    return absl::OkStatus();
  }));
  for (const ledger::Explained& explained : explanation.transactions) {
    Fill(explained, units, *response.add_transactions());
  }
  response.set_more(explanation.cut);
  return absl::OkStatus();
}

}  // namespace

std::unique_ptr<grpc::Service> MakeStatementService(rpc::Shell& shell, pg::Pool& pool) {
  return std::make_unique<StatementHandlers>(shell, pool);
}

}  // namespace gratis::ledger_service
