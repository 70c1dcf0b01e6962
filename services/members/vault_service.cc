#include "services/members/vault_service.h"

#include <map>
#include <string>
#include <utility>

#include "common/rpc/posting.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::members {
namespace {

// The master key is all programs'.
absl::Status CheckForAll(const rpc::Call& call) {
  if (!call.bound_to) return absl::OkStatus();
  return Error(Reason::kRoleNotAllowed, "a key that is bound to a program has no say over others'");
}

void ToContract(const house::MasterKeyRecord& record, bool newest, v1::MasterKeyVersion& proto) {
  proto.set_state(record.retired_at ? v1::MASTER_KEY_STATE_RETIRED
                  : newest          ? v1::MASTER_KEY_STATE_CURRENT
                                    : v1::MASTER_KEY_STATE_NEEDED);
  if (record.since != absl::InfinitePast()) rpc::SetTime(record.since, *proto.mutable_since());
  if (record.retired_at) rpc::SetTime(*record.retired_at, *proto.mutable_retired_at());
}

v1::GetVaultStatusResponse ToContract(const KeyRotation::Versions& versions) {
  std::map<int, v1::MasterKeyVersion> by_version;
  for (const vault::MasterKey& key : versions.given) {
    v1::MasterKeyVersion& proto = by_version[key.version];
    proto.set_origin(key.origin);
    proto.set_state(v1::MASTER_KEY_STATE_NEXT);
  }
  const int newest = versions.known.empty() ? 0 : versions.known.back().version;
  for (const house::MasterKeyRecord& record : versions.known) {
    ToContract(record, record.version == newest, by_version[record.version]);
  }
  v1::GetVaultStatusResponse response;
  for (auto& [version, proto] : by_version) {
    proto.set_version(version);
    const auto counted = versions.data_keys.find(version);
    if (counted != versions.data_keys.end()) proto.set_data_keys(counted->second);
    if (proto.state() == v1::MASTER_KEY_STATE_NEEDED) {
      for (const auto& [holder, oldest] : versions.others) {
        if (oldest <= version) proto.add_needed_by(holder);
      }
    }
    *response.add_versions() = std::move(proto);
  }
  int64_t remaining = 0;
  for (const auto& [version, count] : versions.data_keys) {
    if (version < newest) remaining += count;
  }
  response.set_remaining_data_keys(remaining);
  return response;
}

}  // namespace

grpc::ServerUnaryReactor* VaultService::GetVaultStatus(grpc::CallbackServerContext* context,
                                                       const v1::GetVaultStatusRequest* request,
                                                       v1::GetVaultStatusResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::GetVaultStatusRequest&,
             v1::GetVaultStatusResponse& answer) -> absl::Status {
        RETURN_IF_ERROR(CheckForAll(call));
        ASSIGN_OR_RETURN(const KeyRotation::Versions versions, rotation_.Look(call.deadline));
        answer = ToContract(versions);
        return absl::OkStatus();
      },
      rpc::Scope::kHouse);
}

absl::StatusOr<std::unique_ptr<MasterKeyRotation>> VaultService::RotationOf(
    const rpc::Call& call, const v1::RotateMasterKeyRequest& request) const {
  RETURN_IF_ERROR(CheckForAll(call));
  if (request.version() < 0) {
    return FieldError(Reason::kFieldInvalid, "version", "a version counts from 1");
  }
  auto rotation =
      rotation_.Prepare(request.version(), !request.validate_only(), call.now, call.deadline);
  if (!rotation.ok() && request.version() != 0) return InField(rotation.status(), "version");
  return rotation;
}

grpc::ServerUnaryReactor* VaultService::RotateMasterKey(grpc::CallbackServerContext* context,
                                                        const v1::RotateMasterKeyRequest* request,
                                                        v1::RotateMasterKeyResponse* response) {
  return shell_.Mutate(
      context, request, response,
      [this](const rpc::Call& call, const v1::RotateMasterKeyRequest& wish,
             const rpc::Reply<v1::RotateMasterKeyResponse>& reply) {
        auto rotation = RotationOf(call, wish);
        if (!rotation.ok()) return reply.Finish(rotation.status());
        rpc::Post(poster_, call, wish, rotations_, *std::move(rotation), reply);
      },
      rpc::Scope::kHouse);
}

grpc::ServerUnaryReactor* VaultService::RewrapDataKeys(grpc::CallbackServerContext* context,
                                                       const v1::RewrapDataKeysRequest* request,
                                                       v1::RewrapDataKeysResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::RewrapDataKeysRequest&,
             v1::RewrapDataKeysResponse& answer) -> absl::Status {
        RETURN_IF_ERROR(CheckForAll(call));
        ASSIGN_OR_RETURN(const KeyRotation::Rewrapped done,
                         rotation_.Rewrap({call.actor, call.network}, call.now, call.deadline));
        answer.set_rewrapped_data_keys(done.data_keys);
        answer.set_remaining_data_keys(done.remaining);
        for (const std::string& holder : done.waits_for) answer.add_waits_for(holder);
        answer.set_finished(done.finished);
        return absl::OkStatus();
      },
      rpc::Scope::kHouse);
}

}  // namespace gratis::members
