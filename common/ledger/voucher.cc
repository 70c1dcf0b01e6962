#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/ledger/mend.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {

int16_t UnitOfVoucher(VoucherKind kind) {
  return kind == VoucherKind::kFixed ? kVoucherMoneyUnit : kVoucherUseUnit;
}

std::string TermsJson(const VoucherTerms& terms) {
  return absl::StrCat(
      "{\"kind\":", static_cast<int>(terms.kind), ",\"basis_points\":", terms.basis_points,
      ",\"item\":", base::JsonString(terms.item), ",\"origin\":", base::JsonString(terms.origin),
      ",\"one_live\":", terms.one_live ? "true" : "false", "}");
}

absl::Status CheckOneLives(Books& books, const MemberId& member, const VoucherId& voucher,
                           const VoucherTerms& terms) {
  if (!terms.one_live) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<const Voucher*> live, books.LiveVouchers(member));
  for (const Voucher* other : live) {
    if (other->id == voucher || other->terms.origin != terms.origin) continue;
    return Error(Reason::kVoucherLive,
                 absl::StrCat("a voucher of this origin lives: ", other->id.ToString()),
                 {{"voucher_id", other->id.ToString()}});
  }
  return absl::OkStatus();
}

absl::Status IssueVoucher(Books& books, const Issue& issue) {
  const MemberId& member = issue.posting.member;
  RETURN_IF_ERROR(Settle(books, member));
  RETURN_IF_ERROR(books.Permit(member, Deed::kReceive));
  RETURN_IF_ERROR(CheckOneLives(books, member, issue.voucher, issue.terms));
  Fact fact = Move(issue.posting, Account::kIssued, Account::kAvailable, issue.worth);
  fact.kind = FactKind::kVoucherIssued;
  fact.unit = UnitOfVoucher(issue.terms.kind);
  fact.about = issue.voucher.uuid;
  fact.budget = issue.budget;
  fact.detail = TermsJson(issue.terms);
  fact.lot = NewLot{.origin = Origin::kGiven,
                    .earned_at = issue.posting.effective_at,
                    .expires_at = issue.expires_at};
  ASSIGN_OR_RETURN(const int64_t seq, books.Post(std::move(fact)));
  books.AddVoucher({.id = issue.voucher,
                    .member = member,
                    .lot = {PartitionOf(books.program(), member), seq},
                    .terms = issue.terms});
  return absl::OkStatus();
}

absl::StatusOr<VoucherState> FindVoucher(Books& books, const VoucherId& id) {
  ASSIGN_OR_RETURN(const Voucher* voucher, books.FindVoucher(id));
  if (voucher == nullptr) {
    return FieldError(Reason::kVoucherNotFound, "voucher_id",
                      absl::StrCat("the program has no voucher ", id.ToString()));
  }
  RETURN_IF_ERROR(books.CheckNotErased(voucher->member));
  RETURN_IF_ERROR(Settle(books, voucher->member));
  ASSIGN_OR_RETURN(const Lot* lot, books.FindLot(voucher->lot));
  return VoucherState{*voucher, *lot};
}

absl::StatusOr<VoucherState> RequireLiveVoucher(Books& books, const VoucherId& id, int64_t worth) {
  RETURN_IF_ERROR(CheckPoints(worth));
  ASSIGN_OR_RETURN(VoucherState state, FindVoucher(books, id));
  if (state.lot.available == 0) {
    return Error(Reason::kVoucherNotLive, "the voucher was used up, held, voided, or has expired");
  }
  if (worth > state.lot.available) {
    return Error(Reason::kInsufficientWorth,
                 absl::StrCat("the voucher has ", state.lot.available, " left, not ", worth),
                 {{"remaining", absl::StrCat(state.lot.available)}});
  }
  return state;
}

namespace {

absl::Status UseUp(Books& books, const Posting& posting, const VoucherState& state, FactKind kind,
                   Account to, int64_t worth) {
  Fact fact = Move(posting, Account::kAvailable, to, worth);
  fact.kind = kind;
  fact.member = state.voucher.member;
  fact.unit = state.lot.unit;
  fact.about = state.voucher.id.uuid;
  fact.allocations = {{state.lot.key.seq, state.lot.key.seq, worth}};
  return books.Post(std::move(fact)).status();
}

}  // namespace

absl::Status RedeemVoucher(Books& books, const Posting& posting, const VoucherId& id,
                           int64_t worth) {
  ASSIGN_OR_RETURN(const VoucherState state, RequireLiveVoucher(books, id, worth));
  RETURN_IF_ERROR(books.Permit(state.voucher.member, Deed::kSpend));
  return UseUp(books, posting, state, FactKind::kVoucherRedeemed, Account::kRedeemed, worth);
}

absl::StatusOr<int64_t> VoidVoucher(Books& books, const Posting& posting, const VoucherId& id) {
  ASSIGN_OR_RETURN(const VoucherState state, RequireLiveVoucher(books, id, 1));
  RETURN_IF_ERROR(books.Permit(state.voucher.member, Deed::kCorrect));
  // What a hold gives back later would live again.
  if (state.lot.held > 0) {
    return Error(Reason::kVoucherNotLive,
                 "a part of the voucher is held for an order; void the hold first");
  }
  const int64_t left = state.lot.available;
  RETURN_IF_ERROR(UseUp(books, posting, state, FactKind::kVoucherVoided, Account::kVoided, left));
  return left;
}

}  // namespace gratis::ledger
