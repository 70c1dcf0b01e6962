#pragma once

#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/fact.h"
#include "common/ledger/program.h"
#include "common/ledger/standing.h"
#include "common/ledger/state.h"
#include "common/ledger/unit.h"

namespace gratis::ledger {

// What kind of name leads to an id. Stored.
enum class DirectoryKind : int16_t {
  kProgramCode = 1,
  kExternalId = 2,
  kEmail = 3,
  kPhone = 4,
  kOrder = 5,
  kVoucherCode = 6,
  kBudgetCode = 7,
  kReceiptCode = 8,
  kCard = 16,
};

// A name, as the directory keeps it: 16 bytes of a keyed hash, unique in its program and kind.
struct DirectoryKey {
  DirectoryKind kind;
  std::string hash;

  friend auto operator<=>(const DirectoryKey&, const DirectoryKey&) = default;
  template <class H>
  friend H AbslHashValue(H state, const DirectoryKey& key) {
    return H::combine(std::move(state), key.kind, key.hash);
  }
};

// What a name leads to.
struct DirectoryEntry {
  int32_t partition;
  Uuid id;
  int64_t number = 0;  // of those that ever led to the partition, from 1

  friend bool operator==(const DirectoryEntry&, const DirectoryEntry&) = default;
};

struct Holder {
  absl::Time enrolled_at;
  MemberState state = MemberState::kActive;
  MemberId survivor = {};             // of one that is merged: who they became part of
  std::map<int16_t, Wallet> wallets;  // by unit
};

// What decisions look at. A mutation names beforehand what it is sure to need, so that one look is
// enough; what the books find missing besides is read and everything decided again.
struct Wants {
  static constexpr int kAll = std::numeric_limits<int>::max();

  std::set<MemberId> members;
  std::set<DirectoryKey> names;
  std::map<std::pair<MemberId, int16_t>, int> lots;  // open lots, so many in the order of spending
  std::set<LotKey> lot_keys;                         // these, and what covers them
  std::set<LotKey> makers;                           // what the rows that made these are about
  std::set<MemberId> member_holds;                   // their open holds
  std::set<HoldId> holds;                            // with the lots they pin
  std::set<TransactionId> transactions;              // their rows, and what was undone of them
  std::set<VoucherId> vouchers;                      // with their lots
  std::set<MemberId> member_vouchers;                // all of theirs, with their lots
  std::set<BudgetId> budgets;                        // locked until the end of the run
  std::set<MemberId> departures;                     // what of their lots went to others

  bool empty() const;
  void Add(const Wants& more);
};

struct SpendOrderOfPointers {
  bool operator()(const Lot* a, const Lot* b) const { return SpendOrder()(*a, *b); }
};

// A row posted before, and how much of it was undone since.
struct PostedRow {
  JournalRow row;
  int64_t undone = 0;
  std::map<int64_t, int64_t> undone_by_lot;  // thereof from each of its lots; of rows that took
};

// Points of a lot that went to another member, as the row kTransferredOut that says so has it.
struct Departure {
  int64_t lot = 0;
  std::string detail;  // which lot they became, see merging.h; else something else, or nothing
};

// The state that one run of postings works on: what was loaded for it, and what was decided since.
// Each decision sees the ones before it in the run; one that fails is undone. What the journal says
// about points is done to the state by `Apply` alone, here and when the books are verified.
//
// Look-ups of what was not loaded fail with Lacking() and remember what is wanted. Not thread-safe.
class Books {
 public:
  // `heads`: the last seq of each partition that is posted in.
  Books(Program program, std::map<int32_t, int64_t> heads, absl::Time recorded_at);

  const Program& program() const { return program_; }
  // When everything decided in this run counts as recorded.
  absl::Time recorded_at() const { return recorded_at_; }
  const absl::TimeZone& zone() const { return zone_; }

  // --- for decisions ----------------------------------------------------------------------------

