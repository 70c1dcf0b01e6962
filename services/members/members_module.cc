#include "services/members/members_module.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/app/config.h"
#include "common/base/clock.h"
#include "common/house/clock.h"
#include "common/jobs/journal_follower.h"
#include "common/jobs/scheduler.h"
#include "common/obs/log.h"
#include "common/obs/metrics.h"
#include "common/status/macros.h"
#include "services/members/brief_past.h"
#include "services/members/brief_rounds.h"
#include "services/members/brief_service.h"
#include "services/members/briefs.h"
#include "services/members/card_service.h"
#include "services/members/cards.h"
#include "services/members/consent_service.h"
#include "services/members/erasure_log.h"
#include "services/members/erasure_watch.h"
#include "services/members/export_notes.h"
#include "services/members/export_service.h"
#include "services/members/group_service.h"
#include "services/members/groups.h"
#include "services/members/inactivity.h"
#include "services/members/inactivity_service.h"
#include "services/members/member_service.h"
#include "services/members/members.h"
#include "services/members/members_migrations.h"
#include "services/members/merging_service.h"
#include "services/members/policy_service.h"
#include "services/members/preference_service.h"
#include "services/members/privacy.h"
#include "services/members/privacy_service.h"
#include "services/members/proof_service.h"
#include "services/members/proposing.h"
#include "services/members/proving.h"
#include "services/members/segment_service.h"
#include "services/members/standing_service.h"
#include "services/members/tier_journal.h"
#include "services/members/tier_service.h"
#include "services/members/tiers.h"
#include "services/members/token_service.h"
#include "services/members/vault_service.h"

namespace gratis::members {
namespace {

// Codes and tokens that are over are worth nothing; that they are gone is tidiness.
constexpr absl::Duration kForgetEvery = absl::Hours(1);
constexpr absl::Duration kForgetLimit = absl::Minutes(1);
// Every zone's midnight, when periods end, is at a multiple of it.
constexpr absl::Duration kTiersEvery = absl::Minutes(15);
constexpr absl::Duration kTiersLimit = absl::Minutes(5);
constexpr absl::Duration kInactivityEvery = absl::Hours(24);
constexpr absl::Duration kInactivityLimit = absl::Minutes(5);
constexpr absl::Duration kReconcileLimit = absl::Minutes(10);

class MembersModule final : public app::Module {
 public:
  std::string_view name() const override { return "members"; }
  std::vector<pg::Migration> migrations() const override { return Migrations(); }
  bool redoes_erasures() const override { return true; }

  absl::Status Start(app::House& house) override {
    members_.emplace(house.vault, house.ids, house.pool);
    consents_.emplace(house.pool);
    preferences_.emplace(house.vault, house.ids, house.pool);
    dossiers_.emplace(*members_, *consents_, *preferences_);
    cards_.emplace(house.vault, house.ids, house.pool);
    proving_.emplace(house.vault, house.pool);
    proposing_.emplace(house.poster);
    service_.emplace(house.shell, house.poster, *members_, *proving_, house.vault, house.pool,
                     *proposing_);
    log_.emplace(house.config.home + "/erasures", house.vault.Derive("erasures"));
    privacy_.emplace(house.vault, house.ids, house.pool, house.poster, *log_);
    // Before anybody is answered: the database may have been put back from an old copy.
    erasure_watch_.emplace(
        house.pool, [this, &house](const std::stop_token& stop) { return KeepErased(house, stop); },
        house.real_clock, house.log);
    SayComparing(house.log);
    RETURN_IF_ERROR(erasure_watch_->Start());
    erasures_redone_ = house.metrics.GaugeOf(
        "gratis_erasures_redone",
        "Whether the last look found erasures done again in the database that there is.", {},
        [this] { return erasure_watch_->redone() ? 1 : 0; });
    tiers_.emplace(house.pool, house.poster);
    export_notes_.emplace(house.poster, house.ids);
    privacy_service_.emplace(house.shell, *dossiers_, *tiers_, *privacy_, *export_notes_);
    rotation_.emplace(house.vault, house.ids, house.pool, house.poster, house.programs);
    vault_service_.emplace(house.shell, house.poster, *rotation_, house.vault);
    tokens_.emplace(house.shell, *members_);
    standing_.emplace(house.shell, house.poster, *members_, house.vault);
    merging_.emplace(house.shell, house.pool, house.poster, *members_, house.vault);
    policy_.emplace(house.shell, house.poster, *members_, house.ids);
    card_service_.emplace(house.shell, house.poster, *cards_, *proposing_);
    groups_.emplace(house.vault, house.ids, house.pool);
    group_service_.emplace(house.shell, house.poster, *groups_, house.vault);
    proof_service_.emplace(house.shell, house.poster, house.ids, *members_, *proving_);
    StartTiers(house);
    StartBriefs(house);
    StartInactivity(house);
    consent_service_.emplace(house.shell, house.poster, *consents_, house.ids);
    preference_service_.emplace(house.shell, house.poster, *preferences_);
    segment_service_.emplace(house.shell, house.poster, *members_);
    export_service_.emplace(house.shell, *dossiers_, *export_notes_);
    house.jobs.Add(
        {.name = "members.proofs",
         .every = kForgetEvery,
         .run = [this, &house](const ledger::Program& program, absl::Time now,
                               const std::stop_token&) {
           return proving_->ForgetOver(program, {now, house.real_clock.Now() + kForgetLimit});
         }});
    return absl::OkStatus();
  }

