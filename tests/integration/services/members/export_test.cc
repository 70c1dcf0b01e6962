#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "common/ledger/merging.h"
#include "services/members/privacy.h"
#include "services/members/standing_changes.h"
#include "tests/integration/services/members/members_calls.h"

namespace gratis::members {
namespace {

using ::testing::AllOf;
using ::testing::Gt;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::SizeIs;

// A duplicate becomes part of another, in the ledger alone.
class MergeOfExported final : public ledger::Mutation {
 public:
  explicit MergeOfExported(ledger::MergePair pair) : pair_(std::move(pair)) {
    envelope.member = pair_.duplicate;
    envelope.also.push_back(pair_.survivor);
  }
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    RETURN_IF_ERROR(ledger::MergeMembers(books, pair_).status());
    return std::string("merged");
  }

 private:
  const ledger::MergePair pair_;
};

class ExportTest : public MembersCalls {
 protected:
  // Reads `messages` messages at most, and leaves where it stopped in `cursor_`.
  std::vector<v1::ExportedMember> Export(const std::string& cursor, int messages = 1000) {
    grpc::ClientContext context;
    Sign(context, "support");
    v1::ExportMembersRequest request;
    request.set_cursor(cursor);
    v1::ExportService::Stub stub(server_->InProcessChannel({}));
    const auto reader = stub.ExportMembers(&context, request);
    std::vector<v1::ExportedMember> exported;
    v1::ExportMembersResponse message;
    bool more = false;
    while (messages-- > 0 && (more = reader->Read(&message))) {
      exported.insert(exported.end(), message.members().begin(), message.members().end());
      cursor_ = message.cursor();
      partitions_done_ = message.partitions_done();
      EXPECT_EQ(message.partitions(), program_.partitions);
    }
    if (more) context.TryCancel();
    const grpc::Status status = reader->Finish();
    status_ = status.ok() ? absl::OkStatus() : rpc::FromGrpc(status);
    return exported;
  }

  void Do(std::unique_ptr<ledger::Mutation> mutation) {
    ledger::Envelope& envelope = mutation->envelope;
    envelope.program = program_;
    envelope.request_id = absl::StrCat("do ", ++done_);
    envelope.fingerprint = std::string(32, 'e');
    envelope.actor = "key_test";
    envelope.now = clock_.Now();
    envelope.deadline = Soon();
    const ledger::Outcome outcome = poster_.Post(plain_, std::move(mutation));
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
  }
  TransactionId NewTransaction(const MemberId& member) {
    return members_.NewTransaction(program_, member, clock_.Now());
  }

