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

TEST(PhoneNumber, RefusesWhatIsNotInternationalNotationAndDoesNotRepeatIt) {
  for (const char* text :
       {"", "+", "044 668 18 00", "0041 44 668 18 00", "+41", "+41 44 668 18 00 ext. 3",
        "+41 44 668 18 00;ext=3", "tel:+41446681800", "+1 800 FLOWERS", "+999 12345678",
        "+41 44 668 18 00 00 00", "+41 44", "++41446681800", "+41 44 668 18 0\xd9\xa0",
        "+4144668180000000000000000000000000000000000000", "ann@example.com"}) {
    const auto phone = NormalizePhone(text);
    EXPECT_EQ(ReasonOf(phone.status()), Reason::kInvalidPhone) << text;
  }
  EXPECT_THAT(std::string(NormalizePhone("044 668 18 01").status().message()),
              Not(HasSubstr("668 18 01")));
}

}  // namespace
}  // namespace gratis::members
