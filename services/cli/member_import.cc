#include "services/cli/member_import.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/status/macros.h"
#include "services/cli/batch.h"

namespace gratis::cli {
namespace {

namespace v1 = members::v1;

constexpr int kMaxBatch = 1000;  // as the contract has it
// Of rows in one batch, whatever their number: a call has at most 4 MiB.
constexpr size_t kMaxBatchBytes = 1 << 20;

// What is yet to be kept of members of a batch: requests, and the row that each belongs to.
template <class Batch>
struct Belongings {
  Batch requests;
  std::vector<size_t> rows;
};

// Sends them, as many calls as it takes; `settled(row, status)` says what became of each.
template <class Response, class Batch, class Settled>
absl::Status SendAll(Engine& engine, Belongings<Batch> all, absl::Duration patience,
                     Settled settled) {
  for (int from = 0; from < all.requests.requests_size(); from += kMaxBatch) {
    Batch batch;
    const int end = std::min(from + kMaxBatch, all.requests.requests_size());
    for (int i = from; i < end; ++i) batch.add_requests()->Swap(all.requests.mutable_requests(i));
    RETURN_IF_ERROR(SendBatch<Response>(engine, std::move(batch), patience,
                                        [&](size_t place, const absl::Status& status, const auto&) {
                                          settled(all.rows[static_cast<size_t>(from) + place],
                                                  status);
                                        }));
  }
  return absl::OkStatus();
}

}  // namespace

MemberSums& MemberSums::operator+=(const MemberSums& other) {
  members += other.members;
  replayed += other.replayed;
  consents += other.consents;
  preferences += other.preferences;
  segments += other.segments;
  return *this;
}

MemberImport::MemberImport(Engine& engine, Limits limits, RejectsFile& rejects)
    : engine_(engine), limits_(limits), rejects_(rejects), batches_(limits.lanes) {
  for (size_t i = 0; i < limits_.lanes; ++i) threads_.emplace_back([this] { Work(); });
}

MemberImport::~MemberImport() {
  batches_.Close();
  for (std::thread& thread : threads_) thread.join();
}

bool MemberImport::Add(MemberRow row) {
  batch_bytes_ += row.text.size();
  batch_.push_back(std::move(row));
  if (batch_.size() < limits_.batch && batch_bytes_ < kMaxBatchBytes) return true;
  batch_bytes_ = 0;
  {
    const std::scoped_lock lock(mutex_);
    if (!failure_.ok()) return false;
    ++under_way_;
  }
  batches_.Push(std::exchange(batch_, {}));
  return true;
}

absl::Status MemberImport::Finish() {
  std::unique_lock lock(mutex_);
  if (!batch_.empty() && failure_.ok()) {
    ++under_way_;
    lock.unlock();
    batches_.Push(std::exchange(batch_, {}));
    batch_bytes_ = 0;
    lock.lock();
  }
  settled_.wait(lock, [&] { return under_way_ == 0; });
  return failure_;
}

void MemberImport::Work() {
  while (std::optional<Batch> batch = batches_.Pop()) {
    absl::Status status;
    {
      const std::scoped_lock lock(mutex_);
      status = failure_;
    }
    MemberSums sums;
    if (status.ok()) status = Transfer(*batch, sums);
    const std::scoped_lock lock(mutex_);
    sums_ += sums;
    failure_.Update(status);
    if (--under_way_ == 0) settled_.notify_all();
  }
}

absl::Status MemberImport::Transfer(Batch& batch, MemberSums& sums) {
  v1::BatchEnrollMembersRequest enrollments;
  for (MemberRow& row : batch) enrollments.add_requests()->Swap(&row.enrollment);
  Belongings<v1::BatchRecordConsentsRequest> consents;
  Belongings<v1::BatchSetPreferencesRequest> preferences;
  Belongings<v1::BatchSetMemberSegmentsRequest> segments;
  std::vector<size_t> objecting;  // rows
  RETURN_IF_ERROR(SendBatch<v1::BatchEnrollMembersResponse>(
      engine_, std::move(enrollments), limits_.patience,
      [&](size_t place, const absl::Status& status, const auto& result) {
        MemberRow& row = batch[place];
        if (!status.ok()) return Reject(row, status);
        ++sums.members;
        sums.replayed += result.status().replayed() ? 1 : 0;
        const std::string& member = result.response().member_id();
        if (row.objection) {
          row.objection->set_member_id(member);
          objecting.push_back(place);
        }
        for (v1::RecordConsentRequest& request : row.consents) {
          request.set_member_id(member);
          consents.requests.add_requests()->Swap(&request);
          consents.rows.push_back(place);
        }
        if (row.preferences) {
          row.preferences->set_member_id(member);
          preferences.requests.add_requests()->Swap(&*row.preferences);
          preferences.rows.push_back(place);
        }
        if (row.segments) {
          row.segments->set_member_id(member);
          segments.requests.add_requests()->Swap(&*row.segments);
          segments.rows.push_back(place);
        }
      }));
  // First, so that what they said yes to at the same moment is recorded last.
  for (const size_t place : objecting) RETURN_IF_ERROR(Object(batch[place], sums));
  const auto count = [&](int64_t& kept) {
    return [&](size_t row, const absl::Status& status) {
      if (status.ok()) {
        ++kept;
      } else {
        Reject(batch[row], status);
      }
    };
  };
  RETURN_IF_ERROR(SendAll<v1::BatchRecordConsentsResponse>(engine_, std::move(consents),
                                                           limits_.patience, count(sums.consents)));
  RETURN_IF_ERROR(SendAll<v1::BatchSetPreferencesResponse>(
      engine_, std::move(preferences), limits_.patience, count(sums.preferences)));
  return SendAll<v1::BatchSetMemberSegmentsResponse>(engine_, std::move(segments), limits_.patience,
                                                     count(sums.segments));
}

absl::Status MemberImport::Object(const MemberRow& row, MemberSums& sums) {
  v1::RecordObjectionResponse recorded;
  const absl::Status status = CallPatiently(engine_, *row.objection, recorded, limits_.patience);
  if (status.ok()) {
    ++sums.consents;
  } else if (Patience::MayPass(status)) {
    return status;
  } else {
    Reject(row, status);
  }
  return absl::OkStatus();
}

void MemberImport::Reject(const MemberRow& row, const absl::Status& error) {
  rejects_.Add(row.line, row.text, true, error);
}

MemberSums MemberImport::sums() const {
  const std::scoped_lock lock(mutex_);
  return sums_;
}

}  // namespace gratis::cli
