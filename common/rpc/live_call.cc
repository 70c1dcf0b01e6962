#include "common/rpc/live_call.h"

#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/admission.h"
#include "common/rpc/error.h"
#include "common/rpc/let_in.h"
#include "common/rpc/metadata.h"
#include "common/rpc/method.h"
#include "common/rpc/peer.h"
#include "common/status/reasons.h"

namespace gratis::rpc {
namespace {

// Whether the call comes from, or along with, somebody who became another.
bool CameFrom(const Call& call, const FindSurvivor& find) {
  const auto became = [&](const MemberId& member) { return find(member) != member; };
  return (!call.member.IsNil() && became(call.member)) ||
         std::any_of(call.proofs.begin(), call.proofs.end(),
                     [&](const Proof& proof) { return became(proof.member); });
}

// How often a call is tried again for members who are merged while it is under way.
constexpr size_t kMaxRetries = 8;

}  // namespace

LiveCall::LiveCall(const Hosts& hosts, const Method& method, grpc::CallbackServerContext& context,
                   const google::protobuf::Message& request, Answer answer)
    : hosts_(hosts),
      method_(method),
      context_(context),
      request_(request),
      answer_(std::move(answer)),
      arrived_(Ticks::now()),
      begun_(arrived_) {
  call_.log_id = LogIdFrom(Metadata(kLogIdKey));
  call_.trace = TraceFrom(Metadata(kTraceKey));
}

LiveCall::~LiveCall() {
  if (!finished_) Finish(Error(Reason::kInternal, "a handler let go of its reply unfinished"));
}

void LiveCall::Begin() { begun_ = Ticks::now(); }

std::string_view LiveCall::Metadata(const char* key) const {
  const auto& all = context_.client_metadata();
  const auto found = all.find(key);
  if (found == all.end()) return {};
  return {found->second.data(), found->second.size()};
}

std::vector<std::string_view> LiveCall::AllMetadata(const char* key) const {
  const auto [first, last] = context_.client_metadata().equal_range(key);
  std::vector<std::string_view> values;
  for (auto at = first; at != last; ++at) values.emplace_back(at->second.data(), at->second.size());
  return values;
}

bool LiveCall::Cancelled() const { return context_.IsCancelled(); }

std::string LiveCall::Peer() const { return context_.peer(); }

void LiveCall::NoteFailure(const absl::Status& failure) {
  const std::lock_guard lock(noted_mutex_);
  noted_.Update(failure);
}

const Call& LiveCall::understood_call() const {
  return attempts_.empty() ? call_ : attempts_.back().call;
}

const google::protobuf::Message& LiveCall::understood_request() const {
  return attempts_.empty() || attempts_.back().request == nullptr ? request_
                                                                  : *attempts_.back().request;
}

void LiveCall::Attend(const FindSurvivor& find) {
  auto sent = std::make_shared<AsSent>();
  std::unique_ptr<google::protobuf::Message> request = NameSurvivors(request_, find, *sent);
  if (request == nullptr && met_.empty() && !CameFrom(call_, find)) return;
  Attempt& attempt = attempts_.emplace_back(Attempt{std::move(request), call_});
  Call& call = attempt.call;
  if (attempt.request != nullptr) call.as_sent = std::move(sent);
  // A member's own call, and the proofs that came along, are the survivor's, too.
  if (!call.member.IsNil()) call.member = find(call.member);
  for (Proof& proof : call.proofs) proof.member = find(proof.member);
  for (const auto& [merged, survivor] : met_) call.survivors.push_back(survivor);
}

void LiveCall::Understand(const FindSurvivor& find) { Attend(find); }

void LiveCall::RetryWith(FindSurvivor find, Retry retry) {
  find_ = std::move(find);
  retry_ = std::move(retry);
}

bool LiveCall::Again(const absl::Status& merged) {
  if (!retry_ || attempts_.size() > kMaxRetries) return false;
  MemberId member, survivor;
  for (const auto& [key, value] : MetadataOf(merged)) {
    const absl::StatusOr<MemberId> id = MemberId::Parse(value);
    if (!id.ok()) continue;
    if (key == "member_id") member = *id;
    if (key == "survivor_id") survivor = *id;
  }
  // What is known already helps no further.
  if (member.IsNil() || survivor.IsNil() || !met_.emplace(member, survivor).second) return false;
  Attend([this](const MemberId& asked) {
    MemberId last = asked;
    for (size_t i = 0; i <= kMaxRetries; ++i) {
      const auto met = met_.find(last);
      const MemberId next = met == met_.end() ? find_(last) : met->second;
      if (next == last) break;
      last = next;
    }
    return last;
  });
  return retry_(shared_from_this(), member, survivor);
}

void LiveCall::Finish(absl::Status status) {
  if (!status.ok() && ReasonOf(status) == Reason::kMemberMerged && Again(status)) return;
  if (finished_.exchange(true)) return;
  const absl::Status told = ForCaller(status, call_.log_id);
  Report(status, told);
  context_.AddTrailingMetadata(kLogIdKey, call_.log_id);
  if (replayed_ && told.ok()) context_.AddTrailingMetadata(kReplayedKey, "true");
  if (allowance_) {
    context_.AddTrailingMetadata(kLimitKey, absl::StrCat(allowance_->limit));
    context_.AddTrailingMetadata(kRemainingKey, absl::StrCat(allowance_->remaining));
    context_.AddTrailingMetadata(
        kResetKey,
        absl::StrCat(absl::ToInt64Seconds(absl::Ceil(allowance_->reset, absl::Seconds(1)))));
  }
  Admission& admission = hosts_.admission;
  const int64_t bytes = admitted_bytes_;
  answer_(ToGrpc(told));
  // Whoever waits for the last call to leave may take the shell down after this.
  if (bytes >= 0) admission.Leave(bytes);
}

void LiveCall::Report(const absl::Status& status, const absl::Status& told) {
  CallSummary summary;
  summary.method = method_.name;
  summary.code = told.code();
  if (const std::optional<Reason> reason = ReasonOf(told)) {
    summary.reason = Describe(*reason).name;
  }
  summary.failure = status;
  if (status.ok()) {
    const std::lock_guard lock(noted_mutex_);
    summary.failure = noted_;
  }
  const Ticks::time_point now = Ticks::now();
  summary.waited = absl::FromChrono(begun_ - arrived_);
  summary.took = absl::FromChrono(now - arrived_);
  summary.replayed = replayed_;
  summary.messages = messages_;
  summary.actor = call_.actor;
  if (house::IsStaff(call_.role)) summary.from = NetworkOf(Peer());
  summary.program = call_.program.number;
  summary.log_id = call_.log_id;
  summary.trace = call_.trace;
  summary.request_id = RequestIdOf(request_, method_);
  hosts_.observer.OnDone(summary);
}

}  // namespace gratis::rpc
