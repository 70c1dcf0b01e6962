#include "services/members/enrollment.h"

#include <utility>

#include "common/house/master_keys/master_keys.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/members.pb.h"

namespace gratis::members {
Enrollment::Enrollment(Newcomer newcomer) : newcomer_(std::move(newcomer)) {
  envelope.member = newcomer_.row.id;
}

void Enrollment::AddNeeds(ledger::Wants& wants) const {
  for (const Claim& claim : newcomer_.claims) {
    wants.names.insert(claim.name);
    if (claim.older) wants.names.insert(*claim.older);
  }
}

std::vector<TakenName> Enrollment::Taken(const ledger::Books& books) const {
  std::vector<TakenName> taken;
  for (const Claim& claim : newcomer_.claims) {
    std::optional<ledger::DirectoryEntry> entry = books.FindEntry(claim.name);
    if (!entry && claim.older) entry = books.FindEntry(*claim.older);
    if (entry) taken.push_back({claim.field, MemberId{entry->id}});
  }
  return taken;
}

absl::StatusOr<std::string> Enrollment::Decide(ledger::Books& books) {
  // What depends on the hour is checked here and not on arrival: a retry must get the first answer,
  // however much later it comes.
  const absl::Time enrolled_at = newcomer_.stated_enrolled_at.value_or(envelope.now);
  RETURN_IF_ERROR(
      InField(CheckEnrolledAt(enrolled_at, envelope.now, newcomer_.may_state_past), "enrolled_at"));
  RETURN_IF_ERROR(InField(CheckBorn(newcomer_.birthday, envelope.now), "profile.birthday"));
  if (const std::vector<TakenName> taken = Taken(books); !taken.empty()) {
    return IdentifiersTaken(taken);
  }

  const MemberId& member = newcomer_.row.id;
  books.AddHolder(member, enrolled_at);
  RETURN_IF_ERROR(books
                      .Post({.kind = ledger::FactKind::kMemberEnrolled,
                             .transaction = newcomer_.transaction,
                             .member = member,
                             .effective_at = enrolled_at})
                      .status());
  for (const Claim& claim : newcomer_.claims) books.Claim(claim.name, member, member.uuid);
  newcomer_.row.enrolled_at = enrolled_at;

  v1::EnrollMemberResponse response;
  if (!envelope.validate_only) response.set_member_id(member.ToString());
  return response.SerializeAsString();
}

absl::Status Enrollment::CheckReplay(ledger::Books& books, std::string_view answer) const {
  v1::EnrollMemberResponse response;
  if (!response.ParseFromArray(answer.data(), static_cast<int>(answer.size()))) {
    return Error(Reason::kInternal, "a stored answer is not one of an enrollment");
  }
  ASSIGN_OR_RETURN(const MemberId enrolled, MemberId::Parse(response.member_id()));
  return books.CheckNotErased(enrolled);
}

absl::Status EnrollmentKind::LoadAll(pg::Tx& tx, absl::Span<Enrollment* const>) {
  // Under the partition's lock: once a rotation has passed it, nobody wraps by an older version.
  return house::FollowNewest(tx, vault_);
}

absl::Status EnrollmentKind::WriteAll(pg::Tx& tx, absl::Span<Enrollment* const> enrollments) {
  for (Enrollment* enrollment : enrollments) {
    const MemberRow& row = enrollment->row();
    if (row.data_key.version() >= vault_.version()) continue;
    ASSIGN_OR_RETURN(vault::SealedKey key, vault_.Rewrap(row.data_key, row.id.uuid.AsBytes()));
    enrollment->SetDataKey(std::move(key));
  }
  const ledger::Envelope& any = enrollments.front()->envelope;
  std::vector<const MemberRow*> rows;
  rows.reserve(enrollments.size());
  for (const Enrollment* enrollment : enrollments) rows.push_back(&enrollment->row());
  MemberStore(tx).Insert(ledger::PartitionOf(any.program, any.member), rows);
  return absl::OkStatus();
}

}  // namespace gratis::members
