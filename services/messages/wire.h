#pragma once

#include <curl/curl.h>

#include <memory>
#include <vector>

#include "absl/time/time.h"

namespace gratis::messages {

// A handle of libcurl, and what all transfers share: no proxy, no signals, no redirects, and
// nothing taken from the environment.
CURL* NewHandle();
void SetDefaults(CURL* easy);

// Transfers by libcurl, any number at a time, driven by one thread. Connections are kept and used
// again. Not thread-safe but for Wake.
class Wire {
 public:
  Wire();
  // No transfer is under way any more.
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // A handle with the defaults.
  CURL* Take();
  // Gives a handle back that is not under way.
  void Return(CURL* easy);

  void Start(CURL* easy);
  // Ends a transfer wherever it is. Not for SMTP: a letter would be ended as if it were complete.
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
  std::vector<CURL*> idle_;
};

}  // namespace gratis::messages
