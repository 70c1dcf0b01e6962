#include <array>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/ledger/reads.h"
#include "common/status/macros.h"
#include "tests/integration/common/ledger/till.h"
#include "tests/integration/common/pg/relay.h"

// Many callers in several processes move points about, while readers look at snapshots: none of
// them may show books that do not balance. What the callers were told is recorded, and held against
// the journal afterwards.
namespace gratis::ledger::testing {
namespace {

using pg::testing::Relay;

constexpr int kLanes = 8;
constexpr int kMembersOfALane = 3;
constexpr int kOrdersOfALane = 120;
constexpr int kMaxTries = 20;
constexpr uint64_t kSeed = 20'261'124;

enum class What {
  kEarn,
  kEarnLater,
  kEarnOfBudget,
  kSpend,
  kHold,
  kCapture,
  kVoid,
  kReverse,
  kActivate,
  kAdjust,
  kTransfer,
  kIssue,
  kRedeem,
  kTypes
};

// One request, as its caller keeps it for every try.
struct Order {
  What what = What::kEarn;
  std::string request_id;
  MemberId member;
  MemberId to;
  int64_t points = 0;
  TransactionId undone;
  HoldId hold;
  VoucherId voucher;
  BudgetId budget;
  absl::Time now;
  absl::Time until;
};

// What its caller saw of it. Stamps are places in one order of everything that was asked and
// answered.
struct Memory {
  Order order;
  std::optional<std::string> answer;  // nothing: never learned
  bool refused = false;               // surely not done
  int64_t asked = 0;
  int64_t answered = 0;
  int batch = 0;  // those of one atomic batch have the same; 0: alone
};

bool IsRefusal(Reason reason) {
  switch (reason) {
    case Reason::kInsufficientPoints:
    case Reason::kInsufficientWorth:
    case Reason::kHoldResolved:
    case Reason::kNothingToReverse:
    case Reason::kReversalTooLarge:
    case Reason::kClawbackRefused:
    case Reason::kNothingPending:
    case Reason::kTransactionNotFound:
    case Reason::kHoldNotFound:
    case Reason::kVoucherNotFound:
    case Reason::kVoucherNotLive:
    case Reason::kBudgetExhausted:
    case Reason::kTransferNotAllowed:
    case Reason::kBatchAborted:
      return true;
    default:
      return false;
  }
}

// Nobody can say whether it was done, or only that it was not in time.
bool IsOutage(Reason reason) {
  return reason == Reason::kDatabaseUnavailable || reason == Reason::kCommitInDoubt ||
         reason == Reason::kDeadlineExceeded || reason == Reason::kPoolExhausted ||
         reason == Reason::kConflict || reason == Reason::kOverloaded;
}

class Bank : public Till {
 protected:
  Bank() {
    Unit points;
    points.transferable = true;
    points.return_grace_days = 3;
    SetUnit(points);
    budgets_ = {AddBudget(2'000), AddBudget(2'000)};
    for (int i = 0; i < kLanes * kMembersOfALane; ++i) members_.push_back(Enroll());
  }

  // A caller that does one thing after the other, for members that are its own.
  class Lane;

  std::unique_ptr<Act> ActFor(const Order& order) {
    auto act = ActOf(
        FactKind::kEarn, order.member,
        [order, this](Books& books, const ledger::Posting& posting) {
          return Carry(order, books, posting);
        },
        order.request_id, order.request_id);
    act->envelope.now = order.now;
    if (!order.to.IsNil()) act->envelope.also = {order.to};
    return act;
  }
  static absl::Status Carry(const Order& order, Books& books, ledger::Posting posting);

  Poster& PosterOf(size_t process) {
    return process == 0 ? *poster_ : process == 1 ? *other_poster_ : *relayed_poster_;
  }
  // Program time goes on with every order, so that what has a time limit falls due.
  absl::Time Tick() { return now_ + absl::Minutes(30) * ++ticks_; }
  void Read(int reader);
  void CheckHistory(const std::vector<Memory>& memories);

