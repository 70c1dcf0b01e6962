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

// What a merge that is undone gives back: the grants that came over and are in force still, as
// withdrawals. Objections and withdrawals stay.
std::vector<Consent> GivenBack(const std::vector<Consent>& in_force,
                               const std::vector<Consent>& came_over, absl::Time now);

// Whether the two may be one person: the same name, in any case and with or without accents, and
// day of birth, and no year of birth, e-mail address or phone number of one that differs from the
// other's. Who has no name or no day of birth is nobody's duplicate.
bool MayBeOne(const Profile& a, const Profile& b);

}  // namespace gratis::members
