#include "services/members/member_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status/reasons.h"
#include "tests/integration/services/members/caller.h"

namespace gratis::members {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

// The service behind its own shell, called as a client would.
class Calling : public Caller {
 protected:
  using Stub = v1::MemberService::Stub;

  Calling() { Serve({&service_}); }
  ~Calling() override { server_->Shutdown(); }

  template <class Req, class Resp>
  absl::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Req&, Resp*),
                    const Req& request, Resp& response, const std::string& role = "backend") {
    return Caller::Call(role, method, request, response);
  }

  absl::StatusOr<std::string> EnrollAs(const std::string& role,
                                       const v1::EnrollMemberRequest& request) {
    v1::EnrollMemberResponse response;
    RETURN_IF_ERROR(Call(&Stub::EnrollMember, request, response, role));
    return response.member_id();
  }

  void SetRegion(const std::string& region) {
    const absl::Status set = pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) {
      MemberStore(tx).InsertPolicy(program_.number, {.version = 1, .default_region = region},
                                   clock_.Now(), "key_test");
      return absl::OkStatus();
    });
    ASSERT_TRUE(set.ok()) << set;
  }

  static v1::EnrollMemberRequest Ann(const std::string& request_id) {
    v1::EnrollMemberRequest request;
    request.set_request_id(request_id);
    v1::Profile& profile = *request.mutable_profile();
    profile.set_email("Ann@Example.com");
    profile.set_phone("+41 44 668 18 00");
    profile.set_greeting_name("Ann");
    profile.mutable_birthday()->set_month(2);
    profile.mutable_birthday()->set_day(29);
    profile.mutable_birthday()->set_year(1980);
    return request;
  }

  Proving proving_{vault_, pool_};
  Proposing proposing_{poster_};
  MemberService service_{shell_, poster_, members_, proving_, vault_, pool_, proposing_};
};

TEST_F(Calling, ATillEnrollsAndFindsAMember) {
  const auto id = EnrollAs("pos", Ann("r1"));
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_FALSE(replayed_);

  v1::IdentifyMemberRequest who;
  who.set_phone("+41 (0)44 668 18 00");
  v1::IdentifyMemberResponse found;
  ASSERT_EQ(Call(&Stub::IdentifyMember, who, found, "pos"), absl::OkStatus());
  EXPECT_EQ(found.member_id(), *id);
  EXPECT_EQ(found.greeting_name(), "Ann");

  v1::GetMemberRequest get;
  get.set_member_id(*id);
  v1::GetMemberResponse got;
  ASSERT_EQ(Call(&Stub::GetMember, get, got), absl::OkStatus());
  EXPECT_EQ(got.member().member_id(), *id);
  EXPECT_EQ(got.member().profile().email(), "Ann@Example.com");
  EXPECT_EQ(got.member().profile().phone(), "+41446681800");
  EXPECT_EQ(got.member().profile().birthday().year(), 1980);
  EXPECT_GT(got.member().enrolled_at().seconds(), 0);
  EXPECT_EQ(ReasonOf(Call(&Stub::GetMember, get, got, "pos")), Reason::kProofRequired);
}

