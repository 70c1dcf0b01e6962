#include "tests/model/stage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <latch>
#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/ledger/budgets.h"
#include "common/ledger/ledger_migrations.h"
#include "common/ledger/ops.h"
#include "common/ledger/setting.h"
#include "common/ledger/verify.h"
#include "common/ledger/writing.h"
#include "common/pg/pause.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::model {

using ledger::Books;
using ledger::Posting;

namespace {

const std::string kChainKey(32, 'k');

std::string Hex(const Uuid& uuid) {
  return absl::BytesToHexString(absl::string_view(uuid.AsBytes().data(), uuid.AsBytes().size()));
}

std::string FingerprintOf(const std::string& content) {
  return std::string(base::AsBytes(base::Sha256(content)));
}

std::string BalancesIn(const Books& books, const MemberId& member, int16_t unit) {
  const ledger::Wallet wallet = books.WalletOf(member, unit);
  return Balances{wallet.available, wallet.pending, wallet.held, wallet.debt}.ToString();
}

// The operation asked of the kernel, and its figures as the reference writes them.
absl::StatusOr<std::string> Ask(Books& books, const Operation& o) {
  const Posting posting{.kind = o.kind,
                        .transaction = o.transaction,
                        .member = o.member,
                        .unit = o.unit,
                        .effective_at = o.effective_at,
                        .source = "model",
                        .detail = ""};
  const auto balances = [&] { return BalancesIn(books, o.member, o.unit); };
  switch (o.act) {
    case Act::kEarn:
      RETURN_IF_ERROR(ledger::Earn(books, {.posting = posting,
                                           .points = o.points,
                                           .origin = o.origin,
                                           .available_at = o.available_at,
                                           .expires_at = o.expires_at,
                                           .budget = o.budget}));
      return balances();
    case Act::kActivate: {
      ASSIGN_OR_RETURN(const int64_t points, ledger::Activate(books, posting, o.earlier));
      return absl::StrCat("activated=", points, " ", balances());
    }
    case Act::kSpend:
      RETURN_IF_ERROR(ledger::Spend(books, posting, o.points));
      return balances();
    case Act::kHold:
    case Act::kHoldVoucher: {
      const ledger::Holding holding{posting, o.hold, o.points, o.life};
      ASSIGN_OR_RETURN(const ledger::Hold hold, o.act == Act::kHold
                                                    ? ledger::PlaceHold(books, holding)
                                                    : HoldVoucher(books, holding, o.voucher));
      return absl::StrCat("until=", absl::FormatTime(hold.expires_at, absl::UTCTimeZone()), " ",
                          balances());
    }
    case Act::kCapture: {
      ASSIGN_OR_RETURN(const int64_t points, CaptureHold(books, posting, o.hold, o.points));
      return absl::StrCat("captured=", points, " ", balances());
    }
    case Act::kRelease: {
      ASSIGN_OR_RETURN(const int64_t points, VoidHold(books, posting, o.hold));
      return absl::StrCat("released=", points, " ", balances());
    }
    case Act::kReverse: {
      ASSIGN_OR_RETURN(const ledger::Reversed r,
                       ledger::Reverse(books, {posting, o.earlier, o.points, o.clawback}));
      return absl::StrCat("taken=", r.taken, " expired=", r.expired, " debt=", r.debt,
                          " forgiven=", r.forgiven, " restored=", r.restored, " repaid=", r.repaid,
                          " ", balances());
    }
    case Act::kAdjust:
      RETURN_IF_ERROR(ledger::Adjust(books, posting, o.points));
      return balances();
    case Act::kTransfer:
      RETURN_IF_ERROR(TransferPoints(books, {posting, o.to, o.points}));
      return absl::StrCat(balances(), " -> ", BalancesIn(books, o.to, o.unit));
    case Act::kIssueVoucher:
      RETURN_IF_ERROR(
          ledger::IssueVoucher(books, {.posting = posting,
                                       .voucher = o.voucher,
                                       .terms = o.terms,
                                       .worth = o.points,
                                       .expires_at = o.expires_at.value_or(absl::InfiniteFuture()),
                                       .budget = o.budget}));
      return balances();
    case Act::kRedeemVoucher:
      RETURN_IF_ERROR(ledger::RedeemVoucher(books, posting, o.voucher, o.points));
      return absl::StrCat("worth=", o.points, " ", balances());
    case Act::kVoidVoucher: {
      ASSIGN_OR_RETURN(const int64_t worth, ledger::VoidVoucher(books, posting, o.voucher));
      return absl::StrCat("worth=", worth, " ", balances());
    }
  }
  return absl::InternalError("no such act");
}

class Asked final : public ledger::Mutation {
 public:
  explicit Asked(std::vector<Operation> operations) : operations_(std::move(operations)) {}

