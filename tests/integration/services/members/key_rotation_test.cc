#include "services/members/key_rotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/ledger/verify.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/vault.pb.h"
#include "tests/integration/services/members/members_house.h"

namespace gratis::members {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A house whose master keys are files, as an instance has them.
class Rotating : public MembersHouse {
 protected:
  Rotating() {
    std::string pattern = (fs::temp_directory_path() / "gratis-rotation-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    files_.emplace((folder_ / "master.key").string(), "");
    opened_.emplace(*Open());
  }
  ~Rotating() override { fs::remove_all(folder_); }

  // The vault that a process would have which starts now.
  absl::StatusOr<vault::Vault> Open() {
    pg::PoolOptions owner = PoolOptions(database_.conninfo());
    owner.role.clear();
    pg::Pool pool(owner);
    std::optional<vault::Vault> vault;
    RETURN_IF_ERROR(pg::RunTx(pool, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(vault, house::OpenVault(tx, *files_, clock_.Now()));
      return absl::OkStatus();
    }));
    return *std::move(vault);
  }

  // Enrolls so many people as a process with `vault` does.
  std::vector<MemberId> EnrollWith(vault::Vault& vault, const std::string& name, int count) {
    const Members members(vault, ids_, pool_);
    EnrollmentKind kind(vault);
    std::vector<MemberId> enrolled;
    for (int i = 0; i < count; ++i) {
      const Profile profile{.email = absl::StrCat(name, i, "@example.com")};
      auto enrollment =
          *members.Prepare(program_, *CheckedProfile(profile), std::nullopt, false, clock_.Now());
      enrollment->envelope.program = program_;
      enrollment->envelope.request_id = absl::StrCat(name, i);
      enrollment->envelope.fingerprint = std::string(32, 'f');
      enrollment->envelope.actor = "key_test";
      enrollment->envelope.now = clock_.Now();
      enrollment->envelope.deadline = Soon();
      enrolled.push_back(IdIn(poster_.Post(kind, std::move(enrollment))));
    }
    return enrolled;
  }

  // Posts a rotation as the service does; the version that wraps then.
  absl::StatusOr<int> Rotate(KeyRotation& rotation, vault::Vault& vault,
                             const std::string& request_id, int version = 0) {
    MasterKeyRotations kind(vault);
    ASSIGN_OR_RETURN(auto mutation, rotation.Prepare(version, true, clock_.Now(), Soon()));
    mutation->envelope.program = ledger::House();
    mutation->envelope.request_id = request_id;
    mutation->envelope.fingerprint = std::string(32, 'r');
    mutation->envelope.actor = "key_admin";
    mutation->envelope.now = clock_.Now();
    mutation->envelope.deadline = Soon();
    const ledger::Outcome outcome = poster_.Post(kind, std::move(mutation));
    RETURN_IF_ERROR(outcome.answer.status());
    v1::RotateMasterKeyResponse response;
    EXPECT_TRUE(response.ParseFromString(*outcome.answer));
    return response.version();
  }

  KeyRotation RotationOf(vault::Vault& vault) {
    return KeyRotation(vault, ids_, pool_, poster_, programs_);
  }
  KeyRotation::Rewrapped RewrapAll(KeyRotation& rotation) {
    KeyRotation::Rewrapped sum;
    for (int i = 0; i < 1000 && !sum.finished; ++i) {
      const auto step = rotation.Rewrap({"key_admin", ""}, clock_.Now(), Soon());
      EXPECT_TRUE(step.ok()) << step.status();
      if (!step.ok()) break;
      sum.data_keys += step->data_keys;
      sum.finished = step->finished;
    }
    return sum;
  }
  int64_t Wrapped(int version) {
    return Count(absl::StrCat("gratis_members.member WHERE key_version = ", version));
  }
  int64_t Facts() { return Count("ledger.journal WHERE kind = 5"); }

