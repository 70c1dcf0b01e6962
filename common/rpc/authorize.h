#pragma once

#include <grpcpp/support/client_interceptor.h>

#include <memory>
#include <string>
#include <vector>

namespace gratis::rpc {

// Interceptors that send `authorization` with every call of a channel. Unlike call credentials they
// work in process too, where there is no TLS.
std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> Authorizing(
    std::string authorization);

}  // namespace gratis::rpc
