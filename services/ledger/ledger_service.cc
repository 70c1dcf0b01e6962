#include "services/ledger/ledger_service.h"

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/ledger/reads.h"
#include "common/ledger/verify.h"
#include "common/pg/tx.h"
#include "common/rpc/posting.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/ledger.grpc.pb.h"
#include "services/ledger/ledger_convert.h"
#include "services/ledger/ledger_rules.h"
#include "services/ledger/postings.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using rpc::Call;
using rpc::Reply;

constexpr int32_t kPageSize = 50;
constexpr int32_t kMaxPageSize = 1'000;

absl::StatusOr<MemberId> MemberOf(const std::string& text) {
  absl::StatusOr<MemberId> member = MemberId::Parse(text);
  if (!member.ok()) return InField(member.status(), "member_id");
  return member;
}

// A PointsOrder on its way, answered as Resp.
template <class Resp>
class PointsPosting final : public ledger::Mutation {
 public:
  explicit PointsPosting(PointsOrder order) : order_(std::move(order)) {
    envelope.member = order_.member;
  }

  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    ASSIGN_OR_RETURN(const Posted posted, PostPoints(order_, envelope.now, books));
    Resp response;
    response.set_available_points(posted.available_points);
    if (!envelope.validate_only) {
      response.set_transaction_id(posted.transaction.ToString());
      rpc::SetTime(posted.recorded_at, *response.mutable_recorded_at());
    }
    return response.SerializeAsString();
  }

 private:
  const PointsOrder order_;
};

template <class Req>
absl::StatusOr<PointsOrder> OrderOf(const Call& call, const Req& request, Direction direction,
                                    base::IdSource& ids) {
  PointsOrder order{.direction = direction,
                    .transaction = {ids.Next(call.now)},
                    .member = {},
                    .points = request.points(),
                    .source = request.source(),
                    .effective_at = {},
                    .statable_past = StatablePast(call.role)};
  ASSIGN_OR_RETURN(order.member, MemberOf(request.member_id()));
  RETURN_IF_ERROR(ledger::CheckPoints(order.points));
  RETURN_IF_ERROR(CheckSource(order.source));
  if (request.has_effective_at()) {
    ASSIGN_OR_RETURN(order.effective_at, rpc::ParseTime(request.effective_at(), "effective_at"));
  }
  return order;
}

class Handlers final : public v1::LedgerService::CallbackService {
 public:
  Handlers(rpc::Shell& shell, pg::Pool& pool, ledger::Poster& poster, base::IdSource& ids,
           std::string chain_key)
      : shell_(shell), pool_(pool), poster_(poster), ids_(ids), chain_key_(std::move(chain_key)) {}

  grpc::ServerUnaryReactor* Earn(grpc::CallbackServerContext* context,
                                 const v1::EarnRequest* request,
                                 v1::EarnResponse* response) override {
    return Move(context, request, response, Direction::kEarn);
  }
  grpc::ServerUnaryReactor* Spend(grpc::CallbackServerContext* context,
                                  const v1::SpendRequest* request,
                                  v1::SpendResponse* response) override {
    return Move(context, request, response, Direction::kSpend);
  }
  grpc::ServerUnaryReactor* GetBalance(grpc::CallbackServerContext* context,
                                       const v1::GetBalanceRequest* request,
                                       v1::GetBalanceResponse* response) override {
    return Read(context, request, response, &Handlers::ReadBalance);
  }
  grpc::ServerUnaryReactor* ListEntries(grpc::CallbackServerContext* context,
                                        const v1::ListEntriesRequest* request,
                                        v1::ListEntriesResponse* response) override {
    return Read(context, request, response, &Handlers::ReadEntries);
  }
  grpc::ServerUnaryReactor* GetTrialBalance(grpc::CallbackServerContext* context,
                                            const v1::GetTrialBalanceRequest* request,
                                            v1::GetTrialBalanceResponse* response) override {
    return Read(context, request, response, &Handlers::ReadTrialBalance);
  }
  grpc::ServerUnaryReactor* VerifyPartition(grpc::CallbackServerContext* context,
                                            const v1::VerifyPartitionRequest* request,
                                            v1::VerifyPartitionResponse* response) override {
    return Read(context, request, response, &Handlers::Verify);
  }

 private:
  template <class Req, class Resp>
  grpc::ServerUnaryReactor* Move(grpc::CallbackServerContext* context, const Req* request,
                                 Resp* response, Direction direction) {
    return shell_.Mutate<Req, Resp>(
        context, request, response,
        [this, direction](const Call& call, const Req& req, Reply<Resp> reply) {
          absl::StatusOr<PointsOrder> order = OrderOf(call, req, direction, ids_);
          if (!order.ok()) return reply.Finish(order.status());
          rpc::Post(poster_, call, req, no_tables_,
                    std::make_unique<PointsPosting<Resp>>(*std::move(order)), std::move(reply));
        });
  }

