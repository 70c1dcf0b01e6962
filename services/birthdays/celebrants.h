#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/ledger/program.h"
#include "services/birthdays/birthday_rules.h"

namespace gratis::birthdays {

struct MemberCelebrant {
  MemberId member;
  Celebrant celebrant;
};

// What this service asks of members. Thread-safe; deadlines are real time.
class Celebrants {
 public:
  virtual ~Celebrants() = default;

  struct Page {
    std::vector<MemberCelebrant> members;  // each with a birthday
    std::string next_page_token;           // empty: this was the last one
  };
  // Whose birthday is, by month and day, from `days.first` to `days.last`. A bounded page of them.
  // Their tiers are not asked for.
  virtual absl::StatusOr<Page> List(const ledger::Program& program, const DaySpan& days,
                                    std::string_view page_token, absl::Time deadline) = 0;

  // The tiers of members as of now, of those who are in one; the members may be any number.
  virtual absl::StatusOr<std::map<MemberId, std::string>> TiersOf(
      const ledger::Program& program, absl::Span<const MemberId> members, absl::Time deadline) = 0;

  // The codes of the tiers that the program has, as of now; none without a tier policy.
  virtual absl::StatusOr<std::set<std::string>> Tiers(const ledger::Program& program,
                                                      absl::Time deadline) = 0;

  // Errors: MEMBER_NOT_FOUND.
  virtual absl::StatusOr<Celebrant> Find(const ledger::Program& program, const MemberId& member,
                                         absl::Time deadline) = 0;
};

}  // namespace gratis::birthdays
