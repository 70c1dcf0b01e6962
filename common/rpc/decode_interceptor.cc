#include "common/rpc/decode_interceptor.h"

#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/rpc/error.h"
#include "common/rpc/method.h"
#include "common/rpc/request_access.h"
#include "common/rpc/shell.h"

namespace gratis::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::ServerRpcInfo;

class Refuser final : public Interceptor {
 public:
  Refuser(Shell& shell, const RequestAccess& access, ServerRpcInfo& info)
      : shell_(shell), access_(access), info_(info) {}

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      // No handler answers like this: the shell gives every error a message.
      const grpc::Status status = methods->GetSendStatus();
      if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED &&
          status.error_message().empty()) {
        auto* context = static_cast<grpc::CallbackServerContext*>(info_.server_context());
        const auto* partial = access_.RequestIn(context->GetRpcAllocatorState());
        methods->ModifySendStatus(ToGrpc(shell_.RefuseUndecodable(*partial)));
      }
    }
    methods->Proceed();
  }

 private:
  Shell& shell_;
  const RequestAccess& access_;
  ServerRpcInfo& info_;
};

class RefuserFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit RefuserFactory(Shell& shell) : shell_(shell) {
    Methods methods;
    for (const auto* access = RequestAccess::First(); access != nullptr; access = access->next()) {
      accesses_[absl::StrCat("/", methods.Of(access->type()).name)] = access;
    }
  }

  // gRPC takes the interceptor over. Health and reflection get none.
  Interceptor* CreateServerInterceptor(ServerRpcInfo* info) override {
    const auto found = accesses_.find(info->method());
    return found == accesses_.end() ? nullptr : new Refuser(shell_, *found->second, *info);
  }

 private:
  Shell& shell_;
  absl::flat_hash_map<std::string, const RequestAccess*> accesses_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
RefusingUndecodable(Shell& shell) {
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> factories;
  factories.push_back(std::make_unique<RefuserFactory>(shell));
  return factories;
}

}  // namespace gratis::rpc
