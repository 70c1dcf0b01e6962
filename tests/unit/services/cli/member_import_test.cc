#include "services/cli/member_import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "common/rpc/error.h"
#include "common/status/reasons.h"
#include "tests/unit/services/cli/temp_file.h"

namespace gratis::cli {
namespace {

using testing::HasSubstr;
namespace v1 = members::v1;

// Keeps members, and what they say and like; knows what it did under which request_id.
class Registry final : public Engine {
 public:
  std::function<absl::Status()> hurdle;        // asked before each call
  std::map<std::string, std::string> members;  // e-mail -> id
  std::map<std::string, int> consents;         // by member
  std::map<std::string, int> objections;
  std::map<std::string, int> preferences, segments;
  std::map<std::string, bool> dated;  // request id of a consent or objection -> with its time
  int most_requests = 0;              // in one call

  absl::Status Call(const google::protobuf::Message& request,
                    google::protobuf::Message& answer) override {
    const std::scoped_lock lock(mutex_);
    if (hurdle) {
      if (const absl::Status status = hurdle(); !status.ok()) return status;
    }
    const auto& type = *request.GetDescriptor();
    if (&type == v1::BatchEnrollMembersRequest::descriptor()) {
      return Each<v1::BatchEnrollMembersRequest, v1::BatchEnrollMembersResponse>(
          request, answer, [&](const auto& item, auto& response) -> absl::Status {
            const std::string& email = item.profile().email();
            if (members.contains(email)) return Error(Reason::kIdentifierTaken, "taken");
            members[email] = absl::StrCat("mem_", members.size());
            response.set_member_id(members[email]);
            return absl::OkStatus();
          });
    }
    if (&type == v1::BatchRecordConsentsRequest::descriptor()) {
      return Each<v1::BatchRecordConsentsRequest, v1::BatchRecordConsentsResponse>(
          request, answer, [&](const auto& item, auto&) -> absl::Status {
            if (const absl::Status status = CheckSame(item); !status.ok()) return status;
            if (item.wording_version().empty()) return Error(Reason::kFieldMissing, "which words");
            ++consents[item.member_id()];
            return absl::OkStatus();
          });
    }
    if (&type == v1::RecordObjectionRequest::descriptor()) {
      const auto& objection = static_cast<const v1::RecordObjectionRequest&>(request);
      if (const absl::Status status = CheckSame(objection); !status.ok()) return status;
      if (objection.has_decided_at()) return Error(Reason::kEffectiveTimeInvalid, "too long ago");
      EXPECT_EQ(consents[objection.member_id()], 0) << "what they said yes to since counts";
      objections[objection.member_id()] += answers_.emplace(objection.request_id(), "").second;
      return absl::OkStatus();
    }
    if (&type == v1::BatchSetMemberSegmentsRequest::descriptor()) {
      return Each<v1::BatchSetMemberSegmentsRequest, v1::BatchSetMemberSegmentsResponse>(
          request, answer, [&](const auto& item, auto&) {
            ++segments[item.member_id()];
            return absl::OkStatus();
          });
    }
    return Each<v1::BatchSetPreferencesRequest, v1::BatchSetPreferencesResponse>(
        request, answer, [&](const auto& item, auto&) {
          ++preferences[item.member_id()];
          return absl::OkStatus();
        });
  }

 private:
  // Whether a request that is known says what it said: the same time, if it has one.
  template <class Request>
  bool IsSame([[maybe_unused]] const Request& request) {
    if constexpr (requires { request.has_decided_at(); }) {
      const auto [known, added] = dated.emplace(request.request_id(), request.has_decided_at());
      return known->second == request.has_decided_at();
    }
    return true;
  }

  template <class Request>
  absl::Status CheckSame(const Request& request) {
    return IsSame(request) ? absl::OkStatus() : Error(Reason::kRequestIdReused, "other words");
  }

