#include "services/messages/message_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "common/status/reasons.h"

namespace gratis::messages {
namespace message_policy_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

MessagingPolicy Policy() {
  return {.senders = {{.code = "founder",
                       .name = "Anna Keller",
                       .title = "founder",
                       .address = "anna@shop.example"}},
          .unsubscribe_url = "https://shop.example/u",
          .feedback_url = "https://shop.example/how"};
}

std::string FieldOfError(const MessagingPolicy& policy) {
  const absl::Status status = CheckPolicy(policy);
  return status.ok() ? "fine" : FieldOf(status).value_or("none");
}

TEST(MessagingPolicyTest, TheDefaultAndAUsualOneAreFine) {
  EXPECT_EQ(FieldOfError(MessagingPolicy{}), "fine");
  EXPECT_EQ(FieldOfError(Policy()), "fine");
}

TEST(MessagingPolicyTest, WhatIsWrongIsNamed) {
  const auto with = [](const std::function<void(MessagingPolicy&)>& change) {
    MessagingPolicy policy = Policy();
    change(policy);
    return FieldOfError(policy);
  };
  EXPECT_EQ(with([](auto& p) { p.quiet_from_hour = 24; }), "policy.quiet_from_hour");
  EXPECT_EQ(with([](auto& p) { p.quiet_until_hour = -1; }), "policy.quiet_until_hour");
  EXPECT_EQ(with([](auto& p) { p.cap_messages = 0; }), "policy.cap_messages");
  EXPECT_EQ(with([](auto& p) { p.cap_days = 91; }), "policy.cap_days");
  EXPECT_EQ(with([](auto& p) { p.max_age_days = 0; }), "policy.max_age_days");
  EXPECT_EQ(with([](auto& p) { p.unsubscribe_url = "http://shop.example/u"; }),
            "policy.unsubscribe_url");
  EXPECT_EQ(with([](auto& p) { p.unsubscribe_url = "https://shop.example/u#x"; }),
            "policy.unsubscribe_url");
  EXPECT_EQ(with([](auto& p) { p.feedback_url = "https://"; }), "policy.feedback_url");
  EXPECT_EQ(with([](auto& p) { p.senders[0].code = "Founder"; }), "policy.senders[0].code");
  EXPECT_EQ(with([](auto& p) { p.senders[0].name = ""; }), "policy.senders[0].name");
  EXPECT_EQ(with([](auto& p) { p.senders[0].name = "Anna\r\nBcc: x"; }), "policy.senders[0].name");
  EXPECT_EQ(with([](auto& p) { p.senders[0].address = "anna"; }), "policy.senders[0].address");
  EXPECT_EQ(with([](auto& p) { p.senders[0].address = "a@b>, <c@d"; }),
            "policy.senders[0].address");
  EXPECT_EQ(with([](auto& p) { p.senders[0].reply_to = "@x"; }), "policy.senders[0].reply_to");
  EXPECT_EQ(with([](auto& p) { p.senders.push_back(p.senders[0]); }), "policy.senders[1].code");
}

TEST(MessagingPolicyTest, TheJournalKnowsNoPeople) {
  const std::string json = FiguresJson(Policy());
  EXPECT_THAT(json, HasSubstr("\"senders\":1"));
  EXPECT_THAT(json, Not(HasSubstr("Anna")));
  EXPECT_THAT(json, Not(HasSubstr("shop.example")));
}

TEST(MessagingPolicyTest, SendersThatAreGoneAreSpokenForByTheFirst) {
  EXPECT_EQ(Policy().FindSender("founder")->name, "Anna Keller");
  EXPECT_EQ(Policy().FindSender("gone")->name, "Anna Keller");
  EXPECT_EQ(MessagingPolicy{}.FindSender("founder"), nullptr);
}

TEST(MessagingPolicyTest, AddressesGetAParameterMore) {
  EXPECT_EQ(WithParameter("https://x.y/u", "token", "T"), "https://x.y/u?token=T");
  EXPECT_EQ(WithParameter("https://x.y/u?a=1", "token", "T"), "https://x.y/u?a=1&token=T");
}

}  // namespace
}  // namespace message_policy_test
}  // namespace gratis::messages
