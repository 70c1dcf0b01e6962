#include "common/ledger/audit.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"

namespace gratis::ledger {
namespace {

// Damaged figures need not fit: this wraps where + would be undefined.
int64_t Plus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

std::string Named(int16_t account) {
  switch (static_cast<Account>(account)) {
    case Account::kIssued:
      return "account issued";
    case Account::kRedeemed:
      return "account redeemed";
    default:
      return absl::StrCat("account ", account);
  }
}

bool IsProgramAccount(int16_t account) {
  return account == static_cast<int16_t>(Account::kIssued) ||
         account == static_cast<int16_t>(Account::kRedeemed);
}

}  // namespace

Audit::Audit(const Program& program, int32_t partition, std::string chain_key)
    : program_(program), chain_key_(std::move(chain_key)) {
  found_.partition = partition;
}

void Audit::Found(std::string_view check, std::string description, std::optional<int64_t> seq) {
  if (found_.damages.size() >= kMaxDamages) return;
  found_.damages.push_back({std::string(check), std::move(description), seq});
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
  if (fact.debit != Account::kNone) MoveSide(row, fact.debit, -fact.points, row.debit_after);
  if (fact.credit != Account::kNone) MoveSide(row, fact.credit, fact.points, row.credit_after);
}

void Audit::MoveSide(const JournalRow& row, Account account, int64_t points, int64_t after) {
  const bool is_wallet = account == Account::kAvailable;
  Side& side =
      is_wallet ? members_[row.fact.member].wallet : accounts_[static_cast<int16_t>(account)];
  const int64_t expected = Plus(side.last_after, points);
  if (after != expected) {
    const std::string whose = is_wallet ? absl::StrCat("the wallet of ", row.fact.member.ToString())
                                        : Named(static_cast<int16_t>(account));
    Found(is_wallet ? "wallet" : "account",
          absl::StrCat("row ", row.seq, " leaves ", after, " points in ", whose, "; ",
                       side.last_after, " before and ", points, " moved make ", expected),
          row.seq);
  }
  side.moved_points = Plus(side.moved_points, points);
  side.last_after = after;
  side.seen = true;
}

void Audit::AddHead(const StoredHead& head) {
  CloseBlock();
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
}

void Audit::AddStrayRow(int64_t seq) {
  Found("sequence", absl::StrCat("row ", seq, " lies outside what the head says was posted"), seq);
}

void Audit::AddNilMember(int64_t seq) {
  Found("holder", absl::StrCat("row ", seq, " names a member whose id is nil"), seq);
}

void Audit::AddStrayBlock(int64_t last_seq) {
  Found("block",
        absl::StrCat("the block that ends with row ", last_seq,
                     " lies behind what the head says was posted"),
        last_seq);
}

void Audit::AddHolder(const MemberId& id, absl::Time enrolled_at) {
  const auto found = members_.find(id);
  if (found == members_.end() || !found->second.enrolled_at) {
    Found("holder", absl::StrCat(id.ToString(), " is a holder, and no fact enrolled them"));
    return;
  }
  Member& member = found->second;
  member.held = true;
  if (enrolled_at != *member.enrolled_at) {
    Found("holder",
          absl::StrCat(id.ToString(), " is a holder since ", base::FormatTime(enrolled_at),
                       ", and was enrolled at ", base::FormatTime(*member.enrolled_at)));
  }
}

void Audit::AddWallet(const MemberId& id, int64_t available_points) {
  ++found_.wallets;
  const auto found = members_.find(id);
  if (found == members_.end() || !found->second.wallet.seen) {
    Found("wallet", absl::StrCat("the wallet of ", id.ToString(), " holds ", available_points,
                                 " points that no fact moved there"));
    return;
  }
  Side& wallet = found->second.wallet;
  wallet.stored = true;
  if (available_points != wallet.moved_points) {
    Found("wallet", absl::StrCat("the wallet of ", id.ToString(), " holds ", available_points,
                                 " points, the journal makes it ", wallet.moved_points));
  }
}

void Audit::AddAccount(int16_t account, int64_t points) {
  // A side that a refused posting touched may stand there with 0.
  const auto found = accounts_.find(account);
  const int64_t moved = found == accounts_.end() ? 0 : found->second.moved_points;
  if (found != accounts_.end()) found->second.stored = true;
  if (points != moved || !IsProgramAccount(account)) {
    Found("account",
          absl::StrCat(Named(account), " holds ", points, " points, the journal makes it ", moved));
  }
}

Verification Audit::Finish() {
  for (const auto& [id, member] : members_) {
    if (member.enrolled_at && !member.held) {
      Found("holder", absl::StrCat(id.ToString(), " was enrolled, and is not a holder"));
    }
    if (member.wallet.seen && !member.wallet.stored) {
      Found("wallet", absl::StrCat("the wallet of ", id.ToString(),
                                   " is gone; the journal makes it ", member.wallet.moved_points));
    }
  }
  for (const auto& [account, side] : accounts_) {
    if (!side.stored) {
      Found("account",
            absl::StrCat(Named(account), " is gone; the journal makes it ", side.moved_points));
    }
  }
  return std::move(found_);
}

}  // namespace gratis::ledger