  // Three processes; the third one's line to the database is cut every now and then.
  pg::Pool other_pool_{Options(database_.conninfo(), 4)};
  std::unique_ptr<Poster> other_poster_ = NewPoster(other_pool_);
  Relay relay_{pg::testing::TestClusterOptions().home + "/postgres/socket/.s.PGSQL.5432"};
  pg::Pool relayed_pool_{Options(relay_.Through(database_.conninfo()), 1)};
  std::unique_ptr<Poster> relayed_poster_ = NewPoster(relayed_pool_);

  std::vector<MemberId> members_;
  std::vector<BudgetId> budgets_;
  std::atomic<int64_t> ticks_{0};
  std::atomic<int64_t> stamps_{0};
  std::atomic<int> batches_{0};
  std::atomic<bool> over_{false};
  std::atomic<int> reads_{0};
};

absl::Status Bank::Carry(const Order& order, Books& books, ledger::Posting posting) {
  switch (order.what) {
    case What::kEarn:
      return ledger::Earn(books,
                          {.posting = posting, .points = order.points, .expires_at = order.until});
    case What::kEarnLater:
      return ledger::Earn(
          books, {.posting = posting, .points = order.points, .available_at = order.until});
    case What::kEarnOfBudget:
      posting.kind = FactKind::kThankYou;
      return ledger::Earn(books,
                          {.posting = posting, .points = order.points, .budget = order.budget});
    case What::kSpend:
      posting.kind = FactKind::kSpend;
      return ledger::Spend(books, posting, order.points);
    case What::kHold:
      posting.kind = FactKind::kHoldPlaced;
      return PlaceHold(books, {.posting = posting,
                               .hold = order.hold,
                               .points = order.points,
                               .life = absl::Hours(100)})
          .status();
    case What::kCapture:
      posting.kind = FactKind::kHoldCaptured;
      return CaptureHold(books, posting, order.hold, order.points).status();
    case What::kVoid:
      posting.kind = FactKind::kHoldReleased;
      return VoidHold(books, posting, order.hold).status();
    case What::kReverse:
      return ledger::Reverse(books,
                             {.posting = posting, .undone = order.undone, .points = order.points})
          .status();
    case What::kActivate:
      posting.kind = FactKind::kActivated;
      return Activate(books, posting, order.undone).status();
    case What::kAdjust:
      posting.kind = FactKind::kAdjusted;
      return Adjust(books, posting, order.points);
    case What::kTransfer:
      return TransferPoints(books, {.posting = posting, .to = order.to, .points = order.points});
    case What::kIssue:
      posting.unit = kVoucherMoneyUnit;
      return IssueVoucher(books,
                          {.posting = posting, .voucher = order.voucher, .worth = order.points});
    case What::kRedeem:
      return RedeemVoucher(books, posting, order.voucher, order.points);
    case What::kTypes:
      break;
  }
  return Error(Reason::kInternal, "no such order");
}

class Bank::Lane {
 public:
  Lane(Bank& bank, int number) : bank_(bank), number_(number), random_(kSeed + number) {}

  void Work() {
    for (int i = 0; i < kOrdersOfALane; ++i) {
      if (random_.Below(10) == 0) {
        AskTogether();
      } else {
        AskAlone(NewOrder());
      }
      if (random_.Below(8) == 0 && !memories_.empty()) {
        AskAgain(memories_[random_.Below(memories_.size())]);
      }
    }
  }
  std::vector<Memory>& memories() { return memories_; }

