#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/base/uuid.h"
#include "services/thanks/purchase.h"

// What members would have liked to buy and could not, and what follows when it is there again.
// Values in, values out. The numbers of the enums are stored and are those of the contract.
namespace gratis::thanks {

enum class WishOrigin : int16_t {
  kAsked = 1,    // they asked to be told, so that telling them is service
  kNoticed = 2,  // by somebody, or in an order; telling them is marketing
};

enum class WishState : int16_t {
  kWaiting = 1,
  kMet = 2,
  kWithdrawn = 3,
  kOvertaken = 4,  // when it could be met there was nothing to tell
  kLapsed = 5,     // never stored: a wish that waits for too long
};

// The template that people are told by.
inline constexpr char kBackInStockTemplate[] = "back-in-stock";

// How long a wish waits.
inline constexpr absl::Duration kWishLife = absl::Hours(24 * 180);
// How many things a member may wish for in that time.
inline constexpr int64_t kMostWishes = 200;
// How late a restock may be told of: by then it may be gone again.
inline constexpr absl::Duration kRestockPast = absl::Hours(24 * 7);

// A member has one wish for a SKU and store; `store` empty: anywhere.
struct WishKey {
  MemberId member;
  std::string sku;
  std::string store;

  friend auto operator<=>(const WishKey&, const WishKey&) = default;
  friend bool operator==(const WishKey&, const WishKey&) = default;
};

struct Wish {
  WishKey of;
  WishOrigin origin = WishOrigin::kAsked;
  absl::Time noted_at;
  WishState state = WishState::kWaiting;
  std::optional<absl::Time> ended_at;  // while it waits: nothing
  PurchaseId purchase;                 // in which it lacked; nil for none

  absl::Time waits_until() const { return noted_at + kWishLife; }
  friend bool operator==(const Wish&, const Wish&) = default;
};

// Something is there again; `store` empty: where no store is.
struct Restock {
  Uuid id;
  std::string sku;
  std::string store;
  std::string item;  // what people call it
  absl::Time restocked_at;
  absl::Time recorded_at;

  friend bool operator==(const Restock&, const Restock&) = default;
};

// Errors: FIELD_MISSING, FIELD_TOO_LONG, FIELD_INVALID, of the fields `sku`, `store` and `origin`.
absl::Status CheckWishKey(const WishKey& key);
absl::Status CheckWish(const Wish& wish);
// The same of `sku`, `store` and `item`.
absl::Status CheckRestock(const Restock& restock);

// What becomes of a wish that is noted (again): it waits anew, and what was asked for stays so
// while it waits. `before`: as it was; null for none.
Wish Noted(const Wish* before, Wish now);

// As of `now`, one that waited for too long has lapsed.
WishState StateAt(const Wish& wish, absl::Time now);

// The lines that lacked something, as wishes at the store where it was bought, or anywhere. Each
// once.
std::vector<Wish> LackingIn(const Purchase& purchase);

// The wishes that a member can have which a restock meets: for its store, and for anywhere.
std::vector<WishKey> KeysMetBy(const Restock& restock, const MemberId& member);
// Whether the wish waits for it: it was noted before the restock was, and has not lapsed.
bool Meets(const Restock& restock, const Wish& wish);

// The detail of the kThankYou that messages follow: ids and figures. `wish`: one of those met, of
// several one that was asked for; who did not ask is picked by what they, or an order, lacked.
std::string RestockFigures(const Restock& restock, const Wish& wish);

}  // namespace gratis::thanks
