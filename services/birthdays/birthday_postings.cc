#include "services/birthdays/birthday_postings.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/birthdays/birthday_contract.h"

namespace gratis::birthdays {

namespace {

// What the journal says of a present: {"points":100}, {"minor_units":500}, {"item":"CAKE-1"}.
std::string PresentDetail(const Present& present) {
  switch (present.kind) {
    case GiftKind::kPoints:
      return absl::StrCat("{\"points\":", present.worth, "}");
    case GiftKind::kVoucher:
      return absl::StrCat("{\"minor_units\":", present.worth, "}");
    default:
      return absl::StrCat("{\"item\":", base::JsonString(present.item),
                          ",\"minimum_age\":", present.minimum_age, "}");
  }
}

bool HasPoints(const Offer& offer) {
  return std::any_of(offer.presents.begin(), offer.presents.end(),
                     [](const Present& present) { return present.kind == GiftKind::kPoints; });
}

// Whether points may be over before a gift of them has lived for kMinValidDays: from 31 January to
// the end of February are 28. A lot of its own end does not help, since all of the wallet ends.
bool MayEndTooSoon(const ledger::Unit& unit) {
  return unit.expiry == ledger::ExpiryKind::kInactivity && unit.expiry_months == 1;
}

// Without its words, which are not for the journal.
std::string OfferDetail(const Offer& offer) {
  std::string presents =
      offer.is_choice()
          ? absl::StrCat("{",
                         absl::StrJoin(offer.presents, ",",
                                       [](std::string* out, const Present& present) {
                                         absl::StrAppend(out, base::JsonString(present.option), ":",
                                                         PresentDetail(present));
                                       }),
                         "}")
          : PresentDetail(offer.presents.front());
  std::string json =
      absl::StrCat("{\"kind\":", base::JsonString(NameOf(offer.kind())), ",\"gives\":", presents);
  if (offer.is_choice()) {
    absl::StrAppend(&json, ",\"default\":", base::JsonString(offer.standard().option));
  }
  if (!offer.budget.IsNil()) {
    absl::StrAppend(&json, ",\"budget\":", base::JsonString(offer.budget.ToString()));
  }
  return json + "}";
}

// What the journal says of a policy.
std::string PolicyJson(const Policy& policy) {
  std::string json = absl::StrCat("{\"policy_version\":", policy.version,
                                  ",\"enabled\":", policy.enabled ? "true" : "false",
                                  ",\"gift\":", OfferDetail(policy.offer));
  for (const TierOffer& of_tier : policy.tiers) {
    absl::StrAppend(&json, ",\"gift_of_", of_tier.tier, "\":", OfferDetail(of_tier.offer));
  }
  absl::StrAppend(&json, ",\"local_hour\":", policy.local_hour, ",\"lead_days\":", policy.lead_days,
                  ",\"late_days\":", policy.late_days,
                  ",\"leap_day_rule\":", static_cast<int>(policy.leap_day_rule),
                  ",\"valid_days\":", policy.valid_days, ",\"choose_days\":", policy.choose_days,
                  ",\"adult_age\":", policy.adult_age, "}");
  return json;
}

// What a present is, for whoever tells of it: "points":100.
std::string FiguresOf(const Present& present, const VoucherId& voucher) {
  if (present.kind == GiftKind::kPoints) return absl::StrCat("\"points\":", present.worth);
  const std::string by = absl::StrCat(",\"voucher\":", base::JsonString(voucher.ToString()));
  if (present.kind == GiftKind::kVoucher) {
    return absl::StrCat("\"minor_units\":", present.worth, by);
  }
  return absl::StrCat("\"item\":", base::JsonString(present.item), by);
}

absl::Status NotDue() { return absl::FailedPreconditionError("no gift is due"); }

std::vector<const Offer*> OffersOf(const Policy& policy) {
  std::vector<const Offer*> offers{&policy.offer};
  for (const TierOffer& of_tier : policy.tiers) offers.push_back(&of_tier.offer);
  return offers;
}

}  // namespace

std::string_view NameOf(GiftKind kind) {
  switch (kind) {
    case GiftKind::kPoints:
      return "points";
    case GiftKind::kVoucher:
      return "voucher";
    case GiftKind::kItem:
      return "item";
    case GiftKind::kChoice:
      break;
  }
  return "choice";
}

GiveGift::GiveGift(ledger::Program program, MemberId member, int32_t year, Celebrant celebrant,
                   std::shared_ptr<const Policy> policy, absl::Time as_of, absl::Time now,
                   base::IdSource& ids, const ledger::VoucherCodes& codes)
    : year_(year),
      celebrant_(std::move(celebrant)),
      policy_(std::move(policy)),
      offer_(OfferFor(*policy_, celebrant_, year)),
      as_of_(as_of),
      handing_(program, member, ids, codes, now,
               offer_.kind() == GiftKind::kVoucher || offer_.kind() == GiftKind::kItem) {
  envelope.request_id =
      ledger::OwnRequestId(absl::StrCat("birthday:", member.ToString(), ":", year));
  const base::Digest fingerprint = base::Sha256(envelope.request_id);
  envelope.fingerprint = std::string(base::AsBytes(fingerprint));
  envelope.program = std::move(program);
  envelope.member = member;
  envelope.now = now;
}

void GiveGift::AddNeeds(ledger::Wants& wants) const {
  handing_.AddNeeds(wants);
  if (!offer_.budget.IsNil()) wants.budgets.insert(offer_.budget);
}

absl::Status GiveGift::CheckRoom(ledger::Books& books) const {
  if (offer_.budget.IsNil()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const ledger::Budget* budget, books.FindBudget(offer_.budget));
  if (budget != nullptr && budget->limit - budget->spent < DrawOf(offer_).amount) return NotDue();
  return absl::OkStatus();
}

std::string GiveGift::Detail() const {
  std::string detail = absl::StrCat("{\"year\":", year_, ",\"policy_version\":", policy_->version,
                                    ",\"gift\":", base::JsonString(NameOf(offer_.kind())));
  if (!offer_.is_choice()) {
    absl::StrAppend(&detail, ",", FiguresOf(offer_.presents.front(), given_.gift.voucher));
  } else {
    absl::StrAppend(&detail, ",\"options\":[",
                    absl::StrJoin(offer_.presents, ",",
                                  [](std::string* out, const Present& present) {
                                    absl::StrAppend(out, base::JsonString(present.option));
                                  }),
                    "],\"default\":", base::JsonString(offer_.standard().option));
  }
  if (given_.gift.quiet) absl::StrAppend(&detail, ",\"quiet\":true");
  return detail + "}";
}

absl::Status GiveGift::Post(ledger::Books& books) {
  const ledger::Posting posting{.kind = ledger::FactKind::kBirthdayGift,
                                .transaction = handing_.transaction(),
                                .member = envelope.member,
                                .effective_at = envelope.now,
                                .source = absl::StrCat("birthday ", year_),
                                .detail = Detail()};
  if (!offer_.is_choice()) {
    return handing_.HandOver(books, posting, offer_.presents.front(), policy_->valid_days,
                             offer_.budget);
  }
  RETURN_IF_ERROR(books.Permit(envelope.member, ledger::Deed::kReceive));
  ledger::Fact fact{.kind = posting.kind,
                    .transaction = posting.transaction,
                    .member = posting.member,
                    .effective_at = posting.effective_at,
                    .source = posting.source,
                    .detail = posting.detail};
  if (!offer_.budget.IsNil()) {
    // One gift of so many: a use that is given and taken at once, so it falls onto no lot, whatever
    // will be chosen.
    const Draw draw = DrawOf(offer_);
    fact.unit = draw.unit;
    fact.points = draw.amount;
    fact.debit = ledger::Account::kIssued;
    fact.credit = ledger::Account::kRedeemed;
    fact.budget = offer_.budget;
    fact.allocations = {{.debit_lot = 0, .credit_lot = 0, .points = draw.amount}};
  }
  return books.Post(std::move(fact)).status();
}

absl::StatusOr<std::string> GiveGift::Decide(ledger::Books& books) {
  RETURN_IF_ERROR(books.RequireHolder(envelope.member));
  Celebrant celebrant = celebrant_;
  celebrant.state = books.FindHolder(envelope.member)->state;
  std::vector<Gift>& earlier = known_->gifts[envelope.member];
  const Verdict verdict = Judge(celebrant, year_, *policy_, earlier, envelope.now);
  if (verdict.outcome != Outcome::kDue || *verdict.due_at > as_of_) return NotDue();
  RETURN_IF_ERROR(CheckRoom(books));
  given_ = {.member = envelope.member,
            .gift = {.year = year_,
                     .transaction = handing_.transaction(),
                     .offer = offer_,
                     .due_at = *verdict.due_at,
                     .given_at = envelope.now,
                     .quiet = known_->complaining.count(envelope.member) > 0},
            .policy_version = policy_->version};
  if (offer_.is_choice()) {
    given_.gift.choose_by = envelope.now + absl::Hours(24) * policy_->choose_days;
    given_.gift.valid_days = policy_->valid_days;
  } else {
    given_.gift.voucher = handing_.VoucherFor(offer_.presents.front());
  }
  RETURN_IF_ERROR(Post(books));
  earlier.push_back(given_.gift);
  return handing_.transaction().ToString();
}

absl::Status GiveGifts::LoadAll(pg::Tx& tx, absl::Span<GiveGift* const> set) {
  const ledger::Program& program = set.front()->envelope.program;
  std::vector<BirthdayKey> asked;
  std::vector<MemberId> members;
  for (const GiveGift* give : set) {
    asked.push_back({give->envelope.member, give->year_});
    members.push_back(give->envelope.member);
  }
  OpenComplaints complaints(tx, program, members);
  ASSIGN_OR_RETURN(ReadGifts read, ReadGiftsOf(tx, program, asked));
  const auto known = std::make_shared<GiveGift::Known>();
  ASSIGN_OR_RETURN(known->complaining, complaints.Take(read.duplicates));
  known->gifts = std::move(read.gifts);
  for (GiveGift* give : set) give->known_ = known;
  return absl::OkStatus();
}

absl::Status GiveGifts::WriteAll(pg::Tx& tx, absl::Span<GiveGift* const> set) {
  std::vector<const MemberGift*> gifts;
  for (const GiveGift* give : set) gifts.push_back(&give->given_);
  const ledger::Envelope& envelope = set.front()->envelope;
  InsertGifts(tx, envelope.program, ledger::PartitionOf(envelope.program, envelope.member), gifts);
  return absl::OkStatus();
}

SetPolicy::SetPolicy(const Policy& policy, base::IdSource& ids, absl::Time now)
    : policy_(policy), transaction_{ids.Next(now)} {}

void SetPolicy::AddNeeds(ledger::Wants& wants) const {
  for (const Offer* offer : OffersOf(policy_)) {
    if (!offer->budget.IsNil()) wants.budgets.insert(offer->budget);
  }
}

absl::StatusOr<std::string> SetPolicy::Decide(ledger::Books& books) {
  const std::vector<const Offer*> offers = OffersOf(policy_);
  for (size_t i = 0; i < offers.size(); ++i) {
    if (offers[i]->budget.IsNil()) continue;
    const std::string field = i == 0
                                  ? "policy.gift.budget_id"
                                  : absl::StrCat("policy.tier_gifts[", i - 1, "].gift.budget_id");
    ASSIGN_OR_RETURN(const ledger::Budget* budget, books.FindBudget(offers[i]->budget));
    if (budget == nullptr) {
      return FieldError(Reason::kBudgetNotFound, field, "the program has no such budget");
    }
    if (budget->unit != DrawOf(*offers[i]).unit) {
      return FieldError(Reason::kBudgetNotFound, field,
                        "the budget is of another unit: points are paid by one of points, a "
                        "voucher by one of voucher-money, items and choices by one of "
                        "voucher-uses");
    }
  }
  ASSIGN_OR_RETURN(const ledger::Unit points, books.UnitOf(ledger::kPointsUnit));
  for (size_t i = 0; i < offers.size(); ++i) {
    if (!policy_.enabled || !HasPoints(*offers[i]) || !MayEndTooSoon(points)) continue;
    return FieldError(Reason::kFieldInvalid,
                      i == 0 ? "policy.gift" : absl::StrCat("policy.tier_gifts[", i - 1, "].gift"),
                      "points end a month after the last activity here, which may be less than the "
                      "30 days of a gift: give a voucher, or let points live longer");
  }
  policy_.version = *latest_ + 1;
  RETURN_IF_ERROR(
      books
          .Post({.kind = ledger::FactKind::kBirthdayPolicySet,
                 .transaction = ledger::TransactionOfProgram(envelope.program, transaction_.uuid),
                 .member = {},
                 .effective_at = envelope.now,
                 .source = "birthday policy",
                 .detail = PolicyJson(policy_)})
          .status());
  if (!envelope.validate_only) *latest_ = policy_.version;
  return PolicyAnswer(policy_, envelope.program.currency_code);
}

absl::Status SetPolicies::LoadAll(pg::Tx& tx, absl::Span<SetPolicy* const> set) {
  ASSIGN_OR_RETURN(const Policy policy, ReadPolicy(tx, set.front()->envelope.program));
  const auto latest = std::make_shared<int32_t>(policy.version);
  for (SetPolicy* change : set) change->latest_ = latest;
  return absl::OkStatus();
}

absl::Status SetPolicies::WriteAll(pg::Tx& tx, absl::Span<SetPolicy* const> set) {
  for (const SetPolicy* change : set) {
    const ledger::Envelope& envelope = change->envelope;
    InsertPolicy(tx, envelope.program, change->policy_, envelope.now, envelope.actor);
  }
  return absl::OkStatus();
}

}  // namespace gratis::birthdays
