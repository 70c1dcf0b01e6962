#include "common/ledger/merging.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/ledger/mend.h"
#include "common/ledger/survivors.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

absl::Status Refused(std::string_view why, std::string_view message) {
  return Error(Reason::kMergeRefused, message, {{"why", std::string(why)}});
}

absl::Status Contradicted(std::string_view why, std::string_view message) {
  return Error(Reason::kMergeContradicted, message, {{"why", std::string(why)}});
}

// One way between two members: whose points go where, and as what transactions.
struct Way {
  MemberId from;
  MemberId to;
  TransactionId leaving;
  TransactionId arriving;
  absl::Time effective_at;
  std::string source;
  bool joins = false;  // what arrives of a voucher joins what is there of it
};

Posting PostingOf(const Way& way, bool leaves, int16_t unit) {
  return {.kind = leaves ? FactKind::kTransferredOut : FactKind::kTransferredIn,
          .transaction = leaves ? way.leaving : way.arriving,
          .member = leaves ? way.from : way.to,
          .unit = unit,
          .effective_at = way.effective_at,
          .source = way.source,
          .detail = ""};
}

Fact Leaves(const Way& way, int16_t unit, Account side, int64_t lot, int64_t points) {
  Fact out = Move(PostingOf(way, true, unit), side, Account::kTransferred, points);
  out.allocations = {{lot, lot, points}};
  return out;
}

// As a lot of its own, in the receiver's wallet.
Fact Arrives(const Way& way, const Lot& like, Account side, int64_t points) {
  Fact in = Move(PostingOf(way, false, like.unit), Account::kTransferred, side, points);
  in.lot = NewLot{.origin = like.origin,
                  .earned_at = like.earned_at,
                  .available_at = like.available_at,
                  .expires_at = like.expires_at};
  return in;
}

// The detail of a row that empties a lot: whose, and which lot, its points became.
std::string BecameJson(const MemberId& member, int64_t lot) {
  return absl::StrCat("{\"became\":", lot, ",\"member\":", base::JsonString(member.ToString()),
                      "}");
}

struct Became {
  MemberId member;
  int64_t lot;
};

// Nothing if the detail says something else, as that of a transfer does, or of a merge from before
// it was said.
std::optional<Became> BecameBy(std::string_view detail) {
  constexpr std::string_view kBegin = "{\"became\":";
  constexpr std::string_view kMiddle = ",\"member\":\"";
  constexpr std::string_view kEnd = "\"}";
  if (!detail.starts_with(kBegin) || !detail.ends_with(kEnd)) return std::nullopt;
  detail.remove_prefix(kBegin.size());
  const size_t middle = detail.find(kMiddle);
  if (middle == std::string_view::npos) return std::nullopt;
  int64_t lot = 0;
  if (!absl::SimpleAtoi(base::Abs(detail.substr(0, middle)), &lot)) return std::nullopt;
  detail.remove_prefix(middle + kMiddle.size());
  const absl::StatusOr<MemberId> member =
      MemberId::Parse(detail.substr(0, detail.size() - kEnd.size()));
  if (!member.ok()) return std::nullopt;
  return Became{*member, lot};
}

// What arrives goes first, since what leaves says which lot it became. Returns that lot.
absl::StatusOr<LotKey> GoOver(Books& books, const Way& way, Fact out, Fact in) {
  ASSIGN_OR_RETURN(const int64_t seq, books.Post(std::move(in)));
  out.detail = BecameJson(way.to, seq);
  RETURN_IF_ERROR(books.Post(std::move(out)).status());
  return LotKey{PartitionOf(books.program(), way.to), seq};
}

