#include "services/birthdays/gift_contract.h"

#include <google/protobuf/util/json_util.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::birthdays {
namespace {

absl::Status CheckCurrency(const type::v1::Money& money, std::string_view currency_code,
                           const std::string& field) {
  if (money.currency_code() == currency_code) return absl::OkStatus();
  return FieldError(
      Reason::kInvalidCurrency, field + ".voucher.currency_code",
      absl::StrCat("vouchers are worth money of the program, ", base::Abs(currency_code)));
}

// Of a Gift or a GiftOption, which have the same kinds.
template <class Message>
absl::StatusOr<Present> ParsePresent(const Message& message, std::string_view currency_code,
                                     const std::string& field) {
  Present present{.text = message.text()};
  switch (message.kind_case()) {
    case Message::kPoints:
      present.kind = GiftKind::kPoints;
      present.worth = message.points();
      return present;
    case Message::kVoucher:
      RETURN_IF_ERROR(CheckCurrency(message.voucher(), currency_code, field));
      present.kind = GiftKind::kVoucher;
      present.worth = message.voucher().minor_units();
      return present;
    case Message::kItem:
      present.kind = GiftKind::kItem;
      present.worth = 1;
      present.item = message.item().code();
      present.minimum_age = message.item().minimum_age();
      return present;
    default:
      return FieldError(Reason::kFieldMissing, field,
                        "say what is given: points, a voucher or an item");
  }
}

absl::Status ParseChoice(const v1::GiftChoice& choice, std::string_view currency_code,
                         const std::string& field, Offer& offer) {
  if (choice.options_size() < kMinOptions) {
    return FieldError(Reason::kFieldInvalid, field + ".options",
                      absl::StrCat("a choice is of ", kMinOptions, " to ", kMaxOptions));
  }
  offer.fallback = static_cast<size_t>(choice.options_size());
  for (int i = 0; i < choice.options_size(); ++i) {
    const v1::GiftOption& option = choice.options(i);
    ASSIGN_OR_RETURN(Present present,
                     ParsePresent(option, currency_code, absl::StrCat(field, ".options[", i, "]")));
    present.option = option.code();
    if (option.code() == choice.default_option()) offer.fallback = offer.presents.size();
    offer.presents.push_back(std::move(present));
  }
  return absl::OkStatus();
}

template <class Message>
void Fill(const Present& present, std::string_view currency_code, Message& message) {
  message.set_text(present.text);
  switch (present.kind) {
    case GiftKind::kPoints:
      message.set_points(present.worth);
      break;
    case GiftKind::kVoucher:
      message.mutable_voucher()->set_currency_code(std::string(currency_code));
      message.mutable_voucher()->set_minor_units(present.worth);
      break;
    default:
      message.mutable_item()->set_code(present.item);
      message.mutable_item()->set_minimum_age(present.minimum_age);
  }
}

std::string JsonOf(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) std::abort();
  return json;
}

absl::Status FromJson(std::string_view json, google::protobuf::Message& message) {
  if (google::protobuf::util::JsonStringToMessage(
          google::protobuf::StringPiece(json.data(), json.size()), &message)
          .ok()) {
    return absl::OkStatus();
  }
  return Error(Reason::kBooksDamaged, "what is kept of a birthday gift cannot be read");
}

// A gift that is kept was once checked.
absl::StatusOr<Offer> Kept(const v1::Gift& gift, std::string_view currency_code) {
  absl::StatusOr<Offer> offer = ParseGift(gift, currency_code, "gift");
  if (offer.ok()) return offer;
  return Error(Reason::kBooksDamaged, "what is kept of a birthday gift is none");
}

}  // namespace

absl::StatusOr<Offer> ParseGift(const v1::Gift& gift, std::string_view currency_code,
                                const std::string& field) {
  Offer offer;
  if (!gift.budget_id().empty()) {
    const absl::StatusOr<BudgetId> budget = BudgetId::Parse(gift.budget_id());
    if (!budget.ok()) return InField(budget.status(), field + ".budget_id");
    offer.budget = *budget;
  }
  if (gift.has_choice()) {
    offer.text = gift.text();
    RETURN_IF_ERROR(ParseChoice(gift.choice(), currency_code, field + ".choice", offer));
    return offer;
  }
  ASSIGN_OR_RETURN(Present present, ParsePresent(gift, currency_code, field));
  offer.presents.push_back(std::move(present));
  return offer;
}

v1::Gift ToContract(const Offer& offer, std::string_view currency_code) {
  v1::Gift gift;
  if (!offer.budget.IsNil()) gift.set_budget_id(offer.budget.ToString());
  if (!offer.is_choice()) {
    Fill(offer.presents.front(), currency_code, gift);
    return gift;
  }
  gift.set_text(offer.text);
  for (const Present& present : offer.presents) {
    *gift.mutable_choice()->add_options() = OptionOf(present, currency_code);
  }
  gift.mutable_choice()->set_default_option(offer.standard().option);
  return gift;
}

v1::GiftOption OptionOf(const Present& present, std::string_view currency_code) {
  v1::GiftOption option;
  option.set_code(present.option);
  Fill(present, currency_code, option);
  return option;
}

std::string GiftsJson(const Policy& policy, std::string_view currency_code) {
  v1::BirthdayPolicy message;
  *message.mutable_gift() = ToContract(policy.offer, currency_code);
  for (const TierOffer& of_tier : policy.tiers) {
    v1::TierGift& gift = *message.add_tier_gifts();
    gift.set_tier(of_tier.tier);
    *gift.mutable_gift() = ToContract(of_tier.offer, currency_code);
  }
  return JsonOf(message);
}

absl::Status ReadGiftsJson(std::string_view json, std::string_view currency_code, Policy& policy) {
  v1::BirthdayPolicy message;
  RETURN_IF_ERROR(FromJson(json, message));
  ASSIGN_OR_RETURN(policy.offer, Kept(message.gift(), currency_code));
  policy.tiers.clear();
  for (const v1::TierGift& gift : message.tier_gifts()) {
    ASSIGN_OR_RETURN(Offer offer, Kept(gift.gift(), currency_code));
    policy.tiers.push_back({gift.tier(), std::move(offer)});
  }
  return absl::OkStatus();
}

std::string OfferJson(const Offer& offer, std::string_view currency_code) {
  return JsonOf(ToContract(offer, currency_code));
}

absl::StatusOr<Offer> ReadOfferJson(std::string_view json, std::string_view currency_code) {
  v1::Gift gift;
  RETURN_IF_ERROR(FromJson(json, gift));
  return Kept(gift, currency_code);
}

}  // namespace gratis::birthdays
