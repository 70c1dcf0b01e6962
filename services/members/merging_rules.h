#pragma once

#include <vector>

#include "services/members/consent_rules.h"
#include "services/members/member_rules.h"

// What two members who become one said, and who may be one: values in, values out.
namespace gratis::members {

// Of what is in force for a duplicate, what counts for the survivor from now on: where the survivor
// said nothing, or earlier; and every objection. What the survivor objected to stays so. Each as it
// has to be recorded for the survivor to be in force there.
std::vector<Consent> TakenOver(const std::vector<Consent>& survivor,
                               const std::vector<Consent>& duplicate);

// Of what was recorded for a member what is in force: what was decided last and, of what was
// decided at one instant, recorded last.
std::vector<ConsentRecord> InForceOf(const std::vector<ConsentRecord>& records);

// Of what was recorded each no to a purpose and channel, whatever was said later: an objection
// before a withdrawal, else the last decided.
std::vector<Consent> RefusedIn(const std::vector<ConsentRecord>& records);

// The words of a survivor with those of a duplicate that count for them, see TakenOver.
std::vector<Consent> WithThoseOf(std::vector<Consent> survivor,
                                 const std::vector<Consent>& duplicate);

// What a merge that is undone gives back, of `came_over`, the survivor's grants in force that are a
// duplicate's word: in the place of each what is in `own`, the words of the survivor and of those
// who stay part of them, so recorded that it is in force; a withdrawal where there is none.
std::vector<Consent> GivenBack(const std::vector<Consent>& came_over,
                               const std::vector<Consent>& own, absl::Time now);

// Whether the two may be one person: the same name, in any case and with or without accents, and
// day of birth, and no year of birth, e-mail address or phone number of one that differs from the
// other's. Who has no name or no day of birth is nobody's duplicate.
bool MayBeOne(const Profile& a, const Profile& b);

}  // namespace gratis::members
