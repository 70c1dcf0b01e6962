#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <latch>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/civil.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/ledger/budgets.h"
#include "common/ledger/ledger_migrations.h"
#include "common/ledger/merging.h"
#include "common/ledger/ops.h"
#include "common/ledger/poster.h"
#include "common/ledger/program.h"
#include "common/ledger/reads.h"
#include "common/ledger/verify.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/vault/vault.h"
#include "services/birthdays/birthdays.h"
#include "services/birthdays/birthdays_migrations.h"
#include "tests/integration/common/pg/testing.h"
#include "tests/integration/services/birthdays/fake_celebrants.h"

namespace gratis::birthdays {

// Makes a member known to the ledger, as the members service would.
class Enroll final : public ledger::Mutation {
 public:
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    books.AddHolder(envelope.member, envelope.now);
    RETURN_IF_ERROR(books
                        .Post({.kind = ledger::FactKind::kMemberEnrolled,
                               .transaction = {envelope.member.uuid},
                               .member = envelope.member,
                               .effective_at = envelope.now,
                               .source = "",
                               .detail = ""})
                        .status());
    return "";
  }
};

// Moves a member to a state, as the members service would.
class Move final : public ledger::Mutation {
 public:
  explicit Move(ledger::MemberState state) : state_(state) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    RETURN_IF_ERROR(ledger::SetMemberState(books,
                                           {.kind = ledger::FactKind::kMemberStateSet,
                                            .transaction = {envelope.member.uuid},
                                            .member = envelope.member,
                                            .effective_at = envelope.now},
                                           state_));
    return "";
  }

 private:
  const ledger::MemberState state_;
};

// Something another service does to the books.
class Act final : public ledger::Mutation {
 public:
  using Decision = std::function<absl::Status(ledger::Books&)>;
  explicit Act(Decision decision) : decision_(std::move(decision)) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    RETURN_IF_ERROR(decision_(books));
    return "";
  }

 private:
  const Decision decision_;
};

// A database with one program, a real poster under the service's own role, a fake of the members
// service, and a program time that the test moves.
class BirthdaysHouse : public ::testing::Test {
 protected:
  BirthdaysHouse() : program_(NewProgram("demo", "Europe/Zurich")) {}

  static pg::testing::Template Content() {
    return pg::testing::TemplateOf({{"ledger", ledger::Migrations(), "birthdays"},
                                    {"gratis_birthdays", Migrations(), "birthdays"}});
  }
  static pg::PoolOptions PoolOptions(const std::string& conninfo) {
    pg::PoolOptions options;
    options.conninfo = conninfo;
    options.role = pg::ServiceRole("birthdays");
    options.application_name = "test";
    return options;
  }

  absl::Time Soon() const { return real_clock_.Now() + absl::Seconds(60); }

  // "2027-03-01 09:00" in `zone`.
  static absl::Time At(const std::string& local, const std::string& zone = "Europe/Zurich") {
    absl::Time time;
    std::string error;
    EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", local, *base::LoadZone(zone), &time, &error))
        << error;
    return time;
  }

