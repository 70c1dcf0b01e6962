#include "services/ledger/report_service.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "common/ledger/liability.h"
#include "common/ledger/loading.h"
#include "common/ledger/sweep.h"
#include "common/pg/tx.h"
#include "common/rpc/posting.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/reports.grpc.pb.h"
#include "services/ledger/ledger_convert.h"
#include "services/ledger/rates.h"
#include "services/ledger/report_convert.h"
#include "services/ledger/unit_names.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using rpc::Call;
using rpc::Reply;

// The first instant after a day, or of it. Errors: INVALID_DATE.
absl::StatusOr<absl::Time> Midnight(const Call& call, const type::v1::CivilDay& day, int days_later,
                                    std::string_view field) {
  ASSIGN_OR_RETURN(const absl::CivilDay civil, rpc::ParseDay(day, field));
  ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(call.program.time_zone));
  return base::StartOfDay(civil + days_later, zone);
}

// The end of a day that is not yet to come; of today too. Errors: INVALID_DATE, FUTURE_DATE.
absl::StatusOr<absl::Time> EndOfDay(const Call& call, const type::v1::CivilDay& day,
                                    std::string_view field) {
  ASSIGN_OR_RETURN(const absl::Time begin, Midnight(call, day, 0, field));
  if (begin > call.now) return FieldError(Reason::kFutureDate, field, "that day is yet to come");
  return Midnight(call, day, 1, field);
}

// Where a page begins, by how many were on the pages before.
template <class Req>
absl::StatusOr<int32_t> OffsetOf(rpc::Shell& shell, const Call& call, const Req& request) {
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell.page_tokens().Open(request, call.program.number));
  int32_t offset = 0;
  if (!cursor.empty() && (!absl::SimpleAtoi(base::Abs(cursor), &offset) || offset < 0)) {
    return FieldError(Reason::kInvalidPageToken, "page_token", "this page token is damaged");
  }
  return offset;
}

class ReportHandlers final : public v1::ReportService::CallbackService {
 public:
  ReportHandlers(rpc::Shell& shell, pg::Pool& pool, ledger::Poster& poster, base::IdSource& ids)
      : shell_(shell), pool_(pool), poster_(poster), ids_(ids) {}

  grpc::ServerUnaryReactor* GetLiability(grpc::CallbackServerContext* context,
                                         const v1::GetLiabilityRequest* request,
                                         v1::GetLiabilityResponse* response) override {
    return Read(context, request, response, &ReportHandlers::ReadLiability);
  }
  grpc::ServerUnaryReactor* GetMovements(grpc::CallbackServerContext* context,
                                         const v1::GetMovementsRequest* request,
                                         v1::GetMovementsResponse* response) override {
    return Read(context, request, response, &ReportHandlers::ReadMovements);
  }
  grpc::ServerUnaryReactor* SetRate(grpc::CallbackServerContext* context,
                                    const v1::SetRateRequest* request,
                                    v1::SetRateResponse* response) override {
    return shell_.Mutate<v1::SetRateRequest, v1::SetRateResponse>(
        context, request, response, [this](const Call& call, const auto& req, auto reply) {
          Finish(SetRate(call, req, reply), reply);
        });
  }
  grpc::ServerUnaryReactor* ListRates(grpc::CallbackServerContext* context,
                                      const v1::ListRatesRequest* request,
                                      v1::ListRatesResponse* response) override {
    return Read(context, request, response, &ReportHandlers::ReadRates);
  }
  grpc::ServerUnaryReactor* ClosePeriod(grpc::CallbackServerContext* context,
                                        const v1::ClosePeriodRequest* request,
                                        v1::ClosePeriodResponse* response) override {
    return shell_.Mutate<v1::ClosePeriodRequest, v1::ClosePeriodResponse>(
        context, request, response, [this](const Call& call, const auto& req, auto reply) {
          Finish(Close(call, req, reply), reply);
        });
  }
  grpc::ServerUnaryReactor* ListPeriods(grpc::CallbackServerContext* context,
                                        const v1::ListPeriodsRequest* request,
                                        v1::ListPeriodsResponse* response) override {
    return Read(context, request, response, &ReportHandlers::ReadPeriods);
  }

