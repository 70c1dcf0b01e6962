#include "services/members/preference_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/ledger/fact.h"
#include "tests/integration/services/members/members_calls.h"

namespace gratis::members {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class PreferenceServiceTest : public MembersCalls {
 protected:
  static v1::SetPreferencesRequest Wish(const std::string& request_id, const std::string& member) {
    v1::SetPreferencesRequest request;
    request.set_request_id(request_id);
    request.set_member_id(member);
    return request;
  }
  static v1::Preference Text(const std::string& key, const std::string& text) {
    v1::Preference preference;
    preference.set_key(key);
    preference.set_text(text);
    return preference;
  }

  absl::StatusOr<v1::SetPreferencesResponse> Set(const v1::SetPreferencesRequest& request,
                                                 const std::string& role = "pos") {
    v1::SetPreferencesResponse response;
    RETURN_IF_ERROR(Call(role, &Preference::SetPreferences, request, response));
    return response;
  }

  // "key=text", by key.
  std::vector<std::string> Texts(const std::string& member) {
    v1::GetPreferencesRequest request;
    request.set_member_id(member);
    v1::GetPreferencesResponse response;
    const absl::Status read = Call("support", &Preference::GetPreferences, request, response);
    EXPECT_TRUE(read.ok()) << read;
    std::vector<std::string> texts;
    for (const v1::KeptPreference& kept : response.preferences()) {
      EXPECT_GT(kept.set_at().seconds(), 0);
      texts.push_back(absl::StrCat(kept.preference().key(), "=", kept.preference().text()));
    }
    return texts;
  }
};

TEST_F(PreferenceServiceTest, WhatMembersLikeIsSetChangedAndCleared) {
  const std::string ann = Enrolled("ann");
  EXPECT_THAT(Texts(ann), IsEmpty());
  v1::SetPreferencesRequest first = Wish("r1", ann);
  *first.add_set() = Text("seat", "by the window");
  *first.add_set() = Text("favorite_station", "Swiss Jazz");
  const auto set = Set(first);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->preferences(), 2);
  EXPECT_THAT(Texts(ann), ElementsAre("favorite_station=Swiss Jazz", "seat=by the window"));

  v1::SetPreferencesRequest second = Wish("r2", ann);
  *second.add_set() = Text("seat", "at the bar");
  second.add_clear("favorite_station");
  second.add_clear("hat");
  EXPECT_EQ(Set(second)->preferences(), 1);
  EXPECT_THAT(Texts(ann), ElementsAre("seat=at the bar"));

  EXPECT_EQ(Set(first)->preferences(), 2);  // a retry: the first answer, and nothing done
  EXPECT_TRUE(replayed_);
  EXPECT_THAT(Texts(ann), ElementsAre("seat=at the bar"));
  v1::SetPreferencesRequest only_asked = Wish("r3", ann);
  only_asked.add_clear("seat");
  only_asked.set_validate_only(true);
  EXPECT_EQ(Set(only_asked)->preferences(), 0);
  EXPECT_THAT(Texts(ann), ElementsAre("seat=at the bar"));
}

TEST_F(PreferenceServiceTest, AMemberHasFiftyAtMost) {
  const std::string ann = Enrolled("ann");
  v1::SetPreferencesRequest all = Wish("r1", ann);
  for (int i = 0; i < 50; ++i) *all.add_set() = Text(absl::StrCat("k", i), "x");
  EXPECT_EQ(Set(all)->preferences(), 50);
  v1::SetPreferencesRequest more = Wish("r2", ann);
  *more.add_set() = Text("one_more", "x");
  const absl::Status full = Set(more).status();
  EXPECT_EQ(ReasonOf(full), Reason::kFieldInvalid);
  EXPECT_EQ(FieldOf(full), "set");
  EXPECT_THAT(Texts(ann), SizeIs(50));
  more.add_clear("k7");
  EXPECT_EQ(Set(more)->preferences(), 50);
}

