#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "gratis/birthdays/v1/birthdays.pb.h"
#include "services/birthdays/birthday_forecast.h"
#include "services/birthdays/birthdays.h"
#include "services/birthdays/gift_choosing.h"

// Between the contract's messages and the domain's values.
namespace gratis::birthdays {

// The policy that somebody wants set; its version is ignored. Errors: as CheckPolicy and ParseGift,
// and FIELD_MISSING.
absl::StatusOr<Policy> ParsePolicy(const v1::SetBirthdayPolicyRequest& request,
                                   std::string_view currency_code);

// Errors: INVALID_DATE.
absl::StatusOr<std::optional<absl::CivilDay>> ParseThrough(const v1::RunBirthdaysRequest& request);

struct ExplainOrder {
  MemberId member;
  int32_t year;
};
// Errors: FIELD_MISSING, INVALID_ID, FIELD_INVALID.
absl::StatusOr<ExplainOrder> ParseExplain(const v1::ExplainBirthdayRequest& request);

// Whose gifts are asked for. Errors: FIELD_MISSING, INVALID_ID.
absl::StatusOr<MemberId> ParseMember(const v1::ListGiftsRequest& request);
// Where a list of gifts goes on, and as a page token has it. Errors: INVALID_PAGE_TOKEN.
absl::StatusOr<BirthdayKey> ParseAfter(const std::string& cursor);
std::string CursorOf(const BirthdayKey& last);

// What is to be chosen. Errors: FIELD_MISSING, INVALID_ID, FIELD_INVALID.
absl::StatusOr<ChoosingOrder> ParseChoosing(const v1::ChooseGiftRequest& request);

// Errors: FIELD_MISSING, INVALID_DATE, FIELD_INVALID (a span that is none, or too long).
absl::StatusOr<DaySpan> ParseSpan(const v1::ForecastBirthdaysRequest& request);

// Worth is money of the program.
v1::GivenGift ToContract(const Gift& gift, std::string_view currency_code);
v1::BirthdayPolicy ToContract(const Policy& policy, std::string_view currency_code);
v1::RunBirthdaysResponse ToContract(const RunReport& report, std::string_view currency_code);
v1::ExplainBirthdayResponse ToContract(const Explanation& explanation,
                                       std::string_view currency_code);
v1::ForecastBirthdaysResponse ToContract(const Forecast& forecast, std::string_view currency_code);

// The serialized answer, as it is stored and sent.
std::string PolicyAnswer(const Policy& policy, std::string_view currency_code);

}  // namespace gratis::birthdays