 private:
  template <class Req, class Resp>
  grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext* context, const Req* request,
                                 Resp* response,
                                 absl::Status (ReportHandlers::*method)(const Call&, const Req&,
                                                                        Resp&)) {
    return shell_.Read<Req, Resp>(context, request, response,
                                  [this, method](const Call& call, const Req& req, Resp& resp) {
                                    return (this->*method)(call, req, resp);
                                  });
  }
  // What failed before anything was posted.
  template <class Resp>
  static void Finish(absl::Status begun, Reply<Resp> reply) {
    if (!begun.ok()) reply.Finish(std::move(begun));
  }
  static ledger::ReportOptions Reporting(const Call& call) {
    return {.now = call.now, .deadline = call.deadline};
  }

  absl::Status ReadLiability(const Call& call, const v1::GetLiabilityRequest& request,
                             v1::GetLiabilityResponse& response);
  absl::Status ReadMovements(const Call& call, const v1::GetMovementsRequest& request,
                             v1::GetMovementsResponse& response);
  absl::Status ReadRates(const Call& call, const v1::ListRatesRequest& request,
                         v1::ListRatesResponse& response);
  absl::Status ReadPeriods(const Call& call, const v1::ListPeriodsRequest& request,
                           v1::ListPeriodsResponse& response);
  // These answer by `reply` unless they fail.
  absl::Status SetRate(const Call& call, const v1::SetRateRequest& request,
                       Reply<v1::SetRateResponse> reply);
  absl::Status Close(const Call& call, const v1::ClosePeriodRequest& request,
                     Reply<v1::ClosePeriodResponse> reply);

  rpc::Shell& shell_;
  pg::Pool& pool_;
  ledger::Poster& poster_;
  base::IdSource& ids_;
  RateSettings rate_settings_;
  ledger::PeriodClosings closings_;
};

absl::Status ReportHandlers::ReadLiability(const Call& call, const v1::GetLiabilityRequest& request,
                                           v1::GetLiabilityResponse& response) {
  ASSIGN_OR_RETURN(const std::optional<ledger::Basis> asked, BasisOf(request.basis()));
  const ledger::Basis basis = asked.value_or(ledger::Basis::kEffective);
  absl::Time before = absl::InfiniteFuture();
  if (request.has_as_of_day()) {
    ASSIGN_OR_RETURN(before, EndOfDay(call, request.as_of_day(), "as_of_day"));
  } else if (request.has_as_of()) {
    ASSIGN_OR_RETURN(const absl::Time at, rpc::ParseTime(request.as_of(), "as_of"));
    if (at > call.now) return FieldError(Reason::kFutureDate, "as_of", "that is yet to come");
    before = at + absl::Microseconds(1);
  } else if (asked) {
    return FieldError(Reason::kFieldInvalid, "basis", "name a moment of the past with it");
  }
  ASSIGN_OR_RETURN(const ledger::Outstanding outstanding,
                   ledger::ReadOutstanding(pool_, call.program, before, basis, Reporting(call)));
  std::vector<ledger::Unit> units;
  std::vector<ledger::Rate> rates;
  std::vector<ledger::Period> periods;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(units, ledger::ReadUnits(tx, call.program));
    ASSIGN_OR_RETURN(rates, ledger::ReadRates(tx, call.program));
    ASSIGN_OR_RETURN(periods, ledger::ReadPeriods(tx, call.program));
    return absl::OkStatus();
  }));
  const absl::Time rated = std::min(before, call.now + absl::Microseconds(1));
  RETURN_IF_ERROR(ToProto(outstanding, {call.program, units, rates, rated}, response));
  if (before != absl::InfiniteFuture()) rpc::SetTime(before, *response.mutable_before());
  response.set_closed(basis == ledger::Basis::kEffective &&
                      std::any_of(periods.begin(), periods.end(),
                                  [&](const auto& period) { return period.ends_at == before; }));
  return absl::OkStatus();
}

absl::Status ReportHandlers::ReadMovements(const Call& call, const v1::GetMovementsRequest& request,
                                           v1::GetMovementsResponse& response) {
  absl::Time from = absl::InfinitePast();
  if (request.has_from()) {
    ASSIGN_OR_RETURN(from, Midnight(call, request.from(), 0, "from"));
  }
  ASSIGN_OR_RETURN(const absl::Time to, EndOfDay(call, request.through(), "through"));
  if (from >= to) {
    return FieldError(Reason::kFieldInvalid, "through", "the last day comes after the first");
  }
  ASSIGN_OR_RETURN(const ledger::Flow flow,
                   ledger::ReadFlow(pool_, call.program, from, to, Reporting(call)));
  std::vector<ledger::Unit> units;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(units, ledger::ReadUnits(tx, call.program));
    return absl::OkStatus();
  }));
  ToProto(flow, units, response);
  if (request.has_from()) rpc::SetTime(from, *response.mutable_begin());
  rpc::SetTime(to, *response.mutable_end());
  return absl::OkStatus();
}