  fs::path folder_;
  std::optional<vault::MasterKeySource> files_;
  std::optional<vault::Vault> opened_;
  ledger::ProgramDirectory programs_{pool_};
};

TEST_F(Rotating, EverybodyIsReadableBeforeDuringAndWithoutTheOldKey) {
  const std::vector<MemberId> old_ones = EnrollWith(*opened_, "old", 20);
  const std::string chain = opened_->Derive("chain");
  KeyRotation rotation = RotationOf(*opened_);
  EXPECT_EQ(*Rotate(rotation, *opened_, "r1"), 2);
  const std::vector<MemberId> new_ones = EnrollWith(*opened_, "new", 3);
  EXPECT_EQ(Wrapped(1), 20);
  EXPECT_EQ(Wrapped(2), 3);
  for (const MemberId& id : old_ones) {
    EXPECT_TRUE(Members(*opened_, ids_, pool_).Get(program_, id, Soon()).ok());
  }

  const KeyRotation::Rewrapped done = RewrapAll(rotation);
  EXPECT_TRUE(done.finished);
  EXPECT_EQ(done.data_keys, 20);
  EXPECT_EQ(Wrapped(1), 0);
  EXPECT_EQ(Facts(), 2) << "its beginning and its end";

  fs::remove(folder_ / "master.key");
  const auto later = Open();
  ASSERT_TRUE(later.ok()) << later.status();
  EXPECT_EQ(later->Derive("chain"), chain);
  const Members members(*later, ids_, pool_);
  for (const auto& ids : {old_ones, new_ones}) {
    for (const MemberId& id : ids) EXPECT_TRUE(members.Get(program_, id, Soon()).ok());
  }
  EXPECT_TRUE(members.Identify(program_, {{*EmailIdentifier("old7@example.com")}}, Soon()).ok());
}

TEST_F(Rotating, AVersionThatIsStillNeededMayNotGo) {
  EnrollWith(*opened_, "old", 2);
  KeyRotation rotation = RotationOf(*opened_);
  ASSERT_TRUE(Rotate(rotation, *opened_, "r1").ok());
  const auto versions = rotation.Look(Soon());
  ASSERT_TRUE(versions.ok()) << versions.status();
  EXPECT_TRUE(IsUnderWay(versions->known));
  fs::rename(folder_ / "master.key", folder_ / "away");
  EXPECT_EQ(ReasonOf(Open().status()), Reason::kMasterKeyInvalid);
  fs::rename(folder_ / "away", folder_ / "master.key");
  RewrapAll(rotation);
  EXPECT_FALSE(IsUnderWay(rotation.Look(Soon())->known));
  fs::remove(folder_ / "master.key");
  EXPECT_TRUE(Open().ok());
}

TEST_F(Rotating, AVersionIsRetiredWhenOthersAreThroughToo) {
  EnrollWith(*opened_, "old", 2);
  database_.Execute(
      "INSERT INTO house.key_use (holder, partition, oldest_version) "
      "VALUES ('messages', 1, 2), ('messages', 2, 1)");
  KeyRotation rotation = RotationOf(*opened_);
  ASSERT_TRUE(Rotate(rotation, *opened_, "r1").ok());
  for (int i = 0; i < 2; ++i) {
    const auto waiting = rotation.Rewrap({"key_admin", ""}, clock_.Now(), Soon());
    ASSERT_TRUE(waiting.ok()) << waiting.status();
    EXPECT_EQ(waiting->remaining, 0);
    EXPECT_THAT(waiting->waits_for, ElementsAre("messages"));
    EXPECT_FALSE(waiting->finished);
  }
  const auto versions = rotation.Look(Soon());
  ASSERT_TRUE(versions.ok()) << versions.status();
  EXPECT_TRUE(IsUnderWay(versions->known));
  EXPECT_EQ(versions->others.at("messages"), 1);
  EXPECT_EQ(Facts(), 1);

  database_.Execute("UPDATE house.key_use SET oldest_version = 2");
  const auto done = rotation.Rewrap({"key_admin", ""}, clock_.Now(), Soon());
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_TRUE(done->finished);
  EXPECT_THAT(done->waits_for, IsEmpty());
  EXPECT_FALSE(IsUnderWay(rotation.Look(Soon())->known));
}

TEST_F(Rotating, OneThatWasCutOffGoesOnWithTheSameVersion) {
  EnrollWith(*opened_, "old", 4);
  KeyRotation rotation = RotationOf(*opened_);
  EXPECT_EQ(*Rotate(rotation, *opened_, "r1"), 2);
  // A process that starts later knows nothing of the first one.
  vault::Vault restarted = *Open();
  KeyRotation again = RotationOf(restarted);
  EXPECT_EQ(*Rotate(again, restarted, "r2"), 2);
  EXPECT_FALSE(fs::exists(folder_ / "master.key.3"));
  EXPECT_EQ(RewrapAll(again).data_keys, 4);
  EXPECT_EQ(Facts(), 2);
  EXPECT_TRUE(RewrapAll(again).finished) << "nothing is left to do";
  EXPECT_EQ(Facts(), 2);
  EXPECT_EQ(*Rotate(again, restarted, "r3"), 3);
}

TEST_F(Rotating, AProcessThatDoesNotKnowYetWrapsByTheNewVersionAllTheSame) {
  vault::Vault slow = *Open();
  ASSERT_EQ(slow.version(), 1);
  KeyRotation rotation = RotationOf(*opened_);
  ASSERT_TRUE(Rotate(rotation, *opened_, "r1").ok());
  EnrollWith(slow, "late", 3);
  EXPECT_EQ(Wrapped(1), 0);
  EXPECT_EQ(Wrapped(2), 3);
}

TEST_F(Rotating, PeopleWhoEnrollMeanwhileAreNotLost) {
  EnrollWith(*opened_, "old", 200);
  vault::Vault elsewhere = *Open();
  KeyRotation rotation = RotationOf(*opened_);
  std::atomic<bool> stop = false;
  std::thread enrolling([&] {
    for (int i = 0; !stop; ++i) EnrollWith(elsewhere, absl::StrCat("meanwhile", i, "-"), 1);
  });
  for (int round = 2; round <= 5; ++round) {
    EXPECT_EQ(*Rotate(rotation, *opened_, absl::StrCat("r", round)), round);
    EXPECT_TRUE(RewrapAll(rotation).finished);
    EXPECT_EQ(Count(absl::StrCat("gratis_members.member WHERE key_version < ", round)), 0);
  }
  stop = true;
  enrolling.join();
  EXPECT_EQ(Count("gratis_members.member WHERE key_version < 5"), 0);
}

TEST_F(Rotating, AVersionThatIsNamedMustBeGivenAndNewer) {
  KeyRotation rotation = RotationOf(*opened_);
  EXPECT_EQ(ReasonOf(Rotate(rotation, *opened_, "r1", 2).status()), Reason::kMasterKeyInvalid);
  EXPECT_EQ(ReasonOf(Rotate(rotation, *opened_, "r1", 1).status()), Reason::kMasterKeyInvalid);
  ASSERT_TRUE(files_->Make(7).ok());
  EXPECT_EQ(*Rotate(rotation, *opened_, "r1", 7), 7);
  EXPECT_EQ(Facts(), 1);
}

TEST_F(Rotating, TheHousesBooksStillVerify) {
  EnrollWith(*opened_, "old", 2);
  KeyRotation rotation = RotationOf(*opened_);
  ASSERT_TRUE(Rotate(rotation, *opened_, "r1").ok());
  ASSERT_TRUE(RewrapAll(rotation).finished);
  pg::PoolOptions owner = PoolOptions(database_.conninfo());
  owner.role.clear();
  pg::Pool pool(owner);
  const auto found = ledger::VerifyPartition(
      pool, ledger::House(), 0, {.chain_key = std::string(32, 'c'), .deadline = Soon()});
  ASSERT_TRUE(found.ok()) << found.status();
  for (const ledger::Damage& damage : found->damages) {
    // The program of these tests is put in without a fact.
    EXPECT_EQ(damage.check, "program") << damage.description;
  }
}

}  // namespace
}  // namespace gratis::members
