#include "tests/integration/common/ledger/kernel.h"

#include <map>
#include <mutex>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/ledger/budgets.h"
#include "common/ledger/ledger_migrations.h"
#include "common/ledger/reads.h"
#include "common/ledger/setting.h"
#include "common/pg/pause.h"
#include "common/status/macros.h"

namespace gratis::ledger::testing {
namespace {

// A query made up here, kept for as long as connections may know it.
pg::Query Kept(const std::string& text) {
  static std::mutex mutex;
  static std::map<std::string, std::string> names;
  const std::lock_guard lock(mutex);
  const auto kept = names.emplace(text, absl::StrCat("kernel_test/", names.size())).first;
  return {kept->second, kept->first};
}

pg::TxOptions Soon() { return {.deadline = pg::RealNow() + absl::Seconds(20)}; }

}  // namespace

Kernel::Kernel()
    : now_(absl::FromUnixSeconds(1'800'000'000)),
      database_(pg::testing::TemplateOf({{"ledger", Migrations(), "ledger"}})),
      pool_(Options(database_.conninfo(), 8)),
      admin_({.conninfo = database_.conninfo(), .role = "", .application_name = "test", .size = 2}),
      program_{.number = 2,
               .code = "demo",
               .display_name = "Demo",
               .currency_code = "USD",
               .time_zone = "UTC",
               .first_partition = 1,
               .partitions = 8,
               .created_at = now_},
      poster_(NewPoster(pool_)) {
  EXPECT_EQ(pg::RunTx(pool_, Soon(),
                      [&](pg::Tx& tx) {
                        InsertProgram(tx, program_);
                        return absl::OkStatus();
                      }),
            absl::OkStatus());
  PostFact(House(), {.kind = FactKind::kProgramCreated,
                     .effective_at = program_.created_at,
                     .source = program_.code,
                     .detail = ProgramJson(program_)});
}

pg::PoolOptions Kernel::Options(const std::string& conninfo, int size) const {
  pg::PoolOptions options;
  options.conninfo = conninfo;
  options.role = pg::ServiceRole("ledger");
  options.application_name = "test";
  options.size = size;
  return options;
}

std::unique_ptr<Poster> Kernel::NewPoster(pg::Pool& pool) const {
  PosterOptions options;
  options.chain_key = kChainKey;
  return std::make_unique<Poster>(std::move(options), pool, clock_);
}

Envelope Kernel::EnvelopeFor(const MemberId& member, const std::string& request_id,
                             const std::string& content) const {
  Envelope envelope;
  envelope.program = program_;
  envelope.member = member;
  envelope.request_id = request_id;
  envelope.fingerprint = base::AsBytes(base::Sha256(content));
  envelope.actor = "key_test";
  envelope.now = now_;
  envelope.deadline = clock_.Now() + absl::Seconds(30);
  return envelope;
}

std::unique_ptr<Act> Kernel::Move(FactKind kind, const MemberId& member, int64_t points,
                                  const std::string& request_id) {
  auto act =
      std::make_unique<Act>([kind, points](Act& self, Books& books) -> absl::StatusOr<std::string> {
        const MemberId& who = self.envelope.member;
        const Posting posting{.kind = kind,
                              .transaction = self.transaction,
                              .member = who,
                              .effective_at = self.envelope.now,
                              .source = "test"};
        RETURN_IF_ERROR(kind == FactKind::kEarn
                            ? ledger::Earn(books, {.posting = posting, .points = points})
                            : ledger::Spend(books, posting, points));
        return absl::StrCat(self.transaction.ToString(), " ", books.AvailablePoints(who));
      });
  act->transaction = Beside(program_, member, TransactionId{ids_.Next(now_)});
  act->envelope = EnvelopeFor(member, request_id,
                              absl::StrCat(static_cast<int>(kind), member.ToString(), points));
  return act;
}

std::unique_ptr<Act> Kernel::Enrollment(const MemberId& member) {
  auto act = std::make_unique<Act>([](Act& self, Books& books) -> absl::StatusOr<std::string> {
    const MemberId& who = self.envelope.member;
    books.AddHolder(who, self.envelope.now);
    RETURN_IF_ERROR(books
                        .Post({.kind = FactKind::kMemberEnrolled,
                               .transaction = self.transaction,
                               .member = who,
                               .effective_at = self.envelope.now,
                               .source = "test",
                               .detail = "{}"})
                        .status());
    return std::string("enrolled");
  });
  act->transaction = {ids_.Next(now_)};
  act->envelope = EnvelopeFor(member, NextRequestId(), member.ToString());
  return act;
}

void Kernel::PostFact(const Program& program, Fact fact) {
  auto act = std::make_unique<Act>([fact](Act& self, Books& books) -> absl::StatusOr<std::string> {
    Fact posted = fact;
    posted.transaction = self.transaction;
    RETURN_IF_ERROR(books.Post(std::move(posted)).status());
    return std::string("set");
  });
  act->transaction = {ids_.Next(now_)};
  act->envelope = EnvelopeFor({}, NextRequestId(), fact.detail);
  act->envelope.program = program;
  EXPECT_EQ(poster_->Post(kind_, std::move(act)).answer.status(), absl::OkStatus());
}

void Kernel::SetUnit(const Unit& unit) {
  PostFact(program_, {.kind = FactKind::kUnitSet,
                      .unit = unit.number,
                      .effective_at = now_,
                      .detail = UnitJson(unit)});
  database_.Execute(absl::StrCat(
      "INSERT INTO ledger.unit VALUES (", program_.number, ", ", unit.number, ", ", unit.version,
      ", '", unit.code, "', '", unit.display_name, "', ", static_cast<int>(unit.expiry), ", ",
      unit.expiry_months, ", ", unit.expiry_month, ", ", unit.expiry_day, ", ",
      static_cast<int>(unit.rounding), ", ", static_cast<int>(unit.clawback), ", ",
      unit.transferable ? "true" : "false", ", ", unit.adjust_limit, ", ", unit.max_hold_hours,
      ", ", unit.return_grace_days, ")"));
}

BudgetId Kernel::SetBudget(const std::string& code, int64_t limit) {
  const NamedBudget named{.budget = {.id = {ids_.Next(now_)}, .limit = limit}, .code = code};
  auto act = std::make_unique<Act>([named](Act& self, Books& books) -> absl::StatusOr<std::string> {
    RETURN_IF_ERROR(ledger::SetBudget(books,
                                      {.kind = FactKind::kBudgetSet,
                                       .transaction = self.transaction,
                                       .effective_at = self.envelope.now},
                                      named));
    return std::string("set");
  });
  act->transaction = {ids_.Next(now_)};
  act->envelope = EnvelopeFor({}, NextRequestId(), code);
  EXPECT_EQ(poster_->Post(kind_, std::move(act)).answer.status(), absl::OkStatus());
  return named.budget.id;
}

MemberId Kernel::MemberInPartition(int32_t index) {
  while (true) {
    const MemberId member{ids_.Next(now_)};
    if (PartitionOf(program_, member) == program_.first_partition + index) return member;
  }
}

MemberId Kernel::Enroll(std::optional<int32_t> index) {
  const MemberId member = index ? MemberInPartition(*index) : MemberId{ids_.Next(now_)};
  EXPECT_EQ(poster_->Post(kind_, Enrollment(member)).answer.status(), absl::OkStatus());
  return member;
}

Outcome Kernel::Earn(const MemberId& member, int64_t points, const std::string& request_id) {
  return poster_->Post(kind_, Move(FactKind::kEarn, member, points, request_id));
}

Outcome Kernel::Spend(const MemberId& member, int64_t points, const std::string& request_id) {
  return poster_->Post(kind_, Move(FactKind::kSpend, member, points, request_id));
}

int64_t Kernel::Balance(const MemberId& member, int16_t unit) {
  int64_t points = -1;
  EXPECT_EQ(pg::RunTx(pool_, Soon(),
                      [&](pg::Tx& tx) {
                        ASSIGN_OR_RETURN(auto wallets, ReadBalances(tx, program_, member, now_));
                        points = wallets[unit].available;
                        return absl::OkStatus();
                      }),
            absl::OkStatus());
  return points;
}

int64_t Kernel::Number(const std::string& query) {
  int64_t number = -1;
  EXPECT_TRUE(absl::SimpleAtoi(Text(absl::StrCat("SELECT (", query, ")::text")), &number)) << query;
  return number;
}

std::string Kernel::Text(const std::string& query) {
  std::string text;
  EXPECT_EQ(pg::RunTx(admin_, Soon(),
                      [&](pg::Tx& tx) {
                        ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(Kept(query)));
                        text = rows[0].Get<std::string>(0);
                        return absl::OkStatus();
                      }),
            absl::OkStatus())
      << query;
  return text;
}

std::string Kernel::Everything() {
  std::string all;
  for (const char* table :
       {"program", "head",        "journal", "allocation", "block",     "holder",  "wallet",
        "lot",     "cover",       "hold",    "pin",        "voucher",   "account", "unit",
        "budget",  "budget_draw", "rate",    "period",     "directory", "request", "adjustment"}) {
    absl::StrAppend(
        &all, table, ":\n",
        Text(absl::StrCat("SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')"
                          " FROM ledger.",
                          table, " t")),
        "\n");
  }
  return all;
}

Verification Kernel::Verify(int32_t partition, int page_rows) {
  const auto found = VerifyPartition(pool_, partition == 0 ? House() : program_, partition,
                                     {.chain_key = kChainKey,
                                      .deadline = clock_.Now() + absl::Seconds(60),
                                      .page_rows = page_rows});
  EXPECT_EQ(found.status(), absl::OkStatus());
  return found.ok() ? *found : Verification{};
}

void Kernel::ExpectSoundBooks() {
  for (int32_t partition = 0; partition <= program_.last_partition(); ++partition) {
    for (const Damage& damage : Verify(partition).damages) {
      ADD_FAILURE() << "partition " << partition << ", " << damage.check << ": "
                    << damage.description;
    }
  }
}

void InThreads(int count, const std::function<void(int)>& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back([&body, i] { body(i); });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace gratis::ledger::testing
