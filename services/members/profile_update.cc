#include "services/members/profile_update.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/members.pb.h"
#include "services/members/member_contract.h"

namespace gratis::members {
namespace {

// {"changed":["birthday","email"]}, and whether the day of the birthday became another for the
// first time: who gives something on it may have to do so now. `more` follows.
std::string ChangesJson(const std::vector<Part>& parts, bool birthday_corrected,
                        const std::string& more) {
  return absl::StrCat(
      "{\"changed\":[",
      absl::StrJoin(parts, ",",
                    [](std::string* out, Part part) { *out += base::JsonString(NameOf(part)); }),
      birthday_corrected ? "],\"birthday_corrected\":true" : "]", more, "}");
}

std::set<Part> KnownParts(Profile profile) {
  profile.email_removed = profile.phone_removed = false;
  const std::vector<Part> known = Differences(Profile(), profile);
  return {known.begin(), known.end()};
}

// Of what staff changed, whether there was something and is, and never what:
// ,"before":{"phone":"set"},"after":{"phone":"changed"}.
std::string HowPartsChanged(const std::vector<Part>& parts, const Profile& before,
                            const Profile& after) {
  const std::set<Part> had = KnownParts(before);
  const std::set<Part> has = KnownParts(after);
  std::vector<std::string> were, are;
  for (const Part part : parts) {
    const bool was_set = had.count(part) > 0;
    const bool is_set = has.count(part) > 0;
    const std::string name = base::JsonString(NameOf(part));
    were.push_back(absl::StrCat(name, was_set ? ":\"set\"" : ":\"none\""));
    are.push_back(absl::StrCat(name, !is_set   ? ":\"none\""
                                     : was_set ? ":\"changed\""
                                               : ":\"set\""));
  }
  return absl::StrCat(",\"before\":{", absl::StrJoin(were, ","), "},\"after\":{",
                      absl::StrJoin(are, ","), "}");
}

std::set<ledger::DirectoryKey> KeysOf(const std::vector<Claim>& names) {
  std::set<ledger::DirectoryKey> keys;
  for (const Claim& claim : names) keys.insert(claim.name);
  return keys;
}

// Of these names, all that are not among the `other` ones are asked for before the first is missed,
// so that one look is enough.
absl::Status AskForAll(ledger::Books& books, const std::vector<Claim>& names,
                       const std::set<ledger::DirectoryKey>& other) {
  absl::Status known;
  for (const Claim& claim : names) {
    if (other.count(claim.name)) continue;
    known.Update(books.LookUp(claim.name).status());
    if (claim.older) known.Update(books.LookUp(*claim.older).status());
  }
  return known;
}

absl::StatusOr<std::optional<MemberId>> WhoHas(ledger::Books& books,
                                               const ledger::DirectoryKey& name) {
  ASSIGN_OR_RETURN(const auto entry, books.LookUp(name));
  if (!entry) return std::nullopt;
  return MemberId{entry->id};
}

}  // namespace

ProfileUpdate::ProfileUpdate(const MemberNames& names, const MemberId& member, ProfileChange change,
                             const TransactionId& transaction)
    : names_(names), change_(std::move(change)), transaction_(transaction) {
  envelope.member = member;
}

std::string ProfileUpdate::FieldOfName(const std::vector<Claim>& names, size_t place,
                                       const Profile& after) const {
  // External ids come first among names, in their order.
  if (place < after.external_ids.size()) {
    const auto added =
        std::find(change_.added.begin(), change_.added.end(), after.external_ids[place]);
    if (added != change_.added.end()) {
      return absl::StrCat("add_external_ids[", added - change_.added.begin(), "]");
    }
  }
  return names[place].field;
}

absl::Status ProfileUpdate::MoveNames(ledger::Books& books, const Profile& before,
                                      const Profile& after) const {
  const MemberId& member = envelope.member;
  const std::vector<Claim> had = names_.NamesOf(envelope.program.number, before);
  const std::vector<Claim> has = names_.NamesOf(envelope.program.number, after);
  const std::set<ledger::DirectoryKey> old_keys = KeysOf(had);
  const std::set<ledger::DirectoryKey> new_keys = KeysOf(has);
  absl::Status known = AskForAll(books, had, new_keys);
  known.Update(AskForAll(books, has, old_keys));
  RETURN_IF_ERROR(known);
  for (const ledger::DirectoryKey& key : old_keys) {
    if (new_keys.count(key)) continue;
    ASSIGN_OR_RETURN(const auto entry, books.LookUp(key));
    if (!entry || entry->id != member.uuid) continue;
    RETURN_IF_ERROR(books.Release(key, {.kind = ledger::FactKind::kNameReleased,
                                        .transaction = transaction_,
                                        .member = member,
                                        .effective_at = envelope.now}));
  }
  std::vector<TakenName> taken;
  for (size_t i = 0; i < has.size(); ++i) {
    if (old_keys.count(has[i].name)) continue;
    ASSIGN_OR_RETURN(const std::optional<MemberId> holder, WhoHas(books, has[i].name));
    std::optional<MemberId> older;
    if (has[i].older) {
      ASSIGN_OR_RETURN(older, WhoHas(books, *has[i].older));
    }
    for (const std::optional<MemberId>& other : {holder, older}) {
      if (!other || *other == member) continue;
      taken.push_back({FieldOfName(has, i, after), *other});
      break;
    }
    if (!holder) books.Claim(has[i].name, member, member.uuid);
  }
  return taken.empty() ? absl::OkStatus() : IdentifiersTaken(taken);
}

absl::StatusOr<std::string> ProfileUpdate::Decide(ledger::Books& books) {
  RETURN_IF_ERROR(books.Permit(envelope.member, ledger::Deed::kCorrect));
  const auto found = files_->find(envelope.member);
  if (found == files_->end()) {
    return Error(Reason::kBooksDamaged, "the ledger has a member of whom nothing is stored");
  }
  MemberFile& file = found->second;
  RETURN_IF_ERROR(file.profile.status());
  ASSIGN_OR_RETURN(Profile after, Changed(*file.profile, change_));
  RETURN_IF_ERROR(InField(CheckBorn(after.birthday, envelope.now), "profile.birthday"));
  const std::vector<Part> parts = Differences(*file.profile, after);
  v1::UpdateMemberResponse response;
  for (const Part part : parts) response.add_changed_fields(std::string(NameOf(part)));
  if (parts.empty()) return response.SerializeAsString();

  // The first time only: what a gift must not be held back for once, it may be held back for later.
  const bool corrected =
      CorrectsBirthday(*file.profile, after) && !file.row.birthday_changed_at.has_value();
  const std::string how =
      envelope.by_staff ? HowPartsChanged(parts, *file.profile, after) : std::string();
  RETURN_IF_ERROR(MoveNames(books, *file.profile, after));
  RETURN_IF_ERROR(books
                      .Post({.kind = ledger::FactKind::kMemberUpdated,
                             .transaction = transaction_,
                             .member = envelope.member,
                             .effective_at = envelope.now,
                             .source = envelope.ActSource(""),
                             .detail = ChangesJson(parts, corrected, how)})
                      .status());
  if (envelope.validate_only) return response.SerializeAsString();
  if (corrected) file.row.birthday_changed_at = envelope.now;
  file.row.birthday_key.reset();
  if (after.birthday) {
    file.row.birthday_key = names_.BirthdayKey(envelope.program.number, after.birthday->on);
  }
  file.profile = std::move(after);
  return response.SerializeAsString();
}

absl::Status ProfileUpdates::LoadAll(pg::Tx& tx, absl::Span<ProfileUpdate* const> set) {
  std::set<MemberId> members;
  for (const ProfileUpdate* update : set) members.insert(update->envelope.member);
  const ledger::Envelope& any = set.front()->envelope;
  ASSIGN_OR_RETURN(std::vector<MemberRow> rows,
                   MemberStore(tx).FindAll(ledger::PartitionOf(any.program, any.member),
                                           {members.begin(), members.end()}));
  const auto files = std::make_shared<ProfileUpdate::Files>();
  for (MemberRow& row : rows) {
    absl::StatusOr<std::string> bytes =
        vault_.Open(row.data_key, row.id.uuid.AsBytes(), row.sealed_profile);
    absl::StatusOr<Profile> profile = bytes.ok() ? ParseProfile(*bytes) : bytes.status();
    const MemberId id = row.id;
    files->emplace(id, MemberFile{std::move(row), std::move(profile)});
  }
  for (ProfileUpdate* update : set) update->files_ = files;
  return absl::OkStatus();
}

absl::Status ProfileUpdates::WriteAll(pg::Tx& tx, absl::Span<ProfileUpdate* const> set) {
  std::set<MemberId> members;
  for (const ProfileUpdate* update : set) members.insert(update->envelope.member);
  std::vector<const MemberRow*> rows;
  for (const MemberId& member : members) {
    MemberFile& file = set.front()->files_->at(member);
    ASSIGN_OR_RETURN(file.row.sealed_profile, vault_.Seal(file.row.data_key, member.uuid.AsBytes(),
                                                          SerializeProfile(*file.profile)));
    rows.push_back(&file.row);
  }
  const ledger::Envelope& any = set.front()->envelope;
  MemberStore(tx).UpdateProfiles(ledger::PartitionOf(any.program, any.member), rows);
  return absl::OkStatus();
}

}  // namespace gratis::members
