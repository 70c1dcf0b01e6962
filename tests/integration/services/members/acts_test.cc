#include "common/ledger/acts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "services/members/export_service.h"
#include "services/members/group_service.h"
#include "services/members/member_service.h"
#include "services/members/privacy_service.h"
#include "services/members/segment_service.h"
#include "services/members/standing_service.h"
#include "tests/integration/services/members/caller.h"

// What staff do to members and take away of them is found in the audit; what tills, back ends and
// members do every day is not.
namespace gratis::members {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

class StaffActs : public Caller {
 protected:
  StaffActs() {
    gate_.key_id = KeyId{ids_.Next(clock_.Now())};
    Serve({&member_service_, &segment_service_, &group_service_, &standing_service_,
           &export_service_, &privacy_service_});
  }
  ~StaffActs() override { server_->Shutdown(); }

  std::string Enrolled(const std::string& name) {
    return IdIn(Enroll("enroll " + name, {.email = name + "@example.com",
                                          .phone = "+41446681800",
                                          .greeting_name = name}))
        .ToString();
  }

  template <class Stub, class Req, class Resp>
  Resp Did(const std::string& role,
           grpc::Status (Stub::*method)(grpc::ClientContext*, const Req&, Resp*), Req request) {
    request.set_request_id(absl::StrCat("act ", ++requests_));
    Resp response;
    EXPECT_EQ(Call(role, method, request, response), absl::OkStatus());
    return response;
  }
  absl::Status Export(const std::string& role, const std::string& member) {
    v1::ExportMemberRequest request;
    request.set_member_id(member);
    v1::ExportMemberResponse response;
    return Call(role, &v1::PrivacyService::Stub::ExportMember, request, response);
  }
  // Of all members; leaves where it stopped, which is after the first message, in `cursor_`.
  void ExportAll(const std::string& cursor) {
    grpc::ClientContext context;
    Sign(context, "support");
    v1::ExportMembersRequest request;
    request.set_cursor(cursor);
    v1::ExportService::Stub stub(server_->InProcessChannel({}));
    const auto reader = stub.ExportMembers(&context, request);
    v1::ExportMembersResponse message;
    if (reader->Read(&message)) cursor_ = message.cursor();
    context.TryCancel();
    static_cast<void>(reader->Finish());
  }

  // Newest first.
  std::vector<ledger::Act> Acts() {
    std::vector<ledger::Act> acts;
    const absl::Status read =
        pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
          ASSIGN_OR_RETURN(acts, ledger::ReadActs(tx, program_, {}, 100));
          return absl::OkStatus();
        });
    EXPECT_EQ(read, absl::OkStatus());
    return acts;
  }
  using KindAndBefore = std::pair<ledger::FactKind, std::string>;
  std::vector<KindAndBefore> KindsAndBefore() {
    std::vector<KindAndBefore> all;
    for (const ledger::Act& act : Acts()) all.emplace_back(act.row.fact.kind, act.before);
    return all;
  }

  Proving proving_{vault_, pool_};
  Consents consents_{pool_};
  Preferences preferences_{vault_, ids_, pool_};
  Dossiers dossiers_{members_, consents_, preferences_};
  Tiers tiers_{pool_, poster_};
  ErasureLog log_{
      (std::filesystem::temp_directory_path() / ("gratis-acts-" + database_.name())).string(),
      "key"};
  Privacy privacy_{vault_, ids_, pool_, poster_, log_};
  Groups groups_{vault_, ids_, pool_};
  ExportNotes export_notes_{poster_, ids_};
  Proposing proposing_{poster_};
  MemberService member_service_{shell_, poster_, members_, proving_, vault_, pool_, proposing_};
  SegmentService segment_service_{shell_, poster_, members_};
  GroupService group_service_{shell_, poster_, groups_, vault_};
  StandingService standing_service_{shell_, poster_, members_, vault_};
  ExportService export_service_{shell_, dossiers_, export_notes_};
  PrivacyService privacy_service_{shell_, dossiers_, tiers_, privacy_, export_notes_};
  std::string cursor_;
  int requests_ = 0;
};

TEST_F(StaffActs, OfAProfileSayWhichPartsThereWereAndNeverWhatTheySay) {
  v1::UpdateMemberRequest change;
  change.set_member_id(Enrolled("ann"));
  change.mutable_profile()->set_greeting_name("Annamaria");
  change.mutable_update_mask()->add_paths("greeting_name");
  Did("backend", &v1::MemberService::Stub::UpdateMember, change);
  EXPECT_THAT(Acts(), IsEmpty());

  change.mutable_profile()->Clear();
  change.mutable_profile()->set_phone("+41446681801");
  change.mutable_profile()->set_home_store("basel");
  for (const char* part : {"email", "phone", "home_store"}) {
    change.mutable_update_mask()->add_paths(part);
  }
  change.mutable_update_mask()->mutable_paths()->DeleteSubrange(0, 1);
  Did("support", &v1::MemberService::Stub::UpdateMember, change);
  const std::vector<ledger::Act> acts = Acts();
  ASSERT_THAT(acts, SizeIs(1));
  EXPECT_EQ(acts[0].row.fact.kind, ledger::FactKind::kMemberUpdated);
  EXPECT_EQ(acts[0].row.fact.member.ToString(), change.member_id());
  EXPECT_EQ(acts[0].row.actor, gate_.key_id.ToString());
  EXPECT_EQ(acts[0].network, "here");
  EXPECT_EQ(acts[0].row.fact.detail,
            R"({"changed":["email","phone","home_store"],)"
            R"("before":{"email":"set","phone":"set","home_store":"none"},)"
            R"("after":{"email":"none","phone":"changed","home_store":"set"}})");
  EXPECT_EQ(acts[0].before, R"({"email": "set", "phone": "set", "home_store": "none"})");
  EXPECT_EQ(Count("ledger.journal WHERE kind = 13 AND detail ~ 'basel|4466|example|Anna'"), 0);
}

