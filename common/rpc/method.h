#pragma once

#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/house/keyring/role.h"

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
class MethodDescriptor;
}  // namespace google::protobuf

namespace gratis::rpc {

// What the contract says of one method.
struct Method {
  std::string name;    // "gratis.ledger.v1.LedgerService/Earn"
  uint32_t roles = 0;  // a bit for each role that may call it, as gratis.type.v1.access says
  const google::protobuf::FieldDescriptor* request_id = nullptr;  // of its request, if it has one
  const google::protobuf::FieldDescriptor* member_id = nullptr;   // the same

  bool Allows(house::Role role) const { return (roles >> static_cast<int>(role) & 1) != 0; }
};

Method ReadMethod(const google::protobuf::MethodDescriptor& descriptor);

// Methods by the type of their request, which is that of one method only. Thread-safe.
class Methods {
 public:
  // The method that takes this request. Stops the process if there is none, or two.
  const Method& Of(const google::protobuf::Descriptor* request);

 private:
  std::shared_mutex mutex_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, std::unique_ptr<Method>> methods_;
};

// The methods of a service (by its full name) that name no roles, or roles that do not exist, or
// let members call without naming whom they concern; the service itself if it is not compiled in.
std::vector<std::string> MethodsWithoutRoles(std::string_view service);

}  // namespace gratis::rpc
