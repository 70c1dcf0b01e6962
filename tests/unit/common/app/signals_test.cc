#include "common/app/signals.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

namespace gratis::app {
namespace {

// In a child: the test program's own signals stay as they are.
int ExitOf(int (*body)()) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(Signals, WaitTellsWhichSignalCame) {
  EXPECT_EQ(ExitOf([] {
              Signals signals;
              kill(getpid(), SIGTERM);
              return signals.Wait(absl::Seconds(10)).value_or(0);
            }),
            SIGTERM);
}

TEST(Signals, WaitEndsWithItsLimit) {
  EXPECT_EQ(ExitOf([] {
              Signals signals;
              return signals.Wait(absl::Milliseconds(1)).value_or(0);
            }),
            0);
}

TEST(Signals, AThreadMadeLaterIsNotInterrupted) {
  EXPECT_EQ(ExitOf([] {
              Signals signals;
              std::thread([] { kill(getpid(), SIGINT); }).join();
              return signals.Wait(absl::InfiniteDuration()).value_or(0);
            }),
            SIGINT);
}

TEST(Signals, OnceLetGoASignalEndsTheProcess) {
  EXPECT_EQ(ExitOf([] {
              Signals signals;
              signals.LetGo();
              kill(getpid(), SIGTERM);
              return 0;
            }),
            128 + SIGTERM);
}

TEST(Signals, AClosedPipeIsNoReasonToDie) {
  EXPECT_EQ(ExitOf([] {
              Signals signals;
              int ends[2];
              if (pipe(ends) != 0) return 1;
              close(ends[0]);
              return write(ends[1], "x", 1) == -1 ? 0 : 2;
            }),
            0);
}

}  // namespace
}  // namespace gratis::app
