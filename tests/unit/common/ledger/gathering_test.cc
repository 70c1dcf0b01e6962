#include "common/ledger/gathering.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/ledger/program.h"

namespace gratis::ledger {
namespace {

struct Question {
  Program program;
  int number = 0;
  absl::Time deadline = absl::InfiniteFuture();
};

class GatheringTest : public ::testing::Test {
 protected:
  using Asking = Gathering<Question, std::string>;

  // Answers each question with its program and number.
  static void AnswerAll(std::vector<Asking::Asked>& batch, absl::Time) {
    for (Asking::Asked& asked : batch) {
      EXPECT_EQ(asked.question.program.number, batch.front().question.program.number);
      asked.done(std::to_string(asked.question.program.number) + "/" +
                 std::to_string(asked.question.number));
    }
  }

  static std::future<absl::StatusOr<std::string>> Ask(Asking& asking, Question question) {
    auto promise = std::make_shared<std::promise<absl::StatusOr<std::string>>>();
    asking.Ask(std::move(question), [promise](absl::StatusOr<std::string> answer) {
      promise->set_value(std::move(answer));
    });
    return promise->get_future();
  }

  static Program Numbered(int32_t number) {
    Program program;
    program.number = number;
    return program;
  }

  base::SystemClock clock_;
};

TEST_F(GatheringTest, EachIsToldItsOwnAndProgramsAreNotMixed) {
  std::vector<std::future<absl::StatusOr<std::string>>> answers;
  Asking asking({.threads = 2, .max_batch = 5}, clock_, AnswerAll);
  for (int i = 0; i < 300; ++i) answers.push_back(Ask(asking, {Numbered(i % 3), i}));
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(answers[static_cast<size_t>(i)].get().value(),
              std::to_string(i % 3) + "/" + std::to_string(i));
  }
}

TEST_F(GatheringTest, WhoeverWaitsIsAnsweredBeforeItEnds) {
  std::promise<void> go;
  std::vector<std::future<absl::StatusOr<std::string>>> answers;
  size_t largest = 0;
  {
    Asking asking({.threads = 1}, clock_,
                  [&, gone = go.get_future().share()](std::vector<Asking::Asked>& batch,
                                                      absl::Time deadline) {
                    gone.wait();
                    largest = std::max(largest, batch.size());
                    AnswerAll(batch, deadline);
                  });
    for (int i = 0; i < 20; ++i) answers.push_back(Ask(asking, {Numbered(1), i}));
    go.set_value();
  }
  for (auto& answer : answers) EXPECT_TRUE(answer.get().ok());
  EXPECT_GE(largest, 10U) << "who came while one batch was answered is answered together";
}

TEST_F(GatheringTest, WhoeverIsLateIsToldSoAndAsksNothing) {
  Asking asking({.threads = 1}, clock_, [](std::vector<Asking::Asked>&, absl::Time) {
    ADD_FAILURE() << "nobody is in time";
  });
  const auto late = Ask(asking, {Numbered(1), 1, absl::InfinitePast()}).get();
  EXPECT_EQ(ReasonOf(late.status()), Reason::kDeadlineExceeded);
}

TEST_F(GatheringTest, MoreThanMayWaitAreRefusedAtOnce) {
  Asking asking({.max_waiting = 0}, clock_, AnswerAll);
  EXPECT_EQ(ReasonOf(Ask(asking, {Numbered(1), 1}).get().status()), Reason::kOverloaded);
}

}  // namespace
}  // namespace gratis::ledger
