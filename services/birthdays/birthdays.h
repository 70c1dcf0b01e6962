#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/random.h"
#include "common/ledger/program.h"
#include "common/ledger/voucher_code.h"
#include "services/birthdays/birthday_forecast.h"
#include "services/birthdays/birthday_page.h"
#include "services/birthdays/birthday_postings.h"
#include "services/birthdays/birthday_rules.h"
#include "services/birthdays/celebrants.h"
#include "services/birthdays/gift_choosing.h"

namespace gratis::ledger {
class Poster;
}
namespace gratis::pg {
class Pool;
}

namespace gratis::birthdays {

// Who the journal says gave what falls due by itself.
inline constexpr char kBirthdaysActor[] = "service:birthdays";

// Who wants the gifts given, and as of when.
struct RunOrder {
  ledger::Program program;
  std::string actor;
  absl::Time now;                         // program time
  std::optional<absl::CivilDay> through;  // only what was due by the end of this day
  bool validate_only = false;             // count, and give nothing
  absl::Time deadline;                    // real time
  std::stop_token stop;                   // asked to stop, the run ends with the page it is at
};

// What a run did.
struct RunReport {
  GiftFigures given;
  int64_t already_given = 0;
  int64_t withheld = 0;
  int64_t defaults = 0;  // given, of choices that nobody made
  DaySpan span;          // of birthdays, that it looked at
};

// What became of one birthday.
struct Explanation {
  Celebrant celebrant;
  Policy policy;  // in force
  Verdict verdict;
  std::string sentence;
};

// What the service does: a gift to everyone whose birthday it is, once. Thread-safe.
class Birthdays {
 public:
  // All arguments outlive this.
  Birthdays(pg::Pool& pool, ledger::Poster& poster, Celebrants& celebrants, base::IdSource& ids,
            const vault::Vault& vault)
      : pool_(pool), poster_(poster), celebrants_(celebrants), ids_(ids), codes_(vault) {}

  const ledger::VoucherCodes& codes() const { return codes_; }
  // By which all choices of this process are made, so that those of one run know each other.
  ChooseGifts& choosing() { return choose_gifts_; }

  absl::StatusOr<Policy> CurrentPolicy(const ledger::Program& program, absl::Time deadline) const;
  // Whether members has the tiers that the policy names. Errors: those of CheckTiersAmong and of
  // the peer.
  absl::Status CheckTiers(const ledger::Program& program, const Policy& policy,
                          absl::Time deadline) const;

  // Gives every gift that is due and was not given, those that a correction brought included, and
  // then what comes by default of the choices that nobody made in time. May be run at any time,
  // again, and by several processes at once: each gift is posted under a request_id made of member
  // and year. What a run that was cut short left undone, the next one does. Waits until all it gave
  // is committed. Who left, or was merged, while the run was under way gets none. Errors:
  // FUTURE_DATE (`through` is beyond the program's today); DRAINING when asked to stop; else the
  // first error of a peer, the database or a posting, with all other gifts given.
  absl::StatusOr<RunReport> Run(const RunOrder& order);

  // At most `limit` gifts to a member and, unless `as_named`, to whoever became part of them,
  // behind `after`, by year. Errors: MEMBER_NOT_FOUND.
  absl::StatusOr<std::vector<MemberGift>> ListGifts(const ledger::Program& program,
                                                    const MemberId& member,
                                                    const BirthdayKey& after, int32_t limit,
                                                    absl::Time deadline,
                                                    bool as_named = false) const;

  // Errors: MEMBER_NOT_FOUND, and those of peer and database.
  absl::StatusOr<Explanation> Explain(const ledger::Program& program, const MemberId& member,
                                      int32_t year, absl::Time now, absl::Time deadline) const;

  // What was given on the days of the span, whatever became of the birthdays since, and what will
  // be, as of what is known `now`. Errors: those of peer and database.
  absl::StatusOr<Forecast> Foresee(const ledger::Program& program, const DaySpan& days,
                                   absl::Time now, absl::Time deadline) const;

 private:
  class Tally;
  // A run on its way.
  struct Giving {
    const RunOrder& order;
    absl::Time as_of;
    std::shared_ptr<const Policy> policy;
    Room room;
    Tally& tally;
    RunReport& report;
  };

  absl::Status GiveCelebrants(Giving& giving);
  absl::Status NoteCorrections(const RunOrder& order);
  absl::Status GiveCorrected(Giving& giving);
  absl::StatusOr<std::vector<Judged>> JudgeCorrected(const Giving& giving,
                                                     absl::Span<const MemberId> noted);
  void GivePage(Giving& giving, std::vector<Judged> judged);
  absl::Status GiveDefaults(const RunOrder& order, absl::Time as_of, RunReport& report);
  absl::Status GiveDefaults(const RunOrder& order, std::vector<DueChoice> due, RunReport& report);

  pg::Pool& pool_;
  ledger::Poster& poster_;
  Celebrants& celebrants_;
  base::IdSource& ids_;
  const ledger::VoucherCodes codes_;
  GiveGifts give_gifts_;
  ChooseGifts choose_gifts_;
};

}  // namespace gratis::birthdays
