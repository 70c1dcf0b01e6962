#include "services/messages/intent_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/ledger/standing.h"
#include "common/status/reasons.h"

namespace gratis::messages {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const MemberId kMember{{{1}}};
const absl::Time kAt = absl::FromUnixSeconds(1'795'860'000);

ledger::JournalRow Row(ledger::FactKind kind, const std::string& detail) {
  return {.partition = 3,
          .seq = 17,
          .fact = {.kind = kind,
                   .transaction = {{{2}}},
                   .member = kMember,
                   .effective_at = kAt,
                   .source = "pur_00000000000000000000000001",
                   .detail = detail}};
}

std::vector<Intent> SaidBy(ledger::FactKind kind, const std::string& detail) {
  const IntentChange change = ChangeBy(Row(kind, detail));
  const Say* say = std::get_if<Say>(&change);
  return say == nullptr ? std::vector<Intent>() : say->intents;
}

TEST(IntentRules, AThankYouSaysWhatItsTriggerNames) {
  const auto said = SaidBy(
      ledger::FactKind::kThankYou,
      R"({"trigger":"ceo-note","template":"ceo-note","purchase":"pur_1","store":"zurich-1",)"
      R"("occurred_at":"2026-11-20T10:00:00Z","max_age_seconds":3600,"channels":["email","task"]})");
  ASSERT_EQ(said.size(), 2u);
  EXPECT_EQ(said[0].channel, ChannelKind::kEmail);
  EXPECT_EQ(said[1].channel, ChannelKind::kTask);
  EXPECT_EQ(said[0].member, kMember);
  EXPECT_EQ(said[0].template_code, "ceo-note");
  EXPECT_EQ(said[0].purchase, "pur_1");
  EXPECT_EQ(said[0].trigger, "ceo-note");
  EXPECT_EQ(said[0].store, "zurich-1");
  EXPECT_EQ(said[0].occurred_at,
            absl::FromCivil(absl::CivilSecond(2026, 11, 20, 10, 0, 0), absl::UTCTimeZone()));
  EXPECT_EQ(said[0].max_age, absl::Hours(1));
  EXPECT_EQ(said[0].occasion, Occasion::kThanks);
}

TEST(IntentRules, AThankYouWithoutATemplateSaysNothing) {
  EXPECT_THAT(SaidBy(ledger::FactKind::kThankYou, R"({"note":"purchase","sender":"Anna"})"),
              IsEmpty());
  EXPECT_THAT(SaidBy(ledger::FactKind::kThankYou, ""), IsEmpty());
  EXPECT_THAT(SaidBy(ledger::FactKind::kThankYou, "no json"), IsEmpty());
  EXPECT_THAT(SaidBy(ledger::FactKind::kThankYou, R"({"template":17})"), IsEmpty());
  EXPECT_THAT(SaidBy(ledger::FactKind::kThankYou, R"({"template":"../x"})"), IsEmpty());
}

TEST(IntentRules, GiftsAndNoticesHaveTemplatesOfTheirOwn) {
  const auto birthday = SaidBy(ledger::FactKind::kBirthdayGift, R"({"year":2026})");
  ASSERT_EQ(birthday.size(), 1u);
  EXPECT_EQ(birthday[0].template_code, "birthday-gift");
  EXPECT_EQ(birthday[0].occasion, Occasion::kGift);
  EXPECT_EQ(birthday[0].occurred_at, kAt);
  EXPECT_EQ(SaidBy(ledger::FactKind::kSurpriseGift, "")[0].template_code, "surprise-gift");
  const auto notice = SaidBy(ledger::FactKind::kInactivityNoticed, "");
  EXPECT_EQ(notice[0].template_code, "account-ending");
  EXPECT_EQ(notice[0].occasion, Occasion::kAccount);
}

TEST(IntentRules, ChannelsThatAreNotKnownHereAreLeftToOthers) {
  EXPECT_THAT(SaidBy(ledger::FactKind::kThankYou, R"({"template":"line","channels":["receipt"]})"),
              IsEmpty());
}

TEST(IntentRules, ATaskIsWordedByItsKind) {
  const auto both =
      SaidBy(ledger::FactKind::kThankYou, R"({"template":"ceo-note","task":"hand-written-note"})");
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0].channel, ChannelKind::kEmail);
  EXPECT_EQ(both[0].template_code, "ceo-note");
  EXPECT_EQ(both[1].channel, ChannelKind::kTask);
  EXPECT_EQ(both[1].template_code, "hand-written-note");
  const auto alone =
      SaidBy(ledger::FactKind::kThankYou, R"({"channels":["task"],"task":"hand-written-note"})");
  ASSERT_EQ(alone.size(), 1u);
  EXPECT_EQ(alone[0].template_code, "hand-written-note");
}

