#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/cli/context.h"
#include "services/cli/table.h"
#include "services/cli/time_options.h"

namespace CLI {
class App;
}

namespace gratis::cli {

// What every posting is asked for with.
struct PostOptions {
  std::string source;
  std::string effective_at;
  bool dry_run = false;
};

// Declares --at and --dry-run; with them --source.
void DeclareTime(CLI::App& command, PostOptions& options);
void DeclarePost(CLI::App& command, PostOptions& options);

// Fills in what all requests have: a request_id, whether it is only validated, and when it took
// effect: on a day at its noon, or now while that is ahead. Errors: as TimeUnlessNow.
template <class Request>
absl::Status FillTime(Context& context, const PostOptions& options, Request& request) {
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  if (options.effective_at.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::optional<google::protobuf::Timestamp> at,
                   TimeUnlessNow(context, options.effective_at, "--at", DayAs::kNoon));
  if (at) *request.mutable_effective_at() = *at;
  return absl::OkStatus();
}

// The same with its source.
template <class Request>
absl::Status Fill(Context& context, const PostOptions& options, Request& request) {
  request.set_source(options.source);
  return FillTime(context, options, request);
}

// What happened, and how the member stands after it.
template <class Response>
Card CardOf(const PostOptions& options, std::string_view done, int64_t points,
            const Response& answer) {
  Card card;
  card.Line(options.dry_run ? absl::StrCat("would be ", base::Abs(done)) : std::string(done),
            Grouped(points));
  if (answer.has_available_points()) card.Line("available", Grouped(answer.available_points()));
  if (answer.pending_points() != 0) card.Line("pending", Grouped(answer.pending_points()));
  if (answer.held_points() != 0) card.Line("held", Grouped(answer.held_points()));
  if (answer.debt_points() != 0) card.Line("owed", Grouped(answer.debt_points()));
  if (!answer.transaction_id().empty()) card.Line("transaction", answer.transaction_id());
  return card;
}

}  // namespace gratis::cli
