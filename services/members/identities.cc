#include "services/members/identities.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/ledger/reads.h"
#include "common/ledger/survivors.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/card_rules.h"
#include "services/members/card_store.h"
#include "services/members/member_names.h"

namespace gratis::members {
namespace {

using Directory = std::map<ledger::DirectoryKey, ledger::DirectoryEntry>;
using CardRows = std::map<CardId, CardRow>;

absl::Status NobodyFound(std::string_view message) {
  return Error(Reason::kMemberNotFound, message);
}

// As IdentifyMemberRequest calls it.
std::string_view FieldOfKind(ledger::DirectoryKind kind) {
  switch (kind) {
    case ledger::DirectoryKind::kEmail:
      return "email";
    case ledger::DirectoryKind::kPhone:
      return "phone";
    case ledger::DirectoryKind::kCard:
      return "card";
    default:
      return "external_id";
  }
}

absl::StatusOr<Directory> ReadDirectory(pg::Tx& tx, const ledger::Program& program,
                                        absl::Span<const KnownBy> asked) {
  std::vector<ledger::DirectoryKey> names;
  for (const KnownBy& known_by : asked) {
    for (const KnownName& known : known_by) {
      names.push_back(known.name);
      if (known.older) names.push_back(*known.older);
    }
  }
  ASSIGN_OR_RETURN(const auto found, ledger::FindNames(tx, program, names));
  return Directory(found.begin(), found.end());
}

// All of a program's cards live in one partition.
absl::StatusOr<CardRows> ReadCards(pg::Tx& tx, const Directory& directory) {
  std::vector<CardId> ids;
  int32_t partition = 0;
  for (const auto& [name, entry] : directory) {
    if (name.kind != ledger::DirectoryKind::kCard) continue;
    ids.push_back(CardId{entry.id});
    partition = entry.partition;
  }
  CardRows cards;
  if (ids.empty()) return cards;
  ASSIGN_OR_RETURN(const std::vector<CardRow> rows, CardStore(tx).Read(partition, ids));
  for (const CardRow& row : rows) cards.emplace(row.id, row);
  return cards;
}

// Whom one name leads to; nobody, if it is not a card's.
absl::StatusOr<std::optional<MemberId>> MemberOf(const ledger::DirectoryKey& name,
                                                 const Directory& directory,
                                                 const CardRows& cards) {
  const bool of_card = name.kind == ledger::DirectoryKind::kCard;
  const auto found = directory.find(name);
  if (found == directory.end()) {
    if (!of_card) return std::nullopt;
    return FieldError(Reason::kCardNotFound, "card", "no card of the program has this number");
  }
  if (!of_card) return MemberId{found->second.id};
  const auto card = cards.find(CardId{found->second.id});
  if (card == cards.end()) {
    return Error(Reason::kBooksDamaged, "the directory leads to a card that is not there");
  }
  absl::StatusOr<MemberId> holder = HolderOf(card->second);
  if (!holder.ok()) return InField(holder.status(), "card");
  return *holder;
}

// Whom it leads to as it is read now, and as it once was: nobody, one member, or two.
absl::StatusOr<std::set<MemberId>> LedTo(const KnownName& known, const Directory& directory,
                                         const CardRows& cards) {
  std::set<MemberId> members;
  ASSIGN_OR_RETURN(const std::optional<MemberId> member, MemberOf(known.name, directory, cards));
  if (member) members.insert(*member);
  if (!known.older) return members;
  ASSIGN_OR_RETURN(const std::optional<MemberId> older, MemberOf(*known.older, directory, cards));
  if (older) members.insert(*older);
  return members;
}

// Whether the different members that all names lead to became one.
absl::StatusOr<bool> AreOne(pg::Tx& tx, const ledger::Program& program, const KnownBy& known_by,
                            const Directory& directory, const CardRows& cards) {
  std::vector<MemberId> members;
  for (const KnownName& known : known_by) {
    ASSIGN_OR_RETURN(const std::set<MemberId> led_to, LedTo(known, directory, cards));
    if (led_to.empty()) return false;
    members.insert(members.end(), led_to.begin(), led_to.end());
  }
  ASSIGN_OR_RETURN(const auto survivors, ledger::ReadSurvivors(tx, program, members));
  std::set<MemberId> became;
  for (const MemberId& member : members) {
    const auto survivor = survivors.find(member);
    became.insert(survivor == survivors.end() ? member : survivor->second);
  }
  return became.size() == 1;
}

absl::StatusOr<MemberId> Locate(const KnownBy& known_by, const Directory& directory,
                                const CardRows& cards) {
  std::set<MemberId> members;
  std::vector<std::string_view> fields;
  bool all = true;
  // Cards first: of a card is told what is wrong with it, whatever else was said.
  for (const bool of_card : {true, false}) {
    for (const KnownName& known : known_by) {
      if ((known.name.kind == ledger::DirectoryKind::kCard) != of_card) continue;
      ASSIGN_OR_RETURN(const std::set<MemberId> led_to, LedTo(known, directory, cards));
      if (led_to.empty()) {
        all = false;
      } else {
        members.insert(led_to.begin(), led_to.end());
        fields.push_back(FieldOfKind(known.name.kind));
      }
    }
  }
  if (members.empty()) return NobodyFound("no member of the program has this identifier");
  if (members.size() > 1) {
    return MembersDiffer("the identifiers belong to different members; identify with one of them",
                         members, fields);
  }
  if (!all) return NobodyFound("no member of the program has all of these identifiers");
  return *members.begin();
}

}  // namespace

absl::Status MembersDiffer(std::string_view message, const std::set<MemberId>& members,
                           absl::Span<const std::string_view> fields) {
  std::string names;
  for (const std::string_view field : fields) {
    absl::StrAppend(&names, names.empty() ? "" : ",", base::Abs(field));
  }
  return Error(Reason::kMemberAmbiguous, message,
               {{"member_ids", JoinedIds(members)}, {"fields", std::move(names)}});
}

absl::StatusOr<std::vector<absl::StatusOr<MemberId>>> LocateAll(pg::Tx& tx,
                                                                const ledger::Program& program,
                                                                absl::Span<const KnownBy> asked) {
  ASSIGN_OR_RETURN(const Directory directory, ReadDirectory(tx, program, asked));
  ASSIGN_OR_RETURN(const CardRows cards, ReadCards(tx, directory));
  std::vector<absl::StatusOr<MemberId>> members;
  members.reserve(asked.size());
  for (const KnownBy& known_by : asked) members.push_back(Locate(known_by, directory, cards));
  for (size_t i = 0; i < members.size(); ++i) {
    if (ReasonOf(members[i].status()) != Reason::kMemberAmbiguous) continue;
    ASSIGN_OR_RETURN(const bool one, AreOne(tx, program, asked[i], directory, cards));
    // Whoever of them it is leads to the survivor.
    if (one) members[i] = *LedTo(asked[i].front(), directory, cards)->begin();
  }
  return members;
}

}  // namespace gratis::members
