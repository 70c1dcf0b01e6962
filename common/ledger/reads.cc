#include "common/ledger/reads.h"

#include "absl/strings/str_cat.h"
#include "common/base/checked.h"
#include "common/ledger/budgets.h"
#include "common/ledger/ledger_sql.h"
#include "common/ledger/loading.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {

JournalRow ReadJournalRow(const pg::Row& row) {
  JournalRow journal{.partition = row.Get<int32_t>(0), .seq = row.Get<int64_t>(1), .fact = {}};
  Fact& fact = journal.fact;
  fact.transaction = row.Get<TransactionId>(2);
  fact.kind = static_cast<FactKind>(row.Get<int16_t>(3));
  fact.member = row.Get<std::optional<MemberId>>(4).value_or(MemberId{});
  fact.unit = row.Get<int16_t>(5);
  fact.points = row.Get<int64_t>(6);
  fact.debit = static_cast<Account>(row.Get<int16_t>(7));
  fact.credit = static_cast<Account>(row.Get<int16_t>(8));
  journal.debit_after = row.Get<int64_t>(9);
  journal.credit_after = row.Get<int64_t>(10);
  fact.effective_at = row.Get<absl::Time>(11);
  journal.recorded_at = row.Get<absl::Time>(12);
  journal.actor = row.Get<std::string>(13);
  fact.source = row.Get<std::string>(14);
  fact.detail = row.Get<std::string>(15);
  fact.about = row.Get<std::optional<Uuid>>(16).value_or(Uuid{});
  fact.budget = row.Get<std::optional<BudgetId>>(17).value_or(BudgetId{});
  fact.undoes = row.Get<std::optional<int64_t>>(18).value_or(0);
  const auto origin = row.Get<std::optional<int16_t>>(19);
  const auto expires_at = row.Get<std::optional<absl::Time>>(22);
  if (origin) {
    fact.lot = NewLot{
        .origin = static_cast<Origin>(*origin),
        .earned_at = row.Get<std::optional<absl::Time>>(20).value_or(absl::InfinitePast()),
        .available_at = row.Get<std::optional<absl::Time>>(21).value_or(absl::InfinitePast()),
        .expires_at = expires_at.value_or(absl::InfiniteFuture())};
  } else {
    fact.hold_until = expires_at;
  }
  fact.by_engine = journal.actor == kEngineActor;
  return journal;
}

namespace {

// Of a row that begins with the member's state.
absl::Status CheckNotErased(const pg::Row& row) {
  const auto state = static_cast<MemberState>(row.Get<int16_t>(0));
  return state == MemberState::kErased ? CheckStanding(state, Deed::kCorrect) : absl::OkStatus();
}

}  // namespace

absl::Status NoSuchMember(const MemberId& member) {
  return FieldError(Reason::kMemberNotFound, "member_id",
                    absl::StrCat("the program has no member ", member.ToString()));
}

bool MayBeStale(const std::map<int16_t, Wallet>& wallets, const std::vector<Unit>& units,
                absl::Time now) {
  for (const auto& [number, wallet] : wallets) {
    if (wallet.next_due <= now) return true;
    for (const Unit& unit : units) {
      if (unit.number == number && unit.expiry == ExpiryKind::kInactivity) return true;
    }
  }
  return false;
}

absl::StatusOr<std::map<int16_t, Wallet>> ReadBalances(pg::Tx& tx, const Program& program,
                                                       const MemberId& member, absl::Time now) {
  const pg::Tx::Asked units_asked = AskUnits(tx, program);
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kReadBalance, PartitionOf(program, member), member));
  if (rows.empty()) return NoSuchMember(member);
  RETURN_IF_ERROR(CheckNotErased(rows[0]));
  std::map<int16_t, Wallet> wallets;
  for (const pg::Row row : rows) {
    if (const auto unit = row.Get<std::optional<int16_t>>(1)) wallets[*unit] = ReadWallet(row, 2);
  }
  ASSIGN_OR_RETURN(const std::vector<Unit> units, TakeUnits(tx, units_asked));
  if (!MayBeStale(wallets, units, now)) return wallets;
  RETURN_IF_ERROR(LookAtBooks(tx, program, now, [&](Books& books) {
    RETURN_IF_ERROR(Settle(books, member));
    wallets = books.FindHolder(member)->wallets;
    return absl::OkStatus();
  }));
  return wallets;
}

