#include <condition_variable>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/hash.h"
#include "common/ledger/feed.h"
#include "common/ledger/poster.h"
#include "common/ledger/reads.h"
#include "common/ledger/survivors.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/birthdays/birthdays.h"

namespace gratis::birthdays {
namespace {

constexpr int32_t kDefaultsAtOnce = 500;
constexpr int kMaxOpenGifts = 4'000;  // with the poster, while the next page is looked at
constexpr int32_t kCorrectionsAtOnce = 500;
constexpr int kCorrectionRows = 256;     // of a partition's journal, in one look
constexpr int kCorrectionWindow = 4096;  // of its sequence, to find them in
// What members write of a profile that is changed, when the day of its birthday is corrected for
// the first time.
constexpr char kBirthdayCorrected[] = "\"birthday_corrected\":true";

// Whoever left, or became somebody else, between being looked at and being posted for.
bool IsGone(const absl::Status& status) {
  const std::optional<Reason> reason = ReasonOf(status);
  return reason == Reason::kMemberErased || reason == Reason::kMemberMerged ||
         reason == Reason::kMemberNotFound || reason == Reason::kMemberNotActive;
}

// Whether there is nothing more to come of what a correction brought.
bool IsSettled(const Verdict& verdict) {
  return verdict.outcome == Outcome::kGiven ||
         (verdict.outcome == Outcome::kWithheld &&
          (verdict.why == Withheld::kTooLate || verdict.why == Withheld::kJoinedLater ||
           verdict.why == Withheld::kRecentGift));
}

// As of when the order is to be carried out. Errors: FUTURE_DATE.
absl::StatusOr<absl::Time> AsOf(const RunOrder& order, const absl::TimeZone& zone) {
  const absl::CivilDay today = base::DayOf(order.now, zone);
  const absl::CivilDay through = order.through.value_or(today);
  if (through > today) {
    return FieldError(Reason::kFutureDate, "through",
                      absl::StrCat("it is ", base::FormatDay(today),
                                   " for the program: a run may not reach beyond it"));
  }
  if (through == today) return order.now;
  return base::StartOfDay(through + 1, zone) - absl::Microseconds(1);
}

absl::Status CutShort() { return Error(Reason::kDraining, "the run was cut short; run it again"); }

}  // namespace

// What the outcomes of postings add up to, as they come in from the poster's threads.
class Birthdays::Tally {
 public:
  // Nobody is left who would tell it of an outcome.
  ~Tally() { WaitForFewerThan(1); }

  void Expect() {
    const std::lock_guard lock(mutex_);
    ++open_;
  }

  void Settle(const ledger::Outcome& outcome, const Offer& offer) {
    const std::lock_guard lock(mutex_);
    const absl::Status status = outcome.answer.status();
    if (status.ok()) {
      if (outcome.replayed) {
        ++report_.already_given;
      } else {
        report_.given.Count(offer);
      }
    } else if (IsGone(status) || (absl::IsFailedPrecondition(status) && !ReasonOf(status))) {
      ++report_.withheld;
    } else {
      first_error_.Update(status);
    }
    Close();
  }

  // Of a default. That somebody chose meanwhile, or is gone, is no error.
  void SettleDefault(const ledger::Outcome& outcome) {
    const std::lock_guard lock(mutex_);
    const absl::Status status = outcome.answer.status();
    if (status.ok()) {
      if (!outcome.replayed) ++report_.defaults;
    } else {
      const std::optional<Reason> reason = ReasonOf(status);
      const bool made = reason == Reason::kGiftChosen || reason == Reason::kGiftNotFound;
      if (!made && !IsGone(status)) first_error_.Update(status);
    }
    Close();
  }

  // Waits until fewer than so many of those expected are open.
  void WaitForFewerThan(int open) {
    std::unique_lock lock(mutex_);
    awaited_ = open;
    settled_.wait(lock, [&] { return open_ < open; });
  }

