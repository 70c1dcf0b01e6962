#pragma once

#include <future>
#include <map>
#include <memory>
#include <string>
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

// Whoever has their birthday on some days, page by page: each page is asked for while the one
// before it is at work.
class CelebrantPages {
 public:
  // `celebrants` and `program` outlive this, which waits for the page that is on its way.
  CelebrantPages(Celebrants& celebrants, const ledger::Program& program, const DaySpan& days,
                 absl::Time deadline)
      : celebrants_(celebrants), program_(program), days_(days), deadline_(deadline) {
    Ask("");
  }
  CelebrantPages(const CelebrantPages&) = delete;
  CelebrantPages& operator=(const CelebrantPages&) = delete;

  bool more() const { return next_.valid(); }
  // The next one; there are more. Errors: those of Celebrants::List, after which there are none.
  absl::StatusOr<std::vector<MemberCelebrant>> Next();

 private:
  void Ask(std::string page_token);

  Celebrants& celebrants_;
  const ledger::Program& program_;
  const DaySpan days_;
  const absl::Time deadline_;
  std::future<absl::StatusOr<Celebrants::Page>> next_;
};

// One page of celebrants and all that is to be known of them.
class BirthdayPage {
 public:
  // All arguments outlive this.
  BirthdayPage(const ledger::Program& program, const Policy& policy, const DaySpan& span)
      : program_(program), policy_(policy), span_(span) {}

  // Keeps those who have their birthday within the span.
  void Add(std::vector<MemberCelebrant> members);
  // Keeps them if a correction may have brought them a gift, and says whether: of the year that it
  // is for, whatever the span.
  bool AddOwed(const MemberId& member, Celebrant celebrant);
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
