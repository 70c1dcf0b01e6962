#include "services/cli/member_import.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/status/macros.h"
#include "common/status/reasons.h"
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

// Sends them, as many calls as it takes; `settled(which of them, status)` says what became of each.
template <class Response, class Batch, class Settled>
absl::Status SendAll(Engine& engine, const Belongings<Batch>& all, absl::Duration patience,
                     Settled settled) {
  for (int from = 0; from < all.requests.requests_size(); from += kMaxBatch) {
    Batch batch;
    const int end = std::min(from + kMaxBatch, all.requests.requests_size());
    for (int i = from; i < end; ++i) *batch.add_requests() = all.requests.requests(i);
    RETURN_IF_ERROR(SendBatch<Response>(engine, std::move(batch), patience,
                                        [&](size_t place, const absl::Status& status, const auto&) {
                                          settled(static_cast<size_t>(from) + place, status);
                                        }));
  }
  return absl::OkStatus();
}

// Whether an import in the morning of its day may have said the same of that moment. Sent so again
// it is a replay then, and refused as before if not: its id is taken, so nothing is said anew.
template <class Request>
bool MayBeOfTheMorning(const absl::Status& status, const Request& request) {
  return ReasonOf(status) == Reason::kRequestIdReused && request.has_decided_at();
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
  const auto count = [&](const std::vector<size_t>& rows, int64_t& kept) {
    return [&](size_t item, const absl::Status& status) {
      if (status.ok()) {
        ++kept;
      } else {
        Reject(batch[rows[item]], status);
      }
    };
  };
  Belongings<v1::BatchRecordConsentsRequest> of_the_morning;
  RETURN_IF_ERROR(SendAll<v1::BatchRecordConsentsResponse>(
      engine_, consents, limits_.patience, [&](size_t item, const absl::Status& status) {
        const auto& request = consents.requests.requests(static_cast<int>(item));
        if (!MayBeOfTheMorning(status, request)) {
          return count(consents.rows, sums.consents)(item, status);
        }
        *of_the_morning.requests.add_requests() = request;
        of_the_morning.requests.mutable_requests()->rbegin()->clear_decided_at();
        of_the_morning.rows.push_back(consents.rows[item]);
      }));
  RETURN_IF_ERROR(SendAll<v1::BatchRecordConsentsResponse>(
      engine_, of_the_morning, limits_.patience, count(of_the_morning.rows, sums.consents)));
  RETURN_IF_ERROR(SendAll<v1::BatchSetPreferencesResponse>(
      engine_, preferences, limits_.patience, count(preferences.rows, sums.preferences)));
  return SendAll<v1::BatchSetMemberSegmentsResponse>(engine_, segments, limits_.patience,
                                                     count(segments.rows, sums.segments));
}

absl::Status MemberImport::Object(const MemberRow& row, MemberSums& sums) {
  v1::RecordObjectionRequest request = *row.objection;
  v1::RecordObjectionResponse recorded;
  absl::Status status = CallPatiently(engine_, request, recorded, limits_.patience);
  if (MayBeOfTheMorning(status, request)) {
    request.clear_decided_at();
    status = CallPatiently(engine_, request, recorded, limits_.patience);
  }
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
