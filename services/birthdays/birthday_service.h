#pragma once

#include "common/base/random.h"
#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/birthdays/v1/birthdays.grpc.pb.h"
#include "services/birthdays/birthdays.h"

namespace gratis::birthdays {

// The calls of gratis.birthdays.v1.BirthdayService: convert, call, convert back.
class BirthdayService final : public v1::BirthdayService::CallbackService {
 public:
  // All arguments outlive the service.
  BirthdayService(rpc::Shell& shell, ledger::Poster& poster, Birthdays& birthdays,
                  base::IdSource& ids)
      : shell_(shell), poster_(poster), birthdays_(birthdays), ids_(ids) {}

  grpc::ServerUnaryReactor* GetBirthdayPolicy(grpc::CallbackServerContext* context,
                                              const v1::GetBirthdayPolicyRequest* request,
                                              v1::GetBirthdayPolicyResponse* response) override;
  grpc::ServerUnaryReactor* SetBirthdayPolicy(grpc::CallbackServerContext* context,
                                              const v1::SetBirthdayPolicyRequest* request,
                                              v1::SetBirthdayPolicyResponse* response) override;
  grpc::ServerUnaryReactor* RunBirthdays(grpc::CallbackServerContext* context,
                                         const v1::RunBirthdaysRequest* request,
                                         v1::RunBirthdaysResponse* response) override;
  grpc::ServerUnaryReactor* ExplainBirthday(grpc::CallbackServerContext* context,
                                            const v1::ExplainBirthdayRequest* request,
                                            v1::ExplainBirthdayResponse* response) override;
  grpc::ServerUnaryReactor* ListGifts(grpc::CallbackServerContext* context,
                                      const v1::ListGiftsRequest* request,
                                      v1::ListGiftsResponse* response) override;
  grpc::ServerUnaryReactor* ChooseGift(grpc::CallbackServerContext* context,
                                       const v1::ChooseGiftRequest* request,
                                       v1::ChooseGiftResponse* response) override;
  grpc::ServerUnaryReactor* ForecastBirthdays(grpc::CallbackServerContext* context,
                                              const v1::ForecastBirthdaysRequest* request,
                                              v1::ForecastBirthdaysResponse* response) override;

 private:
  absl::Status List(const rpc::Call& call, const v1::ListGiftsRequest& request,
                    v1::ListGiftsResponse& response) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  Birthdays& birthdays_;
  base::IdSource& ids_;
  SetPolicies set_policies_;
};

}  // namespace gratis::birthdays
