#include "services/members/member_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::members {
namespace member_rules_test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

Profile Ann() {
  return {.external_ids = {{"webshop", "A-17"}},
          .email = "Ann.Example@Example.COM",
          .phone = "+41 44 668 18 00",
          .greeting_name = "Ännchen",
          .birthday = Birthday{{2, 29}, 1980},
          .time_zone = "Europe/Zurich",
          .language = "de-CH"};
}

void ExpectRefused(const Profile& profile, Reason reason, const std::string& field) {
  const auto checked = CheckedProfile(profile);
  EXPECT_EQ(ReasonOf(checked.status()), reason) << field << ": " << checked.status();
  EXPECT_EQ(FieldOf(checked.status()), field) << checked.status();
}

template <class Change>
void ExpectRefusedWhen(Change change, Reason reason, const std::string& field) {
  Profile profile = Ann();
  change(profile);
  ExpectRefused(profile, reason, field);
}

TEST(CheckedProfile, TakesAPersonAsTheyAre) {
  const auto checked = CheckedProfile(Ann());
  ASSERT_TRUE(checked.ok()) << checked.status();
  Profile expected = Ann();
  expected.phone = "+41446681800";
  EXPECT_EQ(*checked, expected);
}

TEST(CheckedProfile, NeedsOneIdentifierAndNoMore) {
  EXPECT_TRUE(CheckedProfile({.external_ids = {{"crm", "1"}}}).ok());
  EXPECT_TRUE(CheckedProfile({.email = "a@b.ch"}).ok());
  EXPECT_TRUE(CheckedProfile({.phone = "+41446681800"}).ok());
  ExpectRefused({.greeting_name = "Ann"}, Reason::kFieldMissing, "profile.external_ids");
}

TEST(CheckedProfile, RefusesAddressesThatNoMailCouldReach) {
  for (const char* email :
       {"ann", "@example.com", "ann@", "ann@example", "ann@@example.com", "ann@example..com",
        "ann@-example.com", "ann@example-.com", "ann example@example.com", ".ann@example.com",
        "ann.@example.com", "an..n@example.com", "ann@example.com\n", "ann@exam_ple.com",
        "ann@[10.0.0.1]", "ann@10.0.0.1", "\"ann\"@example.com", "ann@example.com."}) {
    ExpectRefusedWhen([&](Profile& p) { p.email = email; }, Reason::kInvalidEmail, "profile.email");
  }
  ExpectRefusedWhen([](Profile& p) { p.email = std::string(65, 'a') + "@example.com"; },
                    Reason::kInvalidEmail, "profile.email");
  ExpectRefusedWhen([](Profile& p) { p.email = "a@" + std::string(64, 'a') + ".com"; },
                    Reason::kInvalidEmail, "profile.email");
  std::string long_domain;
  for (int i = 0; i < 63; ++i) long_domain += "abc.";
  ExpectRefusedWhen([&](Profile& p) { p.email = "a@" + long_domain + "com"; },
                    Reason::kInvalidEmail, "profile.email");
}

TEST(CheckedProfile, TakesUnusualAddressesThatExist) {
  for (const char* email : {"a@b.ch", "o'neil+shop@mail.example.co.uk", "ann_b-c@example.museum",
                            "jürgen@müller.example", "1@2.de", "a@xn--bcher-kva.example"}) {
    EXPECT_TRUE(CheckedProfile({.email = email}).ok()) << email;
  }
}

TEST(CheckedProfile, RefusesPhonesWithoutCountryCode) {
  ExpectRefusedWhen([](Profile& p) { p.phone = "044 668 18 00"; }, Reason::kInvalidPhone,
                    "profile.phone");
}

TEST(CheckedProfile, HoldsExternalIdsToTheContract) {
  const auto refused = [](ExternalId id, Reason reason) {
    ExpectRefusedWhen([&](Profile& p) { p.external_ids.push_back(id); }, reason,
                      "profile.external_ids[1]");
  };
  refused({"", "1"}, Reason::kFieldMissing);
  refused({"crm", ""}, Reason::kFieldMissing);
  refused({"CRM", "1"}, Reason::kFieldInvalid);
  refused({"c m", "1"}, Reason::kFieldInvalid);
  refused({std::string(41, 'c'), "1"}, Reason::kFieldInvalid);
  refused({"crm", std::string(129, '1')}, Reason::kFieldTooLong);
  refused({"crm", "a\nb"}, Reason::kFieldInvalid);
  refused({"webshop", "A-17"}, Reason::kFieldInvalid);  // the first one again

  Profile longest{.external_ids = {{std::string(40, 'c'), ""}}};
  for (int i = 0; i < 128; ++i) longest.external_ids[0].id += "é";
  EXPECT_TRUE(CheckedProfile(longest).ok());

  Profile many;
  for (int i = 0; i < 10; ++i) many.external_ids.push_back({"crm", std::to_string(i)});
  EXPECT_TRUE(CheckedProfile(many).ok());
  many.external_ids.push_back({"crm", "11"});
  ExpectRefused(many, Reason::kFieldInvalid, "profile.external_ids");
}