  ledger::Program NewProgram(const std::string& code, const std::string& zone) {
    ledger::Program program;
    const absl::Status made = pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(const ledger::ProgramFrontier frontier, ledger::ReadProgramFrontier(tx));
      program = {.number = frontier.number,
                 .code = code,
                 .display_name = code,
                 .currency_code = "USD",
                 .time_zone = zone,
                 .first_partition = frontier.first_partition,
                 .partitions = 8,
                 .created_at = real_clock_.Now()};
      ledger::InsertProgram(tx, program);
      return absl::OkStatus();
    });
    EXPECT_TRUE(made.ok()) << made;
    return program;
  }

  // Members of both services, enrolled together.
  std::vector<MemberId> AddMembers(int count, const std::function<Celebrant(int)>& of) {
    std::vector<MemberId> added;
    std::latch known(count);
    for (int i = 0; i < count; ++i) {
      added.push_back({ids_.Next(real_clock_.Now())});
      celebrants_.members.push_back({added.back(), of(i)});
      auto enroll = std::make_unique<Enroll>();
      enroll->envelope = {.program = program_,
                          .member = added.back(),
                          .request_id = "enroll:" + added.back().ToString(),
                          .fingerprint = "enroll",
                          .actor = "test",
                          .now = celebrants_.members.back().celebrant.enrolled_at,
                          .deadline = Soon()};
      poster_.Submit(enroll_, std::move(enroll), [&known](const ledger::Outcome& outcome) {
        EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
        known.count_down();
      });
    }
    known.wait();
    return added;
  }
  MemberId AddMember(MonthDay birthday, const std::string& zone = "Europe/Zurich",
                     const std::string& enrolled = "2026-01-01 00:00") {
    return AddMembers(1, [&](int) {
      return Celebrant{birthday, *base::LoadZone(zone), At(enrolled)};
    })[0];
  }

  void SetState(const MemberId& member, ledger::MemberState state) {
    auto move = std::make_unique<Move>(state);
    move->envelope = {.program = program_,
                      .member = member,
                      .actor = "test",
                      .now = At("2027-01-01 00:00"),
                      .deadline = Soon()};
    const ledger::Outcome outcome = poster_.Post(enroll_, std::move(move));
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
  }

  // Does something to a member's books (the program's, for none) at `now`.
  absl::Status Do(const MemberId& member, absl::Time now, Act::Decision decision,
                  std::vector<MemberId> also = {}) {
    auto act = std::make_unique<Act>(std::move(decision));
    act->envelope = {.program = program_,
                     .member = member,
                     .also = std::move(also),
                     .actor = "test",
                     .now = now,
                     .deadline = Soon()};
    return poster_.Post(enroll_, std::move(act)).answer.status();
  }

  // A new one, or another limit.
  BudgetId SetBudget(int16_t unit, int64_t limit, BudgetId id = {}) {
    if (id.IsNil()) id = {ids_.Next(real_clock_.Now())};
    const absl::Time now = At("2027-01-01 00:00");
    const absl::Status set = Do({}, now, [&](ledger::Books& books) {
      ASSIGN_OR_RETURN(const ledger::Budget* known, books.FindBudget(id));
      return ledger::SetBudget(
          books,
          {.kind = ledger::FactKind::kBudgetSet,
           .transaction = ledger::TransactionOfProgram(program_, ids_.Next(now)),
           .member = {},
           .effective_at = now},
          {.budget = {.id = id,
                      .unit = unit,
                      .limit = limit,
                      .spent = known == nullptr ? 0 : known->spent},
           .code = "gifts-" + id.ToString()});
    });
    EXPECT_EQ(set, absl::OkStatus());
    return id;
  }

  // What the duplicate has comes over to the survivor, as the members service would have it.
  void Merge(const MemberId& duplicate, const MemberId& survivor, const std::string& now) {
    const absl::Status merged =
        Do(duplicate, At(now),
           [&](ledger::Books& books) {
             return ledger::MergeMembers(
                        books, {.duplicate = duplicate,
                                .survivor = survivor,
                                .leaving = ledger::Beside(program_, duplicate,
                                                          TransactionId{ids_.Next(At(now))}),
                                .arriving = ledger::Beside(program_, survivor,
                                                           TransactionId{ids_.Next(At(now))}),
                                .effective_at = At(now)})
                 .status();
           },
           {survivor});
    EXPECT_EQ(merged, absl::OkStatus());
    std::erase_if(celebrants_.members,
                  [&](const MemberCelebrant& listed) { return listed.member == duplicate; });
  }

  void ExpectSoundBooks() {
    for (int32_t i = program_.first_partition; i <= program_.last_partition(); ++i) {
      const auto found = ledger::VerifyPartition(
          pool_, program_, i, {.chain_key = std::string(32, 'c'), .deadline = Soon()});
      ASSERT_TRUE(found.ok()) << found.status();
      for (const ledger::Damage& damage : found->damages) {
        // Members and the program are made by the test, without what their services seal.
        if (damage.check == "unit" || damage.check == "name") continue;
        ADD_FAILURE() << damage.check << ": " << damage.description;
      }
    }
  }

  std::vector<Gift> GiftsOf(const MemberId& member, bool as_named = false) {
    const auto listed = birthdays_.ListGifts(program_, member, {}, 100, Soon(), as_named);
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::vector<Gift> gifts;
    for (const MemberGift& gift : listed.value_or(std::vector<MemberGift>())) {
      gifts.push_back(gift.gift);
    }
    return gifts;
  }

  // What there is to know of a voucher at `now`.
  ledger::VoucherState StateOf(const VoucherId& voucher, const std::string& now) {
    ledger::VoucherState state;
    const absl::Status looked =
        pg::RunTx(pool_, {.deadline = Soon(), .read_only = true}, [&](pg::Tx& tx) {
          return ledger::LookAtBooks(tx, program_, At(now), [&](ledger::Books& books) {
            ASSIGN_OR_RETURN(state, ledger::FindVoucher(books, voucher));
            return absl::OkStatus();
          });
        });
    EXPECT_TRUE(looked.ok()) << looked;
    return state;
  }

  RunOrder Order(absl::Time now) const {
    return {.program = program_,
            .actor = "service:birthdays",
            .now = now,
            .through = std::nullopt,
            .validate_only = false,
            .deadline = Soon(),
            .stop = {}};
  }

  // "given already withheld points" of a run that must succeed.
  std::string Run(const RunOrder& order) {
    const absl::StatusOr<RunReport> report = birthdays_.Run(order);
    EXPECT_TRUE(report.ok()) << report.status();
    if (!report.ok()) return report.status().ToString();
    return absl::StrCat("given ", report->given.gifts, ", already ", report->already_given,
                        ", withheld ", report->withheld, ", points ", report->given.points);
  }
  std::string Run(const std::string& now) { return Run(Order(At(now))); }

  int64_t Balance(const MemberId& member) {
    int64_t balance = -1;
    const absl::Status read = pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(auto wallets, ledger::ReadBalances(tx, program_, member, real_clock_.Now()));
      balance = wallets[ledger::kPointsUnit].available;
      return absl::OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read;
    return balance;
  }

  ledger::TrialBalance TrialBalance() {
    ledger::TrialBalance books;
    const absl::Status read = pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(books, ledger::ReadTrialBalance(tx, program_));
      return absl::OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read;
    return books;
  }

  // How many rows there are of `what`.
  int64_t Count(const std::string& what) {
    // A query's name and text live as long as the program.
    static std::map<std::string, std::string>& names = *new std::map<std::string, std::string>();
    const auto query =
        names.try_emplace("SELECT count(*) FROM " + what, absl::StrCat("testing/", names.size()))
            .first;
    int64_t count = -1;
    const absl::Status done = pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(pg::Query{query->second, query->first}));
      count = rows[0].Get<int64_t>(0);
      return absl::OkStatus();
    });
    EXPECT_TRUE(done.ok()) << done;
    return count;
  }

  ledger::Outcome Post(const Policy& policy, const std::string& request_id,
                       bool validate_only = false, const std::string& now = "2027-01-01 00:00") {
    auto change = std::make_unique<SetPolicy>(policy, ids_, At(now));
    change->envelope = {.program = program_,
                        .member = {},
                        .request_id = request_id,
                        .fingerprint = absl::StrCat("points ", policy.offer.presents.front().worth),
                        .actor = "key_test",
                        .now = At(now),
                        .deadline = Soon(),
                        .validate_only = validate_only};
    return poster_.Post(set_policies_, std::move(change));
  }

  pg::testing::TestDatabase database_{Content()};
  base::SystemClock real_clock_;
  base::RandomIds ids_;
  vault::Vault vault_ = *vault::Vault::FromMasterKey(std::string(32, 'm'), 1);
  pg::Pool pool_{PoolOptions(database_.conninfo())};
  ledger::MutationKind enroll_;
  SetPolicies set_policies_;
  ledger::Poster poster_{{.chain_key = std::string(32, 'c')}, pool_, real_clock_};
  FakeCelebrants celebrants_;
  Birthdays birthdays_{pool_, poster_, celebrants_, ids_, vault_};
  const ledger::Program program_;
};

}  // namespace gratis::birthdays
