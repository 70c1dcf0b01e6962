#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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
constexpr char kObjects[] =
    R"({"granted":[],"withdrawn":["marketing/email","profiling"],"objection":true})";
constexpr char kOpenTasks[] = "gratis_messages.task WHERE state = 1";
// Letters that must be decided anew before they go out.
constexpr char kLapsed[] =
    "gratis_messages.delivery WHERE channel = 1 AND state = 1 AND holds_until = '-infinity'";

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

  // A letter, and a task of marketing for which they were picked by what they did.
  void ThanksTwice(const MemberId& member) {
    Thanks(member, At("2026-11-23 09:00"));
    Thanks(member, At("2026-11-23 09:01"),
           ",\"channels\":[\"task\"],\"brand_story\":true,\"by_profile\":true");
  }
  void AllLettersWereOpened() {
    database_.Execute(
        "INSERT INTO gratis_messages.engagement (partition, id, kind, happened_at, recorded_at) "
        "SELECT partition, id, 1, now(), now() FROM gratis_messages.message WHERE channel = 1");
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

TEST_F(MergesTest, WhatTheSurvivorSaysEndsWhatWasLeftToSayToTheDuplicate) {
  for (const Pair& pair : pairs_) {
    for (const MemberId& member : {pair.duplicate, pair.survivor}) ThanksTwice(member);
  }
  Turn(At("2026-11-23 09:02"));
  MergeAll(At("2026-11-23 10:00"));
  Turn(At("2026-11-23 10:01"));
  AllLettersWereOpened();
  const int64_t each = 2 * std::ssize(pairs_);
  EXPECT_EQ(Count("gratis_messages.engagement"), each);
  EXPECT_EQ(Count(kOpenTasks), each);
  EXPECT_EQ(Count(kLapsed), 0);
  for (const Pair& pair : pairs_) {
    Happens(ledger::FactKind::kConsentRecorded, pair.survivor, At("2026-11-23 11:00"), kObjects);
  }
  Keep(At("2026-11-23 11:01"));
  EXPECT_EQ(Count("gratis_messages.engagement"), 0);
  EXPECT_EQ(Count(kLapsed), each);
  EXPECT_EQ(Count(kOpenTasks), 0);
  for (const Pair& pair : pairs_) {
    EXPECT_EQ(FatesOf(pair.duplicate), "sent, withheld 15") << "the letter is decided anew";
  }
}

TEST_F(MergesTest, WhatTheSurvivorSaidLongAgoHoldsForTheDuplicateOnceTheyAreOne) {
  for (const Pair& pair : pairs_) {
    Happens(ledger::FactKind::kConsentRecorded, pair.survivor, At("2026-05-01 09:00"), kObjects);
    ThanksTwice(pair.duplicate);
  }
  Turn(At("2026-11-23 09:02"));
  AllLettersWereOpened();
  EXPECT_EQ(Count("gratis_messages.engagement"), std::ssize(pairs_));
  EXPECT_EQ(Count(kOpenTasks), std::ssize(pairs_));
  EXPECT_EQ(Count(kLapsed), 0);
  MergeAll(At("2026-11-23 10:00"));
  Keep(At("2026-11-23 10:01"));
  EXPECT_EQ(Count("gratis_messages.engagement"), 0);
  EXPECT_EQ(Count(kOpenTasks), 0);
  EXPECT_EQ(Count(kLapsed), std::ssize(pairs_));
  for (const Pair& pair : pairs_) {
    EXPECT_EQ(FatesOf(pair.duplicate), "sent, withheld 15") << "the letter is decided anew";
  }
}

TEST_F(MergesTest, WhatTheSurvivorTookBackLongAgoEndsNothing) {
  for (const Pair& pair : pairs_) {
    Happens(ledger::FactKind::kConsentRecorded, pair.survivor, At("2026-05-01 09:00"), kObjects);
    Happens(ledger::FactKind::kConsentRecorded, pair.survivor, At("2026-06-01 09:00"),
            R"({"granted":["marketing/email","profiling"],"withdrawn":[]})");
    ThanksTwice(pair.duplicate);
  }
  Turn(At("2026-11-23 09:02"));
  AllLettersWereOpened();
  MergeAll(At("2026-11-23 10:00"));
  Keep(At("2026-11-23 10:01"));
  EXPECT_EQ(Count("gratis_messages.engagement"), std::ssize(pairs_));
  EXPECT_EQ(Count(kOpenTasks), std::ssize(pairs_));
}

TEST_F(MergesTest, AComplaintOfEitherHoldsBackLettersInLineOfBoth) {
  for (const Pair& pair : pairs_) Thanks(pair.duplicate, At("2026-11-23 09:00"));
  Turn(At("2026-11-23 09:01"));
  for (const Pair& pair : pairs_) Complains(pair.survivor, At("2026-11-23 09:30"), kAir);
  Keep(At("2026-11-23 09:31"));
  EXPECT_EQ(Count(kLapsed), 0) << "they are two";
  MergeAll(At("2026-11-23 10:00"));
  Turn(At("2026-11-23 10:01"));
  for (const Pair& pair : pairs_) {
    EXPECT_EQ(FatesOf(pair.duplicate), "waiting 5") << "it was in line before they were one";
    IsMended(pair.survivor, At("2026-11-23 10:10"), kAir);
    Thanks(pair.survivor, At("2026-11-23 10:20"));
  }
  Turn(At("2026-11-23 10:21"));
  for (const Pair& pair : pairs_) {
    EXPECT_EQ(FatesOf(pair.survivor), "sent");
    Complains(pair.duplicate, At("2026-11-23 10:30"), kWater);
  }
  Turn(At("2026-11-23 10:31"));
  for (const Pair& pair : pairs_) EXPECT_EQ(FatesOf(pair.survivor), "waiting 5");
}

TEST_F(MergesTest, WhenTheSurvivorDiesNothingIsLeftToDoForTheDuplicateEither) {
  for (const Pair& pair : pairs_) {
    Thanks(pair.duplicate, At("2026-11-23 09:00"), ",\"channels\":[\"task\"]");
  }
  Turn(At("2026-11-23 09:01"));
  MergeAll(At("2026-11-23 10:00"));
  const auto texts = [this] {
    std::vector<std::string> told;
    const auto tasks = messages_.ListTasks(program_, {}, {}, 0, 100, Soon());
    for (const SeenTask& task : *tasks) {
      if (!task.text.empty()) told.push_back(task.text);
    }
    return told.size();
  };
  EXPECT_EQ(texts(), pairs_.size());
  for (const Pair& pair : pairs_) {
    Becomes(pair.survivor, ledger::MemberState::kDeceased, At("2026-11-23 11:00"));
  }
  EXPECT_EQ(texts(), 0U) << "before the journal was read that far";
  EXPECT_EQ(Count("gratis_messages.task WHERE state = 1"), std::ssize(pairs_));
  Keep(At("2026-11-23 11:01"));
  EXPECT_EQ(Count("gratis_messages.task WHERE state = 1"), 0);
}

TEST_F(MergesTest, WhatADuplicateWasBeforeIsNotTheSurvivors) {
  for (const Pair& pair : pairs_) {
    Thanks(pair.survivor, At("2026-11-23 09:00"), ",\"channels\":[\"task\"]");
  }
  Turn(At("2026-11-23 09:01"));
  for (const Pair& pair : pairs_) {
    Becomes(pair.duplicate, ledger::MemberState::kSuspended, At("2026-11-23 10:00"));
    Becomes(pair.duplicate, ledger::MemberState::kActive, At("2026-11-23 11:00"));
  }
  MergeAll(At("2026-11-23 12:00"));
  Keep(At("2026-11-23 12:01"));
  EXPECT_EQ(Count("gratis_messages.task WHERE state = 1"), std::ssize(pairs_));
}

TEST_F(MergesTest, WhatIsSaidToTheSurvivorOfTheDuplicatesOrderIsNotOnceThatCameBack) {
  MergeAll(At("2026-11-28 20:00"));
  Keep(At("2026-11-28 20:01"));
  for (const Pair& pair : pairs_) {
    Thanks(pair.survivor, At("2026-11-28 20:30"), ",\"channels\":[\"task\"]");
    Thanks(pair.survivor, At("2026-11-28 20:31"));
    Happens(ledger::FactKind::kThankYou, pair.survivor, At("2026-11-28 20:32"),
            R"({"template":"ceo-note","purchase":"pur_2"})");
  }
  Turn(At("2026-11-28 20:40"));
  // Of these the journal is not read before the return is.
  for (const Pair& pair : pairs_) Thanks(pair.survivor, At("2026-11-28 20:50"));
  for (const Pair& pair : pairs_) {
    EXPECT_EQ(FatesOf(pair.survivor), "sent, sent, sent");
    Happens(ledger::FactKind::kReturn, pair.duplicate, At("2026-11-28 20:55"),
            R"({"purchase":"pur_1","whole":true})");
  }
  Turn(At("2026-11-28 20:56"));
  EXPECT_EQ(Count("gratis_messages.task WHERE state IN (1, 2)"), 0);
  for (const Pair& pair : pairs_) {
    EXPECT_EQ(FatesOf(pair.survivor), "sent, withheld 10, sent, withheld 10")
        << "the task is cancelled, and the other order's letter goes";
  }
}

TEST_F(MergesTest, WhatCameBackWhileTheSurvivorsPartitionWasReadIsNotSpokenOfEither) {
  const auto apart = std::find_if(pairs_.begin(), pairs_.end(), [this](const Pair& pair) {
    return ledger::PartitionOf(program_, pair.duplicate) !=
           ledger::PartitionOf(program_, pair.survivor);
  });
  ASSERT_NE(apart, pairs_.end());
  const auto is_thanked_for = [&](const char* detail) {
    Happens(ledger::FactKind::kThankYou, apart->survivor, At("2026-11-28 20:30"), detail);
  };
  const auto comes_back = [&](const char* detail) {
    Happens(ledger::FactKind::kReturn, apart->duplicate, At("2026-11-28 20:55"), detail);
  };
  MergeAll(At("2026-11-28 20:00"));
  Keep(At("2026-11-28 20:01"));
  is_thanked_for(R"({"template":"ceo-note","purchase":"pur_1"})");
  comes_back(R"({"purchase":"pur_1","whole":true})");
  bool between = false;
  // Called first once the survivor's partition was read for the sake of what came back.
  const Intents intents{pool_, ids_, [&] {
                          if (std::exchange(between, true)) return;
                          is_thanked_for(R"({"template":"ceo-note","purchase":"pur_2"})");
                          comes_back(R"({"purchase":"pur_2","whole":true})");
                        }};
  const int32_t returns = ledger::PartitionOf(program_, apart->duplicate);
  const absl::Status kept = intents.Keep(program_, returns, At("2026-11-28 20:56"), Soon(), {});
  ASSERT_TRUE(kept.ok()) << kept;
  EXPECT_TRUE(between);
  Turn(At("2026-11-28 20:57"));
  EXPECT_EQ(FatesOf(apart->survivor), "withheld 10, withheld 10");
}

TEST_F(MergesTest, TheDuplicatesInboxIsTheSurvivorsToReadUntilTheyAreTwoAgain) {
  std::vector<ledger::MergePair> merged;
  for (const Pair& pair : pairs_) {
    Thanks(pair.duplicate, At("2026-11-23 09:00"), ",\"channels\":[\"inbox\"]");
    Thanks(pair.survivor, At("2026-11-23 09:30"), ",\"channels\":[\"inbox\"]");
  }
  Turn(At("2026-11-23 09:31"));
  const auto inbox = [this](const MemberId& member, bool unread, int limit = 10) {
    return *messages_.ListInbox(program_, member, LastPlace(), unread, limit, Soon());
  };
  const auto read = [this](const MemberId& member, const MessageId& message) {
    return Post(read_marks_, std::make_unique<ReadMark>(member, message), member,
                At("2026-11-23 11:00"))
        .status();
  };
  for (const Pair& pair : pairs_) {
    const MessageId theirs = inbox(pair.duplicate, true).at(0).id;
    EXPECT_EQ(ReasonOf(read(pair.survivor, theirs)), Reason::kMessageNotFound);
    merged.push_back(Merge(pair, At("2026-11-23 10:00")));
    ASSERT_EQ(inbox(pair.survivor, true).size(), 2u);
    EXPECT_GT(inbox(pair.survivor, true)[0].id, inbox(pair.survivor, true)[1].id);
    EXPECT_EQ(inbox(pair.survivor, true, 1).size(), 1u);
    ASSERT_TRUE(read(pair.survivor, theirs).ok()) << read(pair.survivor, theirs);
    EXPECT_EQ(inbox(pair.survivor, true).size(), 1u);
    EXPECT_EQ(inbox(pair.survivor, false).size(), 2u);
  }
  EXPECT_EQ(Count("gratis_messages.inbox_read"), std::ssize(pairs_));
  EXPECT_EQ(Count("gratis_messages.message m JOIN gratis_messages.inbox_read r USING (partition, "
                  "id)"),
            std::ssize(pairs_));
  EXPECT_GT(Count("gratis_messages.tally WHERE channel = 3 AND opened > 0"), 0);
  for (const ledger::MergePair& pair : merged) {
    Part(pair, At("2026-11-23 12:00"));
    EXPECT_EQ(inbox(pair.survivor, false).size(), 1u);
    EXPECT_EQ(inbox(pair.duplicate, false).size(), 1u);
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
  // None of them went out yet, so all three are decided anew.
  Turn(At("2026-11-23 12:01"));
  for (const Pair& pair : pairs_) {
    EXPECT_EQ(FatesOf(pair.duplicate), "sent, sent");
    EXPECT_EQ(FatesOf(pair.survivor), "sent");
    Thanks(pair.survivor, At("2026-11-24 09:00"));
  }
  Turn(At("2026-11-24 09:01"));
  for (const Pair& pair : pairs_) EXPECT_EQ(FatesOf(pair.survivor), "sent, waiting 3");
  // A week after the three.
  Turn(At("2026-11-30 12:01"));
  for (const Pair& pair : pairs_) EXPECT_EQ(FatesOf(pair.survivor), "sent, sent");
}

}  // namespace
}  // namespace gratis::messages
