#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/members/brief_rounds.h"
#include "services/members/briefs.h"
#include "services/members/consents.h"
#include "services/members/preferences.h"
#include "tests/integration/services/members/tiers_house.h"

namespace gratis::members {

// Members of one program with a past, who are looked at before they are served.
class BriefsHouse : public TiersHouse {
 protected:
  MemberId JoinAs(Profile profile) {
    profile.external_ids = {{"shop", absl::StrCat("id-", ++joined_)}};
    return IdIn(Post(TiersHouse::Call(Attempt("replaced", profile))));
  }

  void GiveForBirthday(const MemberId& member, int64_t points) {
    Act(member, [&](PointsAct& act, ledger::Books& books) {
      return ledger::Earn(books, {.posting = {.kind = ledger::FactKind::kBirthdayGift,
                                              .transaction = act.transaction,
                                              .member = member,
                                              .effective_at = now_,
                                              .source = "birthday 2027",
                                              .detail = ""},
                                  .points = points});
    });
  }

  void Prefer(const MemberId& member, Preference preference) {
    const auto keys = preferences_.ReadKeys(program_, {member}, Soon());
    ASSERT_TRUE(keys.ok()) << keys.status();
    auto change = preferences_.Prepare(program_, member,
                                       {.set = {std::move(preference)}, .clear = {}}, *keys, now_);
    ASSERT_TRUE(change.ok()) << change.status();
    auto sets = TiersHouse::Call(*std::move(change));
    sets->envelope.member = member;
    EXPECT_TRUE(poster_.Post(preference_sets_, std::move(sets)).answer.ok());
  }

  void Says(const MemberId& member, std::vector<ConsentDecision> decisions,
            bool objection = false) {
    auto record =
        TiersHouse::Call(std::make_unique<RecordConsent>(program_,
                                                         Saying{.member = member,
                                                                .decisions = std::move(decisions),
                                                                .source = ConsentSource::kTill,
                                                                .wording_version = "2026-05",
                                                                .objection = objection,
                                                                .decided_at = std::nullopt},
                                                         ids_, now_));
    EXPECT_TRUE(poster_.Post(consent_records_, std::move(record)).answer.ok());
  }

  // Brings what follows the journal up to date.
  void Follow() { EXPECT_EQ(rounds_.KeepAll(program_, Soon(), {}), absl::OkStatus()); }

  BriefQuestion QuestionOf(const MemberId& member, bool in_person = true) {
    return {program_, member, {}, in_person, now_, Soon()};
  }
  Briefs::Answer Look(const MemberId& member, bool in_person = true) {
    const auto brief = briefs_.Look(QuestionOf(member, in_person));
    EXPECT_TRUE(brief.ok()) << brief.status();
    return brief.ok() ? *brief : std::make_shared<Brief>();
  }
  std::string Say(const MemberId& member) { return SentenceOf(Look(member)->facts).text; }

  BriefRounds rounds_{pool_};
  Briefs briefs_{members_, vault_, pool_, clock_};
  Preferences preferences_{vault_, ids_, pool_};
  PreferenceSets preference_sets_;
  RecordConsents consent_records_;

 private:
  int joined_ = 0;
};

}  // namespace gratis::members
