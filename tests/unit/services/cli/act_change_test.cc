#include "services/cli/act_change.h"

#include <gtest/gtest.h>

namespace gratis::cli {
namespace {

TEST(ActChange, SaysWhatIsNotAsItWas) {
  EXPECT_EQ(ChangeOf(R"({"code":"x","enabled":true,"points":100})",
                     R"({"code":"x","enabled":false,"points":250})"),
            "enabled true → false, points 100 → 250");
  EXPECT_EQ(ChangeOf(R"({"code":"x"})", R"({"code":"x"})"), "");
}

TEST(ActChange, SaysWhatIsGone) {
  EXPECT_EQ(ChangeOf(R"({"code":"x","until":"2027-01-31"})", R"({"code":"x"})"),
            "until \"2027-01-31\" → (none)");
  EXPECT_EQ(ChangeOf(R"({"limit":1})", R"({"most":2})"), "most 2, limit 1 → (none)");
}

TEST(ActChange, SaysAllOfWhatWasNothingBefore) {
  EXPECT_EQ(ChangeOf("", R"({"code":"x","points":1})"), R"(code "x", points 1)");
  EXPECT_EQ(ChangeOf("", ""), "");
  EXPECT_EQ(ChangeOf(R"({"code":"x"})", "not JSON"), "not JSON");
}

TEST(ActChange, OfWhatSaysItselfHowItWasNothingIsSaidTwice) {
  EXPECT_EQ(ChangeOf(R"({"email": "set", "phone": "none"})",
                     R"({"changed":["email","phone"],"before":{"email":"set","phone":"none"},)"
                     R"("after":{"email":"none","phone":"set"}})"),
            R"(changed ["email","phone"], email "set" → "none", phone "none" → "set")");
  EXPECT_EQ(ChangeOf(R"({"perks": 2})", R"({"change":"perks","perks":3,"before":{"perks":2}})"),
            R"(change "perks", perks 2 → 3)");
}

}  // namespace
}  // namespace gratis::cli