  template <class Request, class Response, class Do>
  absl::Status Each(const google::protobuf::Message& request, google::protobuf::Message& answer,
                    Do one) {
    most_requests = std::max(most_requests, static_cast<const Request&>(request).requests_size());
    for (const auto& item : static_cast<const Request&>(request).requests()) {
      auto& result = *static_cast<Response&>(answer).add_results();
      const auto known = answers_.find(item.request_id());
      if (known != answers_.end() && IsSame(item)) {
        result.mutable_response()->ParseFromString(known->second);
        result.mutable_status()->set_replayed(true);
        continue;
      }
      const absl::Status status = one(item, *result.mutable_response());
      if (status.ok()) {
        answers_[item.request_id()] = result.response().SerializeAsString();
      } else {
        result.clear_response();
        *result.mutable_status()->mutable_error() = rpc::ToProto(status);
      }
    }
    return absl::OkStatus();
  }

  std::mutex mutex_;
  std::map<std::string, std::string> answers_;
};

class MemberImportTest : public testing::Test {
 protected:
  struct Outcome {
    absl::Status status;
    MemberSums sums;
    int64_t rejected;
  };

  static MemberRow Row(int number, const std::string& consents = "",
                       const std::string& preferences = "", const std::string& segments = "",
                       absl::Time now = absl::InfinitePast()) {
    MemberTexts texts;
    texts[static_cast<size_t>(MemberColumn::kEmail)] = absl::StrCat(number, "@example.org");
    texts[static_cast<size_t>(MemberColumn::kConsents)] = consents;
    texts[static_cast<size_t>(MemberColumn::kPreferences)] = preferences;
    texts[static_cast<size_t>(MemberColumn::kSegments)] = segments;
    MemberRow row = *ReadMember(
        texts, {.source = "crm", .wording = "", .zone = absl::UTCTimeZone(), .now = now});
    row.line = number + 2;
    row.text = absl::StrCat(number);
    return row;
  }

  Outcome Import(const std::vector<MemberRow>& rows, absl::Duration patience = absl::Seconds(5),
                 size_t batch = 7) {
    RejectsFile rejects(file_.Beside("rejects.csv"), "email", 1, ',');
    MemberImport import(registry_, {.batch = batch, .lanes = 3, .patience = patience}, rejects);
    for (const MemberRow& row : rows) {
      if (!import.Add(row)) break;
    }
    const absl::Status status = import.Finish();
    EXPECT_TRUE(rejects.Close().ok());
    return {status, import.sums(), rejects.count()};
  }

  std::string Rejects() const { return ReadAll(file_.Beside("rejects.csv")); }

