#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/ledger/fact.h"
#include "common/status/macros.h"
#include "services/members/brief_service.h"
#include "services/members/card_service.h"
#include "services/members/consent_service.h"
#include "services/members/dossiers.h"
#include "services/members/erasure_log.h"
#include "services/members/member_service.h"
#include "services/members/preferences.h"
#include "services/members/privacy.h"
#include "services/members/privacy_service.h"
#include "services/members/proving.h"
#include "services/members/tier_service.h"
#include "services/members/tiers.h"
#include "tests/integration/services/members/caller.h"

// What a member's own page is told by this service: of that member, as they may see it.
namespace gratis::members {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// What other services note in the journal about a member.
class Noting final : public ledger::Mutation {
 public:
  explicit Noting(std::vector<ledger::FactKind> kinds) : kinds_(std::move(kinds)) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    for (const ledger::FactKind kind : kinds_) {
      RETURN_IF_ERROR(books
                          .Post({.kind = kind,
                                 .transaction = {},
                                 .member = envelope.member,
                                 .effective_at = envelope.now,
                                 .source = "staff's own words",
                                 .detail = "{\"topic\":\"delivery\",\"outcome\":\"done\"}"})
                          .status());
    }
    return std::string("noted");
  }

 private:
  const std::vector<ledger::FactKind> kinds_;
};

class OwnCalls : public Caller {
 protected:
  OwnCalls() {
    Serve({&brief_service_, &card_service_, &consent_service_, &member_service_, &privacy_service_,
           &tier_service_});
    ann_ = Join("ann");
    ben_ = Join("ben");
    page_ = TokenOf(ann_);
  }
  ~OwnCalls() override { server_->Shutdown(); }

  std::string Join(const std::string& name) {
    return IdIn(Enroll("enroll " + name, {.email = name + "@example.com", .greeting_name = name}))
        .ToString();
  }
  std::string TokenOf(const std::string& member) const {
    return shell_.member_tokens().Make({.member = *MemberId::Parse(member),
                                        .program = program_.number,
                                        .issuer = {},
                                        .expires_at = clock_.Now() + absl::Minutes(5)});
  }

  void SetTiers() {
    v1::SetTierPolicyRequest request;
    request.set_request_id("tiers");
    v1::TierPolicy& policy = *request.mutable_policy();
    policy.set_period(v1::TIER_PERIOD_ROLLING_MONTHS);
    policy.set_rolling_months(12);
    policy.set_demotion(v1::TIER_DEMOTION_RECALCULATED);
    policy.add_tiers()->set_code("base");
    v1::Tier& silver = *policy.add_tiers();
    silver.set_code("silver");
    silver.mutable_points()->set_points(100);
    v1::SetTierPolicyResponse response;
    ASSERT_EQ(Call("admin", &v1::TierService::Stub::SetTierPolicy, request, response),
              absl::OkStatus());
  }
  void Note(const std::string& member, std::vector<ledger::FactKind> kinds) {
    auto noting = std::make_unique<Noting>(std::move(kinds));
    ledger::Envelope& envelope = noting->envelope;
    envelope.program = program_;
    envelope.member = *MemberId::Parse(member);
    envelope.request_id = absl::StrCat("note ", ++notes_);
    envelope.fingerprint = std::string(32, 'f');
    envelope.actor = "key_test";
    envelope.now = clock_.Now();
    envelope.deadline = Soon();
    EXPECT_EQ(poster_.Post(plain_, std::move(noting)).answer.status(), absl::OkStatus());
  }
  // Ann says something, as the shop's back end tells it.
  void Say() {
    v1::RecordConsentRequest request;
    request.set_request_id("says");
    request.set_member_id(ann_);
    request.set_source(v1::CONSENT_SOURCE_WEB_FORM);
    request.set_wording_version("v1");
    v1::ConsentDecision& decision = *request.add_decisions();
    decision.set_purpose(v1::CONSENT_PURPOSE_MARKETING);
    decision.set_channel(v1::CONSENT_CHANNEL_EMAIL);
    decision.set_state(v1::CONSENT_STATE_GRANTED);
    v1::RecordConsentResponse response;
    ASSERT_EQ(Call("backend", &v1::ConsentService::Stub::RecordConsent, request, response),
              absl::OkStatus());
  }

  // A call that reads what is kept of a member.
  struct Reading {
    std::string name;
    std::function<absl::Status(const std::string& key, const std::string& member)> read;
  };
  template <class Stub, class Req, class Resp>
  Reading Reads(grpc::Status (Stub::*method)(grpc::ClientContext*, const Req&, Resp*)) {
    return {Req::descriptor()->name(),
            [this, method](const std::string& key, const std::string& member) {
              Req request;
              request.set_member_id(member);
              Resp response;
              return Call(key, method, request, response);
            }};
  }
  std::vector<Reading> AllReadings() {
    return {Reads(&v1::BriefService::Stub::ListTimeline),
            Reads(&v1::CardService::Stub::ListCards),
            Reads(&v1::ConsentService::Stub::GetConsents),
            Reads(&v1::ConsentService::Stub::ListConsentHistory),
            Reads(&v1::MemberService::Stub::GetMember),
            Reads(&v1::PrivacyService::Stub::ExportMember),
            Reads(&v1::TierService::Stub::GetMemberTier),
            Reads(&v1::TierService::Stub::ListTierChanges),
            Reads(&v1::TierService::Stub::ExplainTier)};
  }

