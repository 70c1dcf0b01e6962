#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/books.h"
#include "common/ledger/merging.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/members/merging_store.h"
#include "services/members/segment_rules.h"

// The segments of two members who become one, and two again.
namespace gratis::members {

// What both do with those of a survivor.
class SurvivorsSegments {
 public:
  absl::Status Load(pg::Tx& tx, const ledger::Program& program, const MemberId& survivor);
  void Write(pg::Tx& tx, const ledger::Program& program) const;

 protected:
  // Posts what changed, if anything did. Returns how many.
  absl::StatusOr<size_t> Post(ledger::Books& books, ChangedSegments changed,
                              const TransactionId& transaction, absl::Time effective_at);
  const SegmentMarks& marks() const { return marks_; }

 private:
  MemberId survivor_;
  SegmentMarks marks_;       // loaded
  ChangedSegments changed_;  // decided
};

// Those of a duplicate that the survivor is not in come over.
class SegmentsOfBoth : public SurvivorsSegments {
 public:
  absl::Status Load(pg::Tx& tx, const ledger::Program& program, const MemberId& survivor,
                    const MemberId& duplicate);
  absl::StatusOr<size_t> Take(ledger::Books& books, const TransactionId& transaction,
                              absl::Time effective_at);

 private:
  SegmentMarks duplicates_;  // loaded
};

// Those that came over and are as they came are taken back, unless others who stay part of the
// survivor are in them, too.
class SegmentsComeOver : public SurvivorsSegments {
 public:
  absl::Status Load(pg::Tx& tx, const ledger::Program& program, const Parting& parting);
  absl::StatusOr<size_t> GiveBack(ledger::Books& books, const ledger::MergePair& undo);

 private:
  // What came with this merge; and what came before it with another that was undone since, and is
  // there as this duplicate's ever since.
  absl::StatusOr<SegmentMarks> CameOver(ledger::Books& books) const;

  Parting parting_;          // loaded
  SegmentMarks duplicates_;  // loaded
  SegmentMarks others_;      // loaded
};

}  // namespace gratis::members
