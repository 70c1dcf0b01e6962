#include "services/cli/context.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/random.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/programs.pb.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"

namespace gratis::cli {
namespace {

constexpr int kMostPrograms = 1000;

}  // namespace

absl::StatusOr<Instance> Context::Find() const {
  return FindInstance({.home = options.home,
                       .address = options.address,
                       .ca_path = options.ca_path,
                       .key_file = options.key_file,
                       .certificate_path = options.certificate_path,
                       .certificate_key_path = options.certificate_key_path});
}

absl::StatusOr<RemoteEngine*> Context::House() {
  if (!engine_) {
    ASSIGN_OR_RETURN(Instance instance, Find());
    ASSIGN_OR_RETURN(engine_, RemoteEngine::Connect(std::move(instance),
                                                    absl::Seconds(options.timeout_seconds)));
    engine_->set_proof(options.proof);
  }
  return engine_.get();
}

absl::StatusOr<RemoteEngine*> Context::Program() {
  ASSIGN_OR_RETURN(RemoteEngine * engine, House());
  if (!engine->program().empty()) return engine;
  if (options.program.empty()) {
    ASSIGN_OR_RETURN(options.program, ProgramThatGoesWithoutSaying());
  }
  engine->set_program(options.program);
  return engine;
}

absl::StatusOr<std::string> Context::ProgramThatGoesWithoutSaying() {
  ledger::v1::ListProgramsRequest request;
  request.set_page_size(kMostPrograms);
  ledger::v1::ListProgramsResponse answer;
  const absl::Status status = Call(*engine_, request, answer);
  // A key that may not list programs is bound to one, and need not name it.
  if (ReasonOf(status) == Reason::kRoleNotAllowed) return std::string();
  RETURN_IF_ERROR(status);
  const auto& programs = answer.programs();
  if (programs.size() == 1) return programs[0].code();
  if (programs.empty()) {
    return AsUsage(Error(Reason::kProgramMissing,
                         "there is no program yet; make one: gratis program create CODE"));
  }
  const bool has_demo = std::any_of(programs.begin(), programs.end(),
                                    [](const auto& program) { return program.code() == "demo"; });
  if (has_demo) return std::string("demo");
  return AsUsage(
      Error(Reason::kProgramMissing,
            absl::StrCat("there are several programs: ",
                         absl::StrJoin(programs, ", ", [](std::string* out, const auto& program) {
                           absl::StrAppend(out, program.code());
                         }))));
}

absl::Status Context::Call(Engine& engine, const google::protobuf::Message& request,
                           google::protobuf::Message& answer) const {
  Patience waiting(absl::Seconds(options.timeout_seconds));
  while (true) {
    absl::Status status = engine.Call(request, answer);
    if (status.ok() || !RetryDelayOf(status) || !waiting.Wait(status)) return status;
  }
}

std::string Context::RequestId() const {
  std::string id = options.request_id.empty()
                       ? base::FormatId("cli", base::RandomIds().Next(base::SystemClock().Now()))
                       : options.request_id;
  if (options.verbose) Remark(absl::StrCat("request_id ", id));
  return id;
}

void Context::Show(const google::protobuf::Message& message, std::string_view text) const {
  Show(options.json ? ToJson(message) : "", text);
}

void Context::Show(std::string_view json, std::string_view text) const {
  const std::string_view shown = options.json ? json : text;
  std::fwrite(shown.data(), 1, shown.size(), stdout);
  if (!shown.ends_with('\n')) std::fputc('\n', stdout);
  std::fflush(stdout);
}

void Context::Remark(std::string_view text) const {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
}

}  // namespace gratis::cli