// More of a voucher that the receiver has, or had, a lot of: it stays in that lot, since holds and
// uses of theirs come back there. A lot cannot hold more than it was made with but for what others
// lend to it, so the one that arrives does.
absl::Status JoinVoucher(Books& books, const Way& way, const Lot& lot, const Voucher& there,
                         Account side, int64_t points) {
  ASSIGN_OR_RETURN(const Lot* found, books.FindLot(there.lot));
  if (found == nullptr) return Error(Reason::kBooksDamaged, "the lot of a voucher is gone");
  const absl::Time end = found->expires_at;
  Lot like = lot;
  // The wallet looks for what is due at an end that one of its lots has.
  if (end > books.recorded_at()) like.expires_at = end;
  Fact out = Leaves(way, lot.unit, side, lot.key.seq, points);
  out.about = there.id.uuid;
  // Not about the voucher, whose lot it does not become.
  ASSIGN_OR_RETURN(const LotKey lender,
                   GoOver(books, way, std::move(out), Arrives(way, like, side, points)));
  Fact join = Move(PostingOf(way, false, lot.unit), side, side, points);
  join.kind = FactKind::kCoverReturned;
  join.about = there.id.uuid;
  join.allocations = {{lender.seq, there.lot.seq, points}};
  if (lot.expires_at > end) join.hold_until = lot.expires_at;
  return books.Post(std::move(join)).status();
}

absl::Status MoveVoucher(Books& books, const Way& way, const Lot& lot, Account side,
                         int64_t points) {
  ASSIGN_OR_RETURN(const Voucher* found, books.FindVoucherOf(lot.key));
  if (found == nullptr) return Error(Reason::kBooksDamaged, "a lot is of no voucher there is");
  Voucher voucher = *found;
  if (way.joins) {
    ASSIGN_OR_RETURN(const Voucher* there, books.FindVoucherWith(voucher.id, way.to));
    if (there != nullptr) return JoinVoucher(books, way, lot, *there, side, points);
  }
  Fact out = Leaves(way, lot.unit, side, lot.key.seq, points);
  Fact in = Arrives(way, lot, side, points);
  out.about = in.about = voucher.id.uuid;
  in.detail = TermsJson(voucher.terms);
  ASSIGN_OR_RETURN(voucher.lot, GoOver(books, way, std::move(out), std::move(in)));
  voucher.member = way.to;
  books.AddVoucher(std::move(voucher));
  return absl::OkStatus();
}

// Moves a part of a lot. What becomes available repays the receiver's debt.
absl::Status MovePart(Books& books, const Way& way, const Lot& lot, Account side, int64_t points) {
  if (points == 0) return absl::OkStatus();
  if (IsVoucherUnit(lot.unit)) return MoveVoucher(books, way, lot, side, points);
  const Fact in = Arrives(way, lot, side, points);
  ASSIGN_OR_RETURN(const LotKey key,
                   GoOver(books, way, Leaves(way, lot.unit, side, lot.key.seq, points), in));
  return side == Account::kAvailable ? MakeGood(books, in, key) : absl::OkStatus();
}

// The receiver gives what the other owes: points as far as there are any, then a debt of their own.
absl::Status TakeOnDebt(Books& books, const Way& way, int16_t unit, int64_t owed) {
  const Way back{way.to, way.from, way.arriving, way.leaving, way.effective_at, way.source};
  const int64_t given = std::min(owed, books.WalletOf(way.to, unit).available);
  if (given > 0) {
    ASSIGN_OR_RETURN(std::vector<Allocation> parts, TakeFromLots(books, way.to, unit, given));
    Fact out = Leaves(back, unit, Account::kAvailable, 0, given);
    out.allocations = std::move(parts);
    RETURN_IF_ERROR(books.Post(std::move(out)).status());
  }
  const int64_t debt = owed - given;
  if (debt == 0) return absl::OkStatus();
  // A debt is a lot's that was spent twice: once by whoever spent it, once by being taken back.
  Fact in =
      Arrives(way, Lot{.unit = unit, .earned_at = way.effective_at}, Account::kAvailable, debt);
  ASSIGN_OR_RETURN(const int64_t lot, books.Post(std::move(in)));
  RETURN_IF_ERROR(books.Post(Leaves(back, unit, Account::kAvailable, lot, debt)).status());
  return books.Post(Leaves(back, unit, Account::kDebt, lot, debt)).status();
}

