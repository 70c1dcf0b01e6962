#include "services/thanks/wish_rules.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/field_checks.h"

namespace gratis::thanks {
namespace {

constexpr size_t kMaxGoodsCode = 64;
constexpr size_t kMaxItemText = 100;

absl::Status CheckLine(std::string_view field, std::string_view text, size_t most) {
  RETURN_IF_ERROR(CheckLength(field, text, most));
  const bool one_line = std::none_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
  if (one_line) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, field,
                    absl::StrCat(base::Abs(field), " is one line, without control characters"));
}

absl::Status CheckGoods(const std::string& sku, const std::string& store) {
  if (sku.empty()) return FieldError(Reason::kFieldMissing, "sku", "what is it about?");
  RETURN_IF_ERROR(CheckLine("sku", sku, kMaxGoodsCode));
  return CheckLine("store", store, kMaxGoodsCode);
}

}  // namespace

absl::Status CheckWishKey(const WishKey& key) { return CheckGoods(key.sku, key.store); }

absl::Status CheckWish(const Wish& wish) {
  RETURN_IF_ERROR(CheckWishKey(wish.of));
  if (wish.origin == WishOrigin::kAsked || wish.origin == WishOrigin::kNoticed) {
    return absl::OkStatus();
  }
  return FieldError(Reason::kFieldMissing, "origin", "did they ask for it, or was it noticed?");
}

absl::Status CheckRestock(const Restock& restock) {
  RETURN_IF_ERROR(CheckGoods(restock.sku, restock.store));
  return CheckLine("item", restock.item, kMaxItemText);
}

Wish Noted(const Wish* before, Wish now) {
  const bool waited = before != nullptr && StateAt(*before, now.noted_at) == WishState::kWaiting;
  if (waited && before->origin == WishOrigin::kAsked) {
    now.origin = WishOrigin::kAsked;
    now.purchase = before->purchase;
  }
  return now;
}

WishState StateAt(const Wish& wish, absl::Time now) {
  if (wish.state == WishState::kWaiting && now >= wish.waits_until()) return WishState::kLapsed;
  return wish.state;
}

std::vector<Wish> LackingIn(const Purchase& purchase) {
  std::map<WishKey, Wish> lacking;
  for (const Line& line : purchase.lines) {
    if (line.unfulfilled == 0 || line.sku.empty()) continue;
    const WishKey key{purchase.member, line.sku, purchase.order.store};
    lacking.emplace(key, Wish{.of = key,
                              .origin = WishOrigin::kNoticed,
                              .noted_at = purchase.purchased_at,
                              .ended_at = std::nullopt,
                              .purchase = purchase.id});
  }
  std::vector<Wish> wishes;
  for (auto& [key, wish] : lacking) wishes.push_back(std::move(wish));
  return wishes;
}

std::vector<WishKey> KeysMetBy(const Restock& restock, const MemberId& member) {
  std::vector<WishKey> keys = {{member, restock.sku, ""}};
  if (!restock.store.empty()) keys.push_back({member, restock.sku, restock.store});
  return keys;
}

bool Meets(const Restock& restock, const Wish& wish) {
  return wish.of.sku == restock.sku && (wish.of.store.empty() || wish.of.store == restock.store) &&
         wish.noted_at <= restock.recorded_at &&
         StateAt(wish, restock.recorded_at) == WishState::kWaiting;
}

std::string RestockFigures(const Restock& restock, const Wish& wish) {
  const bool asked = wish.origin == WishOrigin::kAsked;
  std::string json = absl::StrCat(
      "{\"template\":", base::JsonString(kBackInStockTemplate),
      ",\"purpose\":", asked ? "\"service\"" : "\"marketing\",\"by_profile\":true",
      ",\"sku\":", base::JsonString(restock.sku),
      ",\"restocked\":", base::JsonString(restock.item.empty() ? restock.sku : restock.item));
  if (!restock.store.empty()) {
    absl::StrAppend(&json, ",\"store\":", base::JsonString(restock.store));
  }
  if (!asked && !wish.purchase.IsNil()) {
    absl::StrAppend(&json, ",\"purchase\":", base::JsonString(wish.purchase.ToString()));
  }
  absl::StrAppend(&json,
                  ",\"occurred_at\":", base::JsonString(base::FormatTime(restock.restocked_at)),
                  ",\"max_age_seconds\":", absl::ToInt64Seconds(kRestockPast), "}");
  return json;
}

}  // namespace gratis::thanks
