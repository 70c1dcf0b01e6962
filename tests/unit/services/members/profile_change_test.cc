#include "services/members/profile_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::members {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Profile kAnn{.external_ids = {{"crm", "1"}},
                   .email = "ann@example.com",
                   .phone = "+41446681800",
                   .greeting_name = "Ann",
                   .birthday = Birthday{{2, 29}, std::nullopt}};

TEST(ProfileChange, TouchesTheNamedPartsOnly) {
  const ProfileChange change{
      .parts = {Part::kGreetingName, Part::kLanguage},
      .wanted = {.email = "other@example.com", .greeting_name = "Annie", .language = "de-CH"}};
  const auto checked = CheckedChange(change, "");
  ASSERT_TRUE(checked.ok()) << checked.status();
  const auto after = Changed(kAnn, *checked);
  ASSERT_TRUE(after.ok()) << after.status();
  Profile expected = kAnn;
  expected.greeting_name = "Annie";
  expected.language = "de-CH";
  EXPECT_EQ(*after, expected);
  EXPECT_THAT(Differences(kAnn, *after), ElementsAre(Part::kGreetingName, Part::kLanguage));
}

TEST(ProfileChange, IsCheckedAsANewcomersProfileIs) {
  const auto field = [](ProfileChange change) {
    return FieldOf(CheckedChange(std::move(change), "").status());
  };
  EXPECT_EQ(field({.parts = {Part::kEmail}, .wanted = {.email = "ann"}}), "profile.email");
  EXPECT_EQ(field({.parts = {Part::kHomeStore}, .wanted = {.home_store = "Main St"}}),
            "profile.home_store");
  EXPECT_EQ(field({.parts = {Part::kAcquisitionSource}, .wanted = {.acquisition_source = "É"}}),
            "profile.acquisition_source");
  EXPECT_EQ(field({.parts = {}, .wanted = {}, .added = {{"crm", "2"}, {"", ""}}}),
            "add_external_ids[1]");
  EXPECT_EQ(field({.parts = {}, .wanted = {}, .added = {}, .removed = {{"CRM", "2"}}}),
            "remove_external_ids[0]");
  EXPECT_EQ(field({}), "update_mask");
  // What is not changed is not looked at.
  EXPECT_TRUE(CheckedChange({.parts = {Part::kGreetingName}, .wanted = {.email = "ann"}}, "").ok());
}

TEST(ProfileChange, ReadsPhonesOfTheRegion) {
  const auto checked =
      CheckedChange({.parts = {Part::kPhone}, .wanted = {.phone = "044 668 18 01"}}, "CH");
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(Changed(kAnn, *checked)->phone, "+41446681801");
}

TEST(ProfileChange, AddsAndTakesAwayExternalIds) {
  const auto after = Changed(kAnn, {.parts = {},
                                    .wanted = {},
                                    .added = {{"shop", "7"}, {"shop", "7"}},
                                    .removed = {{"crm", "1"}}});
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_THAT(after->external_ids, ElementsAre(ExternalId{"shop", "7"}));
  EXPECT_EQ(
      FieldOf(Changed(kAnn, {.parts = {}, .wanted = {}, .added = {}, .removed = {{"crm", "2"}}})
                  .status()),
      "remove_external_ids[0]");
  ProfileChange many;
  for (int i = 0; i < 10; ++i) many.added.push_back({"shop", std::to_string(i)});
  EXPECT_EQ(ReasonOf(Changed(kAnn, many).status()), Reason::kFieldInvalid);
}

TEST(ProfileChange, KnowsExternalIdsThatWereStoredAsTheyWereWritten) {
  Profile old = kAnn;
  old.external_ids = {{"crm", "Ａ １"}};
  const auto checked = CheckedChange(
      {.parts = {}, .wanted = {}, .added = {{"crm", "A  1"}, {"crm", "Ｂ"}}, .removed = {}}, "");
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_THAT(Changed(old, *checked)->external_ids,
              ElementsAre(ExternalId{"crm", "A 1"}, ExternalId{"crm", "B"}))
      << "all its spellings are to lead to them";
  const auto gone =
      CheckedChange({.parts = {}, .wanted = {}, .added = {}, .removed = {{"crm", "Ａ １"}}}, "");
  ASSERT_TRUE(gone.ok()) << gone.status();
  EXPECT_THAT(Changed(old, *gone)->external_ids, IsEmpty());
}

TEST(ProfileChange, RemembersThatAnAddressWasRemoved) {
  const ProfileChange none{.parts = {Part::kEmail}, .wanted = {}};
  const Profile without = *Changed(kAnn, none);
  EXPECT_TRUE(without.email_removed);
  EXPECT_FALSE(without.phone_removed);
  EXPECT_THAT(Differences(without, *Changed(without, none)), IsEmpty());
  // Also by who never had one.
  const Profile never{.external_ids = {{"crm", "1"}}};
  EXPECT_THAT(Differences(never, *Changed(never, none)), ElementsAre(Part::kEmail));
  const Profile again = *Changed(without, {.parts = {Part::kEmail}, .wanted = kAnn});
  EXPECT_EQ(again, kAnn);
}

TEST(ProfileChange, LeavesNobodyWithoutAnIdentifier) {
  const ProfileChange all{.parts = {Part::kEmail, Part::kPhone, Part::kExternalIds}, .wanted = {}};
  EXPECT_EQ(ReasonOf(Changed(kAnn, all).status()), Reason::kFieldMissing);
  EXPECT_TRUE(Changed(kAnn, {.parts = {Part::kEmail, Part::kPhone}, .wanted = {}}).ok());
}

TEST(ProfileChange, ToWhatIsThereAlreadyIsNone) {
  const ProfileChange same{.parts = {Part::kEmail, Part::kBirthday}, .wanted = kAnn};
  EXPECT_THAT(Differences(kAnn, *Changed(kAnn, same)), IsEmpty());
}

TEST(CorrectsBirthday, OnlyWhenAnotherDayIsSaidThanBefore) {
  const auto born = [](int month, int day, std::optional<int> year) {
    Profile profile = kAnn;
    profile.birthday = Birthday{{month, day}, year};
    return profile;
  };
  Profile none = kAnn;
  none.birthday.reset();
  EXPECT_TRUE(CorrectsBirthday(kAnn, born(3, 1, std::nullopt)));
  EXPECT_FALSE(CorrectsBirthday(kAnn, born(2, 29, 1980)));
  EXPECT_FALSE(CorrectsBirthday(none, kAnn));
  EXPECT_FALSE(CorrectsBirthday(kAnn, none));
}

TEST(Parts, AreNamedAsTheContractNamesThem) {
  for (const char* name : {"external_ids", "email", "phone", "greeting_name", "birthday",
                           "time_zone", "language", "acquisition_source", "home_store"}) {
    ASSERT_TRUE(PartNamed(name).has_value()) << name;
    EXPECT_EQ(NameOf(*PartNamed(name)), name);
  }
  EXPECT_FALSE(PartNamed("member_id").has_value());
}

}  // namespace
}  // namespace gratis::members