TEST_F(PreferenceServiceTest, ChangesOfOneSetActInTheirOrder) {
  const std::string ann = Enrolled("ann");
  v1::BatchSetPreferencesRequest batch;
  for (int i = 0; i < 20; ++i) {
    v1::SetPreferencesRequest& wish = *batch.add_requests();
    wish = Wish(absl::StrCat("r", i), ann);
    *wish.add_set() = Text("seat", absl::StrCat(i));
    if (i % 3 == 0) *wish.add_set() = Text("hat", absl::StrCat(i));
    if (i % 3 == 1) wish.add_clear("hat");
  }
  *batch.add_requests() = Wish("nobody", "mem_00000000000000000000000000");
  *batch.mutable_requests(20)->add_set() = Text("seat", "x");
  *batch.add_requests() = Wish("nothing", ann);
  v1::BatchSetPreferencesResponse results;
  ASSERT_EQ(Call("import", &Preference::BatchSetPreferences, batch, results), absl::OkStatus());
  ASSERT_THAT(results.results(), SizeIs(22));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(results.results(i).response().preferences(), i % 3 == 0 ? 2 : 1) << i;
  }
  EXPECT_EQ(ReasonOf(rpc::FromProto(results.results(20).status().error())),
            Reason::kMemberNotFound);
  EXPECT_EQ(ReasonOf(rpc::FromProto(results.results(21).status().error())), Reason::kFieldMissing);
  EXPECT_THAT(Texts(ann), ElementsAre("seat=19"));
}

TEST_F(PreferenceServiceTest, NeitherKeyNorValueIsReadableWithoutTheMembersKey) {
  const std::string ann = Enrolled("ann");
  v1::SetPreferencesRequest wish = Wish("r1", ann);
  *wish.add_set() = Text("zenobias_song", "quill quill");
  ASSERT_TRUE(Set(wish).ok());
  for (const char* secret : {"zenobias_song", "quill quill"}) {
    EXPECT_EQ(Count(absl::StrCat("gratis_members.preference WHERE position('", secret,
                                 "'::bytea in preference) > 0 OR position('", secret,
                                 "'::bytea in lookup_key) > 0")),
              0);
    EXPECT_EQ(Count(absl::StrCat("ledger.journal j WHERE j::text LIKE '%", secret, "%'")), 0);
    EXPECT_EQ(
        Count(absl::StrCat("ledger.request r WHERE position('", secret, "'::bytea in answer) > 0")),
        0);
  }
  EXPECT_EQ(Count(absl::StrCat(
                "ledger.journal WHERE kind = ", static_cast<int>(ledger::FactKind::kPreferencesSet),
                " AND detail = '{\"set\":1,\"cleared\":0}'")),
            1);

  wish.set_request_id("r2");
  wish.mutable_set(0)->set_key("Zenobia");
  EXPECT_EQ(ReasonOf(Set(wish).status()), Reason::kFieldInvalid);
  EXPECT_THAT(calls_.told(), HasSubstr("FIELD_INVALID"));
  EXPECT_THAT(calls_.told(), Not(HasSubstr("enobia")));
  EXPECT_THAT(calls_.told(), Not(HasSubstr("quill")));
}

TEST_F(PreferenceServiceTest, APreferencePutUnderAnotherMemberIsNoticed) {
  const std::string ann = Enrolled("ann");
  const std::string bob = Enrolled("bob");
  v1::SetPreferencesRequest wish = Wish("r1", ann);
  *wish.add_set() = Text("seat", "window");
  ASSERT_TRUE(Set(wish).ok());
  database_.Execute(
      "UPDATE gratis_members.preference AS p SET member = m.member, partition = m.partition "
      "FROM gratis_members.member AS m WHERE m.member <> p.member");
  v1::GetPreferencesRequest request;
  request.set_member_id(bob);
  v1::GetPreferencesResponse response;
  EXPECT_EQ(ReasonOf(Call("support", &Preference::GetPreferences, request, response)),
            Reason::kBooksDamaged);
}

}  // namespace
}  // namespace gratis::members
