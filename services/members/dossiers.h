#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/program.h"
#include "services/members/consents.h"
#include "services/members/members.h"
#include "services/members/preferences.h"

namespace gratis::members {

// Everything this service knows of a member.
struct Dossier {
  Member member;
  std::vector<Consent> consents;            // in force, by purpose and channel
  std::vector<KeptPreference> preferences;  // by key
  std::vector<ConsentRecord> history;       // all they ever said, the last first
  // Who they became, if they are merged; told in lists alone.
  std::optional<MemberId> merged_into = std::nullopt;
};

struct DossierPage {
  std::vector<Dossier> dossiers;  // by partition and id, without their history
  std::optional<MemberCursor> next;
};

// What is known of members, put together for whoever takes it away. Thread-safe; deadlines are real
// time.
class Dossiers {
 public:
  // All arguments outlive this.
  Dossiers(const Members& members, const Consents& consents, const Preferences& preferences)
      : members_(members), consents_(consents), preferences_(preferences) {}

  // Errors: MEMBER_NOT_FOUND, BOOKS_DAMAGED.
  absl::StatusOr<Dossier> Of(const ledger::Program& program, const MemberId& member,
                             absl::Time deadline) const;

  // At most `limit` members after `after` (absent: from the first). Errors: BOOKS_DAMAGED.
  absl::StatusOr<DossierPage> List(const ledger::Program& program,
                                   std::optional<MemberCursor> after, int32_t limit,
                                   absl::Time deadline) const;

 private:
  const Members& members_;
  const Consents& consents_;
  const Preferences& preferences_;
};

}  // namespace gratis::members
