#include "services/birthdays/birthday_postings.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "services/birthdays/birthday_contract.h"

namespace gratis::birthdays {

namespace {

// What the journal says of a policy.
std::string PolicyJson(const Policy& policy) {
  return absl::StrCat("{\"policy_version\":", policy.version,
                      ",\"enabled\":", policy.enabled ? "true" : "false",
                      ",\"points\":", policy.points, ",\"local_hour\":", policy.local_hour,
                      ",\"lead_days\":", policy.lead_days, ",\"late_days\":", policy.late_days,
                      ",\"leap_day_rule\":", static_cast<int>(policy.leap_day_rule), "}");
}

}  // namespace

GiveGift::GiveGift(ledger::Program program, MemberId member, int32_t year, Celebrant celebrant,
                   std::shared_ptr<const Policy> policy, absl::Time as_of, absl::Time now,
                   base::IdSource& ids)
    : year_(year),
      celebrant_(std::move(celebrant)),
      policy_(std::move(policy)),
      as_of_(as_of),
      transaction_{ids.Next(now)} {
  envelope.request_id =
      ledger::OwnRequestId(absl::StrCat("birthday:", member.ToString(), ":", year));
  const base::Digest fingerprint = base::Sha256(envelope.request_id);
  envelope.fingerprint = std::string(base::AsBytes(fingerprint));
  envelope.program = std::move(program);
  envelope.member = member;
  envelope.now = now;
  transaction_ = ledger::Beside(envelope.program, member, transaction_);
}

absl::StatusOr<std::string> GiveGift::Decide(ledger::Books& books) {
  RETURN_IF_ERROR(books.RequireHolder(envelope.member));
  Celebrant celebrant = celebrant_;
  celebrant.state = books.FindHolder(envelope.member)->state;
  std::vector<Gift>& earlier = (*earlier_)[envelope.member];
  const Verdict verdict = Judge(celebrant, year_, *policy_, earlier, envelope.now);
  if (verdict.outcome != Outcome::kDue || *verdict.due_at > as_of_) {
    return absl::FailedPreconditionError("no gift is due");
  }
  RETURN_IF_ERROR(ledger::Earn(
      books, {.posting = {.kind = ledger::FactKind::kBirthdayGift,
                          .transaction = transaction_,
                          .member = envelope.member,
                          .effective_at = envelope.now,
                          .source = absl::StrCat("birthday ", year_),
                          .detail = absl::StrCat("{\"year\":", year_,
                                                 ",\"policy_version\":", policy_->version, "}")},
              .points = policy_->points}));
  given_ = {.member = envelope.member,
            .gift = {.year = year_,
                     .transaction = transaction_,
                     .points = policy_->points,
                     .due_at = *verdict.due_at,
                     .given_at = envelope.now},
            .policy_version = policy_->version};
  earlier.push_back(given_.gift);
  return transaction_.ToString();
}

absl::Status GiveGifts::LoadAll(pg::Tx& tx, absl::Span<GiveGift* const> set) {
  std::vector<BirthdayKey> asked;
  for (const GiveGift* give : set) asked.push_back({give->envelope.member, give->year_});
  ASSIGN_OR_RETURN(const std::vector<MemberGift> found,
                   FindGifts(tx, set.front()->envelope.program, asked));
  const auto earlier = std::make_shared<GiveGift::GiftsOfMembers>();
  for (const MemberGift& gift : found) (*earlier)[gift.member].push_back(gift.gift);
  for (GiveGift* give : set) give->earlier_ = earlier;
  return absl::OkStatus();
}

absl::Status GiveGifts::WriteAll(pg::Tx& tx, absl::Span<GiveGift* const> set) {
  std::vector<const MemberGift*> gifts;
  for (const GiveGift* give : set) gifts.push_back(&give->given_);
  const ledger::Envelope& envelope = set.front()->envelope;
  InsertGifts(tx, ledger::PartitionOf(envelope.program, envelope.member), gifts);
  return absl::OkStatus();
}

SetPolicy::SetPolicy(const Policy& policy, base::IdSource& ids, absl::Time now)
    : policy_(policy), transaction_{ids.Next(now)} {}

absl::StatusOr<std::string> SetPolicy::Decide(ledger::Books& books) {
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
  return PolicyAnswer(policy_);
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