  Registry registry_;
  const TempFile file_{""};
};

TEST_F(MemberImportTest, EnrollsAndKeepsWhatTheySayAndLikeOnce) {
  std::vector<MemberRow> rows;
  for (int i = 0; i < 100; ++i) {
    rows.push_back(Row(i, i % 2 ? "profiling@v1|marketing/sms@v2" : "", i % 5 ? "" : "seat=x",
                       i % 10 ? "" : "press|vip"));
  }
  const Outcome first = Import(rows);
  EXPECT_TRUE(first.status.ok()) << first.status;
  EXPECT_EQ(first.sums.members, 100);
  EXPECT_EQ(first.sums.replayed, 0);
  EXPECT_EQ(first.sums.consents, 100);
  EXPECT_EQ(first.sums.preferences, 20);
  EXPECT_EQ(first.sums.segments, 10);
  EXPECT_EQ(registry_.members.size(), 100U);
  const Outcome second = Import(rows);
  EXPECT_EQ(second.sums.members, 100);
  EXPECT_EQ(second.sums.replayed, 100);
  EXPECT_EQ(registry_.members.size(), 100U);
  for (const auto& [member, count] : registry_.consents) EXPECT_EQ(count, 2) << member;
  for (const auto& [member, count] : registry_.preferences) EXPECT_EQ(count, 1) << member;
  EXPECT_EQ(registry_.segments.size(), 10U);
  for (const auto& [member, count] : registry_.segments) EXPECT_EQ(count, 1) << member;
}

TEST_F(MemberImportTest, RowsThatAreRefusedStopNothing) {
  const Outcome outcome = Import({Row(1), Row(2, "profiling"), Row(3)});
  EXPECT_TRUE(outcome.status.ok());
  EXPECT_EQ(outcome.sums.members, 3);
  EXPECT_EQ(outcome.rejected, 1);
  EXPECT_THAT(Rejects(), HasSubstr("2,4,FIELD_MISSING,"));
  // Mended, what they said is kept for the member that the first import made.
  const Outcome mended = Import({Row(2, "profiling@v1")});
  EXPECT_EQ(mended.sums.replayed, 1);
  EXPECT_EQ(mended.sums.consents, 1);
  EXPECT_EQ(mended.rejected, 0);
}

TEST_F(MemberImportTest, WhoObjectedObjects) {
  const std::vector<MemberRow> rows = {Row(1, "objection|profiling@v1"), Row(2, "profiling@v1"),
                                       Row(3, "objection 1999-12-31")};
  const Outcome outcome = Import(rows);
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.sums.members, 3);
  EXPECT_EQ(outcome.sums.consents, 3);
  EXPECT_EQ(outcome.rejected, 1);
  EXPECT_THAT(Rejects(), HasSubstr("3,5,EFFECTIVE_TIME_INVALID,"));
  ASSERT_EQ(registry_.objections.size(), 1U);
  EXPECT_EQ(registry_.objections[registry_.members["1@example.org"]], 1);
}

TEST_F(MemberImportTest, WhatWasSaidInTheMorningIsSaidOnceThatDay) {
  const auto import_at = [&](int hour) {
    const absl::Time now =
        absl::FromCivil(absl::CivilHour(2026, 11, 30, hour), absl::UTCTimeZone());
    return Import({Row(1, "profiling@v1 2026-11-30|surveys@v1 2026-11-29", "", "", now),
                   Row(2, "objection 2026-11-30", "", "", now)});
  };
  const Outcome morning = import_at(8);
  EXPECT_EQ(morning.sums.consents, 3);
  EXPECT_EQ(morning.rejected, 0);
  const Outcome afternoon = import_at(14);
  EXPECT_TRUE(afternoon.status.ok()) << afternoon.status;
  EXPECT_EQ(afternoon.sums.members, 2);
  EXPECT_EQ(afternoon.sums.consents, 3);
  EXPECT_EQ(afternoon.rejected, 0) << Rejects();
  EXPECT_EQ(registry_.consents[registry_.members["1@example.org"]], 2);
  EXPECT_EQ(registry_.objections[registry_.members["2@example.org"]], 1);
}

TEST_F(MemberImportTest, AnIdThatOtherWordsHaveIsRejected) {
  MemberRow row = Row(1, "profiling@v1 2026-11-29");
  ASSERT_TRUE(Import({row}).status.ok());
  row.consents[0].clear_decided_at();
  const Outcome other = Import({row});
  EXPECT_TRUE(other.status.ok()) << other.status;
  EXPECT_EQ(other.sums.consents, 0);
  EXPECT_EQ(other.rejected, 1);
  EXPECT_THAT(Rejects(), HasSubstr("REQUEST_ID_REUSED"));
}

TEST_F(MemberImportTest, LongRowsMakeSmallerBatches) {
  std::vector<MemberRow> rows;
  for (int i = 0; i < 100; ++i) {
    rows.push_back(Row(i));
    rows.back().text = std::string(60'000, 'x');
  }
  EXPECT_EQ(Import(rows, absl::Seconds(5), 1000).sums.members, 100);
  EXPECT_LE(registry_.most_requests, 18);  // of 60 kB, in one MiB
}

TEST_F(MemberImportTest, AnEngineThatIsAwayIsWaitedFor) {
  int refusals = 3;
  registry_.hurdle = [&]() -> absl::Status {
    if (refusals-- > 0) return Error(Reason::kPeerUnavailable, "away");
    return absl::OkStatus();
  };
  std::vector<MemberRow> rows;
  for (int i = 0; i < 30; ++i) rows.push_back(Row(i));
  const Outcome outcome = Import(rows);
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.sums.members, 30);
}

TEST_F(MemberImportTest, AnErrorThatDoesNotPassEndsIt) {
  registry_.hurdle = [] { return Error(Reason::kRoleNotAllowed, "no"); };
  std::vector<MemberRow> rows;
  for (int i = 0; i < 1000; ++i) rows.push_back(Row(i));
  const Outcome outcome = Import(rows, absl::ZeroDuration());
  EXPECT_EQ(ReasonOf(outcome.status), Reason::kRoleNotAllowed);
  EXPECT_EQ(outcome.sums.members, 0);
}

}  // namespace
}  // namespace gratis::cli