TEST(CheckedProfile, HoldsNamesToTheContract) {
  Profile ann = Ann();
  ann.greeting_name.clear();
  for (int i = 0; i < 100; ++i) ann.greeting_name += "Ä";
  EXPECT_TRUE(CheckedProfile(ann).ok());
  ann.greeting_name += "Ä";
  ExpectRefused(ann, Reason::kFieldTooLong, "profile.greeting_name");
  ann.greeting_name = "An\x1bn";
  ExpectRefused(ann, Reason::kFieldInvalid, "profile.greeting_name");
}

TEST(CheckedProfile, TakesOnlyBirthdaysThatExist) {
  const auto with = [](int month, int day, std::optional<int> year) {
    Profile ann = Ann();
    ann.birthday = Birthday{{month, day}, year};
    return ann;
  };
  EXPECT_TRUE(CheckedProfile(with(2, 29, std::nullopt)).ok());
  EXPECT_TRUE(CheckedProfile(with(12, 31, 1900)).ok());
  for (const Profile& profile :
       {with(2, 29, 1981), with(2, 30, std::nullopt), with(4, 31, std::nullopt),
        with(13, 1, std::nullopt), with(0, 1, std::nullopt), with(1, 0, std::nullopt),
        with(-1, -1, std::nullopt), with(1, 1, 1899), with(1, 1, 0), with(1, 1, 10000)}) {
    ExpectRefused(profile, Reason::kInvalidDate, "profile.birthday");
  }
}

TEST(CheckedProfile, TakesOnlyZonesAndLanguagesThatCouldBe) {
  for (const char* zone : {"Europe/Atlantis", "/etc/passwd", "../../etc/passwd", "CET+1h"}) {
    ExpectRefusedWhen([&](Profile& p) { p.time_zone = zone; }, Reason::kInvalidTimeZone,
                      "profile.time_zone");
  }
  for (const char* language : {"d", "de_CH", "de-", "-de", "deutschland", "d1", "de CH"}) {
    ExpectRefusedWhen([&](Profile& p) { p.language = language; }, Reason::kFieldInvalid,
                      "profile.language");
  }
  ExpectRefusedWhen([](Profile& p) { p.language = "de-" + std::string(33, 'a'); },
                    Reason::kFieldTooLong, "profile.language");
  for (const char* language : {"de", "de-CH", "zh-Hant-TW", "sl-rozaj-biske-1994", "es-419"}) {
    Profile ann = Ann();
    ann.language = language;
    EXPECT_TRUE(CheckedProfile(ann).ok()) << language;
  }
}

TEST(CheckedProfile, NeverRepeatsWhatItRefuses) {
  const auto message = [](Profile profile) {
    return std::string(CheckedProfile(std::move(profile)).status().message());
  };
  EXPECT_THAT(message({.email = "ann example"}), Not(HasSubstr("ann")));
  EXPECT_THAT(message({.phone = "0791234567"}), Not(HasSubstr("0791234567")));
  EXPECT_THAT(message({.email = "a@b.ch", .time_zone = "Ann"}), Not(HasSubstr("Ann")));
  EXPECT_THAT(message({.email = "a@b.ch", .birthday = Birthday{{2, 30}, 1977}}),
              Not(HasSubstr("1977")));
}

TEST(Identifiers, OfAProfileAreEverythingThatLeadsToIt) {
  const std::vector<Identifier> identifiers = IdentifiersOf(*CheckedProfile(Ann()));
  ASSERT_THAT(identifiers, SizeIs(3));
  EXPECT_EQ(identifiers[0].kind, ledger::DirectoryKind::kExternalId);
  EXPECT_EQ(identifiers[0].field, "profile.external_ids[0]");
  EXPECT_EQ(identifiers[1].kind, ledger::DirectoryKind::kEmail);
  EXPECT_EQ(identifiers[1].key_text, "ann.example@example.com");
  EXPECT_EQ(identifiers[2].kind, ledger::DirectoryKind::kPhone);
  EXPECT_EQ(identifiers[2].key_text, "+41446681800");
}

