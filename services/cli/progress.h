#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace gratis::cli {

// A line on the terminal that shows how far something long has come, with a bar, what is done and
// how long it may still take. Silent when standard error is no terminal. Thread-safe.
class Progress {
 public:
  // `unit` names what is counted: "orders".
  Progress(std::string title, std::string unit, bool shown);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` of `total` steps are behind us; `counted` is the figure to show. Redraws at most ten
  // times a second.
  void Update(int64_t done, int64_t total, int64_t counted);
  // Clears the line, so that something else can be written.
  void Finish();

  // Whether standard error is a terminal.
  static bool Shown();
  // The line as drawn, for an 80-column terminal.
  static std::string Draw(std::string_view title, std::string_view unit, int64_t done,
                          int64_t total, int64_t counted, std::chrono::milliseconds elapsed);

 private:
  const std::string title_;
  const std::string unit_;
  const bool shown_;
  const std::chrono::steady_clock::time_point started_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point drawn_;
  bool visible_ = false;
};

}  // namespace gratis::cli