TEST(IntentRules, ABrandsStoryIsMarketingAnOfferIsASection) {
  EXPECT_TRUE(ReadParticulars(R"({"purpose":"marketing"})").story);
  EXPECT_FALSE(ReadParticulars(R"({"purpose":"marketing","points":5})").story);
  EXPECT_TRUE(ReadParticulars(R"({"purpose":"marketing","points":5,"brand_story":true})").story);
  EXPECT_FALSE(ReadParticulars(R"({"purpose":"service"})").story);
  EXPECT_TRUE(ReadParticulars(R"({"review":true})").feedback);
}

TEST(IntentRules, AFactSaysWhetherItPickedPeopleByProfile) {
  EXPECT_TRUE(ReadParticulars(R"({"template":"tenth","by_profile":true})").by_profile);
  EXPECT_FALSE(ReadParticulars(R"({"template":"tenth"})").by_profile) << "from before it was said";
  EXPECT_FALSE(ReadParticulars(R"({"by_profile":"yes"})").by_profile);
  EXPECT_FALSE(ReadParticulars("no json").by_profile);
  EXPECT_TRUE(ReadFigures(R"({"by_profile":true,"points":5})")->particulars.by_profile);
}

TEST(IntentRules, AnOfferIsWhateverIsMoreThanABareThankYou) {
  for (const char* bare : {R"({})", R"({"template":"note"})", R"({"purpose":"service"})"}) {
    EXPECT_FALSE(ReadParticulars(bare).offer) << bare;
  }
  for (const char* more :
       {R"({"purpose":"marketing"})", R"({"purpose":"survey"})", R"({"purpose":"review"})",
        R"({"task":"card","points":5})", R"({"voucher":"vch_00000000000000000000000001"})",
        R"({"feedback":true})", R"({"brand_story":true})"}) {
    EXPECT_TRUE(ReadParticulars(more).offer) << more;
  }
}

TEST(IntentRules, WhatIsBackIsNamedAndMarketingUnlessItWasAskedFor) {
  const Particulars asked =
      ReadParticulars(R"({"template":"back-in-stock","purpose":"service","restocked":"Duvet"})");
  EXPECT_EQ(asked.restocked, "Duvet");
  EXPECT_FALSE(asked.story);
  EXPECT_TRUE(ReadParticulars(R"({"purpose":"marketing","restocked":"Duvet"})").story);
}

TEST(IntentRules, GiftsToChooseNameTheirOptions) {
  EXPECT_EQ(ReadParticulars(R"({"options":["mug",7,"tote"]})").choice, "mug, tote");
  EXPECT_EQ(ReadParticulars(R"({"options":"mug"})").choice, "");
}

TEST(IntentRules, WhatIsGivenCountsInPointsOfMembers) {
  ledger::Fact fact = Row(ledger::FactKind::kBirthdayGift, "").fact;
  fact.points = 100;
  fact.debit = ledger::Account::kIssued;
  fact.credit = ledger::Account::kAvailable;
  EXPECT_EQ(GivenPoints(fact), 100);
  fact.credit = ledger::Account::kRedeemed;
  EXPECT_EQ(GivenPoints(fact), 0);
  fact.credit = ledger::Account::kAvailable;
  fact.unit = 7;
  EXPECT_EQ(GivenPoints(fact), 0);
}

TEST(IntentRules, WhatCameBackWhollyIsNotSpokenOf) {
  const auto unsaid = [](ledger::FactKind kind, const std::string& detail) {
    const IntentChange change = ChangeBy(Row(kind, detail));
    const Unsay* unsay = std::get_if<Unsay>(&change);
    return unsay == nullptr ? "nothing" : unsay->purchase + " " + unsay->trigger;
  };
  EXPECT_EQ(unsaid(ledger::FactKind::kReturn, R"({"purchase":"pur_1","whole":true})"), "pur_1 ");
  EXPECT_EQ(unsaid(ledger::FactKind::kReturn, R"({"purchase":"pur_1","whole":false})"), "nothing");
  EXPECT_EQ(unsaid(ledger::FactKind::kReturn, R"({"purchase":"pur_1"})"), "nothing");
  EXPECT_EQ(unsaid(ledger::FactKind::kThanksCancelled, R"({"purchase":"pur_1","trigger":"t"})"),
            "pur_1 t");
  EXPECT_EQ(unsaid(ledger::FactKind::kThanksCancelled, R"({"trigger":"t"})"),
            "pur_00000000000000000000000001 t");
}

