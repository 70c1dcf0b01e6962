#include "common/ledger/voucher_code.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/base/random.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

class VoucherCode : public ::testing::Test {
 protected:
  // Some codes that look like anything.
  std::vector<std::string> Some(int count) {
    std::vector<std::string> codes;
    base::SeededRandom random(7);
    for (int i = 0; i < count; ++i) {
      VoucherId id;
      for (uint8_t& byte : id.uuid.bytes) byte = static_cast<uint8_t>(random.Next());
      codes.push_back(codes_.CodeOf(2, id));
    }
    return codes;
  }
  static bool IsRight(const std::string& code) { return ParseVoucherCode(code).ok(); }

  const vault::Vault vault_ = *vault::Vault::FromMasterKey(std::string(32, 'm'), 1);
  const VoucherCodes codes_{vault_};
};

TEST_F(VoucherCode, HasTwelveCharactersAndOneToCheckThem) {
  for (const std::string& code : Some(50)) {
    ASSERT_EQ(code.size(), 13u);
    EXPECT_EQ(code.find_first_not_of(kDigits), std::string::npos) << code;
    EXPECT_EQ(ParseVoucherCode(code).value(), code);
    const std::string grouped = GroupVoucherCode(code);
    EXPECT_EQ(grouped.size(), 16u);
    EXPECT_EQ(grouped[4], '-');
    EXPECT_EQ(grouped[9], '-');
    EXPECT_EQ(grouped[14], '-');
    EXPECT_EQ(ParseVoucherCode(grouped).value(), code);
  }
}

TEST_F(VoucherCode, FollowsFromProgramIdAndKey) {
  const VoucherId id{{{1, 2, 3}}};
  const std::string code = codes_.CodeOf(2, id);
  EXPECT_EQ(codes_.CodeOf(2, id), code);
  EXPECT_NE(codes_.CodeOf(3, id), code);
  EXPECT_NE(codes_.CodeOf(2, VoucherId{{{1, 2, 4}}}), code);
  const vault::Vault other = *vault::Vault::FromMasterKey(std::string(32, 'n'), 1);
  EXPECT_NE(VoucherCodes(other).CodeOf(2, id), code);
  const auto codes = Some(500);
  EXPECT_EQ(std::set<std::string>(codes.begin(), codes.end()).size(), codes.size());
}

// Codes are printed and handed out: what they are may not change from version to version.
TEST_F(VoucherCode, StaysWhatItIs) {
  EXPECT_EQ(GroupVoucherCode(codes_.CodeOf(2, VoucherId{{{1, 2, 3}}})), "3PNX-C01Y-ZCW0-H");
}

TEST_F(VoucherCode, EveryCharacterIsLikelyEverywhere) {
  std::vector<std::set<char>> seen(13);
  for (const std::string& code : Some(1000)) {
    for (size_t i = 0; i < code.size(); ++i) seen[i].insert(code[i]);
  }
  for (const auto& characters : seen) EXPECT_EQ(characters.size(), 32u);
}

TEST_F(VoucherCode, EveryOtherCharacterInAnyPlaceIsCaught) {
  for (const std::string& code : Some(20)) {
    for (size_t i = 0; i < code.size(); ++i) {
      for (const char c : kDigits) {
        std::string wrong = code;
        wrong[i] = c;
        EXPECT_EQ(IsRight(wrong), wrong == code) << code << " as " << wrong;
      }
    }
  }
}

// For all pairs of characters in all places, the check character's included.
TEST_F(VoucherCode, NeighborsThatChangedPlacesAreCaught) {
  for (size_t i = 0; i + 1 < 13; ++i) {
    for (const char a : kDigits) {
      for (const char b : kDigits) {
        if (a == b) continue;
        std::string data = "7K2MQ0ZV8D3R";
        data[i] = a;
        if (i + 1 < 12) data[i + 1] = b;
        std::string code = data + CheckCharacter(data);
        if (code[i] == code[i + 1]) continue;
        ASSERT_TRUE(IsRight(code)) << code;
        std::swap(code[i], code[i + 1]);
        EXPECT_FALSE(IsRight(code)) << code;
      }
    }
  }
}

TEST_F(VoucherCode, IsReadAsPeopleWriteIt) {
  std::string data = "01AB01CD01EF";
  const std::string code = data + CheckCharacter(data);
  const std::string last(1, code.back());
  for (const std::string& written :
       {"01ab-01cd-01ef-" + last, "OIAB OLCD oief " + last, "oiab-olcd-oief-" + last,
        " 01AB01CD01EF" + last + "\n", "0-1-A-B-0-1-C-D-0-1-E-F-" + last}) {
    const auto parsed = ParseVoucherCode(written);
    ASSERT_TRUE(parsed.ok()) << written << ": " << parsed.status();
    EXPECT_EQ(*parsed, code) << written;
  }
}

TEST_F(VoucherCode, WhatIsNoneIsAnErrorOfTheField) {
  const std::string code = Some(1).front();
  for (const std::string& wrong : {std::string(), std::string("-"), code.substr(1), code + "0",
                                   "U" + code.substr(1), "*" + code.substr(1), "é" + code.substr(1),
                                   std::string(100, ' ') + code, std::string(1, '\0') + code}) {
    const absl::Status status = ParseVoucherCode(wrong).status();
    EXPECT_EQ(ReasonOf(status), Reason::kFieldInvalid) << wrong;
    EXPECT_EQ(FieldOf(status), "code") << wrong;
  }
}

TEST_F(VoucherCode, IsFoundUnderAKeyThatDoesNotShowIt) {
  const ledger::DirectoryKey name = codes_.NameOf(2, "7K2MQ0ZV8D3R5");
  EXPECT_EQ(name.kind, ledger::DirectoryKind::kVoucherCode);
  EXPECT_EQ(name.hash.size(), 16u);
  EXPECT_NE(name, codes_.NameOf(3, "7K2MQ0ZV8D3R5"));
}

}  // namespace
}  // namespace gratis::ledger
