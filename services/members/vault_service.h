#pragma once

#include "common/rpc/shell.h"
#include "gratis/members/v1/vault.grpc.pb.h"
#include "services/members/key_rotation.h"

namespace gratis::members {

// The calls of gratis.members.v1.VaultService, all about the house.
class VaultService final : public v1::VaultService::CallbackService {
 public:
  // All arguments outlive the service.
  VaultService(rpc::Shell& shell, ledger::Poster& poster, KeyRotation& rotation,
               vault::Vault& vault)
      : shell_(shell), poster_(poster), rotation_(rotation), rotations_(vault) {}

  grpc::ServerUnaryReactor* GetVaultStatus(grpc::CallbackServerContext* context,
                                           const v1::GetVaultStatusRequest* request,
                                           v1::GetVaultStatusResponse* response) override;
  grpc::ServerUnaryReactor* RotateMasterKey(grpc::CallbackServerContext* context,
                                            const v1::RotateMasterKeyRequest* request,
                                            v1::RotateMasterKeyResponse* response) override;
  grpc::ServerUnaryReactor* RewrapDataKeys(grpc::CallbackServerContext* context,
                                           const v1::RewrapDataKeysRequest* request,
                                           v1::RewrapDataKeysResponse* response) override;

 private:
  absl::StatusOr<std::unique_ptr<MasterKeyRotation>> RotationOf(
      const rpc::Call& call, const v1::RotateMasterKeyRequest& request) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  KeyRotation& rotation_;
  MasterKeyRotations rotations_;
};

}  // namespace gratis::members