  absl::StatusOr<std::string> Decide(Books& books) override {
    std::string answer = operations_.front().transaction.ToString();
    for (const Operation& operation : operations_) {
      ASSIGN_OR_RETURN(const std::string figures, Ask(books, operation));
      absl::StrAppend(&answer, "; ", figures);
    }
    return answer;
  }

 private:
  const std::vector<Operation> operations_;
};

class Enrollment final : public ledger::Mutation {
 public:
  explicit Enrollment(TransactionId transaction) : transaction_(transaction) {}

  absl::StatusOr<std::string> Decide(Books& books) override {
    books.AddHolder(envelope.member, envelope.now);
    const auto posted = books.Post({.kind = ledger::FactKind::kMemberEnrolled,
                                    .transaction = transaction_,
                                    .member = envelope.member,
                                    .effective_at = envelope.now,
                                    .source = "model",
                                    .detail = "{}"});
    if (!posted.ok()) return posted.status();
    return std::string("enrolled");
  }

 private:
  const TransactionId transaction_;
};

// A unit's rules or a budget, with the fact that says so.
class Setting final : public ledger::Mutation {
 public:
  explicit Setting(TransactionId transaction) : transaction_(transaction) {}

  absl::StatusOr<std::string> Decide(Books& books) override {
    const Posting posting{.transaction = transaction_, .effective_at = envelope.now};
    if (budget) RETURN_IF_ERROR(ledger::SetBudget(books, posting, *budget));
    if (unit) {
      RETURN_IF_ERROR(books
                          .Post({.kind = ledger::FactKind::kUnitSet,
                                 .transaction = transaction_,
                                 .unit = unit->number,
                                 .effective_at = envelope.now,
                                 .detail = ledger::UnitJson(*unit)})
                          .status());
    }
    return std::string("set");
  }

  std::optional<ledger::Unit> unit;
  std::optional<ledger::NamedBudget> budget;

 private:
  const TransactionId transaction_;
};

class Settings final : public ledger::KindOf<Setting> {
 public:
  absl::Status WriteAll(pg::Tx& tx, absl::Span<Setting* const> set) override {
    for (const Setting* setting : set) {
      if (setting->unit) ledger::WriteUnit(tx, setting->envelope.program, *setting->unit);
    }
    return absl::OkStatus();
  }
};

// Posts a setting before all time, so that it says nothing about what the time is.
void Set(ledger::Poster& poster, const ledger::Program& program, std::unique_ptr<Setting> setting,
         const std::string& request_id) {
  static Settings settings;
  setting->envelope = {.program = program,
                       .request_id = request_id,
                       .fingerprint = FingerprintOf(request_id),
                       .actor = "key_model",
                       .now = absl::UnixEpoch(),
                       .deadline = absl::InfiniteFuture()};
  EXPECT_EQ(poster.Post(settings, std::move(setting)).answer.status(), absl::OkStatus());
}

pg::TxOptions Soon() { return {.deadline = pg::RealNow() + absl::Seconds(20)}; }

pg::PoolOptions PoolFor(const std::string& conninfo, const std::string& role, int size) {
  pg::PoolOptions options;
  options.conninfo = conninfo;
  options.role = role;
  options.application_name = "model";
  options.size = size;
  return options;
}

}  // namespace

