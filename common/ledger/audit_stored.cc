#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "common/ledger/audit.h"
#include "common/ledger/audit_words.h"
#include "common/ledger/ops.h"

namespace gratis::ledger {

Books::State& Audit::state() {
  if (!state_) state_ = std::move(books_).ReleaseState();
  return *state_;
}

void Audit::AddHolder(const MemberId& id, absl::Time enrolled_at, MemberState stored,
                      std::optional<MemberId> survivor) {
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
  std::optional<MemberId> became;
  if (made == MemberState::kMerged) became = holder->second.survivor;
  if (survivor != became) {
    const auto named = [](const std::optional<MemberId>& of) {
      return of ? of->ToString() : "nobody";
    };
    Found("holder", absl::StrCat("the survivor of ", id.ToString(), " is ", named(survivor),
                                 "; the journal makes it ", named(became)));
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
  AddDue(made->second);
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
  AddDue(*placed->second);
  state().holds.erase(placed);
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

void Audit::AddWallet(const MemberId& id, int16_t unit, const Wallet& wallet) {
  ++found_.wallets;
  const auto holder = state().holders.find(id);
  if (holder == state().holders.end() || !holder->second.wallets.count(unit)) {
    Found("wallet", absl::StrCat("the wallet of ", id.ToString(), " in unit ", unit, " (",
                                 Figures(wallet), ") was filled by no fact"));
    return;
  }
  due_[id][unit].stored = wallet.next_due;
  Wallet made = holder->second.wallets.at(unit);
  made.next_due = wallet.next_due;  // compared when lots and holds are known
  if (made != wallet) {
    Found("wallet", absl::StrCat("the wallet of ", id.ToString(), " in unit ", unit, " holds ",
                                 Figures(wallet), "; the journal makes it ", Figures(made)));
  }
  holder->second.wallets.erase(unit);
}

void Audit::AddDue(const Lot& lot) {
  Due& due = due_[lot.member][lot.unit];
  if (lot.available_at != absl::InfinitePast()) due.Add(lot.available_at, lot.pending > 0);
  due.Add(lot.expires_at, lot.pending > 0 || lot.available > 0);
}

void Audit::AddDue(const Hold& hold) {
  due_[hold.member][hold.unit].Add(hold.expires_at, hold.held() > 0);
}

// A wallet goes on looking at the end of what was spent or resolved before, until somebody has
// looked: when that was, no row says. So an early moment is sound if it is one of these.
void Audit::CheckDue(const MemberId& member, int16_t unit, const Due& due) {
  if (!due.stored || due.stored == due.first) return;
  if (*due.stored < due.first && due.was_due) return;
  const std::string wallet = absl::StrCat("the wallet of ", member.ToString(), " in unit ", unit,
                                          " looks for what is due ");
  const std::string stored = base::FormatTime(*due.stored);
  if (*due.stored > due.first) {
    Found("wallet", absl::StrCat(wallet, "not before ", stored, ", and something is due at ",
                                 base::FormatTime(due.first)));
  } else {
    Found("wallet", absl::StrCat(wallet, "at ", stored, ", and nothing of it ever was, then"));
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
    AddDue(lot);
    Found("lot", absl::StrCat("lot ", key.seq, " is gone; the journal makes it ", Figures(lot)),
          key.seq);
  }
  for (const auto& [key, points] : state().covers) {
    Found("cover", absl::StrCat("lot ", key.borrower, " owes ", points, " to lot ", key.lender,
                                " by the journal, and that is not stored"));
  }
  for (const auto& [id, hold] : state().holds) {
    AddDue(*hold);
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
  for (const auto& [member, units] : due_) {
    for (const auto& [unit, due] : units) CheckDue(member, unit, due);
  }
  return std::move(found_);
}

}  // namespace gratis::ledger