 private:
  Order NewOrder() {
    Order order;
    order.request_id = bank_.NextRequestId();
    order.member = bank_.members_[number_ + kLanes * random_.Below(kMembersOfALane)];
    order.now = bank_.Tick();
    order.until = order.now + absl::Hours(1 + random_.Below(400));
    order.points = 1 + random_.Below(90);
    order.what = random_.Below(8) == 0
                     ? What::kReverse
                     : static_cast<What>(random_.Below(static_cast<int>(What::kTypes)));
    order.budget = bank_.budgets_[random_.Below(bank_.budgets_.size())];
    order.hold = Beside(bank_.program_, order.member, HoldId{bank_.ids_.Next(order.now)});
    order.voucher = Beside(bank_.program_, order.member, VoucherId{bank_.ids_.Next(order.now)});
    if (order.what == What::kTransfer) {
      order.to = bank_.members_[random_.Below(bank_.members_.size())];
      if (order.to == order.member) order.what = What::kEarn, order.to = {};
    }
    if (order.what == What::kAdjust && random_.Below(2) == 0) order.points = -order.points;
    if (order.what == What::kReverse || order.what == What::kActivate) {
      if (const Order* earlier = AnyOf(transactions_)) {
        order.member = earlier->member;
        order.undone = earlier->undone;
        order.points = random_.Below(3) == 0 ? 0 : order.points;
      }
    }
    if (order.what == What::kCapture || order.what == What::kVoid) {
      if (const Order* earlier = AnyOf(holds_)) {
        order.member = earlier->member;
        order.hold = earlier->hold;
        order.points = random_.Below(2) == 0 ? 0 : 1 + random_.Below(earlier->points);
      }
    }
    if (order.what == What::kRedeem) {
      if (const Order* earlier = AnyOf(vouchers_)) {
        order.member = earlier->member;
        order.voucher = earlier->voucher;
        order.points = 1 + random_.Below(earlier->points);
      }
    }
    return order;
  }

  const Order* AnyOf(const std::vector<Order>& orders) {
    return orders.empty() ? nullptr : &orders[random_.Below(orders.size())];
  }

  Poster& AnyPoster() {
    const size_t process = random_.Below(3);
    if (process == 2 && random_.Below(4) == 0) {
      static constexpr std::array<const char*, 4> kWords = {
          "pg/commit", "pg/commit", "ledger/insert_journal", "ledger/lock_head"};
      bank_.relay_.CutAt(kWords[random_.Below(kWords.size())], random_.Below(2) == 0
                                                                   ? Relay::Cut::kBeforeServer
                                                                   : Relay::Cut::kBeforeClient);
    }
    return bank_.PosterOf(process);
  }

  void AskAlone(const Order& order) {
    Memory memory{.order = order, .answer = {}, .asked = ++bank_.stamps_};
    // Some are given up at the first outage, and then nobody knows.
    const int tries = random_.Below(3) == 0 ? 1 : kMaxTries;
    for (int i = 0; i < tries; ++i) {
      if (Learn(AnyPoster().Post(bank_.kind_, bank_.ActFor(order)), memory)) break;
    }
    memory.answered = ++bank_.stamps_;
    Remember(memory);
  }

  // All of them, or none.
  void AskTogether() {
    std::vector<Memory> batch;
    const int number = ++bank_.batches_;
    const int size = 2 + static_cast<int>(random_.Below(3));
    for (int i = 0; i < size; ++i) {
      batch.push_back({.order = NewOrder(), .answer = {}, .batch = number});
      batch.back().asked = ++bank_.stamps_;
    }
    for (int i = 0; i < kMaxTries && !PostTogether(batch); ++i) {
    }
    for (Memory& memory : batch) {
      memory.answered = ++bank_.stamps_;
      Remember(memory);
    }
  }

  bool PostTogether(std::vector<Memory>& batch) {
    std::mutex mutex;
    std::condition_variable arrived;
    size_t count = 0;
    std::vector<std::optional<Outcome>> outcomes(batch.size());
    std::vector<Pending> set;
    for (size_t i = 0; i < batch.size(); ++i) {
      set.push_back({&bank_.kind_, bank_.ActFor(batch[i].order), [&, i](Outcome outcome) {
                       const std::lock_guard lock(mutex);
                       outcomes[i] = std::move(outcome);
                       if (++count == batch.size()) arrived.notify_one();
                     }});
    }
    AnyPoster().SubmitTogether(std::move(set));
    {
      std::unique_lock lock(mutex);
      arrived.wait(lock, [&] { return count == batch.size(); });
    }
    bool all = true;
    for (size_t i = 0; i < batch.size(); ++i) all = Learn(*outcomes[i], batch[i]) && all;
    return all;
  }

