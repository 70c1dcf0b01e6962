#include "services/members/merging_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gratis::members {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kThen = absl::FromUnixSeconds(1'700'000'000);
const absl::Time kLater = kThen + absl::Hours(1);

Consent Said(ConsentState state, absl::Time at, ConsentChannel channel = ConsentChannel::kEmail) {
  return {.decision = {ConsentPurpose::kMarketing, channel, state},
          .decided_at = at,
          .source = ConsentSource::kWebForm,
          .wording_version = "v1"};
}
Consent Granted(absl::Time at) { return Said(ConsentState::kGranted, at); }
Consent Withdrawn(absl::Time at) { return Said(ConsentState::kWithdrawn, at); }
Consent Objected(absl::Time at) {
  Consent consent = Withdrawn(at);
  consent.objection = true;
  return consent;
}

TEST(MergedConsents, TheNewestWordCounts) {
  EXPECT_THAT(TakenOver({}, {Granted(kThen)}), SizeIs(1));
  EXPECT_THAT(TakenOver({Granted(kThen)}, {Withdrawn(kLater)}), SizeIs(1));
  EXPECT_THAT(TakenOver({Withdrawn(kLater)}, {Granted(kThen)}), IsEmpty());
  EXPECT_THAT(TakenOver({Granted(kLater)}, {Withdrawn(kThen)}), IsEmpty());
  EXPECT_THAT(TakenOver({Granted(kThen)}, {Withdrawn(kThen)}), SizeIs(1)) << "the careful one";
  EXPECT_THAT(TakenOver({Withdrawn(kThen)}, {Granted(kThen)}), IsEmpty());
}

TEST(MergedConsents, AnObjectionCountsWhateverWasSaidLater) {
  EXPECT_THAT(TakenOver({Objected(kThen)}, {Granted(kLater)}), IsEmpty());
  const std::vector<Consent> taken = TakenOver({Granted(kLater)}, {Objected(kThen)});
  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_TRUE(taken.front().objection);
  EXPECT_EQ(taken.front().decided_at, kLater) << "so that it is in force";
}

TEST(MergedConsents, AnUndoWithdrawsTheGrantsThatCameOver) {
  const absl::Time now = kLater + absl::Hours(1);
  const std::vector<Consent> back = GivenBack({Granted(kThen)}, {}, now);
  ASSERT_THAT(back, SizeIs(1));
  EXPECT_EQ(back.front().decision.state, ConsentState::kWithdrawn);
  EXPECT_EQ(back.front().decided_at, now);
  EXPECT_THAT(GivenBack({}, {Granted(kThen)}, now), IsEmpty());
}

TEST(MergedConsents, AnUndoBringsBackWhatTheSurvivorHadSaidBefore) {
  const absl::Time now = kLater + absl::Hours(1);
  Consent own = Granted(kThen);
  own.wording_version = "v0";
  const std::vector<Consent> back = GivenBack({Granted(kLater)}, {own}, now);
  ASSERT_THAT(back, SizeIs(1));
  EXPECT_EQ(back.front().decision.state, ConsentState::kGranted);
  EXPECT_EQ(back.front().wording_version, "v0");
  EXPECT_EQ(back.front().decided_at, kLater) << "so that it is in force";
  EXPECT_THAT(GivenBack({Granted(kLater)}, {Granted(kThen)}, now), IsEmpty()) << "the same word";
  const std::vector<Consent> no = GivenBack({Granted(kLater)}, {Withdrawn(kThen)}, now);
  ASSERT_THAT(no, SizeIs(1));
  EXPECT_EQ(no.front().decision.state, ConsentState::kWithdrawn);
  EXPECT_EQ(no.front().decided_at, now);
}

ConsentRecord Recorded(int64_t number, const Consent& consent) {
  ConsentRecord record{};
  record.number = number;
  record.consent = consent;
  return record;
}

TEST(MergedConsents, InForceIsWhatWasDecidedLastAndThenRecordedLast) {
  const auto state = [](const std::vector<ConsentRecord>& records) {
    const std::vector<ConsentRecord> in_force = InForceOf(records);
    EXPECT_THAT(in_force, SizeIs(1));
    return in_force.front().consent.decision.state;
  };
  EXPECT_EQ(state({Recorded(2, Withdrawn(kThen)), Recorded(1, Granted(kLater))}),
            ConsentState::kGranted);
  EXPECT_EQ(state({Recorded(2, Withdrawn(kThen)), Recorded(1, Granted(kThen))}),
            ConsentState::kWithdrawn);
}

TEST(MergedConsents, ARefusalIsFoundWhateverWasSaidLater) {
  EXPECT_THAT(RefusedIn({Recorded(1, Granted(kThen))}), IsEmpty());
  EXPECT_THAT(RefusedIn({Recorded(2, Granted(kLater)), Recorded(1, Withdrawn(kThen))}), SizeIs(1));
  const std::vector<Consent> both =
      RefusedIn({Recorded(2, Withdrawn(kLater)), Recorded(1, Objected(kThen))});
  ASSERT_THAT(both, SizeIs(1));
  EXPECT_TRUE(both.front().objection);
}

TEST(MergedConsents, ThoseOfSeveralAreOfEachMatterTheOneThatCounts) {
  const std::vector<Consent> both =
      WithThoseOf({Granted(kThen), Said(ConsentState::kGranted, kThen, ConsentChannel::kSms)},
                  {Withdrawn(kLater)});
  ASSERT_THAT(both, SizeIs(2));
  for (const Consent& consent : both) {
    EXPECT_EQ(consent.decision.state, consent.decision.channel == ConsentChannel::kSms
                                          ? ConsentState::kGranted
                                          : ConsentState::kWithdrawn);
  }
}

Profile Mia() {
  Profile profile;
  profile.greeting_name = "Mia Lind";
  profile.birthday = Birthday{.on = {5, 3}, .year = 1990};
  return profile;
}

TEST(Duplicates, HaveOneNameAndOneDayOfBirth) {
  Profile other = Mia();
  other.greeting_name = " MIA  lind ";
  other.birthday->year.reset();
  EXPECT_TRUE(MayBeOne(Mia(), other));
  other.birthday->year = 1991;
  EXPECT_FALSE(MayBeOne(Mia(), other));
  other = Mia();
  other.birthday->on.day = 4;
  EXPECT_FALSE(MayBeOne(Mia(), other));
  other = Mia();
  other.greeting_name = "Mio Lind";
  EXPECT_FALSE(MayBeOne(Mia(), other));
  other.greeting_name.clear();
  EXPECT_FALSE(MayBeOne(other, other)) << "nobody by name";
}

TEST(Duplicates, MayWriteTheirNameWithAccentsOrWithout) {
  Profile other = Mia();
  other.greeting_name = "Mía\u3000LÌND";
  EXPECT_TRUE(MayBeOne(Mia(), other));
  other.greeting_name = "Ｍｉａ Lind";
  EXPECT_TRUE(MayBeOne(Mia(), other));
}

TEST(Duplicates, HaveNoIdentifiersThatDiffer) {
  Profile a = Mia(), b = Mia();
  a.email = "mia@example.org";
  b.phone = "+41446681800";
  EXPECT_TRUE(MayBeOne(a, b));
  b.email = "mia.lind@example.org";
  EXPECT_FALSE(MayBeOne(a, b));
}

}  // namespace
}  // namespace gratis::members