TEST(Identifiers, AreLookedUpAsTheyAreStored) {
  const std::vector<Identifier> stored = IdentifiersOf(*CheckedProfile(Ann()));
  EXPECT_EQ(ExternalIdIdentifier({"webshop", "A-17"})->key_text, stored[0].key_text);
  EXPECT_EQ(EmailIdentifier("ANN.EXAMPLE@example.com")->key_text, stored[1].key_text);
  EXPECT_EQ(PhoneIdentifier("+41 (0)44 668-18-00")->key_text, stored[2].key_text);
}

TEST(Identifiers, OfDifferentSourcesNeverMeet) {
  EXPECT_NE(ExternalIdIdentifier({"ab", "c"})->key_text,
            ExternalIdIdentifier({"a", "bc"})->key_text);
  EXPECT_NE(ExternalIdIdentifier({"a", "b"})->key_text, ExternalIdIdentifier({"a", "B"})->key_text);
}

TEST(ExternalIds, AreOneInAllSpellingsButForTheirCase) {
  const auto key = [](const std::string& id) {
    return ExternalIdIdentifier({"crm", id})->key_text;
  };
  for (const char* text : {"AB 12", " AB 12 ", "ＡＢ\u3000１２", "AB  12", "AB\u00a012"}) {
    EXPECT_EQ(key(text), key("AB 12")) << text;
  }
  EXPECT_EQ(key("Jose\u0301"), key("José"));
  EXPECT_NE(key("ab 12"), key("AB 12")) << "ids of 15 characters that differ in nothing else";
  EXPECT_NE(key("AB12"), key("AB 12")) << "two words are not one";
}

TEST(ExternalIds, AreKeptInThePlainSpelling) {
  Profile profile{.external_ids = {{"crm", " ＡＢ  12"}, {"crm", "77"}}};
  const absl::StatusOr<Profile> checked = CheckedProfile(profile);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_THAT(checked->external_ids,
              ElementsAre(ExternalId{"crm", "AB 12"}, ExternalId{"crm", "77"}));
  const std::vector<Identifier> identifiers = IdentifiersOf(*checked);
  EXPECT_EQ(identifiers[0].key_text, std::string("crm\0AB 12", 9));
  // Whoever was enrolled with it before spellings were made one is found by it, too.
  EXPECT_EQ(identifiers[0].older_key_text, std::string("crm\0", 4) + " ＡＢ  12");
  EXPECT_EQ(identifiers[1].older_key_text, "") << "it always was the same";
  profile.external_ids[1] = {"crm", "AB 12 "};
  EXPECT_EQ(ReasonOf(CheckedProfile(profile).status()), Reason::kFieldInvalid) << "given twice";
}

TEST(ExternalIds, ThatAreNoneAreRefused) {
  EXPECT_EQ(ReasonOf(CheckedExternalId({"crm", " \u3000 "}).status()), Reason::kFieldMissing);
  EXPECT_EQ(ReasonOf(CheckedExternalId({"crm", "a\tb"}).status()), Reason::kFieldInvalid);
  EXPECT_EQ(ReasonOf(CheckedExternalId({"crm", std::string(129, 'x')}).status()),
            Reason::kFieldTooLong);
  EXPECT_TRUE(CheckedExternalId({"crm", std::string(128, 'x')}).ok());
}

TEST(ExternalIds, OfOldAreNamedByTheirPlainSpelling) {
  const ExternalId old{"crm", "Ａ １"};
  EXPECT_TRUE(IsSameId(old, *CheckedExternalId({"crm", "A 1"})));
  EXPECT_TRUE(IsSameId(old, *CheckedExternalId(old)));
  EXPECT_FALSE(IsSameId(old, *CheckedExternalId({"crm", "a 1"})));
  EXPECT_FALSE(IsSameId(old, *CheckedExternalId({"shop", "A 1"})));
}

TEST(Identifiers, ThatAreNotOnesNameTheirField) {
  EXPECT_EQ(FieldOf(ExternalIdIdentifier({"", ""}).status()), "external_id");
  EXPECT_EQ(FieldOf(EmailIdentifier("ann").status()), "email");
  EXPECT_EQ(FieldOf(PhoneIdentifier("1").status()), "phone");
}

const absl::Time kNow = absl::FromCivil(absl::CivilHour(2026, 11, 22, 11), absl::UTCTimeZone());

