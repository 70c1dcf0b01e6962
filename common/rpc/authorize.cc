#include "common/rpc/authorize.h"

#include <utility>

#include "common/rpc/metadata.h"

namespace gratis::rpc {
namespace {

using grpc::experimental::ClientRpcInfo;
using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;

class Authorizer final : public Interceptor {
 public:
  explicit Authorizer(const std::string& authorization) : authorization_(authorization) {}

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->emplace(kAuthorizationKey, authorization_);
    }
    methods->Proceed();
  }

 private:
  const std::string& authorization_;
};

class AuthorizerFactory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit AuthorizerFactory(std::string authorization)
      : authorization_(std::move(authorization)) {}

  // gRPC takes the interceptor over; the factory lives as long as its channel.
  Interceptor* CreateClientInterceptor(ClientRpcInfo*) override {
    return new Authorizer(authorization_);
  }

 private:
  const std::string authorization_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> Authorizing(
    std::string authorization) {
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> factories;
  if (!authorization.empty()) {
    factories.push_back(std::make_unique<AuthorizerFactory>(std::move(authorization)));
  }
  return factories;
}

}  // namespace gratis::rpc
