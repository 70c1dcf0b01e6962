#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace gratis::app::testing {

// A process under test. What it writes, to standard output or error, goes to a file.
class Child {
 public:
  // `argv[0]` is what the process is called; its environment is `environment` and nothing else.
  Child(const std::string& program, std::vector<std::string> argv,
        const std::map<std::string, std::string>& environment, std::string output);
  // Kills what still runs.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int number) const;
  // The exit code, or 128 and the number of the signal that ended it; nothing when it still runs
  // after `limit`.
  std::optional<int> WaitForEnd(absl::Duration limit);
  // What it has written so far.
  std::string output() const;

 private:
  const std::string output_;
  pid_t pid_ = -1;
  std::optional<int> ended_;
};

// Asks `is_so` again and again; whether it was in time.
template <class Condition>
bool Eventually(absl::Duration limit, Condition is_so);

}  // namespace gratis::app::testing

#include "common/pg/pause.h"

template <class Condition>
bool gratis::app::testing::Eventually(absl::Duration limit, Condition is_so) {
  const absl::Time deadline = pg::RealNow() + limit;
  do {
    if (is_so()) return true;
  } while (pg::Pause(absl::Milliseconds(20), deadline));
  return is_so();
}