Stage::Stage()
    : database_(pg::testing::TemplateOf({{"ledger", ledger::Migrations(), "ledger"}})),
      pool_(PoolFor(database_.conninfo(), pg::ServiceRole("ledger"), 6)),
      other_pool_(PoolFor(database_.conninfo(), pg::ServiceRole("ledger"), 6)),
      admin_(PoolFor(database_.conninfo(), "", 2)),
      poster_(NewPoster(pool_)),
      other_poster_(NewPoster(other_pool_)) {}

std::unique_ptr<ledger::Poster> Stage::NewPoster(pg::Pool& pool) const {
  ledger::PosterOptions options;
  options.chain_key = kChainKey;
  return std::make_unique<ledger::Poster>(std::move(options), pool, clock_);
}

ledger::Program Stage::NewProgram(int32_t partitions, const std::string& time_zone) {
  ledger::Program program{.number = ++programs_,
                          .code = absl::StrCat("play-", programs_),
                          .display_name = "Play",
                          .currency_code = "EUR",
                          .time_zone = time_zone,
                          .first_partition = partitions_,
                          .partitions = partitions,
                          .created_at = absl::FromUnixSeconds(1'700'000'000)};
  partitions_ += partitions;
  EXPECT_EQ(pg::RunTx(admin_, Soon(),
                      [&](pg::Tx& tx) {
                        InsertProgram(tx, program);
                        return absl::OkStatus();
                      }),
            absl::OkStatus());
  return program;
}

void Stage::Enroll(const ledger::Program& program, const std::vector<MemberId>& members,
                   absl::Time now) {
  std::vector<ledger::Pending> set;
  std::latch enrolled(static_cast<ptrdiff_t>(members.size()));
  for (const MemberId& member : members) {
    auto enrollment = std::make_unique<Enrollment>(TransactionId{ids_.Next(now)});
    enrollment->envelope = {.program = program,
                            .member = member,
                            .request_id = absl::StrCat("enroll-", member.ToString()),
                            .fingerprint = FingerprintOf(member.ToString()),
                            .actor = "key_model",
                            .now = now,
                            .deadline = clock_.Now() + absl::Seconds(30)};
    set.push_back({&kind_, std::move(enrollment), [&enrolled](const ledger::Outcome& outcome) {
                     EXPECT_EQ(outcome.answer.status(), absl::OkStatus());
                     enrolled.count_down();
                   }});
  }
  poster_->SubmitTogether(std::move(set));
  enrolled.wait();
}

void Stage::SetUnit(const ledger::Program& program, const ledger::Unit& unit) {
  const TransactionId transaction{ids_.Next(absl::UnixEpoch())};
  auto setting = std::make_unique<Setting>(transaction);
  setting->unit = unit;
  Set(*poster_, program, std::move(setting), transaction.ToString());
}

void Stage::AddBudget(const ledger::Program& program, const ledger::Budget& budget) {
  auto setting = std::make_unique<Setting>(TransactionId{ids_.Next(absl::UnixEpoch())});
  setting->budget = {.budget = budget, .code = Hex(budget.id.uuid)};
  Set(*poster_, program, std::move(setting), budget.id.ToString());
}

ledger::Pending Stage::PendingFor(const ledger::Program& program, const Request& request,
                                  std::function<void(ledger::Outcome)> done) {
  auto asked = std::make_unique<Asked>(request.operations);
  asked->envelope = {.program = program,
                     .member = request.operations.front().member,
                     .request_id = request.id,
                     .fingerprint = FingerprintOf(Describe(request)),
                     .actor = "key_model",
                     .now = request.now,
                     .deadline = clock_.Now() + absl::Seconds(60)};
  for (const Operation& operation : request.operations) {
    if (!operation.to.IsNil()) asked->envelope.also.push_back(operation.to);
  }
  return {&kind_, std::move(asked), std::move(done)};
}

Answer AnswerOf(const ledger::Outcome& outcome) {
  if (outcome.answer.ok()) return {true, outcome.replayed, *outcome.answer};
  const absl::Status& status = outcome.answer.status();
  const auto reason = ReasonOf(status);
  if (!reason) return {.text = std::string(status.ToString())};
  Answer answer{.text = std::string(Describe(*reason).name)};
  for (const auto& [key, value] : MetadataOf(status)) {
    if (key != "field") absl::StrAppend(&answer.text, " ", key, "=", value);
  }
  return answer;
}

// --- what is stored ------------------------------------------------------------------------------

namespace {

// All that is stored of a program, a line of text each. Lots are told apart by their place among
// those of the wallet, since their seq depends on what else was posted in the partition.
constexpr pg::Query kStored{"model/stored", R"(
WITH place AS (
  SELECT *, row_number() OVER (PARTITION BY member, unit ORDER BY seq) AS place
    FROM ledger.lot WHERE partition BETWEEN $1 AND $2)
SELECT concat_ws(' ', 'wallet', encode(uuid_send(member), 'hex'), unit, available, pending, held,
                 debt, 'active', (extract(epoch FROM active_at) * 1000000)::bigint)
  FROM ledger.wallet WHERE partition BETWEEN $1 AND $2
UNION ALL
SELECT concat_ws(' ', 'due', encode(uuid_send(member), 'hex'), unit,
                 CASE WHEN isfinite(next_due) THEN (extract(epoch FROM next_due) * 1000000)::bigint
                      WHEN next_due > 'epoch' THEN 9223372036854775807
                      ELSE -9223372036854775807 END)
  FROM ledger.wallet WHERE partition BETWEEN $1 AND $2
UNION ALL
SELECT concat_ws(' ', 'lot', encode(uuid_send(member), 'hex'), unit, place, points, '=', available,
                 pending, held, debt, spent, expired, taken, lent, borrowed, 'earned',
                 (extract(epoch FROM earned_at) * 1000000)::bigint, 'expires',
                 CASE WHEN isfinite(expires_at) THEN (extract(epoch FROM expires_at) * 1000000)::bigint
                 END, 'origin', origin, 'from',
                 CASE WHEN pending > 0 AND isfinite(available_at)
                      THEN (extract(epoch FROM available_at) * 1000000)::bigint END)
  FROM place
UNION ALL
SELECT concat_ws(' ', 'cover', encode(uuid_send(b.member), 'hex'), b.unit, b.place, 'by', l.place,
                 c.points)
  FROM ledger.cover c JOIN place b ON b.partition = c.partition AND b.seq = c.borrower
                      JOIN place l ON l.partition = c.partition AND l.seq = c.lender
 WHERE c.points > 0
UNION ALL
SELECT concat_ws(' ', 'hold', encode(uuid_send(hold), 'hex'), encode(uuid_send(member), 'hex'), unit,
                 points, 'expires', (extract(epoch FROM expires_at) * 1000000)::bigint,
                 CASE WHEN open THEN 'open' ELSE 'resolved' END)
  FROM ledger.hold WHERE partition BETWEEN $1 AND $2
UNION ALL
SELECT concat_ws(' ', 'pin', encode(uuid_send(p.hold), 'hex'), l.place, p.points)
  FROM ledger.pin p JOIN place l ON l.partition = p.partition AND l.seq = p.lot
 WHERE p.points > 0
UNION ALL
SELECT concat_ws(' ', 'voucher', encode(uuid_send(v.voucher), 'hex'),
                 encode(uuid_send(v.member), 'hex'), l.unit, l.place, v.kind, v.basis_points,
                 v.item, v.origin, v.one_live)
  FROM ledger.voucher v JOIN place l ON l.partition = v.partition AND l.seq = v.lot
UNION ALL
SELECT concat_ws(' ', 'budget', encode(uuid_send(budget), 'hex'), spent)
  FROM ledger.budget WHERE program = $3
UNION ALL
SELECT concat_ws(' ', 'account', unit, account, sum(points))
  FROM ledger.account WHERE partition BETWEEN $1 AND $2
 GROUP BY unit, account HAVING sum(points) <> 0
UNION ALL
SELECT concat_ws(' ', 'moved', encode(uuid_send(member), 'hex'), unit, debit, credit, sum(points))
  FROM ledger.journal WHERE partition BETWEEN $1 AND $2 AND points > 0
 GROUP BY member, unit, debit, credit
)"};

std::string Micros(absl::Time time) {
  return time == absl::InfiniteFuture() ? "" : absl::StrCat(" ", absl::ToUnixMicros(time));
}

std::vector<std::string> LinesOf(const Reference& reference) {
  const Reference::Books& books = reference.books();
  std::vector<std::string> lines;
  const auto line = [&](const auto&... parts) { lines.push_back(absl::StrCat(parts...)); };
  std::map<Reference::WalletKey, int> lots;
  std::map<int64_t, int> places;
  std::set<Reference::WalletKey> wallets;
  std::map<std::string, int64_t> moved;
  for (const Row& row : books.rows) {
    wallets.insert({row.member, row.unit});
    moved[absl::StrCat("moved ", Hex(row.member.uuid), " ", row.unit, " ",
                       static_cast<int>(row.debit), " ", static_cast<int>(row.credit))] +=
        row.points;
  }
  for (const auto& [what, points] : moved) line(what, " ", points);
  for (const auto& [member, unit] : wallets) {
    const Balances sum = reference.BalancesOf(member, unit);
    line("wallet ", Hex(member.uuid), " ", unit, " ", sum.available, " ", sum.pending, " ",
         sum.held, " ", sum.debt, " active", Micros(books.active_at.at({member, unit})));
  }
  for (const auto& [number, lot] : books.lots) {
    const int place = places[number] = ++lots[{lot.member, lot.unit}];
    const bool waits = lot.pending > 0 && lot.available_at != absl::InfiniteFuture();
    line("lot ", Hex(lot.member.uuid), " ", lot.unit, " ", place, " ", lot.points, " = ",
         lot.available, " ", lot.pending, " ", lot.held, " ", lot.debt, " ", lot.spent, " ",
         lot.expired, " ", lot.taken, " ", lot.lent, " ", lot.borrowed, " earned",
         Micros(lot.earned_at), " expires", Micros(lot.expires_at), " origin ",
         static_cast<int>(lot.origin), " from", waits ? Micros(lot.available_at) : "");
  }
  for (const auto& [who, points] : books.covers) {
    const ledger::Lot& borrower = books.lots.at(who.first);
    line("cover ", Hex(borrower.member.uuid), " ", borrower.unit, " ", places[who.first], " by ",
         places[who.second], " ", points);
  }
  for (const auto& [id, hold] : books.holds) {
    line("hold ", Hex(id.uuid), " ", Hex(hold.member.uuid), " ", hold.unit, " ", hold.points,
         " expires", Micros(hold.expires_at), hold.pins.empty() ? " resolved" : " open");
    for (const auto& [lot, points] : hold.pins) {
      line("pin ", Hex(id.uuid), " ", places[lot], " ", points);
    }
  }
  for (const auto& [id, voucher] : books.vouchers) {
    line("voucher ", Hex(id.uuid), " ", Hex(voucher.member.uuid), " ",
         books.lots.at(voucher.lot.seq).unit, " ", places[voucher.lot.seq], " ",
         static_cast<int>(voucher.terms.kind), " ", voucher.terms.basis_points, " ",
         voucher.terms.item, " ", voucher.terms.origin, " ", voucher.terms.one_live ? "t" : "f");
  }
  return lines;
}

// What several references hold of one program together.
std::vector<std::string> LinesOf(const std::vector<const Reference*>& references) {
  std::vector<std::string> lines;
  std::map<BudgetId, int64_t> budgets;
  std::map<std::pair<int16_t, int>, int64_t> accounts;
  for (const Reference* reference : references) {
    const std::vector<std::string> own = LinesOf(*reference);
    lines.insert(lines.end(), own.begin(), own.end());
    for (const auto& [id, budget] : reference->books().budgets) budgets[id] += budget.spent;
    for (const auto& [side, points] : reference->books().sides) {
      const auto& [member, unit, account] = side;
      if (!ledger::IsMembers(account)) accounts[{unit, static_cast<int>(account)}] += points;
    }
  }
  for (const auto& [id, spent] : budgets) {
    lines.push_back(absl::StrCat("budget ", Hex(id.uuid), " ", spent));
  }
  for (const auto& [key, points] : accounts) {
    if (points == 0) continue;
    lines.push_back(absl::StrCat("account ", key.first, " ", key.second, " ", points));
  }
  return lines;
}

}  // namespace

std::vector<std::string> Stage::Differences(const ledger::Program& program,
                                            const std::vector<const Reference*>& references) {
  std::vector<std::string> stored;
  std::map<std::string, int64_t> due;  // by member and unit
  const absl::Status status = pg::RunTx(admin_, Soon(), [&](pg::Tx& tx) -> absl::Status {
    stored.clear();
    ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(kStored, program.first_partition,
                                                 program.last_partition(), program.number));
    for (const pg::Row& row : rows) stored.push_back(row.Get<std::string>(0));
    return absl::OkStatus();
  });
  if (!status.ok()) return {std::string(status.ToString())};
  std::erase_if(stored, [&](const std::string& line) {
    if (!absl::StartsWith(line, "due ")) return false;
    const size_t last = line.rfind(' ');
    return absl::SimpleAtoi(line.substr(last), &due[line.substr(4, last - 4)]);
  });

  std::vector<std::string> expected = LinesOf(references);
  std::sort(stored.begin(), stored.end());
  std::sort(expected.begin(), expected.end());
  std::vector<std::string> differences;
  const auto add = [&](const char* whose, const auto& a, const auto& b) {
    std::vector<std::string> only;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(only));
    for (const std::string& line : only) differences.push_back(absl::StrCat(whose, line));
  };
  add("expected: ", expected, stored);
  add("stored:   ", stored, expected);
  for (const Reference* reference : references) {
    for (const auto& [wallet, active_at] : reference->books().active_at) {
      const absl::Time next = reference->NextDue(wallet.first, wallet.second);
      const std::string key = absl::StrCat(Hex(wallet.first.uuid), " ", wallet.second);
      if (next == absl::InfiniteFuture() || due[key] <= absl::ToUnixMicros(next)) continue;
      differences.push_back(
          absl::StrCat("due ", key, ": stored ", due[key], " is later than", Micros(next)));
    }
  }
  return differences;
}

std::vector<std::string> Stage::Damages(const ledger::Program& program) {
  std::vector<std::string> damages;
  for (int32_t p = program.first_partition; p <= program.last_partition(); ++p) {
    const auto found = VerifyPartition(
        pool_, program, p, {.chain_key = kChainKey, .deadline = clock_.Now() + absl::Seconds(60)});
    if (!found.ok()) {
      damages.push_back(std::string(found.status().ToString()));
      continue;
    }
    for (const ledger::Damage& damage : found->damages) {
      damages.push_back(
          absl::StrCat("partition ", p, ", ", damage.check, ": ", damage.description));
    }
  }
  return damages;
}

}  // namespace gratis::model
