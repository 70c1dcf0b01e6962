#include "services/cli/parts_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::cli {
namespace {

TEST(PartsWriter, SaysWhatItLeftOut) {
  PartsWriter parts;
  EXPECT_FALSE(parts.LeftOut(absl::OkStatus(), "lots"));
  EXPECT_FALSE(parts.LeftOut(Error(Reason::kPeerUnavailable, "away"), "journal"));
  EXPECT_EQ(parts.LeftOutWords(), "");
  EXPECT_TRUE(parts.LeftOut(Error(Reason::kRoleNotAllowed, "no"), "messages"));
  EXPECT_TRUE(parts.LeftOut(Error(Reason::kRoleNotAllowed, "no"), "complaints"));
  EXPECT_TRUE(parts.LeftOut(Error(Reason::kRoleNotAllowed, "no"), "messages"));
  EXPECT_EQ(parts.LeftOutWords(), "left out, since this key may not read it: complaints, messages");
}

}  // namespace
}  // namespace gratis::cli
