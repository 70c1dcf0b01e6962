#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/ledger/budgets.h"
#include "common/ledger/ledger_migrations.h"
#include "common/ledger/merging.h"
#include "common/ledger/ops.h"
#include "common/ledger/poster.h"
#include "common/ledger/reads.h"
#include "common/status/macros.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "services/thanks/purchases.h"
#include "services/thanks/returns.h"
#include "services/thanks/thanks.h"
#include "services/thanks/thanks_migrations.h"
#include "services/thanks/trigger_aftermath.h"
#include "services/thanks/trigger_changes.h"
#include "services/thanks/trigger_due.h"
#include "services/thanks/trigger_welcome.h"
#include "services/thanks/triggers.h"
#include "tests/integration/common/pg/testing.h"

// A shop with members, triggers and purchases, on a real database.
namespace gratis::thanks {

inline const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
inline constexpr absl::Duration kDay = absl::Hours(24);

// A change that a test makes by a function.
class Doing final : public ledger::Mutation {
 public:
  explicit Doing(std::function<absl::Status(ledger::Books&, const ledger::Envelope&)> what)
      : what_(std::move(what)) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    RETURN_IF_ERROR(what_(books, envelope));
    return std::string("done");
  }

 private:
  const std::function<absl::Status(ledger::Books&, const ledger::Envelope&)> what_;
};

