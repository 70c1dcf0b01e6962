#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/fact.h"
#include "common/ledger/standing.h"

// When accounts end that nobody uses: values in, values out.
namespace gratis::members {

// The values here are those in force until some are set: no account ends.
struct InactivityPolicy {
  int32_t version = 0;               // 1, 2, … as they were set
  int32_t months = 0;                // without any activity; 0: never
  int32_t notice_days = 0;           // so many before
  bool erase_without_email = false;  // those, too, who could not be told by e-mail

  bool on() const { return months > 0; }

  friend bool operator==(const InactivityPolicy&, const InactivityPolicy&) = default;
};

// Errors: FIELD_INVALID, naming the field of the contract's SetInactivityPolicyRequest.
absl::Status CheckInactivityPolicy(const InactivityPolicy& policy);

// What is activity, as far as it is somebody's doing (common/ledger/activity.h).
const std::vector<ledger::FactKind>& ActivityKinds();

// `time`, so many months later (below 0: earlier) on the zone's calendar; on the last day of a
// month that is too short.
absl::Time MonthsLater(absl::Time time, int32_t months, const absl::TimeZone& zone);

// Whoever did anything after it is not inactive yet: there is nothing to judge. It errs to the late
// side by some days. `policy` is on.
absl::Time ActiveAfter(const InactivityPolicy& policy, const absl::TimeZone& zone, absl::Time now);

// A notice that a member was given.
struct InactivityNotice {
  int64_t seq = 0;             // of the fact that says so
  int32_t policy_version = 0;  // by which
  absl::Time noticed_at;
  absl::Time erase_at;  // if they do not come back

  friend bool operator==(const InactivityNotice&, const InactivityNotice&) = default;
};

// How somebody stands who may be inactive. What others did who became part of them is theirs, and
// what is open of those keeps them, too.
struct IdleMember {
  MemberId member;
  ledger::MemberState state = ledger::MemberState::kNone;
  absl::Time since = absl::InfinitePast();  // the last activity, by when it took effect
  int64_t last_seq = 0;                     // the last activity that was recorded
  // The last activity of whoever became part of them, by when it was recorded: the seq of another
  // partition says nothing about one of theirs.
  absl::Time others_at = absl::InfinitePast();
  bool holding = false;  // some of their points are held
  int64_t open_complaints = 0;
  std::optional<InactivityNotice> notice;  // the last one
};

// What keeps an inactive member. The contract's InactivityKept has the same numbers.
// kNoEmail keeps from being erased alone, nobody who left, and is not for Judge to find: addresses
// are sealed.
enum class InactivityKept : int8_t {
  kNothing = 0,
  kState = 1,
  kHold = 2,
  kComplaint = 3,
  kNoEmail = 4,
};

enum class InactivityStep {
  kNone,    // they are not inactive for long enough, or their account is over
  kNotice,  // to be given
  kWait,    // for the days of the notice to pass
  kErase,
};

struct InactivityVerdict {
  InactivityStep step = InactivityStep::kNone;
  InactivityKept kept = InactivityKept::kNothing;  // then the step is not taken
  // When they are erased if they do not come back; of one who is to be given notice, if that is
  // now.
  absl::Time erase_at = absl::InfiniteFuture();
};

// A notice counts for the policy that gave it, and until its member does something. `zone`: the
// program's.
InactivityVerdict Judge(const IdleMember& member, const InactivityPolicy& policy,
                        const absl::TimeZone& zone, absl::Time now);

}  // namespace gratis::members