  template <class Req, class Resp>
  grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext* context, const Req* request,
                                 Resp* response,
                                 absl::Status (Handlers::*method)(const Call&, const Req&, Resp&)) {
    return shell_.Read<Req, Resp>(context, request, response,
                                  [this, method](const Call& call, const Req& req, Resp& resp) {
                                    return (this->*method)(call, req, resp);
                                  });
  }

  absl::Status ReadBalance(const Call& call, const v1::GetBalanceRequest& request,
                           v1::GetBalanceResponse& response);
  absl::Status ReadEntries(const Call& call, const v1::ListEntriesRequest& request,
                           v1::ListEntriesResponse& response);
  absl::Status ReadTrialBalance(const Call& call, const v1::GetTrialBalanceRequest& request,
                                v1::GetTrialBalanceResponse& response);
  absl::Status Verify(const Call& call, const v1::VerifyPartitionRequest& request,
                      v1::VerifyPartitionResponse& response);

  rpc::Shell& shell_;
  pg::Pool& pool_;
  ledger::Poster& poster_;
  base::IdSource& ids_;
  const std::string chain_key_;
  ledger::MutationKind no_tables_;  // points need no tables besides the kernel's
};

absl::Status Handlers::ReadBalance(const Call& call, const v1::GetBalanceRequest& request,
                                   v1::GetBalanceResponse& response) {
  ASSIGN_OR_RETURN(const MemberId member, MemberOf(request.member_id()));
  RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = call.deadline, .read_only = true}, [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(const auto wallets, ledger::ReadBalances(tx, call.program, member, call.now));
    const auto points = wallets.find(ledger::kPointsUnit);
    if (points != wallets.end()) response.set_available_points(points->second.available);
    return absl::OkStatus();
  }));
  rpc::SetTime(call.now, *response.mutable_read_at());
  return absl::OkStatus();
}

absl::Status Handlers::ReadEntries(const Call& call, const v1::ListEntriesRequest& request,
                                   v1::ListEntriesResponse& response) {
  ASSIGN_OR_RETURN(const MemberId member, MemberOf(request.member_id()));
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size(), kPageSize, kMaxPageSize));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  int64_t before = std::numeric_limits<int64_t>::max();
  if (!cursor.empty() && !absl::SimpleAtoi(base::Abs(cursor), &before)) {
    return FieldError(Reason::kInvalidPageToken, "page_token", "this page token is damaged");
  }
  std::vector<ledger::JournalRow> rows;
  RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = call.deadline, .read_only = true}, [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(rows, ledger::ReadEntries(tx, call.program, member, before, size + 1));
    return absl::OkStatus();
  }));
  if (rows.size() > static_cast<size_t>(size)) {
    rows.resize(size);
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, absl::StrCat(rows.back().seq)));
  }
  for (const ledger::JournalRow& row : rows) ToProto(row, *response.add_entries());
  return absl::OkStatus();
}

absl::Status Handlers::ReadTrialBalance(const Call& call, const v1::GetTrialBalanceRequest&,
                                        v1::GetTrialBalanceResponse& response) {
  ledger::TrialBalance trial;
  const pg::TxOptions snapshot{
      .deadline = call.deadline, .read_only = true, .isolation = pg::Isolation::kRepeatableRead};
  RETURN_IF_ERROR(pg::RunTx(pool_, snapshot, [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(trial, ledger::ReadTrialBalance(tx, call.program));
    return absl::OkStatus();
  }));
  for (const ledger::AccountTotal& total : trial.balances) {
    v1::AccountBalance& balance = *response.add_balances();
    balance.set_account(static_cast<v1::Account>(total.account));
    balance.set_points(total.points);
  }
  response.set_total_points(trial.total_points);
  response.set_members(trial.members);
  response.set_entries(trial.entries);
  for (int32_t i = call.program.first_partition; i <= call.program.last_partition(); ++i) {
    response.add_partitions(i);
  }
  return absl::OkStatus();
}

absl::Status Handlers::Verify(const Call& call, const v1::VerifyPartitionRequest& request,
                              v1::VerifyPartitionResponse& response) {
  ASSIGN_OR_RETURN(const ledger::Verification found,
                   ledger::VerifyPartition(pool_, call.program, request.partition(),
                                           {.chain_key = chain_key_, .deadline = call.deadline}));
  response.set_partition(found.partition);
  response.set_entries(found.entries);
  response.set_wallets(found.wallets);
  for (const ledger::Damage& damage : found.damages) ToProto(damage, *response.add_damages());
  response.set_last_sequence(found.last_seq);
  response.set_chain_hash(base::Hex(found.chain_hash));
  return absl::OkStatus();
}

}  // namespace

std::unique_ptr<grpc::Service> MakeLedgerService(rpc::Shell& shell, pg::Pool& pool,
                                                 ledger::Poster& poster, base::IdSource& ids,
                                                 std::string chain_key) {
  return std::make_unique<Handlers>(shell, pool, poster, ids, std::move(chain_key));
}

}  // namespace gratis::ledger_service
