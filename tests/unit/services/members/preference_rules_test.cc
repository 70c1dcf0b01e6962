#include "services/members/preference_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/preferences.pb.h"
#include "services/members/preference_contract.h"

namespace gratis::members {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Preference Flag(std::string key, bool flag) {
  return {std::move(key), PreferenceValue(std::in_place_type<bool>, flag)};
}

TEST(Preferences, MayBeOfAnyKind) {
  const PreferenceChange change{
      .set = {{"favorite_station", Words{"Swiss Jazz"}},
              {"seat", Choice{"window"}},
              {"shoe_size", PreferenceValue(std::in_place_type<int64_t>, -41)},
              {"wedding_day", absl::CivilDay(2027, 6, 12)},
              Flag("no_celebrations", true)},
      .clear = {"hat_size"}};
  EXPECT_TRUE(CheckPreferenceChange(change).ok()) << CheckPreferenceChange(change);
}

TEST(Preferences, WhatCannotBeKeptIsRefusedByItsFieldAndNotRepeated) {
  const struct {
    PreferenceChange change;
    Reason reason;
    const char* field;
  } cases[] = {
      {{}, Reason::kFieldMissing, "set"},
      {{.set = {{"", Words{"x"}}}, .clear = {}}, Reason::kFieldMissing, "set[0].key"},
      {{.set = {{"Zenobia", Words{"x"}}}, .clear = {}}, Reason::kFieldInvalid, "set[0].key"},
      {{.set = {{"1zenobia", Words{"x"}}}, .clear = {}}, Reason::kFieldInvalid, "set[0].key"},
      {{.set = {{std::string(41, 'z'), Words{"x"}}}, .clear = {}},
       Reason::kFieldTooLong,
       "set[0].key"},
      {{.set = {{"seat", {}}}, .clear = {}}, Reason::kFieldMissing, "set[0]"},
      {{.set = {{"seat", Words{""}}}, .clear = {}}, Reason::kFieldMissing, "set[0]"},
      {{.set = {{"seat", Words{std::string(501, 'z')}}}, .clear = {}},
       Reason::kFieldTooLong,
       "set[0]"},
      {{.set = {{"seat", Choice{"By zenobia"}}}, .clear = {}}, Reason::kFieldInvalid, "set[0]"},
      {{.set = {Flag("a", true), Flag("a", false)}, .clear = {}},
       Reason::kFieldInvalid,
       "set[1].key"},
      {{.set = {Flag("a", true)}, .clear = {"a"}}, Reason::kFieldInvalid, "clear[0]"},
      {{.set = {{"no_celebrations", Words{"yes"}}}, .clear = {}},
       Reason::kFieldInvalid,
       "set[0].flag"},
      {{.set = {}, .clear = std::vector<std::string>(51, "a")}, Reason::kFieldTooLong, "clear"},
  };
  for (const auto& c : cases) {
    const absl::Status status = CheckPreferenceChange(c.change);
    EXPECT_EQ(ReasonOf(status), c.reason) << status;
    EXPECT_EQ(FieldOf(status), c.field) << status;
    EXPECT_THAT(status.ToString(), Not(HasSubstr("enobia")));
    EXPECT_THAT(status.ToString(), Not(HasSubstr("zzz")));
  }
}

TEST(Preferences, OpenAsTheyWereSealed) {
  const Preference preferences[] = {
      {"station", Words{"Swiss Jazz"}},
      {"seat", Choice{"window"}},
      {"size", PreferenceValue(std::in_place_type<int64_t>, 0)},
      {"wedding", absl::CivilDay(2027, 6, 12)},
      Flag("no_celebrations", false),
  };
  for (const Preference& preference : preferences) {
    const auto parsed = ParsePreference(SerializePreference(preference));
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, preference);
  }
  EXPECT_EQ(ReasonOf(ParsePreference("\xFF").status()), Reason::kBooksDamaged);
}

TEST(Preferences, ADayExists) {
  v1::SetPreferencesRequest request;
  v1::Preference& set = *request.add_set();
  set.set_key("wedding");
  set.mutable_day()->set_year(2027);
  set.mutable_day()->set_month(2);
  set.mutable_day()->set_day(29);
  const absl::Status status = ChangeOf(request).status();
  EXPECT_EQ(ReasonOf(status), Reason::kInvalidDate);
  EXPECT_EQ(FieldOf(status), "set[0].day");
}

}  // namespace
}  // namespace gratis::members
