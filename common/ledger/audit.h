#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/books.h"
#include "common/ledger/chain.h"
#include "common/ledger/fact.h"
#include "common/ledger/period.h"
#include "common/ledger/seal.h"
#include "common/ledger/state.h"
#include "common/ledger/verify.h"

namespace gratis::ledger {

// A row of `block`, as stored.
struct StoredBlock {
  int64_t first_seq;
  int64_t last_seq;
  std::string hash;
};

// A row of `adjustment`, as stored.
struct StoredAdjustment {
  int64_t seq;
  absl::Time asked_at;
  bool open;

  friend bool operator==(const StoredAdjustment&, const StoredAdjustment&) = default;
};

// The books of one partition, made anew from its journal (by Books::Apply, as when they were made),
// and what in the stored ones contradicts them. Fed in this order: all rows by seq with their
// allocations, each block just before the row it begins with; then the head; then everything else
// that is stored, in any order but wallets before lots and holds; then Finish. No database in here.
//
// One damaged place is one finding: after each, the audit goes on from what is stored.
class Audit {
 public:
  Audit(const Program& program, int32_t partition, std::string chain_key);

  // Of this partition; before the first row.
  void AddAnchor(const Anchor& anchor);
  void AddBlock(const StoredBlock& block);
  void AddRow(const JournalRow& row);
  void AddHead(const Head& head);
  // A row outside 1 to the head's seq.
  void AddStrayRow(int64_t seq);
  // A row with columns as nothing writes them, such as a nil id in place of none; the chain's bytes
  // do not tell these apart.
  void AddOddRow(int64_t seq);
  // A block that ends behind the head.
  void AddStrayBlock(int64_t last_seq);
  // An allocation of a row that is not there, or not in its place there.
  void AddStrayAllocation(int64_t seq, int32_t ordinal);
  void AddHolder(const MemberId& member, absl::Time enrolled_at, MemberState state,
                 std::optional<MemberId> survivor);
  void AddLot(const Lot& lot, bool open);
  void AddCover(const Cover& cover);
  void AddHold(const Hold& hold, bool open);
  // A pin of a hold that is not there.
  void AddStrayPin(const HoldId& hold, int64_t lot);
  void AddVoucher(const Voucher& voucher);
  void AddAdjustment(const AdjustmentId& id, const StoredAdjustment& adjustment);
  void AddAccount(int16_t unit, Account account, int64_t points);
  void AddBudgetDraw(const BudgetId& budget, int64_t spent);
  // For the program's first partition, where budgets are set.
  void AddBudget(const NamedBudget& budget);
  // Of the program's first partition, each with the seq of its fact.
  void AddRate(const Rate& rate, int64_t seq);
  void AddPeriod(const Period& period, int64_t seq);
  void AddWallet(const MemberId& member, int16_t unit, const Wallet& wallet);
  // What was set for the program, in its first partition; for the house, in the order of numbers,
  // every program.
  void AddUnit(const Unit& unit);
  void AddProgram(const Program& program);

  // What was found.
  Verification Finish();

 private:
  using WalletKey = std::pair<MemberId, int16_t>;
  struct Member {
    std::optional<absl::Time> enrolled_at;
    bool held = false;  // has a holder
  };
  struct IssuedVoucher {
    MemberId member;
    int64_t lot;
    std::string terms;
  };

  // A rate or a period as its fact says it.
  struct SetDown {
    FactKind kind;
    std::string detail;
    absl::Time recorded_at;
  };
  struct CreatedProgram {
    std::string detail;
    absl::Time created_at;
  };

  // When something in a wallet falls due: as its row says, and by its lots and holds.
  struct Due {
    std::optional<absl::Time> stored;
    absl::Time first = absl::InfiniteFuture();
    bool was_due = false;  // at what is stored something of it falls due, or did before it was over

    void Add(absl::Time at, bool still) {
      if (still) first = std::min(first, at);
      was_due = was_due || stored == at;
    }
  };
  void AddDue(const Lot& lot);
  void AddDue(const Hold& hold);
  void CheckDue(const MemberId& member, int16_t unit, const Due& due);

  void CloseBlock();
  // Those that no block ended at.
  void CheckAnchors(int64_t head_seq);
  // Of an adjustment that takes a second person.
  void Await(const JournalRow& row);
  // What facts about the program, and the house's about programs, set.
  void Set(const JournalRow& row);
  void CheckSequence(const JournalRow& row);
  void Move(const JournalRow& row);
  void CheckSide(const JournalRow& row, Account account, int64_t points, int64_t after);
  void CheckAllocations(const JournalRow& row);
  // What the rows came to; from the first call on nothing more is added up.
  Books::State& state();
  void Found(std::string_view check, std::string description, std::optional<int64_t> seq = {});

  const Program program_;
  const int32_t partition_;
  const std::string chain_key_;
  Sealer sealer_;
  Verification found_;

  int64_t last_seq_ = 0;
  absl::Time last_recorded_at_ = absl::InfinitePast();
  std::string last_hash_ = GenesisHash();
  int64_t last_block_seq_ = 0;
  bool in_no_block_ = false;  // the last row belonged to none, and that was said
  std::optional<StoredBlock> open_block_;
  std::optional<BlockHash> open_hash_;
  std::multimap<int64_t, std::string> anchors_;  // hashes by seq, of which no block ended there yet

  Books books_;
  std::optional<Books::State> state_;
  absl::flat_hash_map<MemberId, Member> members_;
  std::map<VoucherId, IssuedVoucher> vouchers_;
  std::map<AdjustmentId, StoredAdjustment> adjustments_;
  std::map<int64_t, SetDown> set_down_;      // by seq
  std::map<int16_t, std::string> units_;     // the latest details
  std::map<BudgetId, std::string> budgets_;  // the latest details
  std::vector<CreatedProgram> programs_;     // in the order they were made; from number 2 on
  Program last_program_;                     // of those added
  // By how much what a row says was left differs from what rows add up to, where it does.
  std::map<std::pair<WalletKey, Account>, int64_t> drift_;
  absl::flat_hash_map<MemberId, std::map<int16_t, Due>> due_;  // by unit
};

}  // namespace gratis::ledger
