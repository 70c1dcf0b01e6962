#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/program.h"
#include "common/ledger/standing.h"
#include "services/messages/message_rules.h"

namespace gratis::messages {

// Whom a message goes to, as of now. Personal data: it is asked for when a message is written, and
// kept nowhere but in what was written.
struct Recipient {
  std::string name;  // how they like to be greeted; may be empty
  // Their own, or of whoever was merged into them if they have none; may be empty.
  std::string email;
  std::string language;
  absl::TimeZone zone;
  ledger::MemberState state = ledger::MemberState::kActive;
  Consents consents;
  bool no_celebrations = false;
};

// What this service asks of members. Thread-safe; deadlines are real time.
class Recipients {
 public:
  virtual ~Recipients() = default;

  struct Asked {
    MemberId member;
    bool celebration = false;  // whether they want any matters
  };
  // Each by itself, in the order asked for. Somebody who was erased is one of that state. Errors:
  // those of the peer; MEMBER_NOT_FOUND of one.
  virtual std::vector<absl::StatusOr<Recipient>> Find(const ledger::Program& program,
                                                      absl::Span<const Asked> asked,
                                                      absl::Time deadline) = 0;

  // Ends a member's consent to marketing and surveys by e-mail, as said by the link of a message.
  // `request_id`: the same for the same press. Errors: MEMBER_NOT_FOUND, MEMBER_ERASED, those of
  // the peer.
  virtual absl::Status Withdraw(const ledger::Program& program, const MemberId& member,
                                std::string_view request_id, absl::Time deadline) = 0;
};

}  // namespace gratis::messages
