#pragma once

#include <curl/curl.h>

#include <memory>
#include <vector>

#include "absl/time/time.h"

namespace gratis::messages {

// Transfers by libcurl, any number at a time, driven by one thread. Connections are kept and used
// again. Not thread-safe but for Wake.
class Wire {
 public:
  Wire();
  // Transfers that are under way are left to the end of the process.
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // A handle with the defaults that all transfers share: no proxy, no signals, no redirects, and
  // nothing taken from the environment.
  CURL* Take();
  // Gives a handle back that is not under way.
  void Return(CURL* easy);

  void Start(CURL* easy);
  // Moves on what was paused.
  void Resume(CURL* easy);
  // Ends a transfer wherever it is. Only for those that can be cut off at any point: one of SMTP
  // would be ended as if it were complete.
  void Cut(CURL* easy);

  struct Finished {
    CURL* easy;
    CURLcode result;
  };
  // Moves what can be moved, waiting at most so long for something to move. The handles of those
  // that finished are not under way any more.
  std::vector<Finished> Run(absl::Duration wait);

  // Ends the waiting of Run, or that of the next. From any thread.
  void Wake();

 private:
  CURLM* const multi_;
  int under_way_ = 0;
  std::vector<CURL*> idle_;
};

}  // namespace gratis::messages
