#include "services/cli/failure.h"

#include <optional>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/reasons.h"
#include "services/cli/json.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace {

constexpr char kUsageUrl[] = "gratis/usage";
constexpr char kRejectedUrl[] = "gratis/rows_rejected";
constexpr char kAdviceUrl[] = "gratis/advice";

// What an operator can do about it, where the engine's sentence cannot know.
std::string_view Advice(Reason reason) {
  switch (reason) {
    case Reason::kProgramNotFound:
      return "gratis program list shows what there is; gratis program create CODE makes one";
    case Reason::kProgramMissing:
      return "name one with --program CODE, or in GRATIS_PROGRAM";
    case Reason::kMemberNotFound:
      return "gratis member find looks for someone by --external-id, --email or --phone";
    case Reason::kIdentifierTaken:
      return "gratis member show MEMBER shows who has it; gratis member merge makes one member of "
             "two";
    case Reason::kMemberAmbiguous:
      return "gratis member show MEMBER shows each; gratis member duplicates lists who may be one "
             "person";
    case Reason::kInvalidPhone:
      return "write it with its country, as in +41 44 668 18 00, or say whose numbers are written "
             "without: gratis member policy set --default-region CH";
    case Reason::kProofRequired:
      return "gratis member identify --qr or verify-code gives a proof; send it with --proof";
    case Reason::kKeyInvalid:
    case Reason::kKeyRevoked:
      return "use another key with --key-file; gratis key create makes one";
    case Reason::kRoleNotAllowed:
      return "use a key of a role that may, with --key-file; a member's token is for what is "
             "theirs";
    case Reason::kAdjustmentResolved:
      return "gratis points adjustments --all shows by whom, and when";
    case Reason::kSecondPersonNeeded:
      return "use another key with --key-file, of the role finance or admin";
    case Reason::kDevelopmentClockOff:
      return "start an instance for trying things out, with --development-clock";
    case Reason::kClockBackwards:
      return "gratis clock show tells where it stands; another --program has a clock of its own";
    case Reason::kRequestIdReused:
      return "leave --request-id out, and one is made";
    case Reason::kPeerUnavailable:
      return "is it running? deploy/up starts it; gratis config shows what was looked for, and "
             "where";
    case Reason::kDatabaseUnavailable:
    case Reason::kPoolExhausted:
    case Reason::kOverloaded:
    case Reason::kDraining:
    case Reason::kConflict:
    case Reason::kCommitInDoubt:
    case Reason::kDeadlineExceeded:
      return "call again; with the same --request-id nothing is done twice";
    case Reason::kBooksDamaged:
      return "gratis ledger verify lists the damage";
    case Reason::kInternal:
      return "the engine's log has more, under this id";
    default:
      return "";
  }
}

std::string_view ReasonName(const absl::Status& status) {
  const std::optional<Reason> reason = ReasonOf(status);
  return reason ? Describe(*reason).name : "UNKNOWN";
}

}  // namespace

std::string ExitCodesHelp() {
  return "Exit codes:\n"
         "  0  done\n"
         "  1  the engine refused; the error says why\n"
         "  2  the command line, or a file named on it, is not right; nothing was asked\n"
         "  3  the engine cannot be reached, or cannot work now\n"
         "  4  the books are damaged\n"
         "  5  an import with --strict: done, but for rows in the rejects file\n";
}

absl::Status AsUsage(absl::Status status, std::string_view option) {
  if (!option.empty()) status = InField(std::move(status), option);
  if (!status.ok()) status.SetPayload(kUsageUrl, absl::Cord("1"));
  return status;
}

absl::Status UsageError(std::string_view option, std::string_view message) {
  return AsUsage(FieldError(Reason::kFieldInvalid, option, message));
}

absl::Status WithAdvice(absl::Status status, std::string_view advice) {
  if (!status.ok()) status.SetPayload(kAdviceUrl, absl::Cord(base::Abs(advice)));
  return status;
}

absl::Status IfNobody(const absl::Status& status) {
  if (ReasonOf(status) != Reason::kMemberNotFound) return status;
  return WithAdvice(status, "gratis member enroll makes a member");
}

absl::Status RowsRejected(std::string_view message) {
  absl::Status status = Error(Reason::kFieldInvalid, message);
  status.SetPayload(kRejectedUrl, absl::Cord("1"));
  return status;
}

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return kDone;
  if (status.GetPayload(kUsageUrl)) return kWrongUsage;
  if (status.GetPayload(kRejectedUrl)) return kRowsRejected;
  const std::optional<Reason> reason = ReasonOf(status);
  if (reason == Reason::kBooksDamaged) return kBooksDamaged;
  const bool local = reason == Reason::kKeyMissing || reason == Reason::kConfigInvalid;
  const bool later = status.code() == absl::StatusCode::kUnavailable ||
                     status.code() == absl::StatusCode::kDeadlineExceeded;
  return local || later ? kUnreachable : kRefused;
}

std::string ExplainFailure(const absl::Status& status) {
  const std::optional<Reason> reason = ReasonOf(status);
  Card card;
  card.Line("  reason", std::string(ReasonName(status)));
  const std::optional<std::string> field = FieldOf(status);
  card.Line("  field", field.value_or(""));
  for (const auto& [key, value] : MetadataOf(status)) {
    if (key != "field" || !field) card.Line(absl::StrCat("  ", key), value);
  }
  if (const auto advice = status.GetPayload(kAdviceUrl)) {
    card.Line("  try", std::string(*advice));
  } else if (reason) {
    card.Line("  try", std::string(Advice(*reason)));
  }
  return absl::StrCat("gratis: ", status.message(), "\n", card.ToString());
}

std::string FailureJson(const absl::Status& status) {
  JsonWriter json;
  json.BeginObject().Key("error").BeginObject();
  json.Field("reason", ReasonName(status));
  json.Field("code", base::Std(absl::StatusCodeToString(status.code())));
  json.Field("message", base::Std(status.message()));
  if (const auto field = FieldOf(status)) json.Field("field", std::string_view(*field));
  json.Key("metadata").BeginObject();
  for (const auto& [key, value] : MetadataOf(status)) json.Field(key, std::string_view(value));
  json.EndObject().EndObject().EndObject();
  return json.text();
}

}  // namespace gratis::cli