class ShopTest : public ::testing::Test {
 protected:
  void SetUp() override {
    pg::Pool admin({.conninfo = database_.conninfo(), .size = 1});
    ASSERT_TRUE(pg::RunTx(admin, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(const auto frontier, ledger::ReadProgramFrontier(tx));
                  program_.number = frontier.number;
                  program_.first_partition = frontier.first_partition;
                  ledger::InsertProgram(tx, program_);
                  return absl::OkStatus();
                }).ok());
    member_ = NewMember();
  }

  absl::Time Soon() const { return clock_.Now() + absl::Seconds(30); }

  ledger::Envelope EnvelopeFor(const std::string& request_id, const MemberId& member) const {
    return {.program = program_,
            .member = member,
            .request_id = request_id,
            .fingerprint = absl::StrCat("fingerprint of ", request_id),
            .actor = "key_test",
            .now = now_,
            .deadline = Soon()};
  }

  ledger::Outcome Do(const MemberId& member,
                     std::function<absl::Status(ledger::Books&, const ledger::Envelope&)> what) {
    auto doing = std::make_unique<Doing>(std::move(what));
    doing->envelope = EnvelopeFor("", member);
    return poster_.Post(plain_, std::move(doing));
  }

  MemberId NewMember() { return Enrolled({ids_.Next(now_)}); }
  MemberId NewMemberIn(int32_t partition) { return Enrolled(NobodyIn(partition)); }
  // An id of nobody's that leads to this partition.
  MemberId NobodyIn(int32_t partition) {
    MemberId nobody{ids_.Next(now_)};
    while (ledger::PartitionOf(program_, nobody) != partition) nobody = {ids_.Next(now_)};
    return nobody;
  }
  MemberId Enrolled(const MemberId& member) {
    const auto outcome = Do(member, [](ledger::Books& books, const ledger::Envelope& envelope) {
      books.AddHolder(envelope.member, envelope.now);
      return books
          .Post({.kind = ledger::FactKind::kMemberEnrolled,
                 .member = envelope.member,
                 .effective_at = envelope.now})
          .status();
    });
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
    return member;
  }

  // A household, as the members service makes one.
  MemberId NewHousehold() {
    const MemberId group = NewMember();
    const auto outcome = Do(group, [](ledger::Books& books, const ledger::Envelope& envelope) {
      return books
          .Post({.kind = ledger::FactKind::kGroupChanged,
                 .member = envelope.member,
                 .effective_at = envelope.now})
          .status();
    });
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
    return group;
  }

  void SetState(const MemberId& member, ledger::MemberState state) {
    const auto outcome =
        Do(member, [state](ledger::Books& books, const ledger::Envelope& envelope) {
          return ledger::SetMemberState(books,
                                        {.kind = ledger::FactKind::kMemberStateSet,
                                         .member = envelope.member,
                                         .effective_at = envelope.now},
                                        state);
        });
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
  }

  // What a table has of a member becomes nobody's: whoever does something about it fails.
  void Spoil(const std::string& table, const MemberId& member) {
    const MemberId nobody = NobodyIn(ledger::PartitionOf(program_, member));
    database_.Execute(absl::StrCat("UPDATE gratis_thanks.", table, " SET member = '",
                                   base::Hex(nobody.uuid.AsBytes()), "' WHERE member = '",
                                   base::Hex(member.uuid.AsBytes()), "'"));
  }

  ledger::MergePair PairOf(const MemberId& duplicate, const MemberId& survivor) {
    return {.duplicate = duplicate,
            .survivor = survivor,
            .leaving = ledger::Beside(program_, duplicate, TransactionId{ids_.Next(now_)}),
            .arriving = ledger::Beside(program_, survivor, TransactionId{ids_.Next(now_)}),
            .effective_at = now_,
            .source = "test"};
  }
  void DoFor(const ledger::MergePair& pair, std::function<absl::Status(ledger::Books&)> what) {
    auto doing = std::make_unique<Doing>(
        [what = std::move(what)](ledger::Books& books, const ledger::Envelope&) {
          return what(books);
        });
    doing->envelope = EnvelopeFor("", pair.duplicate);
    doing->envelope.also = {pair.survivor};
    doing->envelope.of_merged = true;
    const ledger::Outcome outcome = poster_.Post(plain_, std::move(doing));
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
  }
  // As the members service merges two who are one.
  ledger::MergePair Merge(const MemberId& duplicate, const MemberId& survivor) {
    const ledger::MergePair pair = PairOf(duplicate, survivor);
    DoFor(pair, [=](ledger::Books& books) { return ledger::MergeMembers(books, pair).status(); });
    return pair;
  }
  void Undo(const ledger::MergePair& merge) {
    const ledger::MergePair undo = PairOf(merge.duplicate, merge.survivor);
    DoFor(merge,
          [=](ledger::Books& books) { return ledger::UndoMerge(books, merge, undo).status(); });
  }

  BudgetId NewBudget(int64_t limit, int16_t unit = ledger::kPointsUnit) {
    const BudgetId id{ids_.Next(now_)};
    const auto outcome = Do({}, [&](ledger::Books& books, const ledger::Envelope& envelope) {
      return ledger::SetBudget(
          books, {.kind = ledger::FactKind::kBudgetSet, .member = {}, .effective_at = envelope.now},
          {.budget = {.id = id, .unit = unit, .limit = limit}, .code = id.ToString()});
    });
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
    return id;
  }

  ledger::Outcome Set(Trigger trigger) {
    EXPECT_TRUE(CheckTrigger(trigger).ok()) << CheckTrigger(trigger);
    auto change = std::make_unique<SetTrigger>(std::move(trigger), ids_, now_);
    change->envelope = EnvelopeFor(absl::StrCat("trigger ", ++changes_made_), MemberId{});
    ledger::Outcome outcome = poster_.Post(set_triggers_, std::move(change));
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
    return outcome;
  }

  void Limit(int32_t most, int32_t within_days) {
    auto change = std::make_unique<SetTriggerLimits>(
        TriggerLimits{.most = most, .within_days = within_days}, ids_, now_);
    change->envelope = EnvelopeFor(absl::StrCat("limits ", ++changes_made_), {});
    EXPECT_TRUE(poster_.Post(set_limits_, std::move(change)).answer.ok());
  }

  static Trigger Note(const std::string& code = "ceo-note") {
    Trigger trigger{.code = code};
    trigger.sender_code = "ceo";
    trigger.sender_name = "Anna Keller, founder";
    trigger.template_code = code;
    return trigger;
  }

  OrderKey Order(const std::string& id) const {
    OrderKey order;
    order.source = "webshop";
    order.order_id = id;
    return order;
  }

  std::unique_ptr<RecordPurchase> Purchasing(const std::string& order_id, int64_t cents = 1000,
                                             std::vector<Line> lines = {}) {
    PurchaseOrder order{.member = member_,
                        .order = Order(order_id),
                        .total = {"USD", cents},
                        .purchased_at = purchased_at_.value_or(now_)};
    if (!lines.empty()) order.total.minor_units = 0;
    for (const Line& line : lines) {
      order.total.minor_units += line.quantity * line.unit_price_minor;
    }
    order.lines = std::move(lines);
    PurchaseNames names{.order = thanks_.NameOf(program_, order.order)};
    auto purchase =
        std::make_unique<RecordPurchase>(std::move(order), std::move(names), ids_, now_);
    purchase->envelope = EnvelopeFor("buy " + order_id, member_);
    return purchase;
  }

  v1::RecordPurchaseResponse Buy(const std::string& order_id, std::vector<Line> lines = {}) {
    return Answered<v1::RecordPurchaseResponse>(
        poster_.Post(changes_, Purchasing(order_id, 1000, std::move(lines))));
  }

  template <class Response>
  static Response Answered(const ledger::Outcome& outcome) {
    Response response;
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
    if (outcome.answer.ok()) {
      EXPECT_TRUE(response.ParseFromString(*outcome.answer));
    }
    return response;
  }

  void Return(const std::string& order_id, Returning returning) {
    const ledger::DirectoryKey name = thanks_.NameOf(program_, Order(order_id));
    const auto located = thanks_.Locate(program_, name, Soon());
    ASSERT_TRUE(located.ok()) << located.status();
    ASSERT_EQ(located->where, Located::Where::kRecorded);
    auto change =
        std::make_unique<RecordReturn>(ReturnOrder{.order = Order(order_id),
                                                   .return_id = absl::StrCat("r", ++changes_made_),
                                                   .returning = std::move(returning),
                                                   .returned_at = now_},
                                       name, *located, ids_, now_);
    change->envelope = EnvelopeFor(absl::StrCat("return ", changes_made_), located->member);
    const ledger::Outcome outcome = poster_.Post(changes_, std::move(change));
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
  }

  ledger::Outcome Deliver(const std::string& order_id) {
    const ledger::DirectoryKey name = thanks_.NameOf(program_, Order(order_id));
    const auto located = thanks_.Locate(program_, name, Soon());
    EXPECT_TRUE(located.ok()) << located.status();
    auto change = std::make_unique<RecordDelivery>(
        DeliveryOrder{.order = Order(order_id), .delivered_at = now_}, name, *located, ids_, now_);
    change->envelope = EnvelopeFor(absl::StrCat("deliver ", ++changes_made_), located->member);
    if (located->where != Located::Where::kRecorded) {
      change->envelope.partition = located->partition;
    }
    return poster_.Post(changes_, std::move(change));
  }

  DueReport RunDue() {
    const auto report = due_.Run(program_, now_, Soon(), {});
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(DueReport());
  }

  TriggerReport Explained(const std::string& order_id) {
    const auto found = thanks_.FindPurchase(program_, Order(order_id), Soon());
    EXPECT_TRUE(found.ok()) << found.status();
    if (!found.ok()) return {};
    const auto report = triggers_.Explain(program_, found->purchase, now_, Soon());
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(TriggerReport());
  }
  // Of an order's one trigger.
  TriggerResult ResultOf(const std::string& order_id, const std::string& trigger = "ceo-note") {
    for (const ToldResult& told : Explained(order_id).told) {
      if (told.result.trigger == trigger) return told.result;
    }
    ADD_FAILURE() << "nothing became of " << trigger;
    return {};
  }

  // A member's facts of a kind.
  std::vector<ledger::JournalRow> Facts(ledger::FactKind kind, std::optional<MemberId> of = {}) {
    std::vector<ledger::JournalRow> rows;
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ledger::EntryFilter filter;
                  filter.kinds = {kind};
                  ASSIGN_OR_RETURN(
                      rows, ledger::ReadEntries(tx, program_, of.value_or(member_), filter, 1000));
                  return absl::OkStatus();
                }).ok());
    return rows;
  }

  // Of thank-yous that a trigger brought about.
  size_t Thanked(const std::string& trigger, std::optional<MemberId> member = {}) {
    size_t thanked = 0;
    for (const ledger::JournalRow& row : Facts(ledger::FactKind::kThankYou, member)) {
      thanked += row.fact.detail.find("\"trigger\":\"" + trigger + "\"") != std::string::npos;
    }
    return thanked;
  }

  int64_t Points(const MemberId& member) {
    int64_t available = -1;
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(auto wallets, ledger::ReadBalances(tx, program_, member, now_));
                  available = wallets[ledger::kPointsUnit].available;
                  return absl::OkStatus();
                }).ok());
    return available;
  }

  static pg::testing::Template Content() {
    return pg::testing::TemplateOf(
        {{"ledger", ledger::Migrations(), "thanks"}, {"gratis_thanks", Migrations(), "thanks"}});
  }

  const base::SystemClock clock_;
  absl::Time now_ = kNow;
  std::optional<absl::Time> purchased_at_;  // now, unless said
  base::RandomIds ids_;
  pg::testing::TestDatabase database_{Content()};
  pg::Pool pool_{{.conninfo = database_.conninfo(),
                  .role = pg::ServiceRole("thanks"),
                  .application_name = "test",
                  .size = 6}};
  const vault::Vault vault_ = *vault::Vault::FromMasterKey(std::string(32, 'm'), 1);
  ledger::Poster poster_{{.chain_key = std::string(32, 'c')}, pool_, clock_};
  Thanks thanks_{pool_, vault_};
  ledger::MutationKind plain_;
  TriggerReader reader_;
  Triggers triggers_{pool_, reader_};
  TriggerAftermath aftermath_{reader_, vault_};
  PurchaseChanges changes_{&aftermath_};
  SetTriggers set_triggers_;
  SetTriggersLimits set_limits_;
  DueThanks due_{pool_, poster_, reader_, vault_};
  ledger::Program program_{.code = "shop",
                           .display_name = "Shop",
                           .currency_code = "USD",
                           .time_zone = "UTC",
                           .partitions = 2,
                           .created_at = kNow};
  MemberId member_;
  int changes_made_ = 0;
};

}  // namespace gratis::thanks