  // The member as of now in this run; null if unknown.
  const Holder* FindHolder(const MemberId& member) const;
  // Also for a member who becomes known only while deciding, of whatever partition; whoever is no
  // member was not erased. Errors: MEMBER_ERASED.
  absl::Status CheckNotErased(const MemberId& member);
  // Errors: MEMBER_NOT_FOUND.
  absl::Status RequireHolder(const MemberId& member);
  // Whether the member's state allows it. Errors: MEMBER_NOT_FOUND, MEMBER_NOT_ACTIVE (metadata:
  // state), MEMBER_ERASED, MEMBER_MERGED (metadata: survivor_id).
  absl::Status Permit(const MemberId& member, Deed deed);
  // An empty one if the member has none yet, or is unknown.
  Wallet WalletOf(const MemberId& member, int16_t unit) const;
  // 0 for a member without points, or unknown.
  int64_t AvailablePoints(const MemberId& member, int16_t unit = kPointsUnit) const {
    return WalletOf(member, unit).available;
  }
  // Errors: UNIT_NOT_FOUND.
  absl::StatusOr<Unit> UnitOf(int16_t unit) const;
  absl::StatusOr<Unit> UnitOf(std::string_view code) const;
  // What the name leads to; nothing if it is free. The key must have been asked for by Needs.
  std::optional<DirectoryEntry> FindEntry(const DirectoryKey& key) const;
  // The same for a key that becomes known only while deciding.
  absl::StatusOr<std::optional<DirectoryEntry>> LookUp(const DirectoryKey& key);

  // The first lots in the order of spending that have `points` available together, or all that have
  // any.
  absl::StatusOr<std::vector<const Lot*>> SpendableLots(const MemberId& member, int16_t unit,
                                                        int64_t points);
  // All open lots of a wallet in the order of spending.
  absl::StatusOr<std::vector<const Lot*>> OpenLots(const MemberId& member, int16_t unit);
  // Null if there is none.
  absl::StatusOr<const Lot*> FindLot(const LotKey& key);
  // What others lent to a lot, the latest first.
  absl::StatusOr<std::vector<Cover>> CoversOf(const LotKey& borrower);
  absl::StatusOr<std::vector<const Hold*>> OpenHolds(const MemberId& member);
  // Null if there is none.
  absl::StatusOr<const Hold*> FindHold(const HoldId& hold);
  // Where it stands: with a merge a voucher may have been with several. Null if there is none.
  absl::StatusOr<const Voucher*> FindVoucher(const VoucherId& voucher);
  // As it is, or was, with this member, whose partition is posted in; null if it never was.
  absl::StatusOr<const Voucher*> FindVoucherWith(const VoucherId& voucher, const MemberId& member);
  // The vouchers of a member whose lots are open.
  absl::StatusOr<std::vector<const Voucher*>> LiveVouchers(const MemberId& member);
  // The voucher whose lot it is, or was before a merge; null if there is none.
  absl::StatusOr<const Voucher*> FindVoucherOf(const LotKey& lot);
  // The rows of a transaction, in their order; none if there is no such transaction.
  absl::StatusOr<std::vector<PostedRow>> RowsOf(const TransactionId& transaction);
  // What of a member's lots went to others, in its order.
  absl::StatusOr<std::vector<Departure>> DeparturesOf(const MemberId& member);
  // Null if there is none.
  absl::StatusOr<const Budget*> FindBudget(const BudgetId& budget);

  // Journals a fact in the member's partition (the program's first, without a member), and does to
  // the state what it says. Returns its seq. Errors: MEMBER_NOT_FOUND, POINTS_NOT_POSITIVE,
  // POINTS_OVERFLOW, INSUFFICIENT_POINTS (metadata: available_points), BUDGET_NOT_FOUND,
  // BUDGET_EXHAUSTED (metadata: remaining).
  absl::StatusOr<int64_t> Post(Fact fact);
  // Makes a member known. Their id must be new.
  void AddHolder(const MemberId& member, absl::Time enrolled_at);
  // Takes a free name for `id` in `member`'s partition.
  void Claim(const DirectoryKey& key, const MemberId& member, const Uuid& id);
  // Gives up a name that leads to `fact.member`'s partition: from now on it is free for anybody.
  // Journals `fact`, whose kind and detail are set here: the name's number, which says nothing to
  // who does not have its row. Errors: MEMBER_NOT_FOUND.
  absl::Status Release(const DirectoryKey& key, Fact fact);
  // Makes a voucher known, beside the fact that issued it or with which it came over.
  void AddVoucher(Voucher voucher);
  // Makes a budget known, or changes the limit of one that is.
  void SetBudget(NamedBudget budget);
  // Whether the partition of this member is one that is posted in.
  bool PostsFor(const MemberId& member) const { return seqs_.count(PartitionOfMember(member)) > 0; }
  // What is due in the wallet is known exactly: `next_due`.
  void SetNextDue(const MemberId& member, int16_t unit, absl::Time next_due);

