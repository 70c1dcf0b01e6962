#include "services/members/phone_number.h"

#include <phonenumbers/phonenumberutil.h>

#include "common/status/reasons.h"

namespace gratis::members {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr size_t kMaxPhoneBytes = 40;
constexpr char kUnknownRegion[] = "ZZ";

// The library would also take letters, extensions and "tel:" addresses.
bool LooksInternational(std::string_view text) {
  return text.size() <= kMaxPhoneBytes && text.starts_with('+') &&
         text.find_first_not_of("0123456789 .-()", 1) == std::string_view::npos;
}

}  // namespace

absl::StatusOr<std::string> NormalizePhone(std::string_view text) {
  const absl::Status invalid =
      Error(Reason::kInvalidPhone,
            "not a phone number; write a plus sign, the country code and the number, as in "
            "+41 44 668 18 00");
  if (!LooksInternational(text)) return invalid;
  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  PhoneNumber number;
  if (util.Parse(std::string(text), kUnknownRegion, &number) != PhoneNumberUtil::NO_PARSING_ERROR ||
      !util.IsPossibleNumber(number)) {
    return invalid;
  }
  std::string normalized;
  util.Format(number, PhoneNumberUtil::E164, &normalized);
  return normalized;
}

}  // namespace gratis::members
