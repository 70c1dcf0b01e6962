#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "common/base/clock.h"
#include "common/house/keyring/key_use.h"
#include "common/house/keyring/keyring.h"
#include "common/obs/log.h"
#include "common/pg/pool.h"

namespace gratis::app {

// Notes once a minute, and at the end, which keys were used. One thread, as long as this lives.
class KeyNotes {
 public:
  KeyNotes(house::Keyring& keys, pg::Pool& pool, const base::Clock& clock, obs::Log& log);
  ~KeyNotes();
  KeyNotes(const KeyNotes&) = delete;
  KeyNotes& operator=(const KeyNotes&) = delete;

 private:
  void Work();

  house::KeyUse use_;
  const base::Clock& clock_;
  obs::Log& log_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gratis::app
