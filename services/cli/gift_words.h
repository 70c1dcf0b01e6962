#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "gratis/birthdays/v1/birthdays.pb.h"

// Birthday gifts as people write and read them.
namespace gratis::cli {

// "points:100", "voucher:5.00" (in the program's currency), "item:CAKE-1", and "item:WINE-3@18" for
// one that is given from an age on. Errors: FIELD_INVALID, INVALID_AMOUNT of `option` (usage).
absl::StatusOr<birthdays::v1::GiftOption> ParseGiftOption(std::string_view text,
                                                          std::string_view currency_code,
                                                          std::string_view option);

// The same without a name among several.
absl::StatusOr<birthdays::v1::Gift> ParseGift(std::string_view text, std::string_view currency_code,
                                              std::string_view option);

// "100 points", "a voucher of 5.00 USD", "CAKE-1", "one of tea (TEA-1), points (200 points); points
// if nobody chooses".
std::string GiftText(const birthdays::v1::Gift& gift);
std::string GiftText(const birthdays::v1::GiftOption& option);

// "20% off", "12.5% off".
std::string PercentOff(int64_t basis_points);

// "5,000 points, 120.00 USD, 3 items"; "" for nothing.
std::string CostText(const birthdays::v1::GiftFigures& figures);

}  // namespace gratis::cli