  std::vector<grpc::Service*> services() override {
    return {&*service_,         &*standing_,
            &*merging_,         &*policy_,
            &*privacy_service_, &*tokens_,
            &*vault_service_,   &*tier_service_,
            &*consent_service_, &*preference_service_,
            &*export_service_,  &*card_service_,
            &*proof_service_,   &*group_service_,
            &*brief_service_,   &*inactivity_service_,
            &*segment_service_};
  }

  void Stop() override {
    if (erasure_watch_) erasure_watch_->Stop();
    if (tier_follower_) tier_follower_->Stop();
    if (brief_follower_) brief_follower_->Stop();
  }

 private:
  // deploy/up waits for whoever says so. A log of warnings says it, too, if it may take a while.
  void SayComparing(obs::Log& log) {
    constexpr std::string_view kComparing = "comparing the database with who was erased";
    std::error_code error;
    const bool anybody = std::filesystem::file_size(log_->path(), error) > 0 && !error;
    if (anybody) {
      log.Warning(kComparing);
    } else {
      log.Info(kComparing);
    }
  }

  absl::Status KeepErased(app::House& house, const std::stop_token& stop) {
    ASSIGN_OR_RETURN(
        const int64_t again,
        privacy_->Reconcile(
            house.programs, [&house](int32_t program) { return house.clock.Now(program); },
            house.real_clock.Now() + kReconcileLimit, stop));
    if (again > 0) {
      house.log.Warning("erasures done again: the database knew people who were erased since",
                        {{"members", again}});
    }
    return absl::OkStatus();
  }

  void StartTiers(app::House& house) {
    tier_service_.emplace(house.shell, house.poster, *tiers_, house.ids);
    house.jobs.Add({.name = "members.tiers",
                    .every = kTiersEvery,
                    .run = [this, &house](const ledger::Program& program, absl::Time now,
                                          const std::stop_token& stop) {
                      return tiers_->KeepAll(program, now, house.real_clock.Now() + kTiersLimit,
                                             stop);
                    }});
    jobs::Projection tiers{
        .name = "tiers",
        .kinds = {},
        .followed = [this](const ledger::Program& program,
                           absl::Time deadline) { return tiers_->Followed(program, deadline); },
        .keep =
            [this](const ledger::Program& program, int32_t partition, absl::Time now,
                   absl::Time deadline, const std::stop_token& stop) {
              return tiers_->Keep(program, partition, now, deadline, stop);
            }};
    // What a round journals itself needs no other round.
    for (const ledger::FactKind kind : TierKinds()) {
      if (kind != ledger::FactKind::kTierChanged) tiers.kinds.push_back(kind);
    }
    Follow(tier_follower_, std::move(tiers), house);
  }

