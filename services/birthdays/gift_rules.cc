#include "services/birthdays/gift_rules.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "common/base/text.h"
#include "common/ledger/unit.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/birthdays/conditions.h"

namespace gratis::birthdays {
namespace {

absl::Status CheckText(std::string_view text, const std::string& field) {
  if (base::CodePoints(text) > kMaxGiftTextCharacters) {
    return FieldError(Reason::kFieldTooLong, field,
                      absl::StrCat("at most ", kMaxGiftTextCharacters, " characters"));
  }
  const std::optional<std::string> phrase = FindCondition(text);
  if (!phrase) return absl::OkStatus();
  return InField(
      Error(Reason::kStringsAttached,
            absl::StrCat("a gift has no conditions, and this text promises one: \"", *phrase,
                         "\"; say what it is, and nothing that must be done for it"),
            {{"phrase", *phrase}}),
      field);
}

absl::Status CheckItem(const Present& present, const std::string& field) {
  if (present.item.empty()) {
    return FieldError(Reason::kFieldMissing, field + ".code",
                      "say which item, in the shop's own codes");
  }
  if (base::CodePoints(present.item) > kMaxItemCharacters) {
    return FieldError(Reason::kFieldTooLong, field + ".code",
                      absl::StrCat("at most ", kMaxItemCharacters, " characters"));
  }
  if (present.minimum_age < 0 || present.minimum_age > kMaxMinimumAge) {
    return FieldError(Reason::kFieldInvalid, field + ".minimum_age",
                      absl::StrCat("must be 0 to ", kMaxMinimumAge));
  }
  return absl::OkStatus();
}

absl::Status CheckPresent(const Present& present, const std::string& field) {
  RETURN_IF_ERROR(CheckText(present.text, field + ".text"));
  switch (present.kind) {
    case GiftKind::kPoints:
      if (present.worth >= 1 && present.worth <= kMaxGiftPoints) return absl::OkStatus();
      return FieldError(Reason::kFieldInvalid, field + ".points",
                        absl::StrCat("must be 1 to ", kMaxGiftPoints, ", not ", present.worth));
    case GiftKind::kVoucher:
      if (present.worth >= 1 && present.worth <= kMaxVoucherMinorUnits) return absl::OkStatus();
      return FieldError(
          Reason::kInvalidAmount, field + ".voucher.minor_units",
          absl::StrCat("must be 1 to ", kMaxVoucherMinorUnits, ", not ", present.worth));
    case GiftKind::kItem:
      return CheckItem(present, field + ".item");
    case GiftKind::kChoice:
      break;
  }
  return FieldError(Reason::kFieldMissing, field, "say what is given");
}

bool IsCode(std::string_view text) {
  return !text.empty() && text.size() <= kMaxOptionBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return absl::ascii_islower(byte) || absl::ascii_isdigit(byte) || c == '-' || c == '_';
         });
}

absl::Status CheckChoice(const Offer& offer, const std::string& field) {
  if (std::ssize(offer.presents) > kMaxOptions) {
    return FieldError(Reason::kFieldInvalid, field + ".options",
                      absl::StrCat(kMinOptions, " to ", kMaxOptions, " to choose from"));
  }
  std::set<std::string_view> codes;
  for (size_t i = 0; i < offer.presents.size(); ++i) {
    const Present& present = offer.presents[i];
    const std::string option = absl::StrCat(field, ".options[", i, "]");
    if (!IsCode(present.option)) {
      return FieldError(Reason::kFieldInvalid, option + ".code",
                        "an option is called 1 to 40 of a-z, 0-9, - and _, such as tea");
    }
    if (!codes.insert(present.option).second) {
      return FieldError(Reason::kFieldInvalid, option + ".code", "the code is there twice");
    }
    RETURN_IF_ERROR(CheckPresent(present, option));
  }
  if (offer.fallback >= offer.presents.size()) {
    return FieldError(Reason::kFieldInvalid, field + ".default_option",
                      "say by its code which option comes when nobody chooses");
  }
  const auto for_anybody = [](const Present& present) { return present.minimum_age == 0; };
  if (std::count_if(offer.presents.begin(), offer.presents.end(), for_anybody) < kMinOptions) {
    return FieldError(Reason::kFieldInvalid, field + ".options",
                      "at least two are for any age: whoever's age is not known chooses, too");
  }
  if (offer.standard().minimum_age > 0) {
    return FieldError(Reason::kFieldInvalid, field + ".default_option",
                      "what comes when nobody chooses must be for any age");
  }
  return absl::OkStatus();
}