TEST_F(Calling, ManyWhoAskAtOnceAreEachToldOfTheirOwn) {
  constexpr int kPeople = 20;
  const auto number = [](int i) { return absl::StrCat("+417912345", 10 + i); };
  std::vector<std::string> ids;
  for (int i = 0; i < kPeople; ++i) {
    v1::EnrollMemberRequest request = Ann(absl::StrCat("r", i));
    request.mutable_profile()->set_email(absl::StrCat("ann", i, "@example.com"));
    request.mutable_profile()->set_phone(number(i));
    request.mutable_profile()->set_greeting_name(absl::StrCat("Ann ", i));
    ids.push_back(*EnrollAs("pos", request));
  }
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 8; ++caller) {
    callers.emplace_back([&, caller] {
      const auto stub = v1::MemberService::NewStub(server_->InProcessChannel({}));
      // One number more than there are people.
      for (int turn = 0; turn <= kPeople; ++turn) {
        const int i = (turn + 3 * caller) % (kPeople + 1);
        grpc::ClientContext context;
        Sign(context, "pos");
        v1::IdentifyMemberRequest who;
        who.set_phone(number(i));
        if (i % 2 == 1) who.set_email("ann0@example.com");
        v1::IdentifyMemberResponse found;
        const grpc::Status status = stub->IdentifyMember(&context, who, &found);
        if (i == kPeople) {
          EXPECT_EQ(ReasonOf(rpc::FromGrpc(status)), Reason::kMemberNotFound);
        } else if (i % 2 == 1) {
          EXPECT_EQ(ReasonOf(rpc::FromGrpc(status)), Reason::kMemberAmbiguous);
        } else {
          EXPECT_TRUE(status.ok()) << status.error_message();
          EXPECT_EQ(found.member_id(), ids[static_cast<size_t>(i)]);
          EXPECT_EQ(found.greeting_name(), absl::StrCat("Ann ", i));
          EXPECT_FALSE(found.proof().empty());
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
}

TEST_F(Calling, ANumberWithoutCountryCodeIsFoundWhereTheProgramIs) {
  SetRegion("CH");
  v1::BatchEnrollMembersRequest batch;
  for (int i = 0; i < 3; ++i) {
    v1::EnrollMemberRequest& request = *batch.add_requests();
    request = Ann(absl::StrCat("r", i));
    request.mutable_profile()->set_email(absl::StrCat("ann", i, "@example.com"));
    request.mutable_profile()->set_phone(absl::StrCat(i == 1 ? "+41 79" : "079", " 123 45 6", i));
  }
  v1::BatchEnrollMembersResponse enrolled;
  ASSERT_EQ(Call(&Stub::BatchEnrollMembers, batch, enrolled), absl::OkStatus());
  for (int i = 0; i < 3; ++i) {
    for (const char* prefix : {"+41 79", "079"}) {
      v1::IdentifyMemberRequest who;
      who.set_phone(absl::StrCat(prefix, " 123 45 6", i));
      v1::IdentifyMemberResponse found;
      ASSERT_EQ(Call(&Stub::IdentifyMember, who, found), absl::OkStatus());
      EXPECT_EQ(found.member_id(), enrolled.results(i).response().member_id());
    }
  }
}

TEST_F(Calling, ANumberIsFoundHoweverItIsWrittenAndNoNumberIsTold) {
  const auto id = EnrollAs("pos", Ann("r1"));
  for (const char* number : {"+41446681800", "+410446681800", "+41 44 668 18 00"}) {
    v1::IdentifyMemberRequest who;
    who.set_phone(number);
    v1::IdentifyMemberResponse found;
    ASSERT_EQ(Call(&Stub::IdentifyMember, who, found), absl::OkStatus()) << number;
    EXPECT_EQ(found.member_id(), *id) << number;
  }
  v1::IdentifyMemberRequest nobody;
  v1::IdentifyMemberResponse found;
  nobody.set_phone("+41446681801");
  EXPECT_EQ(ReasonOf(Call(&Stub::IdentifyMember, nobody, found)), Reason::kMemberNotFound);
  nobody.set_phone("+999");
  EXPECT_EQ(ReasonOf(Call(&Stub::IdentifyMember, nobody, found)), Reason::kInvalidPhone);
}

TEST_F(Calling, ARetryIsAnsweredAsBeforeAndSaysSo) {
  const auto first = EnrollAs("pos", Ann("r1"));
  const auto again = EnrollAs("pos", Ann("r1"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(replayed_);
  EXPECT_EQ(*first, *again);

  v1::EnrollMemberRequest other = Ann("r1");
  other.mutable_profile()->set_greeting_name("Anna");
  EXPECT_EQ(ReasonOf(EnrollAs("pos", other).status()), Reason::kRequestIdReused);
}

TEST_F(Calling, ATakenPhoneSaysWhoHasIt) {
  const auto ann = EnrollAs("pos", Ann("r1"));
  v1::EnrollMemberRequest twin = Ann("r2");
  twin.mutable_profile()->clear_email();
  const absl::Status taken = EnrollAs("pos", twin).status();
  EXPECT_EQ(ReasonOf(taken), Reason::kIdentifierTaken);
  EXPECT_THAT(MetadataOf(taken), Contains(Pair("field", "profile.phone")));
  EXPECT_THAT(MetadataOf(taken), Contains(Pair("member_id", *ann)));
}

TEST_F(Calling, BadInputNamesItsFieldAndChangesNothing) {
  const auto refused = [&](auto change, Reason reason, const std::string& field) {
    v1::EnrollMemberRequest request = Ann("r1");
    change(request);
    const absl::Status status = EnrollAs("backend", request).status();
    EXPECT_EQ(ReasonOf(status), reason) << status;
    EXPECT_EQ(FieldOf(status).value_or(""), field) << status;
  };
  refused([](auto& r) { r.clear_request_id(); }, Reason::kRequestIdMissing, "request_id");
  refused([](auto& r) { r.clear_profile(); }, Reason::kFieldMissing, "profile.external_ids");
  refused([](auto& r) { r.mutable_profile()->set_email("ann"); }, Reason::kInvalidEmail,
          "profile.email");
  refused([](auto& r) { r.mutable_profile()->set_phone("0446681800"); }, Reason::kInvalidPhone,
          "profile.phone");
  refused([](auto& r) { r.mutable_profile()->mutable_birthday()->set_day(30); },
          Reason::kInvalidDate, "profile.birthday");
  refused([](auto& r) { r.mutable_profile()->mutable_birthday()->set_year(2999); },
          Reason::kInvalidDate, "profile.birthday");
  refused([](auto& r) { r.mutable_profile()->set_time_zone("Mars/Olympus"); },
          Reason::kInvalidTimeZone, "profile.time_zone");
  refused([](auto& r) { r.mutable_profile()->set_greeting_name(std::string(101, 'a')); },
          Reason::kFieldTooLong, "profile.greeting_name");
  refused([](auto& r) { r.mutable_enrolled_at()->set_seconds(900'000'000); },
          Reason::kEffectiveTimeInvalid, "enrolled_at");
  refused([](auto& r) { r.mutable_enrolled_at()->set_nanos(-1); }, Reason::kFieldInvalid,
          "enrolled_at");
  EXPECT_EQ(Count("ledger.request"), 0);
  EXPECT_EQ(Count("gratis_members.member"), 0);
}

TEST_F(Calling, NobodyIsNamedToTheLog) {
  v1::EnrollMemberRequest known = Ann("r1");
  known.mutable_profile()->set_email("zenobia@quill.example");
  known.mutable_profile()->set_phone("+41 44 555 77 00");
  EXPECT_TRUE(EnrollAs("backend", known).ok());
  const auto refused = [&](auto change) {
    v1::EnrollMemberRequest request = known;
    request.set_request_id("r2");
    change(*request.mutable_profile());
    EXPECT_FALSE(EnrollAs("backend", request).ok());
  };
  refused([](auto&) {});  // taken
  refused([](auto& p) { p.set_email("Zenobia Quill"); });
  refused([](auto& p) { p.set_phone("0445557700"); });
  refused([](auto& p) { p.set_time_zone("Zenobia/Quill"); });
  refused([](auto& p) { p.set_language("Zenobia Quill"); });
  refused([](auto& p) { p.set_greeting_name("Zenobia\nQuill"); });
  refused([](auto& p) { p.add_external_ids()->set_source("Zenobia"); });
  v1::IdentifyMemberRequest who;
  v1::IdentifyMemberResponse found;
  for (const char* email : {"zenobia@elsewhere.example", "zenobia quill"}) {
    who.set_email(email);
    EXPECT_FALSE(Call(&Stub::IdentifyMember, who, found).ok());
  }

  const std::string told = absl::AsciiStrToLower(calls_.told());
  for (const char* reason : {"identifier_taken", "invalid_email", "invalid_phone",
                             "invalid_time_zone", "field_invalid", "member_not_found"}) {
    EXPECT_THAT(told, HasSubstr(reason));
  }
  for (const char* secret : {"zenobia", "quill", "elsewhere", "5557700", "555 77"}) {
    EXPECT_THAT(told, Not(HasSubstr(secret)));
  }
}

TEST_F(Calling, OnlyAnImportMaySayTheyJoinedLongAgo) {
  v1::EnrollMemberRequest request = Ann("r1");
  request.mutable_enrolled_at()->set_seconds(852'076'800);
  request.mutable_enrolled_at()->set_nanos(1'500);
  EXPECT_EQ(ReasonOf(EnrollAs("backend", request).status()), Reason::kEffectiveTimeInvalid);
  const auto id = EnrollAs("import", request);
  ASSERT_TRUE(id.ok()) << id.status();
  v1::GetMemberRequest get;
  get.set_member_id(*id);
  v1::GetMemberResponse got;
  ASSERT_EQ(Call(&Stub::GetMember, get, got), absl::OkStatus());
  EXPECT_EQ(got.member().enrolled_at().seconds(), 852'076'800);
  EXPECT_EQ(got.member().enrolled_at().nanos(), 1'000);
}

TEST_F(Calling, ABatchAnswersItemByItem) {
  v1::BatchEnrollMembersRequest batch;
  *batch.add_requests() = Ann("r1");
  *batch.add_requests() = Ann("r2");  // taken by the first, or takes from it
  *batch.add_requests() = Ann("r3");
  batch.mutable_requests(2)->mutable_profile()->set_email("not an address");
  for (int i = 0; i < 500; ++i) {
    v1::EnrollMemberRequest& request = *batch.add_requests();
    request.set_request_id(absl::StrCat("bulk-", i));
    v1::ExternalId& id = *request.mutable_profile()->add_external_ids();
    id.set_source("cdnow");
    id.set_id(absl::StrCat(i));
  }
  v1::BatchEnrollMembersResponse answers;
  ASSERT_EQ(Call(&Stub::BatchEnrollMembers, batch, answers, "import"), absl::OkStatus());
  ASSERT_THAT(answers.results(), SizeIs(503));
  EXPECT_NE(answers.results(0).has_response(), answers.results(1).has_response());
  EXPECT_EQ(ReasonOf(rpc::FromProto(answers.results(2).status().error())), Reason::kInvalidEmail);
  std::set<std::string> ids;
  for (int i = 3; i < 503; ++i) ids.insert(answers.results(i).response().member_id());
  EXPECT_THAT(ids, SizeIs(500));

  v1::BatchEnrollMembersResponse again;
  ASSERT_EQ(Call(&Stub::BatchEnrollMembers, batch, again, "import"), absl::OkStatus());
  for (int i = 3; i < 503; ++i) {
    EXPECT_TRUE(again.results(i).status().replayed());
    EXPECT_EQ(again.results(i).response().member_id(), answers.results(i).response().member_id());
  }

  while (batch.requests_size() <= 1000) *batch.add_requests() = Ann("r");
  EXPECT_EQ(ReasonOf(Call(&Stub::BatchEnrollMembers, batch, again, "import")),
            Reason::kBatchTooLarge);
}

TEST_F(Calling, IdentifyingNeedsSomethingToGoBy) {
  v1::IdentifyMemberRequest who;
  v1::IdentifyMemberResponse found;
  EXPECT_EQ(ReasonOf(Call(&Stub::IdentifyMember, who, found)), Reason::kFieldMissing);
  who.set_email("nobody@example.com");
  EXPECT_EQ(ReasonOf(Call(&Stub::IdentifyMember, who, found)), Reason::kMemberNotFound);
  who.mutable_external_id()->set_id("7");
  const absl::Status no_source = Call(&Stub::IdentifyMember, who, found);
  EXPECT_EQ(ReasonOf(no_source), Reason::kFieldMissing);
  EXPECT_EQ(FieldOf(no_source), "external_id");

  v1::GetMemberRequest get;
  v1::GetMemberResponse got;
  EXPECT_EQ(ReasonOf(Call(&Stub::GetMember, get, got)), Reason::kFieldMissing);
  get.set_member_id("txn_00000000000000000000000000");
  EXPECT_EQ(ReasonOf(Call(&Stub::GetMember, get, got)), Reason::kInvalidId);
}

TEST_F(Calling, BirthdaysAreForTheEngineAndComeInPages) {
  std::set<std::string> enrolled;
  for (int i = 0; i < 25; ++i) {
    v1::EnrollMemberRequest request = Ann(absl::StrCat("r", i));
    request.mutable_profile()->set_email(absl::StrCat("ann", i, "@example.com"));
    request.mutable_profile()->clear_phone();
    if (i % 2 == 0) request.mutable_profile()->set_time_zone("Asia/Tokyo");
    enrolled.insert(*EnrollAs("backend", request));
  }
  v1::ListBirthdaysRequest list;
  list.mutable_from()->set_year(2027);
  list.mutable_from()->set_month(2);
  list.mutable_from()->set_day(28);
  *list.mutable_to() = list.from();
  list.mutable_to()->set_month(3);
  list.mutable_to()->set_day(1);
  list.set_page_size(10);
  v1::ListBirthdaysResponse page;
  EXPECT_EQ(ReasonOf(Call(&Stub::ListBirthdays, list, page)), Reason::kRoleNotAllowed);

  std::set<std::string> listed;
  int pages = 0;
  std::string second_page;
  do {
    page.Clear();
    ASSERT_EQ(Call(&Stub::ListBirthdays, list, page, "service"), absl::OkStatus());
    for (const v1::MemberBirthday& birthday : page.birthdays()) {
      listed.insert(birthday.member_id());
      EXPECT_EQ(birthday.birthday().month(), 2);
      EXPECT_EQ(birthday.birthday().day(), 29);
      EXPECT_EQ(birthday.birthday().year(), 1980);
      EXPECT_TRUE(birthday.time_zone() == "Asia/Tokyo" || birthday.time_zone() == "UTC");
    }
    list.set_page_token(page.next_page_token());
    if (++pages == 1) second_page = page.next_page_token();
  } while (!page.next_page_token().empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(listed, enrolled);

  list.set_page_token(second_page);
  list.mutable_to()->set_day(2);
  EXPECT_EQ(ReasonOf(Call(&Stub::ListBirthdays, list, page, "service")), Reason::kInvalidPageToken);
  list.clear_page_token();
  list.mutable_to()->set_day(32);
  const absl::Status no_day = Call(&Stub::ListBirthdays, list, page, "service");
  EXPECT_EQ(ReasonOf(no_day), Reason::kInvalidDate);
  EXPECT_EQ(FieldOf(no_day), "to");
}

}  // namespace
}  // namespace gratis::members
