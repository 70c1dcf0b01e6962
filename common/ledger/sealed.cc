#include "common/ledger/sealed.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/ledger/ledger_sql.h"
#include "common/ledger/name.h"
#include "common/ledger/seal.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"

namespace gratis::ledger {
namespace {

constexpr int64_t kPageBlocks = 256;  // 2 MiB

// Which of the numbers from 1 on were seen in each partition.
class Seen {
 public:
  explicit Seen(const Program& program)
      : first_(program.first_partition), parts_(static_cast<size_t>(program.partitions)) {}

  bool Knows(int32_t partition) const {
    return partition >= first_ && partition - first_ < static_cast<int32_t>(parts_.size());
  }
  void Expect(int32_t partition, int64_t count) {
    Part& part = PartOf(partition);
    part.expected = std::max<int64_t>(count, 0);
    Grow(part, part.expected);
  }
  // False if it was seen before.
  bool Add(int32_t partition, int64_t number) {
    Part& part = PartOf(partition);
    Grow(part, number);
    auto bit = part.bits[static_cast<size_t>(number - 1)];
    if (bit) return false;
    bit = true;
    return true;
  }
  // Whether it was expected and not seen so far.
  bool Misses(int32_t partition, int64_t number) const {
    if (!Knows(partition)) return false;
    const Part& part = parts_[static_cast<size_t>(partition - first_)];
    return number >= 1 && number <= part.expected && !part.bits[static_cast<size_t>(number - 1)];
  }
  // The highest that was seen.
  int64_t Last(int32_t partition) const {
    const Part& part = parts_[static_cast<size_t>(partition - first_)];
    for (size_t i = part.bits.size(); i > 0; --i) {
      if (part.bits[i - 1]) return static_cast<int64_t>(i);
    }
    return 0;
  }
  // Tells `found` each run of numbers that were expected and not seen.
  template <class Found>
  void ForEachGap(Found found) const {
    for (size_t p = 0; p < parts_.size(); ++p) {
      const Part& part = parts_[p];
      for (int64_t i = 1; i <= part.expected; ++i) {
        if (part.bits[static_cast<size_t>(i - 1)]) continue;
        const int64_t first = i;
        while (i < part.expected && !part.bits[static_cast<size_t>(i)]) ++i;
        found(first_ + static_cast<int32_t>(p), first, i);
      }
    }
  }

 private:
  struct Part {
    int64_t expected = 0;
    std::vector<bool> bits;
  };
  Part& PartOf(int32_t partition) { return parts_[static_cast<size_t>(partition - first_)]; }
  static void Grow(Part& part, int64_t number) {
    if (static_cast<int64_t>(part.bits.size()) < number) part.bits.resize(number);
  }

  const int32_t first_;
  std::vector<Part> parts_;
};

class SealedWalk {
 public:
  SealedWalk(pg::Pool& pool, const Program& program, const VerifyOptions& options)
      : pool_(pool),
        program_(program),
        options_(options),
        reading_(pg::Reading(options.deadline)),
        sealer_(options.chain_key),
        requests_(program),
        names_(program) {}

  absl::StatusOr<std::vector<Damage>> Check();

 private:
  struct Counts {
    int32_t partition;
    int64_t requests, names, seq;
  };

  absl::StatusOr<std::vector<Counts>> ReadCounts();
  // Tells `look` each fact that gave up a name, with a seq above `after` and up to `until`.
  template <class Look>
  absl::Status ForEachRelease(int32_t partition, int64_t after, int64_t until, Look look);
  void LookAtRelease(const Counts& counts, int64_t seq, std::optional<int64_t> number);
  template <class Look>
  absl::Status ForEachRow(const pg::Query& query, int64_t blocks, Look look);
  void LookAtRequest(const pg::Row& row);
  void LookAtName(const pg::Row& row);
  void Note(Seen& seen, std::string_view check, std::string_view what, int32_t partition,
            int64_t number, bool sealed);
  void ReportGaps(const Seen& seen, std::string_view check, std::string_view what);
  void Found(std::string_view check, std::string description);