  // What a look-up failed with that needs reading first.
  static absl::Status Lacking();

  // --- for the runner ---------------------------------------------------------------------------

  // What decisions lacked since the last call.
  Wants TakeWants() { return std::exchange(wants_, {}); }
  bool lacks_something() const { return !wants_.empty(); }

  // Loading. What is known already stays as it is, since decisions may have changed it.
  void LoadUnit(Unit unit);
  void LoadAccount(int32_t partition, int16_t unit, Account account, int64_t points);
  void LoadHolder(const MemberId& member, absl::Time enrolled_at,
                  MemberState state = MemberState::kActive, const MemberId& survivor = {});
  void LoadWallet(const MemberId& member, int16_t unit, const Wallet& wallet);
  void LoadEntry(const DirectoryKey& key, DirectoryEntry entry) { directory_[key] = entry; }
  // How many names ever led to a partition that is posted in.
  void LoadNames(int32_t partition, int64_t names) { names_[partition] = names; }
  void LoadLot(const Lot& lot);
  void LoadCover(int32_t partition, const Cover& cover);
  void LoadHold(Hold hold);
  void LoadVoucher(const Voucher& voucher);
  // What the row that made a lot is about.
  void LoadMaker(const LotKey& lot, const Uuid& about) { makers_[lot] = about; }
  void LoadRow(PostedRow row);
  void LoadBudget(const Budget& budget);
  // `seq`: the row that says it.
  void LoadDeparture(const MemberId& member, int64_t seq, Departure departure);
  // Everything `wants` names that exists was loaded.
  void Loaded(const Wants& wants);

  // Everything decided after a mark can be undone, last first.
  struct Mark {
    size_t changes, rows, holders;
  };
  Mark mark() const { return {changes_.size(), rows_.size(), new_holders_.size()}; }
  void UndoTo(const Mark& mark);

  // The facts since the beginning, with seq and balances after; actor and recorded_at are the
  // runner's.
  std::vector<JournalRow>& rows() { return rows_; }
  const std::vector<JournalRow>& rows() const { return rows_; }
  const std::vector<MemberId>& new_holders() const { return new_holders_; }
  // Those whose state was set.
  const std::set<MemberId>& touched_holders() const { return touched_holders_; }
  struct Name {
    DirectoryKey key;
    DirectoryEntry entry;
  };
  // All that were claimed and all that were given up, in their order; the same name may be among
  // both, more than once.
  const std::vector<Name>& claims() const { return claims_; }
  const std::vector<Name>& releases() const { return releases_; }
  // As LoadNames said, and with what was claimed since.
  const std::map<int32_t, int64_t>& names() const { return names_; }
  const std::set<std::pair<MemberId, int16_t>>& touched_wallets() const { return touched_wallets_; }
  // Whether the wallet, or the program's account, has a row already.
  bool is_stored(const MemberId& member, int16_t unit) const {
    return stored_wallets_.count({member, unit}) > 0;
  }
  const std::set<LotKey>& touched_lots() const { return touched_lots_; }
  const std::set<HoldId>& touched_holds() const { return touched_holds_; }
  // Each with the partition that it became known in.
  const std::set<std::pair<VoucherId, int32_t>>& new_vouchers() const { return new_vouchers_; }
  const Lot* PeekLot(const LotKey& key) const;
  const Hold* PeekHold(const HoldId& hold) const;
  const Voucher* PeekVoucher(const VoucherId& voucher, int32_t partition) const;
  struct CoverKey {
    int32_t partition;
    int64_t borrower, lender;
    friend auto operator<=>(const CoverKey&, const CoverKey&) = default;
  };
  const std::set<CoverKey>& touched_covers() const { return touched_covers_; }
  std::optional<int64_t> PeekCover(const CoverKey& key) const;
  struct AccountKey {
    int32_t partition;
    int16_t unit;
    Account account;
    friend auto operator<=>(const AccountKey&, const AccountKey&) = default;
  };
  const std::map<AccountKey, int64_t>& accounts() const { return accounts_; }
  bool is_stored(const AccountKey& account) const { return stored_accounts_.count(account) > 0; }
  const std::map<BudgetId, std::optional<Budget>>& budgets() const { return budgets_; }
  // Those made or changed by this run; only what is set of them counts.
  const std::map<BudgetId, std::optional<NamedBudget>>& set_budgets() const { return set_budgets_; }
  // What this run drew on each budget in each partition, less what it gave back.
  const std::map<std::pair<int32_t, BudgetId>, int64_t>& draws() const { return draws_; }

