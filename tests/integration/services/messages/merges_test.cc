#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/ledger/merging.h"
#include "tests/integration/services/messages/content_house.h"

namespace gratis::messages {
namespace {

using ::testing::HasSubstr;

constexpr char kAir[] = "{\"complaint\":\"air\"}";
constexpr char kWater[] = "{\"complaint\":\"water\"}";

// What is said to people who turn out to be one. Each is played by several, so that the two are in
// one partition and in two.
class MergesTest : public ContentHouse {
 protected:
  struct Pair {
    MemberId duplicate;
    MemberId survivor;
  };

  void SetUp() override {
    ASSERT_TRUE(SetTemplate(Note("ceo-note", {"Thank you."})).ok());
    ASSERT_TRUE(SetTemplate(Note("birthday-gift",
                                 {"{{#gift}}{{points}} points{{/gift}}{{#complaint}}, and sorry"
                                  "{{/complaint}} {{#unsubscribe}}{{unsubscribe.url}}"
                                  "{{/unsubscribe}}"},
                                 Purpose::kMarketing))
                    .ok());
    for (int i = 0; i < 8; ++i) {
      const MemberId duplicate = AddMember(absl::StrCat("ada", i));
      pairs_.push_back({duplicate, AddMember(absl::StrCat("eva", i))});
    }
  }

  // As the members service merges.
  ledger::MergePair Merge(const Pair& pair, absl::Time at) {
    const ledger::MergePair merged{.duplicate = pair.duplicate,
                                   .survivor = pair.survivor,
                                   .leaving = NewTransaction(pair.duplicate, at),
                                   .arriving = NewTransaction(pair.survivor, at),
                                   .effective_at = at,
                                   .source = "test"};
    auto merge = std::make_unique<Act>(
        [&merged](ledger::Books& books) { return ledger::MergeMembers(books, merged).status(); });
    merge->envelope.also = {pair.survivor};
    merge->envelope.of_merged = true;
    const absl::Status status = Post(acts_, std::move(merge), pair.duplicate, at).status();
    EXPECT_TRUE(status.ok()) << status;
    return merged;
  }
  // As it undoes that.
  void Part(const ledger::MergePair& merged, absl::Time at) {
    const ledger::MergePair undone{.duplicate = merged.duplicate,
                                   .survivor = merged.survivor,
                                   .leaving = NewTransaction(merged.duplicate, at),
                                   .arriving = NewTransaction(merged.survivor, at),
                                   .effective_at = at,
                                   .source = "test"};
    auto undo = std::make_unique<Act>(
        [&](ledger::Books& books) { return ledger::UndoMerge(books, merged, undone).status(); });
    undo->envelope.also = {merged.survivor};
    undo->envelope.of_merged = true;
    const absl::Status status = Post(acts_, std::move(undo), merged.duplicate, at).status();
    EXPECT_TRUE(status.ok()) << status;
  }
  void MergeAll(absl::Time at) {
    for (const Pair& pair : pairs_) Merge(pair, at);
  }

  void Complains(const MemberId& member, absl::Time at, const std::string& complaint) {
    Happens(ledger::FactKind::kComplaintOpened, member, at, complaint);
  }
  void IsMended(const MemberId& member, absl::Time at, const std::string& complaint) {
    Happens(ledger::FactKind::kComplaintResolved, member, at, complaint);
  }

