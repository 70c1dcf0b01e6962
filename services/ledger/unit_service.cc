#include "services/ledger/unit_service.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/ledger/loading.h"
#include "common/pg/tx.h"
#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/units.grpc.pb.h"
#include "services/ledger/ledger_convert.h"
#include "services/ledger/ledger_rules.h"
#include "services/ledger/units.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using rpc::Call;
using rpc::Reply;

std::string SetAnswer(const ledger::Unit& unit) {
  v1::SetUnitResponse response;
  ToProto(unit, *response.mutable_unit());
  return response.SerializeAsString();
}

class UnitHandlers final : public v1::UnitService::CallbackService {
 public:
  UnitHandlers(rpc::Shell& shell, pg::Pool& pool, ledger::Poster& poster, base::IdSource& ids)
      : shell_(shell), pool_(pool), poster_(poster), ids_(ids) {}

  grpc::ServerUnaryReactor* SetUnit(grpc::CallbackServerContext* context,
                                    const v1::SetUnitRequest* request,
                                    v1::SetUnitResponse* response) override {
    return shell_.Mutate<v1::SetUnitRequest, v1::SetUnitResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto reply) { Set(call, req, reply); });
  }
  grpc::ServerUnaryReactor* ListUnits(grpc::CallbackServerContext* context,
                                      const v1::ListUnitsRequest* request,
                                      v1::ListUnitsResponse* response) override {
    return shell_.Read<v1::ListUnitsRequest, v1::ListUnitsResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto& resp) { return List(call, req, resp); });
  }

 private:
  void Set(const Call& call, const v1::SetUnitRequest& request, Reply<v1::SetUnitResponse> reply);
  absl::Status List(const Call& call, const v1::ListUnitsRequest& request,
                    v1::ListUnitsResponse& response);

  rpc::Shell& shell_;
  pg::Pool& pool_;
  ledger::Poster& poster_;
  base::IdSource& ids_;
  UnitSettings settings_;
};

void UnitHandlers::Set(const Call& call, const v1::SetUnitRequest& request,
                       Reply<v1::SetUnitResponse> reply) {
  absl::StatusOr<ledger::Unit> unit = UnitOf(request.unit());
  if (unit.ok()) unit = CompleteUnit(*std::move(unit));
  if (!unit.ok()) return reply.Finish(unit.status());
  auto setting = std::make_unique<UnitSetting>(
      ledger::TransactionOfProgram(call.program, ids_.Next(call.now)), *std::move(unit), SetAnswer);
  rpc::Post(poster_, call, request, settings_, std::move(setting), std::move(reply));
}

absl::Status UnitHandlers::List(const Call& call, const v1::ListUnitsRequest& request,
                                v1::ListUnitsResponse& response) {
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  int32_t after = 0;
  if (!cursor.empty() && !absl::SimpleAtoi(base::Abs(cursor), &after)) {
    return FieldError(Reason::kInvalidPageToken, "page_token", "this page token is damaged");
  }
  // There are few: they are read whole.
  std::vector<ledger::Unit> units;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(units, ledger::ReadUnits(tx, call.program));
    return absl::OkStatus();
  }));
  for (const ledger::Unit& unit : units) {
    if (unit.number <= after) continue;
    if (response.units_size() == size) {
      response.set_next_page_token(
          shell_.page_tokens().Make(request, call.program.number, absl::StrCat(after)));
      break;
    }
    after = unit.number;
    ToProto(unit, *response.add_units());
  }
  return absl::OkStatus();
}

}  // namespace

std::unique_ptr<grpc::Service> MakeUnitService(rpc::Shell& shell, pg::Pool& pool,
                                               ledger::Poster& poster, base::IdSource& ids) {
  return std::make_unique<UnitHandlers>(shell, pool, poster, ids);
}

}  // namespace gratis::ledger_service