  // Waits for all that is expected and adds it to `report`.
  absl::Status AddTo(RunReport& report) {
    WaitForFewerThan(1);
    const std::lock_guard lock(mutex_);
    report.given.Add(report_.given);
    report.already_given += report_.already_given;
    report.withheld += report_.withheld;
    report.defaults += report_.defaults;
    return first_error_;
  }

 private:
  // With the lock. Whoever waits is woken once, and not for each that is settled.
  void Close() {
    if (--open_ < awaited_) settled_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable settled_;
  int open_ = 0;
  int awaited_ = 1;  // that fewer are open
  RunReport report_;
  absl::Status first_error_;
};

// While these are posted, the next page is looked at.
void Birthdays::GivePage(Giving& giving, std::vector<Judged> judged) {
  const RunOrder& order = giving.order;
  Tally& tally = giving.tally;
  tally.WaitForFewerThan(kMaxOpenGifts);
  for (Judged& one : judged) {
    const Verdict& verdict = one.verdict;
    if (*verdict.due_at > giving.as_of) continue;
    if (verdict.outcome == Outcome::kGiven) {
      ++giving.report.already_given;
    } else if (verdict.outcome == Outcome::kWithheld || !TakeRoom(*verdict.offer, giving.room)) {
      ++giving.report.withheld;
    } else if (order.validate_only) {
      giving.report.given.Count(*verdict.offer);
    } else {
      auto gift =
          std::make_unique<GiveGift>(order.program, one.member, one.year, std::move(one.celebrant),
                                     giving.policy, giving.as_of, order.now, ids_, codes_);
      gift->envelope.actor = order.actor;
      gift->envelope.deadline = order.deadline;
      tally.Expect();
      poster_.Submit(give_gifts_, std::move(gift),
                     [&tally, offer = *verdict.offer](const ledger::Outcome& outcome) {
                       tally.Settle(outcome, offer);
                     });
    }
  }
}

absl::Status Birthdays::GiveCelebrants(Giving& giving) {
  const RunOrder& order = giving.order;
  const DaySpan& span = giving.report.span;
  CelebrantPages pages(celebrants_, order.program, Widened(span), order.deadline);
  while (pages.more()) {
    if (order.stop.stop_requested()) return CutShort();
    ASSIGN_OR_RETURN(std::vector<MemberCelebrant> members, pages.Next());
    BirthdayPage work(order.program, *giving.policy, span);
    work.Add(std::move(members));
    RETURN_IF_ERROR(work.Read(pool_, order.deadline));
    ASSIGN_OR_RETURN(std::vector<Judged> judged,
                     work.Judge(celebrants_, order.now, order.deadline));
    GivePage(giving, std::move(judged));
  }
  return absl::OkStatus();
}

// Corrections are few; most that is read here is of something else, and read once.
absl::Status Birthdays::NoteCorrections(const RunOrder& order) {
  for (bool more = true; more;) {
    if (order.stop.stop_requested()) return CutShort();
    const auto note = [&](pg::Tx& tx) -> absl::Status {
      more = false;
      ASSIGN_OR_RETURN(const ledger::Cursor heads, ledger::ReadHeads(tx, order.program));
      ASSIGN_OR_RETURN(ledger::Cursor cursors, ReadCorrectionCursors(tx, order.program));
      ledger::Cursor reached;
      std::vector<MemberId> members;
      for (const auto& [partition, head] : heads) {
        const int64_t after = cursors[partition];
        if (after >= head) continue;
        ASSIGN_OR_RETURN(
            const ledger::FeedPage page,
            ledger::ReadFeedPage(tx, partition, after,
                                 {.kinds = {ledger::FactKind::kMemberUpdated}, .members = {}},
                                 kCorrectionRows, kCorrectionWindow));
        for (const ledger::JournalRow& row : page.rows) {
          if (absl::StrContains(row.fact.detail, kBirthdayCorrected)) {
            members.push_back(row.fact.member);
          }
        }
        reached[partition] = page.reached;
        more = more || !page.at_head;
      }
      if (!members.empty()) InsertCorrections(tx, order.program, members);
      if (!reached.empty()) WriteCorrectionCursors(tx, reached);
      return absl::OkStatus();
    };
    RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = order.deadline}, note));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Judged>> Birthdays::JudgeCorrected(const Giving& giving,
                                                              absl::Span<const MemberId> noted) {
  const RunOrder& order = giving.order;
  const absl::Duration late = absl::Hours(24) * (giving.policy->late_days + 1);
  BirthdayPage work(order.program, *giving.policy, giving.report.span);
  std::vector<MemberId> settled;
  for (const MemberId& member : noted) {
    absl::StatusOr<Celebrant> found = celebrants_.Find(order.program, member, order.deadline);
    if (!found.ok() && !IsGone(found.status())) return found.status();
    const bool over =
        !found.ok() || !found->corrected_at || order.now > *found->corrected_at + late;
    if (over || !work.AddOwed(member, *std::move(found))) settled.push_back(member);
  }
  RETURN_IF_ERROR(work.Read(pool_, order.deadline));
  ASSIGN_OR_RETURN(std::vector<Judged> judged, work.Judge(celebrants_, order.now, order.deadline));
  std::erase_if(judged, [&](const Judged& one) {
    if (!IsSettled(one.verdict)) return false;
    settled.push_back(one.member);
    return true;
  });
  // Of whoever has the day within the span, all celebrants were looked at.
  const DaySpan& span = giving.report.span;
  std::erase_if(judged, [&](const Judged& one) {
    return span.first <= one.verdict.kept_on && one.verdict.kept_on <= span.last;
  });
  if (!settled.empty()) {
    RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = order.deadline}, [&](pg::Tx& tx) {
      DeleteCorrections(tx, order.program, settled);
      return absl::OkStatus();
    }));
  }
  return judged;
}