absl::Status MoveDebt(Books& books, const Way& way, const Lot& debtor) {
  const int64_t owed = -debtor.debt;
  RETURN_IF_ERROR(TakeOnDebt(books, way, debtor.unit, owed));
  const Way back{way.to, way.from, way.arriving, way.leaving, way.effective_at, way.source};
  Lot like = debtor;
  like.available_at = absl::InfinitePast();
  const Fact in = Arrives(back, like, Account::kAvailable, owed);
  ASSIGN_OR_RETURN(const int64_t seq, books.Post(in));
  return MakeGood(books, in, {PartitionOf(books.program(), way.from), seq});
}

// Everything that one has of a unit becomes the other's.
absl::Status MoveWallet(Books& books, const Way& way, int16_t unit, Carried& carried) {
  ASSIGN_OR_RETURN(const std::vector<const Lot*> open, books.OpenLots(way.from, unit));
  std::vector<Lot> lots;  // a row changes what is open
  for (const Lot* lot : open) lots.push_back(*lot);
  CarriedUnit moved;
  for (const Lot& lot : lots) {
    if (lot.available > 0 || lot.pending > 0) ++moved.lots;
    if (lot.available > 0 && IsVoucherUnit(unit)) ++carried.vouchers;
    moved.available += lot.available;
    moved.pending += lot.pending;
    moved.debt += lot.debt;
    RETURN_IF_ERROR(MovePart(books, way, lot, Account::kAvailable, lot.available));
    RETURN_IF_ERROR(MovePart(books, way, lot, Account::kPending, lot.pending));
    if (lot.debt < 0) RETURN_IF_ERROR(MoveDebt(books, way, lot));
  }
  if (moved != CarriedUnit{}) carried.units[unit] = moved;
  return absl::OkStatus();
}

absl::StatusOr<Carried> MoveAll(Books& books, const Way& way) {
  std::vector<int16_t> units;
  for (const auto& [unit, wallet] : books.FindHolder(way.from)->wallets) units.push_back(unit);
  Carried carried;
  for (const int16_t unit : units) RETURN_IF_ERROR(MoveWallet(books, way, unit, carried));
  return carried;
}

absl::Status CheckStates(Books& books, const MergePair& pair) {
  RETURN_IF_ERROR(books.RequireHolder(pair.duplicate));
  RETURN_IF_ERROR(books.RequireHolder(pair.survivor));
  if (pair.duplicate == pair.survivor) {
    return Refused("same", "these are two names of one member");
  }
  for (const MemberId& member : {pair.duplicate, pair.survivor}) {
    const Holder& holder = *books.FindHolder(member);
    if (holder.state == MemberState::kMerged) return BecameOf(member, holder.survivor);
    if (holder.state == MemberState::kErased) return CheckStanding(holder.state, Deed::kCorrect);
  }
  const MemberState state = books.FindHolder(pair.survivor)->state;
  // Whoever is suspended does not become active by being merged, nor the other way about.
  const bool stands = state == MemberState::kActive || state == MemberState::kSuspended ||
                      state == MemberState::kEarnOnly;
  if (stands && books.FindHolder(pair.duplicate)->state == state) return absl::OkStatus();
  return Refused("states", "the two stand differently with the program, or do not take part in it");
}

// What would not move exactly.
absl::Status CheckMovable(Books& books, const MemberId& duplicate) {
  ASSIGN_OR_RETURN(const std::vector<const Hold*> holds, books.OpenHolds(duplicate));
  if (!holds.empty()) {
    return Refused("holds", "points of the duplicate are held: capture or void the holds first");
  }
  std::vector<int16_t> units;
  for (const auto& [unit, wallet] : books.FindHolder(duplicate)->wallets) units.push_back(unit);
  for (const int16_t unit : units) {
    ASSIGN_OR_RETURN(const std::vector<const Lot*> lots, books.OpenLots(duplicate, unit));
    for (const Lot* lot : lots) {
      if (lot->pending == 0 || lot->available_at != absl::InfiniteFuture()) continue;
      return Refused("activation",
                     "points of the duplicate wait to be activated by their transaction: activate "
                     "or reverse them first");
    }
  }
  return absl::OkStatus();
}

