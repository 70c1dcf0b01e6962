#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/status/reasons.h"

namespace gratis::pg {

// What PostgreSQL said about a statement that failed. It may name tables and columns, so it goes
// into logs, never into an answer to a caller. It never holds DETAIL, which repeats stored values.
struct SqlError {
  std::string sqlstate;    // five characters, Appendix A of PostgreSQL's manual; empty: no answer
  std::string constraint;  // the constraint or index that was violated, else empty
  std::string query;       // the query's name, else empty
  std::string message;
};

// What became of the statement, in one line for a log.
std::string Describe(const SqlError& error);

// `error` as the status a caller sees: a reason from the table in errors.cc and a sentence with
// nothing of the inside. The SqlError stays attached to it.
absl::Status ToStatus(const SqlError& error);

// `status` with `error` attached, for statuses that are made elsewhere.
absl::Status WithSqlError(absl::Status status, const SqlError& error);
std::optional<SqlError> SqlErrorOf(const absl::Status& status);

// The name of the constraint that a statement violated, for a store that knows what this means.
// Nothing for any other status.
std::optional<std::string> ViolatedConstraint(const absl::Status& status);

// A serialization failure or a deadlock: the whole transaction may be run again.
bool MayRunAgain(std::string_view sqlstate);

}  // namespace gratis::pg