  pg::Pool& pool_;
  const Program& program_;
  const VerifyOptions& options_;
  const pg::TxOptions reading_;
  Sealer sealer_;
  Seen requests_, names_;
  std::vector<Damage> damages_;
};

void SealedWalk::Found(std::string_view check, std::string description) {
  if (damages_.size() < kMaxDamages) {
    damages_.push_back({std::string(check), std::move(description), std::nullopt});
  }
}

absl::StatusOr<std::vector<SealedWalk::Counts>> SealedWalk::ReadCounts() {
  std::vector<Counts> counts;
  RETURN_IF_ERROR(pg::RunTx(pool_, reading_, [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     tx.Run(sql::kListHeads, program_.first_partition, program_.last_partition()));
    counts.clear();
    for (const pg::Row row : rows) {
      counts.push_back(
          {row.Get<int32_t>(0), row.Get<int64_t>(1), row.Get<int64_t>(2), row.Get<int64_t>(3)});
    }
    return absl::OkStatus();
  }));
  return counts;
}

template <class Look>
absl::Status SealedWalk::ForEachRow(const pg::Query& query, int64_t blocks, Look look) {
  for (int64_t block = 0; block < blocks; block += kPageBlocks) {
    std::optional<pg::Rows> rows;
    RETURN_IF_ERROR(pg::RunTx(pool_, reading_, [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(rows, tx.Run(query, program_.number, block, block + kPageBlocks));
      return absl::OkStatus();
    }));
    for (const pg::Row row : *rows) look(row);
  }
  return absl::OkStatus();
}

template <class Look>
absl::Status SealedWalk::ForEachRelease(int32_t partition, int64_t after, int64_t until,
                                        Look look) {
  while (true) {
    std::optional<pg::Rows> rows;
    RETURN_IF_ERROR(pg::RunTx(pool_, reading_, [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(rows, tx.Run(sql::kPageReleases, partition, after, until,
                                    static_cast<int64_t>(options_.page_rows)));
      return absl::OkStatus();
    }));
    for (const pg::Row row : *rows) {
      after = row.Get<int64_t>(0);
      look(after, ReleasedNumber(row.Get<std::string_view>(1)));
    }
    if (rows->size() < options_.page_rows) return absl::OkStatus();
  }
}

void SealedWalk::LookAtRelease(const Counts& counts, int64_t seq, std::optional<int64_t> number) {
  if (number && *number >= 1 && *number <= counts.names && names_.Add(counts.partition, *number)) {
    return;
  }
  if (damages_.size() >= kMaxDamages) return;
  damages_.push_back({"name",
                      absl::StrCat("row ", seq, " of partition ", counts.partition,
                                   " gives up a name that there was not, or not any more"),
                      seq});
}

void SealedWalk::Note(Seen& seen, std::string_view check, std::string_view what, int32_t partition,
                      int64_t number, bool sealed) {
  if (!sealed) {
    Found(check, absl::StrCat(base::Abs(what), ", number ", number, " of partition ", partition,
                              ", was changed or put in: its seal does not fit"));
    // Said once is enough: what was changed is not missing, too.
    if (seen.Misses(partition, number)) seen.Add(partition, number);
  } else if (!seen.Add(partition, number)) {
    Found(check, absl::StrCat(base::Abs(what), ", number ", number, " of partition ", partition,
                              ", is there twice"));
  }
}

void SealedWalk::LookAtRequest(const pg::Row& row) {
  const AnsweredRequest request{.program = program_.number,
                                .partition = row.Get<int32_t>(3),
                                .number = row.Get<int64_t>(5),
                                .request_id = row.Get<std::string_view>(0),
                                .fingerprint = row.Get<pg::BytesView>(1).value,
                                .answer = row.Get<pg::BytesView>(2).value,
                                .recorded_at = row.Get<absl::Time>(4)};
  const bool sealed = sealer_.Seal(request) == row.Get<pg::BytesView>(6).value;
  if (sealed && requests_.Add(request.partition, request.number)) return;
  Note(requests_, "request", absl::StrCat("the request \"", base::Abs(request.request_id), "\""),
       request.partition, request.number, sealed);
}

void SealedWalk::LookAtName(const pg::Row& row) {
  const ClaimedName name{.program = program_.number,
                         .partition = row.Get<int32_t>(2),
                         .number = row.Get<int64_t>(4),
                         .kind = row.Get<int16_t>(0),
                         .key = row.Get<pg::BytesView>(1).value,
                         .id = row.Get<Uuid>(3)};
  const bool sealed = sealer_.Seal(name) == row.Get<pg::BytesView>(5).value;
  if (sealed && names_.Add(name.partition, name.number)) return;
  Note(names_, "name", absl::StrCat("the name ", base::Hex(name.key), " of kind ", name.kind),
       name.partition, name.number, sealed);
}

void SealedWalk::ReportGaps(const Seen& seen, std::string_view check, std::string_view what) {
  seen.ForEachGap([&](int32_t partition, int64_t first, int64_t last) {
    Found(check, first == last ? absl::StrCat(base::Abs(what), " ", first, " of partition ",
                                              partition, " is missing")
                               : absl::StrCat(base::Abs(what), "s ", first, " to ", last,
                                              " of partition ", partition, " are missing"));
  });
}

absl::StatusOr<std::vector<Damage>> SealedWalk::Check() {
  // The heads first: what they count is in the tables when their length is read.
  ASSIGN_OR_RETURN(const std::vector<Counts> before, ReadCounts());
  for (const Counts& counts : before) {
    requests_.Expect(counts.partition, counts.requests);
    names_.Expect(counts.partition, counts.names);
    RETURN_IF_ERROR(ForEachRelease(counts.partition, 0, counts.seq, [&](int64_t seq, auto number) {
      LookAtRelease(counts, seq, number);
    }));
  }
  int64_t request_blocks = 0;
  int64_t name_blocks = 0;
  RETURN_IF_ERROR(pg::RunTx(pool_, reading_, [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kCountBlocks));
    request_blocks = rows[0].Get<int64_t>(0);
    name_blocks = rows[0].Get<int64_t>(1);
    return absl::OkStatus();
  }));
  RETURN_IF_ERROR(ForEachRow(sql::kPageRequests, request_blocks,
                             [this](const pg::Row& row) { LookAtRequest(row); }));
  RETURN_IF_ERROR(ForEachRow(sql::kPageDirectory, name_blocks,
                             [this](const pg::Row& row) { LookAtName(row); }));
  ASSIGN_OR_RETURN(const std::vector<Counts> after, ReadCounts());
  // What was given up meanwhile may have been gone before the walk came by.
  for (size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
    RETURN_IF_ERROR(
        ForEachRelease(before[i].partition, before[i].seq, after[i].seq, [&](int64_t, auto number) {
          if (number && names_.Misses(before[i].partition, *number)) {
            names_.Add(before[i].partition, *number);
          }
        }));
  }
  ReportGaps(requests_, "request", "request");
  ReportGaps(names_, "name", "name");
  for (const Counts& counts : after) {
    for (const auto& [seen, count, what] : {std::tuple(&requests_, counts.requests, "request"),
                                            std::tuple(&names_, counts.names, "name")}) {
      const int64_t last = seen->Last(counts.partition);
      if (last <= count) continue;
      Found(what, absl::StrCat("the head of partition ", counts.partition, " counts ", count, " ",
                               what, "s, and there is one of number ", last));
    }
  }
  return std::move(damages_);
}

}  // namespace

absl::StatusOr<std::vector<Damage>> CheckSealedRows(pg::Pool& pool, const Program& program,
                                                    const VerifyOptions& options) {
  return SealedWalk(pool, program, options).Check();
}

}  // namespace gratis::ledger