absl::Status LookAtBooks(pg::Tx& tx, const Program& program, absl::Time now,
                         absl::FunctionRef<absl::Status(Books&)> look) {
  constexpr int kMaxLooks = 50;
  constexpr int64_t kBehindAllRows = int64_t{1} << 60;  // what is posted here is no lot there is
  std::map<int32_t, int64_t> heads;
  for (int32_t i = program.first_partition; i <= program.last_partition(); ++i) {
    heads[i] = kBehindAllRows;
  }
  Books books(program, std::move(heads), now);
  ASSIGN_OR_RETURN(std::vector<Unit> units, ReadUnits(tx, program));
  for (Unit& unit : units) books.LoadUnit(std::move(unit));
  const Books::Mark nothing = books.mark();
  for (int i = 0; i < kMaxLooks; ++i) {
    const absl::Status status = look(books);
    if (!books.lacks_something()) return status;
    books.UndoTo(nothing);
    // Loading locks budgets, which a look must not do: it sees them as they are.
    Wants wants = books.TakeWants();
    Wants budgets;
    budgets.budgets = std::exchange(wants.budgets, {});
    Loading loading(tx, program, std::move(wants));
    loading.Ask();
    RETURN_IF_ERROR(loading.Take(books));
    for (const BudgetId& id : budgets.budgets) {
      ASSIGN_OR_RETURN(const std::optional<NamedBudget> found, ReadBudget(tx, program, id));
      if (found) books.LoadBudget(found->budget);
    }
    books.Loaded(budgets);
  }
  return Error(Reason::kInternal, "a look at the books never has enough to see");
}

absl::Status RequireMember(pg::Tx& tx, const Program& program, const MemberId& member) {
  ASSIGN_OR_RETURN(const pg::Rows found,
                   tx.Run(sql::kReadBalance, PartitionOf(program, member), member));
  return found.empty() ? NoSuchMember(member) : CheckNotErased(found[0]);
}

absl::StatusOr<std::vector<JournalRow>> ReadDue(pg::Tx& tx, const Program& program,
                                                const MemberId& member, absl::Time until) {
  std::vector<JournalRow> due;
  RETURN_IF_ERROR(LookAtBooks(tx, program, until, [&](Books& books) {
    RETURN_IF_ERROR(books.CheckNotErased(member));
    RETURN_IF_ERROR(Settle(books, member));
    due = books.rows();
    return absl::OkStatus();
  }));
  return due;
}

absl::StatusOr<std::vector<OpenLot>> ReadOpenLots(pg::Tx& tx, const Program& program,
                                                  const MemberId& member, absl::Time now) {
  std::vector<OpenLot> open;
  RETURN_IF_ERROR(LookAtBooks(tx, program, now, [&](Books& books) {
    RETURN_IF_ERROR(books.CheckNotErased(member));
    RETURN_IF_ERROR(Settle(books, member));
    open.clear();
    for (const auto& [unit, wallet] : books.FindHolder(member)->wallets) {
      ASSIGN_OR_RETURN(const std::vector<const Lot*> lots, books.OpenLots(member, unit));
      for (const Lot* lot : lots) open.push_back({.lot = *lot, .transaction = {}});
    }
    return absl::OkStatus();
  }));
  std::vector<int64_t> seqs;
  for (const OpenLot& lot : open) seqs.push_back(lot.lot.key.seq);
  ASSIGN_OR_RETURN(const pg::Rows makers,
                   tx.Run(sql::kReadRows, PartitionOf(program, member), seqs));
  std::map<int64_t, TransactionId> made_by;
  for (const pg::Row row : makers) made_by[row.Get<int64_t>(1)] = row.Get<TransactionId>(2);
  for (OpenLot& lot : open) lot.transaction = made_by[lot.lot.key.seq];
  return open;
}

absl::StatusOr<std::vector<JournalRow>> ReadEntries(pg::Tx& tx, const Program& program,
                                                    const MemberId& member,
                                                    const EntryFilter& filter, int32_t limit) {
  const std::vector<int16_t> kinds = NumbersOf(filter.kinds);
  const pg::Tx::Asked entries =
      tx.Ask(sql::kListEntries, PartitionOf(program, member), member, filter.before_seq,
             static_cast<int64_t>(limit), filter.unit, kinds, filter.from, filter.until);
  RETURN_IF_ERROR(RequireMember(tx, program, member));
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(entries));
  std::vector<JournalRow> journal;
  for (const pg::Row row : rows) journal.push_back(ReadJournalRow(row));
  return journal;
}

absl::StatusOr<std::vector<JournalRow>> ReadEntriesOf(pg::Tx& tx, const Program& program,
                                                      const std::vector<MemberId>& members,
                                                      const std::optional<EntryPosition>& behind,
                                                      absl::Span<const FactKind> kinds,
                                                      int32_t limit) {
  constexpr int64_t kAll = std::numeric_limits<int64_t>::max();
  const EntryPosition end = behind.value_or(
      EntryPosition{.recorded_at = absl::InfiniteFuture(), .partition = 0, .seq = 0});
  std::vector<int32_t> partitions;
  std::vector<int64_t> before;
  for (const MemberId& member : members) {
    partitions.push_back(PartitionOf(program, member));
    // Where the position is in the same partition an index leads to it.
    before.push_back(behind && partitions.back() == end.partition ? end.seq : kAll);
  }
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListEntriesOf, partitions, members, before, end.recorded_at,
                          end.partition, end.seq, static_cast<int64_t>(limit), NumbersOf(kinds)));
  std::vector<JournalRow> journal;
  for (const pg::Row row : rows) journal.push_back(ReadJournalRow(row));
  return journal;
}

