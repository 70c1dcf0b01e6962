#include "services/messages/message_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/civil.h"

namespace gratis::messages {
namespace message_rules_test {
namespace {

using ledger::MemberState;

absl::TimeZone Zone(const std::string& name) { return *base::LoadZone(name); }

absl::Time At(const std::string& local, const std::string& zone = "Europe/Zurich") {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", local, Zone(zone), &time, &error)) << error;
  return time;
}

MessagingPolicy Policy() {
  return {.senders = {{.code = "founder", .name = "Anna", .address = "anna@shop.example"}},
          .unsubscribe_url = "https://shop.example/u"};
}

// A thank-you for a purchase of the same morning.
Circumstances Thanks() {
  return {.occurred_at = At("2026-11-28 09:00"),
          .zone = Zone("Europe/Zurich"),
          .consents = {.marketing = true, .surveys = true}};
}

Circumstances Birthday() {
  Circumstances about = Thanks();
  about.occasion = Occasion::kGift;
  about.purpose = Purpose::kMarketing;
  about.asks_consent = true;
  return about;
}

MessageVerdict Withheld(Why why) { return {MessageState::kWithheld, why}; }
MessageVerdict Waiting(Why why, absl::Time due_at) { return {MessageState::kWaiting, why, due_at}; }
const MessageVerdict kGoes{MessageState::kSent};
const absl::Time kMorning = At("2026-11-28 10:00");

TEST(MessageRules, AThankYouOfTodayGoes) { EXPECT_EQ(Judge(Thanks(), Policy(), kMorning), kGoes); }

TEST(MessageRules, WhatIsTooLateIsNotSaid) {
  Circumstances about = Thanks();
  EXPECT_EQ(Judge(about, Policy(), At("2026-12-05 09:00")), kGoes);
  EXPECT_EQ(Judge(about, Policy(), At("2026-12-05 09:01")), Withheld(Why::kTooLate));
  about.max_age = absl::Hours(2);
  EXPECT_EQ(Judge(about, Policy(), At("2026-11-28 11:00")), kGoes);
  EXPECT_EQ(Judge(about, Policy(), At("2026-11-28 11:01")), Withheld(Why::kTooLate));
}

TEST(MessageRules, WhoeverIsNotInGoodStandingHearsNothing) {
  for (const MemberState state :
       {MemberState::kSuspended, MemberState::kRestricted, MemberState::kDeceased,
        MemberState::kClosed, MemberState::kErased, MemberState::kNone}) {
    Circumstances about = Thanks();
    about.member_state = state;
    EXPECT_EQ(Judge(about, Policy(), kMorning), Withheld(Why::kMemberState));
  }
  Circumstances about = Thanks();
  about.member_state = MemberState::kEarnOnly;
  EXPECT_EQ(Judge(about, Policy(), kMorning), kGoes);
}

TEST(MessageRules, MarketingNeedsConsentByPurpose) {
  Circumstances about = Thanks();
  about.consents = {};
  EXPECT_EQ(Judge(about, Policy(), kMorning), kGoes) << "a bare thank-you is service";
  about.purpose = Purpose::kMarketing;
  EXPECT_EQ(Judge(about, Policy(), kMorning), Withheld(Why::kNoConsent));
  about.consents.surveys = true;
  EXPECT_EQ(Judge(about, Policy(), kMorning), Withheld(Why::kNoConsent));
  about.consents = {.marketing = true};
  EXPECT_EQ(Judge(about, Policy(), kMorning), kGoes);
  about.purpose = Purpose::kSurveys;
  EXPECT_EQ(Judge(about, Policy(), kMorning), Withheld(Why::kNoConsent));
  about.consents.objected = true;
  EXPECT_EQ(Judge(about, Policy(), kMorning), Withheld(Why::kObjection));
}

TEST(MessageRules, AGiftIsMarketingWhateverItsTemplateSays) {
  Circumstances about = Birthday();
  about.purpose = Purpose::kService;
  about.consents = {};
  EXPECT_EQ(Judge(about, Policy(), kMorning), Withheld(Why::kNoConsent));
}

TEST(MessageRules, CelebrationsAreForThoseWhoWantThem) {
  Circumstances about = Birthday();
  about.no_celebrations = true;
  EXPECT_EQ(Judge(about, Policy(), kMorning), Withheld(Why::kNoCelebrations));
  about = Thanks();
  about.no_celebrations = true;
  EXPECT_EQ(Judge(about, Policy(), kMorning), kGoes);
}

TEST(MessageRules, WithoutAWayOutNothingThatNeedsConsentIsMailed) {
  MessagingPolicy policy = Policy();
  policy.unsubscribe_url.clear();
  EXPECT_EQ(Judge(Thanks(), policy, kMorning), kGoes);
  Circumstances offer = Thanks();
  offer.asks_consent = true;
  EXPECT_EQ(Judge(offer, policy, kMorning), Withheld(Why::kNoUnsubscribe));
}

TEST(MessageRules, AddressesSuppressionAndSenders) {
  Circumstances about = Thanks();
  about.has_address = false;
  EXPECT_EQ(Judge(about, Policy(), kMorning), Withheld(Why::kNoAddress));
  about = Thanks();
  about.suppressed = true;
  EXPECT_EQ(Judge(about, Policy(), kMorning), Withheld(Why::kSuppressed));
  EXPECT_EQ(Judge(Thanks(), MessagingPolicy{}, kMorning), Withheld(Why::kNoSender));
  about = Thanks();
  about.has_template = false;
  EXPECT_EQ(Judge(about, Policy(), kMorning), Withheld(Why::kNoTemplate));
}

// --- waiting ---

TEST(MessageRules, ACapOverAllTriggersIsWaitedFor) {
  MessagingPolicy policy = Policy();
  policy.cap_messages = 2;
  policy.cap_days = 3;
  Circumstances about = Thanks();
  about.sent = {At("2026-11-27 12:00")};
  EXPECT_EQ(Judge(about, policy, kMorning), kGoes);
  about.sent = {At("2026-11-27 12:00"), At("2026-11-26 15:00")};
  EXPECT_EQ(Judge(about, policy, kMorning), Waiting(Why::kCap, At("2026-11-29 15:00")));
  EXPECT_EQ(Judge(about, policy, At("2026-11-29 15:00")), kGoes);
  about.max_age = absl::Hours(24);
  EXPECT_EQ(Judge(about, policy, kMorning), Withheld(Why::kCap)) << "it would be too late by then";
  about.occasion = Occasion::kAccount;
  EXPECT_EQ(Judge(about, policy, kMorning), kGoes);
}

TEST(MessageRules, NightsAreWaitedForWhereTheMemberLives) {
  Circumstances about = Thanks();
  EXPECT_EQ(Judge(about, Policy(), At("2026-11-28 20:59")), kGoes);
  EXPECT_EQ(Judge(about, Policy(), At("2026-11-28 21:00")),
            Waiting(Why::kQuietHours, At("2026-11-29 08:00")));
  EXPECT_EQ(Judge(about, Policy(), At("2026-11-29 07:59")),
            Waiting(Why::kQuietHours, At("2026-11-29 08:00")));
  about.zone = Zone("Asia/Kathmandu");
  EXPECT_EQ(Judge(about, Policy(), At("2026-11-28 17:00")),
            Waiting(Why::kQuietHours, At("2026-11-29 08:00", "Asia/Kathmandu")));
  about = Thanks();
  about.max_age = absl::Hours(13);
  EXPECT_EQ(Judge(about, Policy(), At("2026-11-28 21:30")), Withheld(Why::kTooLate));
}

TEST(MessageRules, QuietHoursMayLieWithinADayOrNotBe) {
  MessagingPolicy policy = Policy();
  policy.quiet_from_hour = 12;
  policy.quiet_until_hour = 14;
  EXPECT_EQ(AfterQuietHours(At("2026-11-28 12:30"), policy, Zone("Europe/Zurich")),
            At("2026-11-28 14:00"));
  EXPECT_EQ(AfterQuietHours(At("2026-11-28 23:30"), policy, Zone("Europe/Zurich")),
            At("2026-11-28 23:30"));
  policy.quiet_from_hour = 14;
  EXPECT_EQ(AfterQuietHours(At("2026-11-28 12:30"), policy, Zone("Europe/Zurich")),
            At("2026-11-28 12:30"));
}

TEST(MessageRules, AnHourThatTheClockSkipsEndsWhenItDoes) {
  MessagingPolicy policy = Policy();
  policy.quiet_from_hour = 22;
  policy.quiet_until_hour = 2;  // 2027-03-28 02:00 is skipped in Zurich
  EXPECT_EQ(AfterQuietHours(At("2027-03-28 01:30"), policy, Zone("Europe/Zurich")),
            At("2027-03-28 03:00"));
}

TEST(MessageRules, WhileAComplaintIsOpenEverythingWaits) {
  Circumstances about = Thanks();
  about.complaint_open = true;
  const MessageVerdict waits = Judge(about, Policy(), kMorning);
  EXPECT_EQ(waits.state, MessageState::kWaiting);
  EXPECT_EQ(waits.why, Why::kComplaint);
  EXPECT_GT(waits.due_at, At("2026-12-05 09:00"));
  EXPECT_EQ(Judge(about, Policy(), At("2026-12-05 09:01")), Withheld(Why::kTooLate));
  about.occasion = Occasion::kAccount;
  EXPECT_EQ(Judge(about, Policy(), kMorning), kGoes) << "what concerns the account is said";
}

TEST(MessageRules, AGiftIsMentionedLateWhenItHadToWaitForAComplaint) {
  Circumstances about = Birthday();
  about.complaint_open = true;
  EXPECT_EQ(Judge(about, Policy(), At("2026-12-15 10:00")).state, MessageState::kWaiting);
  about.complaint_open = false;
  EXPECT_EQ(Judge(about, Policy(), At("2026-12-15 10:00")), Withheld(Why::kTooLate));
  about.after_complaint = true;
  EXPECT_EQ(Judge(about, Policy(), At("2026-12-15 10:00")), kGoes);
  EXPECT_EQ(Judge(about, Policy(), At("2026-12-29 10:00")), Withheld(Why::kTooLate));
}

// --- what interrupts nobody ---

TEST(MessageRules, TheInboxAndStaffsTasksKnowNoNightsAndNoCaps) {
  for (const ChannelKind channel : {ChannelKind::kInbox, ChannelKind::kTask}) {
    Circumstances about = Birthday();
    about.channel = channel;
    about.consents = {};
    about.has_address = false;
    about.sent.assign(50, kMorning);
    EXPECT_EQ(Judge(about, MessagingPolicy{}, At("2026-11-28 23:00")), kGoes);
    about.complaint_open = true;
    EXPECT_EQ(Judge(about, Policy(), kMorning).why, Why::kComplaint);
  }
}

TEST(MessageRules, WhoObjectedGetsNoMarketingByTheInboxOrFromStaffEither) {
  for (const ChannelKind channel : {ChannelKind::kInbox, ChannelKind::kTask}) {
    for (const Purpose purpose : {Purpose::kService, Purpose::kMarketing, Purpose::kSurveys}) {
      Circumstances about = Thanks();
      about.channel = channel;
      about.purpose = purpose;
      about.consents = {};
      EXPECT_EQ(Judge(about, Policy(), kMorning), kGoes) << "no consent is needed";
      about.consents.objected = true;
      EXPECT_EQ(Judge(about, Policy(), kMorning),
                purpose == Purpose::kService ? kGoes : Withheld(Why::kObjection));
    }
    Circumstances gift = Birthday();
    gift.channel = channel;
    gift.purpose = Purpose::kService;
    gift.consents = {.objected = true};
    EXPECT_EQ(Judge(gift, Policy(), kMorning), Withheld(Why::kObjection));
  }
}

TEST(MessageRules, WhoWantsNoProfilingIsNotPickedByIt) {
  for (const ChannelKind channel : {ChannelKind::kEmail, ChannelKind::kInbox, ChannelKind::kTask}) {
    Circumstances about = Birthday();
    about.channel = channel;
    about.by_profile = true;
    EXPECT_EQ(Judge(about, Policy(), kMorning), kGoes) << "they were never asked";
    about.consents.no_profiling = true;
    EXPECT_EQ(Judge(about, Policy(), kMorning), Withheld(Why::kNoProfiling));
    about.by_profile = false;
    EXPECT_EQ(Judge(about, Policy(), kMorning), kGoes) << "it is for anybody";
  }
  // Who objected said so of all of it, and this is the reason that is about this message alone.
  Circumstances about = Birthday();
  about.by_profile = true;
  about.consents = {.objected = true, .no_profiling = true};
  EXPECT_EQ(Judge(about, Policy(), kMorning), Withheld(Why::kNoProfiling));
  about.by_profile = false;
  EXPECT_EQ(Judge(about, Policy(), kMorning), Withheld(Why::kObjection));
}

TEST(MessageRules, SentencesSayWhatBecameOfItAndWhy) {
  const absl::TimeZone zone = Zone("Europe/Zurich");
  const absl::Time at = At("2026-11-28 10:00");
  EXPECT_EQ(SentenceOf(kGoes, ChannelKind::kEmail, at, {}, zone),
            "It went to e-mail on 2026-11-28 10:00 Europe/Zurich.");
  EXPECT_EQ(SentenceOf(kGoes, ChannelKind::kEmail, at, {"gift", "voucher"}, zone),
            "It went to e-mail on 2026-11-28 10:00 Europe/Zurich, without gift and voucher: the "
            "member has not consented to that by e-mail.");
  EXPECT_EQ(SentenceOf(Waiting(Why::kQuietHours, At("2026-11-29 08:00")), ChannelKind::kEmail, at,
                       {}, zone),
            "It waits until 2026-11-29 08:00 Europe/Zurich: it is night where the member lives.");
  EXPECT_EQ(SentenceOf(Withheld(Why::kTooLate), ChannelKind::kEmail, at, {}, zone),
            "It was not sent, because too long has passed since what it is about.");
  EXPECT_EQ(
      SentenceOf(Withheld(Why::kNoProfiling), ChannelKind::kInbox, at, {}, zone),
      "It was not sent, because the member does not want to be chosen by what they bought and "
      "did.");
}

}  // namespace
}  // namespace message_rules_test
}  // namespace gratis::messages
