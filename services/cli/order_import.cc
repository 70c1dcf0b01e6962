#include "services/cli/order_import.h"

#include <utility>

#include "common/base/hash.h"

namespace gratis::cli {
namespace {

// Chunks waiting for enrollment, and batches waiting in each lane.
constexpr size_t kQueuedChunks = 2;
constexpr size_t kQueuedBatches = 2;

}  // namespace

size_t LaneOf(const MemberId& member, size_t lanes) {
  const base::Digest digest = base::Sha256(member.uuid.AsBytes());
  uint64_t head = 0;
  for (size_t i = 0; i < 8; ++i) head = (head << 8) | digest[i];
  return head % lanes;
}

OrderImport::OrderImport(Engine& engine, OrderOrigin origin, ImportLimits limits,
                         RejectsFile& rejects)
    : engine_(engine),
      origin_(std::move(origin)),
      limits_(limits),
      rejects_(rejects),
      chunks_(kQueuedChunks) {
  for (size_t i = 0; i < limits_.lanes; ++i) {
    lanes_.push_back(std::make_unique<Lane>(kQueuedBatches));
  }
  threads_.emplace_back([this] { EnrollChunks(); });
  for (const auto& lane : lanes_) threads_.emplace_back([this, &lane] { RecordLane(*lane); });
}

OrderImport::~OrderImport() {
  chunks_.Close();
  for (const auto& lane : lanes_) lane->Close();
  for (std::thread& thread : threads_) thread.join();
}

bool OrderImport::Add(Order order) {
  {
    const std::scoped_lock lock(mutex_);
    if (!failure_.ok()) return false;
    ++under_way_;
  }
  chunk_.push_back(std::move(order));
  if (chunk_.size() >= limits_.batch * limits_.lanes) HandOver();
  return true;
}

void OrderImport::HandOver() {
  if (chunk_.empty()) return;
  chunks_.Push(std::exchange(chunk_, {}));
}

absl::Status OrderImport::Finish() {
  HandOver();
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [&] { return under_way_ == 0; });
  return failure_;
}

void OrderImport::EnrollChunks() {
  Enrollment enrollment(engine_, origin_);
  while (std::optional<Chunk> chunk = chunks_.Pop()) {
    const size_t count = chunk->size();
    std::vector<PlacedOrder> placed;
    std::vector<RefusedOrder> refused;
    absl::Status status;
    {
      const std::scoped_lock lock(mutex_);
      status = failure_;
    }
    if (status.ok()) status = enrollment.Place(*std::move(chunk), placed, refused);
    if (!status.ok()) {
      Settle(count, status);
      continue;
    }
    Refuse(refused);
    {
      const std::scoped_lock lock(mutex_);
      members_ = enrollment.members();
    }
    Settle(refused.size(), absl::OkStatus());
    std::vector<std::vector<PlacedOrder>> batches(lanes_.size());
    for (PlacedOrder& order : placed) {
      const size_t lane = LaneOf(order.member, lanes_.size());
      batches[lane].push_back(std::move(order));
      if (batches[lane].size() >= limits_.batch) {
        lanes_[lane]->Push(std::exchange(batches[lane], {}));
      }
    }
    for (size_t lane = 0; lane < lanes_.size(); ++lane) {
      if (!batches[lane].empty()) lanes_[lane]->Push(std::move(batches[lane]));
    }
  }
}

void OrderImport::RecordLane(Lane& lane) {
  while (std::optional<std::vector<PlacedOrder>> batch = lane.Pop()) {
    const size_t count = batch->size();
    absl::Status status;
    {
      const std::scoped_lock lock(mutex_);
      status = failure_;
    }
    PurchaseSums sums;
    std::vector<RefusedOrder> refused;
    if (status.ok()) {
      status = RecordPurchases(engine_, origin_, *std::move(batch), sums, refused);
    }
    Refuse(refused);
    {
      const std::scoped_lock lock(mutex_);
      sums_ += sums;
    }
    Settle(count, status);
  }
}

void OrderImport::Refuse(const std::vector<RefusedOrder>& refused) {
  for (const auto& [order, error] : refused) rejects_.Add(order.line, order.text, true, error);
}

void OrderImport::Settle(size_t orders, const absl::Status& status) {
  const std::scoped_lock lock(mutex_);
  under_way_ -= static_cast<int64_t>(orders);
  failure_.Update(status);
  if (under_way_ == 0) settled_.notify_all();
}

PurchaseSums OrderImport::sums() const {
  const std::scoped_lock lock(mutex_);
  return sums_;
}

int64_t OrderImport::members() const {
  const std::scoped_lock lock(mutex_);
  return members_;
}

}  // namespace gratis::cli