// `place`: the row of the duplicate's journal that says the same.
std::string MergedJson(const MemberId& duplicate, int64_t place) {
  return absl::StrCat("{\"merged\":", base::JsonString(duplicate.ToString()), ",\"place\":", place,
                      "}");
}

// Says it in both journals: whose state it changes, and who it is about.
absl::Status Say(Books& books, FactKind kind, const MergePair& pair, MemberState is,
                 MemberState was) {
  Fact fact{.kind = kind,
            .transaction = pair.leaving,
            .member = pair.duplicate,
            .effective_at = pair.effective_at,
            .source = pair.source,
            .detail = StateJson(is, was),
            .about = pair.survivor.uuid};
  ASSIGN_OR_RETURN(const int64_t place, books.Post(fact));
  fact.transaction = pair.arriving;
  fact.member = pair.survivor;
  fact.detail = MergedJson(pair.duplicate, place);
  fact.about = {};
  return books.Post(std::move(fact)).status();
}

// --- undoing ---------------------------------------------------------------------------------

// A part of a lot as it went over.
struct Pair {
  Fact out;
  int64_t made;  // the survivor's lot
};

// How the duplicate stood before. Nothing if the rows are not those of a merge of the two.
std::optional<MemberState> StoodBefore(const std::vector<PostedRow>& rows, const MergePair& pair) {
  for (const PostedRow& posted : rows) {
    const Fact& fact = posted.row.fact;
    if (fact.kind != FactKind::kMembersMerged || fact.member != pair.duplicate ||
        fact.about != pair.survivor.uuid) {
      continue;
    }
    for (const MemberState was :
         {MemberState::kActive, MemberState::kSuspended, MemberState::kEarnOnly}) {
      if (fact.detail == StateJson(MemberState::kMerged, was)) return was;
    }
  }
  return std::nullopt;
}

absl::StatusOr<std::vector<Pair>> PairsOf(const std::vector<PostedRow>& left,
                                          const std::vector<PostedRow>& arrived) {
  std::vector<Pair> pairs;
  for (const PostedRow& posted : left) {
    if (posted.row.fact.kind == FactKind::kTransferredOut) pairs.push_back({posted.row.fact, 0});
    if (posted.row.fact.kind == FactKind::kTransferredIn) {
      return Contradicted("debt", "the duplicate owed points, and the survivor gave them");
    }
  }
  size_t next = 0;
  for (const PostedRow& posted : arrived) {
    const FactKind kind = posted.row.fact.kind;
    if (posted.row.fact.debit == Account::kNone) continue;  // what was said beside it
    if (kind != FactKind::kTransferredIn || next == pairs.size()) {
      return Contradicted("debt", "what came over repaid what the survivor owed");
    }
    pairs[next++].made = posted.row.seq;
  }
  if (next == pairs.size()) return pairs;
  return Error(Reason::kBooksDamaged, "not all that left with a merge arrived");
}

// Brings one part back into the lot it came from. Returns the side it is on by now.
absl::StatusOr<Account> BringBack(Books& books, const Way& way, const Pair& pair) {
  ASSIGN_OR_RETURN(const Lot* made,
                   books.FindLot({PartitionOf(books.program(), way.from), pair.made}));
  if (made == nullptr) return Error(Reason::kBooksDamaged, "a lot that a merge made is gone");
  if (made->borrowed > 0) {
    return Contradicted("correction", "of a voucher that came over, more came back since");
  }
  const bool available = made->available == made->points;
  if (!available && made->pending != made->points) {
    return Contradicted("spent", "of what came over, something was used since");
  }
  const Account side = available ? Account::kAvailable : Account::kPending;
  const int64_t lot = pair.out.allocations.front().debit_lot;
  ASSIGN_OR_RETURN(const Lot* old, books.FindLot({PartitionOf(books.program(), way.to), lot}));
  if (old == nullptr) return Error(Reason::kBooksDamaged, "a lot that a merge emptied is gone");
  const absl::Time due = std::min(available ? old->expires_at : old->available_at, old->expires_at);
  Fact out = Leaves(way, made->unit, side, pair.made, made->points);
  Fact in = Move(PostingOf(way, false, made->unit), Account::kTransferred, side, made->points);
  in.allocations = {{lot, lot, in.points}};
  out.about = in.about = pair.out.about;
  if (IsVoucherUnit(in.unit)) {
    ASSIGN_OR_RETURN(const Voucher* voucher, books.FindVoucherOf(made->key));
    if (voucher == nullptr) return Error(Reason::kBooksDamaged, "a lot is of no voucher there is");
    in.detail = TermsJson(voucher->terms);
    Voucher back = *voucher;
    back.member = way.to;
    back.lot = old->key;
    books.AddVoucher(std::move(back));
  }
  RETURN_IF_ERROR(books.Post(std::move(out)).status());
  RETURN_IF_ERROR(books.Post(in).status());
  books.SetNextDue(way.to, in.unit, std::min(due, books.WalletOf(way.to, in.unit).next_due));
  return side;
}

