#pragma once

#include <map>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/program.h"
#include "services/birthdays/birthday_rules.h"
#include "services/birthdays/birthday_store.h"
#include "services/birthdays/celebrants.h"
#include "services/birthdays/gift_reads.h"

namespace gratis::pg {
class Pool;
}

namespace gratis::birthdays {

// What budgets have left; those that a program does not have are absent.
using Room = std::map<BudgetId, int64_t>;
// Of the budgets that a policy's gifts draw on.
absl::StatusOr<Room> ReadRoom(pg::Tx& tx, const ledger::Program& program, const Policy& policy);
// Whether the gift fits, and if so takes it out.
bool TakeRoom(const Offer& offer, Room& room);

// One birthday, judged.
struct Judged {
  MemberId member;
  int32_t year = 0;
  Celebrant celebrant;
  Verdict verdict;
};

// One page of celebrants and all that is to be known of them.
class BirthdayPage {
 public:
  // All arguments outlive this.
  BirthdayPage(const ledger::Program& program, const Policy& policy, const DaySpan& span)
      : program_(program), policy_(policy), span_(span) {}

  // Keeps those who have their birthday within the span.
  void Add(std::vector<MemberCelebrant> members);
  // What each had, and how each stands.
  absl::Status Read(pg::Pool& pool, absl::Time deadline);
  // Judges each as of `now`; asks for tiers if gifts go by them. Those judged are moved out.
  absl::StatusOr<std::vector<Judged>> Judge(Celebrants& celebrants, absl::Time now,
                                            absl::Time deadline);

 private:
  const ledger::Program& program_;
  const Policy& policy_;
  const DaySpan& span_;
  std::vector<BirthdayKey> asked_;
  std::vector<Celebrant> celebrants_;  // as in asked_
  GiftsOfMembers gifts_;
};

}  // namespace gratis::birthdays
