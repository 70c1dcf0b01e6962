#include "common/base/money.h"

#include <gtest/gtest.h>

#include <limits>

#include "common/status/reasons.h"

namespace gratis::base {
namespace {

TEST(Currency, HasItsNumberOfDigits) {
  EXPECT_EQ(*CurrencyExponent("USD"), 2);
  EXPECT_EQ(*CurrencyExponent("JPY"), 0);
  EXPECT_EQ(*CurrencyExponent("KWD"), 3);
  EXPECT_EQ(*CurrencyExponent("CLF"), 4);
  EXPECT_EQ(*MinorUnitsPerUnit("USD"), 100);
  EXPECT_EQ(*MinorUnitsPerUnit("JPY"), 1);
  EXPECT_EQ(*MinorUnitsPerUnit("TND"), 1000);
}

TEST(Currency, EachEndOfEachListIsFound) {
  for (const char* code : {"BIF", "XPF", "AED", "ZWG", "BHD", "TND", "CLF", "UYW"}) {
    EXPECT_TRUE(CurrencyExponent(code).ok()) << code;
  }
}

TEST(Currency, ThatIsNotOfIso4217IsRefused) {
  for (const char* code : {"", "US", "USDX", "usd", "XYZ", "DEM", "U D", "SD ", " US", "XXX"}) {
    EXPECT_EQ(ReasonOf(CurrencyExponent(code).status()), Reason::kInvalidCurrency) << code;
    EXPECT_EQ(ReasonOf(ParseMoney("1", code).status()), Reason::kInvalidCurrency) << code;
  }
}

TEST(Money, IsReadExactly) {
  EXPECT_EQ(*ParseMoney("11.77", "USD"), (Money{"USD", 1177}));
  EXPECT_EQ(*ParseMoney("11.7", "USD"), (Money{"USD", 1170}));
  EXPECT_EQ(*ParseMoney("0", "USD"), (Money{"USD", 0}));
  EXPECT_EQ(*ParseMoney("-0.01", "USD"), (Money{"USD", -1}));
  EXPECT_EQ(*ParseMoney("500", "JPY"), (Money{"JPY", 500}));
  EXPECT_EQ(*ParseMoney("1.234", "KWD"), (Money{"KWD", 1234}));
  EXPECT_EQ(*ParseMoney("92233720368547758.07", "USD"),
            (Money{"USD", std::numeric_limits<int64_t>::max()}));
}

TEST(Money, ThatIsNotAnAmountIsRefused) {
  for (const char* text : {"", "-", ".", ".5", "5.", "1,5", "1.2.3", "+1", "1e3", " 1", "1 ", "--1",
                           "0x10", "1.999", "92233720368547758.08", "99999999999999999999"}) {
    EXPECT_EQ(ReasonOf(ParseMoney(text, "USD").status()), Reason::kInvalidAmount) << text;
  }
  EXPECT_EQ(ReasonOf(ParseMoney("1.5", "JPY").status()), Reason::kInvalidAmount);
}

TEST(Money, IsWrittenWithAllItsDigits) {
  EXPECT_EQ(FormatMoney({"USD", 1177}), "11.77 USD");
  EXPECT_EQ(FormatMoney({"USD", 7}), "0.07 USD");
  EXPECT_EQ(FormatMoney({"USD", -7}), "-0.07 USD");
  EXPECT_EQ(FormatMoney({"JPY", 500}), "500 JPY");
  EXPECT_EQ(FormatMoney({"KWD", 0}), "0.000 KWD");
  EXPECT_EQ(FormatMoney({"USD", std::numeric_limits<int64_t>::min()}), "-92233720368547758.08 USD");
}

}  // namespace
}  // namespace gratis::base
