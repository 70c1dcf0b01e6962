#include "services/members/brief_contract.h"

#include <algorithm>
#include <string>

#include "common/rpc/values.h"
#include "gratis/members/v1/briefs.pb.h"
#include "services/members/preference_contract.h"
#include "services/members/segment_contract.h"
#include "services/members/timeline_words.h"

namespace gratis::members {
namespace {

constexpr int kMaxVouchers = 20;

std::string CodeOf(const std::vector<ledger::Unit>& units, int16_t number) {
  if (number == ledger::kVoucherMoneyUnit) return "voucher-money";
  if (number == ledger::kVoucherUseUnit) return "voucher-uses";
  const auto unit = std::find_if(units.begin(), units.end(), [&](const ledger::Unit& candidate) {
    return candidate.number == number;
  });
  return unit == units.end() ? "" : unit->code;
}

template <class Kind, class Proto>
void ToProto(const Remark<Kind>& said, Proto& proto) {
  proto.set_text(said.text);
  proto.set_number(said.number);
  proto.set_name(said.name);
  if (said.day) rpc::SetDay(*said.day, *proto.mutable_day());
}

void ToProto(const ledger::Coming& coming, v1::ComingPoints& proto) {
  proto.set_points(coming.points);
  rpc::SetTime(coming.at, *proto.mutable_at());
}

void ToProto(const BriefTierView& view, v1::BriefTier& proto) {
  v1::GetMemberTierResponse answer = TierAnswer(*view.policies, *view.tier);
  *proto.mutable_tier() = std::move(*answer.mutable_tier());
  *proto.mutable_since() = answer.since();
  if (answer.has_safe_until()) *proto.mutable_safe_until() = answer.safe_until();
  if (answer.ahead_size() > 0) *proto.mutable_next() = std::move(*answer.mutable_ahead(0));
}

void AddBalances(const ledger::Holdings& holdings, v1::GetBriefResponse& proto) {
  for (const auto& [number, holding] : holdings.by_unit) {
    const ledger::Wallet& wallet = holding.wallet;
    const bool empty =
        wallet.available == 0 && wallet.pending == 0 && wallet.held == 0 && wallet.debt == 0;
    if (empty && number != ledger::kPointsUnit) continue;
    v1::BriefBalance& balance = *proto.add_balances();
    balance.set_unit(CodeOf(holdings.units, number));
    balance.set_available_points(wallet.available);
    balance.set_pending_points(wallet.pending);
    balance.set_held_points(wallet.held);
    balance.set_debt_points(-wallet.debt);
    if (holding.expires) ToProto(*holding.expires, *balance.mutable_expires_next());
    if (holding.activates) ToProto(*holding.activates, *balance.mutable_activates_next());
  }
}

void ToProto(const ledger::LiveVoucher& live, const ledger::Program& program,
             v1::BriefVoucher& proto) {
  const ledger::VoucherTerms& terms = live.voucher.terms;
  proto.set_voucher_id(live.voucher.id.ToString());
  proto.set_origin(terms.origin);
  switch (terms.kind) {
    case ledger::VoucherKind::kFixed:
      rpc::SetMoney({program.currency_code, live.lot.available}, *proto.mutable_remaining());
      break;
    case ledger::VoucherKind::kPercentage:
      proto.set_basis_points(terms.basis_points);
      break;
    case ledger::VoucherKind::kItem:
      proto.set_item(terms.item);
      break;
  }
  if (live.lot.expires_at != absl::InfiniteFuture()) {
    rpc::SetTime(live.lot.expires_at, *proto.mutable_expires_at());
  }
}

void ToProto(const PastPurchase& purchase, v1::BriefPurchase& proto) {
  proto.set_source(purchase.source);
  proto.set_transaction_id(purchase.transaction.ToString());
  rpc::SetMoney(purchase.total, *proto.mutable_total());
  rpc::SetTime(purchase.purchased_at, *proto.mutable_purchased_at());
}

void ToProto(const Past& past, v1::BriefVisits& proto) {
  proto.set_visits(past.visits);
  proto.set_purchases(past.purchases);
  if (past.first_visit) rpc::SetDay(*past.first_visit, *proto.mutable_first());
  if (past.last_visit) rpc::SetDay(*past.last_visit, *proto.mutable_last());
}

void ToProto(const OpenComplaint& complaint, v1::BriefComplaint& proto) {
  proto.set_complaint_id(complaint.id.ToString());
  proto.set_topic(complaint.topic);
  proto.set_purchase_id(complaint.purchase);
  rpc::SetTime(complaint.opened_at, *proto.mutable_opened_at());
}

void AddBirthday(const BriefFacts& facts, v1::GetBriefResponse& proto) {
  if (!facts.birthday) return;
  const std::optional<int> days = DaysUntil(*facts.birthday, facts.birthday_today);
  if (!days || *days > kBirthdayNearDays) return;
  v1::BriefBirthday& birthday = *proto.mutable_birthday();
  birthday.set_days(*days);
  birthday.mutable_birthday()->set_month(facts.birthday->month);
  birthday.mutable_birthday()->set_day(facts.birthday->day);
}

}  // namespace

void ToContract(const SaidSentence& said, v1::Sentence& proto) {
  proto.set_kind(static_cast<v1::SentenceKind>(said.kind));
  ToProto(said, proto);
}

void ToContract(const SaidSuggestion& said, v1::Suggestion& proto) {
  proto.set_kind(static_cast<v1::SuggestionKind>(said.kind));
  ToProto(said, proto);
}

void ToContract(const Brief& brief, const ledger::Program& program, v1::GetBriefResponse& proto) {
  proto.set_full(true);
  ToContract(SentenceOf(brief.facts), *proto.mutable_sentence());
  if (brief.tier) ToProto(*brief.tier, *proto.mutable_tier());
  AddBalances(brief.holdings, proto);
  for (const ledger::LiveVoucher& voucher : brief.holdings.vouchers) {
    if (proto.vouchers_size() == kMaxVouchers) break;
    ToProto(voucher, program, *proto.add_vouchers());
  }
  if (GiftWaits(brief.facts)) {
    v1::BriefGift& gift = *proto.mutable_gift();
    gift.set_transaction_id(brief.past.gift->transaction.ToString());
    gift.set_points(brief.past.gift->points);
    rpc::SetTime(brief.past.gift->given_at, *gift.mutable_given_at());
  }
  AddBirthday(brief.facts, proto);
  for (const KeptPreference& kept : brief.preferences) ToContract(kept, *proto.add_preferences());
  ToProto(brief.past, *proto.mutable_visits());
  for (const PastPurchase& purchase : brief.last_purchases) {
    ToProto(purchase, *proto.add_purchases());
  }
  for (const OpenComplaint& complaint : brief.complaints) {
    ToProto(complaint, *proto.add_open_complaints());
  }
  for (const SegmentMark& mark : brief.member.segments) ToContract(mark, *proto.add_segments());
  for (const SaidSuggestion& suggestion : SuggestionsOf(brief.facts)) {
    ToContract(suggestion, *proto.add_suggestions());
  }
}

void ToContract(const ledger::JournalRow& row, const ledger::Program& program,
                const std::vector<ledger::Unit>& units, v1::TimelineEntry& proto) {
  const ledger::Fact& fact = row.fact;
  const std::string unit = CodeOf(units, fact.unit);
  rpc::SetTime(fact.effective_at, *proto.mutable_at());
  rpc::SetTime(row.recorded_at, *proto.mutable_recorded_at());
  proto.set_kind(static_cast<ledger::v1::EntryKind>(fact.kind));
  proto.set_text(TimelineText(row, unit, program.currency_code));
  if (fact.points > 0) proto.set_unit(unit);
  proto.set_points(fact.points);
  proto.set_transaction_id(fact.transaction.ToString());
  proto.set_actor(row.actor);
}

void KeepForMember(v1::TimelineEntry& entry) { entry.clear_actor(); }

}  // namespace gratis::members
