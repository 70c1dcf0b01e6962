#include "services/thanks/purchase.h"

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"

namespace gratis::thanks {

std::string Describe(const OrderKey& order) {
  if (!order.is_receipt()) return absl::StrCat("order ", order.order_id, " of ", order.source);
  return absl::StrCat("receipt ", order.receipt, " of till ", order.till, " in ", order.store,
                      " on ", base::FormatDay(order.business_date));
}

const std::string& StoreOf(const OrderKey& order) {
  return order.store.empty() ? order.source : order.store;
}

std::string NameOf(const OrderKey& order) {
  if (!order.is_receipt()) return absl::StrCat(order.source, "/", order.order_id);
  // No source begins with #, so no receipt is filed as an order. Lengths keep the parts apart.
  const auto part = [](const std::string& text) { return absl::StrCat(text.size(), ":", text); };
  return absl::StrCat("#", order.source, "/", part(order.store), part(order.till),
                      base::FormatDay(order.business_date), part(order.receipt));
}

bool EarnsAtAll(LineKind kind) { return kind == LineKind::kProduct || kind == LineKind::kService; }

}  // namespace gratis::thanks
