#pragma once

#include <memory>
#include <utility>

#include "absl/status/status.h"

namespace gratis::rpc {

class Fingerprints;

// A call that is not answered yet; the shell's side of a Reply. Tests of handlers may have their
// own.
class OpenCall {
 public:
  virtual ~OpenCall() = default;
  // Answers the call; OK sends the response as it is then. Only the first Finish counts.
  virtual void Finish(absl::Status status) = 0;
  // The answer is the stored one of an earlier call: trailing metadata `gratis-replayed: true`.
  virtual void MarkReplayed() = 0;
  // Something failed inside that the answer tells only in part (an item of a batch): for the log.
  virtual void NoteFailure(const absl::Status& failure) = 0;
  // Has the handler called again, for who was merged meanwhile became (MEMBER_MERGED). Whether it
  // will be: then this reply is no more to be touched.
  virtual bool Again(const absl::Status& /*merged*/) { return false; }
  virtual const Fingerprints& fingerprints() const = 0;
};

// What a mutating method answers with, from any thread, whenever it is ready. Copies are the same
// reply; when the last one goes without Finish, the caller gets INTERNAL. The call, its request and
// its response live until Finish.
template <class Resp>
class Reply {
 public:
  Reply(std::shared_ptr<OpenCall> call, Resp* response)
      : call_(std::move(call)), response_(response) {}

  // The response to fill; not to be touched after Finish.
  Resp& response() const { return *response_; }

  void Finish(absl::Status status) const { call_->Finish(std::move(status)); }
  void FinishReplayed() const {
    call_->MarkReplayed();
    call_->Finish(absl::OkStatus());
  }
  void NoteFailure(const absl::Status& failure) const { call_->NoteFailure(failure); }
  bool Again(const absl::Status& merged) const { return call_->Again(merged); }
  const Fingerprints& fingerprints() const { return call_->fingerprints(); }

 private:
  std::shared_ptr<OpenCall> call_;
  Resp* response_;
};

}  // namespace gratis::rpc
