#include "common/rpc/live_stream.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>

#include "common/base/clock.h"
#include "common/rpc/admission.h"
#include "common/rpc/live_call.h"
#include "common/rpc/method.h"
#include "common/rpc/streams.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/feed.pb.h"

namespace gratis::rpc {
namespace {

class DeafObserver final : public CallObserver {
 public:
  void OnDone(const CallSummary&) override {}
};

// A stream that does in each step what the test says, and has nobody to write to.
class ScriptedStream final : public LiveStream {
 public:
  using Script = std::function<Step(ScriptedStream&, int step)>;
  ScriptedStream(Streams& streams, Script script)
      : LiveStream(streams), script_(std::move(script)) {}

 private:
  absl::StatusOr<Step> Next() override { return script_(*this, ++steps_); }
  void Write() override {}
  Metadata Place() const override { return {}; }
  void LetGo() override {}
  void Cancel() override {}

  const Script script_;
  int steps_ = 0;
};

class LiveStreamTest : public ::testing::Test {
 protected:
  // Begins the stream; what is returned is there when it has ended.
  std::future<grpc::StatusCode> Begin(const std::shared_ptr<ScriptedStream>& stream) {
    auto ended = std::make_shared<std::promise<grpc::StatusCode>>();
    std::future<grpc::StatusCode> code = ended->get_future();
    stream->Carry(std::make_shared<LiveCall>(
        LiveCall::Hosts{observer_, admission_, fingerprints_}, watch_, context_, request_,
        [ended](const grpc::Status& status) { ended->set_value(status.error_code()); }));
    stream->Begin(absl::OkStatus());
    return code;
  }
  static bool IsThere(const std::future<grpc::StatusCode>& code) {
    return code.wait_for(std::chrono::seconds(10)) == std::future_status::ready;
  }

  const base::SystemClock clock_;
  DeafObserver observer_;
  Admission admission_{{.calls = 10, .bytes = 1'000, .retry_delay = absl::Seconds(1)}};
  const Fingerprints fingerprints_{std::string(32, 'k')};
  grpc::CallbackServerContext context_;
  const ledger::v1::WatchRequest request_;
  const Method watch_ = ReadMethod(*ledger::v1::WatchRequest::descriptor()
                                        ->file()
                                        ->FindServiceByName("FeedService")
                                        ->FindMethodByName("Watch"));
  Streams streams_{{.streams = 1, .workers = 1, .slow_limit = absl::Seconds(10)}, clock_};
};

// What happened between the look and the wait would else be seen only with what happens next.
TEST_F(LiveStreamTest, WhatIsWokenWhileItStepsStepsOnceMore) {
  const auto stream =
      std::make_shared<ScriptedStream>(streams_, [](ScriptedStream& self, int step) {
        if (step > 1) return Step::End();
        self.Wake();
        return Step::Wait();
      });
  const std::future<grpc::StatusCode> ended = Begin(stream);
  EXPECT_TRUE(IsThere(ended));
  stream->End(absl::CancelledError("over"));
}

TEST_F(LiveStreamTest, NothingIsSentToWhoMayNotHaveItAnyMore) {
  const auto stream = std::make_shared<ScriptedStream>(streams_, [](ScriptedStream&, int) {
    ADD_FAILURE() << "it stepped";
    return Step::End();
  });
  stream->CheckWith([] { return Error(Reason::kKeyRevoked, "revoked"); });
  std::future<grpc::StatusCode> ended = Begin(stream);
  ASSERT_TRUE(IsThere(ended));
  EXPECT_EQ(ended.get(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(LiveStreamTest, WhatCannotBeFoundOutIsAskedAgainBeforeAnythingIsSent) {
  std::atomic<int> asked = 0;
  const auto stream = std::make_shared<ScriptedStream>(streams_, [&](ScriptedStream&, int) {
    EXPECT_EQ(asked, 3);
    return Step::End();
  });
  stream->CheckWith(
      [&] { return ++asked < 3 ? absl::UnavailableError("no database") : absl::OkStatus(); });
  std::future<grpc::StatusCode> ended = Begin(stream);
  while (ended.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
    stream->Look(clock_.Now() + absl::Seconds(1));
  }
  EXPECT_EQ(ended.get(), grpc::StatusCode::OK);
}

TEST_F(LiveStreamTest, OneThatWaitsStepsWhenItIsWokenOrWhenItIsTime) {
  const absl::Time until = clock_.Now() + absl::Hours(1);
  std::promise<void> waits_again;
  const auto stream = std::make_shared<ScriptedStream>(streams_, [&](ScriptedStream&, int step) {
    if (step == 2) waits_again.set_value();
    return step > 2 ? Step::End() : Step::Wait(until);
  });
  const std::future<grpc::StatusCode> ended = Begin(stream);
  const std::future<void> again = waits_again.get_future();
  while (again.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) stream->Wake();
  stream->Look(until - absl::Seconds(1));
  while (ended.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
    stream->Look(until);
  }
}

}  // namespace
}  // namespace gratis::rpc