std::string Counted(int64_t count, std::string_view one, std::string_view many) {
  return absl::StrCat(count, " ", base::Abs(count == 1 ? one : many));
}

}  // namespace

const Present* Offer::Find(std::string_view option) const {
  const auto found = std::find_if(presents.begin(), presents.end(),
                                  [&](const Present& present) { return present.option == option; });
  return found == presents.end() ? nullptr : &*found;
}

Offer OfPoints(int64_t points) {
  Offer offer;
  offer.presents.push_back({.kind = GiftKind::kPoints, .worth = points});
  return offer;
}

absl::Status CheckOffer(const Offer& offer, const std::string& field) {
  RETURN_IF_ERROR(CheckText(offer.text, field + ".text"));
  if (offer.is_choice()) return CheckChoice(offer, field + ".choice");
  if (offer.presents.empty()) return FieldError(Reason::kFieldMissing, field, "say what is given");
  const Present& present = offer.presents.front();
  RETURN_IF_ERROR(CheckPresent(present, field));
  if (present.minimum_age > 0) {
    return FieldError(Reason::kFieldInvalid, field + ".item.minimum_age",
                      "whoever's age is not known needs something, too: offer it as one of "
                      "several, whose default is for any age");
  }
  return absl::OkStatus();
}

Offer ForAge(Offer offer, std::optional<int64_t> age) {
  if (!offer.is_choice()) return offer;
  Offer left{.presents = {}, .fallback = 0, .text = offer.text, .budget = offer.budget};
  for (size_t i = 0; i < offer.presents.size(); ++i) {
    Present& present = offer.presents[i];
    if (present.minimum_age > 0 && (!age || *age < present.minimum_age)) continue;
    if (i == offer.fallback) left.fallback = left.presents.size();
    left.presents.push_back(std::move(present));
  }
  return left;
}

Draw DrawOf(const Offer& offer) {
  const Present& present = offer.presents.front();
  switch (offer.kind()) {
    case GiftKind::kPoints:
      return {ledger::kPointsUnit, present.worth};
    case GiftKind::kVoucher:
      return {ledger::kVoucherMoneyUnit, present.worth};
    case GiftKind::kItem:
    case GiftKind::kChoice:
      break;
  }
  return {ledger::kVoucherUseUnit, 1};
}

void GiftFigures::Count(const Offer& offer) {
  ++gifts;
  if (offer.is_choice()) {
    ++choices;
  } else {
    CountCost(offer.presents.front());
  }
}

void GiftFigures::CountCost(const Present& present, int64_t times) {
  switch (present.kind) {
    case GiftKind::kPoints:
      points += present.worth * times;
      break;
    case GiftKind::kVoucher:
      minor_units += present.worth * times;
      break;
    default:
      items += times;
  }
}

void GiftFigures::Add(const GiftFigures& more) {
  gifts += more.gifts;
  points += more.points;
  minor_units += more.minor_units;
  items += more.items;
  choices += more.choices;
}

std::string TextOf(const Present& present, std::string_view currency_code) {
  switch (present.kind) {
    case GiftKind::kPoints:
      return Counted(present.worth, "point", "points");
    case GiftKind::kVoucher:
      return absl::StrCat("a voucher of ",
                          base::FormatMoney({std::string(currency_code), present.worth}));
    default:
      return absl::StrCat("the item ", present.item);
  }
}

std::string TextOf(const Offer& offer, std::string_view currency_code) {
  if (!offer.is_choice()) return TextOf(offer.presents.front(), currency_code);
  std::string text = "a choice of ";
  for (size_t i = 0; i < offer.presents.size(); ++i) {
    const bool last = i + 1 == offer.presents.size();
    if (i > 0) absl::StrAppend(&text, last ? " and " : ", ");
    absl::StrAppend(&text, offer.presents[i].option);
  }
  return text;
}

}  // namespace gratis::birthdays
