#include "services/messages/task_rules.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::messages {
namespace {

constexpr size_t kMaxStaff = 40;

// Whether the task is theirs to do, or nobody's yet.
absl::Status CheckMayDo(const Task& task, std::string_view staff, std::string_view store) {
  if (!store.empty() && !task.store.empty() && task.store != store) {
    return Error(Reason::kStoreNotAllowed,
                 absl::StrCat("the task is of store ", task.store, ", the key of another"));
  }
  switch (task.state) {
    case TaskState::kOpen:
      return absl::OkStatus();
    case TaskState::kTaken:
      if (task.staff == staff) return absl::OkStatus();
      return Error(Reason::kTaskTaken, absl::StrCat(task.staff, " has the task"),
                   {{"staff", task.staff}});
    case TaskState::kDone:
    case TaskState::kGivenUp:
    case TaskState::kCancelled:
      break;
  }
  return Error(Reason::kTaskEnded, "the task was done, given up, or is no longer wanted");
}

}  // namespace

absl::Status CheckStaff(std::string_view staff) {
  if (staff.empty()) return FieldError(Reason::kFieldMissing, "staff", "say who does it");
  const bool code =
      staff.size() <= kMaxStaff && std::all_of(staff.begin(), staff.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
      });
  if (code) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, "staff",
                    "the shop's own code for them: 1 to 40 of a-z, A-Z, 0-9, - and _");
}

absl::StatusOr<Task> TakenBy(const Task& task, std::string_view staff, std::string_view store,
                             absl::Time now) {
  RETURN_IF_ERROR(CheckMayDo(task, staff, store));
  Task taken = task;
  if (taken.state == TaskState::kTaken) return taken;
  taken.state = TaskState::kTaken;
  taken.staff = std::string(staff);
  taken.taken_at = now;
  return taken;
}

absl::StatusOr<Task> EndedBy(const Task& task, TaskState to, std::string_view staff,
                             std::string_view store, absl::Time now) {
  ASSIGN_OR_RETURN(Task ended, TakenBy(task, staff, store, now));
  ended.state = to;
  if (to == TaskState::kOpen) {
    ended.staff.clear();
    ended.taken_at.reset();
  } else {
    ended.ended_at = now;
  }
  return ended;
}

Task NoLongerWanted(const Task& task) {
  Task unwanted = task;
  if (task.state == TaskState::kOpen || task.state == TaskState::kTaken) {
    unwanted.state = TaskState::kCancelled;
  }
  return unwanted;
}

}  // namespace gratis::messages
