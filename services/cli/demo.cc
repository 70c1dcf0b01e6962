#include "services/cli/demo.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/base/random.h"
#include "services/cli/proto_values.h"
#include "services/cli/seeds.h"

namespace gratis::cli {
namespace {

constexpr std::array kNames = {
    "Ada",     "Aiko",  "Amara", "Anton", "Aylin", "Bela",  "Boris", "Carla", "Chidi", "Clara",
    "Dario",   "Deniz", "Edith", "Elif",  "Emil",  "Enzo",  "Esra",  "Farid", "Fiona", "Gabor",
    "Greta",   "Hanna", "Henri", "Ines",  "Ivo",   "Jana",  "Jonas", "Kaito", "Karim", "Lena",
    "Luca",    "Maja",  "Malik", "Marta", "Mila",  "Nadia", "Noah",  "Nura",  "Oskar", "Paula",
    "Quentin", "Rosa",  "Ruben", "Sami",  "Selma", "Tariq", "Tessa", "Umut",  "Vera",  "Yusuf"};

constexpr int64_t kDaysOfPurchases = 180;
constexpr int64_t kSecondsPerDay = 86'400;

members::v1::EnrollMemberRequest MakeMember(uint64_t seed, size_t number, absl::Time made_at,
                                            base::SeededRandom& random) {
  members::v1::EnrollMemberRequest request;
  request.set_request_id(absl::StrCat("demo:member:", number));
  members::v1::Profile& profile = *request.mutable_profile();
  profile.add_external_ids()->set_source("demo");
  profile.mutable_external_ids(0)->set_id(absl::StrCat(number));
  const std::string name = kNames[random.Below(kNames.size())];
  profile.set_greeting_name(name);
  // The first ones can be written to.
  if (random.Below(2) == 0 || number <= 6) {
    profile.set_email(absl::StrCat(absl::AsciiStrToLower(name), ".", number, "@example.org"));
  }
  // Some tell nobody their birthday; some have it just now, so that there is a gift to see.
  if (number <= 6) {
    const absl::CivilDay day =
        absl::ToCivilDay(made_at, absl::UTCTimeZone()) + (static_cast<int64_t>(number) - 3);
    *profile.mutable_birthday() = ToProto(Birthday{day.month(), day.day(), std::nullopt});
  } else if (random.Below(8) != 0) {
    *profile.mutable_birthday() = ToProto(DemoBirthday(seed, absl::StrCat("demo:", number)));
  }
  const auto days_ago = static_cast<int64_t>(kDaysOfPurchases + random.Below(365));
  *request.mutable_enrolled_at() = ToProto(made_at - absl::Hours(24) * days_ago);
  return request;
}

}  // namespace

DemoShop MakeDemoShop(uint64_t seed, absl::Time made_at, size_t members, size_t purchases) {
  base::SeededRandom random(seed);
  DemoShop shop;
  shop.policy.set_request_id("demo:thanks-policy");
  thanks::v1::ThanksPolicy& policy = *shop.policy.mutable_policy();
  thanks::v1::EarningRate& rate = *policy.mutable_earning()->add_rates();
  rate.set_currency_code(DemoShop::kCurrency);
  rate.set_points_per_unit(1);
  policy.mutable_earning()->set_rounding(thanks::v1::ROUNDING_DOWN);
  thanks::v1::ThankYouTrigger& thank_you = *policy.mutable_thank_you();
  thank_you.set_enabled(true);
  thank_you.set_sender("Anna Keller, founder");
  thank_you.set_note(
      "Thank you for buying from us. If anything does not fit as it should, write to me.");
  thank_you.set_max_age_days(7);

  for (size_t number = 1; number <= members; ++number) {
    shop.members.push_back(MakeMember(seed, number, made_at, random));
  }
  std::vector<int64_t> ages;
  for (size_t i = 0; i < purchases; ++i) {
    ages.push_back(static_cast<int64_t>(random.Below(kDaysOfPurchases * kSecondsPerDay)));
  }
  std::sort(ages.rbegin(), ages.rend());
  for (size_t i = 0; i < purchases; ++i) {
    DemoShop::DemoPurchase purchase;
    // Some come often, most now and then.
    purchase.buyer = std::min(random.Below(members), random.Below(members));
    thanks::v1::RecordPurchaseRequest& request = purchase.request;
    request.set_request_id(absl::StrCat("demo:order:", i + 1));
    request.mutable_order()->set_source("demo");
    request.mutable_order()->set_order_id(absl::StrCat(i + 1));
    request.mutable_total()->set_currency_code(DemoShop::kCurrency);
    request.mutable_total()->set_minor_units(static_cast<int64_t>(900 + random.Below(24'000)));
    request.set_item_count(static_cast<int32_t>(1 + random.Below(4)));
    *request.mutable_purchased_at() = ToProto(made_at - absl::Seconds(ages[i]));
    shop.purchases.push_back(std::move(purchase));
  }
  return shop;
}

}  // namespace gratis::cli
