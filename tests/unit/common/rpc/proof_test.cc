#include "common/rpc/proof.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/random.h"
#include "common/ledger/fact.h"
#include "common/rpc/proven.h"
#include "common/status/reasons.h"

namespace gratis::rpc {
namespace proof_test {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const Proofs kProofs(std::string(32, 'k'));

MemberId Member(uint8_t number) {
  MemberId id;
  id.uuid.bytes[15] = number;
  return id;
}

Proof ProofOf(const MemberId& member, ProofStrength strength, int64_t weak_limit_points = 0) {
  return {.member = member,
          .strength = strength,
          .weak_limit_points = weak_limit_points,
          .expires_at = kNow + absl::Minutes(10)};
}

Call TillWith(std::vector<Proof> proofs) {
  Call call;
  call.role = Role::kPos;
  call.now = kNow;
  call.proofs = std::move(proofs);
  return call;
}

std::string WhyNot(const absl::Status& status) {
  EXPECT_EQ(ReasonOf(status), Reason::kProofRequired) << status;
  const Metadata metadata = MetadataOf(status);
  return metadata.size() == 1 && metadata[0].first == "why" ? metadata[0].second : "";
}

TEST(Proofs, ServeTheKeyTheyWereGivenToInItsProgram) {
  const Proof proof = ProofOf(Member(1), ProofStrength::kWeak, 250);
  const std::string text = kProofs.Make(proof, 2, "key_a");
  EXPECT_EQ(kProofs.Open(text, 2, "key_a"), proof);
  EXPECT_EQ(kProofs.Open(text, 2, "key_b"), std::nullopt);
  EXPECT_EQ(kProofs.Open(text, 3, "key_a"), std::nullopt);
  EXPECT_EQ(Proofs(std::string(32, 'l')).Open(text, 2, "key_a"), std::nullopt);
}

TEST(Proofs, AreTextThatFitsAHeader) {
  const std::string text = kProofs.Make(ProofOf(Member(1), ProofStrength::kStrong), 2, "key_a");
  EXPECT_LE(text.size(), 128U);
  for (const char c : text) EXPECT_TRUE(c > ' ' && c <= '~');
}

TEST(Proofs, NoOtherTextIsOne) {
  const std::string text = kProofs.Make(ProofOf(Member(1), ProofStrength::kStrong), 2, "key_a");
  for (size_t i = 0; i < text.size(); ++i) {
    for (const char c : {'A', 'b', '0', '-', '=', '\0', '\xff'}) {
      std::string changed = text;
      if (changed[i] == c) continue;
      changed[i] = c;
      // The last character of base 64 has bits that say nothing.
      if (i + 1 == text.size()) continue;
      EXPECT_EQ(kProofs.Open(changed, 2, "key_a"), std::nullopt) << changed;
    }
    EXPECT_EQ(kProofs.Open(text.substr(0, i), 2, "key_a"), std::nullopt) << i;
  }
  base::SeededRandom random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string noise = round % 2 == 0 ? "gp_" : "";
    for (uint64_t length = random.Below(200); length > 0; --length) {
      noise.push_back(static_cast<char>(random.Below(256)));
    }
    EXPECT_EQ(kProofs.Open(noise, 2, "key_a"), std::nullopt);
  }
}

TEST(NeedStrongProof, OfTheMemberAndOfNoOther) {
  EXPECT_EQ(WhyNot(NeedStrongProof(TillWith({}), Member(1))), "missing");
  const Call call = TillWith({ProofOf(Member(1), ProofStrength::kStrong)});
  EXPECT_EQ(NeedStrongProof(call, Member(1)), absl::OkStatus());
  EXPECT_EQ(WhyNot(NeedStrongProof(call, Member(2))), "missing");
}

TEST(NeedStrongProof, AWeakOneOrAnOldOneWillNotDo) {
  EXPECT_EQ(
      WhyNot(NeedStrongProof(
          TillWith({ProofOf(Member(1), ProofStrength::kWeak, ledger::kMaxPoints)}), Member(1))),
      "weak");
  Call call = TillWith({ProofOf(Member(1), ProofStrength::kStrong)});
  call.now = kNow + absl::Minutes(10) - absl::Microseconds(1);
  EXPECT_EQ(NeedStrongProof(call, Member(1)), absl::OkStatus());
  call.now = kNow + absl::Minutes(10);
  EXPECT_EQ(WhyNot(NeedStrongProof(call, Member(1))), "over");
}

TEST(NeedStrongProof, AnyOfThoseThatCameAlongWillDo) {
  const Call call = TillWith({ProofOf(Member(1), ProofStrength::kWeak),
                              ProofOf(Member(2), ProofStrength::kStrong),
                              ProofOf(Member(1), ProofStrength::kStrong)});
  EXPECT_EQ(NeedStrongProof(call, Member(1)), absl::OkStatus());
  EXPECT_EQ(NeedStrongProof(call, Member(2)), absl::OkStatus());
}

TEST(NeedProofFor, AWeakOneIsGoodForSoManyPointsAndNotForOneMore) {
  const Call call = TillWith({ProofOf(Member(1), ProofStrength::kWeak, 50)});
  EXPECT_EQ(NeedProofFor(call, Member(1), 50), absl::OkStatus());
  EXPECT_EQ(WhyNot(NeedProofFor(call, Member(1), 51)), "weak");
  EXPECT_EQ(WhyNot(NeedProofFor(call, Member(2), 1)), "missing");
  EXPECT_EQ(
      WhyNot(NeedProofFor(TillWith({ProofOf(Member(1), ProofStrength::kWeak)}), Member(1), 1)),
      "weak");
}

TEST(NeedProof, OthersThanTillsVouchThemselves) {
  for (const Role role : {Role::kAdmin, Role::kBackend, Role::kSupport, Role::kService}) {
    Call call = TillWith({});
    call.role = role;
    EXPECT_EQ(NeedStrongProof(call, Member(1)), absl::OkStatus());
    EXPECT_EQ(NeedProofFor(call, Member(1), 1'000'000), absl::OkStatus());
    EXPECT_EQ(BalancesOf(call), std::nullopt);
  }
}

TEST(BalancesOf, ATillIsToldThoseOfWhomItKnowsForSure) {
  Proof over = ProofOf(Member(3), ProofStrength::kStrong);
  over.expires_at = kNow;
  EXPECT_EQ(BalancesOf(TillWith({ProofOf(Member(1), ProofStrength::kWeak, 50),
                                 ProofOf(Member(2), ProofStrength::kStrong), over})),
            std::vector<MemberId>{Member(2)});
  EXPECT_EQ(BalancesOf(TillWith({})), std::vector<MemberId>{});
}

}  // namespace
}  // namespace proof_test
}  // namespace gratis::rpc