  // --- for verifying ---------------------------------------------------------------------------

  // From now on nothing is to be undone or written: rows are only added up.
  void OnlyAddUp() { tracking_ = false; }
  // Does to the state what a row says, whatever it says: figures may end up where they cannot be.
  void Apply(const JournalRow& row);
  int64_t BalanceNow(Account account, const MemberId& member, int16_t unit,
                     int32_t partition) const;

  // What all rows came to.
  struct State {
    absl::node_hash_map<MemberId, Holder> holders;
    std::map<AccountKey, int64_t> accounts;
    absl::node_hash_map<LotKey, Lot> lots;
    std::map<CoverKey, int64_t> covers;
    std::map<HoldId, std::optional<Hold>> holds;
    std::map<std::pair<int32_t, BudgetId>, int64_t> draws;
  };
  State ReleaseState() &&;

 private:
  struct OpenLotsOfWallet {
    std::set<Lot*, SpendOrderOfPointers> lots;
    bool all = false;    // every open lot is here
    int asked = 0;       // else so many of those with points available were asked for,
    Lot until;           // of which this was the last; those behind it are not all here
    bool ended = false;  // they were fewer: there are none behind
  };
  Holder& HolderFor(const MemberId& member);
  // The lot, ready to be changed; made if it is not known.
  Lot& TouchLot(const LotKey& key);
  Wallet& TouchWallet(const MemberId& member, int16_t unit);
  Hold& TouchHold(const HoldId& hold);
  void SetState(const Fact& fact);
  void ApplyAllocation(const JournalRow& row, const Allocation& allocation);
  void MoveCover(int32_t partition, int64_t from_lot, int64_t to_lot, int64_t points);
  // Puts the lot among its wallet's open ones, or takes it out.
  void Index(Lot& lot);
  absl::Status CheckBudget(const Fact& fact);
  void Remember(std::function<void()> undo) {
    if (tracking_) changes_.push_back(std::move(undo));
  }
  int32_t PartitionOfMember(const MemberId& member) const { return PartitionOf(program_, member); }

  const Program program_;
  const absl::Time recorded_at_;
  absl::TimeZone zone_;
  bool tracking_ = true;
  std::map<int32_t, int64_t> seqs_;
  std::map<int32_t, int64_t> names_;

  std::map<int16_t, Unit> units_;
  absl::node_hash_map<MemberId, Holder> holders_;
  absl::flat_hash_map<DirectoryKey, DirectoryEntry> directory_;
  std::map<AccountKey, int64_t> accounts_;
  absl::node_hash_map<LotKey, Lot> lots_;
  std::map<std::pair<MemberId, int16_t>, OpenLotsOfWallet> open_;
  std::map<CoverKey, int64_t> covers_;
  std::map<HoldId, std::optional<Hold>> holds_;
  std::set<std::pair<MemberId, int16_t>> stored_wallets_;
  std::set<AccountKey> stored_accounts_;
  std::map<VoucherId, std::map<int32_t, Voucher>> vouchers_;  // as each partition has it
  std::map<LotKey, Uuid> makers_;
  std::map<TransactionId, std::map<int64_t, PostedRow>> transactions_;
  std::map<MemberId, std::map<int64_t, Departure>> departures_;  // by seq
  struct Undone {
    int64_t points = 0;
    std::map<int64_t, int64_t> by_lot;
  };
  std::map<LotKey, Undone> undone_here_;  // rows, by what this run undid of them
  std::map<BudgetId, std::optional<Budget>> budgets_;
  std::map<BudgetId, std::optional<NamedBudget>> set_budgets_;
  std::map<std::pair<int32_t, BudgetId>, int64_t> draws_;

  Wants known_;  // what was loaded
  Wants wants_;
  std::vector<std::function<void()>> changes_;
  std::vector<JournalRow> rows_;
  std::vector<MemberId> new_holders_;
  std::set<MemberId> touched_holders_;
  std::vector<Name> claims_, releases_;
  std::set<std::pair<MemberId, int16_t>> touched_wallets_;
  std::set<LotKey> touched_lots_;
  std::set<HoldId> touched_holds_;
  std::set<std::pair<VoucherId, int32_t>> new_vouchers_;
  std::set<CoverKey> touched_covers_;
};

}  // namespace gratis::ledger
