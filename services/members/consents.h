#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/random.h"
#include "common/ledger/mutation.h"
#include "common/ledger/program.h"
#include "services/members/consent_rules.h"
#include "services/members/consent_store.h"

namespace gratis::pg {
class Pool;
}

namespace gratis::members {

// What a member said at once, checked.
struct Saying {
  MemberId member;
  std::vector<ConsentDecision> decisions;
  ConsentSource source;
  std::string wording_version;
  bool objection = false;
  std::optional<absl::Time> decided_at;                     // now if absent
  absl::Duration statable_past = absl::InfiniteDuration();  // how far back that may lie
};

// Keeps what a member said. Answers with RecordConsentResponse, or RecordObjectionResponse for an
// objection. Errors: MEMBER_NOT_FOUND, MEMBER_ERASED, EFFECTIVE_TIME_INVALID.
class RecordConsent final : public ledger::Mutation {
 public:
  // Ids are chosen once, so that a set that is rerun stays the same.
  RecordConsent(const ledger::Program& program, Saying saying, base::IdSource& ids, absl::Time now);

  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

  // What was decided, for the store.
  const std::vector<MemberConsent>& records() const { return records_; }

 private:
  friend class RecordConsents;
  using Numbers = absl::flat_hash_map<MemberId, int64_t>;

  const Saying saying_;
  const TransactionId transaction_;
  std::shared_ptr<Numbers> last_;  // loaded; the set's own, so that each goes on from those before
  std::vector<MemberConsent> records_;  // decided
};

class RecordConsents final : public ledger::KindOf<RecordConsent> {
 private:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<RecordConsent* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<RecordConsent* const> set) override;
};

struct ConsentHistoryPage {
  std::vector<ConsentRecord> records;  // the last first
  std::optional<int64_t> next;         // those before this number follow
};

// What members said: the reads. Thread-safe; deadlines are real time.
class Consents {
 public:
  explicit Consents(pg::Pool& pool) : pool_(pool) {}

  // What is in force, by purpose and channel. Errors: MEMBER_NOT_FOUND.
  absl::StatusOr<std::vector<Consent>> Get(const ledger::Program& program, const MemberId& member,
                                           absl::Time deadline) const;

  // The same for many, in their order; somebody who is no member has said nothing.
  absl::StatusOr<std::vector<std::vector<Consent>>> GetMany(const ledger::Program& program,
                                                            absl::Span<const MemberId> members,
                                                            absl::Time deadline) const;

  // At most `limit` records; `before` is a page's `next`. Errors: MEMBER_NOT_FOUND.
  absl::StatusOr<ConsentHistoryPage> ListHistory(const ledger::Program& program,
                                                 const MemberId& member,
                                                 std::optional<int64_t> before, int32_t limit,
                                                 absl::Time deadline) const;

 private:
  pg::Pool& pool_;
};

}  // namespace gratis::members
