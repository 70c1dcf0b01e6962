#include "common/ledger/liability.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/ledger/activity.h"
#include "common/ledger/due.h"
#include "common/ledger/ledger_sql.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

constexpr int kMaxStarts = 5;  // of a report during which periods were closed

// When facts count: at [from, to).
struct Window {
  absl::Time from = absl::InfinitePast();
  absl::Time to = absl::InfiniteFuture();

  bool Has(absl::Time time) const { return time >= from && time < to; }
};

absl::StatusOr<AgeBounds> AgesSeenFrom(const Program& program, absl::Time at) {
  ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(program.time_zone));
  return AgeBounds(at, zone);
}

std::vector<absl::Time> TimesOf(const AgeBounds& ages) {
  return {ages.times.begin(), ages.times.end()};
}

Outstanding ReadLines(const pg::Rows& rows) {
  Outstanding lines;
  for (const pg::Row row : rows) {
    const LineKey key{row.Get<int16_t>(0), static_cast<Origin>(row.Get<int16_t>(1)),
                      AgeBounds::OfBucket(row.Get<int32_t>(2))};
    const Owed owed{row.Get<std::optional<int64_t>>(3).value_or(0),
                    row.Get<std::optional<int64_t>>(4).value_or(0)};
    AddOutstanding(lines, {{key, owed}});
  }
  return lines;
}

// The journal of one partition, page by page, each page with the time before which none of its rows
// counts: the end of the last period that was closed when they were recorded.
class JournalWalk {
 public:
  JournalWalk(const Program& program, int32_t partition, const std::vector<Period>& periods,
              int64_t page_rows)
      : partition_(partition),
        place_(static_cast<size_t>(partition - program.first_partition)),
        periods_(periods),
        page_rows_(page_rows) {}

  // Calls `look` with (after, until, floor) for pages of the rows (after, until].
  template <class Look>
  absl::Status Pages(int64_t after, int64_t until, Look look) const {
    absl::Time floor = absl::InfinitePast();
    for (size_t i = 0; i <= periods_.size(); ++i) {
      const int64_t end = i < periods_.size() ? std::min(until, HeadOf(periods_[i])) : until;
      while (after < end) {
        const int64_t page = std::min(end, after + page_rows_);
        RETURN_IF_ERROR(look(after, page, floor));
        after = page;
      }
      if (i < periods_.size()) floor = periods_[i].ends_at;
    }
    return absl::OkStatus();
  }

  absl::Status AddChanges(pg::Tx& tx, int64_t after, int64_t until, const Window& window,
                          const AgeBounds& ages, int sign, Outstanding& sum) const {
    return Pages(after, until, [&](int64_t begin, int64_t end, absl::Time floor) -> absl::Status {
      ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kSumLotChanges, partition_, begin, end,
                                                   floor, window.from, window.to, TimesOf(ages)));
      AddOutstanding(sum, ReadLines(rows), sign);
      return absl::OkStatus();
    });
  }

  absl::Status AddMovements(pg::Tx& tx, int64_t after, int64_t until, const Window& window,
                            Movements& sum) const {
    return Pages(after, until, [&](int64_t begin, int64_t end, absl::Time floor) -> absl::Status {
      ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kSumMovements, partition_, begin, end,
                                                   floor, window.from, window.to));
      for (const pg::Row row : rows) {
        AddMovement(sum, row.Get<int16_t>(0), static_cast<FactKind>(row.Get<int16_t>(1)),
                    static_cast<Account>(row.Get<int16_t>(2)),
                    static_cast<Account>(row.Get<int16_t>(3)), row.Get<int64_t>(4));
      }
      return absl::OkStatus();
    });
  }

 private:
  int64_t HeadOf(const Period& period) const {
    return place_ < period.heads.size() ? period.heads[place_] : 0;
  }

  const int32_t partition_;
  const size_t place_;
  const std::vector<Period>& periods_;
  const int64_t page_rows_;
};

// The rows up to here cannot count at or after `time`: facts take effect so far ahead at most.
absl::StatusOr<int64_t> RowsSurelyBefore(pg::Tx& tx, int32_t partition, int64_t last,
                                         absl::Time time) {
  if (time == absl::InfiniteFuture()) return last;
  return LastSeqBefore(tx, partition, last, time - kClockTolerance);
}

// Reads a report partition by partition.
class Report {
 public:
  Report(pg::Pool& pool, const Program& program, const ReportOptions& options)
      : pool_(pool), program_(program), options_(options) {}

  const std::vector<Period>& periods() const { return periods_; }
  pg::TxOptions ReadOnly() const { return pg::Reading(options_.deadline); }

