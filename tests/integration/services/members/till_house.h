#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/rpc/channel.h"
#include "common/rpc/error.h"
#include "common/rpc/gate.h"
#include "common/rpc/metadata.h"
#include "common/rpc/observer.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/cards.grpc.pb.h"
#include "gratis/members/v1/members.grpc.pb.h"
#include "gratis/members/v1/merging.grpc.pb.h"
#include "gratis/members/v1/proofs.grpc.pb.h"
#include "services/members/card_service.h"
#include "services/members/member_service.h"
#include "services/members/merging_service.h"
#include "services/members/proof_service.h"
#include "tests/integration/services/members/members_house.h"

namespace gratis::members {

// Lets in two tills, a back end and an admin of one program, at a time that tests move.
class TillGate final : public rpc::Gate {
 public:
  TillGate(const ledger::Program& program, absl::Time at) : now(at), program_(program) {}

  absl::StatusOr<house::KeyRecord> FindKey(std::string_view presented, absl::Time) override {
    static const std::map<std::string_view, rpc::Role> kRoles = {
        {"gk_backend", rpc::Role::kBackend},
        {"gk_till1", rpc::Role::kPos},
        {"gk_till2", rpc::Role::kPos},
        {"gk_support", rpc::Role::kSupport},
        {"gk_admin", rpc::Role::kAdmin}};
    const auto role = kRoles.find(presented);
    if (role == kRoles.end()) return Error(Reason::kKeyInvalid, "no such key");
    house::KeyRecord record{.role = role->second, .program = program_.number};
    record.key_id.uuid.bytes[15] = static_cast<uint8_t>(std::distance(kRoles.begin(), role) + 1);
    return record;
  }
  absl::StatusOr<ledger::Program> FindProgram(std::string_view, absl::Time) override {
    return program_;
  }
  absl::StatusOr<ledger::Program> FindProgram(int32_t, absl::Time) override { return program_; }
  absl::StatusOr<absl::Time> Now(int32_t, absl::Time) override { return now; }

  absl::Time now;

 private:
  const ledger::Program program_;
};

class Nobody final : public rpc::CallObserver {
 public:
  void OnDone(const rpc::CallSummary&) override {}
};

// Members, cards, proofs and merges behind one shell, called as tills and back ends call them.
class TillHouse : public MembersHouse {
 protected:
  using MemberStub = v1::MemberService::Stub;
  using CardStub = v1::CardService::Stub;
  using ProofStub = v1::ProofService::Stub;
  using MergingStub = v1::MergingService::Stub;

  TillHouse() {
    grpc::ServerBuilder builder;
    for (grpc::Service* service : std::initializer_list<grpc::Service*>{
             &member_service_, &card_service_, &proof_service_, &merging_service_}) {
      builder.RegisterService(service);
    }
    server_ = builder.BuildAndStart();
  }
  ~TillHouse() override { server_->Shutdown(); }

  template <class Stub, class Req, class Resp>
  absl::StatusOr<Resp> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Req&, Resp*),
                            const Req& request, const std::string& key = "gk_backend",
                            const std::string& proof = "") {
    Stub stub(server_->InProcessChannel({}));
    grpc::ClientContext context;
    context.AddMetadata("authorization", rpc::KeyAuthorization(key));
    if (!proof.empty()) context.AddMetadata(rpc::kProofKey, proof);
    Resp response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    replayed_ = context.GetServerTrailingMetadata().count("gratis-replayed") > 0;
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }

  std::string NextRequestId() { return absl::StrCat("r", ++requests_); }

  std::string NewMember(const std::string& name) {
    v1::EnrollMemberRequest request;
    request.set_request_id(NextRequestId());
    request.mutable_profile()->set_email(name + "@example.com");
    request.mutable_profile()->set_greeting_name(name);
    const auto enrolled = Call(&MemberStub::EnrollMember, request);
    EXPECT_TRUE(enrolled.ok()) << enrolled.status();
    return enrolled.ok() ? enrolled->member_id() : "";
  }

  absl::StatusOr<v1::IdentifyMemberResponse> ByCard(const std::string& number,
                                                    const std::string& issuer = "",
                                                    const std::string& key = "gk_till1") {
    v1::IdentifyMemberRequest request;
    request.mutable_card()->set_number(number);
    request.mutable_card()->set_issuer(issuer);
    return Call(&MemberStub::IdentifyMember, request, key);
  }
  absl::StatusOr<v1::IdentifyMemberResponse> ByQr(const std::string& token,
                                                  const std::string& till_transaction = "",
                                                  const std::string& key = "gk_till1") {
    v1::IdentifyMemberRequest request;
    request.set_qr_token(token);
    request.set_till_transaction(till_transaction);
    return Call(&MemberStub::IdentifyMember, request, key);
  }

  static Reason Refusal(const absl::Status& status) {
    EXPECT_FALSE(status.ok());
    return ReasonOf(status).value_or(Reason::kInternal);
  }

  TillGate gate_{program_, clock_.Now()};
  Nobody nobody_;
  rpc::Shell shell_{{.service_secret = "the service's secret, 32 bytes..",
                     .fingerprint_key = std::string(32, 'f'),
                     .page_token_key = std::string(32, 'p'),
                     .proof_key = std::string(32, 'o')},
                    gate_,
                    nobody_,
                    clock_};
  Cards cards_{vault_, ids_, pool_};
  Proving proving_{vault_, pool_};
  // What is noted is there when the call is answered, however busy the machine.
  Proposing proposing_{poster_, std::chrono::minutes(1)};
  MemberService member_service_{shell_, poster_, members_, proving_, vault_, pool_, proposing_};
  CardService card_service_{shell_, poster_, cards_, proposing_};
  ProofService proof_service_{shell_, poster_, ids_, members_, proving_};
  MergingService merging_service_{shell_, pool_, poster_, members_, vault_};
  std::unique_ptr<grpc::Server> server_;
  bool replayed_ = false;

 private:
  int requests_ = 0;
};

}  // namespace gratis::members
