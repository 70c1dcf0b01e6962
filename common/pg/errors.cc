#include "common/pg/errors.h"

#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace gratis::pg {
namespace {

struct Mapping {
  std::string_view sqlstate;  // a code, or the class that codes begin with
  Reason reason;
  bool may_run_again = false;
};

// PostgreSQL's errors as ours: the first line that fits counts, INTERNAL when none does.
constexpr Mapping kMappings[] = {
    {"40001", Reason::kConflict, true},     // serialization_failure
    {"40P01", Reason::kConflict, true},     // deadlock_detected
    {"55P03", Reason::kConflict},           // lock_not_available: lock_timeout
    {"23505", Reason::kConflict},           // unique_violation that no store expected
    {"57014", Reason::kDeadlineExceeded},   // query_canceled: statement_timeout
    {"25P03", Reason::kDeadlineExceeded},   // idle_in_transaction_session_timeout
    {"57P", Reason::kDatabaseUnavailable},  // shut down, crashed, starting up, dropped
    {"08", Reason::kDatabaseUnavailable},   // connection exceptions
    {"53", Reason::kDatabaseUnavailable},   // disk, memory or connections used up
    {"58", Reason::kDatabaseUnavailable},   // system errors outside PostgreSQL
    {"XX001", Reason::kBooksDamaged},       // data_corrupted
    {"XX002", Reason::kBooksDamaged},       // index_corrupted
};

constexpr Mapping kOther = {"", Reason::kInternal};

const Mapping& MappingOf(std::string_view sqlstate) {
  for (const Mapping& mapping : kMappings) {
    if (sqlstate.substr(0, mapping.sqlstate.size()) == mapping.sqlstate) return mapping;
  }
  return kOther;
}

constexpr char kSqlErrorUrl[] = "gratis/sql_error";
constexpr char kSeparator = '\0';

}  // namespace

std::string Describe(const SqlError& error) {
  return absl::StrCat(error.query, error.query.empty() ? "" : ": ", error.message,
                      error.sqlstate.empty() ? "" : " (SQLSTATE ", error.sqlstate,
                      error.sqlstate.empty() ? "" : ")");
}

absl::Status ToStatus(const SqlError& error) {
  const Reason reason =
      error.sqlstate.empty() ? Reason::kDatabaseUnavailable : MappingOf(error.sqlstate).reason;
  return WithSqlError(Error(reason, gratis::Describe(reason).meaning), error);
}

absl::Status WithSqlError(absl::Status status, const SqlError& error) {
  status.SetPayload(
      kSqlErrorUrl,
      absl::Cord(absl::StrJoin({error.sqlstate, error.constraint, error.query, error.message},
                               absl::string_view(&kSeparator, 1))));
  return status;
}

std::optional<SqlError> SqlErrorOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kSqlErrorUrl);
  if (!payload) return std::nullopt;
  const std::vector<std::string> parts = absl::StrSplit(std::string(*payload), kSeparator);
  if (parts.size() != 4) return std::nullopt;
  return SqlError{parts[0], parts[1], parts[2], parts[3]};
}

std::optional<std::string> ViolatedConstraint(const absl::Status& status) {
  const std::optional<SqlError> error = SqlErrorOf(status);
  if (!error || error->sqlstate.compare(0, 2, "23") != 0) return std::nullopt;
  return error->constraint;
}

bool MayRunAgain(std::string_view sqlstate) { return MappingOf(sqlstate).may_run_again; }

}  // namespace gratis::pg