  ledger::MutationKind plain_;
  int done_ = 0;
  std::string cursor_;
  int32_t partitions_done_ = 0;
  absl::Status status_;
};

TEST_F(ExportTest, EverybodyComesOnceWithWhatTheySaidAndLike) {
  std::set<std::string> enrolled;
  for (int i = 0; i < 20; ++i) enrolled.insert(Enrolled(absl::StrCat("m", i)));
  const std::string ann = Enrolled("ann");
  enrolled.insert(ann);
  v1::SetPreferencesRequest wish;
  wish.set_request_id("p");
  wish.set_member_id(ann);
  wish.add_set()->set_key("shoe_size");
  wish.mutable_set(0)->set_number(41);
  v1::SetPreferencesResponse set;
  ASSERT_EQ(Call("pos", &Preference::SetPreferences, wish, set), absl::OkStatus());
  v1::RecordObjectionRequest objection;
  objection.set_request_id("o");
  objection.set_member_id(ann);
  objection.set_source(v1::CONSENT_SOURCE_PAPER);
  v1::RecordObjectionResponse recorded;
  ASSERT_EQ(Call("pos", &Consent::RecordObjection, objection, recorded), absl::OkStatus());

  const auto exported = Export("");
  EXPECT_EQ(status_, absl::OkStatus());
  std::set<std::string> ids;
  for (const v1::ExportedMember& member : exported) {
    EXPECT_TRUE(ids.insert(member.member().member_id()).second);
    const bool is_ann = member.member().member_id() == ann;
    EXPECT_THAT(member.consents(), SizeIs(is_ann ? 14 : 0));
    EXPECT_THAT(member.preferences(), SizeIs(is_ann ? 1 : 0));
    if (is_ann) {
      EXPECT_EQ(member.member().profile().email(), "ann@example.com");
      EXPECT_EQ(member.preferences(0).preference().number(), 41);
    }
  }
  EXPECT_EQ(ids, enrolled);
  EXPECT_EQ(partitions_done_, program_.partitions);
  EXPECT_THAT(Export(cursor_), IsEmpty());  // there is nothing behind the last

  const auto dossier = dossiers_.Of(program_, *MemberId::Parse(ann), Soon());
  ASSERT_TRUE(dossier.ok()) << dossier.status();
  EXPECT_EQ(dossier->member.profile.greeting_name, "ann");
  EXPECT_THAT(dossier->history, SizeIs(14));
  EXPECT_THAT(dossier->consents, SizeIs(14));
  EXPECT_THAT(dossier->preferences, SizeIs(1));
}

TEST_F(ExportTest, EverybodysStateIsToldAndWhoTheyBecame) {
  const std::string ann = Enrolled("ann");
  const std::string dora = Enrolled("dora");
  const std::string twin = Enrolled("twin");
  const MemberId dead = *MemberId::Parse(dora);
  Do(std::make_unique<StateChange>(dead, ledger::MemberState::kDeceased, "case 7",
                                   NewTransaction(dead)));
  const MemberId duplicate = *MemberId::Parse(twin), survivor = *MemberId::Parse(ann);
  Do(std::make_unique<MergeOfExported>(ledger::MergePair{.duplicate = duplicate,
                                                         .survivor = survivor,
                                                         .leaving = NewTransaction(duplicate),
                                                         .arriving = NewTransaction(survivor),
                                                         .effective_at = clock_.Now(),
                                                         .source = "test"}));
  std::map<std::string, std::pair<v1::MemberState, std::string>> told;
  for (const v1::ExportedMember& member : Export("")) {
    told[member.member().member_id()] = {member.member().state(), member.merged_into()};
  }
  EXPECT_EQ(told.size(), 3U);
  EXPECT_EQ(told[ann], std::pair(v1::MEMBER_STATE_ACTIVE, std::string()));
  EXPECT_EQ(told[dora], std::pair(v1::MEMBER_STATE_DECEASED, std::string()));
  EXPECT_EQ(told[twin], std::pair(v1::MEMBER_STATE_MERGED, ann));
}

TEST_F(ExportTest, AnExportThatBrokeGoesOnFromItsCursor) {
  // More than one message holds.
  std::set<std::string> enrolled;
  for (int i = 0; i < 1203; ++i) {
    enrolled.insert(
        IdIn(Enroll(absl::StrCat("r", i), {.external_ids = {{"x", absl::StrCat(i)}}})).ToString());
  }
  std::set<std::string> ids;
  std::string cursor;
  int streams = 0;
  int32_t done = 0;
  while (true) {
    const auto exported = Export(cursor, 1);
    if (exported.empty()) break;
    EXPECT_GE(partitions_done_, done);
    done = partitions_done_;
    if (streams == 0) {
      EXPECT_THAT(done, AllOf(Gt(0), Lt(program_.partitions)));
    }
    for (const auto& member : exported) {
      EXPECT_TRUE(ids.insert(member.member().member_id()).second);
    }
    cursor = cursor_;
    ++streams;
  }
  EXPECT_GE(streams, 3);
  EXPECT_EQ(ids, enrolled);
}

TEST_F(ExportTest, WhoeverIsErasedMeanwhileIsSkippedAndTheOthersAllCome) {
  // More than two messages hold.
  std::set<std::string> stay;
  for (int i = 0; i < 1101; ++i) {
    stay.insert(
        IdIn(Enroll(absl::StrCat("r", i), {.external_ids = {{"x", absl::StrCat(i)}}})).ToString());
  }
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("gratis-export-" + database_.name());
  ErasureLog log(file.string(), "key");
  Privacy privacy(vault_, ids_, pool_, poster_, log);
  const auto erase = [&](const std::string& member) {
    auto erasure = privacy.Prepare(program_, *MemberId::Parse(member), clock_.Now());
    erasure->envelope.program = program_;
    erasure->envelope.actor = "key_admin";
    erasure->envelope.now = clock_.Now();
    erasure->envelope.deadline = Soon();
    EXPECT_TRUE(privacy.Erase(std::move(erasure)).answer.ok());
    stay.erase(member);
  };

  const auto first = Export("", 1);
  ASSERT_FALSE(first.empty());
  // The last of those who came, behind whom it goes on; and some of those who did not yet.
  const std::string last = first.back().member().member_id();
  std::set<std::string> came;
  for (const v1::ExportedMember& member : first) came.insert(member.member().member_id());
  std::vector<std::string> gone;
  for (const std::string& member : stay) {
    if (came.count(member) == 0 && gone.size() < 60) gone.push_back(member);
  }
  for (const std::string& member : gone) erase(member);
  erase(last);
  for (const v1::ExportedMember& member : Export(cursor_)) {
    EXPECT_TRUE(came.insert(member.member().member_id()).second);
  }
  EXPECT_EQ(status_, absl::OkStatus());
  came.erase(last);
  EXPECT_EQ(came, stay);
  std::filesystem::remove(file);
}

TEST_F(ExportTest, ACursorOfAnotherProgramIsNone) {
  for (const char* cursor : {"x", "999/", "-1/", "1/txn_00000000000000000000000000"}) {
    EXPECT_THAT(Export(cursor), IsEmpty());
    EXPECT_EQ(ReasonOf(status_), Reason::kCursorInvalid) << cursor;
  }
}

}  // namespace
}  // namespace gratis::members
