#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/program.h"

namespace gratis::thanks {

// The organizations that members buy for. Thread-safe.
class Organizations {
 public:
  virtual ~Organizations() = default;

  // How many percent of what a member earns by a purchase for the organization are its own.
  // Errors: GROUP_NOT_FOUND, GROUP_KIND_WRONG, NOT_IN_GROUP, MEMBER_NOT_ACTIVE, PEER_UNAVAILABLE.
  virtual absl::StatusOr<int32_t> PercentOf(const ledger::Program& program, const MemberId& member,
                                            const MemberId& organization, absl::Time deadline) = 0;
};

}  // namespace gratis::thanks