  absl::Status ReadPeriods() {
    return pg::RunTx(pool_, ReadOnly(), [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(periods_, ledger::ReadPeriods(tx, program_));
      return absl::OkStatus();
    });
  }

  // Runs `read` for each partition, and all of it again if a period was closed meanwhile.
  template <class Read>
  absl::Status ForPartitions(Read read) {
    for (int start = 0; start < kMaxStarts; ++start) {
      RETURN_IF_ERROR(ReadPeriods());
      const size_t closed = periods_.size();
      RETURN_IF_ERROR(read.Begin());
      for (int32_t i = program_.first_partition; i <= program_.last_partition(); ++i) {
        RETURN_IF_ERROR(read.Partition(*this, i));
      }
      RETURN_IF_ERROR(ReadPeriods());
      if (periods_.size() == closed) return absl::OkStatus();
    }
    return Error(Reason::kConflict, "periods are being closed; call again");
  }

  // A partition's open lots at one moment, by ages seen from each of `bounds`, with the rows of
  // what is due and not posted by then, if `with_due`.
  struct Now {
    int64_t head = 0;
    std::vector<Outstanding> lots;  // as bounds
    std::vector<DueRow> due;
  };
  absl::StatusOr<Now> ReadNow(int32_t partition, const std::vector<AgeBounds>& bounds,
                              bool with_due) {
    Now now;
    pg::TxOptions snapshot = ReadOnly();
    snapshot.isolation = pg::Isolation::kRepeatableRead;
    RETURN_IF_ERROR(pg::RunTx(pool_, snapshot, [&](pg::Tx& tx) {
      now = {};
      ASSIGN_OR_RETURN(const pg::Rows head, tx.Run(sql::kReadHead, partition));
      now.head = head.empty() ? 0 : head[0].Get<int64_t>(1);
      for (const AgeBounds& ages : bounds) {
        ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kSumOpenLots, partition, TimesOf(ages)));
        now.lots.push_back(ReadLines(rows));
      }
      if (!with_due) return absl::OkStatus();
      ASSIGN_OR_RETURN(now.due, ReadDueOfPartition(tx, program_, partition, options_.now));
      return absl::OkStatus();
    }));
    return now;
  }

  JournalWalk WalkOf(int32_t partition) const {
    return JournalWalk(program_, partition, periods_, options_.page_rows);
  }

  // When a row that is not posted yet counts, if it is posted now.
  absl::Time CountsAt(const DueRow& row) const {
    const absl::Time effective = row.row.fact.effective_at;
    return periods_.empty() ? effective : std::max(effective, periods_.back().ends_at);
  }

  // Turns what is outstanding at `now` into what was just before `before`.
  absl::Status GoBack(pg::Tx& tx, int32_t partition, const Now& now, absl::Time before, Basis basis,
                      const AgeBounds& ages, Outstanding& lines) {
    const JournalWalk walk = WalkOf(partition);
    if (basis == Basis::kRecorded) {
      ASSIGN_OR_RETURN(const int64_t rows, LastSeqBefore(tx, partition, now.head, before));
      return walk.AddChanges(tx, rows, now.head, {}, ages, -1, lines);
    }
    ASSIGN_OR_RETURN(const int64_t rows, RowsSurelyBefore(tx, partition, now.head, before));
    RETURN_IF_ERROR(walk.AddChanges(tx, rows, now.head, {.from = before}, ages, -1, lines));
    for (const DueRow& due : now.due) {
      if (CountsAt(due) < before) AddDue(due, ages, lines);
    }
    return absl::OkStatus();
  }

  const Program& program() const { return program_; }
  const ReportOptions& options() const { return options_; }
  pg::Pool& pool() { return pool_; }

 private:
  static void AddDue(const DueRow& due, const AgeBounds& ages, Outstanding& lines) {
    AddRow(lines, due.row, ages, [&](const LotKey& key) -> const Lot* {
      const auto found = due.lots.find(key);
      return found == due.lots.end() ? nullptr : &found->second;
    });
  }

  pg::Pool& pool_;
  const Program& program_;
  const ReportOptions& options_;
  std::vector<Period> periods_;
};

struct OutstandingReading {
  const absl::Time before;
  const Basis basis;
  const AgeBounds ages;
  Outstanding& sum;

