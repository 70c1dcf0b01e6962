#include "common/rpc/call_log.h"

#include <gmock/gmock.h>
#include <grpc/support/log.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::rpc {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CallLogTest : public ::testing::Test {
 protected:
  static CallSummary Summary() {
    CallSummary summary;
    summary.method = "gratis.ledger.v1.LedgerService/Earn";
    summary.code = absl::StatusCode::kOk;
    summary.took = absl::Milliseconds(3);
    summary.waited = absl::Milliseconds(1);
    summary.actor = "key_a";
    summary.program = 2;
    summary.log_id = "log-17";
    summary.trace = obs::Trace::New();
    summary.request_id = "order-4711";
    return summary;
  }

  obs::Metrics metrics_;
  std::string lines_;
  obs::Log log_{{.format = obs::Format::kJson, .level = obs::Level::kDebug},
                [this](std::string_view line) { lines_ += line; }};
  CallLog call_log_{log_, metrics_};
};

TEST_F(CallLogTest, ACallIsALineWithItsIds) {
  const CallSummary summary = Summary();
  call_log_.OnDone(summary);
  EXPECT_THAT(lines_,
              AllOf(HasSubstr("\"level\":\"debug\""), HasSubstr("\"request_id\":\"log-17\""),
                    HasSubstr(summary.trace.trace_id), HasSubstr("LedgerService/Earn"),
                    HasSubstr("\"took_us\":3000"), HasSubstr("order-4711")));
}

TEST_F(CallLogTest, WhatStaffChangeIsKeptWithWhereItCameFrom) {
  CallSummary summary = Summary();
  summary.from = "203.0.113.0/24";
  call_log_.OnDone(summary);
  EXPECT_THAT(lines_,
              AllOf(HasSubstr("\"level\":\"info\""), HasSubstr("\"from\":\"203.0.113.0/24\"")));
}

TEST_F(CallLogTest, AFailureInsideIsAnErrorWithAllThereIsToKnow) {
  CallSummary summary = Summary();
  summary.code = absl::StatusCode::kInternal;
  summary.reason = "INTERNAL";
  summary.failure = absl::UnknownError("the disk is full");
  call_log_.OnDone(summary);
  EXPECT_THAT(lines_, AllOf(HasSubstr("\"level\":\"error\""), HasSubstr("the disk is full")));
}

TEST_F(CallLogTest, AFailureOfABatchsItemShowsThoughTheCallIsAnswered) {
  CallSummary summary = Summary();
  summary.failure = Error(Reason::kInternal, "the disk is full");
  call_log_.OnDone(summary);
  EXPECT_THAT(lines_, AllOf(HasSubstr("\"level\":\"error\""), HasSubstr("the disk is full")));
}

TEST_F(CallLogTest, CallsAreCountedByMethodCodeAndReason) {
  CallSummary summary = Summary();
  call_log_.OnDone(summary);
  call_log_.OnDone(summary);
  summary.code = absl::StatusCode::kUnavailable;
  summary.reason = "OVERLOADED";
  summary.failure = Error(Reason::kOverloaded, "later");
  call_log_.OnDone(summary);
  const std::string text = metrics_.Text();
  EXPECT_THAT(text, HasSubstr("code=\"OK\",method=\"gratis.ledger.v1.LedgerService/Earn\","
                              "reason=\"\"} 2"));
  EXPECT_THAT(text, HasSubstr("code=\"UNAVAILABLE\",method=\"gratis.ledger.v1.LedgerService/Earn\","
                              "reason=\"OVERLOADED\"} 1"));
  EXPECT_THAT(text, HasSubstr("gratis_rpc_seconds_count{"
                              "method=\"gratis.ledger.v1.LedgerService/Earn\"} 3"));
  EXPECT_THAT(text, Not(HasSubstr("key_a")));
}

TEST_F(CallLogTest, AStreamIsALineWhenItEndsAndItsMessagesAreCounted) {
  CallSummary summary = Summary();
  summary.method = "gratis.ledger.v1.FeedService/Watch";
  summary.messages = 40;
  call_log_.OnDone(summary);
  summary.messages = 2;
  call_log_.OnDone(summary);
  EXPECT_THAT(lines_, AllOf(HasSubstr("stream ended"), HasSubstr("\"messages\":40")));
  const std::string text = metrics_.Text();
  EXPECT_THAT(text, HasSubstr("gratis_rpc_messages_total{"
                              "method=\"gratis.ledger.v1.FeedService/Watch\"} 42"));
  EXPECT_THAT(text, Not(HasSubstr("gratis_rpc_messages_total{"
                                  "method=\"gratis.ledger.v1.LedgerService/Earn\"}")));
}

TEST_F(CallLogTest, WhatGrpcSaysIsALineLikeOurs) {
  gpr_log_verbosity_init();  // as gRPC does when it is first used
  gpr_log(GPR_ERROR, "Handshake failed with %s", "a \"reason\"");
  EXPECT_THAT(lines_, AllOf(HasSubstr("\"level\":\"warning\""),
                            HasSubstr("Handshake failed with a \\\"reason\\\"")));
}

TEST(CallLogGone, LeavesGrpcToItself) {
  std::string lines;
  obs::Log log({}, [&lines](std::string_view line) { lines += line; });
  obs::Metrics metrics;
  { const CallLog call_log(log, metrics); }
  gpr_log_verbosity_init();
  gpr_log(GPR_ERROR, "said to standard error");
  EXPECT_THAT(lines, IsEmpty());
}

}  // namespace
}  // namespace gratis::rpc
