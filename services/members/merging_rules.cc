#include "services/members/merging_rules.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

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

// Of each purpose and channel the record that comes before none of the others.
template <class Before>
std::vector<ConsentRecord> LastOfEach(const std::vector<ConsentRecord>& records,
                                      const Before& before) {
  std::map<std::pair<ConsentPurpose, ConsentChannel>, const ConsentRecord*> last;
  for (const ConsentRecord& record : records) {
    const ConsentDecision& decision = record.consent.decision;
    const ConsentRecord*& so_far = last[{decision.purpose, decision.channel}];
    if (so_far == nullptr || before(*so_far, record)) so_far = &record;
  }
  std::vector<ConsentRecord> found;
  for (const auto& [matter, record] : last) found.push_back(*record);
  return found;
}

// Whether one is the other's word, whenever it was said.
bool IsSameWord(const Consent& a, const Consent& b) {
  return a.decision == b.decision && a.source == b.source &&
         a.wording_version == b.wording_version && a.objection == b.objection;
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

std::vector<ConsentRecord> InForceOf(const std::vector<ConsentRecord>& records) {
  return LastOfEach(records, [](const ConsentRecord& a, const ConsentRecord& b) {
    return std::tie(a.consent.decided_at, a.number) < std::tie(b.consent.decided_at, b.number);
  });
}

std::vector<Consent> RefusedIn(const std::vector<ConsentRecord>& records) {
  std::vector<ConsentRecord> refused;
  for (const ConsentRecord& record : records) {
    if (Withdrawn(record.consent)) refused.push_back(record);
  }
  const auto before = [](const ConsentRecord& a, const ConsentRecord& b) {
    return std::tie(a.consent.objection, a.consent.decided_at, a.number) <
           std::tie(b.consent.objection, b.consent.decided_at, b.number);
  };
  std::vector<Consent> refusals;
  for (const ConsentRecord& record : LastOfEach(refused, before)) {
    refusals.push_back(record.consent);
  }
  return refusals;
}

std::vector<Consent> WithThoseOf(std::vector<Consent> survivor,
                                 const std::vector<Consent>& duplicate) {
  const std::vector<Consent> taken = TakenOver(survivor, duplicate);
  std::erase_if(survivor, [&](const Consent& own) { return AboutTheSame(taken, own) != nullptr; });
  survivor.insert(survivor.end(), taken.begin(), taken.end());
  return survivor;
}

std::vector<Consent> GivenBack(const std::vector<Consent>& came_over,
                               const std::vector<Consent>& own, absl::Time now) {
  std::vector<Consent> back;
  for (const Consent& consent : came_over) {
    const Consent* instead = AboutTheSame(own, consent);
    if (instead != nullptr && IsSameWord(*instead, consent)) continue;
    back.push_back(instead == nullptr ? consent : *instead);
    if (instead == nullptr) back.back().decision.state = ConsentState::kWithdrawn;
    // A yes is no newer than it has to be: a no from before it may still come in.
    const absl::Time earliest = Withdrawn(back.back()) ? now : back.back().decided_at;
    back.back().decided_at = std::max(earliest, consent.decided_at);
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
