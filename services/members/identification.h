#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/ids.h"
#include "common/ledger/standing.h"
#include "common/rpc/call.h"
#include "common/rpc/proof.h"
#include "services/members/member_rules.h"
#include "services/members/proof_policy.h"
#include "services/members/qr_token.h"

namespace gratis::members {

class Members;
class Proving;
namespace v1 {
class IdentifyMemberRequest;
class IdentifyMemberResponse;
}  // namespace v1

// Whether looking up names is all that such a request takes: nothing is shown, and a number says
// where it is from.
bool LookUpIsEnough(const v1::IdentifyMemberRequest& request);

// How calls find the member that an IdentifyMemberRequest means, and what they answer of it.
class Identification {
 public:
  // All arguments outlive this.
  Identification(const Members& members, const Proving& proving, const rpc::Proofs& proofs)
      : members_(members), proving_(proving), proofs_(proofs) {}

  // Who is sought: by identifiers, by id, by a QR token, or by several of these.
  struct Sought {
    std::vector<Identifier> identifiers;
    std::optional<MemberId> named;
    std::optional<QrToken> token;

    // Whom it says outright; nothing if only the identifiers lead there.
    std::optional<MemberId> shown() const {
      return named ? named : token ? std::optional(token->member) : std::nullopt;
    }

    rpc::ProofStrength strength() const {
      return token ? rpc::ProofStrength::kStrong : rpc::ProofStrength::kWeak;
    }
  };
  // Errors: those of IdentifyMember about the request itself.
  absl::StatusOr<Sought> Seek(const rpc::Call& call,
                              const v1::IdentifyMemberRequest& request) const;
  // Whom that leads to, unread: of who was shown that very member, see Followed. Errors:
  // MEMBER_NOT_FOUND, MEMBER_AMBIGUOUS, CARD_….
  absl::StatusOr<MemberId> Locate(const rpc::Call& call, const Sought& sought) const;

  // Who is meant now that the member found stands so: a code may have been shown, and a member
  // named, before they were merged. Nothing if it is they.
  absl::StatusOr<std::optional<MemberId>> Followed(const rpc::Call& call, const MemberId& member,
                                                   ledger::MemberState state) const;

  struct Person {
    MemberId member;
    ledger::MemberState state = ledger::MemberState::kNone;
    std::string_view greeting_name;
  };
  // Uses the token up and fills in the answer, for tills with a proof. Comes last: a token that led
  // to nothing is still good. Errors: MEMBER_AMBIGUOUS, QR_TOKEN_USED.
  absl::Status Answer(const rpc::Call& call, const v1::IdentifyMemberRequest& request,
                      const Sought& sought, const Person& person,
                      v1::IdentifyMemberResponse& response) const;
  // The answer of who was sought by identifiers alone. `policy`: the one in force.
  void AnswerSpoken(const rpc::Call& call, const Person& person, const ProofPolicy& policy,
                    v1::IdentifyMemberResponse& response) const;
  // The answer of somebody whom another service found. `till`: the actor that is given a weak
  // proof; empty: nobody is.
  absl::Status AnswerFound(const rpc::Call& call, const Person& person, std::string_view till,
                           v1::IdentifyMemberResponse& response) const;
  // Fills in who it is. Nobody is greeted who left, died, or does not want to be dealt with.
  static void Introduce(const Person& person, v1::IdentifyMemberResponse& response);

 private:
  // Whether what was shown is the person found, or was before it was merged. Errors:
  // MEMBER_AMBIGUOUS.
  absl::Status CheckIsSought(const rpc::Call& call, const Sought& sought,
                             const MemberId& person) const;
  absl::StatusOr<bool> IsOrBecame(const rpc::Call& call, const MemberId& shown,
                                  const MemberId& person) const;
  // Fills in what the till, by its actor, takes along.
  void GiveProof(const rpc::Call& call, std::string_view till, const MemberId& member,
                 rpc::ProofStrength strength, const ProofPolicy& policy,
                 v1::IdentifyMemberResponse& response) const;

  const Members& members_;
  const Proving& proving_;
  const rpc::Proofs& proofs_;
};

}  // namespace gratis::members
