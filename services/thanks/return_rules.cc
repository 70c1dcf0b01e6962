#include "services/thanks/return_rules.h"

#include <algorithm>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

using absl::int128;

// floor(a x b / c); c is above 0, and none is negative.
int64_t Part(int64_t a, int64_t b, int64_t c) { return static_cast<int64_t>(int128(a) * b / c); }

// A mere total is one piece.
int64_t QuantityOf(const Purchase& purchase, size_t line) {
  return purchase.lines.empty() ? 1 : purchase.lines[line].quantity;
}

int64_t PaidOf(const Purchase& purchase) {
  int64_t paid = 0;
  for (const LineTrace& trace : purchase.traces) paid += trace.paid_minor;
  return paid;
}

// What of a line came back that was said of it.
int64_t OwnMinor(const Purchase& purchase, const Returned& returned, size_t line) {
  const int64_t paid = purchase.traces[line].paid_minor;
  const LineReturned& back = returned.lines[line];
  const int64_t pieces = Part(paid, back.quantity, QuantityOf(purchase, line));
  return back.amount_minor >= paid - pieces ? paid : pieces + back.amount_minor;
}

absl::Status TooLarge(std::string_view what, Metadata metadata) {
  return Error(Reason::kReturnTooLarge, what, std::move(metadata));
}

absl::Status AddLine(const Purchase& purchase, const Returning::OfLine& of, Returned& sum) {
  if (of.line < 1 || static_cast<size_t>(of.line) > sum.lines.size()) {
    return FieldError(Reason::kFieldInvalid, "lines.line",
                      absl::StrCat("the purchase has lines 1 to ", sum.lines.size()));
  }
  const size_t line = static_cast<size_t>(of.line) - 1;
  LineReturned& back = sum.lines[line];
  if (of.quantity < 0 || of.amount_minor < 0 || (of.quantity > 0) == (of.amount_minor > 0)) {
    return FieldError(Reason::kFieldInvalid, "lines.quantity",
                      "of a line either a quantity or an amount comes back, above 0");
  }
  const int64_t pieces_left = QuantityOf(purchase, line) - back.quantity;
  if (of.quantity > pieces_left) {
    return TooLarge(
        absl::StrCat(pieces_left, " are left of line ", of.line, ", not ", of.quantity),
        {{"line", absl::StrCat(of.line)}, {"left_quantity", absl::StrCat(pieces_left)}});
  }
  const int64_t minor_left = purchase.traces[line].paid_minor - OwnMinor(purchase, sum, line);
  if (of.amount_minor > minor_left) {
    return TooLarge(absl::StrCat(minor_left, " minor units are left of line ", of.line, ", not ",
                                 of.amount_minor),
                    {{"line", absl::StrCat(of.line)}, {"left_minor", absl::StrCat(minor_left)}});
  }
  back.quantity += of.quantity;
  back.amount_minor += of.amount_minor;
  return absl::OkStatus();
}

// Whether nothing was kept: of what costs nothing, every piece came back.
bool IsWhole(const Purchase& purchase, const Returned& returned) {
  const std::vector<int64_t> minor = ReturnedMinor(purchase, returned);
  for (size_t i = 0; i < minor.size(); ++i) {
    const int64_t paid = purchase.traces[i].paid_minor;
    if (minor[i] < paid) return false;
    if (paid == 0 && PaidOf(purchase) == 0 &&
        returned.lines[i].quantity < QuantityOf(purchase, i)) {
      return false;
    }
  }
  return true;
}

void Add(const Returning& returning, Returned& sum) {
  for (const Returning::OfLine& of : returning.lines) {
    LineReturned& back = sum.lines[static_cast<size_t>(of.line) - 1];
    back.quantity += of.quantity;
    back.amount_minor += of.amount_minor;
  }
  sum.amount_minor += returning.amount_minor;
  sum.whole = sum.whole || returning.everything;
}

}  // namespace

