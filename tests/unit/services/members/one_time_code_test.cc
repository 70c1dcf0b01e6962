#include "services/members/one_time_code.h"

#include <gtest/gtest.h>

#include <set>

#include "common/status/reasons.h"

namespace gratis::members {
namespace one_time_code_test {
namespace {

const std::string kKey(32, 'k');

MemberId Member(uint8_t number) {
  MemberId id;
  id.uuid.bytes[15] = number;
  return id;
}

TEST(DrawCode, SixDigitsThatDifferAndBeginWithAny) {
  std::set<std::string> seen;
  std::set<char> first;
  for (int i = 0; i < 1000; ++i) {
    const std::string code = DrawCode();
    EXPECT_EQ(CheckCode(code), absl::OkStatus()) << code;
    seen.insert(code);
    first.insert(code.front());
  }
  EXPECT_GT(seen.size(), 990U);
  EXPECT_EQ(first.size(), 10U);
}

TEST(CheckCode, SixDigitsAndNothingElse) {
  for (const char* text : {"", "12345", "1234567", "12345a", "12 456", "１２３４５６"}) {
    EXPECT_EQ(ReasonOf(CheckCode(text)), Reason::kFieldInvalid) << text;
  }
}

TEST(CodeHash, IsOfOneMemberOneProgramAndOneKey) {
  const std::string hash = CodeHash(kKey, 2, Member(1), "123456");
  EXPECT_EQ(hash.size(), 16U);
  EXPECT_EQ(hash, CodeHash(kKey, 2, Member(1), "123456"));
  EXPECT_NE(hash, CodeHash(kKey, 2, Member(1), "123457"));
  EXPECT_NE(hash, CodeHash(kKey, 2, Member(2), "123456"));
  EXPECT_NE(hash, CodeHash(kKey, 3, Member(1), "123456"));
  EXPECT_NE(hash, CodeHash(std::string(32, 'l'), 2, Member(1), "123456"));
}

}  // namespace
}  // namespace one_time_code_test
}  // namespace gratis::members
