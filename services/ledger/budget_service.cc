#include "services/ledger/budget_service.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/ledger/budgets.h"
#include "common/ledger/reads.h"
#include "common/pg/tx.h"
#include "common/rpc/posting.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/budgets.grpc.pb.h"
#include "services/ledger/budgets.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using rpc::Call;
using rpc::Reply;

void Fill(const ledger::NamedBudget& named, const std::string& unit, v1::Budget& out) {
  const ledger::Budget& budget = named.budget;
  out.set_budget_id(budget.id.ToString());
  out.set_code(named.code);
  out.set_unit(unit);
  out.set_limit(budget.limit);
  out.set_spent(budget.spent);
  out.set_remaining(budget.limit - budget.spent);
}

class BudgetHandlers final : public v1::BudgetService::CallbackService {
 public:
  BudgetHandlers(rpc::Shell& shell, pg::Pool& pool, ledger::Poster& poster,
                 const vault::Vault& vault, base::IdSource& ids)
      : shell_(shell), pool_(pool), poster_(poster), vault_(vault), ids_(ids) {}

  grpc::ServerUnaryReactor* SetBudget(grpc::CallbackServerContext* context,
                                      const v1::SetBudgetRequest* request,
                                      v1::SetBudgetResponse* response) override {
    return shell_.Mutate<v1::SetBudgetRequest, v1::SetBudgetResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto reply) { Set(call, req, reply); });
  }
  grpc::ServerUnaryReactor* GetBudget(grpc::CallbackServerContext* context,
                                      const v1::GetBudgetRequest* request,
                                      v1::GetBudgetResponse* response) override {
    return shell_.Read<v1::GetBudgetRequest, v1::GetBudgetResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto& resp) { return Get(call, req, resp); });
  }
  grpc::ServerUnaryReactor* ListBudgets(grpc::CallbackServerContext* context,
                                        const v1::ListBudgetsRequest* request,
                                        v1::ListBudgetsResponse* response) override {
    return shell_.Read<v1::ListBudgetsRequest, v1::ListBudgetsResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto& resp) { return List(call, req, resp); });
  }

 private:
  void Set(const Call& call, const v1::SetBudgetRequest& request,
           Reply<v1::SetBudgetResponse> reply);
  absl::Status Get(const Call& call, const v1::GetBudgetRequest& request,
                   v1::GetBudgetResponse& response);
  absl::Status List(const Call& call, const v1::ListBudgetsRequest& request,
                    v1::ListBudgetsResponse& response);

  rpc::Shell& shell_;
  pg::Pool& pool_;
  ledger::Poster& poster_;
  const vault::Vault& vault_;
  base::IdSource& ids_;
  ledger::MutationKind no_tables_;  // budgets need no tables besides the kernel's
};

BudgetAnswer AnswerOf(bool validate_only) {
  return [validate_only](const BudgetDeed& deed) {
    v1::SetBudgetResponse response;
    Fill(deed.after, deed.unit, *response.mutable_budget());
    if (!validate_only) {
      rpc::SetTime(deed.recorded_at, *response.mutable_recorded_at());
    } else if (deed.is_new) {
      response.mutable_budget()->clear_budget_id();
    }
    return response.SerializeAsString();
  };
}

void BudgetHandlers::Set(const Call& call, const v1::SetBudgetRequest& request,
                         Reply<v1::SetBudgetResponse> reply) {
  absl::Status good = CheckBudgetCode(request.code());
  if (good.ok()) good = CheckLimit(request.limit());
  if (!good.ok()) return reply.Finish(std::move(good));
  BudgetWish wish{.transaction = ledger::TransactionOfProgram(call.program, ids_.Next(call.now)),
                  .budget = {ids_.Next(call.now)},
                  .name = {ledger::DirectoryKind::kBudgetCode,
                           vault_.LookupKey(call.program.number, "budget-code", request.code())},
                  .code = request.code(),
                  .unit = request.unit(),
                  .limit = request.limit()};
  rpc::Post(poster_, call, request, no_tables_,
            std::make_unique<BudgetSetting>(std::move(wish), AnswerOf(request.validate_only())),
            std::move(reply));
}

absl::Status BudgetHandlers::Get(const Call& call, const v1::GetBudgetRequest& request,
                                 v1::GetBudgetResponse& response) {
  BudgetId id;
  if (request.which_case() == v1::GetBudgetRequest::kBudgetId) {
    const absl::StatusOr<BudgetId> parsed = BudgetId::Parse(request.budget_id());
    if (!parsed.ok()) return InField(parsed.status(), "budget_id");
    id = *parsed;
  } else if (request.which_case() == v1::GetBudgetRequest::WHICH_NOT_SET) {
    return FieldError(Reason::kFieldMissing, "budget_id", "which budget? Give its id or code");
  }
  return pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) {
    std::optional<ledger::NamedBudget> found;
    if (id.IsNil()) {
      ASSIGN_OR_RETURN(found, ledger::ReadBudget(tx, call.program, request.code()));
    } else {
      ASSIGN_OR_RETURN(found, ledger::ReadBudget(tx, call.program, id));
    }
    if (!found) {
      return FieldError(Reason::kBudgetNotFound, id.IsNil() ? "code" : "budget_id",
                        "the program has no such budget");
    }
    return ledger::LookAtBooks(tx, call.program, call.now, [&](ledger::Books& books) {
      ASSIGN_OR_RETURN(const ledger::Unit unit, books.UnitOf(found->budget.unit));
      Fill(*found, unit.code, *response.mutable_budget());
      return absl::OkStatus();
    });
  });
}

absl::Status BudgetHandlers::List(const Call& call, const v1::ListBudgetsRequest& request,
                                  v1::ListBudgetsResponse& response) {
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string after,
                   shell_.page_tokens().Open(request, call.program.number));
  return pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(std::vector<ledger::NamedBudget> budgets,
                     ledger::ListBudgets(tx, call.program, after, size + 1));
    if (budgets.size() > static_cast<size_t>(size)) {
      budgets.resize(size);
      response.set_next_page_token(
          shell_.page_tokens().Make(request, call.program.number, budgets.back().code));
    }
    return ledger::LookAtBooks(tx, call.program, call.now, [&](ledger::Books& books) {
      response.clear_budgets();
      for (const ledger::NamedBudget& named : budgets) {
        ASSIGN_OR_RETURN(const ledger::Unit unit, books.UnitOf(named.budget.unit));
        Fill(named, unit.code, *response.add_budgets());
      }
      return absl::OkStatus();
    });
  });
}

}  // namespace

std::unique_ptr<grpc::Service> MakeBudgetService(rpc::Shell& shell, pg::Pool& pool,
                                                 ledger::Poster& poster, const vault::Vault& vault,
                                                 base::IdSource& ids) {
  return std::make_unique<BudgetHandlers>(shell, pool, poster, vault, ids);
}

}  // namespace gratis::ledger_service
