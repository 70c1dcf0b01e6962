#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/uuid.h"

namespace gratis::base {

// A typed id: in C++ and in the database 16 bytes, in the API a prefix, an underscore and the
// 26 characters of the UUID in Crockford's base 32, lower case: "mem_01hz3v…". Ids made here are
// UUIDv7 (RFC 9562): their text sorts by the time they were made.
std::string FormatId(std::string_view prefix, const Uuid& uuid);

// Errors: INVALID_ID.
absl::StatusOr<Uuid> ParseId(std::string_view prefix, std::string_view text);

template <class Tag>
struct Id {
  Uuid uuid;

  static constexpr std::string_view kPrefix = Tag::kPrefix;
  bool IsNil() const { return uuid.IsNil(); }
  std::string ToString() const { return FormatId(kPrefix, uuid); }
  // Errors: INVALID_ID.
  static absl::StatusOr<Id> Parse(std::string_view text) {
    absl::StatusOr<Uuid> uuid = ParseId(kPrefix, text);
    if (!uuid.ok()) return uuid.status();
    return Id{*uuid};
  }
  friend auto operator<=>(const Id&, const Id&) = default;

  template <class H>
  friend H AbslHashValue(H state, const Id& id) {
    return H::combine(std::move(state), id.uuid);
  }
};

struct MemberTag {
  static constexpr std::string_view kPrefix = "mem";
};
struct TransactionTag {
  static constexpr std::string_view kPrefix = "txn";
};
struct PurchaseTag {
  static constexpr std::string_view kPrefix = "pur";
};
struct GiftTag {
  static constexpr std::string_view kPrefix = "gft";
};
struct HoldTag {
  static constexpr std::string_view kPrefix = "hld";
};
struct VoucherTag {
  static constexpr std::string_view kPrefix = "vch";
};
struct BudgetTag {
  static constexpr std::string_view kPrefix = "bgt";
};
struct AdjustmentTag {
  static constexpr std::string_view kPrefix = "adj";
};
struct CardTag {
  static constexpr std::string_view kPrefix = "crd";
};
struct KeyTag {
  static constexpr std::string_view kPrefix = "key";
};

using MemberId = Id<MemberTag>;
using TransactionId = Id<TransactionTag>;
using PurchaseId = Id<PurchaseTag>;
using GiftId = Id<GiftTag>;
using HoldId = Id<HoldTag>;
using VoucherId = Id<VoucherTag>;
using BudgetId = Id<BudgetTag>;
using CardId = Id<CardTag>;
using AdjustmentId = Id<AdjustmentTag>;
using KeyId = Id<KeyTag>;

}  // namespace gratis::base

namespace gratis {
using base::AdjustmentId;
using base::BudgetId;
using base::CardId;
using base::GiftId;
using base::HoldId;
using base::KeyId;
using base::MemberId;
using base::PurchaseId;
using base::TransactionId;
using base::Uuid;
using base::VoucherId;
}  // namespace gratis
