#pragma once

#include "common/obs/log.h"

namespace gratis::rpc {

// While it lives, what gRPC itself has to say goes into our log, as lines of our form, instead of
// to standard error. gRPC has one such hook in a process: one of these at a time.
class GrpcLog {
 public:
  // `log` outlives it.
  explicit GrpcLog(obs::Log& log);
  ~GrpcLog();
  GrpcLog(const GrpcLog&) = delete;
  GrpcLog& operator=(const GrpcLog&) = delete;
};

}  // namespace gratis::rpc
