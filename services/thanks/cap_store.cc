#include "services/thanks/cap_store.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/status/macros.h"
#include "services/thanks/thanks_sql.h"

namespace gratis::thanks {
namespace {

// What names a count, as columns.
struct CapColumns {
  std::vector<MemberId> members;
  std::vector<std::string_view> rules;
  std::vector<int16_t> pers;
  std::vector<absl::CivilDay> sinces;

  void Add(const WindowOfMember& of) {
    members.push_back(of.first);
    rules.push_back(of.second.rule);
    pers.push_back(static_cast<int16_t>(of.second.per));
    sinces.push_back(of.second.since);
  }
};

}  // namespace

pg::Tx::Asked AskCapCounts(pg::Tx& tx, int32_t partition, const std::set<WindowOfMember>& windows) {
  CapColumns columns;
  for (const WindowOfMember& of : windows) columns.Add(of);
  return tx.Ask(sql::kReadCapCounts, partition, columns.members, columns.rules, columns.pers,
                columns.sinces);
}

absl::StatusOr<CapCounts> TakeCapCounts(pg::Tx& tx, pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked));
  CapCounts counts;
  for (const pg::Row row : rows) {
    const CapCount count{.window = {.rule = row.Get<std::string>(1),
                                    .per = static_cast<CapPeriod>(row.Get<int16_t>(2)),
                                    .since = row.Get<absl::CivilDay>(3)},
                         .earned = row.Get<int64_t>(4),
                         .taken = row.Get<int64_t>(5)};
    counts.emplace(WindowOfMember(row.Get<MemberId>(0), count.window), count);
  }
  return counts;
}

void AddCapCounts(pg::Tx& tx, int32_t partition, const CapCounts& more) {
  if (more.empty()) return;
  CapColumns columns;
  std::vector<int64_t> earned, taken;
  for (const auto& [of, count] : more) {
    columns.Add(of);
    earned.push_back(count.earned);
    taken.push_back(count.taken);
  }
  tx.Send(sql::kAddCapCounts, partition, columns.members, columns.rules, columns.pers,
          columns.sinces, earned, taken);
}

}  // namespace gratis::thanks
