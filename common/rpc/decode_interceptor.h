#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <memory>
#include <vector>

namespace gratis::rpc {

class Shell;

// Interceptors that give a request which protobuf could not parse the error that it deserves,
// instead of gRPC's UNIMPLEMENTED. See request_access.h.
std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
RefusingUndecodable(Shell& shell);

}  // namespace gratis::rpc