  std::vector<Pair> pairs_;
};

TEST_F(MergesTest, AComplaintOfEitherHoldsBackWhatIsSaidToBothThenOneMailIsForBoth) {
  for (const Pair& pair : pairs_) {
    Complains(pair.duplicate, At("2026-11-20 09:00"), kAir);
    Thanks(pair.duplicate, At("2026-11-20 10:00"));
  }
  Turn(At("2026-11-20 10:01"));
  MergeAll(At("2026-11-21 09:00"));
  for (const Pair& pair : pairs_) {
    Happens(ledger::FactKind::kBirthdayGift, pair.survivor, At("2026-11-22 09:00"),
            "{\"year\":2026}", 100);
  }
  Turn(At("2026-11-22 09:01"));
  for (const Pair& pair : pairs_) {
    EXPECT_EQ(FatesOf(pair.duplicate), "waiting 5");
    EXPECT_EQ(FatesOf(pair.survivor), "waiting 5");
    Complains(pair.survivor, At("2026-11-23 09:00"), kWater);
    IsMended(pair.survivor, At("2026-11-24 09:00"), kWater);
  }
  Turn(At("2026-11-24 09:01"));
  for (const Pair& pair : pairs_) {
    EXPECT_EQ(FatesOf(pair.duplicate), "waiting 5") << "the other is still open";
    EXPECT_EQ(FatesOf(pair.survivor), "waiting 5");
    IsMended(pair.duplicate, At("2026-11-25 09:00"), kAir);
  }
  EXPECT_EQ(Count("gratis_messages.delivery"), 0);
  Turn(At("2026-11-25 09:01"));
  for (const Pair& pair : pairs_) {
    EXPECT_EQ(FatesOf(pair.duplicate), "withheld 11");
    EXPECT_EQ(FatesOf(pair.survivor), "sent");
    EXPECT_THAT(LastTextOf(pair.survivor), HasSubstr("100 points, and sorry"));
  }
}

TEST_F(MergesTest, TheSurvivorsComplaintHoldsBackWhatIsLeftToSayToTheDuplicate) {
  for (const Pair& pair : pairs_) Thanks(pair.duplicate, At("2026-11-28 21:30"));
  Turn(At("2026-11-28 21:31"));
  MergeAll(At("2026-11-28 21:40"));
  for (const Pair& pair : pairs_) {
    EXPECT_EQ(FatesOf(pair.duplicate), "waiting 4");
    Complains(pair.survivor, At("2026-11-28 21:50"), kAir);
  }
  Turn(At("2026-11-29 08:00"));
  for (const Pair& pair : pairs_) {
    EXPECT_EQ(FatesOf(pair.duplicate), "waiting 5");
    IsMended(pair.survivor, At("2026-11-29 09:00"), kAir);
  }
  Turn(At("2026-11-29 09:01"));
  for (const Pair& pair : pairs_) EXPECT_EQ(FatesOf(pair.duplicate), "sent");
}

TEST_F(MergesTest, WhoIsTwoAgainDoesNotWaitForTheOthersComplaint) {
  std::vector<ledger::MergePair> merged;
  for (const Pair& pair : pairs_) {
    Complains(pair.duplicate, At("2026-11-20 09:00"), kAir);
    merged.push_back(Merge(pair, At("2026-11-20 09:30")));
    Thanks(pair.duplicate, At("2026-11-20 10:00"));
    Thanks(pair.survivor, At("2026-11-20 10:00"));
  }
  Turn(At("2026-11-20 10:01"));
  for (const Pair& pair : pairs_) EXPECT_EQ(FatesOf(pair.survivor), "waiting 5");
  for (const ledger::MergePair& pair : merged) Part(pair, At("2026-11-21 09:00"));
  Turn(At("2026-11-21 09:01"));
  for (const Pair& pair : pairs_) {
    EXPECT_EQ(FatesOf(pair.survivor), "sent");
    EXPECT_EQ(FatesOf(pair.duplicate), "waiting 5") << "it is theirs";
  }
}

TEST_F(MergesTest, TheCapIsThePersons) {
  for (const Pair& pair : pairs_) {
    Thanks(pair.duplicate, At("2026-11-23 09:00"));
    Thanks(pair.duplicate, At("2026-11-23 10:00"));
    Thanks(pair.survivor, At("2026-11-23 11:00"));
  }
  EXPECT_EQ(Turn(At("2026-11-23 11:01")).sent, 3 * std::ssize(pairs_));
  MergeAll(At("2026-11-23 12:00"));
  for (const Pair& pair : pairs_) Thanks(pair.survivor, At("2026-11-24 09:00"));
  Turn(At("2026-11-24 09:01"));
  for (const Pair& pair : pairs_) EXPECT_EQ(FatesOf(pair.survivor), "sent, waiting 3");
  // A week after the three.
  Turn(At("2026-11-30 11:01"));
  for (const Pair& pair : pairs_) EXPECT_EQ(FatesOf(pair.survivor), "sent, sent");
}

}  // namespace
}  // namespace gratis::messages
