#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/ledger/ops.h"
#include "common/ledger/reads.h"
#include "common/rpc/values.h"
#include "services/members/segments.h"
#include "services/members/tier_policies.h"
#include "services/members/tier_replay.h"
#include "services/members/tiers.h"
#include "tests/integration/services/members/members_house.h"

namespace gratis::members {

// Something done to a member's points, as another service does it.
class PointsAct final : public ledger::Mutation {
 public:
  using Decision = std::function<absl::Status(PointsAct&, ledger::Books&)>;
  explicit PointsAct(Decision decision) : decision_(std::move(decision)) {}

  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    RETURN_IF_ERROR(decision_(*this, books));
    return transaction.ToString();
  }

  TransactionId transaction;

 private:
  const Decision decision_;
};

// Members of one program who buy, earn and bring back, at a program time that the test moves.
class TiersHouse : public MembersHouse {
 protected:
  absl::Time At(const std::string& local) const {
    absl::Time time;
    std::string error;
    EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", local, absl::UTCTimeZone(), &time, &error))
        << error;
    return time;
  }
  static std::string Text(absl::Time time) {
    return absl::FormatTime("%Y-%m-%d %H:%M", time, absl::UTCTimeZone());
  }

  // Silver at 100 points, gold at 300, over a rolling year; down to what is fulfilled, at once.
  static v1::TierPolicy Points() {
    v1::TierPolicy policy;
    policy.set_period(v1::TIER_PERIOD_ROLLING_MONTHS);
    policy.set_rolling_months(12);
    policy.set_demotion(v1::TIER_DEMOTION_RECALCULATED);
    policy.add_tiers()->set_code("base");
    for (const auto& [code, points] : {std::pair("silver", 100), std::pair("gold", 300)}) {
      v1::Tier& tier = *policy.add_tiers();
      tier.set_code(code);
      tier.mutable_points()->set_points(points);
    }
    return policy;
  }

  // Fills in what a call would.
  template <class M>
  std::unique_ptr<M> Call(std::unique_ptr<M> mutation) {
    ledger::Envelope& envelope = mutation->envelope;
    envelope.program = program_;
    envelope.request_id = absl::StrCat("request-", ++requests_);
    envelope.fingerprint = std::string(32, 'f');
    envelope.actor = "key_test";
    envelope.now = now_;
    envelope.deadline = Soon();
    return mutation;
  }

  absl::Status SetPolicy(const v1::TierPolicy& policy) {
    auto setting = std::make_unique<TierPolicySetting>(policy, TransactionId{ids_.Next(now_)});
    return poster_.Post(settings_, Call(std::move(setting))).answer.status();
  }

  MemberId Join() {
    const std::string id = absl::StrCat(++requests_);
    auto enrollment = Call(Attempt("replaced", {.external_ids = {{"shop", id}}}));
    return IdIn(Post(std::move(enrollment)));
  }

  TransactionId Act(const MemberId& member, const PointsAct::Decision& decision) {
    auto act = Call(std::make_unique<PointsAct>(decision));
    act->envelope.member = member;
    act->transaction = ledger::Beside(program_, member, TransactionId{ids_.Next(now_)});
    const TransactionId transaction = act->transaction;
    const ledger::Outcome outcome = poster_.Post(no_tables_, std::move(act));
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
    return transaction;
  }

  TransactionId Earn(const MemberId& member, int64_t points,
                     ledger::Origin origin = ledger::Origin::kPurchase) {
    return Act(member, [&](PointsAct& act, ledger::Books& books) {
      return ledger::Earn(books, {.posting = PostingOf(act, ledger::FactKind::kEarn, now_),
                                  .points = points,
                                  .origin = origin});
    });
  }