absl::Status ReportHandlers::SetRate(const Call& call, const v1::SetRateRequest& request,
                                     Reply<v1::SetRateResponse> reply) {
  RateDraft draft{.unit = request.unit(),
                  .minor_units = request.minor_units(),
                  .per_points = request.per_points()};
  RETURN_IF_ERROR(CheckRate(draft));
  if (request.has_effective_from()) {
    ASSIGN_OR_RETURN(draft.effective_from,
                     rpc::ParseTime(request.effective_from(), "effective_from"));
  }
  const auto answer = [program = call.program](const ledger::Rate& rate, const ledger::Unit& unit) {
    v1::SetRateResponse response;
    ToProto(rate, program, unit.code, *response.mutable_rate());
    return response.SerializeAsString();
  };
  rpc::Post(
      poster_, call, request, rate_settings_,
      std::make_unique<RateSetting>(ledger::TransactionOfProgram(call.program, ids_.Next(call.now)),
                                    std::move(draft), answer),
      std::move(reply));
  return absl::OkStatus();
}

absl::Status ReportHandlers::ReadRates(const Call& call, const v1::ListRatesRequest& request,
                                       v1::ListRatesResponse& response) {
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const int32_t offset, OffsetOf(shell_, call, request));
  // There are few: they are read whole.
  std::vector<ledger::Rate> rates;
  std::vector<ledger::Unit> units;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(rates, ledger::ReadRates(tx, call.program));
    ASSIGN_OR_RETURN(units, ledger::ReadUnits(tx, call.program));
    return absl::OkStatus();
  }));
  for (size_t i = static_cast<size_t>(offset); i < rates.size(); ++i) {
    if (response.rates_size() == size) {
      response.set_next_page_token(
          shell_.page_tokens().Make(request, call.program.number, absl::StrCat(i)));
      break;
    }
    ToProto(rates[i], call.program, CodeOf(units, rates[i].unit), *response.add_rates());
  }
  return absl::OkStatus();
}

absl::Status ReportHandlers::Close(const Call& call, const v1::ClosePeriodRequest& request,
                                   Reply<v1::ClosePeriodResponse> reply) {
  ASSIGN_OR_RETURN(const absl::Time end, Midnight(call, request.through(), 1, "through"));
  if (end <= call.now && !request.validate_only()) {
    RETURN_IF_ERROR(
        ledger::SweepProgram(pool_, poster_,
                             {.program = call.program, .now = call.now, .deadline = call.deadline})
            .status());
  }
  ASSIGN_OR_RETURN(ledger::ClosingDraft draft,
                   ledger::DraftClosing(pool_, call.program, end, Reporting(call)));
  const auto answer = [](const ledger::Period& period) {
    v1::ClosePeriodResponse response;
    ToProto(period, *response.mutable_period());
    return response.SerializeAsString();
  };
  rpc::Post(poster_, call, request, closings_,
            std::make_unique<ledger::PeriodClosing>(
                ledger::TransactionOfProgram(call.program, ids_.Next(call.now)), std::move(draft),
                answer),
            std::move(reply));
  return absl::OkStatus();
}

absl::Status ReportHandlers::ReadPeriods(const Call& call, const v1::ListPeriodsRequest& request,
                                         v1::ListPeriodsResponse& response) {
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const int32_t offset, OffsetOf(shell_, call, request));
  std::vector<ledger::Period> periods;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(periods, ledger::ReadPeriods(tx, call.program));
    return absl::OkStatus();
  }));
  std::reverse(periods.begin(), periods.end());
  for (size_t i = static_cast<size_t>(offset); i < periods.size(); ++i) {
    if (response.periods_size() == size) {
      response.set_next_page_token(
          shell_.page_tokens().Make(request, call.program.number, absl::StrCat(i)));
      break;
    }
    ToProto(periods[i], *response.add_periods());
  }
  return absl::OkStatus();
}

}  // namespace

std::unique_ptr<grpc::Service> MakeReportService(rpc::Shell& shell, pg::Pool& pool,
                                                 ledger::Poster& poster, base::IdSource& ids) {
  return std::make_unique<ReportHandlers>(shell, pool, poster, ids);
}

}  // namespace gratis::ledger_service
