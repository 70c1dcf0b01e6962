#include "services/birthdays/gift_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/civil.h"
#include "common/ledger/unit.h"
#include "common/status/reasons.h"
#include "services/birthdays/birthday_rules.h"

namespace gratis::birthdays {
namespace {

using ::testing::HasSubstr;

Present Points(int64_t points, std::string option = "") {
  return {.kind = GiftKind::kPoints, .worth = points, .option = std::move(option)};
}
Present Voucher(int64_t minor_units, std::string option = "") {
  return {.kind = GiftKind::kVoucher, .worth = minor_units, .option = std::move(option)};
}
Present Item(std::string code, int32_t minimum_age = 0, std::string option = "") {
  return {.kind = GiftKind::kItem,
          .worth = 1,
          .item = std::move(code),
          .minimum_age = minimum_age,
          .option = std::move(option)};
}
Offer Of(std::vector<Present> presents, size_t fallback = 0) {
  return {.presents = std::move(presents), .fallback = fallback};
}
Offer CakeWineOrPoints() {
  return Of({Item("CAKE-1", 0, "cake"), Item("WINE-3", 18, "wine"), Points(200, "points")}, 2);
}

TEST(CheckOffer, LetsThroughWhateverHasNoStrings) {
  for (const Offer& offer :
       {OfPoints(1), OfPoints(kMaxGiftPoints), Of({Voucher(1)}),
        Of({Voucher(kMaxVoucherMinorUnits)}), Of({Item("CAKE-1")}), CakeWineOrPoints()}) {
    EXPECT_EQ(CheckOffer(offer, "policy.gift"), absl::OkStatus());
  }
}

TEST(CheckOffer, NamesWhatIsWrong) {
  Offer worded = OfPoints(100);
  worded.presents[0].text = "Points with any purchase of a coffee";
  Offer worded_choice = CakeWineOrPoints();
  worded_choice.text = "Choose, when you spend 10";
  Offer worded_option = CakeWineOrPoints();
  worded_option.presents[1].text = "Wine, minimum spend 20";
  Offer long_text = OfPoints(1);
  long_text.presents[0].text = std::string(201, 'a');
  Offer seven;
  for (int i = 0; i < 7; ++i) seven.presents.push_back(Points(1, std::string(1, char('a' + i))));
  const struct {
    Offer offer;
    Reason reason;
    const char* field;
  } cases[] = {
      {OfPoints(0), Reason::kFieldInvalid, "gift.points"},
      {OfPoints(-5), Reason::kFieldInvalid, "gift.points"},
      {OfPoints(kMaxGiftPoints + 1), Reason::kFieldInvalid, "gift.points"},
      {Of({Voucher(0)}), Reason::kInvalidAmount, "gift.voucher.minor_units"},
      {Of({Voucher(kMaxVoucherMinorUnits + 1)}), Reason::kInvalidAmount,
       "gift.voucher.minor_units"},
      {Of({Item("")}), Reason::kFieldMissing, "gift.item.code"},
      {Of({Item(std::string(65, 'C'))}), Reason::kFieldTooLong, "gift.item.code"},
      {Of({Item("WINE-3", 18)}), Reason::kFieldInvalid, "gift.item.minimum_age"},
      {Of({Item("X", -1, "a"), Points(1, "b")}, 1), Reason::kFieldInvalid,
       "gift.choice.options[0].item.minimum_age"},
      {worded, Reason::kStringsAttached, "gift.text"},
      {worded_choice, Reason::kStringsAttached, "gift.text"},
      {worded_option, Reason::kStringsAttached, "gift.choice.options[1].text"},
      {long_text, Reason::kFieldTooLong, "gift.text"},
      {seven, Reason::kFieldInvalid, "gift.choice.options"},
      {Of({Points(1, "a"), Points(2, "a")}), Reason::kFieldInvalid, "gift.choice.options[1].code"},
      {Of({Points(1, "a"), Points(2, "B")}), Reason::kFieldInvalid, "gift.choice.options[1].code"},
      {Of({Points(1, "a"), Points(2, "")}), Reason::kFieldInvalid, "gift.choice.options[1].code"},
      {Of({Points(1, "a"), Points(0, "b")}), Reason::kFieldInvalid,
       "gift.choice.options[1].points"},
      {Of({Points(1, "a"), Points(2, "b")}, 2), Reason::kFieldInvalid,
       "gift.choice.default_option"},
      {Of({Points(1, "a"), Points(2, "b"), Item("WINE-3", 18, "c")}, 2), Reason::kFieldInvalid,
       "gift.choice.default_option"},
      // Whoever's age is not known must have something to choose from.
      {Of({Points(1, "a"), Item("WINE-3", 18, "b")}), Reason::kFieldInvalid, "gift.choice.options"},
  };
  for (const auto& c : cases) {
    const absl::Status status = CheckOffer(c.offer, "gift");
    EXPECT_EQ(ReasonOf(status), c.reason) << status;
    EXPECT_EQ(FieldOf(status), c.field) << status;
  }
  const absl::Status told = CheckOffer(worded, "gift");
  EXPECT_THAT(MetadataOf(told), ::testing::Contains(std::pair<std::string, std::string>(
                                    "phrase", "with any purchase")));
  EXPECT_THAT(std::string(told.message()), HasSubstr("\"with any purchase\""));
}

TEST(ForAge, GivesNothingAgeRestrictedToWhoeverIsTooYoungOrHasNotSaid) {
  const auto options = [](std::optional<int64_t> age) {
    std::string codes;
    for (const Present& present : ForAge(CakeWineOrPoints(), age).presents) {
      codes += present.option + " ";
    }
    return codes;
  };
  EXPECT_EQ(options(std::nullopt), "cake points ");
  EXPECT_EQ(options(17), "cake points ");
  EXPECT_EQ(options(18), "cake wine points ");
  EXPECT_EQ(options(-3), "cake points ");
  EXPECT_EQ(ForAge(CakeWineOrPoints(), std::nullopt).standard().option, "points");
  EXPECT_EQ(ForAge(CakeWineOrPoints(), 99).standard().option, "points");
  EXPECT_EQ(ForAge(OfPoints(100), std::nullopt), OfPoints(100));
}

TEST(DrawOf, IsInTheUnitOfWhatIsGivenAndAUseForAChoice) {
  const auto draw = [](const Offer& offer) {
    return std::pair(DrawOf(offer).unit, DrawOf(offer).amount);
  };
  EXPECT_EQ(draw(OfPoints(100)), std::pair(ledger::kPointsUnit, int64_t{100}));
  EXPECT_EQ(draw(Of({Voucher(500)})), std::pair(ledger::kVoucherMoneyUnit, int64_t{500}));
  EXPECT_EQ(draw(Of({Item("CAKE-1")})), std::pair(ledger::kVoucherUseUnit, int64_t{1}));
  EXPECT_EQ(draw(CakeWineOrPoints()), std::pair(ledger::kVoucherUseUnit, int64_t{1}));
}

TEST(TextOf, SaysWhatItIs) {
  EXPECT_EQ(TextOf(OfPoints(1), "CHF"), "1 point");
  EXPECT_EQ(TextOf(OfPoints(100), "CHF"), "100 points");
  EXPECT_EQ(TextOf(Of({Voucher(500)}), "CHF"), "a voucher of 5.00 CHF");
  EXPECT_EQ(TextOf(Of({Voucher(500)}), "JPY"), "a voucher of 500 JPY");
  EXPECT_EQ(TextOf(Of({Item("CAKE-1")}), "CHF"), "the item CAKE-1");
  EXPECT_EQ(TextOf(CakeWineOrPoints(), "CHF"), "a choice of cake, wine and points");
}

TEST(Figures, CountEachKindAndOfAChoiceOnlyThatItIsOne) {
  GiftFigures figures;
  for (const Offer& offer :
       {OfPoints(100), OfPoints(50), Of({Voucher(500)}), Of({Item("C")}), CakeWineOrPoints()}) {
    figures.Count(offer);
  }
  EXPECT_EQ(figures,
            (GiftFigures{.gifts = 5, .points = 150, .minor_units = 500, .items = 1, .choices = 1}));
}

TEST(Celebrants, GetByTheirTierAndWhoHasNoneTheOthers) {
  Policy policy;
  policy.tiers = {{"gold", Of({Voucher(2000)})}, {"silver", OfPoints(300)}};
  ASSERT_EQ(CheckPolicy(policy), absl::OkStatus());
  Celebrant member{MonthDay{6, 15}, absl::UTCTimeZone(), absl::UnixEpoch()};
  EXPECT_EQ(OfferFor(policy, member, 2027), OfPoints(100));
  member.tier = "gold";
  EXPECT_EQ(OfferFor(policy, member, 2027), Of({Voucher(2000)}));
  member.tier = "bronze";
  EXPECT_EQ(OfferFor(policy, member, 2027), OfPoints(100));
}

TEST(Celebrants, TiersOfAPolicyAreEachThereOnceAndTheirGiftsAreChecked) {
  Policy policy;
  policy.tiers = {{"gold", OfPoints(1)}, {"gold", OfPoints(2)}};
  EXPECT_EQ(FieldOf(CheckPolicy(policy)), "policy.tier_gifts[1].tier");
  policy.tiers = {{"gold", OfPoints(0)}};
  EXPECT_EQ(FieldOf(CheckPolicy(policy)), "policy.tier_gifts[0].gift.points");
  policy.tiers = {{"", OfPoints(1)}};
  EXPECT_EQ(FieldOf(CheckPolicy(policy)), "policy.tier_gifts[0].tier");
  policy.tiers = {{"Gold!", OfPoints(1)}};
  EXPECT_EQ(FieldOf(CheckPolicy(policy)), "policy.tier_gifts[0].tier");
  policy.tiers.assign(21, {"gold", OfPoints(1)});
  EXPECT_EQ(FieldOf(CheckPolicy(policy)), "policy.tier_gifts");
}

TEST(Celebrants, WhoHasSaidThatTheyAreAMinorNeedsAGuardiansConsent) {
  const absl::Time now = absl::FromUnixSeconds(1'813'050'000);  // 2027-06-15
  Celebrant member{MonthDay{6, 15}, absl::UTCTimeZone(), absl::UnixEpoch()};
  const auto judged = [&](int birth_year, bool consents) {
    member.birth_year = birth_year;
    member.guardian_consents = consents;
    return Judge(member, 2027, Policy{}, {}, now);
  };
  EXPECT_EQ(judged(2010, false).why, Withheld::kGuardian);
  EXPECT_EQ(judged(2010, true).outcome, Outcome::kDue);
  // Of age on the birthday itself.
  EXPECT_EQ(judged(2009, false).outcome, Outcome::kDue);
  // Who has not said is not asked.
  member.birth_year = std::nullopt;
  EXPECT_EQ(Judge(member, 2027, Policy{}, {}, now).outcome, Outcome::kDue);
  Policy young;
  young.adult_age = 16;
  member.birth_year = 2010;
  EXPECT_EQ(Judge(member, 2027, young, {}, now).outcome, Outcome::kDue);
}

TEST(Validity, IsNeverLessThanItsDaysWhateverTheClockDoes) {
  for (const char* const name : {"Europe/Zurich", "America/St_Johns", "Pacific/Apia", "UTC"}) {
    const absl::TimeZone zone = *base::LoadZone(name);
    for (absl::Time given = absl::FromUnixSeconds(1'798'761'600);
         given < absl::FromUnixSeconds(1'830'297'600); given += absl::Hours(37)) {
      const absl::Duration lives = EndOf(given, kMinValidDays, zone) - given;
      EXPECT_GE(lives, absl::Hours(24 * 30)) << name << " " << given;
      EXPECT_LE(lives, absl::Hours(24 * 31 + 1)) << name << " " << given;
    }
  }
}

TEST(Policies, NamesTheNumberThatIsOutOfRange) {
  const std::pair<Policy, const char*> cases[] = {
      {{.valid_days = 29}, "policy.valid_days"},  {{.valid_days = 3651}, "policy.valid_days"},
      {{.choose_days = 0}, "policy.choose_days"}, {{.choose_days = 61}, "policy.choose_days"},
      {{.adult_age = 12}, "policy.adult_age"},    {{.adult_age = 22}, "policy.adult_age"}};
  for (const auto& [policy, field] : cases) EXPECT_EQ(FieldOf(CheckPolicy(policy)), field);
}

TEST(Sentences, TellOfEveryKindOfGiftAndOfWhatBecameOfAChoice) {
  const absl::Time at = absl::FromUnixSeconds(1'813'050'000);  // 2027-06-15 09:00 UTC
  const Celebrant member{MonthDay{6, 15}, absl::UTCTimeZone(), absl::UnixEpoch()};
  Gift gift{.year = 2027, .offer = CakeWineOrPoints(), .due_at = at, .given_at = at};
  gift.choose_by = at + absl::Hours(24 * 14);
  gift.open = true;
  const auto sentence = [&] {
    const Verdict verdict = Judge(member, 2027, Policy{}, {gift}, at);
    return SentenceOf(verdict, member, 2027, Policy{}, "CHF", at);
  };
  EXPECT_EQ(sentence(),
            "A choice of cake, wine and points was given for the birthday of 2027 at 2027-06-15 "
            "09:00 UTC. They may choose until 2027-06-29 09:00 UTC, when points comes.");
  gift.open = false;
  gift.chosen = Chosen{.option = "wine", .at = at + absl::Hours(1)};
  EXPECT_THAT(sentence(), HasSubstr("They chose wine at 2027-06-15 10:00 UTC."));
  gift.chosen->by_default = true;
  EXPECT_THAT(sentence(), HasSubstr("Nobody chose in time, so wine came at"));
  gift = {.year = 2027, .offer = Of({Voucher(500)}), .due_at = at, .given_at = at, .quiet = true};
  EXPECT_EQ(sentence(),
            "A voucher of 5.00 CHF was given for the birthday of 2027 at 2027-06-15 09:00 UTC. It "
            "was given without a word, since a complaint of theirs was open.");
}

}  // namespace
}  // namespace gratis::birthdays
