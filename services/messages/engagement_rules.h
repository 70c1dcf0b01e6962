#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "services/messages/message_rules.h"

// What members do with what they were told, and what of it is kept: values in, values out.
namespace gratis::messages {

// Stored; as the contract's EngagementKind.
enum class EngagementKind : int16_t {
  kOpened = 1,
  kClicked = 2,
  kUnsubscribed = 3,  // the message's link was pressed
};

// How long it is kept who opened and clicked what. The counts stay.
inline constexpr absl::Duration kEngagementKept = absl::Hours(24 * 90);

// Why a report is not kept. As the contract's EngagementIgnored.
enum class Ignored : int16_t {
  kNothing = 0,      // it is kept
  kObjection = 1,    // the member objects to profiling, or was erased
  kTooOld = 2,       // the message went out longer ago than such things are kept
  kMemberState = 3,  // the member is restricted, deceased or closed
};

// What matters for a report about a mail.
struct ReportedMail {
  absl::Time sent_at;
  Consents consents;  // of whom it went to
  ledger::MemberState member_state = ledger::MemberState::kActive;
};
Ignored WhyIgnored(const ReportedMail& mail, absl::Time now);

// What a report says: who clicked has opened.
std::vector<EngagementKind> ReportedKinds(EngagementKind reported);

// Whether somebody who said this wants no profiling any more: the `detail` of kConsentRecorded.
bool EndsProfiling(std::string_view detail);

}  // namespace gratis::messages