absl::Status Birthdays::GiveCorrected(Giving& giving) {
  const RunOrder& order = giving.order;
  RETURN_IF_ERROR(NoteCorrections(order));
  std::optional<MemberId> after;
  for (bool full = true; full;) {
    if (order.stop.stop_requested()) return CutShort();
    std::vector<MemberId> noted;
    RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(order.deadline), [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(noted, FindCorrections(tx, order.program, after, kCorrectionsAtOnce));
      return absl::OkStatus();
    }));
    full = std::ssize(noted) == kCorrectionsAtOnce;
    if (noted.empty()) break;
    after = noted.back();
    ASSIGN_OR_RETURN(std::vector<Judged> judged, JudgeCorrected(giving, noted));
    GivePage(giving, std::move(judged));
  }
  return absl::OkStatus();
}

absl::Status Birthdays::GiveDefaults(const RunOrder& order, std::vector<DueChoice> due,
                                     RunReport& report) {
  std::vector<MemberId> members;
  for (const DueChoice& choice : due) members.push_back(choice.gift.member);
  std::map<MemberId, MemberId> survivors;
  std::vector<BirthdayKey> nobodys;
  RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = order.deadline}, [&](pg::Tx& tx) -> absl::Status {
    nobodys.clear();
    ASSIGN_OR_RETURN(survivors, ledger::ReadSurvivors(tx, order.program, members));
    ASSIGN_OR_RETURN(const auto states, ledger::ReadStates(tx, order.program, members));
    for (const DueChoice& choice : due) {
      const auto state = states.find(choice.gift.member);
      if (state == states.end()) continue;
      // Whoever left has nothing, and comes back with nothing.
      if (state->second == ledger::MemberState::kClosed ||
          state->second == ledger::MemberState::kErased) {
        nobodys.push_back(choice.gift);
      }
    }
    if (!nobodys.empty() && !order.validate_only) CloseChoices(tx, order.program, nobodys);
    return absl::OkStatus();
  }));
  const std::set<BirthdayKey> closed(nobodys.begin(), nobodys.end());
  Tally tally;
  for (const DueChoice& choice : due) {
    if (closed.count(choice.gift) > 0) continue;
    if (order.validate_only) {
      ++report.defaults;
      continue;
    }
    const auto survivor = survivors.find(choice.gift.member);
    auto choosing = std::make_unique<ChooseGift>(
        order.program,
        ChoosingOrder{.member = survivor == survivors.end() ? choice.gift.member : survivor->second,
                      .year = choice.gift.year,
                      .option = "",
                      .given_to = choice.gift.member},
        ids_, codes_, order.now);
    ledger::Envelope& envelope = choosing->envelope;
    envelope.program = order.program;
    envelope.request_id = ledger::OwnRequestId(
        absl::StrCat("birthday-choice:", choice.gift.member.ToString(), ":", choice.gift.year));
    const base::Digest fingerprint = base::Sha256(envelope.request_id);
    envelope.fingerprint = std::string(base::AsBytes(fingerprint));
    envelope.actor = kBirthdaysActor;
    envelope.now = order.now;
    envelope.deadline = order.deadline;
    tally.Expect();
    poster_.Submit(choose_gifts_, std::move(choosing),
                   [&tally](const ledger::Outcome& outcome) { tally.SettleDefault(outcome); });
  }
  return tally.AddTo(report);
}