  // Same id, same content: the first answer, whichever process is asked.
  void AskAgain(const Memory& memory) {
    if (!memory.answer) return;
    const Outcome again =
        bank_.PosterOf(random_.Below(2)).Post(bank_.kind_, bank_.ActFor(memory.order));
    ASSERT_TRUE(again.answer.ok()) << again.answer.status();
    EXPECT_TRUE(again.replayed) << memory.order.request_id;
    EXPECT_EQ(*again.answer, *memory.answer) << memory.order.request_id;
  }

  // Whether it is known now what became of it.
  bool Learn(const Outcome& outcome, Memory& memory) {
    memory.refused = false;
    if (outcome.answer.ok()) {
      memory.answer = *outcome.answer;
      return true;
    }
    const Reason reason = ReasonOf(outcome.answer.status()).value_or(Reason::kInternal);
    memory.refused = IsRefusal(reason);
    EXPECT_TRUE(memory.refused || IsOutage(reason)) << outcome.answer.status();
    return !IsOutage(reason);
  }

  void Remember(const Memory& memory) {
    memories_.push_back(memory);
    if (!memory.answer) return;
    Order order = memory.order;
    order.undone = *TransactionId::Parse(
        std::vector<std::string>(absl::StrSplit(*memory.answer, ' ')).front());
    transactions_.push_back(order);
    if (order.what == What::kHold) holds_.push_back(order);
    if (order.what == What::kIssue) vouchers_.push_back(order);
  }

  Bank& bank_;
  const int number_;
  base::SeededRandom random_;
  std::vector<Memory> memories_;
  std::vector<Order> transactions_;
  std::vector<Order> holds_;
  std::vector<Order> vouchers_;
};

// Looks until everybody has gone, both at the tables and as callers are shown them.
void Bank::Read(int reader) {
  base::SeededRandom random(kSeed - reader);
  while (!over_) {
    if (reader == 0) {
      ASSERT_EQ(Contradictions(), "");
    } else {
      const Wallet wallet = WalletOf(members_[random.Below(members_.size())]);
      EXPECT_TRUE(wallet.available == 0 || wallet.debt == 0);
      EXPECT_GE(std::min({wallet.available, wallet.pending, wallet.held, -wallet.debt}), 0);
      const absl::Status balanced =
          pg::RunTx(pool_,
                    {.deadline = clock_.Now() + absl::Seconds(20),
                     .read_only = true,
                     .isolation = pg::Isolation::kRepeatableRead},
                    [&](pg::Tx& tx) {
                      ASSIGN_OR_RETURN(const TrialBalance trial, ReadTrialBalance(tx, program_));
                      EXPECT_EQ(trial.total_points, 0);
                      return absl::OkStatus();
                    });
      EXPECT_EQ(balanced, absl::OkStatus());
    }
    ++reads_;
  }
}

void Bank::CheckHistory(const std::vector<Memory>& memories) {
  struct Posted {
    int64_t rows, first, last;
    bool by_callers;  // not by the passing of time alone
  };
  std::map<std::string, std::string> stored;  // request id -> answer
  const std::string requests = Text(
      "SELECT coalesce(string_agg(request_id || '=' || convert_from(answer, 'UTF8'), E'\\n'), '')"
      " FROM ledger.request");
  for (const absl::string_view line : absl::StrSplit(requests, '\n')) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(line, absl::MaxSplits('=', 1));
    stored.insert(parts);
  }
  std::map<std::string, Posted> journal;  // by the transaction's hexadecimal digits
  const std::string rows = Text(
      "SELECT coalesce(string_agg(format('%s %s %s %s %s', replace(transaction::text, '-', ''),"
      " count, first, last, callers), E'\\n'), '') FROM (SELECT transaction, count(*),"
      " min(seq) AS first, max(seq) AS last, bool_or(actor <> 'engine') AS callers"
      " FROM ledger.journal WHERE kind <> 10 AND member IS NOT NULL GROUP BY transaction) AS t");
  for (const absl::string_view line : absl::StrSplit(rows, '\n')) {
    const std::vector<std::string> parts = absl::StrSplit(line, ' ');
    Posted& posted = journal[parts[0]];
    ASSERT_TRUE(absl::SimpleAtoi(parts[1], &posted.rows));
    ASSERT_TRUE(absl::SimpleAtoi(parts[2], &posted.first));
    ASSERT_TRUE(absl::SimpleAtoi(parts[3], &posted.last));
    posted.by_callers = parts[4] == "t";
  }

