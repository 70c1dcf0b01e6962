#include "common/rpc/grpc_log.h"

#include <grpc/support/log.h>

#include <mutex>

#include "absl/strings/str_cat.h"

namespace gratis::rpc {
namespace {

// gRPC's hook is a plain function, so where it writes has to be found from nowhere.
std::mutex log_mutex;
obs::Log* log_now = nullptr;

void Write(gpr_log_func_args* line) {
  const std::lock_guard lock(log_mutex);
  if (log_now == nullptr) return;
  // Its errors are about connections, which come and go; a call that suffers says so itself.
  const obs::Level level = line->severity == GPR_LOG_SEVERITY_ERROR  ? obs::Level::kWarning
                           : line->severity == GPR_LOG_SEVERITY_INFO ? obs::Level::kInfo
                                                                     : obs::Level::kDebug;
  log_now->Write(level, "gRPC says",
                 {{"text", line->message}, {"where", absl::StrCat(line->file, ":", line->line)}});
}

void SetTarget(obs::Log* log) {
  const std::lock_guard lock(log_mutex);
  log_now = log;
}

}  // namespace

GrpcLog::GrpcLog(obs::Log& log) {
  SetTarget(&log);
  gpr_set_log_function(&Write);
}

GrpcLog::~GrpcLog() {
  gpr_set_log_function(nullptr);  // back to gRPC's own
  SetTarget(nullptr);
}

}  // namespace gratis::rpc
