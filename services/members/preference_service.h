#pragma once

#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/members/v1/preferences.grpc.pb.h"
#include "services/members/preferences.h"

namespace gratis::members {

// The calls of gratis.members.v1.PreferenceService: convert, call, convert back.
class PreferenceService final : public v1::PreferenceService::CallbackService {
 public:
  // All arguments outlive the service.
  PreferenceService(rpc::Shell& shell, ledger::Poster& poster, const Preferences& preferences)
      : shell_(shell), poster_(poster), preferences_(preferences) {}

  grpc::ServerUnaryReactor* SetPreferences(grpc::CallbackServerContext* context,
                                           const v1::SetPreferencesRequest* request,
                                           v1::SetPreferencesResponse* response) override;
  grpc::ServerUnaryReactor* BatchSetPreferences(grpc::CallbackServerContext* context,
                                                const v1::BatchSetPreferencesRequest* request,
                                                v1::BatchSetPreferencesResponse* response) override;
  grpc::ServerUnaryReactor* GetPreferences(grpc::CallbackServerContext* context,
                                           const v1::GetPreferencesRequest* request,
                                           v1::GetPreferencesResponse* response) override;

 private:
  absl::StatusOr<std::unique_ptr<ledger::Mutation>> MakeChange(
      const rpc::Call& call, const v1::SetPreferencesRequest& request,
      const Preferences::DataKeys& keys) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  const Preferences& preferences_;
  PreferenceSets sets_;
};

}  // namespace gratis::members