TEST_F(StaffActs, OfSegmentsSayWhichTheMemberWasIn) {
  v1::SetMemberSegmentsRequest put;
  put.set_member_id(Enrolled("ann"));
  put.add_add()->set_segment("press");
  for (const char* role : {"backend", "import"}) {
    Did(role, &v1::SegmentService::Stub::SetMemberSegments, put);
  }
  EXPECT_THAT(Acts(), IsEmpty());
  put.mutable_add(0)->set_segment("student");
  put.add_remove("press");
  Did("marketing", &v1::SegmentService::Stub::SetMemberSegments, put);
  Did("marketing", &v1::SegmentService::Stub::SetMemberSegments, put);  // all of it is so already
  const std::vector<ledger::Act> acts = Acts();
  ASSERT_THAT(acts, SizeIs(1));
  EXPECT_THAT(acts[0].before, AllOf(HasSubstr("\"press\""), Not(HasSubstr("student"))));
}

TEST_F(StaffActs, OfGroupsSayWhoOpenedThemAndPutWhomIn) {
  using Stub = v1::GroupService::Stub;
  v1::CreateGroupRequest create;
  create.set_kind(v1::GROUP_KIND_COMMUNITY);
  create.set_name("Early birds");
  const std::string group = Did("support", &Stub::CreateGroup, create).group_id();
  v1::AddGroupMemberRequest add;
  add.set_group_id(group);
  add.set_member_id(IdIn(Enroll("bob", {.email = "bob@example.com"})).ToString());
  Did("backend", &Stub::AddGroupMember, add);
  const std::string ann = Enrolled("ann");
  v1::InviteGroupMemberRequest invite;
  invite.set_group_id(group);
  invite.set_member_id(ann);
  Did("support", &Stub::InviteGroupMember, invite);
  add.set_member_id(ann);
  Did("support", &Stub::AddGroupMember, add);
  v1::RemoveGroupMemberRequest remove;
  remove.set_group_id(group);
  remove.set_member_id(ann);
  Did("support", &Stub::RemoveGroupMember, remove);
  v1::SetGroupPerksRequest perks;
  perks.set_group_id(group);
  perks.add_perks("Coffee on the house");
  Did("marketing", &Stub::SetGroupPerks, perks);
  using Kind = ledger::FactKind;
  EXPECT_THAT(KindsAndBefore(),
              ElementsAre(Pair(Kind::kGroupChanged, R"({"perks": 0})"),
                          Pair(Kind::kGroupMembershipChanged, R"({"change": "joined"})"),
                          Pair(Kind::kGroupMembershipChanged, R"({"change": "invited"})"),
                          Pair(Kind::kGroupMembershipChanged, ""), Pair(Kind::kGroupChanged, "")));
}

TEST_F(StaffActs, OfAStateSayWhichItWas) {
  v1::SetMemberStateRequest set;
  set.set_member_id(Enrolled("ann"));
  set.set_state(v1::MEMBER_STATE_SUSPENDED);
  Did("support", &v1::StandingService::Stub::SetMemberState, set);
  EXPECT_THAT(KindsAndBefore(),
              ElementsAre(Pair(ledger::FactKind::kMemberStateSet, R"({"state": "active"})")));
}

TEST_F(StaffActs, AnExportIsNotedBeforeItIsRead) {
  const std::string ann = Enrolled("ann");
  EXPECT_EQ(Export("service", ann), absl::OkStatus());
  EXPECT_EQ(ReasonOf(Export("support", MemberId{ids_.Next(clock_.Now())}.ToString())),
            Reason::kMemberNotFound);
  EXPECT_THAT(Acts(), IsEmpty());
  EXPECT_EQ(Export("support", ann), absl::OkStatus());
  database_.Execute("UPDATE gratis_members.member SET profile = '\\x00'");
  EXPECT_NE(Export("admin", ann), absl::OkStatus());
  const std::vector<ledger::Act> acts = Acts();
  ASSERT_THAT(acts, SizeIs(2));
  for (const ledger::Act& act : acts) {
    EXPECT_EQ(act.row.fact.kind, ledger::FactKind::kMembersExported);
    EXPECT_EQ(act.row.fact.member.ToString(), ann);
    EXPECT_EQ(act.row.actor, gate_.key_id.ToString());
    EXPECT_EQ(act.network, "here");
  }
}

TEST_F(StaffActs, AnExportOfAllIsOneActHoweverItEnds) {
  Enrolled("ann");
  Enroll("bob", {.email = "bob@example.com"});
  ExportAll("");
  ASSERT_THAT(Acts(), SizeIs(1));
  ExportAll(cursor_);
  const std::vector<ledger::Act> acts = Acts();
  ASSERT_THAT(acts, SizeIs(2));
  EXPECT_EQ(acts[1].row.fact.detail, R"({"of":"all"})");
  EXPECT_EQ(acts[0].row.fact.detail, R"({"of":"all","goes_on":true})");
  for (const ledger::Act& act : acts) {
    EXPECT_EQ(act.row.fact.kind, ledger::FactKind::kMembersExported);
    EXPECT_TRUE(act.row.fact.member.IsNil());
    EXPECT_EQ(act.network, "here");
  }
}

}  // namespace
}  // namespace gratis::members
