#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/thanks/purchase.h"

// Points that wait until what was bought has arrived, so that what comes back within the time for
// returns was never there to be spent. Pure.
namespace gratis::thanks {

struct PendingRule {
  bool until_delivery = false;
  int32_t days_after_delivery = 0;
  int32_t days_at_most = 30;               // after the purchase, whether it is delivered or not
  std::vector<std::string> channels = {};  // only what is bought through these; empty: all
};

// How long points wait at most where nobody says: so that a delivery of which nobody tells puts
// them off by no more than a month.
int32_t UsualDaysAtMost(int32_t days_after_delivery);

// Errors: FIELD_INVALID, each with its field.
absl::Status CheckPending(const PendingRule& rule);

// What a purchase made at `purchased_at` through `channel` is to wait for. Days are of 24 hours.
PendingTerms TermsOf(const PendingRule& rule, std::string_view channel, absl::Time purchased_at);

// From when on what it earned can be spent. A delivery brings that forward and never puts it off;
// InfiniteFuture: none is known. InfinitePast: it does not wait.
absl::Time AvailableAt(const PendingTerms& terms, absl::Time delivered_at);

}  // namespace gratis::thanks
