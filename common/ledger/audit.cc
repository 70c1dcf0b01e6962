#include "common/ledger/audit.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "common/ledger/budgets.h"
#include "common/ledger/ops.h"
#include "common/ledger/setting.h"

namespace gratis::ledger {
namespace {

// Damaged figures need not fit: this wraps where + would be undefined.
int64_t Plus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

std::string Named(Account account) {
  switch (account) {
    case Account::kAvailable:
      return "available";
    case Account::kPending:
      return "pending";
    case Account::kHeld:
      return "held";
    case Account::kDebt:
      return "debt";
    case Account::kIssued:
      return "issued";
    case Account::kRedeemed:
      return "redeemed";
    case Account::kExpired:
      return "expired";
    case Account::kTransferred:
      return "transferred";
    case Account::kAdjusted:
      return "adjusted";
    case Account::kVoided:
      return "voided";
    default:
      return absl::StrCat("account ", static_cast<int>(account));
  }
}

std::string Figures(const Wallet& wallet) {
  return absl::StrCat("available ", wallet.available, ", pending ", wallet.pending, ", held ",
                      wallet.held, ", debt ", wallet.debt, ", active at ",
                      base::FormatTime(wallet.active_at));
}

std::string Figures(const Lot& lot) {
  return absl::StrCat(
      "of ", lot.member.ToString(), ", unit ", lot.unit, ", origin ", static_cast<int>(lot.origin),
      ", ", lot.points, " points earned at ", base::FormatTime(lot.earned_at), ", available at ",
      base::FormatTime(lot.available_at), ", until ", base::FormatTime(lot.expires_at),
      ": available ", lot.available, ", pending ", lot.pending, ", held ", lot.held, ", debt ",
      lot.debt, ", spent ", lot.spent, ", expired ", lot.expired, ", taken ", lot.taken, ", lent ",
      lot.lent, ", borrowed ", lot.borrowed);
}

std::string Figures(const Hold& hold) {
  std::string text = absl::StrCat(
      "of ", hold.member.ToString(), ", unit ", hold.unit, ", ", hold.points, " points placed at ",
      base::FormatTime(hold.placed_at), ", until ", base::FormatTime(hold.expires_at), ", pins");
  for (const auto& [lot, points] : hold.pins) absl::StrAppend(&text, " ", points, " of lot ", lot);
  return text;
}

}  // namespace

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
  if (fact.kind == FactKind::kVoucherIssued) {
    vouchers_[{fact.about}] = {fact.member, row.seq, fact.detail};
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

void Audit::Set(const JournalRow& row) {
  const Fact& fact = row.fact;
  switch (fact.kind) {
    case FactKind::kUnitSet:
      units_[fact.unit] = fact.detail;
      break;
    case FactKind::kBudgetSet:
      budgets_[{fact.about}] = fact.detail;
      break;
    case FactKind::kProgramCreated:
      programs_.push_back({fact.detail, fact.effective_at});
      break;
    case FactKind::kRateSet:
    case FactKind::kPeriodClosed:
      set_down_[row.seq] = {fact.kind, fact.detail, row.recorded_at};
      break;
    default:
      break;
  }
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

Books::State& Audit::state() {
  if (!state_) state_ = std::move(books_).ReleaseState();
  return *state_;
}

void Audit::AddHolder(const MemberId& id, absl::Time enrolled_at, MemberState stored) {
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
  const auto holder = state().holders.find(id);
  const MemberState made =
      holder == state().holders.end() ? MemberState::kActive : holder->second.state;
  if (stored != made) {
    Found("holder", absl::StrCat("the state of ", id.ToString(), " is ", static_cast<int>(stored),
                                 " (", base::Abs(NameOf(stored)), "); the journal makes it ",
                                 base::Abs(NameOf(made))));
  }
}

void Audit::AddLot(const Lot& lot, bool open) {
  ++found_.lots;
  const auto made = state().lots.find(lot.key);
  if (made == state().lots.end()) {
    Found("lot", absl::StrCat("no row made lot ", lot.key.seq), lot.key.seq);
    return;
  }
  if (made->second != lot || open != lot.open()) {
    Found("lot",
          absl::StrCat("lot ", lot.key.seq, " is ", Figures(lot), open ? " (open)" : " (closed)",
                       "; the journal makes it ", Figures(made->second)),
          lot.key.seq);
  }
  if (lot.open()) {
    absl::Time& due = due_[lot.member].emplace(lot.unit, absl::InfiniteFuture()).first->second;
    if (lot.pending > 0) due = std::min(due, lot.available_at);
    if (lot.pending > 0 || lot.available > 0) due = std::min(due, lot.expires_at);
  }
  state().lots.erase(made);
}

void Audit::AddCover(const Cover& cover) {
  const auto made = state().covers.find({partition_, cover.borrower, cover.lender});
  const int64_t points = made == state().covers.end() ? 0 : made->second;
  if (made == state().covers.end() || points != cover.points) {
    Found("cover", absl::StrCat("lot ", cover.borrower, " owes ", cover.points, " to lot ",
                                cover.lender, ", the journal makes it ", points));
  }
  if (made != state().covers.end()) state().covers.erase(made);
}

void Audit::AddHold(const Hold& hold, bool open) {
  const auto placed = state().holds.find(hold.id);
  if (placed == state().holds.end()) {
    Found("hold", absl::StrCat("no fact placed the hold ", hold.id.ToString()));
    return;
  }
  if (*placed->second != hold || open != (hold.held() > 0)) {
    Found("hold", absl::StrCat("the hold ", hold.id.ToString(), " is ", Figures(hold),
                               open ? " (open)" : " (resolved)", "; the journal makes it ",
                               Figures(*placed->second)));
  }
  if (hold.held() > 0) {
    absl::Time& due = due_[hold.member].emplace(hold.unit, absl::InfiniteFuture()).first->second;
    due = std::min(due, hold.expires_at);
  }
  state().holds.erase(placed);
}

void Audit::AddRate(const Rate& rate, int64_t seq) {
  const auto fact = set_down_.find(seq);
  if (fact == set_down_.end() || fact->second.kind != FactKind::kRateSet ||
      fact->second.detail != RateJson(rate)) {
    Found("rate", absl::StrCat("row ", seq, " did not set the rate ", RateJson(rate)), seq);
  }
  if (fact != set_down_.end()) set_down_.erase(fact);
}

void Audit::AddPeriod(const Period& period, int64_t seq) {
  const auto fact = set_down_.find(seq);
  // The figures are in the fact alone.
  const std::string begins = PeriodJson({.number = period.number, .ends_at = period.ends_at});
  const size_t figures = begins.find(",\"heads\"");
  if (fact == set_down_.end() || fact->second.kind != FactKind::kPeriodClosed ||
      fact->second.recorded_at != period.closed_at ||
      fact->second.detail.compare(0, figures, begins, 0, figures) != 0) {
    Found(
        "period",
        absl::StrCat("row ", seq, " did not close period ", period.number, ", which ends at ",
                     base::FormatTime(period.ends_at), ", at ", base::FormatTime(period.closed_at)),
        seq);
  }
  if (fact != set_down_.end()) set_down_.erase(fact);
}

void Audit::AddStrayPin(const HoldId& hold, int64_t lot) {
  Found("hold",
        absl::StrCat("a pin on lot ", lot, " belongs to the hold ", hold.ToString(),
                     ", which is not there"),
        lot);
}

void Audit::AddVoucher(const Voucher& voucher) {
  const auto issued = vouchers_.find(voucher.id);
  if (issued == vouchers_.end()) {
    Found("voucher", absl::StrCat("no fact issued the voucher ", voucher.id.ToString()));
    return;
  }
  const IssuedVoucher& was = issued->second;
  if (was.member != voucher.member || was.lot != voucher.lot.seq ||
      was.terms != TermsJson(voucher.terms)) {
    Found("voucher",
          absl::StrCat("the voucher ", voucher.id.ToString(), " of ", voucher.member.ToString(),
                       " with lot ", voucher.lot.seq, " says ", TermsJson(voucher.terms),
                       "; it was issued to ", was.member.ToString(), " with lot ", was.lot, " and ",
                       was.terms));
  }
  vouchers_.erase(issued);
}

void Audit::AddAdjustment(const AdjustmentId& id, const StoredAdjustment& adjustment) {
  const auto asked = adjustments_.find(id);
  if (asked == adjustments_.end()) {
    Found("adjustment", absl::StrCat("no fact asked for ", id.ToString()), adjustment.seq);
    return;
  }
  if (asked->second != adjustment) {
    Found("adjustment",
          absl::StrCat(id.ToString(), adjustment.open ? " waits" : " is resolved",
                       ", asked for by row ", adjustment.seq, " at ",
                       base::FormatTime(adjustment.asked_at), "; the journal says that it ",
                       asked->second.open ? "waits" : "is resolved", ", and row ",
                       asked->second.seq, " at ", base::FormatTime(asked->second.asked_at)),
          adjustment.seq);
  }
  adjustments_.erase(asked);
}

void Audit::AddAccount(int16_t unit, Account account, int64_t points) {
  const auto made = state().accounts.find({partition_, unit, account});
  const int64_t moved = made == state().accounts.end() ? 0 : made->second;
  if (made == state().accounts.end() || points != moved) {
    Found("account", absl::StrCat("account ", Named(account), " holds ", points, " of unit ", unit,
                                  ", the journal makes it ", moved));
  }
  if (made != state().accounts.end()) state().accounts.erase(made);
}

void Audit::AddBudgetDraw(const BudgetId& budget, int64_t spent) {
  const auto made = state().draws.find({partition_, budget});
  const int64_t drawn = made == state().draws.end() ? 0 : made->second;
  if (made == state().draws.end() || spent != drawn) {
    Found("budget", absl::StrCat("the budget ", budget.ToString(), " counts ", spent,
                                 " spent here, the journal makes it ", drawn));
  }
  if (made != state().draws.end()) state().draws.erase(made);
}

void Audit::AddBudget(const NamedBudget& named) {
  const auto set = budgets_.find(named.budget.id);
  const std::string says = LimitJson(named);
  if (set == budgets_.end() || set->second != says) {
    Found("budget", absl::StrCat("the budget ", named.budget.id.ToString(), " says ", says,
                                 set == budgets_.end() ? "; no fact set it" : "; it was set to ",
                                 set == budgets_.end() ? "" : set->second));
  }
  if (set != budgets_.end()) budgets_.erase(set);
}

void Audit::AddWallet(const MemberId& id, int16_t unit, const Wallet& wallet) {
  ++found_.wallets;
  const auto holder = state().holders.find(id);
  if (holder == state().holders.end() || !holder->second.wallets.count(unit)) {
    Found("wallet", absl::StrCat("the wallet of ", id.ToString(), " in unit ", unit, " (",
                                 Figures(wallet), ") was filled by no fact"));
    return;
  }
  Wallet made = holder->second.wallets.at(unit);
  made.next_due = wallet.next_due;
  if (made != wallet) {
    Found("wallet", absl::StrCat("the wallet of ", id.ToString(), " in unit ", unit, " holds ",
                                 Figures(wallet), "; the journal makes it ", Figures(made)));
  }
  holder->second.wallets.erase(unit);
  const auto dues = due_.find(id);
  if (dues == due_.end() || !dues->second.count(unit)) return;
  if (wallet.next_due > dues->second.at(unit)) {
    Found("wallet",
          absl::StrCat("the wallet of ", id.ToString(), " in unit ", unit,
                       " looks for what is due not before ", base::FormatTime(wallet.next_due),
                       ", and something is due at ", base::FormatTime(dues->second.at(unit))));
  }
}

void Audit::AddUnit(const Unit& unit) {
  const auto set = units_.find(unit.number);
  if (set == units_.end()) {
    Found("unit", absl::StrCat("no fact set the unit ", unit.number, ": ", UnitJson(unit)));
    return;
  }
  if (set->second != UnitJson(unit)) {
    Found("unit", absl::StrCat("the unit ", unit.number, " is ", UnitJson(unit), "; it was set to ",
                               set->second));
  }
  units_.erase(set);
}

void Audit::AddProgram(const Program& program) {
  const Program before = std::exchange(last_program_, program);
  const bool follows = program.number == before.number + 1;
  if (!follows) {
    Found("program",
          absl::StrCat("program ", before.number + 1, " is gone; the next is ", program.number));
  }
  if (program.number == kHouseProgram) {
    if (program != House()) Found("program", "the house's program is not as it was made");
    return;
  }
  const auto place = static_cast<size_t>(int64_t{program.number} - kHouseProgram - 1);
  if (place >= programs_.size()) {
    Found("program",
          absl::StrCat("no fact made program ", program.number, " (", program.code, ")"));
    return;
  }
  const CreatedProgram& created = programs_[place];
  if (created.detail != ProgramJson(program) || created.created_at != program.created_at ||
      (follows && program.first_partition != before.last_partition() + 1)) {
    Found("program",
          absl::StrCat("program ", program.number, ", whose first partition is ",
                       program.first_partition, ", is ", ProgramJson(program), " of ",
                       base::FormatTime(program.created_at), "; it was made behind partition ",
                       before.last_partition(), " as ", created.detail, " at ",
                       base::FormatTime(created.created_at)));
  }
}

Verification Audit::Finish() {
  for (const auto& [number, detail] : units_) {
    Found("unit", absl::StrCat("the unit ", number, " is gone; it was set to ", detail));
  }
  const auto made = kHouseProgram + static_cast<int32_t>(programs_.size());
  if (program_.number == kHouseProgram && last_program_.number < made) {
    Found("program", absl::StrCat("there are programs up to ", last_program_.number, "; up to ",
                                  made, " were made"));
  }
  for (const auto& [id, member] : members_) {
    if (member.enrolled_at && !member.held) {
      Found("holder", absl::StrCat(id.ToString(), " was enrolled, and is not a holder"));
    }
  }
  for (const auto& [id, holder] : state().holders) {
    for (const auto& [unit, wallet] : holder.wallets) {
      Found("wallet", absl::StrCat("the wallet of ", id.ToString(), " in unit ", unit,
                                   " is gone; the journal makes it ", Figures(wallet)));
    }
  }
  for (const auto& [key, points] : state().accounts) {
    Found("account", absl::StrCat("account ", Named(key.account), " of unit ", key.unit,
                                  " is gone; the journal makes it ", points));
  }
  for (const auto& [key, lot] : state().lots) {
    Found("lot", absl::StrCat("lot ", key.seq, " is gone; the journal makes it ", Figures(lot)),
          key.seq);
  }
  for (const auto& [key, points] : state().covers) {
    Found("cover", absl::StrCat("lot ", key.borrower, " owes ", points, " to lot ", key.lender,
                                " by the journal, and that is not stored"));
  }
  for (const auto& [id, hold] : state().holds) {
    Found("hold", absl::StrCat("the hold ", id.ToString(), " is gone; the journal makes it ",
                               Figures(*hold)));
  }
  for (const auto& [id, voucher] : vouchers_) {
    Found("voucher", absl::StrCat("the voucher ", id.ToString(), " is gone"));
  }
  for (const auto& [id, asked] : adjustments_) {
    Found("adjustment", absl::StrCat(id.ToString(), " is gone; it was asked for"), asked.seq);
  }
  for (const auto& [id, set] : budgets_) {
    Found("budget", absl::StrCat("the budget ", id.ToString(), " is gone; it was set to ", set));
  }
  for (const auto& [seq, set_down] : set_down_) {
    Found(set_down.kind == FactKind::kRateSet ? "rate" : "period",
          absl::StrCat("what row ", seq, " set down is gone"), seq);
  }
  for (const auto& [key, spent] : state().draws) {
    Found("budget", absl::StrCat("what the budget ", key.second.ToString(),
                                 " spent here is gone; the journal makes it ", spent));
  }
  return std::move(found_);
}

}  // namespace gratis::ledger
