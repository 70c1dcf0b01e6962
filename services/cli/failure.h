#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace gratis::cli {

// How `gratis` ends.
enum ExitCode {
  kDone = 0,
  kRefused = 1,       // the engine refused
  kWrongUsage = 2,    // the command line or a file named on it is not right; nothing was asked
  kUnreachable = 3,   // no engine, no key, no certificate, or an engine that cannot work now
  kBooksDamaged = 4,  // the books contradict themselves
  kRowsRejected = 5,  // with --strict: all done, but for some rows
};

// The codes as --help and the README have them, a line each.
std::string ExitCodesHelp();

// `status` as a mistake in how the command was called; in `option`, when it names no field yet.
absl::Status AsUsage(absl::Status status, std::string_view option = {});
// The same, new: `option` is "--map" or "FILE".
absl::Status UsageError(std::string_view option, std::string_view message);

// `status` with another advice for people than its reason has.
absl::Status WithAdvice(absl::Status status, std::string_view advice);
// The same of a search: who looked for somebody and found nobody need not be told to look.
absl::Status IfNobody(const absl::Status& status);

// All went well but for rows that were rejected.
absl::Status RowsRejected(std::string_view message);

ExitCode ExitCodeOf(const absl::Status& status);

// An error for people: the sentence, then reason, field, the values that belong to the reason, and
// what to do about it.
std::string ExplainFailure(const absl::Status& status);

// The same as one JSON object:
// {"error":{"reason":…,"code":…,"message":…,"field":…,"metadata":{…}}}.
std::string FailureJson(const absl::Status& status);

}  // namespace gratis::cli
