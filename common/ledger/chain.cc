#include "common/ledger/chain.h"

#include "common/ledger/canonical.h"

namespace gratis::ledger {
std::string CanonicalBytes(const JournalRow& row) {
  const Fact& fact = row.fact;
  std::string out;
  out.reserve(320 + row.actor.size() + fact.source.size() + fact.detail.size());
  PutNumber(out, row.partition);
  PutNumber(out, row.seq);
  out += fact.transaction.uuid.AsBytes();
  PutNumber(out, static_cast<int16_t>(fact.kind));
  out += fact.member.uuid.AsBytes();
  PutNumber(out, fact.unit);
  PutNumber(out, fact.points);
  PutNumber(out, static_cast<int16_t>(fact.debit));
  PutNumber(out, static_cast<int16_t>(fact.credit));
  PutNumber(out, row.debit_after);
  PutNumber(out, row.credit_after);
  PutTime(out, fact.effective_at);
  PutTime(out, row.recorded_at);
  PutText(out, row.actor);
  PutText(out, fact.source);
  PutText(out, fact.detail);
  out += fact.about.AsBytes();
  out += fact.budget.uuid.AsBytes();
  PutNumber(out, fact.undoes);
  PutNumber(out, fact.lot ? 1 : 0);
  if (fact.lot) {
    PutNumber(out, static_cast<int16_t>(fact.lot->origin));
    PutTime(out, fact.lot->earned_at);
    PutTime(out, fact.lot->available_at);
    PutTime(out, fact.lot->expires_at);
  }
  PutNumber(out, fact.hold_until ? 1 : 0);
  if (fact.hold_until) PutTime(out, *fact.hold_until);
  PutNumber(out, static_cast<int64_t>(fact.allocations.size()));
  for (const Allocation& allocation : fact.allocations) {
    PutNumber(out, allocation.debit_lot);
    PutNumber(out, allocation.credit_lot);
    PutNumber(out, allocation.points);
  }
  return out;
}

BlockHash::BlockHash(std::string_view key, std::string_view previous) : hmac_(key) {
  hmac_.Update(previous);
}

void BlockHash::Add(const JournalRow& row) { hmac_.Update(CanonicalBytes(row)); }

base::Digest BlockHash::Finish() { return hmac_.Finish(); }

std::string GenesisHash() { return std::string(32, '\0'); }

}  // namespace gratis::ledger
