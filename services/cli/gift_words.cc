#include "services/cli/gift_words.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/money.h"
#include "common/status/macros.h"
#include "services/cli/failure.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace {

absl::Status NoGift(std::string_view option) {
  return UsageError(option, "a gift is points:100, voucher:5.00 or item:CODE");
}

// Of a Gift or a GiftOption, which have these kinds in common.
template <class Message>
absl::Status FillGift(std::string_view text, std::string_view currency_code,
                      std::string_view option, Message& to) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return NoGift(option);
  const std::string_view kind = text.substr(0, colon);
  const std::string what(text.substr(colon + 1));
  if (kind == "points") {
    int64_t points = 0;
    if (!absl::SimpleAtoi(what, &points)) return NoGift(option);
    to.set_points(points);
    return absl::OkStatus();
  }
  if (kind == "voucher") {
    const absl::StatusOr<base::Money> money = base::ParseMoney(what, currency_code);
    if (!money.ok()) return AsUsage(money.status(), option);
    *to.mutable_voucher() = ToProto(*money);
    return absl::OkStatus();
  }
  if (kind != "item") return NoGift(option);
  const size_t at = what.rfind('@');
  to.mutable_item()->set_code(what.substr(0, at));
  if (at == std::string::npos) return absl::OkStatus();
  int32_t minimum_age = 0;
  if (!absl::SimpleAtoi(what.substr(at + 1), &minimum_age)) {
    return UsageError(option, "an age is a number: item:WINE-3@18");
  }
  to.mutable_item()->set_minimum_age(minimum_age);
  return absl::OkStatus();
}

template <class Message>
std::string KindText(const Message& message) {
  if (message.has_voucher()) return absl::StrCat("a voucher of ", FormatMoney(message.voucher()));
  if (message.has_item()) {
    return message.item().minimum_age() == 0
               ? message.item().code()
               : absl::StrCat(message.item().code(), " from ", message.item().minimum_age(), " on");
  }
  return Counted(message.points(), "point", "points");
}

}  // namespace

absl::StatusOr<birthdays::v1::GiftOption> ParseGiftOption(std::string_view text,
                                                          std::string_view currency_code,
                                                          std::string_view option) {
  birthdays::v1::GiftOption parsed;
  RETURN_IF_ERROR(FillGift(text, currency_code, option, parsed));
  return parsed;
}

absl::StatusOr<birthdays::v1::Gift> ParseGift(std::string_view text, std::string_view currency_code,
                                              std::string_view option) {
  birthdays::v1::Gift parsed;
  RETURN_IF_ERROR(FillGift(text, currency_code, option, parsed));
  return parsed;
}

std::string GiftText(const birthdays::v1::GiftOption& option) { return KindText(option); }

std::string GiftText(const birthdays::v1::Gift& gift) {
  if (!gift.has_choice()) return KindText(gift);
  std::vector<std::string> options;
  for (const birthdays::v1::GiftOption& option : gift.choice().options()) {
    options.push_back(absl::StrCat(option.code(), " (", KindText(option), ")"));
  }
  return absl::StrCat("one of ", absl::StrJoin(options, ", "), "; ", gift.choice().default_option(),
                      " if nobody chooses");
}

std::string PercentOff(int64_t basis_points) {
  std::string percent = absl::StrFormat("%d.%02d", basis_points / 100, basis_points % 100);
  while (percent.back() == '0') percent.pop_back();
  if (percent.back() == '.') percent.pop_back();
  return percent + "% off";
}

std::string CostText(const birthdays::v1::GiftFigures& figures) {
  std::vector<std::string> costs;
  if (figures.points() > 0) costs.push_back(Counted(figures.points(), "point", "points"));
  if (figures.vouchers().minor_units() > 0) costs.push_back(FormatMoney(figures.vouchers()));
  if (figures.items() > 0) costs.push_back(Counted(figures.items(), "item", "items"));
  return absl::StrJoin(costs, ", ");
}

}  // namespace gratis::cli
