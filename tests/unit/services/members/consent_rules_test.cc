#include "services/members/consent_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::members {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

using P = ConsentPurpose;
using C = ConsentChannel;
constexpr ConsentState kYes = ConsentState::kGranted;
constexpr ConsentState kNo = ConsentState::kWithdrawn;

TEST(Decisions, AYesIsToOneChannelAndANoMayBeToAll) {
  const auto checked = CheckedDecisions({{P::kSurveys, C::kNone, kNo},
                                         {P::kMarketing, C::kSms, kYes},
                                         {P::kProfiling, C::kNone, kYes}});
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_THAT(*checked, SizeIs(8));
  EXPECT_THAT(*checked, Contains(ConsentDecision{P::kMarketing, C::kSms, kYes}));
  EXPECT_THAT(*checked, Contains(ConsentDecision{P::kProfiling, C::kNone, kYes}));
  for (const C channel : {C::kEmail, C::kSms, C::kPost, C::kPush, C::kPhone, C::kStaff}) {
    EXPECT_THAT(*checked, Contains(ConsentDecision{P::kSurveys, channel, kNo}));
  }
  EXPECT_EQ(ReasonOf(CheckedDecisions({{P::kMarketing, C::kNone, kYes}}).status()),
            Reason::kFieldMissing);
}

TEST(Decisions, WhatCannotBeSaidIsRefusedByItsField) {
  const struct {
    std::vector<ConsentDecision> decisions;
    Reason reason;
    const char* field;
  } cases[] = {
      {{}, Reason::kFieldMissing, "decisions"},
      {std::vector<ConsentDecision>(51, {P::kProfiling, C::kNone, kYes}), Reason::kFieldTooLong,
       "decisions"},
      {{{P{}, C::kEmail, kYes}}, Reason::kFieldInvalid, "decisions[0].purpose"},
      {{{P{6}, C::kEmail, kYes}}, Reason::kFieldInvalid, "decisions[0].purpose"},
      {{{P{-1}, C::kEmail, kYes}}, Reason::kFieldInvalid, "decisions[0].purpose"},
      {{{P::kMarketing, C{7}, kYes}}, Reason::kFieldInvalid, "decisions[0].channel"},
      {{{P::kMarketing, C::kEmail, ConsentState{}}}, Reason::kFieldInvalid, "decisions[0].state"},
      {{{P::kProfiling, C::kNone, kYes}, {P::kThirdParties, C::kEmail, kYes}},
       Reason::kFieldInvalid,
       "decisions[1].channel"},
      {{{P::kMarketing, C::kEmail, kYes}, {P::kMarketing, C::kNone, kNo}},
       Reason::kFieldInvalid,
       "decisions"},
  };
  for (const auto& c : cases) {
    const absl::Status status = CheckedDecisions(c.decisions).status();
    EXPECT_EQ(ReasonOf(status), c.reason) << status;
    EXPECT_EQ(FieldOf(status), c.field) << status;
  }
}

TEST(Decisions, AYesIsOneToWordsAndANoNeedsNone) {
  const std::vector<ConsentDecision> yes = {{P::kProfiling, C::kNone, kYes}};
  const std::vector<ConsentDecision> no = {{P::kProfiling, C::kNone, kNo}};
  EXPECT_TRUE(CheckWordingVersion("2026-05/de_CH.1", yes).ok());
  EXPECT_TRUE(CheckWordingVersion("", no).ok());
  EXPECT_EQ(ReasonOf(CheckWordingVersion("", yes)), Reason::kFieldMissing);
  EXPECT_EQ(ReasonOf(CheckWordingVersion(std::string(41, 'a'), yes)), Reason::kFieldTooLong);
  for (const char* const text : {"as told to Ann", "ann@example.com", "\"", "\n"}) {
    EXPECT_EQ(ReasonOf(CheckWordingVersion(text, no)), Reason::kFieldInvalid) << text;
  }
}

TEST(Decisions, SaysHow) {
  EXPECT_TRUE(CheckConsentSource(ConsentSource::kImport).ok());
  EXPECT_EQ(ReasonOf(CheckConsentSource(ConsentSource{})), Reason::kFieldMissing);
  EXPECT_EQ(ReasonOf(CheckConsentSource(ConsentSource{10})), Reason::kFieldInvalid);
}

TEST(Objection, IsANoToEverythingThatMayBeAsked) {
  const std::vector<ConsentDecision> all = AllWithdrawn();
  EXPECT_THAT(all, SizeIs(2 + 2 * 6));
  for (const ConsentDecision& decision : all) EXPECT_EQ(decision.state, kNo);
  EXPECT_THAT(all, Contains(ConsentDecision{P::kProfiling, C::kNone, kNo}));
  EXPECT_THAT(all, Contains(ConsentDecision{P::kThirdParties, C::kNone, kNo}));
  EXPECT_THAT(all, Contains(ConsentDecision{P::kMarketing, C::kPost, kNo}));
}

TEST(Objection, LeavesWhatAGuardianSaid) {
  EXPECT_THAT(AllWithdrawn(), Not(Contains(ConsentDecision{P::kGuardian, C::kNone, kNo})));
  EXPECT_TRUE(IsGuardians({{P::kProfiling, C::kNone, kYes}, {P::kGuardian, C::kNone, kYes}}));
  EXPECT_FALSE(IsGuardians({{P::kGuardian, C::kNone, kNo}}));
}

TEST(Detail, TellsTheJournalWhatWasSaid) {
  const std::vector<ConsentDecision> decisions = {{P::kMarketing, C::kEmail, kYes},
                                                  {P::kMarketing, C::kSms, kNo},
                                                  {P::kProfiling, C::kNone, kYes}};
  Consent how{.decision = {},
              .decided_at = {},
              .source = ConsentSource::kDoubleOptIn,
              .wording_version = "v3",
              .objection = false};
  EXPECT_EQ(ConsentDetail(decisions, how),
            R"({"source":"double_opt_in","wording":"v3","granted":["marketing/email","profiling"],)"
            R"("withdrawn":["marketing/sms"]})");
  how.objection = true;
  EXPECT_THAT(ConsentDetail(AllWithdrawn(), how), HasSubstr(R"(],"objection":true})"));
}

}  // namespace
}  // namespace gratis::members