  // As the thanks service records one, with the points it earned, at `at` (nothing: now).
  TransactionId Buy(const MemberId& member, int64_t total_minor, int64_t points,
                    const std::string& currency = "USD", std::optional<absl::Time> at = {}) {
    return Act(member, [&](PointsAct& act, ledger::Books& books) -> absl::Status {
      ledger::Posting posting = PostingOf(act, ledger::FactKind::kPurchase, at.value_or(now_));
      posting.detail =
          absl::StrCat("{\"currency\":\"", currency, "\",\"total_minor\":", total_minor, "}");
      if (points > 0) {
        return ledger::Earn(
            books, {.posting = posting, .points = points, .origin = ledger::Origin::kPurchase});
      }
      return books
          .Post({.kind = posting.kind,
                 .transaction = posting.transaction,
                 .member = posting.member,
                 .effective_at = posting.effective_at,
                 .source = posting.source,
                 .detail = posting.detail})
          .status();
    });
  }

  // Takes back `points` of it; all that are left if 0.
  void BringBack(const MemberId& member, const TransactionId& bought, int64_t points = 0) {
    Act(member, [&](PointsAct& act, ledger::Books& books) {
      return ledger::Reverse(books,
                             {.posting = PostingOf(act, ledger::FactKind::kEarnReversed, now_),
                              .undone = bought,
                              .points = points,
                              .clawback = std::nullopt})
          .status();
    });
  }

  void Change(const MemberId& member, const SegmentChange& change) {
    auto set = Call(std::make_unique<SetSegments>(
        member, change, ledger::Beside(program_, member, TransactionId{ids_.Next(now_)})));
    const ledger::Outcome outcome = poster_.Post(segment_sets_, std::move(set));
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
  }
  void PutInto(const MemberId& member, const std::string& segment,
               std::optional<absl::Time> until = {}) {
    Change(member, {.add = {{segment, {}, until}}, .remove = {}});
  }
  void TakeOutOf(const MemberId& member, const std::string& segment) {
    Change(member, {.add = {}, .remove = {segment}});
  }

  void Keep() {
    for (int32_t i = program_.first_partition; i <= program_.last_partition(); ++i) {
      EXPECT_EQ(tiers_.Keep(program_, i, now_, Soon(), {}), absl::OkStatus());
    }
  }

  // The tier's code now, and until when it is safe; or the error's code.
  std::string TierOf(const MemberId& member) {
    const auto view = tiers_.Look(program_, member, now_, Soon());
    if (!view.ok()) return absl::StatusCodeToString(view.status().code());
    return (*view)->tier->tier();
  }

  // "silver > gold 2027-01-01 10:00 journaled", newest first.
  std::vector<std::string> HistoryOf(const MemberId& member) {
    const auto history = tiers_.History(program_, member, std::nullopt, 100, now_, Soon());
    EXPECT_TRUE(history.ok()) << history.status();
    std::vector<std::string> lines;
    if (!history.ok()) return lines;
    const auto line = [](const TierMove& move) {
      return absl::StrCat(move.from, " > ", move.to, " ", Text(move.at));
    };
    for (const TierMove& move : history->unposted) lines.push_back(line(move));
    for (const JournaledMove& made : history->journal) {
      lines.push_back(line(made.move) + " journaled");
    }
    return lines;
  }

  // What recomputing finds, of all partitions.
  std::vector<std::string> Findings() {
    std::vector<std::string> findings;
    for (int32_t i = program_.first_partition; i <= program_.last_partition(); ++i) {
      const auto found = VerifyTiers(pool_, program_, i, Soon());
      EXPECT_TRUE(found.ok()) << found.status();
      if (!found.ok()) return {"failed"};
      for (const TierFinding& finding : found->findings) findings.push_back(finding.text);
    }
    return findings;
  }

  absl::Time now_ = At("2027-01-01 10:00");
  int requests_ = 0;
  ledger::MutationKind no_tables_;
  TierPolicySettings settings_;
  SegmentSets segment_sets_;
  Tiers tiers_{pool_, poster_};

 private:
  static ledger::Posting PostingOf(const PointsAct& act, ledger::FactKind kind, absl::Time at) {
    return {.kind = kind,
            .transaction = act.transaction,
            .member = act.envelope.member,
            .effective_at = at,
            .source = "test",
            .detail = ""};
  }
};

}  // namespace gratis::members
