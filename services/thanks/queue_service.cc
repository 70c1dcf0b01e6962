#include "services/thanks/queue_service.h"

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::thanks {
namespace {

using rpc::Step;

constexpr int kMaxEntries = 10'000;
constexpr size_t kWindow = 200;                            // entries that are under way together
constexpr absl::Duration kEntryLimit = absl::Seconds(30);  // for one to be posted

// What became of entries, as it comes in from the poster's threads.
class Settled {
 public:
  explicit Settled(size_t count) : outcomes_(count) {}

  void Settle(size_t entry, ledger::Outcome outcome) {
    const std::lock_guard lock(mutex_);
    outcomes_[entry] = std::move(outcome);
    ++count_;
    asked_again_.erase(entry);
  }
  // An entry that is to be tried once more: what it is about was elsewhere by then.
  void AskAgain(size_t entry) {
    const std::lock_guard lock(mutex_);
    again_.push_back(entry);
    asked_again_.insert(entry);
  }
  // Whether there is one that is not settled yet.
  bool asks_again() const {
    const std::lock_guard lock(mutex_);
    return !asked_again_.empty();
  }
  std::vector<size_t> TakeAgain() {
    const std::lock_guard lock(mutex_);
    return std::exchange(again_, {});
  }
  std::optional<ledger::Outcome> Take(size_t entry) {
    const std::lock_guard lock(mutex_);
    return std::exchange(outcomes_[entry], std::nullopt);
  }
  // How many were settled, ever.
  size_t count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::optional<ledger::Outcome>> outcomes_;
  std::vector<size_t> again_;
  std::set<size_t> asked_again_;
  size_t count_ = 0;
};

// One queue on its way to the books.
class Sending final : public rpc::Producer<v1::SendQueueResponse> {
 public:
  Sending(const rpc::Call& call, const v1::SendQueueRequest& request, rpc::Waker waker,
          rpc::Shell& shell, ledger::Poster& poster, const OrderDesk& desk,
          PurchaseChanges& changes)
      : call_(call),
        entries_(request.entries()),
        waker_(std::move(waker)),
        shell_(shell),
        poster_(poster),
        desk_(desk),
        changes_(changes),
        settled_(std::make_shared<Settled>(static_cast<size_t>(entries_.size()))) {}

  absl::StatusOr<Step> Next(v1::SendQueueResponse& message) override {
    if (answered_ == size()) return Step::End();
    for (const size_t place : settled_->TakeAgain()) {
      Begin(entries_[static_cast<int>(place)], place, /*last_time=*/true);
    }
    BeginMore();
    std::optional<ledger::Outcome> outcome = settled_->Take(answered_);
    if (!outcome) return Step::Wait();
    Answer(entries_[static_cast<int>(answered_)], *outcome, message);
    message.set_entry(static_cast<int32_t>(++answered_));
    return Step::Send();
  }

 private:
  size_t size() const { return static_cast<size_t>(entries_.size()); }

  // Purchases go together; anything else after those before it, and before those behind it. What is
  // tried once more is overtaken by no more than is under way with it.
  void BeginMore() {
    if (settled_->asks_again()) return;
    while (begun_ < size() && begun_ - answered_ < kWindow) {
      const v1::QueueEntry& entry = entries_[static_cast<int>(begun_)];
      const bool alone = entry.does_case() != v1::QueueEntry::kPurchase;
      if ((alone || last_alone_) && settled_->count() < begun_) return;
      last_alone_ = alone;
      Begin(entry, begun_++, /*last_time=*/false);
    }
  }

  // A twin may be looked for before the purchase in front of it is there, and decided after it: it
  // is made once more, of what its order leads to by then. It is not settled meanwhile, so whatever
  // waits for those before it waits for it, too.
  void Begin(const v1::QueueEntry& entry, size_t place, bool last_time) {
    absl::StatusOr<std::unique_ptr<ledger::Mutation>> mutation = Make(entry);
    if (!mutation.ok()) {
      settled_->Settle(place, {.answer = mutation.status()});
      return;
    }
    poster_.Submit(changes_, *std::move(mutation),
                   [settled = settled_, waker = waker_, place, last_time](ledger::Outcome outcome) {
                     if (!last_time && ReasonOf(outcome.answer.status()) == Reason::kConflict) {
                       settled->AskAgain(place);
                     } else {
                       settled->Settle(place, std::move(outcome));
                     }
                     waker();
                   });
  }

  absl::StatusOr<std::unique_ptr<ledger::Mutation>> Make(const v1::QueueEntry& entry) const {
    switch (entry.does_case()) {
      case v1::QueueEntry::kPurchase:
        return Filled(entry.purchase());
      case v1::QueueEntry::kReturnOf:
        return Filled(entry.return_of());
      case v1::QueueEntry::kDelivery:
        return Filled(entry.delivery());
      case v1::QueueEntry::kClaim:
        return Filled(entry.claim());
      case v1::QueueEntry::DOES_NOT_SET:
        break;
    }
    return FieldError(Reason::kFieldMissing, "entries.purchase",
                      "an entry is a purchase, a return, a delivery or a claim");
  }

  template <class Req>
  absl::StatusOr<std::unique_ptr<ledger::Mutation>> Filled(const Req& request) const {
    ASSIGN_OR_RETURN(std::unique_ptr<ledger::Mutation> mutation, desk_.Make(call_, request));
    RETURN_IF_ERROR(rpc::FillEnvelope(call_, request, shell_.fingerprints(), mutation->envelope));
    mutation->envelope.deadline = shell_.clock().Now() + kEntryLimit;
    return mutation;
  }

  void Answer(const v1::QueueEntry& entry, const ledger::Outcome& outcome,
              v1::SendQueueResponse& message) const {
    absl::Status status = outcome.answer.status();
    if (status.ok()) status = ParseInto(entry, *outcome.answer, message);
    if (!status.ok()) message.clear_answer();
    // What fails inside is told without its inside; the caller has the log's id.
    rpc::SetItemStatus(status, outcome.replayed, call_.log_id, *message.mutable_status())
        .IgnoreError();
  }

  static absl::Status ParseInto(const v1::QueueEntry& entry, const std::string& answer,
                                v1::SendQueueResponse& message) {
    switch (entry.does_case()) {
      case v1::QueueEntry::kReturnOf:
        return rpc::ParseAnswer(answer, *message.mutable_return_of());
      case v1::QueueEntry::kDelivery:
        return rpc::ParseAnswer(answer, *message.mutable_delivery());
      case v1::QueueEntry::kClaim:
        return rpc::ParseAnswer(answer, *message.mutable_claim());
      default:
        return rpc::ParseAnswer(answer, *message.mutable_purchase());
    }
  }

  const rpc::Call& call_;
  const google::protobuf::RepeatedPtrField<v1::QueueEntry>& entries_;
  const rpc::Waker waker_;
  rpc::Shell& shell_;
  ledger::Poster& poster_;
  const OrderDesk& desk_;
  PurchaseChanges& changes_;
  const std::shared_ptr<Settled> settled_;  // outlives the stream, if that is cut off
  size_t begun_ = 0;
  size_t answered_ = 0;
  bool last_alone_ = false;
};

}  // namespace

grpc::ServerWriteReactor<v1::SendQueueResponse>* QueueService::SendQueue(
    grpc::CallbackServerContext* context, const v1::SendQueueRequest* request) {
  using Producer = rpc::Producer<v1::SendQueueResponse>;
  return shell_.Stream<v1::SendQueueRequest, v1::SendQueueResponse>(
      context, request,
      [this](const rpc::Call& call, const v1::SendQueueRequest& queue,
             rpc::Waker waker) -> absl::StatusOr<std::unique_ptr<Producer>> {
        if (queue.entries_size() > kMaxEntries) {
          return Error(Reason::kBatchTooLarge,
                       absl::StrCat("a queue carries at most ", kMaxEntries, " entries, not ",
                                    queue.entries_size()),
                       {{"most", absl::StrCat(kMaxEntries)}});
        }
        return std::make_unique<Sending>(call, queue, std::move(waker), shell_, poster_, desk_,
                                         changes_);
      });
}

}  // namespace gratis::thanks
