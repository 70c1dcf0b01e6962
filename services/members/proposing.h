#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/ledger/poster.h"
#include "common/rpc/call.h"
#include "common/rpc/reply.h"
#include "services/members/proposal_rules.h"
#include "services/members/proposals.h"

namespace gratis::members {

// Notes whom refused calls took for one person, and then answers them; where that takes long, the
// answer goes out before. Nothing is done, and nothing waits, where a call is not refused for that,
// or where this process noted the very same a moment ago (kSeenAgainAfter). Whether the note could
// be made changes nothing of what is answered, and little of when. One for all services of a
// process. One thread. Thread-safe.
class Proposing {
 public:
  // A refusal waits no longer for its note: somebody stands at the till.
  static constexpr std::chrono::milliseconds kPatience{300};

  // `poster` outlives this.
  explicit Proposing(ledger::Poster& poster, std::chrono::milliseconds patience = kPatience);
  // Waits for the notes that are under way.
  ~Proposing();
  Proposing(const Proposing&) = delete;
  Proposing& operator=(const Proposing&) = delete;

  // Makes the note, and calls `then`, on whatever thread, when it is made, or a moment passed; does
  // not wait. A member's own word about themselves is noted nowhere: nobody is to have themselves
  // proposed as another.
  void Note(const rpc::Call& call, std::vector<Sighting> seen, std::function<void()> then);

  // Answers a call with what it is refused for. `about`: whom it was about; nil: nobody yet.
  template <class Resp>
  void Refuse(const rpc::Call& call, const rpc::Reply<Resp>& reply, const absl::Status& refused,
              const MemberId& about = {}) {
    std::optional<Sighting> seen = SightingIn(refused, about);
    if (!seen) return reply.Finish(refused);
    Note(call, {*std::move(seen)}, [reply, refused] { reply.Finish(refused); });
  }

  // What a call that is being answered shows.
  using Look = std::function<std::vector<Sighting>(const absl::Status&)>;

  // The same reply, to hand on: what it is finished with is looked at first.
  template <class Resp>
  rpc::Reply<Resp> WatchedBy(const rpc::Call& call, const rpc::Reply<Resp>& reply, Look look);
  // For a call that, unless it only validates, is noted for what it is refused for.
  template <class Resp>
  rpc::Reply<Resp> Watched(const rpc::Call& call, const rpc::Reply<Resp>& reply, bool validate_only,
                           const MemberId& about = {}) {
    if (validate_only) return reply;
    return WatchedBy(call, reply, [about](const absl::Status& status) {
      std::vector<Sighting> seen;
      if (std::optional<Sighting> one = SightingIn(status, about)) seen.push_back(*std::move(one));
      return seen;
    });
  }

 private:
  class Answer;
  using Ticks = std::chrono::steady_clock;  // which nobody sets
  struct Waiting {
    Ticks::time_point until;
    std::shared_ptr<Answer> answer;
  };

  // Takes out what this process noted a moment ago.
  void DropRemembered(const rpc::Call& call, std::vector<Sighting>& seen);
  void Remember(int32_t program, absl::Time now, const std::vector<Sighting>& noted);
  void Work();

  ledger::Poster& poster_;
  const std::chrono::milliseconds patience_;
  SightingNotes notes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;  // all as long: the first is the next
  int under_way_ = 0;            // notes
  bool stopping_ = false;
  // What was noted last, and when, in the program's time.
  std::map<std::tuple<int32_t, std::set<MemberId>, Shared>, absl::Time> remembered_;
  std::thread thread_;
};

// A call whose answer is looked at before it goes out.
template <class Resp>
class WatchedCall final : public rpc::OpenCall {
 public:
  // `call` lives until it is answered.
  WatchedCall(Proposing& proposing, const rpc::Call& call, rpc::Reply<Resp> reply,
              Proposing::Look look)
      : proposing_(proposing), call_(call), reply_(std::move(reply)), look_(std::move(look)) {}

  void Finish(absl::Status status) override {
    if (replayed_) return reply_.FinishReplayed();
    std::vector<Sighting> seen = look_(status);
    if (seen.empty()) return reply_.Finish(std::move(status));
    proposing_.Note(call_, std::move(seen),
                    [reply = reply_, refused = std::move(status)] { reply.Finish(refused); });
  }
  void MarkReplayed() override { replayed_ = true; }
  void NoteFailure(const absl::Status& failure) override { reply_.NoteFailure(failure); }
  bool Again(const absl::Status& merged) override { return reply_.Again(merged); }
  const rpc::Fingerprints& fingerprints() const override { return reply_.fingerprints(); }

 private:
  Proposing& proposing_;
  const rpc::Call& call_;
  const rpc::Reply<Resp> reply_;
  const Proposing::Look look_;
  bool replayed_ = false;
};

template <class Resp>
rpc::Reply<Resp> Proposing::WatchedBy(const rpc::Call& call, const rpc::Reply<Resp>& reply,
                                      Look look) {
  return rpc::Reply<Resp>(std::make_shared<WatchedCall<Resp>>(*this, call, reply, std::move(look)),
                          &reply.response());
}

}  // namespace gratis::members
