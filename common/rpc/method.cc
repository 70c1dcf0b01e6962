#include "common/rpc/method.h"

#include <google/protobuf/descriptor.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "gratis/type/v1/access.pb.h"

namespace gratis::rpc {
namespace {

namespace pb = google::protobuf;
using house::Role;
namespace wire = type::v1;

constexpr bool Same(Role role, wire::Role number) {
  return static_cast<int>(role) == static_cast<int>(number);
}
static_assert(Same(Role::kAdmin, wire::ROLE_ADMIN) && Same(Role::kBackend, wire::ROLE_BACKEND) &&
              Same(Role::kPos, wire::ROLE_POS) && Same(Role::kMarketing, wire::ROLE_MARKETING) &&
              Same(Role::kSupport, wire::ROLE_SUPPORT) &&
              Same(Role::kFinance, wire::ROLE_FINANCE) &&
              Same(Role::kAuditor, wire::ROLE_AUDITOR) && Same(Role::kImport, wire::ROLE_IMPORT) &&
              Same(Role::kService, wire::ROLE_SERVICE) && Same(Role::kMember, wire::ROLE_MEMBER) &&
              wire::Role_MAX == static_cast<int>(Role::kMember));

const pb::MethodDescriptor* FindMethod(const pb::Descriptor& request) {
  const pb::MethodDescriptor* found = nullptr;
  for (int s = 0; s < request.file()->service_count(); ++s) {
    const pb::ServiceDescriptor& service = *request.file()->service(s);
    for (int m = 0; m < service.method_count(); ++m) {
      if (service.method(m)->input_type() != &request) continue;
      if (found != nullptr) return nullptr;
      found = service.method(m);
    }
  }
  return found;
}

}  // namespace

Method ReadMethod(const pb::MethodDescriptor& descriptor) {
  Method method;
  method.name = absl::StrCat(descriptor.service()->full_name(), "/", descriptor.name());
  method.request_id = descriptor.input_type()->FindFieldByName("request_id");
  method.member_id = descriptor.input_type()->FindFieldByName("member_id");
  for (const int role : descriptor.options().GetExtension(wire::access).roles()) {
    if (wire::Role_IsValid(role) && role != wire::ROLE_UNSPECIFIED) method.roles |= 1U << role;
  }
  return method;
}

const Method& Methods::Of(const pb::Descriptor* request) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = methods_.find(request); found != methods_.end()) return *found->second;
  }
  const pb::MethodDescriptor* descriptor = FindMethod(*request);
  if (descriptor == nullptr) {
    std::fprintf(stderr, "%s is not the request of exactly one method of its file\n",
                 request->full_name().c_str());
    std::abort();
  }
  const std::unique_lock lock(mutex_);
  auto& method = methods_[request];
  if (method == nullptr) method = std::make_unique<Method>(ReadMethod(*descriptor));
  return *method;
}

std::vector<std::string> MethodsWithoutRoles(std::string_view service) {
  const pb::ServiceDescriptor* descriptor =
      pb::DescriptorPool::generated_pool()->FindServiceByName(std::string(service));
  if (descriptor == nullptr) return {std::string(service)};
  std::vector<std::string> without;
  for (int m = 0; m < descriptor->method_count(); ++m) {
    const Method method = ReadMethod(*descriptor->method(m));
    const bool names_member = method.member_id != nullptr &&
                              method.member_id->type() == pb::FieldDescriptor::TYPE_STRING &&
                              !method.member_id->is_repeated();
    if (method.roles == 0 || (method.Allows(Role::kMember) && !names_member)) {
      without.push_back(method.name);
    }
  }
  return without;
}

}  // namespace gratis::rpc