  std::map<int32_t, std::vector<std::pair<const Memory*, Posted>>> by_partition;
  std::map<int, std::set<bool>> batches;
  std::set<std::string> known;
  int posted_unseen = 0;
  for (const Memory& memory : memories) {
    const std::string& id = memory.order.request_id;
    const auto request = stored.find(id);
    const bool done = request != stored.end();
    known.insert(id);
    if (memory.batch != 0) batches[memory.batch].insert(done);
    if (memory.refused) {
      EXPECT_FALSE(done) << id << " was refused, and is there";
    }
    if (!memory.answer) {
      posted_unseen += done;
    } else {
      ASSERT_TRUE(done) << id << " was acknowledged, and is lost";
      EXPECT_EQ(request->second, *memory.answer) << id;
    }
    if (!done) continue;
    const std::vector<std::string> answer = absl::StrSplit(request->second, ' ');
    const auto transaction = TransactionId::Parse(answer[0]);
    ASSERT_TRUE(transaction.ok()) << request->second;
    const std::string_view bytes = transaction->uuid.AsBytes();
    const auto found =
        journal.find(absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size())));
    ASSERT_NE(found, journal.end()) << id << " has an answer and no rows";
    // A transfer's rows are in two partitions, and only the giver's are told apart by seq.
    EXPECT_EQ(absl::StrCat(found->second.rows), answer[1]) << id << ": not posted exactly once";
    if (memory.answer && memory.order.what != What::kTransfer) {
      by_partition[PartitionOf(program_, memory.order.member)].push_back({&memory, found->second});
    }
    journal.erase(found);
  }
  for (const auto& [request_id, answer] : stored) {
    EXPECT_TRUE(answer == "enrolled" || answer == "set" || known.contains(request_id))
        << request_id;
  }
  for (const auto& [batch, done] : batches) {
    EXPECT_EQ(done.size(), 1u) << "batch " << batch << " was done in part";
  }
  for (const auto& [transaction, posted] : journal) {
    EXPECT_FALSE(posted.by_callers) << transaction << " is nobody's";
  }
  // Whoever was asked after another had answered is behind it in the journal.
  for (const auto& [partition, items] : by_partition) {
    for (const auto& [earlier, before] : items) {
      for (const auto& [later, after] : items) {
        if (earlier->answered >= later->asked) continue;
        ASSERT_LT(before.last, after.first) << earlier->order.request_id << " was answered before "
                                            << later->order.request_id << " was asked";
      }
    }
  }
  RecordProperty("posted without an answer", posted_unseen);
}

