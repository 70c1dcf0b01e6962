#include "services/members/consents.h"

#include <limits>
#include <utility>

#include "common/ledger/books.h"
#include "common/ledger/reads.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/consents.pb.h"

namespace gratis::members {
namespace {

template <class Response>
std::string Answer(const TransactionId& transaction, bool validate_only) {
  Response response;
  if (!validate_only) response.set_transaction_id(transaction.ToString());
  return response.SerializeAsString();
}

}  // namespace

RecordConsent::RecordConsent(const ledger::Program& program, Saying saying, base::IdSource& ids,
                             absl::Time now)
    : saying_(std::move(saying)),
      transaction_(ledger::Beside(program, saying_.member, TransactionId{ids.Next(now)})) {
  envelope.member = saying_.member;
}

absl::StatusOr<std::string> RecordConsent::Decide(ledger::Books& books) {
  RETURN_IF_ERROR(books.Permit(saying_.member, ledger::Deed::kCorrect));
  const absl::Time decided_at = saying_.decided_at.value_or(envelope.now);
  RETURN_IF_ERROR(InField(
      ledger::CheckEffectiveTime(decided_at, envelope.now, saying_.statable_past), "decided_at"));
  const Consent how{.decision = {},
                    .decided_at = decided_at,
                    .source = saying_.source,
                    .wording_version = saying_.wording_version,
                    .objection = saying_.objection};
  RETURN_IF_ERROR(books
                      .Post({.kind = ledger::FactKind::kConsentRecorded,
                             .transaction = transaction_,
                             .member = saying_.member,
                             .effective_at = decided_at,
                             .source = saying_.objection ? "objection" : "consent",
                             .detail = ConsentDetail(saying_.decisions, how)})
                      .status());
  records_.clear();
  int64_t number = (*last_)[saying_.member];
  for (const ConsentDecision& decision : saying_.decisions) {
    Consent consent = how;
    consent.decision = decision;
    records_.push_back({saying_.member,
                        {.number = ++number,
                         .consent = std::move(consent),
                         .recorded_at = books.recorded_at(),
                         .actor = envelope.actor,
                         .transaction = transaction_}});
  }
  if (!envelope.validate_only) (*last_)[saying_.member] = number;
  return saying_.objection
             ? Answer<v1::RecordObjectionResponse>(transaction_, envelope.validate_only)
             : Answer<v1::RecordConsentResponse>(transaction_, envelope.validate_only);
}

absl::Status RecordConsents::LoadAll(pg::Tx& tx, absl::Span<RecordConsent* const> set) {
  std::vector<MemberId> members;
  for (const RecordConsent* record : set) members.push_back(record->envelope.member);
  ASSIGN_OR_RETURN(auto numbers, ReadLastConsentNumbers(tx, set.front()->envelope.home(), members));
  const auto last = std::make_shared<RecordConsent::Numbers>(std::move(numbers));
  for (RecordConsent* record : set) record->last_ = last;
  return absl::OkStatus();
}

absl::Status RecordConsents::WriteAll(pg::Tx& tx, absl::Span<RecordConsent* const> set) {
  std::vector<MemberConsent> all;
  for (const RecordConsent* record : set) {
    all.insert(all.end(), record->records().begin(), record->records().end());
  }
  InsertConsents(tx, set.front()->envelope.home(), all);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Consent>> Consents::Get(const ledger::Program& program,
                                                   const MemberId& member,
                                                   absl::Time deadline) const {
  std::vector<Consent> consents;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(ledger::RequireMember(tx, program, member));
    ASSIGN_OR_RETURN(auto found, ReadConsents(tx, program, {member}));
    consents = std::move(found[member]);
    return absl::OkStatus();
  }));
  return consents;
}

absl::StatusOr<std::vector<std::vector<Consent>>> Consents::GetMany(
    const ledger::Program& program, absl::Span<const MemberId> members, absl::Time deadline) const {
  std::vector<std::vector<Consent>> consents;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const auto found, ReadConsents(tx, program, members));
    consents.clear();
    for (const MemberId& member : members) {
      const auto said = found.find(member);
      consents.push_back(said == found.end() ? std::vector<Consent>() : said->second);
    }
    return absl::OkStatus();
  }));
  return consents;
}

absl::StatusOr<ConsentHistoryPage> Consents::ListHistory(const ledger::Program& program,
                                                         const MemberId& member,
                                                         std::optional<int64_t> before,
                                                         int32_t limit, absl::Time deadline) const {
  ConsentHistoryPage page;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(ledger::RequireMember(tx, program, member));
    // One more than fits tells whether there is a next page.
    ASSIGN_OR_RETURN(
        page.records,
        ListConsentHistory(tx, ledger::PartitionOf(program, member), member,
                           before.value_or(std::numeric_limits<int64_t>::max()), limit + 1));
    return absl::OkStatus();
  }));
  if (static_cast<int32_t>(page.records.size()) > limit) {
    page.records.pop_back();
    page.next = page.records.back().number;
  }
  return page;
}

}  // namespace gratis::members
