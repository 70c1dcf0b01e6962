#include "common/base/json_object.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gratis::base {
namespace {

TEST(JsonObject, IsEmptyUntilSomethingIsAdded) { EXPECT_EQ(JsonObject().Take(), "{}"); }

TEST(JsonObject, KeepsTheOrderAndEscapesTexts) {
  EXPECT_EQ(
      JsonObject()
          .Text("name", "a \"b\"\n\\")
          .Number("points", -7)
          .Truth("yes", true)
          .Truth("no", false)
          .Json("in", JsonObject().Number("most", INT64_MAX).Take())
          .Take(),
      R"({"name":"a \"b\"\u000a\\","points":-7,"yes":true,"no":false,"in":{"most":9223372036854775807}})");
}

TEST(JsonObject, ListsAndLeavesOutWhatIsEmpty) {
  const auto write = [](int number) { return std::to_string(number); };
  EXPECT_EQ(JsonObject()
                .List("none", std::vector<int>{}, write)
                .List("one", std::vector<int>{1}, write)
                .List("two", std::vector<int>{1, 2}, write)
                .Take(),
            R"({"one":[1],"two":[1,2]})");
}

}  // namespace
}  // namespace gratis::base