TEST(CheckBorn, RefusesOnlyWhatIsFutureEverywhere) {
  EXPECT_TRUE(CheckBorn(std::nullopt, kNow).ok());
  EXPECT_TRUE(CheckBorn(Birthday{{12, 31}, std::nullopt}, kNow).ok());
  EXPECT_TRUE(CheckBorn(Birthday{{11, 22}, 2026}, kNow).ok());
  EXPECT_TRUE(CheckBorn(Birthday{{11, 23}, 2026}, kNow).ok());  // on Kiritimati it is the 23rd
  EXPECT_EQ(ReasonOf(CheckBorn(Birthday{{11, 24}, 2026}, kNow)), Reason::kInvalidDate);
}

TEST(CheckEnrolledAt, OnlyHistoryMayBeStated) {
  const absl::Time long_ago = kNow - absl::Hours(24 * 365 * 20);
  EXPECT_TRUE(CheckEnrolledAt(kNow + absl::Minutes(5), kNow, false).ok());
  EXPECT_TRUE(CheckEnrolledAt(kNow - absl::Minutes(5), kNow, false).ok());
  EXPECT_TRUE(CheckEnrolledAt(long_ago, kNow, true).ok());
  for (const absl::Status& refused :
       {CheckEnrolledAt(long_ago, kNow, false),
        CheckEnrolledAt(kNow - absl::Minutes(5) - absl::Microseconds(1), kNow, false),
        CheckEnrolledAt(kNow + absl::Minutes(5) + absl::Microseconds(1), kNow, true),
        CheckEnrolledAt(absl::FromUnixSeconds(-3'000'000'000), kNow, true)}) {
    EXPECT_EQ(ReasonOf(refused), Reason::kEffectiveTimeInvalid);
  }
}

std::vector<MonthDay> Span(absl::CivilDay first, absl::CivilDay last) {
  return *DaysOfSpan(first, last);
}

TEST(DaysOfSpan, CrossesTheYear) {
  EXPECT_THAT(Span(absl::CivilDay(2026, 12, 30), absl::CivilDay(2027, 1, 1)),
              ElementsAre(MonthDay{1, 1}, MonthDay{12, 30}, MonthDay{12, 31}));
  EXPECT_THAT(Span(absl::CivilDay(2027, 3, 5), absl::CivilDay(2027, 3, 5)),
              ElementsAre(MonthDay{3, 5}));
}

TEST(DaysOfSpan, The29thOfFebruaryIsBetweenThe28thAndTheFirstOfMarchInEveryYear) {
  const std::vector<MonthDay> three = {{2, 28}, {2, 29}, {3, 1}};
  EXPECT_EQ(Span(absl::CivilDay(2027, 2, 28), absl::CivilDay(2027, 3, 1)), three);
  EXPECT_EQ(Span(absl::CivilDay(2028, 2, 28), absl::CivilDay(2028, 3, 1)), three);
  EXPECT_THAT(Span(absl::CivilDay(2027, 2, 27), absl::CivilDay(2027, 2, 28)),
              Not(Contains(MonthDay{2, 29})));
  EXPECT_THAT(Span(absl::CivilDay(2027, 3, 1), absl::CivilDay(2027, 3, 2)),
              Not(Contains(MonthDay{2, 29})));
  EXPECT_THAT(Span(absl::CivilDay(2028, 2, 29), absl::CivilDay(2028, 2, 29)),
              ElementsAre(MonthDay{2, 29}));
}

TEST(DaysOfSpan, OfAYearHasEveryDayOnce) {
  EXPECT_THAT(Span(absl::CivilDay(2026, 6, 1), absl::CivilDay(2027, 6, 1)), SizeIs(366));
  EXPECT_THAT(Span(absl::CivilDay(2027, 1, 1), absl::CivilDay(2028, 1, 2)), SizeIs(366));
}

TEST(DaysOfSpan, IsBoundedAndRunsForward) {
  for (const auto& span : {DaysOfSpan(absl::CivilDay(2027, 1, 2), absl::CivilDay(2027, 1, 1)),
                           DaysOfSpan(absl::CivilDay(2027, 1, 1), absl::CivilDay(2028, 1, 3)),
                           DaysOfSpan(absl::CivilDay(1, 1, 1), absl::CivilDay(9999, 12, 31))}) {
    EXPECT_EQ(ReasonOf(span.status()), Reason::kInvalidDate);
  }
}

}  // namespace
}  // namespace member_rules_test
}  // namespace gratis::members
