#include "services/members/merging_rules.h"

#include <algorithm>
#include <string>

#include "services/members/spelling.h"

namespace gratis::members {
namespace {

const Consent* AboutTheSame(const std::vector<Consent>& all, const Consent& as) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Consent& consent) {
    return consent.decision.purpose == as.decision.purpose &&
           consent.decision.channel == as.decision.channel;
  });
  return found == all.end() ? nullptr : &*found;
}

bool Withdrawn(const Consent& consent) {
  return consent.decision.state == ConsentState::kWithdrawn;
}

// However a name is written, and with or without its accents, it is one name.
std::string PlainName(const Profile& profile) {
  return CaseFolded(WithoutAccents(PlainWords(profile.greeting_name)));
}

bool Differ(const std::string& a, const std::string& b) {
  return !a.empty() && !b.empty() && a != b;
}

}  // namespace

std::vector<Consent> TakenOver(const std::vector<Consent>& survivor,
                               const std::vector<Consent>& duplicate) {
  std::vector<Consent> taken;
  for (const Consent& theirs : duplicate) {
    const Consent* own = AboutTheSame(survivor, theirs);
    if (own == nullptr) {
      taken.push_back(theirs);
    } else if (theirs.objection) {
      if (own->objection) continue;
      taken.push_back(theirs);
      taken.back().decided_at = std::max(theirs.decided_at, own->decided_at);
    } else if (!own->objection &&
               (theirs.decided_at > own->decided_at ||
                (theirs.decided_at == own->decided_at && Withdrawn(theirs) && !Withdrawn(*own)))) {
      taken.push_back(theirs);
    }
  }
  return taken;
}

std::vector<Consent> GivenBack(const std::vector<Consent>& in_force,
                               const std::vector<Consent>& came_over, absl::Time now) {
  std::vector<Consent> back;
  for (const Consent& consent : came_over) {
    const Consent* still = AboutTheSame(in_force, consent);
    if (Withdrawn(consent) || still == nullptr || Withdrawn(*still) ||
        still->decided_at != consent.decided_at) {
      continue;
    }
    back.push_back(consent);
    back.back().decision.state = ConsentState::kWithdrawn;
    back.back().decided_at = std::max(now, consent.decided_at);
  }
  return back;
}

bool MayBeOne(const Profile& a, const Profile& b) {
  if (!a.birthday || !b.birthday || a.birthday->on != b.birthday->on) return false;
  if (a.birthday->year && b.birthday->year && a.birthday->year != b.birthday->year) return false;
  const std::string name = PlainName(a);
  if (name.empty() || name != PlainName(b)) return false;
  return !Differ(a.email, b.email) && !Differ(a.phone, b.phone);
}

}  // namespace gratis::members
