#include "services/members/phone_number.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::members {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(PhoneNumber, AllSpellingsOfANumberAreOne) {
  for (const char* text : {"+41 44 668 18 00", "+41446681800", "+41 (44) 668-18-00",
                           "+41.44.668.18.00", "+41 (0)44 668 18 00", "+41-44-668-1800"}) {
    const auto phone = NormalizePhone(text);
    ASSERT_TRUE(phone.ok()) << text << ": " << phone.status();
    EXPECT_EQ(*phone, "+41446681800") << text;
  }
}

TEST(PhoneNumber, ComesFromAnyCountry) {
  EXPECT_EQ(*NormalizePhone("+1 212 736 5000"), "+12127365000");
  EXPECT_EQ(*NormalizePhone("+44 20 7946 0958"), "+442079460958");
  EXPECT_EQ(*NormalizePhone("+39 06 698 1234"), "+39066981234");  // Italy keeps its zero
  EXPECT_EQ(*NormalizePhone("+81 3-1234-5678"), "+81312345678");
}

TEST(PhoneNumber, IsWrittenInManyWaysEverywhere) {
  for (const char* text :
       {"tel:+41-44-668-18-00", " +41 44 668 18 00 ", "＋４１ ４４ ６６８ １８ ００",
        "+41 44/668 18 00", "+41\u00a044\u00a0668\u00a018\u00a000", "\u202a+41446681800\u202c",
        "+41\u201344\u2013668\u201318\u201300", "+٤١ ٤٤ ٦٦٨ ١٨ ٠٠"}) {
    EXPECT_EQ(NormalizePhone(text).value_or("none"), "+41446681800") << text;
  }
}

TEST(PhoneNumber, InANationalNotationIsOfTheRegionGiven) {
  for (const char* text : {"044 668 18 00", "0446681800", "(044) 668-18-00", "0041 44 668 18 00",
                           "０４４ ６６８ １８ ００", "+41446681800"}) {
    EXPECT_EQ(NormalizePhone(text, "CH").value_or("none"), "+41446681800") << text;
  }
  EXPECT_EQ(NormalizePhone("(212) 736-5000", "US").value_or("none"), "+12127365000");
  EXPECT_EQ(NormalizePhone("06 698 1234", "IT").value_or("none"), "+39066981234");
  EXPECT_EQ(NormalizePhone("+1 212 736 5000", "CH").value_or("none"), "+12127365000");
}

TEST(PhoneNumber, ThatIsCompleteOnlyInItsTownIsNone) {
  EXPECT_EQ(ReasonOf(NormalizePhone("736-5000", "US").status()), Reason::kInvalidPhone);
}

TEST(PhoneNumber, IsInternationalWithAPlusHoweverThatIsWritten) {
  EXPECT_TRUE(IsInternational("+41 44 668 18 00"));
  EXPECT_TRUE(IsInternational(" ＋41 44 668 18 00"));
  EXPECT_TRUE(IsInternational("tel:+41446681800"));
  EXPECT_FALSE(IsInternational("044 668 18 00"));
  EXPECT_FALSE(IsInternational("0041 44 668 18 00"));
}

TEST(PhoneRegion, IsOneThatHasNumbers) {
  EXPECT_TRUE(IsPhoneRegion("CH"));
  EXPECT_TRUE(IsPhoneRegion("JP"));
  for (const char* region : {"", "ch", "ZZ", "XX", "CHE", "001"}) {
    EXPECT_FALSE(IsPhoneRegion(region)) << region;
  }
}

// Found by the fuzzer: its zeros went one at a time.
TEST(PhoneNumber, WhoseOneFormIsNotItsOwnIsNone) {
  EXPECT_EQ(ReasonOf(NormalizePhone("+20 .0(0)662(-00000").status()), Reason::kInvalidPhone);
}

TEST(PhoneNumber, RefusesWhatIsNoneAndDoesNotRepeatIt) {
  for (const char* text :
       {"", "+", "044 668 18 00", "0041 44 668 18 00", "+41", "+41 44 668 18 00 ext. 3",
        "+41 44 668 18 00;ext=3", "+1 800 FLOWERS", "+999 12345678", "+41 44 668 18 00 00 00",
        "+41 44", "++41446681800", "+4144668180000000000000000000000000000000000000",
        "+41 44 668 18 00\n", "ann@example.com"}) {
    const auto phone = NormalizePhone(text);
    EXPECT_EQ(ReasonOf(phone.status()), Reason::kInvalidPhone) << text;
  }
  EXPECT_THAT(std::string(NormalizePhone("044 668 18 01").status().message()),
              Not(HasSubstr("668 18 01")));
}

TEST(PhoneNumber, WrittenAsKeptIsAPlusSignAndDigits) {
  EXPECT_TRUE(IsWrittenAsKept("+41446681800"));
  EXPECT_TRUE(IsWrittenAsKept("+1"));
  for (const char* other :
       {"", "+", "41446681800", "+41 446681800", "+4144668180a", "+1234567890123456"}) {
    EXPECT_FALSE(IsWrittenAsKept(other)) << other;
  }
}

}  // namespace
}  // namespace gratis::members