  void StartBriefs(app::House& house) {
    briefs_.emplace(*members_, house.vault, house.pool, house.real_clock);
    brief_service_.emplace(house.shell, *members_, *proving_, *briefs_, *proposing_);
    brief_rounds_.emplace(house.pool);
    Follow(
        brief_follower_,
        {.name = "briefs",
         .kinds = BriefKinds(),
         .followed = [this](const ledger::Program& program,
                            absl::Time deadline) -> absl::StatusOr<std::optional<ledger::Cursor>> {
           return brief_rounds_->Followed(program, deadline);
         },
         .keep =
             [this](const ledger::Program& program, int32_t partition, absl::Time,
                    absl::Time deadline, const std::stop_token& stop) {
               return brief_rounds_->Keep(program, partition, deadline, stop);
             }},
        house);
  }

  void StartInactivity(app::House& house) {
    inactivity_.emplace(*members_, house.pool, house.poster, *privacy_, house.ids);
    inactivity_service_.emplace(house.shell, house.poster, *inactivity_);
    house.jobs.Add(
        {.name = "members.inactivity",
         .every = kInactivityEvery,
         .run = [this, &house](const ledger::Program& program, absl::Time now,
                               const std::stop_token& stop) -> absl::Status {
           ASSIGN_OR_RETURN(
               const InactivityReport report,
               inactivity_->Run(program, now, house.real_clock.Now() + kInactivityLimit, stop));
           if (report.noticed > 0 || report.erased > 0) {
             house.log.Info("inactive members", {{"program", program.code},
                                                 {"noticed", report.noticed},
                                                 {"erased", report.erased}});
           }
           return absl::OkStatus();
         }});
  }

  static void Follow(std::optional<jobs::JournalFollower>& follower, jobs::Projection projection,
                     app::House& house) {
    follower.emplace(
        jobs::JournalFollowerOptions{}, house.feed, std::move(projection),
        [&house](absl::Time deadline) { return jobs::AllPrograms(house.programs, deadline); },
        [&house](int32_t program) { return house.clock.Now(program); }, house.real_clock,
        house.log);
    follower->Start();
  }

  std::optional<Members> members_;
  std::optional<Consents> consents_;
  std::optional<Preferences> preferences_;
  std::optional<Dossiers> dossiers_;
  std::optional<Cards> cards_;
  std::optional<Proving> proving_;
  std::optional<Proposing> proposing_;
  std::optional<MemberService> service_;
  std::optional<ConsentService> consent_service_;
  std::optional<PreferenceService> preference_service_;
  std::optional<SegmentService> segment_service_;
  std::optional<ExportNotes> export_notes_;
  std::optional<ExportService> export_service_;
  std::optional<CardService> card_service_;
  std::optional<ProofService> proof_service_;
  std::optional<Groups> groups_;
  std::optional<GroupService> group_service_;
  std::optional<ErasureLog> log_;
  std::optional<Privacy> privacy_;
  std::optional<ErasureWatch> erasure_watch_;
  std::unique_ptr<obs::Metrics::Gauge> erasures_redone_;
  std::optional<PrivacyService> privacy_service_;
  std::optional<Inactivity> inactivity_;
  std::optional<InactivityService> inactivity_service_;
  std::optional<KeyRotation> rotation_;
  std::optional<VaultService> vault_service_;
  std::optional<TokenService> tokens_;
  std::optional<StandingService> standing_;
  std::optional<MergingService> merging_;
  std::optional<PolicyService> policy_;
  std::optional<Tiers> tiers_;
  std::optional<TierService> tier_service_;
  std::optional<jobs::JournalFollower> tier_follower_;
  std::optional<Briefs> briefs_;
  std::optional<BriefService> brief_service_;
  std::optional<BriefRounds> brief_rounds_;
  std::optional<jobs::JournalFollower> brief_follower_;
};

}  // namespace

std::unique_ptr<app::Module> MakeMembersModule() { return std::make_unique<MembersModule>(); }

}  // namespace gratis::members
