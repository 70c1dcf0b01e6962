#include "services/ledger/clock_service.h"

#include <utility>

#include "common/rpc/posting.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/clock.grpc.pb.h"
#include "services/ledger/clocks.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using rpc::Call;
using rpc::Reply;

class ClockHandlers final : public v1::ClockService::CallbackService {
 public:
  ClockHandlers(rpc::Shell& shell, ledger::Poster& poster, house::ProgramClock& clock,
                base::IdSource& ids)
      : shell_(shell), poster_(poster), clock_(clock), ids_(ids) {}

  grpc::ServerUnaryReactor* GetClock(grpc::CallbackServerContext* context,
                                     const v1::GetClockRequest* request,
                                     v1::GetClockResponse* response) override {
    return shell_.Read<v1::GetClockRequest, v1::GetClockResponse>(
        context, request, response,
        [this](const Call& call, const auto&, auto& resp) { return Get(call, resp); });
  }
  grpc::ServerUnaryReactor* SetClock(grpc::CallbackServerContext* context,
                                     const v1::SetClockRequest* request,
                                     v1::SetClockResponse* response) override {
    return shell_.Mutate<v1::SetClockRequest, v1::SetClockResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto reply) { Set(call, req, reply); });
  }

 private:
  absl::Status Get(const Call& call, v1::GetClockResponse& response);
  void Set(const Call& call, const v1::SetClockRequest& request, Reply<v1::SetClockResponse> reply);
  absl::StatusOr<absl::Time> TargetOf(const v1::SetClockRequest& request) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  house::ProgramClock& clock_;
  base::IdSource& ids_;
  ClockSettings settings_;
};

absl::Status ClockHandlers::Get(const Call& call, v1::GetClockResponse& response) {
  ASSIGN_OR_RETURN(const house::ProgramClock::Reading reading,
                   clock_.Read(call.program.number, call.deadline));
  rpc::SetTime(reading.now, *response.mutable_now());
  response.set_manual(reading.manual);
  response.set_development(clock_.development());
  return absl::OkStatus();
}

absl::StatusOr<absl::Time> ClockHandlers::TargetOf(const v1::SetClockRequest& request) const {
  if (!clock_.development()) {
    return Error(Reason::kDevelopmentClockOff,
                 "time can be moved only on an instance started with --development-clock");
  }
  if (!request.has_now()) return FieldError(Reason::kFieldMissing, "now", "where to?");
  return rpc::ParseTime(request.now(), "now");
}

void ClockHandlers::Set(const Call& call, const v1::SetClockRequest& request,
                        Reply<v1::SetClockResponse> reply) {
  const absl::StatusOr<absl::Time> target = TargetOf(request);
  if (!target.ok()) return reply.Finish(target.status());
  v1::SetClockResponse answer;
  rpc::SetTime(*target, *answer.mutable_now());
  auto setting = std::make_unique<ClockSetting>(
      ledger::TransactionOfProgram(call.program, ids_.Next(call.now)), *target,
      answer.SerializeAsString());
  // It is posted at the time it moves to, not at the one it leaves, which may lie behind it.
  Call then = call;
  then.now = *target;
  rpc::Post(poster_, then, request, settings_, std::move(setting), std::move(reply));
}

}  // namespace

std::unique_ptr<grpc::Service> MakeClockService(rpc::Shell& shell, ledger::Poster& poster,
                                                house::ProgramClock& clock, base::IdSource& ids) {
  return std::make_unique<ClockHandlers>(shell, poster, clock, ids);
}

}  // namespace gratis::ledger_service
