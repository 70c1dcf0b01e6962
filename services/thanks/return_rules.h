#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/thanks/purchase.h"

// What returns do: all of it follows from what has come back of a purchase by now, so neither the
// order of returns nor how they are split matters. Pure.
namespace gratis::thanks {

// What comes back. Of one kind: lines, an amount of no line in particular, or everything.
struct Returning {
  struct OfLine {
    int32_t line = 0;  // from 1
    int64_t quantity = 0;
    int64_t amount_minor = 0;

    friend bool operator==(const OfLine&, const OfLine&) = default;
  };
  std::vector<OfLine> lines;
  int64_t amount_minor = 0;
  std::string currency_code = {};  // of amount_minor
  bool everything = false;

  friend bool operator==(const Returning&, const Returning&) = default;
};

// A return as it is kept.
struct Return {
  std::string return_id;  // the shop's; empty for what claiming a purchase took at once
  TransactionId transaction;
  absl::Time returned_at;
  absl::Time recorded_at;
  Returning returning;
  int64_t points_taken = 0;           // of the member
  std::vector<int64_t> brought_back;  // of each payment's worth
  // Of one that came before its purchase and turned out not to be possible: the reason's name. Then
  // nothing was done.
  std::string refused = {};
};

// What has come back with all these returns, each of which was possible.
Returned SumOf(const Purchase& purchase, absl::Span<const Return> returns);

// What has come back when this comes back, too; what was taken for it stays as it is. Errors:
// FIELD_INVALID (no such line, nothing at all), INVALID_CURRENCY, RETURN_TOO_LARGE (metadata: line
// and left_quantity or left_minor).
absl::StatusOr<Returned> Plus(const Purchase& purchase, const Returned& returned,
                              const Returning& returning);

// What of each line's price has come back, in minor units: of a line's pieces that came back
// rounded down, what was paid back for it besides, and of what is left its part of the amount that
// belongs to no line, rounded up in favor of the member. No more than was paid.
std::vector<int64_t> ReturnedMinor(const Purchase& purchase, const Returned& returned);

// What has to be taken and brought back for that in all.
struct Undone {
  std::vector<int64_t> line_points;  // floor(points x returned / paid) of each line
  int64_t points = 0;                // of the member
  int64_t organization_points = 0;
  std::vector<int64_t> brought_back;  // of each payment's worth
  int64_t returned_minor = 0;
};
Undone UndoneBy(const Purchase& purchase, const Returned& returned);

}  // namespace gratis::thanks
