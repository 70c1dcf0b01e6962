#include "common/base/ids.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "common/base/random.h"
#include "common/status/reasons.h"

namespace gratis::base {
namespace {

Uuid All(uint8_t byte) {
  Uuid uuid;
  uuid.bytes.fill(byte);
  return uuid;
}

TEST(Id, IsAPrefixAnd26Characters) {
  EXPECT_EQ(MemberId{}.ToString(), "mem_00000000000000000000000000");
  EXPECT_EQ(TransactionId{All(0xff)}.ToString(), "txn_7zzzzzzzzzzzzzzzzzzzzzzzzz");
  Uuid one;
  one.bytes[15] = 33;
  EXPECT_EQ(PurchaseId{one}.ToString(), "pur_00000000000000000000000011");
}

TEST(Id, ComesBackFromItsText) {
  RandomIds ids;
  for (int i = 0; i < 1000; ++i) {
    const GiftId id{ids.Next(absl::FromUnixSeconds(1'800'000'000 + i))};
    const auto parsed = GiftId::Parse(id.ToString());
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, id);
  }
}

TEST(Id, OfAnotherKindOrShapeIsRefused) {
  const std::string digits(26, '0');
  for (const std::string& text : std::vector<std::string>{
           "", MemberId{}.ToString(), "mem_" + digits + "0", "mem_" + digits.substr(1),
           "txn_" + digits, "mem-" + digits, "MEM_" + digits, "mem_" + digits.substr(1) + "u",
           "mem_" + digits.substr(1) + "A", "mem_8" + digits.substr(1), digits, "mem_",
           "mem_" + digits.substr(1) + std::string(1, '\0')}) {
    EXPECT_EQ(ReasonOf(MemberId::Parse(text).status()), Reason::kInvalidId) << text;
  }
}

TEST(Id, TextSortsAsTheBytesDo) {
  RandomIds ids;
  KeyId last{ids.Next(absl::FromUnixSeconds(1))};
  for (int second = 2; second < 500; ++second) {
    const KeyId next{ids.Next(absl::FromUnixSeconds(second))};
    EXPECT_LT(last, next);
    EXPECT_LT(last.ToString(), next.ToString());
    last = next;
  }
}

TEST(Id, CanBeHashed) {
  absl::flat_hash_set<MemberId> seen = {MemberId{All(1)}, MemberId{All(2)}, MemberId{All(1)}};
  EXPECT_EQ(seen.size(), 2u);
  EXPECT_TRUE(MemberId{}.IsNil());
  EXPECT_FALSE(MemberId{All(1)}.IsNil());
}

}  // namespace
}  // namespace gratis::base