  absl::Status Begin() {
    sum.clear();
    return absl::OkStatus();
  }
  absl::Status Partition(Report& report, int32_t partition) {
    ASSIGN_OR_RETURN(const Report::Now now,
                     report.ReadNow(partition, {ages}, basis == Basis::kEffective));
    Outstanding lines;
    RETURN_IF_ERROR(pg::RunTx(report.pool(), report.ReadOnly(), [&](pg::Tx& tx) {
      lines = now.lots[0];
      return report.GoBack(tx, partition, now, before, basis, ages, lines);
    }));
    AddOutstanding(sum, lines);
    return absl::OkStatus();
  }
};

struct FlowReading {
  const Window window;
  const AgeBounds opening_ages, closing_ages;
  Flow& flow;

  absl::Status Begin() {
    flow = {};
    return absl::OkStatus();
  }
  absl::Status Partition(Report& report, int32_t partition) {
    ASSIGN_OR_RETURN(const Report::Now now,
                     report.ReadNow(partition, {opening_ages, closing_ages}, true));
    Outstanding opening, closing;
    Movements movements;
    RETURN_IF_ERROR(pg::RunTx(report.pool(), report.ReadOnly(), [&](pg::Tx& tx) -> absl::Status {
      opening = now.lots[0];
      closing = now.lots[1];
      movements.clear();
      RETURN_IF_ERROR(
          report.GoBack(tx, partition, now, window.from, Basis::kEffective, opening_ages, opening));
      RETURN_IF_ERROR(
          report.GoBack(tx, partition, now, window.to, Basis::kEffective, closing_ages, closing));
      ASSIGN_OR_RETURN(const int64_t rows, RowsSurelyBefore(tx, partition, now.head, window.from));
      return report.WalkOf(partition).AddMovements(tx, rows, now.head, window, movements);
    }));
    for (const DueRow& due : now.due) {
      if (!window.Has(report.CountsAt(due))) continue;
      const Fact& fact = due.row.fact;
      AddMovement(movements, fact.unit, fact.kind, fact.debit, fact.credit, fact.points);
    }
    AddOutstanding(flow.opening, opening);
    AddOutstanding(flow.closing, closing);
    AddMovements(flow.movements, movements);
    return absl::OkStatus();
  }
};

