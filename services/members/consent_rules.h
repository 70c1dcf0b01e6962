#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"

// What members said yes and no to, and what is in force of it: values in, values out.
namespace gratis::members {

inline constexpr size_t kMaxDecisions = 50;  // in one request
inline constexpr size_t kMaxWordingVersionBytes = 40;
// How far back it may have been said, for those who do not bring in history.
inline constexpr absl::Duration kSaidBefore = absl::Hours(24 * 30);

// The numbers are stored for ever; the contract's enums have the same.
enum class ConsentPurpose : int16_t {
  kMarketing = 1,
  kProfiling = 2,
  kThirdParties = 3,
  kSurveys = 4,
  kGuardian = 5,  // of a minor: that they are given birthday gifts
};

enum class ConsentChannel : int16_t {
  kNone = 0,  // of purposes that have none; in a withdrawal, all channels
  kEmail = 1,
  kSms = 2,
  kPost = 3,
  kPush = 4,
  kPhone = 5,
  kStaff = 6,
};

enum class ConsentState : int16_t { kGranted = 1, kWithdrawn = 2 };

enum class ConsentSource : int16_t {
  kTill = 1,
  kWebForm = 2,
  kApp = 3,
  kDoubleOptIn = 4,
  kPhoneCall = 5,
  kPaper = 6,
  kUnsubscribeLink = 7,
  kMessage = 8,
  kImport = 9,
};

// Whether the purpose is asked channel by channel.
bool HasChannels(ConsentPurpose purpose);

struct ConsentDecision {
  ConsentPurpose purpose;
  ConsentChannel channel;
  ConsentState state;

  friend bool operator==(const ConsentDecision&, const ConsentDecision&) = default;
};

// One thing that a member said, about one purpose and, if the purpose has any, one channel.
struct Consent {
  ConsentDecision decision;
  absl::Time decided_at;
  ConsentSource source;
  std::string wording_version;
  bool objection = false;
};

// The same, as it was recorded.
struct ConsentRecord {
  int64_t number = 0;  // 1, 2, … of the member's, in the order of recording
  Consent consent;
  absl::Time recorded_at;
  std::string actor;
  TransactionId transaction;
};

// What comes in, checked, with withdrawals of all channels spelled out, by purpose and channel.
// Errors name the field as RecordConsentRequest has it: FIELD_MISSING, FIELD_INVALID,
// FIELD_TOO_LONG.
absl::StatusOr<std::vector<ConsentDecision>> CheckedDecisions(
    const std::vector<ConsentDecision>& decisions);

// Errors: FIELD_MISSING (nothing, though something is granted), FIELD_TOO_LONG, FIELD_INVALID.
absl::Status CheckWordingVersion(std::string_view wording_version,
                                 const std::vector<ConsentDecision>& decisions);

// Errors: FIELD_MISSING, FIELD_INVALID.
absl::Status CheckConsentSource(ConsentSource source);

// Whether a guardian's yes is among them, which nobody can say for themselves.
bool IsGuardians(const std::vector<ConsentDecision>& decisions);

// An objection: no to everything that the member may be asked.
std::vector<ConsentDecision> AllWithdrawn();

// What the journal says of it: {"source":"till","wording":"2026-05","granted":["marketing/email"],
// "withdrawn":["profiling"]}, with "objection":true for one.
std::string ConsentDetail(const std::vector<ConsentDecision>& decisions, const Consent& how);

}  // namespace gratis::members