TEST(IntentRules, ComplaintsAndErasures) {
  const IntentChange opened =
      ChangeBy(Row(ledger::FactKind::kComplaintOpened, R"({"complaint":"case-1"})"));
  ASSERT_TRUE(std::holds_alternative<ComplaintBegins>(opened));
  EXPECT_EQ(std::get<ComplaintBegins>(opened).complaint, "case-1");
  EXPECT_TRUE(std::holds_alternative<ComplaintEnds>(
      ChangeBy(Row(ledger::FactKind::kComplaintResolved, R"({"complaint":"case-1"})"))));
  EXPECT_TRUE(std::holds_alternative<Parted>(ChangeBy(Row(ledger::FactKind::kMergeUndone, ""))));
  EXPECT_TRUE(std::holds_alternative<Forget>(ChangeBy(Row(ledger::FactKind::kMemberErased, ""))));
  const auto stands = [](ledger::FactKind kind, const std::string& detail) {
    const IntentChange change = ChangeBy(Row(kind, detail));
    EXPECT_TRUE(std::holds_alternative<StandsOtherwise>(change));
    return std::get<StandsOtherwise>(change);
  };
  EXPECT_TRUE(
      stands(ledger::FactKind::kConsentRecorded, R"({"withdrawn":["profiling"]})").no_profiling);
  EXPECT_FALSE(
      stands(ledger::FactKind::kConsentRecorded, R"({"granted":["profiling"]})").no_profiling);
  EXPECT_FALSE(stands(ledger::FactKind::kMemberStateSet, "{}").no_profiling);
  EXPECT_FALSE(stands(ledger::FactKind::kMemberStateSet, "{}").silent);
  for (const char* objection : {R"({"withdrawn":["marketing/email","profiling"],"objection":true})",
                                R"({"withdrawn":["marketing/post"],"objection":true})"}) {
    EXPECT_TRUE(stands(ledger::FactKind::kConsentRecorded, objection).objection) << objection;
  }
  for (const char* none :
       {R"({"withdrawn":["marketing/email"]})", R"({"withdrawn":["profiling"],"objection":true})",
        R"({"withdrawn":[7],"objection":true})", R"({"objection":true})", "[]", ""}) {
    EXPECT_FALSE(stands(ledger::FactKind::kConsentRecorded, none).objection) << none;
  }
  using ledger::MemberState;
  for (const MemberState state : {MemberState::kSuspended, MemberState::kRestricted,
                                  MemberState::kDeceased, MemberState::kClosed}) {
    const std::string detail = ledger::StateJson(state, MemberState::kActive);
    EXPECT_TRUE(stands(ledger::FactKind::kMemberStateSet, detail).silent) << detail;
  }
  const std::string back = ledger::StateJson(MemberState::kActive, MemberState::kClosed);
  EXPECT_FALSE(stands(ledger::FactKind::kMemberStateSet, back).silent);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(ChangeBy(Row(ledger::FactKind::kEarn, "{}"))));
}

TEST(IntentRules, WhoBecamePartOfAnotherIsTheOneOfTheTwoThatNamesThem) {
  ledger::JournalRow row = Row(ledger::FactKind::kMembersMerged, "{}");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(ChangeBy(row))) << "the survivor's";
  row.fact.about = MemberId{{{9}}}.uuid;
  const IntentChange change = ChangeBy(row);
  ASSERT_TRUE(std::holds_alternative<BecamePart>(change));
  EXPECT_EQ(std::get<BecamePart>(change).member, kMember);
}

