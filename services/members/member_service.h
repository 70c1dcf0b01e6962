#pragma once

#include "common/ledger/poster.h"
#include "common/rpc/shell.h"
#include "gratis/members/v1/members.grpc.pb.h"
#include "services/members/enrollment.h"
#include "services/members/identification.h"
#include "services/members/identity_reader.h"
#include "services/members/members.h"
#include "services/members/proposing.h"
#include "services/members/proving.h"

namespace gratis::members {

class PhoneRegion;

// The calls of gratis.members.v1.MemberService: convert, call, convert back.
class MemberService final : public v1::MemberService::CallbackService {
 public:
  // All arguments outlive the service.
  MemberService(rpc::Shell& shell, ledger::Poster& poster, const Members& members,
                const Proving& proving, vault::Vault& vault, pg::Pool& pool, Proposing& proposing)
      : shell_(shell),
        poster_(poster),
        members_(members),
        proposing_(proposing),
        identification_(members, proving, shell.proofs()),
        identities_({}, pool, shell.clock()),
        enrollments_(vault),
        updates_(vault) {}

  grpc::ServerUnaryReactor* EnrollMember(grpc::CallbackServerContext* context,
                                         const v1::EnrollMemberRequest* request,
                                         v1::EnrollMemberResponse* response) override;
  grpc::ServerUnaryReactor* BatchEnrollMembers(grpc::CallbackServerContext* context,
                                               const v1::BatchEnrollMembersRequest* request,
                                               v1::BatchEnrollMembersResponse* response) override;
  grpc::ServerUnaryReactor* UpdateMember(grpc::CallbackServerContext* context,
                                         const v1::UpdateMemberRequest* request,
                                         v1::UpdateMemberResponse* response) override;
  grpc::ServerUnaryReactor* GetMember(grpc::CallbackServerContext* context,
                                      const v1::GetMemberRequest* request,
                                      v1::GetMemberResponse* response) override;
  grpc::ServerUnaryReactor* IdentifyMember(grpc::CallbackServerContext* context,
                                           const v1::IdentifyMemberRequest* request,
                                           v1::IdentifyMemberResponse* response) override;
  grpc::ServerUnaryReactor* IntroduceMember(grpc::CallbackServerContext* context,
                                            const v1::IntroduceMemberRequest* request,
                                            v1::IntroduceMemberResponse* response) override;
  grpc::ServerUnaryReactor* ListBirthdays(grpc::CallbackServerContext* context,
                                          const v1::ListBirthdaysRequest* request,
                                          v1::ListBirthdaysResponse* response) override;

 private:
  absl::StatusOr<std::unique_ptr<ledger::Mutation>> MakeEnrollment(
      const rpc::Call& call, const v1::EnrollMemberRequest& request, PhoneRegion& region) const;
  absl::StatusOr<std::unique_ptr<ledger::Mutation>> MakeUpdate(
      const rpc::Call& call, const v1::UpdateMemberRequest& request) const;
  absl::Status Identify(const rpc::Call& call, const v1::IdentifyMemberRequest& request,
                        v1::IdentifyMemberResponse& response) const;
  // The same of a request that a look-up alone answers, together with others that wait.
  void IdentifyTogether(const rpc::Call& call, const v1::IdentifyMemberRequest& request,
                        const rpc::Reply<v1::IdentifyMemberResponse>& reply);
  void IdentifyParsed(const rpc::Call& call, const v1::IdentifyMemberRequest& request,
                      const rpc::Reply<v1::IdentifyMemberResponse>& reply);
  void Introduce(const rpc::Call& call, const absl::StatusOr<Identity>& identity,
                 const rpc::Reply<v1::IdentifyMemberResponse>& reply);
  absl::Status Get(const rpc::Call& call, const v1::GetMemberRequest& request,
                   v1::GetMemberResponse& response) const;
  absl::Status List(const rpc::Call& call, const v1::ListBirthdaysRequest& request,
                    v1::ListBirthdaysResponse& response) const;

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  const Members& members_;
  Proposing& proposing_;
  const Identification identification_;
  IdentityReader identities_;
  EnrollmentKind enrollments_;
  ProfileUpdates updates_;
};

}  // namespace gratis::members