Returned SumOf(const Purchase& purchase, absl::Span<const Return> returns) {
  Returned sum{.lines = std::vector<LineReturned>(purchase.traces.size()),
               .brought_back = std::vector<int64_t>(purchase.payments.size())};
  for (const Return& one : returns) {
    if (!one.refused.empty()) continue;
    Add(one.returning, sum);
    sum.points_taken += one.points_taken;
    for (size_t i = 0; i < one.brought_back.size(); ++i) sum.brought_back[i] += one.brought_back[i];
    if (!one.return_id.empty()) ++sum.returns;
  }
  sum.whole = sum.whole || (sum.returns > 0 && IsWhole(purchase, sum));
  return sum;
}

absl::StatusOr<Returned> Plus(const Purchase& purchase, const Returned& returned,
                              const Returning& returning) {
  if (returned.whole) {
    return TooLarge("all of the purchase came back before", {{"left_minor", "0"}});
  }
  Returned sum = returned;
  for (const Returning::OfLine& of : returning.lines) {
    RETURN_IF_ERROR(AddLine(purchase, of, sum));
  }
  if (returning.amount_minor != 0) {
    if (returning.currency_code != purchase.total.currency_code) {
      return FieldError(Reason::kInvalidCurrency, "amount.currency_code",
                        absl::StrCat("the purchase is in ", purchase.total.currency_code));
    }
    int64_t left = PaidOf(purchase);
    for (const int64_t minor : ReturnedMinor(purchase, sum)) left -= minor;
    if (returning.amount_minor < 0 || returning.amount_minor > left) {
      return TooLarge(
          absl::StrCat(left, " minor units are left of the purchase, not ", returning.amount_minor),
          {{"left_minor", absl::StrCat(left)}});
    }
    sum.amount_minor += returning.amount_minor;
  }
  if (!returning.everything && returning.lines.empty() && returning.amount_minor == 0) {
    return FieldError(Reason::kFieldMissing, "lines",
                      "say what came back: lines, an amount, or everything");
  }
  sum.whole = returning.everything || IsWhole(purchase, sum);
  ++sum.returns;
  return sum;
}

std::vector<int64_t> ReturnedMinor(const Purchase& purchase, const Returned& returned) {
  std::vector<int64_t> minor(purchase.traces.size());
  int64_t left = 0;  // of what was paid, by what is said of lines
  for (size_t i = 0; i < minor.size(); ++i) {
    const int64_t paid = purchase.traces[i].paid_minor;
    minor[i] = returned.whole ? paid : OwnMinor(purchase, returned, i);
    left += paid - minor[i];
  }
  if (left == 0 || returned.amount_minor == 0) return minor;
  const int64_t kept = std::max<int64_t>(0, left - returned.amount_minor);
  for (size_t i = 0; i < minor.size(); ++i) {
    const int64_t paid = purchase.traces[i].paid_minor;
    const int64_t of_line = paid - minor[i];
    const int64_t kept_of_line =
        Part(of_line, kept, left) + (int128(of_line) * kept % left == 0 ? 0 : 1);
    minor[i] = paid - kept_of_line;
  }
  return minor;
}

Undone UndoneBy(const Purchase& purchase, const Returned& returned) {
  Undone undone;
  const std::vector<int64_t> minor = ReturnedMinor(purchase, returned);
  int64_t points = 0;
  int64_t taken = 0;
  int64_t lowered = 0;
  int64_t lowered_back = 0;
  for (size_t i = 0; i < minor.size(); ++i) {
    const LineTrace& trace = purchase.traces[i];
    undone.returned_minor += minor[i];
    const int64_t paid = trace.paid_minor;
    undone.line_points.push_back(paid == 0 ? 0 : Part(trace.points, minor[i], paid));
    points += trace.points;
    taken += undone.line_points.back();
    lowered += trace.lowered_minor;
    if (paid > 0) lowered_back += Part(trace.lowered_minor, minor[i], paid);
  }
  if (points > 0) {
    undone.organization_points = Part(purchase.for_organization.points, taken, points);
  }
  undone.points = taken - undone.organization_points;
  const int64_t paid = PaidOf(purchase);
  for (const Payment& payment : purchase.payments) {
    int64_t back = returned.whole ? payment.worth : 0;
    if (!returned.whole && lowered > 0) {
      back = Part(payment.worth, lowered_back, lowered);
    } else if (!returned.whole && paid > 0) {
      back = Part(payment.worth, undone.returned_minor, paid);
    }
    undone.brought_back.push_back(back);
  }
  return undone;
}

}  // namespace gratis::thanks
