#include "services/ledger/verification.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/pg/pause.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "services/ledger/ledger_convert.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using rpc::Step;

constexpr absl::Duration kPartitionLimit = absl::Hours(1);
constexpr absl::Duration kTellEvery = absl::Milliseconds(250);
constexpr absl::Duration kRetryWhenFull = absl::Seconds(10);
constexpr size_t kHashDigits = 64;

bool IsHex(char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); }

// A check of all partitions under way, shared by those who do it and the one who tells of it.
class Check {
 public:
  Check(pg::Pool& pool, std::vector<ledger::Program> programs, std::vector<ledger::Anchor> anchors,
        std::string chain_key, rpc::Waker wake)
      : pool_(pool),
        programs_(std::move(programs)),
        anchors_(std::move(anchors)),
        chain_key_(std::move(chain_key)),
        wake_(std::move(wake)) {
    for (const ledger::Program& program : programs_) {
      if (program.number == ledger::kHouseProgram) house_ = true;
      for (int32_t i = program.first_partition; i <= program.last_partition(); ++i) {
        places_.push_back({program, i});
      }
    }
  }

  // Verifies partitions, one after another, until none is left.
  void Work();
  void Stop();

  // Fills in what there is to tell. Whether a partition is through.
  absl::StatusOr<bool> Tell(v1::VerifyLedgerResponse& message);
  bool all_told() const { return told_ == std::ssize(places_); }
  int64_t partitions() const { return std::ssize(places_); }

 private:
  struct Place {
    const ledger::Program& program;
    int32_t partition;
  };
  struct Found {
    const std::string& program;  // its code
    ledger::Verification verification;
  };
  const Place* Take();
  bool Read(int32_t partition, int64_t entries);
  void Through(const Place& place, absl::StatusOr<ledger::Verification> found);

  pg::Pool& pool_;
  const std::vector<ledger::Program> programs_;
  const std::vector<ledger::Anchor> anchors_;
  const std::string chain_key_;
  const rpc::Waker wake_;
  std::vector<Place> places_;  // not changed once made
  bool house_ = false;         // is among the programs
  int64_t told_ = 0;           // partitions; of the one who tells

  std::mutex mutex_;
  size_t next_ = 0;  // place
  bool stopped_ = false;
  absl::Status failure_;
  std::map<int32_t, int64_t> entries_;  // read so far, by partition
  std::deque<Found> found_;
};

const Check::Place* Check::Take() {
  const std::lock_guard lock(mutex_);
  if (stopped_ || next_ == places_.size()) return nullptr;
  return &places_[next_++];
}

bool Check::Read(int32_t partition, int64_t entries) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
    entries_[partition] = entries;
  }
  wake_();
  return true;
}

void Check::Through(const Place& place, absl::StatusOr<ledger::Verification> found) {
  {
    const std::lock_guard lock(mutex_);
    if (found.ok()) {
      entries_[place.partition] = found->entries;
      found_.push_back({place.program.code, *std::move(found)});
    } else {
      failure_.Update(found.status());
      stopped_ = true;
    }
  }
  wake_();
}

void Check::Work() {
  while (const Place* place = Take()) {
    ledger::VerifyOptions options{
        .chain_key = chain_key_, .deadline = pg::RealNow() + kPartitionLimit, .anchors = anchors_};
    options.go_on = [this, place](int64_t entries) { return Read(place->partition, entries); };
    Through(*place, ledger::VerifyPartition(pool_, place->program, place->partition, options));
  }
}

void Check::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
}

absl::StatusOr<bool> Check::Tell(v1::VerifyLedgerResponse& message) {
  const std::lock_guard lock(mutex_);
  if (!failure_.ok()) return failure_;
  const bool through = !found_.empty();
  if (through) {
    ToProto(found_.front().verification, found_.front().program, *message.mutable_verified());
    found_.pop_front();
    ++told_;
  }
  message.set_partitions_done(static_cast<int32_t>(told_));
  message.set_partitions(static_cast<int32_t>(partitions()));
  message.set_house(house_);
  int64_t entries = 0;
  for (const auto& [partition, count] : entries_) entries += count;
  message.set_entries(entries);
  return through;
}

class Telling final : public rpc::Producer<v1::VerifyLedgerResponse> {
 public:
  explicit Telling(std::shared_ptr<Check> check) : check_(std::move(check)) {}
  ~Telling() override { check_->Stop(); }

  absl::StatusOr<Step> Next(v1::VerifyLedgerResponse& message) override {
    if (check_->all_told()) return Step::End();
    const absl::StatusOr<bool> through = check_->Tell(message);
    if (!through.ok()) return through.status();
    const absl::Time now = pg::RealNow();
    if (!*through && now < silent_until_) return Step::Wait(silent_until_);
    silent_until_ = now + kTellEvery;
    return Step::Send();
  }

 private:
  const std::shared_ptr<Check> check_;
  absl::Time silent_until_ = absl::InfinitePast();
};

}  // namespace

void ToProto(const ledger::Verification& found, const std::string& code,
             v1::VerifyPartitionResponse& out) {
  out.set_program(code);
  out.set_partition(found.partition);
  out.set_entries(found.entries);
  out.set_wallets(found.wallets);
  for (const ledger::Damage& damage : found.damages) ToProto(damage, *out.add_damages());
  out.set_last_sequence(found.last_seq);
  out.set_chain_hash(base::Hex(found.chain_hash));
  out.set_anchors(found.anchors);
}

absl::StatusOr<std::vector<ledger::Anchor>> AnchorsOf(
    const google::protobuf::RepeatedPtrField<v1::Anchor>& anchors) {
  if (anchors.size() > kMaxAnchors) {
    return FieldError(
        Reason::kFieldInvalid, "anchors",
        absl::StrCat("a call brings at most ", kMaxAnchors, " anchors, not ", anchors.size()));
  }
  std::vector<ledger::Anchor> all;
  for (const v1::Anchor& anchor : anchors) {
    const std::string& hash = anchor.chain_hash();
    const bool is_hash = hash.size() == kHashDigits && std::all_of(hash.begin(), hash.end(), IsHex);
    if (!is_hash || anchor.sequence() < 0) {
      return FieldError(Reason::kFieldInvalid, absl::StrCat("anchors[", all.size(), "]"),
                        "an anchor has the sequence and the hash of a head that was verified");
    }
    all.push_back({anchor.partition(), anchor.sequence(), absl::HexStringToBytes(hash)});
  }
  return all;
}

absl::StatusOr<std::unique_ptr<rpc::Producer<v1::VerifyLedgerResponse>>> VerifyLedger(
    rpc::WorkerPool& workers, pg::Pool& pool, std::vector<ledger::Program> programs,
    std::vector<ledger::Anchor> anchors, const std::string& chain_key, rpc::Waker wake) {
  const auto check = std::make_shared<Check>(pool, std::move(programs), std::move(anchors),
                                             chain_key, std::move(wake));
  auto telling = std::make_unique<Telling>(check);
  for (int i = 0; i < std::min<int64_t>(kVerifyWorkers, check->partitions()); ++i) {
    if (workers.TryRun([check] { check->Work(); })) continue;
    return WithRetryDelay(Error(Reason::kOverloaded, "too many programs wait to be verified"),
                          kRetryWhenFull);
  }
  return telling;
}

}  // namespace gratis::ledger_service