// The stored figures of the closed periods that make up [from, to), if they do.
std::optional<Flow> StoredFlow(const std::vector<Period>& periods, absl::Time from, absl::Time to) {
  Flow flow{.closed = true};
  absl::Time begin = absl::InfinitePast();
  Outstanding before;
  bool begun = false;
  for (const Period& period : periods) {
    if (begin == from) {
      begun = true;
      flow.opening = before;
    }
    if (begun) AddMovements(flow.movements, period.movements);
    if (begun && period.ends_at == to) {
      flow.closing = period.closing;
      return flow;
    }
    begin = period.ends_at;
    before = period.closing;
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<Outstanding> ReadOutstanding(pg::Pool& pool, const Program& program,
                                            absl::Time before, Basis basis,
                                            const ReportOptions& options) {
  const absl::Time seen_from = std::min(before, options.now);
  ASSIGN_OR_RETURN(const AgeBounds ages, AgesSeenFrom(program, seen_from));
  Report report(pool, program, options);
  if (basis == Basis::kEffective) {
    RETURN_IF_ERROR(report.ReadPeriods());
    for (const Period& period : report.periods()) {
      if (period.ends_at == before) return period.closing;
    }
  }
  Outstanding sum;
  RETURN_IF_ERROR(report.ForPartitions(OutstandingReading{before, basis, ages, sum}));
  return sum;
}

absl::StatusOr<Flow> ReadFlow(pg::Pool& pool, const Program& program, absl::Time from,
                              absl::Time to, const ReportOptions& options) {
  ASSIGN_OR_RETURN(const AgeBounds opening_ages,
                   AgesSeenFrom(program, std::max(from, program.created_at)));
  ASSIGN_OR_RETURN(const AgeBounds closing_ages, AgesSeenFrom(program, std::min(to, options.now)));
  Report report(pool, program, options);
  RETURN_IF_ERROR(report.ReadPeriods());
  if (std::optional<Flow> stored = StoredFlow(report.periods(), from, to)) return *stored;
  Flow flow;
  RETURN_IF_ERROR(report.ForPartitions(FlowReading{{from, to}, opening_ages, closing_ages, flow}));
  return flow;
}

// --- closing -----------------------------------------------------------------------------------

absl::StatusOr<ClosingDraft> DraftClosing(pg::Pool& pool, const Program& program,
                                          absl::Time ends_at, const ReportOptions& options) {
  ASSIGN_OR_RETURN(const AgeBounds ages, AgesSeenFrom(program, ends_at));
  Report report(pool, program, options);
  RETURN_IF_ERROR(report.ReadPeriods());
  ClosingDraft draft{.ends_at = ends_at, .before = report.periods()};
  const absl::Time begin =
      draft.before.empty() ? absl::InfinitePast() : draft.before.back().ends_at;
  const Window window{begin, ends_at};
  for (int32_t i = program.first_partition; i <= program.last_partition(); ++i) {
    ASSIGN_OR_RETURN(const Report::Now now, report.ReadNow(i, {ages}, false));
    ClosingDraft::Part part{.head = now.head};
    RETURN_IF_ERROR(pg::RunTx(pool, report.ReadOnly(), [&](pg::Tx& tx) -> absl::Status {
      part.closing = now.lots[0];
      part.movements.clear();
      RETURN_IF_ERROR(report.GoBack(tx, i, now, ends_at, Basis::kEffective, ages, part.closing));
      ASSIGN_OR_RETURN(const int64_t rows, RowsSurelyBefore(tx, i, now.head, begin));
      return report.WalkOf(i).AddMovements(tx, rows, now.head, window, part.movements);
    }));
    draft.partitions[i] = std::move(part);
  }
  return draft;
}

PeriodClosing::PeriodClosing(TransactionId transaction, ClosingDraft draft, PeriodAnswer answer)
    : transaction_(transaction), draft_(std::move(draft)), answer_(std::move(answer)) {
  envelope.all_partitions = true;
}

absl::StatusOr<std::string> PeriodClosing::Decide(Books& books) {
  if (draft_.ends_at > books.recorded_at()) {
    return Error(Reason::kPeriodNotOver,
                 absl::StrCat("the period ends at ", base::FormatTime(draft_.ends_at)));
  }
  if (!before_.empty() && draft_.ends_at <= before_.back().ends_at) {
    return Error(Reason::kPeriodClosed,
                 absl::StrCat("everything before ", base::FormatTime(before_.back().ends_at),
                              " is closed already"));
  }
  if (before_.size() != draft_.before.size()) {
    return Error(Reason::kConflict, "another period was closed at the same time; call again");
  }
  closed_.closed_at = books.recorded_at();
  closed_.transaction = transaction_;
  closed_.actor = envelope.actor;
  ASSIGN_OR_RETURN(seq_, books.Post({.kind = FactKind::kPeriodClosed,
                                     .transaction = transaction_,
                                     .member = {},
                                     .effective_at = books.recorded_at(),
                                     .source = base::FormatTime(draft_.ends_at),
                                     .detail = PeriodJson(closed_)}));
  return answer_(closed_);
}

absl::Status PeriodClosings::LoadAll(pg::Tx& tx, absl::Span<PeriodClosing* const> set) {
  for (PeriodClosing* closing : set) {
    const Program& program = closing->envelope.program;
    const ClosingDraft& draft = closing->draft_;
    ASSIGN_OR_RETURN(closing->before_, ReadPeriods(tx, program));
    const std::vector<Period>& before = closing->before_;
    Period& closed = closing->closed_;
    closed = {.number = static_cast<int32_t>(before.size()) + 1, .ends_at = draft.ends_at};
    if (!before.empty()) closed.begins_at = before.back().ends_at;
    if (before.size() != draft.before.size()) continue;
    ASSIGN_OR_RETURN(const AgeBounds ages, AgesSeenFrom(program, draft.ends_at));
    const Window window{closed.begins_at, draft.ends_at};
    for (const auto& [partition, part] : draft.partitions) {
      ASSIGN_OR_RETURN(const pg::Rows head, tx.Run(sql::kReadHead, partition));
      const int64_t last = head.empty() ? 0 : head[0].Get<int64_t>(1);
      const JournalWalk walk(program, partition, before, ReportOptions{}.page_rows);
      Outstanding lines = part.closing;
      Movements movements = part.movements;
      RETURN_IF_ERROR(walk.AddChanges(tx, part.head, last, {.to = draft.ends_at}, ages, 1, lines));
      RETURN_IF_ERROR(walk.AddMovements(tx, part.head, last, window, movements));
      closed.heads.push_back(last);
      AddOutstanding(closed.closing, lines);
      AddMovements(closed.movements, movements);
    }
  }
  return absl::OkStatus();
}

absl::Status PeriodClosings::WriteAll(pg::Tx& tx, absl::Span<PeriodClosing* const> set) {
  for (const PeriodClosing* closing : set) {
    InsertPeriod(tx, closing->envelope.program, closing->closed_, closing->seq_);
  }
  return absl::OkStatus();
}

}  // namespace gratis::ledger
