#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/base/ids.h"

// What is given: values in, values out. Nothing here has a place for a condition, nor for a
// percentage, which would need a purchase.
namespace gratis::birthdays {

inline constexpr int64_t kMaxGiftPoints = 1'000'000;
inline constexpr int64_t kMaxVoucherMinorUnits = 10'000'000;
inline constexpr size_t kMaxItemCharacters = 64;
inline constexpr size_t kMaxGiftTextCharacters = 200;
inline constexpr size_t kMaxOptionBytes = 40;
inline constexpr int kMinOptions = 2;
inline constexpr int kMaxOptions = 6;
inline constexpr int32_t kMaxMinimumAge = 99;

// Stored by number.
enum class GiftKind : int16_t { kPoints = 1, kVoucher = 2, kItem = 3, kChoice = 4 };

// One thing in somebody's hand.
struct Present {
  GiftKind kind = GiftKind::kPoints;  // never kChoice
  int64_t worth = 0;                  // points; minor units of the program's currency; 1 item
  std::string item;                   // of kItem: the shop's own code
  int32_t minimum_age = 0;            // 0: for anybody
  std::string text;                   // what people are told it is
  std::string option;                 // its name among several; empty for one alone

  friend bool operator==(const Present&, const Present&) = default;
};

// What there is on a birthday: one present, or several to choose from.
struct Offer {
  std::vector<Present> presents;  // at least one
  size_t fallback = 0;            // which one comes when nobody chooses
  std::string text;               // of a choice
  BudgetId budget;                // nil: none

  bool is_choice() const { return presents.size() > 1; }
  GiftKind kind() const { return is_choice() ? GiftKind::kChoice : presents.front().kind; }
  const Present& standard() const { return presents[fallback]; }
  // Null if there is no such option.
  const Present* Find(std::string_view option) const;

  friend bool operator==(const Offer&, const Offer&) = default;
};

Offer OfPoints(int64_t points);

// Errors: FIELD_MISSING, FIELD_INVALID, FIELD_TOO_LONG, INVALID_AMOUNT, STRINGS_ATTACHED, naming
// the fields of the contract's Gift, which is `field`.
absl::Status CheckOffer(const Offer& offer, const std::string& field);

// What of the offer there is for somebody who is `age`; nothing: nobody knows. A choice stays one.
Offer ForAge(Offer offer, std::optional<int64_t> age);

// What a gift takes from the budget that pays for it: of a choice and an item, one use.
struct Draw {
  int16_t unit;
  int64_t amount;
};
Draw DrawOf(const Offer& offer);

// How many gifts, and what they cost.
struct GiftFigures {
  int64_t gifts = 0;
  int64_t points = 0;
  int64_t minor_units = 0;
  int64_t items = 0;
  int64_t choices = 0;

  // One gift; of a choice only that it is one.
  void Count(const Offer& offer);
  // What a present costs.
  void CountCost(const Present& present, int64_t times = 1);
  void Add(const GiftFigures& more);

  friend bool operator==(const GiftFigures&, const GiftFigures&) = default;
};

// "100 points", "a voucher of 5.00 USD", "the item CAKE-1".
std::string TextOf(const Present& present, std::string_view currency_code);
// The same, or "a choice of tea, cake and points".
std::string TextOf(const Offer& offer, std::string_view currency_code);

}  // namespace gratis::birthdays