// Those whom a member is part of, one after another. Errors: MEMBER_MERGED if one of them is in a
// partition that is not posted in.
absl::StatusOr<std::vector<MemberId>> ChainOf(Books& books, const MemberId& member) {
  std::vector<MemberId> chain;
  MemberId last = member;
  for (int i = 0; i < kLongestChain; ++i) {
    RETURN_IF_ERROR(books.RequireHolder(last));
    const Holder& holder = *books.FindHolder(last);
    if (holder.state != MemberState::kMerged) return chain;
    const MemberId next = holder.survivor;
    // What is read without its partition's lock may change before this is written.
    if (!books.PostsFor(next)) return BecameOf(last, next);
    chain.push_back(next);
    last = next;
  }
  return Error(Reason::kBooksDamaged, "members are merged in a ring");
}

// --- what became of a lot --------------------------------------------------------------------

// A lot, and whose it is. The first is a duplicate's; each other one is what points of a lot before
// it became.
struct Heir {
  MemberId member;
  LotKey lot;
  size_t from;  // which of them
};

// `line`: the duplicate, and whom it is part of, one after another.
absl::StatusOr<std::vector<Heir>> HeirsOf(Books& books, const std::vector<MemberId>& line,
                                          const LotKey& lot) {
  // All of it is asked for before any of it is missed, so that two looks are enough.
  absl::Status known;
  for (size_t i = 0; i + 1 < line.size(); ++i) known.Update(books.DeparturesOf(line[i]).status());
  RETURN_IF_ERROR(known);
  std::vector<Heir> heirs{{line.front(), lot, 0}};
  for (size_t i = 0; i < heirs.size(); ++i) {
    const Heir heir = heirs[i];
    const auto next = std::next(std::find(line.begin(), line.end(), heir.member));
    if (next == line.end()) continue;
    ASSIGN_OR_RETURN(const std::vector<Departure> departures, books.DeparturesOf(heir.member));
    for (const Departure& departure : departures) {
      if (departure.lot != heir.lot.seq) continue;
      const std::optional<Became> became = BecameBy(departure.detail);
      // Whoever is not ahead had it back since, or had it lent to make up for something else.
      if (!became || std::find(next, line.end(), became->member) == line.end()) continue;
      heirs.push_back(
          {became->member, {PartitionOf(books.program(), became->member), became->lot}, i});
    }
  }
  for (const Heir& heir : heirs) known.Update(books.FindLot(heir.lot).status());
  RETURN_IF_ERROR(known);
  for (const Heir& heir : heirs) {
    if (books.PeekLot(heir.lot) != nullptr) continue;
    return Error(Reason::kBooksDamaged, "a lot that a merge made is gone");
  }
  return heirs;
}

// How much of one side of an heir's can go back into the first lot. In between it counts as spent,
// but for what a reversal has forgiven.
int64_t CanGoHome(const Books& books, const std::vector<Heir>& heirs, size_t heir,
                  int64_t Lot::*side) {
  int64_t points = books.PeekLot(heirs[heir].lot)->*side;
  while (heir != 0) {
    heir = heirs[heir].from;
    points = std::min(points, books.PeekLot(heirs[heir].lot)->spent);
  }
  return points;
}

