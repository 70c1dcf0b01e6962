#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/ledger/merging.h"
#include "common/ledger/mutation.h"
#include "common/vault/vault.h"
#include "services/members/merging_likes.h"
#include "services/members/merging_segments.h"
#include "services/members/merging_store.h"
#include "services/members/merging_words.h"

namespace gratis::members {

// How long a merge may be undone.
inline constexpr absl::Duration kUndoPeriod = absl::Hours(24 * 30);

// A duplicate becomes part of a survivor. Answers with MergeMembersResponse. Errors: those of
// ledger::MergeMembers, and MERGE_REFUSED for a duplicate in groups.
class Merge final : public ledger::Mutation {
 public:
  explicit Merge(ledger::MergePair pair);

  void AddNeeds(ledger::Wants& wants) const override;
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;
  // The answer names nobody's points.
  absl::Status CheckReplay(ledger::Books&, std::string_view) const override {
    return absl::OkStatus();
  }

 private:
  friend class Merges;

  ledger::MergePair pair_;
  bool are_members_ = false;  // loaded: both, and not a group's points
  bool in_groups_ = false;    // loaded: the duplicate
  bool is_group_ = false;     // loaded: one of the two
  WordsOfBoth words_;
  LikesOfBoth likes_;
  SegmentsOfBoth segments_;
  std::optional<MergeRow> row_;  // decided
};

// It and the undo are posted in transactions of their own: other kinds change what they load.
class Merges final : public ledger::KindOf<Merge> {
 public:
  // `vault` outlives this.
  explicit Merges(const vault::Vault& vault) : vault_(vault) {}
  absl::Status LoadAll(pg::Tx& tx, absl::Span<Merge* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<Merge* const> set) override;

 private:
  const vault::Vault& vault_;
};

// They are two again. Answers with UndoMergeResponse. Errors: those of ledger::UndoMerge, and
// MERGE_CONTRADICTED after the period or something was corrected.
class MergeUndo final : public ledger::Mutation {
 public:
  // `merge` as read before, outside the partition's lock.
  MergeUndo(MergeRow merge, ledger::MergePair undo);

  void AddNeeds(ledger::Wants& wants) const override;
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;
  absl::Status CheckReplay(ledger::Books&, std::string_view) const override {
    return absl::OkStatus();
  }

 private:
  friend class MergeUndos;

  MergeRow merge_;  // loaded again
  ledger::MergePair undo_;
  bool corrected_ = false;  // loaded
  WordsComeOver words_;
  LikesComeOver likes_;
  SegmentsComeOver segments_;
};

class MergeUndos final : public ledger::KindOf<MergeUndo> {
 public:
  // `vault` outlives this.
  explicit MergeUndos(const vault::Vault& vault) : vault_(vault) {}
  absl::Status LoadAll(pg::Tx& tx, absl::Span<MergeUndo* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<MergeUndo* const> set) override;

 private:
  const vault::Vault& vault_;
};

}  // namespace gratis::members
