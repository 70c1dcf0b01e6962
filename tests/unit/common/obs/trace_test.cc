#include "common/obs/trace.h"

#include <gtest/gtest.h>

namespace gratis::obs {
namespace {

// The example of the recommendation.
constexpr char kExample[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(Trace, ReadsAndWritesTheStandardsExample) {
  const auto trace = Trace::Parse(kExample);
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(trace->span_id, "00f067aa0ba902b7");
  EXPECT_TRUE(trace->sampled);
  EXPECT_EQ(trace->ToTraceparent(), kExample);
}

TEST(Trace, LaterVersionsMayAppendFields) {
  EXPECT_TRUE(Trace::Parse("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more"));
  EXPECT_FALSE(Trace::Parse("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00more"));
  EXPECT_FALSE(Trace::Parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more"));
}

TEST(Trace, RefusesWhatIsNotOne) {
  for (const char* text : {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x"}) {
    EXPECT_FALSE(Trace::Parse(text)) << text;
  }
}

TEST(Trace, AChildKeepsTheTraceAndHasASpanOfItsOwn) {
  const Trace parent = Trace::New();
  ASSERT_TRUE(Trace::Parse(parent.ToTraceparent()));
  const Trace child = parent.Child();
  EXPECT_EQ(child.trace_id, parent.trace_id);
  EXPECT_NE(child.span_id, parent.span_id);
}

}  // namespace
}  // namespace gratis::obs