// Each step undoes one of the way there, and leaves the points on the side they are on by now.
absl::Status GoHome(Books& books, const Posting& posting, const std::vector<Heir>& heirs,
                    size_t heir, Account side, int64_t points) {
  for (; heir != 0; heir = heirs[heir].from) {
    const Heir& from = heirs[heir];
    const Heir& to = heirs[from.from];
    const Way way{from.member,          to.member,     posting.transaction, posting.transaction,
                  posting.effective_at, posting.source};
    Fact in = Move(PostingOf(way, false, posting.unit), Account::kTransferred, side, points);
    in.allocations = {{to.lot.seq, to.lot.seq, points}};
    RETURN_IF_ERROR(books.Post(Leaves(way, posting.unit, side, from.lot.seq, points)).status());
    RETURN_IF_ERROR(books.Post(std::move(in)).status());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status BecameOf(const MemberId& member, const MemberId& survivor) {
  return Error(Reason::kMemberMerged,
               absl::StrCat(member.ToString(), " is part of ", survivor.ToString(), " by now"),
               {{"member_id", member.ToString()}, {"survivor_id", survivor.ToString()}});
}

absl::StatusOr<Carried> MergeMembers(Books& books, const MergePair& pair) {
  RETURN_IF_ERROR(CheckStates(books, pair));
  RETURN_IF_ERROR(Settle(books, pair.duplicate));
  RETURN_IF_ERROR(Settle(books, pair.survivor));
  RETURN_IF_ERROR(CheckMovable(books, pair.duplicate));
  const MemberState was = books.FindHolder(pair.duplicate)->state;
  ASSIGN_OR_RETURN(Carried carried,
                   MoveAll(books, {pair.duplicate, pair.survivor, pair.leaving, pair.arriving,
                                   pair.effective_at, pair.source}));
  RETURN_IF_ERROR(Say(books, FactKind::kMembersMerged, pair, MemberState::kMerged, was));
  return carried;
}

absl::StatusOr<Carried> UndoMerge(Books& books, const MergePair& merge, const MergePair& undo) {
  RETURN_IF_ERROR(books.RequireHolder(merge.duplicate));
  RETURN_IF_ERROR(books.RequireHolder(merge.survivor));
  ASSIGN_OR_RETURN(const std::vector<PostedRow> left, books.RowsOf(merge.leaving));
  ASSIGN_OR_RETURN(const std::vector<PostedRow> arrived, books.RowsOf(merge.arriving));
  const std::optional<MemberState> was = StoodBefore(left, merge);
  const Holder& duplicate = *books.FindHolder(merge.duplicate);
  const MemberState survives = books.FindHolder(merge.survivor)->state;
  if (!was || duplicate.state != MemberState::kMerged || duplicate.survivor != merge.survivor ||
      !Allows(survives, Deed::kEarn)) {
    return Contradicted("state", "the two are not merged, or the survivor left");
  }
  RETURN_IF_ERROR(Settle(books, merge.survivor));
  ASSIGN_OR_RETURN(const std::vector<Pair> pairs, PairsOf(left, arrived));
  Carried carried;
  for (const Pair& pair : pairs) {
    ASSIGN_OR_RETURN(const Account side, BringBack(books,
                                                   {merge.survivor, merge.duplicate, undo.arriving,
                                                    undo.leaving, undo.effective_at, undo.source},
                                                   pair));
    CarriedUnit& unit = carried.units[pair.out.unit];
    (side == Account::kAvailable ? unit.available : unit.pending) += pair.out.points;
    ++unit.lots;
    if (!pair.out.about.IsNil()) ++carried.vouchers;
  }
  RETURN_IF_ERROR(Say(books, FactKind::kMergeUndone, undo, *was, MemberState::kMerged));
  // What fell due meanwhile would have fallen due there, too.
  RETURN_IF_ERROR(Settle(books, merge.duplicate));
  return carried;
}

absl::StatusOr<MemberId> SurvivorOf(Books& books, const MemberId& member) {
  ASSIGN_OR_RETURN(const std::vector<MemberId> chain, ChainOf(books, member));
  return chain.empty() ? member : chain.back();
}

absl::Status FetchFromSurvivor(Books& books, const Posting& posting, int64_t points) {
  ASSIGN_OR_RETURN(const MemberId survivor, SurvivorOf(books, posting.member));
  if (survivor == posting.member) return absl::OkStatus();
  RETURN_IF_ERROR(Settle(books, survivor));
  const int64_t fetched = std::min(points, books.WalletOf(survivor, posting.unit).available);
  if (fetched <= 0) return absl::OkStatus();
  const Way way{
      survivor,      posting.member, posting.transaction, posting.transaction, posting.effective_at,
      posting.source};
  ASSIGN_OR_RETURN(const std::vector<Allocation> parts,
                   TakeFromLots(books, survivor, posting.unit, fetched));
  for (const Allocation& part : parts) {
    ASSIGN_OR_RETURN(const Lot* lot,
                     books.FindLot({PartitionOf(books.program(), survivor), part.debit_lot}));
    const Lot like = *lot;
    RETURN_IF_ERROR(MovePart(books, way, like, Account::kAvailable, part.points));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> FetchForLot(Books& books, const Posting& posting, const LotKey& lot,
                                    int64_t points) {
  ASSIGN_OR_RETURN(const std::vector<MemberId> chain, ChainOf(books, posting.member));
  if (chain.empty()) return int64_t{0};
  RETURN_IF_ERROR(Settle(books, chain.back()));
  std::vector<MemberId> line{posting.member};
  line.insert(line.end(), chain.begin(), chain.end());
  ASSIGN_OR_RETURN(const std::vector<Heir> heirs, HeirsOf(books, line, lot));
  const Lot& own = *books.PeekLot(lot);
  int64_t left = points - std::min(points, own.expired + own.pending + own.available);
  // In the order in which they are taken back, see Reverse.
  for (const auto& [side, of_lot] :
       {std::pair(Account::kExpired, &Lot::expired), std::pair(Account::kPending, &Lot::pending),
        std::pair(Account::kAvailable, &Lot::available)}) {
    for (size_t i = heirs.size() - 1; i > 0; --i) {
      const int64_t part = std::min(left, CanGoHome(books, heirs, i, of_lot));
      if (part <= 0) continue;
      RETURN_IF_ERROR(GoHome(books, posting, heirs, i, side, part));
      left -= part;
    }
  }
  RETURN_IF_ERROR(FetchFromSurvivor(books, posting, left));
  int64_t unspent = 0;
  for (size_t i = 1; i < heirs.size(); ++i) {
    const Lot& heir = *books.PeekLot(heirs[i].lot);
    unspent += heir.held + heir.lent;
  }
  return unspent;
}

absl::Status CarryToSurvivor(Books& books, const Posting& posting) {
  ASSIGN_OR_RETURN(const MemberId survivor, SurvivorOf(books, posting.member));
  if (survivor == posting.member) return absl::OkStatus();
  RETURN_IF_ERROR(Settle(books, survivor));
  Way way{posting.member,       survivor,      posting.transaction, posting.transaction,
          posting.effective_at, posting.source};
  way.joins = true;
  return MoveAll(books, way).status();
}

absl::Status TellSurvivors(Books& books, const Posting& posting, int64_t seq, int64_t points) {
  ASSIGN_OR_RETURN(const std::vector<MemberId> chain, ChainOf(books, posting.member));
  const std::string detail =
      absl::StrCat("{\"member\":", base::JsonString(posting.member.ToString()), ",\"seq\":", seq,
                   ",\"points\":", points, "}");
  for (const MemberId& survivor : chain) {
    RETURN_IF_ERROR(books
                        .Post({.kind = FactKind::kMergedReversed,
                               .transaction = posting.transaction,
                               .member = survivor,
                               .effective_at = posting.effective_at,
                               .source = posting.source,
                               .detail = detail})
                        .status());
  }
  return absl::OkStatus();
}

}  // namespace gratis::ledger
