#include "services/members/dossiers.h"

#include <iterator>
#include <utility>

#include "common/status/macros.h"

namespace gratis::members {
namespace {

constexpr int32_t kHistoryPage = 1000;

}  // namespace

absl::StatusOr<Dossier> Dossiers::Of(const ledger::Program& program, const MemberId& member,
                                     absl::Time deadline) const {
  Dossier dossier;
  ASSIGN_OR_RETURN(dossier.member, members_.Get(program, member, deadline));
  ASSIGN_OR_RETURN(dossier.consents, consents_.Get(program, member, deadline));
  ASSIGN_OR_RETURN(dossier.preferences, preferences_.Get(program, member, deadline));
  std::optional<int64_t> before;
  do {
    ASSIGN_OR_RETURN(ConsentHistoryPage page,
                     consents_.ListHistory(program, member, before, kHistoryPage, deadline));
    std::move(page.records.begin(), page.records.end(), std::back_inserter(dossier.history));
    before = page.next;
  } while (before);
  return dossier;
}

absl::StatusOr<DossierPage> Dossiers::List(const ledger::Program& program,
                                           std::optional<MemberCursor> after, int32_t limit,
                                           absl::Time deadline) const {
  ASSIGN_OR_RETURN(MemberPage members, members_.List(program, after, limit, deadline));
  std::vector<MemberId> ids;
  for (const Member& member : members.members) ids.push_back(member.id);
  ASSIGN_OR_RETURN(auto consents, consents_.GetMany(program, ids, deadline));
  ASSIGN_OR_RETURN(auto preferences, preferences_.GetMany(program, ids, deadline));
  DossierPage page{.dossiers = {}, .next = members.next};
  for (size_t i = 0; i < ids.size(); ++i) {
    page.dossiers.push_back({.member = std::move(members.members[i]),
                             .consents = std::move(consents[i]),
                             .preferences = std::move(preferences[ids[i]]),
                             .history = {}});
    if (const auto survivor = members.survivors.find(ids[i]); survivor != members.survivors.end()) {
      page.dossiers.back().merged_into = survivor->second;
    }
  }
  return page;
}

}  // namespace gratis::members
