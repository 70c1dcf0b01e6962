#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/program.h"
#include "gratis/messages/v1/messages.pb.h"

namespace gratis::thanks {

// What messages made of what was handed over to them in the journal. Thread-safe.
class SaidMessages {
 public:
  virtual ~SaidMessages() = default;

  // Of this member's own, those that are about the purchase, newest first; of a great many the
  // newest. What was handed over this moment may not be among them yet. `deadline`: real time.
  // Errors: PEER_UNAVAILABLE, and those of MessageService.ListMessages.
  virtual absl::StatusOr<std::vector<messages::v1::Message>> About(const ledger::Program& program,
                                                                   const MemberId& member,
                                                                   const PurchaseId& purchase,
                                                                   absl::Time deadline) const = 0;
};

}  // namespace gratis::thanks