absl::Status Birthdays::GiveDefaults(const RunOrder& order, absl::Time as_of, RunReport& report) {
  absl::Status first_error;
  for (int32_t partition = order.program.first_partition;
       partition <= order.program.last_partition(); ++partition) {
    DueChoice after;
    for (bool full = true; full;) {
      if (order.stop.stop_requested()) return CutShort();
      std::vector<DueChoice> due;
      RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(order.deadline), [&](pg::Tx& tx) {
        ASSIGN_OR_RETURN(due, FindDueChoices(tx, partition, as_of, after, kDefaultsAtOnce));
        return absl::OkStatus();
      }));
      full = std::ssize(due) == kDefaultsAtOnce;
      if (due.empty()) break;
      after = due.back();
      first_error.Update(GiveDefaults(order, std::move(due), report));
    }
  }
  return first_error;
}

absl::StatusOr<RunReport> Birthdays::Run(const RunOrder& order) {
  ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(order.program.time_zone));
  ASSIGN_OR_RETURN(const absl::Time as_of, AsOf(order, zone));
  const auto policy = std::make_shared<Policy>();
  std::optional<Progress> progress;
  Room room;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(order.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(*policy, ReadPolicyAndPast(tx, order.program));
    ASSIGN_OR_RETURN(progress, ReadProgress(tx, order.program));
    ASSIGN_OR_RETURN(room, ReadRoom(tx, order.program, *policy));
    return absl::OkStatus();
  }));

  RunReport report;
  const std::optional<absl::Time> ran_through =
      progress ? std::optional(progress->ran_through) : std::nullopt;
  report.span = SpanOfRun(as_of, ran_through, *policy, zone);
  Tally tally;
  Giving giving{.order = order,
                .as_of = as_of,
                .policy = policy,
                .room = std::move(room),
                .tally = tally,
                .report = report};
  RETURN_IF_ERROR(GiveCelebrants(giving));
  RETURN_IF_ERROR(GiveCorrected(giving));
  absl::Status first_error = tally.AddTo(report);
  first_error.Update(GiveDefaults(order, as_of, report));

  RETURN_IF_ERROR(first_error);
  if (!order.validate_only && as_of == order.now) {
    RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = order.deadline}, [&](pg::Tx& tx) {
      WriteProgress(tx, order.program, as_of);
      return absl::OkStatus();
    }));
  }
  return report;
}

}  // namespace gratis::birthdays
