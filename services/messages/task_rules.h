#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "services/messages/message_ids.h"

// Tasks of staff: who may do what with one. Values in, values out.
namespace gratis::messages {

// How a task stands. Stored by number; the contract's TaskState has the same.
enum class TaskState : int16_t { kOpen = 1, kTaken = 2, kDone = 3, kGivenUp = 4, kCancelled = 5 };

struct Task {
  MessageId id;
  MemberId member;
  std::string store;  // empty: any
  std::string purchase;
  TaskState state = TaskState::kOpen;
  std::string staff;  // who has or had it
  absl::Time created_at;
  std::optional<absl::Time> taken_at = std::nullopt;
  std::optional<absl::Time> ended_at = std::nullopt;
};

// Who does it, as the journal may say it for ever. Errors: FIELD_MISSING, FIELD_INVALID.
absl::Status CheckStaff(std::string_view staff);

// The task once `staff` took it; it may be theirs already. `store`: of the caller's key; empty:
// any. Errors: TASK_TAKEN, TASK_ENDED, STORE_NOT_ALLOWED.
absl::StatusOr<Task> TakenBy(const Task& task, std::string_view staff, std::string_view store,
                             absl::Time now);

// The task once `staff` did it, gave it up, or gave it back (`to`: kDone, kGivenUp, kOpen). Errors:
// as TakenBy.
absl::StatusOr<Task> EndedBy(const Task& task, TaskState to, std::string_view staff,
                             std::string_view store, absl::Time now);

// The task of somebody who is not to hear anything any more: nobody has to do it.
Task NoLongerWanted(const Task& task);

}  // namespace gratis::messages
