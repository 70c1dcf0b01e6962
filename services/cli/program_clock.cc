#include "services/cli/program_clock.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/birthdays/v1/birthdays.pb.h"
#include "gratis/ledger/v1/clock.pb.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "services/cli/proto_values.h"

namespace gratis::cli {

absl::StatusOr<ProgramClock::Reading> ProgramClock::Read() {
  ledger::v1::GetClockResponse answer;
  RETURN_IF_ERROR(CallPatiently(engine_, ledger::v1::GetClockRequest(), answer, patience_));
  return Reading{FromProto(answer.now()), answer.manual(), answer.development()};
}

absl::Status ProgramClock::Set(absl::Time now, const std::string& purpose) {
  ledger::v1::SetClockRequest request;
  request.set_request_id(absl::StrCat(purpose, ":", base::FormatTime(now)));
  *request.mutable_now() = ToProto(now);
  ledger::v1::SetClockResponse answer;
  return CallPatiently(engine_, request, answer, patience_);
}

absl::StatusOr<GiftSums> ProgramClock::RunBirthdays() {
  birthdays::v1::RunBirthdaysResponse answer;
  RETURN_IF_ERROR(CallPatiently(engine_, birthdays::v1::RunBirthdaysRequest(), answer, patience_));
  given_.gifts += answer.given();
  given_.points += answer.points();
  return GiftSums{answer.given(), answer.points()};
}

absl::StatusOr<std::optional<int64_t>> ProgramClock::IssuedPoints() {
  ledger::v1::GetTrialBalanceResponse books;
  const absl::Status status =
      CallPatiently(engine_, ledger::v1::GetTrialBalanceRequest(), books, patience_);
  if (ReasonOf(status) == Reason::kRoleNotAllowed) return std::nullopt;
  RETURN_IF_ERROR(status);
  int64_t issued = 0;
  for (const ledger::v1::AccountBalance& balance : books.balances()) {
    if (balance.unit() == "points" && balance.account() == ledger::v1::ACCOUNT_ISSUED)
      issued = -balance.points();
  }
  return issued;
}

absl::Status ProgramClock::BeginCounting() {
  ASSIGN_OR_RETURN(issued_before_, IssuedPoints());
  given_ = {};
  return absl::OkStatus();
}

absl::StatusOr<GiftSums> ProgramClock::EndCounting(int64_t points_of_purchases) {
  if (!issued_before_) return given_;
  ASSIGN_OR_RETURN(const std::optional<int64_t> issued, IssuedPoints());
  birthdays::v1::GetBirthdayPolicyResponse answer;
  RETURN_IF_ERROR(
      CallPatiently(engine_, birthdays::v1::GetBirthdayPolicyRequest(), answer, patience_));
  const int64_t each = answer.policy().gift().points();
  if (!issued || each == 0) return given_;
  const int64_t points = *issued - *issued_before_ - points_of_purchases;
  return GiftSums{points / each, points};
}

absl::Status ProgramClock::AdvanceTo(absl::Time to, const absl::TimeZone& zone,
                                     const std::function<void(int64_t, int64_t)>& step) {
  ASSIGN_OR_RETURN(const Reading start, Read());
  if (to <= start.now) {
    return Error(Reason::kFieldInvalid,
                 absl::StrCat("the program's clock stands at ", base::FormatTime(start.now),
                              " and cannot go back to ", base::FormatTime(to)));
  }
  // Steps keep the hour of the day where `to` has it, across changes of summer time.
  const absl::CivilSecond last = absl::ToCivilSecond(to, zone);
  const int64_t days = std::max<int64_t>(1, base::DayOf(to, zone) - base::DayOf(start.now, zone));
  for (int64_t left = days - 1, done = 1; left >= 0; --left, ++done) {
    const absl::CivilDay day = absl::CivilDay(last) - left;
    const absl::Time now =
        absl::FromCivil(absl::CivilSecond(day.year(), day.month(), day.day(), last.hour(),
                                          last.minute(), last.second()),
                        zone);
    const absl::Time stop = left == 0 ? to : now;
    if (stop <= start.now) continue;
    RETURN_IF_ERROR(Set(stop, "clock:advance"));
    RETURN_IF_ERROR(RunBirthdays().status());
    step(done, days);
  }
  return absl::OkStatus();
}

}  // namespace gratis::cli
