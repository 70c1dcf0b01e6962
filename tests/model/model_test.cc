#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <barrier>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <sstream>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/civil.h"
#include "tests/model/script.h"
#include "tests/model/stage.h"

// The kernel and the reference are asked the same, and must say and hold the same.
namespace gratis::model {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

// What was asked and not yet compared.
struct Question {
  std::string asked;
  Answer expected;
  std::optional<Answer> got;
};

// Counts what is under way. Thread-safe.
class Turnstile {
 public:
  void Enter(int count) {
    const std::lock_guard lock(mutex_);
    inside_ += count;
  }
  void Leave() {
    const std::lock_guard lock(mutex_);
    if (--inside_ == 0) empty_.notify_all();
  }
  void WaitUntilEmpty() {
    std::unique_lock lock(mutex_);
    empty_.wait(lock, [&] { return inside_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable empty_;
  int inside_ = 0;
};

std::string ToString(const Answer& answer) {
  return absl::StrCat(answer.ok ? "ok " : "", answer.replayed ? "(again) " : "", answer.text);
}

// One program, played by a script on both sides.
class Play {
 public:
  Play(Stage& stage, int members, const std::string& zone)
      : stage_(stage),
        program_(stage.NewProgram(2, zone)),
        reference_(*base::LoadZone(zone)),
        plot_(program_, Cast(members), kStart, reference_, stage.ids()) {
    stage_.Enroll(program_, plot_.members(), kStart);
    for (const MemberId& member : plot_.members()) {
      reference_.Enroll(member);
      reference_.Recorded(PartitionOf(program_, member), kStart);
    }
    SetUnit({.number = 1});
    SetUnit({.number = 2, .code = "stars", .display_name = "Stars", .transferable = true});
    for (const int64_t limit : {100, 1'000}) {
      const ledger::Budget budget{.id = {stage.ids().Next(kStart)}, .limit = limit};
      stage_.AddBudget(program_, budget);
      reference_.SetBudget(budget);
      plot_.AddBudget(budget.id);
    }
  }

  ~Play() { turnstile_.WaitUntilEmpty(); }

  // What they disagree about first; nothing if they agree to the end.
  std::optional<std::string> Perform(const Script& script) {
    size_t compared_at = 0;
    for (size_t at = 0; at < script.size();) {
      const Task task = plot_.Next(script, &at);
      if (task.alone) {
        if (auto difference = Compare(false)) return difference;
      }
      if (task.unit) SetUnit(*task.unit);
      if (task.time_passed) {
        Tell(absl::StrCat("-- it is ", absl::FormatTime(plot_.now(), absl::UTCTimeZone())));
      }
      Ask(task.requests);
      if (const auto faults = reference_.Faults(); !faults.empty()) {
        return absl::StrCat(Told(), "the reference itself: ", absl::StrJoin(faults, "\n"));
      }
      const bool look = at - compared_at >= 40;
      if (look) compared_at = at;
      if (task.alone || look) {
        if (auto difference = Compare(look)) return difference;
      }
    }
    if (auto difference = Compare(true)) return difference;
    if (const auto damages = stage_.Damages(program_); !damages.empty()) {
      return absl::StrCat(Told(), "verify: ", absl::StrJoin(damages, "\n"));
    }
    return std::nullopt;
  }

  int operations() const { return operations_; }

 private:
  std::vector<MemberId> Cast(int count) {
    std::vector<MemberId> members;
    for (int i = 0; i < count; ++i) members.push_back({stage_.ids().Next(kStart)});
    return members;
  }

  void SetUnit(const ledger::Unit& unit) {
    Tell(absl::StrCat("-- unit ", unit.number, ": expiry ", static_cast<int>(unit.expiry), " ",
                      unit.expiry_months, " ", unit.expiry_month, " ", unit.expiry_day,
                      ", clawback ", static_cast<int>(unit.clawback), ", grace ",
                      unit.return_grace_days, ", holds ", unit.max_hold_hours, " h",
                      unit.transferable ? ", transferable" : ""));
    stage_.SetUnit(program_, unit);
    reference_.SetUnit(unit);
  }

  void Ask(const std::vector<Request>& requests) {
    if (requests.empty()) return;
    const std::vector<Answer> expected = reference_.DoTogether(requests);
    std::vector<ledger::Pending> set;
    turnstile_.Enter(static_cast<int>(requests.size()));
    for (size_t i = 0; i < requests.size(); ++i) {
      operations_ += static_cast<int>(requests[i].operations.size());
      Question& question = questions_.emplace_back();
      question.asked = absl::StrCat(requests.size() > 1 ? "together " : "", requests[i].id, ": ",
                                    Describe(requests[i]));
      question.expected = expected[i];
      set.push_back(stage_.PendingFor(program_, requests[i],
                                      [this, &question](const ledger::Outcome& outcome) {
                                        question.got = AnswerOf(outcome);
                                        turnstile_.Leave();
                                      }));
    }
    if (set.size() > 1) {
      stage_.poster().SubmitTogether(std::move(set));
    } else {
      stage_.poster().Submit(*set[0].kind, std::move(set[0].mutation), std::move(set[0].done));
    }
  }

  std::optional<std::string> Compare(bool tables) {
    turnstile_.WaitUntilEmpty();
    for (const Question& question : questions_) {
      Tell(absl::StrCat(question.asked, "\n     -> ", ToString(question.expected)));
      const Answer& expected = question.expected;
      const Answer& got = *question.got;
      if (got.ok == expected.ok && got.replayed == expected.replayed && got.text == expected.text) {
        continue;
      }
      return absl::StrCat(Told(), "the kernel says\n     -> ", ToString(got));
    }
    questions_.clear();
    if (!tables) return std::nullopt;
    const auto differences = stage_.Differences(program_, {&reference_});
    if (differences.empty()) return std::nullopt;
    return absl::StrCat(Told(), absl::StrJoin(differences, "\n"));
  }

  void Tell(std::string line) { told_.push_back(std::move(line)); }
  std::string Told() const { return absl::StrCat("\n", absl::StrJoin(told_, "\n"), "\n"); }

  Stage& stage_;
  const ledger::Program program_;
  Reference reference_;
  Plot plot_;
  Turnstile turnstile_;
  std::deque<Question> questions_;
  std::vector<std::string> told_;
  int operations_ = 0;
};

class Model : public ::testing::Test {
 protected:
  static constexpr int kSteps = 600;  // of the longest script
  // How many scripts a normal run has, and what they come to in each test: a third more on average,
  // and less than that by chance in no run that anybody will see.
  static constexpr char kNormalRun[] = "max_success=140";
  static constexpr int kOperations = 25'000;

  // RapidCheck reads its parameters when it is first asked to check something.
  static void SetUpTestSuite() {
    is_normal_ = std::getenv("RC_PARAMS") == nullptr;
    setenv("RC_PARAMS", kNormalRun, /*overwrite=*/0);
  }

  void ExpectAgreement(const Weights& weights, int members, const std::string& zone) {
    int operations = 0;
    std::string last;  // what RapidCheck cannot repeat when it depends on how calls were grouped
    const bool agreed = rc::check([&] {
      const Script script = *AnyScript(weights, kSteps);
      Play play(stage_, members, zone);
      const auto difference = play.Perform(script);
      operations += play.operations();
      if (!difference) return;
      last = *difference;
      RC_FAIL("they disagree");
    });
    EXPECT_TRUE(agreed) << last;
    std::cerr << operations << " operations\n";
    if (is_normal_) {
      EXPECT_GE(operations, kOperations);
    }
  }

  inline static bool is_normal_ = true;  // nobody asked for other scripts
  Stage stage_;
};

TEST_F(Model, EverythingAmongThreeMembers) { ExpectAgreement(Everything(), 3, "Europe/Zurich"); }

// One wallet, emptied and taken back from over and over.
TEST_F(Model, DebtsAndReturnsOfOneMember) {
  ExpectAgreement({{Move::kEarn, 24},
                   {Move::kSpend, 18},
                   {Move::kReverse, 30},
                   {Move::kHold, 8},
                   {Move::kCapture, 4},
                   {Move::kRelease, 4},
                   {Move::kAdjust, 4},
                   {Move::kCombined, 3},
                   {Move::kPassTime, 5},
                   {Move::kSetUnit, 1}},
                  1, "UTC");
}

// Time passes much, and to the microsecond.
TEST_F(Model, ExpiryHoldsAndActivationInTime) {
  ExpectAgreement({{Move::kEarn, 26},
                   {Move::kSpend, 6},
                   {Move::kHold, 16},
                   {Move::kCapture, 5},
                   {Move::kRelease, 5},
                   {Move::kReverse, 12},
                   {Move::kActivate, 5},
                   {Move::kTransfer, 4},
                   {Move::kPassTime, 16},
                   {Move::kSetUnit, 4}},
                  2, "America/New_York");
}

TEST_F(Model, VouchersBudgetsBatchesAndRetries) {
  ExpectAgreement({{Move::kEarn, 16},
                   {Move::kReverse, 12},
                   {Move::kIssueVoucher, 14},
                   {Move::kRedeemVoucher, 14},
                   {Move::kHoldVoucher, 6},
                   {Move::kVoidVoucher, 3},
                   {Move::kCapture, 3},
                   {Move::kRelease, 3},
                   {Move::kTransfer, 3},
                   {Move::kBatch, 5},
                   {Move::kCombined, 5},
                   {Move::kRetry, 10},
                   {Move::kPassTime, 6}},
                  3, "UTC");
}

// --- several callers at once ---------------------------------------------------------------------

uint64_t Seed() {
  uint64_t seed = 0;
  const char* given = std::getenv("GRATIS_MODEL_SEED");
  if (given == nullptr || !absl::SimpleAtoi(given, &seed)) seed = std::random_device()();
  std::cerr << "GRATIS_MODEL_SEED=" << seed << "\n";
  return seed;
}

// Members of one program, all known to one caller only, so that what becomes of them is certain.
struct Caller {
  Reference reference{absl::UTCTimeZone()};
  std::unique_ptr<Plot> plot;
  Script script;
  size_t at = 0;
  int operations = 0;
  std::vector<std::string> disagreements;
};

class ModelAtOnce : public ::testing::Test {
 protected:
  static constexpr int kCallers = 6;
  static constexpr int kTogether = 3;  // callers of the same request
  static constexpr int kPhases = 25;   // between them, time passes for all
  static constexpr int kSteps = 40;

  // The same request from several callers and two processes: one posts, and all get one answer.
  void Race(Caller& caller, const Request& request) {
    const Answer expected = caller.reference.Do(request);
    caller.operations += static_cast<int>(request.operations.size());
    std::vector<Answer> got(kTogether);
    Turnstile turnstile;
    turnstile.Enter(kTogether);
    for (int i = 0; i < kTogether; ++i) {
      ledger::Poster& poster = i % 2 == 0 ? stage_.poster() : stage_.other_poster();
      ledger::Pending pending = stage_.PendingFor(
          program_, request, [&got, &turnstile, i](const ledger::Outcome& outcome) {
            got[i] = AnswerOf(outcome);
            turnstile.Leave();
          });
      poster.Submit(*pending.kind, std::move(pending.mutation), std::move(pending.done));
    }
    turnstile.WaitUntilEmpty();
    int posted = 0;
    for (const Answer& answer : got) {
      posted += answer.ok && !answer.replayed ? 1 : 0;
      if (answer.ok == expected.ok && answer.text == expected.text) continue;
      caller.disagreements.push_back(absl::StrCat(Describe(request), "\n     -> ",
                                                  ToString(expected), "\nthe kernel says\n     -> ",
                                                  ToString(answer)));
    }
    if (posted != (expected.ok && !expected.replayed ? 1 : 0)) {
      caller.disagreements.push_back(
          absl::StrCat(Describe(request), ": posted ", posted, " times"));
    }
  }

  void PlayPhase(Caller& caller) {
    for (int i = 0; i < kSteps && caller.at < caller.script.size(); ++i) {
      const Task task = caller.plot->Next(caller.script, &caller.at);
      for (const Request& request : task.requests) {
        Race(caller, request);
        if (!caller.disagreements.empty()) return;
      }
    }
  }

  Stage stage_;
  ledger::Program program_ = stage_.NewProgram(4, "UTC");
};

TEST_F(ModelAtOnce, CallersWithTheirOwnMembersAndRetriesThatRace) {
  base::SeededRandom random(Seed());
  Weights weights = Everything();
  for (const Move move : {Move::kPassTime, Move::kSetUnit, Move::kBatch}) weights.erase(move);
  std::vector<Caller> callers(kCallers);
  const ledger::Budget shared{.id = {stage_.ids().Next(kStart)}, .limit = ledger::kMaxPoints * 100};
  const ledger::Unit points{.number = 1, .return_grace_days = 3};
  const ledger::Unit stars{.number = 2,
                           .code = "stars",
                           .display_name = "Stars",
                           .expiry = ledger::ExpiryKind::kRollingMonths,
                           .expiry_months = 1,
                           .transferable = true};
  stage_.AddBudget(program_, shared);
  for (const auto& unit : {points, stars}) stage_.SetUnit(program_, unit);
  std::vector<const Reference*> references;
  for (Caller& caller : callers) {
    std::vector<MemberId> members;
    for (int i = 0; i < 3; ++i) members.push_back({stage_.ids().Next(kStart)});
    stage_.Enroll(program_, members, kStart);
    for (const MemberId& member : members) caller.reference.Enroll(member);
    for (const auto& unit : {points, stars}) caller.reference.SetUnit(unit);
    caller.plot = std::make_unique<Plot>(program_, members, kStart, caller.reference, stage_.ids());
    caller.plot->AddBudget(shared.id);
    caller.reference.SetBudget(shared);
    caller.script = ScriptOf(weights, kPhases * kSteps, random);
    references.push_back(&caller.reference);
  }
  for (int phase = 0; phase < kPhases; ++phase) {
    std::vector<std::thread> threads;
    for (Caller& caller : callers) threads.emplace_back([&] { PlayPhase(caller); });
    for (std::thread& thread : threads) thread.join();
    const absl::Time later = callers[0].plot->now() + absl::Hours(1 + random.Below(60));
    int operations = 0;
    for (Caller& caller : callers) {
      ASSERT_THAT(caller.disagreements, ::testing::IsEmpty());
      caller.plot->SetNow(later);
      operations += caller.operations;
    }
    const auto differences = stage_.Differences(program_, references);
    ASSERT_TRUE(differences.empty()) << absl::StrJoin(differences, "\n");
    if (phase + 1 == kPhases) std::cerr << operations << " operations\n";
  }
  EXPECT_THAT(stage_.Damages(program_), ::testing::IsEmpty());
}

}  // namespace
}  // namespace gratis::model
