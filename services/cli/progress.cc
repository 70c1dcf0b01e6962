#include "services/cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/text.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace {

constexpr int64_t kBarWidth = 28;
constexpr std::chrono::milliseconds kRedrawEvery{100};

}  // namespace

bool Progress::Shown() { return isatty(STDERR_FILENO) == 1; }

Progress::Progress(std::string title, std::string unit, bool shown)
    : title_(std::move(title)),
      unit_(std::move(unit)),
      shown_(shown),
      started_(std::chrono::steady_clock::now()) {}

Progress::~Progress() { Finish(); }

std::string Progress::Draw(std::string_view title, std::string_view unit, int64_t done,
                           int64_t total, int64_t counted, std::chrono::milliseconds elapsed) {
  total = std::max<int64_t>(total, 1);
  done = std::clamp<int64_t>(done, 0, total);
  const auto filled = static_cast<size_t>(done * kBarWidth / total);
  std::string line = absl::StrFormat("%s [%s%s] %3d%%  %s %s", base::Abs(title),
                                     std::string(filled, '='), std::string(kBarWidth - filled, ' '),
                                     done * 100 / total, Grouped(counted), base::Abs(unit));
  if (done * 50 > total && done < total && elapsed > std::chrono::seconds(1)) {
    const int64_t left = elapsed.count() * (total - done) / done / 1000 + 1;
    absl::StrAppend(&line, "  ",
                    left >= 120 ? absl::StrCat(left / 60, " min") : absl::StrCat(left, " s"),
                    " left");
  }
  return line;
}

void Progress::Update(int64_t done, int64_t total, int64_t counted) {
  if (!shown_) return;
  const std::scoped_lock lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (visible_ && now - drawn_ < kRedrawEvery) return;
  drawn_ = now;
  visible_ = true;
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - started_);
  const std::string line = Draw(title_, unit_, done, total, counted, elapsed);
  std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
  std::fflush(stderr);
}

void Progress::Finish() {
  const std::scoped_lock lock(mutex_);
  if (!visible_) return;
  visible_ = false;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
}

}  // namespace gratis::cli