TEST(IntentRules, OfWhatAMemberSaidHoldsWhatWasDecidedLast) {
  const auto in_force = [](const std::vector<std::pair<int, std::string>>& said) {
    std::vector<ledger::JournalRow> rows;
    for (const auto& [day, detail] : said) {
      rows.push_back(Row(ledger::FactKind::kConsentRecorded, detail));
      rows.back().fact.effective_at = kAt + absl::Hours(24 * day);
    }
    const StandsOtherwise stands = InForceBy(kMember, rows);
    EXPECT_EQ(stands.member, kMember);
    EXPECT_FALSE(stands.silent);
    return std::pair(stands.objection, stands.no_profiling);
  };
  const std::string objects = R"({"withdrawn":["marketing/email","profiling"],"objection":true})";
  const std::string grants = R"({"granted":["marketing/email","profiling"],"withdrawn":[]})";
  const std::string withdraws = R"({"withdrawn":["marketing/email"]})";
  EXPECT_EQ(in_force({}), std::pair(false, false));
  EXPECT_EQ(in_force({{0, objects}}), std::pair(true, true));
  EXPECT_EQ(in_force({{0, objects}, {1, grants}}), std::pair(false, false));
  EXPECT_EQ(in_force({{1, objects}, {0, grants}}), std::pair(true, true)) << "decided before";
  EXPECT_EQ(in_force({{0, grants}, {0, objects}}), std::pair(true, true)) << "recorded last";
  EXPECT_EQ(in_force({{0, withdraws}}), std::pair(false, false)) << "no objection";
  EXPECT_EQ(in_force({{0, R"({"withdrawn":["marketing/post"],"objection":true})"}, {1, grants}}),
            std::pair(true, false))
      << "of the other channel nothing else was said";
  EXPECT_EQ(in_force({{0, objects}, {1, ""}, {2, R"({"granted":[7]})"}}), std::pair(true, true));
}

TEST(ReadFigures, TellWhatATriggerWouldGive) {
  const auto percentage = ReadFigures(
      R"({"trigger":"ceo-note","template":"ceo-note","purpose":"marketing","sender":"ceo",)"
      R"("feedback":true,"basis_points":2000,"valid_days":30,"purchase":"pur_1",)"
      R"("occurred_at":"2026-11-20T10:00:00Z"})");
  ASSERT_TRUE(percentage.ok()) << percentage.status();
  EXPECT_EQ(percentage->particulars.purchase, "pur_1");
  EXPECT_EQ(percentage->particulars.sender, "ceo");
  EXPECT_TRUE(percentage->particulars.feedback);
  EXPECT_FALSE(percentage->particulars.story);
  ASSERT_TRUE(percentage->voucher);
  EXPECT_EQ(percentage->voucher->terms.kind, ledger::VoucherKind::kPercentage);
  EXPECT_EQ(percentage->voucher->terms.basis_points, 2'000);
  EXPECT_EQ(percentage->voucher->valid_days, 30);

  const auto money = ReadFigures(R"({"worth_minor":500,"valid_days":0})");
  EXPECT_EQ(money->voucher->terms.kind, ledger::VoucherKind::kFixed);
  EXPECT_EQ(money->voucher->worth, 500);
  const auto thing = ReadFigures(R"({"item":"mug","valid_days":7})");
  EXPECT_EQ(thing->voucher->terms.kind, ledger::VoucherKind::kItem);
  EXPECT_EQ(thing->voucher->terms.item, "mug");
  EXPECT_EQ(thing->particulars.item, "");
  const auto points = ReadFigures(R"({"points":50})");
  EXPECT_EQ(points->points, 50);
  EXPECT_FALSE(points->voucher);
  EXPECT_TRUE(ReadFigures(R"({"purpose":"marketing"})")->particulars.story);
}

TEST(ReadFigures, RefuseWhatIsNone) {
  for (const char* text :
       {"", "no json", "[1]", R"({"points":-1})", R"({"points":"many"})",
        R"({"basis_points":10001,"valid_days":0})", R"({"worth_minor":5,"valid_days":36501})",
        R"({"voucher":"vch_00000000000000000000000001"})"}) {
    EXPECT_EQ(ReasonOf(ReadFigures(text).status()), Reason::kFieldInvalid) << text;
  }
}

TEST(IntentRules, AgesAreBounded) {
  EXPECT_EQ(ReadParticulars(R"({"max_age_seconds":99999999999})").max_age, absl::Hours(24 * 90));
  EXPECT_EQ(ReadParticulars(R"({"max_age_seconds":-5})").max_age, absl::ZeroDuration());
  EXPECT_EQ(ReadParticulars(R"({"max_age_seconds":"x"})").max_age, absl::ZeroDuration());
}

}  // namespace
}  // namespace gratis::messages
