#include "services/thanks/pending_rules.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "common/status/reasons.h"
#include "services/thanks/policy_contract.h"
#include "services/thanks/policy_json.h"

namespace gratis::thanks {
namespace {

const absl::Time kBought = absl::FromUnixSeconds(1'800'000'000);
constexpr absl::Duration kDay = absl::Hours(24);

TEST(PendingPoints, WithoutARuleNothingWaits) {
  const PendingTerms terms = TermsOf({}, "web", kBought);
  EXPECT_FALSE(terms.waits());
  EXPECT_EQ(AvailableAt(terms, absl::InfiniteFuture()), absl::InfinitePast());
  EXPECT_EQ(AvailableAt(terms, kBought + kDay), absl::InfinitePast());
}

TEST(PendingPoints, ADeliveryBringsTheDateForwardAndNeverPutsItOff) {
  const PendingTerms terms = TermsOf(
      {.until_delivery = true, .days_after_delivery = 14, .days_at_most = 30}, "web", kBought);
  EXPECT_TRUE(terms.waits());
  EXPECT_EQ(AvailableAt(terms, absl::InfiniteFuture()), kBought + 30 * kDay);
  EXPECT_EQ(AvailableAt(terms, kBought), kBought + 14 * kDay);
  EXPECT_EQ(AvailableAt(terms, kBought + 3 * kDay), kBought + 17 * kDay);
  EXPECT_EQ(AvailableAt(terms, kBought + 16 * kDay), kBought + 30 * kDay);
  EXPECT_EQ(AvailableAt(terms, kBought + 17 * kDay), kBought + 30 * kDay);
}

TEST(PendingPoints, OnlyWhatIsBoughtThroughTheChannelsNamed) {
  const PendingRule rule{.until_delivery = true, .channels = {"web", "app"}};
  EXPECT_TRUE(TermsOf(rule, "app", kBought).waits());
  EXPECT_FALSE(TermsOf(rule, "store", kBought).waits());
  EXPECT_FALSE(TermsOf(rule, "", kBought).waits());
  EXPECT_TRUE(TermsOf({.until_delivery = true}, "", kBought).waits());
}

TEST(PendingPoints, ARuleIsWithinItsBounds) {
  const auto field_of = [](PendingRule rule) {
    rule.until_delivery = true;
    return FieldOf(CheckPending(rule)).value_or("");
  };
  EXPECT_EQ(field_of({}), "");
  EXPECT_EQ(field_of({.days_after_delivery = 365, .days_at_most = 730}), "");
  EXPECT_EQ(field_of({.days_after_delivery = -1}), "policy.pending.days_after_delivery");
  EXPECT_EQ(field_of({.days_after_delivery = 366}), "policy.pending.days_after_delivery");
  EXPECT_EQ(field_of({.days_after_delivery = 14, .days_at_most = 14}), "");
  EXPECT_EQ(field_of({.days_after_delivery = 14, .days_at_most = 13}),
            "policy.pending.days_at_most");
  EXPECT_EQ(field_of({.days_at_most = 731}), "policy.pending.days_at_most");
  EXPECT_EQ(field_of({.channels = {"Web Shop"}}), "policy.pending.channels");
  EXPECT_EQ(field_of({.channels = std::vector<std::string>(21, "web")}), "policy.pending.channels");
}

TEST(PendingPoints, AreKeptAndToldAsTheyWereSet) {
  v1::ThanksPolicy message = ToContract(DefaultPolicy("USD"));
  EXPECT_FALSE(message.has_pending());
  message.mutable_pending()->set_until_delivery(true);
  message.mutable_pending()->set_days_after_delivery(14);
  message.mutable_pending()->add_channels("web");
  const absl::StatusOr<Policy> parsed = ParsePolicy(message);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->pending.days_at_most, 44);
  const absl::StatusOr<Policy> read = ReadPolicyBody(BodyOf(*parsed));
  ASSERT_TRUE(read.ok()) << read.status();
  message.mutable_pending()->set_days_at_most(44);
  EXPECT_EQ(ToContract(*read).pending().SerializeAsString(), message.pending().SerializeAsString());
  // A number beyond all bounds is refused, whatever is made of it.
  message.mutable_pending()->set_days_after_delivery(std::numeric_limits<int32_t>::max());
  message.mutable_pending()->set_days_at_most(0);
  EXPECT_EQ(FieldOf(ParsePolicy(message).status()), "policy.pending.days_after_delivery");
}

}  // namespace
}  // namespace gratis::thanks