  // What Ann's timeline tells whoever has this key, newest first, a page at a time.
  std::vector<v1::TimelineEntry> Timeline(const std::string& key, int32_t size) {
    std::vector<v1::TimelineEntry> entries;
    v1::ListTimelineRequest request;
    request.set_member_id(ann_);
    request.set_page_size(size);
    do {
      v1::ListTimelineResponse page;
      const absl::Status status = Call(key, &v1::BriefService::Stub::ListTimeline, request, page);
      EXPECT_EQ(status, absl::OkStatus());
      if (!status.ok()) break;
      EXPECT_LE(page.entries_size(), size);
      EXPECT_GT(page.entries_size(), 0);
      entries.insert(entries.end(), page.entries().begin(), page.entries().end());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return entries;
  }

  ledger::MutationKind plain_;
  Proving proving_{vault_, pool_};
  Cards cards_{vault_, ids_, pool_};
  Consents consents_{pool_};
  Preferences preferences_{vault_, ids_, pool_};
  Dossiers dossiers_{members_, consents_, preferences_};
  Tiers tiers_{pool_, poster_};
  Briefs briefs_{members_, vault_, pool_, clock_};
  // Nobody is erased here, so there is no such file.
  ErasureLog log_{(std::filesystem::temp_directory_path() / "own_calls_test").string(), "key"};
  Privacy privacy_{vault_, ids_, pool_, poster_, log_};
  Proposing proposing_{poster_};
  BriefService brief_service_{shell_, members_, proving_, briefs_, proposing_};
  CardService card_service_{shell_, poster_, cards_, proposing_};
  ConsentService consent_service_{shell_, poster_, consents_, ids_};
  MemberService member_service_{shell_, poster_, members_, proving_, vault_, pool_, proposing_};
  ExportNotes export_notes_{poster_, ids_};
  PrivacyService privacy_service_{shell_, dossiers_, tiers_, privacy_, export_notes_};
  TierService tier_service_{shell_, poster_, tiers_, ids_};
  std::string ann_, ben_;
  std::string page_;  // Ann's token
  int notes_ = 0;
};

TEST_F(OwnCalls, TellAnnOfAnnAndOfNobodyElse) {
  SetTiers();
  for (const Reading& reading : AllReadings()) {
    EXPECT_EQ(reading.read(page_, ann_), absl::OkStatus()) << reading.name;
    for (const std::string& other : {ben_, std::string(), std::string("mem_x")}) {
      EXPECT_EQ(ReasonOf(reading.read(page_, other)), Reason::kMemberNotAllowed)
          << reading.name << " of '" << other << "'";
    }
  }
}

TEST_F(OwnCalls, ACardsBatchIsNobodysOwn) {
  v1::ListCardsRequest request;
  request.set_batch("box-7");
  v1::ListCardsResponse response;
  EXPECT_EQ(ReasonOf(Call(page_, &v1::CardService::Stub::ListCards, request, response)),
            Reason::kMemberNotAllowed);
}

TEST_F(OwnCalls, TheTimelineLeavesOutWhatStaffSeeToAndWhoDidIt) {
  using ledger::FactKind;
  Note(ann_, {FactKind::kComplaintOpened});
  Say();
  Note(ann_, {FactKind::kTaskDone, FactKind::kThanksCancelled, FactKind::kComplaintResolved});
  EXPECT_THAT(Timeline("support", 100), SizeIs(6));
  for (const int32_t size : {1, 2, 100}) {
    const std::vector<v1::TimelineEntry> own = Timeline(page_, size);
    std::vector<std::string> texts;
    for (const v1::TimelineEntry& entry : own) {
      texts.push_back(entry.text());
      EXPECT_EQ(entry.actor(), "");
    }
    EXPECT_THAT(texts, ElementsAre("Said what they consent to", "Became a member"));
  }
  for (const v1::TimelineEntry& entry : Timeline("support", 100)) EXPECT_NE(entry.actor(), "");
}

TEST_F(OwnCalls, WhatTheySaidIsToldWithoutWhoRecordedIt) {
  Say();
  v1::ListConsentHistoryRequest list;
  list.set_member_id(ann_);
  v1::ExportMemberRequest take;
  take.set_member_id(ann_);
  for (const std::string& key : {std::string("support"), page_}) {
    v1::ListConsentHistoryResponse listed;
    ASSERT_EQ(Call(key, &v1::ConsentService::Stub::ListConsentHistory, list, listed),
              absl::OkStatus());
    v1::ExportMemberResponse taken;
    ASSERT_EQ(Call(key, &v1::PrivacyService::Stub::ExportMember, take, taken), absl::OkStatus());
    ASSERT_EQ(listed.records_size(), 1);
    ASSERT_EQ(taken.consent_history_size(), 1);
    for (const auto& record : {listed.records(0), taken.consent_history(0)}) {
      EXPECT_EQ(record.actor().empty(), key == page_) << key;
      EXPECT_EQ(record.consent().state(), v1::CONSENT_STATE_GRANTED);
    }
  }
}

}  // namespace
}  // namespace gratis::members