TEST_F(Bank, EverySnapshotBalancesAndTheJournalIsWhatCallersWereTold) {
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) readers.emplace_back([this, i] { Read(i); });
  std::vector<std::unique_ptr<Lane>> lanes;
  for (int i = 0; i < kLanes; ++i) lanes.push_back(std::make_unique<Lane>(*this, i));
  InThreads(kLanes, [&](int i) { lanes[i]->Work(); });
  over_ = true;
  for (std::thread& reader : readers) reader.join();

  std::vector<Memory> memories;
  for (const auto& lane : lanes) {
    memories.insert(memories.end(), lane->memories().begin(), lane->memories().end());
  }
  EXPECT_EQ(Contradictions(), "");
  ExpectSoundBooks();
  CheckHistory(memories);

  // Nothing above is worth anything unless enough of everything happened.
  std::map<What, int> done;
  int refused = 0;
  int unknown = 0;
  for (const Memory& memory : memories) {
    if (memory.answer) ++done[memory.order.what];
    refused += memory.refused;
    unknown += !memory.answer && !memory.refused;
  }
  for (int what = 0; what < static_cast<int>(What::kTypes); ++what) {
    EXPECT_GT(done[static_cast<What>(what)], 0) << "orders of kind " << what;
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(unknown, 0);
  EXPECT_GT(reads_, 5);
  EXPECT_GT(Number("SELECT count(*) FROM ledger.journal WHERE actor = 'engine'"), 10);
}

// A look at the books that sees nothing would let everything pass.
TEST_F(Bank, ASnapshotThatContradictsItselfIsSeen) {
  const MemberId ada = members_[0];
  ASSERT_TRUE(Earns(ada, 100).ok());
  Holds(ada, 40);
  const TransactionId earned = Earns(members_[1], 50).transaction;
  ASSERT_TRUE(Spends(members_[1], 50).ok());
  ASSERT_TRUE(Earns(members_[1], 20).ok());
  ASSERT_TRUE(Reverses(members_[1], earned).ok());
  auto gift = ActFor({.what = What::kEarnOfBudget,
                      .request_id = "gift",
                      .member = ada,
                      .points = 10,
                      .budget = budgets_[0],
                      .now = now_});
  ASSERT_TRUE(poster_->Post(kind_, std::move(gift)).answer.ok());
  ASSERT_EQ(Contradictions(), "");
  // The database itself refuses some of these.
  database_.Execute(
      "ALTER TABLE ledger.lot DROP CONSTRAINT lot_check, DROP CONSTRAINT lot_check1,"
      " DROP CONSTRAINT lot_spent_check;"
      "ALTER TABLE ledger.wallet DROP CONSTRAINT wallet_check, DROP CONSTRAINT "
      "wallet_pending_check;"
      "ALTER TABLE ledger.budget DROP CONSTRAINT budget_check");
  const std::array<std::pair<const char*, const char*>, 11> damages = {{
      {"UPDATE ledger.wallet SET available = available + 1 WHERE available > 0",
       "a wallet is not its lots"},
      {"UPDATE ledger.account SET points = points + 1 WHERE account = 10", "debits and credits"},
      {"INSERT INTO ledger.account VALUES (1, 1, 13, 5)", "on their way"},
      {"UPDATE ledger.journal SET points = points + 1 WHERE points = 10", "is not its journal"},
      {"UPDATE ledger.wallet SET available = 1 WHERE debt < 0", "points beside a debt"},
      {"UPDATE ledger.wallet SET pending = -1", "below zero: the wallet"},
      {"UPDATE ledger.lot SET spent = -1", "below zero: lot"},
      {"UPDATE ledger.lot SET taken = taken + 1", "does not add up"},
      {"UPDATE ledger.pin SET points = points - 1", "is not what pins it"},
      {"UPDATE ledger.cover SET points = points + 1", "what no cover knows"},
      {"UPDATE ledger.budget SET spent = spent + 1", "budget"},
  }};
  for (const auto& [damage, seen] : damages) {
    const absl::Status status =
        pg::RunTx(admin_, {.deadline = clock_.Now() + absl::Seconds(20)}, [&](pg::Tx& tx) {
          RETURN_IF_ERROR(tx.RunScript(damage));
          ASSIGN_OR_RETURN(const std::string found, ContradictionsIn(tx));
          EXPECT_THAT(found, ::testing::HasSubstr(seen)) << damage;
          return Error(Reason::kFieldInvalid, "undone");
        });
    EXPECT_EQ(ReasonOf(status), Reason::kFieldInvalid) << status;
  }
  EXPECT_EQ(Contradictions(), "");
}

}  // namespace
}  // namespace gratis::ledger::testing
