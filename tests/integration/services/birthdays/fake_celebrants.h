#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/reasons.h"
#include "services/birthdays/celebrants.h"

namespace gratis::birthdays {

// A fake of the members service: a list in memory, with the same idea of who is in a span of days.
class FakeCelebrants final : public Celebrants {
 public:
  absl::StatusOr<Page> List(const ledger::Program&, const DaySpan& days,
                            std::string_view page_token, absl::Time) override {
    if (before_page) {
      if (absl::Status status = before_page(); !status.ok()) return status;
    }
    size_t next = 0;
    if (!page_token.empty() && !absl::SimpleAtoi(base::Abs(page_token), &next)) {
      return Error(Reason::kInvalidPageToken, "not a token of this fake");
    }
    Page page;
    for (; next < members.size() && page.members.size() < page_size; ++next) {
      if (IsListed(members[next].celebrant.birthday, days)) page.members.push_back(members[next]);
    }
    if (next < members.size()) page.next_page_token = absl::StrCat(next);
    return page;
  }

  absl::StatusOr<Celebrant> Find(const ledger::Program&, const MemberId& member,
                                 absl::Time) override {
    for (const MemberCelebrant& known : members) {
      if (known.member == member) return known.celebrant;
    }
    return Error(Reason::kMemberNotFound, "no member of the program has this id");
  }

  absl::StatusOr<std::map<MemberId, std::string>> TiersOf(const ledger::Program&,
                                                          absl::Span<const MemberId> asked,
                                                          absl::Time) override {
    if (before_tiers) before_tiers();
    std::map<MemberId, std::string> found;
    for (const MemberId& member : asked) {
      if (const auto tier = tiers.find(member); tier != tiers.end()) found.insert(*tier);
    }
    return found;
  }

  absl::StatusOr<std::set<std::string>> Tiers(const ledger::Program&, absl::Time) override {
    std::set<std::string> codes;
    for (const auto& [member, tier] : tiers) codes.insert(tier);
    return codes;
  }

  std::vector<MemberCelebrant> members;
  std::map<MemberId, std::string> tiers;
  size_t page_size = 1000;
  std::function<absl::Status()> before_page;  // may be empty; its error is the list's
  std::function<void()> before_tiers;         // may be empty

 private:
  static bool IsListed(const std::optional<MonthDay>& birthday, const DaySpan& days) {
    if (!birthday) return false;
    for (absl::CivilDay day = days.first; day <= days.last; ++day) {
      if (day.month() == birthday->month && day.day() == birthday->day) return true;
      if (birthday->month == 2 && birthday->day == 29 && day.month() == 2 && day.day() == 28 &&
          day < days.last) {
        return true;
      }
    }
    return false;
  }
};

}  // namespace gratis::birthdays
