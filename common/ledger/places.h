#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

// Where lists go on, as page tokens carry it. Whatever text Parse is given, it is a place or none.
namespace gratis::ledger {

// A place in the list of a program's adjustments, which has them as they were asked for.
struct AdjustmentPlace {
  absl::Time asked_at = absl::InfinitePast();
  int32_t partition = 0;
  int64_t seq = 0;

  std::string ToString() const;
  static std::optional<AdjustmentPlace> Parse(std::string_view text);

  friend bool operator==(const AdjustmentPlace&, const AdjustmentPlace&) = default;
};

// A place in the list of several members' facts.
struct EntryPosition {
  absl::Time recorded_at;
  int32_t partition = 0;
  int64_t seq = 0;

  std::string ToString() const;
  static std::optional<EntryPosition> Parse(std::string_view text);

  friend bool operator==(const EntryPosition&, const EntryPosition&) = default;
};

// A voucher's place in the list of its member's: first those that had something left and time to
// live at `as_of`, as they expire; then the others, the latest first.
struct VoucherPlace {
  absl::Time as_of;
  bool over = false;
  absl::Time expires_at = absl::InfinitePast();  // InfiniteFuture for those that are over
  int64_t lot = 0;                               // below 0 for those that are over

  std::string ToString() const;
  static std::optional<VoucherPlace> Parse(std::string_view text);

  friend bool operator==(const VoucherPlace&, const VoucherPlace&) = default;
};

}  // namespace gratis::ledger
