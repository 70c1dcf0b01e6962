#include "services/messages/cloud_event.h"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gratis/ledger/v1/ledger.pb.h"

namespace gratis::messages {
namespace {

ledger::JournalRow Earned() {
  return {.partition = 12,
          .seq = 345,
          .fact = {.kind = ledger::FactKind::kThankYou,
                   .transaction = {Uuid{{7}}},
                   .member = {Uuid{{9}}},
                   .points = 50,
                   .debit = ledger::Account::kIssued,
                   .credit = ledger::Account::kAvailable,
                   .effective_at = absl::FromUnixSeconds(1'800'000'000),
                   .source = "pur_\"1\"",
                   .detail = "{\"note\":\"purchase\"}"},
          .debit_after = -50,
          .credit_after = 150,
          .recorded_at = absl::FromUnixMicros(1'800'000'001'250'000),
          .actor = "key_1"};
}

TEST(CloudEvent, HasWhatTheSpecificationRequires) {
  const auto event = nlohmann::json::parse(EventBody("demo", Earned(), "points"));
  EXPECT_EQ(event.at("specversion"), "1.0");
  EXPECT_EQ(event.at("id"), "evt_12_345");
  EXPECT_EQ(event.at("source"), "/gratis/programs/demo");
  EXPECT_EQ(event.at("type"), "gratis.entry.thank_you");
  EXPECT_EQ(event.at("time"), "2027-01-15T08:00:01.25Z");
  EXPECT_EQ(event.at("datacontenttype"), "application/json");
  EXPECT_EQ(event.at("subject"), (MemberId{Uuid{{9}}}.ToString()));
  EXPECT_EQ(event.at("partitionkey"), "12");
  EXPECT_EQ(event.at("sequence"), "345");
}

TEST(CloudEvent, HasNoSubjectWithoutAMember) {
  ledger::JournalRow row = Earned();
  row.fact.member = {};
  EXPECT_FALSE(nlohmann::json::parse(EventBody("demo", row, "points")).contains("subject"));
}

TEST(CloudEvent, ItsDataIsAnEntryOfTheContract) {
  const auto event = nlohmann::json::parse(EventBody("demo", Earned(), "points"));
  ledger::v1::Entry entry;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(event.at("data").dump(), &entry).ok());
  EXPECT_EQ(entry.kind(), ledger::v1::ENTRY_KIND_THANK_YOU);
  EXPECT_EQ(entry.points(), 50);
  EXPECT_EQ(entry.available_points(), 150);
  EXPECT_EQ(entry.unit(), "points");
  EXPECT_EQ(entry.source(), "pur_\"1\"");
  EXPECT_EQ(entry.detail(), "{\"note\":\"purchase\"}");
  EXPECT_FALSE(entry.has_held_points());
}

TEST(CloudEvent, TypesAreNamedAsTheContractNamesKinds) {
  EXPECT_EQ(EventTypeOf(ledger::FactKind::kMemberEnrolled), "gratis.entry.member_enrolled");
  EXPECT_EQ(EventTypeOf(ledger::FactKind::kBirthdayGift), "gratis.entry.birthday_gift");
}

TEST(CloudEvent, ATestSaysThatItIsOne) {
  const auto event = nlohmann::json::parse(
      TestEventBody("demo", "evt_test_1", "whk_1", absl::FromUnixSeconds(1'800'000'000)));
  EXPECT_EQ(event.at("type"), "gratis.webhook.test");
  EXPECT_EQ(event.at("id"), "evt_test_1");
  EXPECT_EQ(event.at("subject"), "whk_1");
}

}  // namespace
}  // namespace gratis::messages