pg::Tx::Asked AskLastEntries(pg::Tx& tx, const Program& program, absl::Span<const MemberId> members,
                             const std::vector<FactKind>& kinds, int32_t limit) {
  return tx.Ask(sql::kListLastEntries, PartitionsOf(program, members), members, NumbersOf(kinds),
                static_cast<int64_t>(limit));
}

absl::StatusOr<std::map<MemberId, std::vector<JournalRow>>> TakeLastEntries(pg::Tx& tx,
                                                                            pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked));
  std::map<MemberId, std::vector<JournalRow>> entries;
  for (const pg::Row row : rows) {
    JournalRow journal = ReadJournalRow(row);
    entries[journal.fact.member].push_back(std::move(journal));
  }
  return entries;
}

absl::StatusOr<TrialBalance> ReadTrialBalance(pg::Tx& tx, const Program& program) {
  const int32_t first = program.first_partition;
  const int32_t last = program.last_partition();
  const pg::Tx::Asked sides = tx.Ask(sql::kTrialBalance, first, last);
  ASSIGN_OR_RETURN(const pg::Rows counts, tx.Run(sql::kCountBooks, first, last));
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(sides));
  TrialBalance trial{.members = counts[0].Get<int64_t>(0), .entries = counts[0].Get<int64_t>(1)};
  std::map<int16_t, int64_t> totals;
  for (const pg::Row row : rows) {
    const AccountTotal& total = trial.balances.emplace_back(AccountTotal{
        row.Get<int16_t>(0), static_cast<Account>(row.Get<int16_t>(1)), row.Get<int64_t>(2)});
    const auto sum = base::CheckedAdd(totals[total.unit], total.points);
    if (!sum) return Error(Reason::kPointsOverflow, "the balances do not add up within 64 bits");
    totals[total.unit] = *sum;
  }
  for (const auto& [unit, total] : totals) {
    if (total != 0 && trial.total_points == 0) trial.total_points = total;
  }
  return trial;
}

absl::StatusOr<std::vector<std::pair<DirectoryKey, DirectoryEntry>>> FindNames(
    pg::Tx& tx, const Program& program, absl::Span<const DirectoryKey> names) {
  std::vector<int16_t> kinds;
  std::vector<pg::BytesView> hashes;
  for (const DirectoryKey& name : names) {
    kinds.push_back(static_cast<int16_t>(name.kind));
    hashes.push_back({name.hash});
  }
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindDirectory, program.number, kinds, hashes));
  std::vector<std::pair<DirectoryKey, DirectoryEntry>> found;
  for (const pg::Row row : rows) {
    found.emplace_back(
        DirectoryKey{static_cast<DirectoryKind>(row.Get<int16_t>(0)), row.Get<pg::Bytes>(1).value},
        DirectoryEntry{row.Get<int32_t>(2), row.Get<Uuid>(3), row.Get<int64_t>(4)});
  }
  return found;
}

absl::StatusOr<std::map<int64_t, int64_t>> ReadGraces(pg::Tx& tx, const Program& program,
                                                      const MemberId& member) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kReadGraces, PartitionOf(program, member), member,
                          static_cast<int16_t>(FactKind::kGraceGiven)));
  std::map<int64_t, int64_t> graces;
  for (const pg::Row row : rows) graces[row.Get<int64_t>(0)] = row.Get<int64_t>(1);
  return graces;
}

absl::StatusOr<std::map<MemberId, MemberState>> ReadStates(pg::Tx& tx, const Program& program,
                                                           absl::Span<const MemberId> members) {
  const std::vector<MemberId> asked(members.begin(), members.end());
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kReadStates, PartitionsOf(program, members), asked));
  std::map<MemberId, MemberState> states;
  for (const pg::Row row : rows) {
    states[row.Get<MemberId>(0)] = static_cast<MemberState>(row.Get<int16_t>(1));
  }
  return states;
}

absl::StatusOr<std::set<MemberId>> FindErased(pg::Tx& tx, const std::vector<int32_t>& partitions,
                                              const std::vector<MemberId>& members) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadStates, partitions, members));
  std::set<MemberId> erased;
  for (const pg::Row row : rows) {
    if (static_cast<MemberState>(row.Get<int16_t>(1)) == MemberState::kErased) {
      erased.insert(row.Get<MemberId>(0));
    }
  }
  return erased;
}

absl::StatusOr<std::optional<absl::Time>> LastRecorded(pg::Tx& tx, const Program& program) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kLastRecorded, program.first_partition, program.last_partition()));
  return rows[0].Get<std::optional<absl::Time>>(0);
}

}  // namespace gratis::ledger
