#include "services/members/card_number.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/random.h"
#include "common/status/reasons.h"

namespace gratis::members {
namespace {

const vault::Vault kVault = *vault::Vault::FromMasterKey(std::string(32, 'm'), 1);
const CardNumbers kNumbers(kVault);

CardId Card(uint64_t number) {
  CardId id;
  for (int i = 15; i >= 8; --i, number >>= 8) id.uuid.bytes[i] = static_cast<uint8_t>(number);
  return id;
}

Reason RefusalOf(std::string_view number, std::string_view issuer = "") {
  const auto parsed = ParseCard(issuer, number);
  EXPECT_FALSE(parsed.ok()) << number;
  return ReasonOf(parsed.status()).value_or(Reason::kInternal);
}

TEST(EanCheckDigit, IsThatOfNumbersThatAreInPrint) {
  EXPECT_EQ(EanCheckDigit("400638133393"), '1');  // the example of an EAN-13 everybody gives
  EXPECT_EQ(EanCheckDigit("978030640615"), '7');  // ISBN 978-0-306-40615-7, of the ISBN manual
  EXPECT_EQ(EanCheckDigit("000000000000"), '0');
}

TEST(EanCheckDigit, FindsEveryChangedDigit) {
  const std::string number = kNumbers.NumberOf(2, 20, Card(1));
  for (size_t i = 1; i < number.size(); ++i) {
    for (char c = '0'; c <= '9'; ++c) {
      std::string changed = number;
      changed[i] = c;
      if (changed == number) continue;
      EXPECT_EQ(RefusalOf(changed), Reason::kInvalidCard) << changed;
    }
  }
}

TEST(EanCheckDigit, FindsNeighborsThatChangedPlacesUnlessTheyDifferByFive) {
  for (uint64_t card = 1; card <= 200; ++card) {
    const std::string number = kNumbers.NumberOf(2, 20, Card(card));
    for (size_t i = 1; i + 1 < number.size(); ++i) {
      const int apart = std::abs(number[i] - number[i + 1]);
      if (apart == 0 || apart == 5) continue;
      std::string changed = number;
      std::swap(changed[i], changed[i + 1]);
      EXPECT_EQ(RefusalOf(changed), Reason::kInvalidCard) << number << " " << changed;
    }
  }
}

TEST(CardNumbers, FollowFromTheCardAndStayTheSameForEver) {
  const std::string number = kNumbers.NumberOf(2, 20, Card(1));
  EXPECT_EQ(number, CardNumbers(kVault).NumberOf(2, 20, Card(1)));
  EXPECT_NE(number.substr(2), kNumbers.NumberOf(2, 29, Card(1)).substr(2));
  EXPECT_NE(number, kNumbers.NumberOf(3, 20, Card(1)));
  const vault::Vault other = *vault::Vault::FromMasterKey(std::string(32, 'n'), 1);
  EXPECT_NE(number, CardNumbers(other).NumberOf(2, 20, Card(1)));
}

TEST(CardNumbers, AreThirteenDigitsWithThePrefixAndReadAsTheyWereMade) {
  for (int prefix = kFirstCardPrefix; prefix <= kLastCardPrefix; ++prefix) {
    const std::string number = kNumbers.NumberOf(2, prefix, Card(prefix));
    EXPECT_EQ(number.size(), kCardDigits);
    EXPECT_EQ(number.substr(0, 2), absl::StrCat(prefix));
    const auto parsed = ParseCard("", number);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, (CardName{"", number}));
  }
}

// Ten digits that nothing tells in advance: each takes each value about as often as any other, also
// in cards that were made one after the other.
TEST(CardNumbers, TenDigitsAreSpreadEvenly) {
  constexpr int kCards = 20'000;
  std::set<std::string> seen;
  int counts[10][10] = {};
  for (int card = 0; card < kCards; ++card) {
    const std::string number = kNumbers.NumberOf(2, 20, Card(card));
    seen.insert(number);
    for (int digit = 0; digit < 10; ++digit) ++counts[digit][number[2 + digit] - '0'];
  }
  EXPECT_GE(seen.size(), kCards - 2U);  // by chance one pair in fifty runs
  for (const auto& digit : counts) {
    for (const int count : digit) EXPECT_NEAR(count, kCards / 10, 6 * 43);  // six deviations
  }
}

TEST(ParseCard, EveryWayOfWritingANumberIsThatNumber) {
  const std::string n = kNumbers.NumberOf(2, 20, Card(1));
  std::string full;
  for (const char c : n) full += absl::StrCat("\xEF\xBC", std::string(1, char(0x90 + c - '0')));
  for (const std::string& written :
       {n, " " + n + " ", n.substr(0, 1) + " " + n.substr(1, 6) + " " + n.substr(7),
        n.substr(0, 4) + "-" + n.substr(4, 4) + "-" + n.substr(8),
        n.substr(0, 4) + "\u00A0" + n.substr(4), n.substr(0, 4) + "\u2009" + n.substr(4),
        n.substr(0, 4) + "\u3000" + n.substr(4), n.substr(0, 4) + "\u2013" + n.substr(4),
        n.substr(0, 4) + "\t" + n.substr(4), full}) {
    const auto parsed = ParseCard("", written);
    ASSERT_TRUE(parsed.ok()) << written;
    EXPECT_EQ(parsed->number, n);
  }
}

TEST(ParseCard, WhatIsNoNumberOfOursIsInvalid) {
  for (const char* text : {"", " ", "2", "20000000000", "20000000000000000", "4006381333931",
                           "2OOOOOOOOOOOO", "20\xff\xff", "20,0000000000", "\xE2\x82", "GQ12"}) {
    EXPECT_EQ(RefusalOf(text), Reason::kInvalidCard) << text;
  }
  EXPECT_EQ(RefusalOf(std::string(100'000, '2')), Reason::kInvalidCard);
}

TEST(ParseCard, AnotherIssuersNumberIsTakenAsItIs) {
  EXPECT_EQ(*ParseCard("oldclub", "ab 12-345"), (CardName{"oldclub", "AB12345"}));
  EXPECT_EQ(*ParseCard("oldclub", "2000000000000"), (CardName{"oldclub", "2000000000000"}));
  EXPECT_EQ(RefusalOf("123", "oldclub"), Reason::kInvalidCard);
  EXPECT_EQ(RefusalOf(std::string(41, '1'), "oldclub"), Reason::kInvalidCard);
  EXPECT_EQ(RefusalOf("12345", "Old Club"), Reason::kFieldInvalid);
  EXPECT_EQ(RefusalOf("12345", std::string(41, 'a')), Reason::kFieldInvalid);
}

TEST(ParseCard, CardsOfDifferentIssuersAreDifferentNames) {
  const auto name = [](const std::string& issuer, const std::string& number) {
    return kNumbers.NameOf(2, {issuer, number});
  };
  EXPECT_NE(name("", "12345"), name("a", "12345"));
  EXPECT_NE(name("a", "b12345"), name("ab", "12345"));
  EXPECT_NE(name("a", "12345"), kNumbers.NameOf(3, {"a", "12345"}));
}

TEST(ParseCard, NoMessageRepeatsTheNumber) {
  for (const char* text : {"2012345678901", "201234567", "77665544332211"}) {
    const auto parsed = ParseCard("", text);
    EXPECT_EQ(std::string(parsed.status().message()).find(std::string(text).substr(2, 6)),
              std::string::npos);
  }
}

TEST(ParseCard, NoiseIsSurvived) {
  base::SeededRandom random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string noise;
    for (uint64_t length = random.Below(60); length > 0; --length) {
      noise.push_back(static_cast<char>(random.Below(256)));
    }
    const auto parsed = ParseCard(round % 2 == 0 ? "" : "x", noise);
    if (!parsed.ok()) continue;
    for (const char c : parsed->number) {
      EXPECT_TRUE(absl::ascii_isalnum(static_cast<unsigned char>(c)));
    }
  }
}

}  // namespace
}  // namespace gratis::members
