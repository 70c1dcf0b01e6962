#include "common/rpc/fingerprint.h"

#include <gtest/gtest.h>

#include "common/rpc/wire.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "gratis/type/v1/error.pb.h"

namespace gratis::rpc {
namespace {

using ledger::v1::EarnRequest;

EarnRequest Earn(const std::string& request_id, int64_t points) {
  EarnRequest request;
  request.set_request_id(request_id);
  request.set_member_id("mem_a");
  request.set_points(points);
  request.mutable_effective_at()->set_seconds(1'800'000'000);
  return request;
}

const Fingerprints kFingerprints(std::string(32, 'k'));

TEST(Fingerprint, ARetryHasTheSame) {
  EXPECT_EQ(kFingerprints.Of(Earn("a", 10)), kFingerprints.Of(Earn("a", 10)));
  EXPECT_EQ(kFingerprints.Of(Earn("a", 10)).size(), 32U);
}

TEST(Fingerprint, TheRequestIdIsNoPartOfIt) {
  EXPECT_EQ(kFingerprints.Of(Earn("a", 10)), kFingerprints.Of(Earn("another-one", 10)));
}

TEST(Fingerprint, AnyOtherFieldIs) {
  const std::string was = kFingerprints.Of(Earn("a", 10));
  EXPECT_NE(was, kFingerprints.Of(Earn("a", 11)));
  EarnRequest later = Earn("a", 10);
  later.mutable_effective_at()->set_nanos(1'000);
  EXPECT_NE(was, kFingerprints.Of(later));
  EarnRequest trial = Earn("a", 10);
  trial.set_validate_only(true);
  EXPECT_NE(was, kFingerprints.Of(trial));
}

TEST(Fingerprint, AMethodIsPartOfIt) {
  ledger::v1::SpendRequest spend;
  ASSERT_TRUE(spend.ParseFromString(Earn("a", 10).SerializeAsString()));
  EXPECT_NE(kFingerprints.Of(spend), kFingerprints.Of(Earn("a", 10)));
}

TEST(Fingerprint, AnotherHouseHasAnother) {
  EXPECT_NE(Fingerprints(std::string(32, 'x')).Of(Earn("a", 10)), kFingerprints.Of(Earn("a", 10)));
}

TEST(DeterministicBytes, AreThoseOfTheMessageWithoutTheField) {
  EarnRequest without = Earn("a", 10);
  without.clear_request_id();
  EXPECT_EQ(DeterministicBytes(Earn("a", 10), {"request_id"}), without.SerializeAsString());
  EXPECT_EQ(DeterministicBytes(without, {"request_id", "no_such_field"}),
            without.SerializeAsString());
  EXPECT_EQ(DeterministicBytes(EarnRequest(), {"request_id"}), "");
}

TEST(DeterministicBytes, DoNotDependOnTheOrderOfAMap) {
  type::v1::ErrorInfo up, down;
  for (int i = 0; i < 100; ++i) (*up.mutable_metadata())[std::to_string(i)] = "v";
  for (int i = 99; i >= 0; --i) (*down.mutable_metadata())[std::to_string(i)] = "v";
  EXPECT_EQ(DeterministicBytes(up, {}), DeterministicBytes(down, {}));
}

}  // namespace
}  // namespace gratis::rpc
