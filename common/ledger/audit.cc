#include "common/ledger/audit.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/ledger/audit_words.h"
#include "common/ledger/wrapping.h"

namespace gratis::ledger {

Audit::Audit(const Program& program, int32_t partition, std::string chain_key)
    : program_(program),
      partition_(partition),
      chain_key_(std::move(chain_key)),
      sealer_(chain_key_),
      books_(program, {}, absl::InfinitePast()) {
  found_.partition = partition;
  books_.OnlyAddUp();
}

void Audit::Found(std::string_view check, std::string description, std::optional<int64_t> seq) {
  if (found_.damages.size() >= kMaxDamages) return;
  found_.damages.push_back({std::string(check), std::move(description), seq});
}

void Audit::AddAnchor(const Anchor& anchor) {
  ++found_.anchors;
  anchors_.emplace(anchor.seq, anchor.chain_hash);
}

void Audit::CheckAnchors(int64_t head_seq) {
  for (const auto& [seq, hash] : anchors_) {
    if (seq == 0 && hash == GenesisHash()) continue;  // of before anything was posted
    Found(
        "chain",
        seq > head_seq
            ? absl::StrCat("the anchor says that there were ", seq, " rows, the head says ",
                           head_seq, ": the newest were cut off")
            : absl::StrCat("the anchor says that a block ended with row ", seq, ", and none does"),
        seq);
  }
}

void Audit::AddBlock(const StoredBlock& block) {
  CloseBlock();
  if (block.first_seq != last_block_seq_ + 1) {
    Found("block",
          absl::StrCat("the block of rows ", block.first_seq, " to ", block.last_seq,
                       " does not follow the one that ends with row ", last_block_seq_),
          block.first_seq);
  }
  last_block_seq_ = block.last_seq;
  in_no_block_ = false;
  open_block_ = block;
  open_hash_.emplace(chain_key_, last_hash_);
}

void Audit::CloseBlock() {
  if (!open_block_) return;
  const base::Digest digest = open_hash_->Finish();
  if (base::AsBytes(digest) != open_block_->hash) {
    Found("chain",
          absl::StrCat("the hash of rows ", open_block_->first_seq, " to ", open_block_->last_seq,
                       " does not follow from them and the hash before: a row or a hash was "
                       "changed, removed, moved or put in"),
          open_block_->first_seq);
  }
  last_hash_ = open_block_->hash;
  const auto [begin, end] = anchors_.equal_range(open_block_->last_seq);
  for (auto anchor = begin; anchor != end; ++anchor) {
    if (anchor->second == last_hash_) continue;
    Found("chain",
          absl::StrCat("the hash at row ", anchor->first,
                       " is not the anchor's: up to there the journal was written anew"),
          anchor->first);
  }
  anchors_.erase(begin, end);
  open_block_.reset();
  open_hash_.reset();
}

void Audit::AddRow(const JournalRow& row) {
  ++found_.entries;
  CheckSequence(row);
  if (open_block_ && row.seq > open_block_->last_seq) CloseBlock();
  if (open_block_) {
    open_hash_->Add(row);
    if (row.seq == open_block_->last_seq) CloseBlock();
  } else if (!std::exchange(in_no_block_, true)) {
    Found("block", absl::StrCat("row ", row.seq, " belongs to no block"), row.seq);
  }
  Move(row);
}

void Audit::CheckSequence(const JournalRow& row) {
  if (row.seq == last_seq_ + 2) {
    Found("sequence", absl::StrCat("row ", last_seq_ + 1, " is missing"), last_seq_ + 1);
  } else if (row.seq != last_seq_ + 1) {
    Found("sequence", absl::StrCat("rows ", last_seq_ + 1, " to ", row.seq - 1, " are missing"),
          last_seq_ + 1);
  }
  last_seq_ = row.seq;
  if (row.recorded_at < last_recorded_at_) {
    Found("sequence",
          absl::StrCat("row ", row.seq, " was recorded at ", base::FormatTime(row.recorded_at),
                       ", before the row ahead of it at ", base::FormatTime(last_recorded_at_)),
          row.seq);
  }
  last_recorded_at_ = row.recorded_at;
}

void Audit::Move(const JournalRow& row) {
  const Fact& fact = row.fact;
  if (fact.kind == FactKind::kMemberEnrolled) {
    Member& member = members_[fact.member];
    if (member.enrolled_at) {
      Found("holder",
            absl::StrCat("row ", row.seq, " enrolls ", fact.member.ToString(), " a second time"),
            row.seq);
    }
    member.enrolled_at = fact.effective_at;
  }
  const bool came_over = fact.kind == FactKind::kTransferredIn && !fact.about.IsNil();
  if (fact.kind == FactKind::kVoucherIssued || came_over) {
    // One that goes back with a merge that is undone goes back into its lot.
    const bool makes_lot = fact.lot || fact.allocations.empty();
    const int64_t lot = makes_lot ? row.seq : fact.allocations.front().credit_lot;
    vouchers_[{fact.about}] = {fact.member, lot, fact.detail};
  }
  Await(row);
  if (fact.member.IsNil()) Set(row);
  CheckAllocations(row);
  if (fact.debit == fact.credit) {
    if (fact.debit != Account::kNone) CheckSide(row, fact.debit, 0, row.debit_after);
    if (fact.credit != Account::kNone) CheckSide(row, fact.credit, 0, row.credit_after);
  } else {
    if (fact.debit != Account::kNone) CheckSide(row, fact.debit, -fact.points, row.debit_after);
    if (fact.credit != Account::kNone) CheckSide(row, fact.credit, fact.points, row.credit_after);
  }
  books_.Apply(row);
}

void Audit::CheckSide(const JournalRow& row, Account account, int64_t points, int64_t after) {
  const Fact& fact = row.fact;
  const bool is_wallet = IsMembers(account);
  const int64_t before = books_.BalanceNow(account, fact.member, fact.unit, partition_);
  const auto side = std::pair(WalletKey{is_wallet ? fact.member : MemberId{}, fact.unit}, account);
  // After a damaged row the next ones go on from what it says.
  const auto drift = drift_.find(side);
  const int64_t expected = Plus(Plus(before, points), drift == drift_.end() ? 0 : drift->second);
  if (after == expected) return;
  const std::string whose =
      is_wallet ? absl::StrCat("the wallet of ", fact.member.ToString(), " (", Named(account), ")")
                : absl::StrCat("account ", Named(account));
  Found(is_wallet ? "wallet" : "account",
        absl::StrCat("row ", row.seq, " leaves ", after, " of unit ", fact.unit, " in ", whose,
                     "; the rows up to it make it ", expected),
        row.seq);
  drift_[side] = Plus(after, -Plus(before, points));
}

void Audit::CheckAllocations(const JournalRow& row) {
  const Fact& fact = row.fact;
  int64_t sum = 0;
  for (const Allocation& part : fact.allocations) sum = Plus(sum, part.points);
  const bool falls_on_lots = fact.points != 0 && !(fact.lot && fact.allocations.empty());
  if (sum == (falls_on_lots ? fact.points : 0)) return;
  Found("allocation",
        absl::StrCat("row ", row.seq, " moves ", fact.points, ", and ", sum,
                     " of it falls onto lots"),
        row.seq);
}

void Audit::Await(const JournalRow& row) {
  const AdjustmentId id{row.fact.transaction.uuid};
  if (row.fact.kind == FactKind::kAdjustmentRequested) {
    adjustments_[id] = {.seq = row.seq, .asked_at = row.recorded_at, .open = true};
    return;
  }
  if (row.fact.kind != FactKind::kAdjusted && row.fact.kind != FactKind::kAdjustmentRejected) {
    return;
  }
  const auto asked = adjustments_.find(id);
  if (asked == adjustments_.end()) return;
  if (!asked->second.open) {
    Found("adjustment",
          absl::StrCat("row ", row.seq, " resolves ", id.ToString(), " a second time"), row.seq);
  }
  asked->second.open = false;
}

void Audit::AddHead(const Head& head) {
  CloseBlock();
  CheckAnchors(head.seq);
  found_.last_seq = head.seq;
  found_.chain_hash = head.chain_hash;
  if (head.program != program_.number) {
    Found("head", absl::StrCat("the head says program ", head.program, ", not ", program_.number));
  }
  if (head.seq != last_seq_) {
    Found("head",
          absl::StrCat("the head says ", head.seq, " rows, the journal ends with row ", last_seq_),
          head.seq);
  }
  if (head.seq != last_block_seq_) {
    Found("block",
          absl::StrCat("the head says ", head.seq, " rows, the blocks end with row ",
                       last_block_seq_),
          last_block_seq_ + 1);
  }
  if (head.chain_hash != last_hash_) {
    Found("head", "the head's hash is not the last block's", head.seq);
  }
  if (found_.entries > 0 && head.recorded_at != last_recorded_at_) {
    Found("head",
          absl::StrCat("the head was recorded at ", base::FormatTime(head.recorded_at),
                       ", its last row at ", base::FormatTime(last_recorded_at_)),
          head.seq);
  }
  // Of one that is empty the seal says nothing.
  const bool as_made = head.seq != 0 || head.recorded_at == absl::InfinitePast();
  if (!as_made || head.seal != sealer_.Seal(partition_, head)) {
    Found("head", "the head's seal does not fit: it was changed", head.seq);
  }
}

void Audit::AddStrayRow(int64_t seq) {
  Found("sequence", absl::StrCat("row ", seq, " lies outside what the head says was posted"), seq);
}

void Audit::AddOddRow(int64_t seq) {
  Found("chain", absl::StrCat("row ", seq, " has columns as nothing writes them"), seq);
}

void Audit::AddStrayBlock(int64_t last_seq) {
  Found("block",
        absl::StrCat("the block that ends with row ", last_seq,
                     " lies behind what the head says was posted"),
        last_seq);
}

void Audit::AddStrayAllocation(int64_t seq, int32_t ordinal) {
  Found("allocation",
        absl::StrCat("there is an allocation ", ordinal, " of row ", seq, ", and no place for it"),
        seq);
}

}  // namespace gratis::ledger
