#pragma once

#include "absl/status/statusor.h"
#include "services/members/briefs.h"

// Between what the contract says of briefs and what the use cases work on.
namespace gratis::members {

namespace v1 {
class GetBriefResponse;
class Sentence;
class Suggestion;
class TimelineEntry;
}  // namespace v1

void ToContract(const SaidSentence& said, v1::Sentence& proto);
void ToContract(const SaidSuggestion& said, v1::Suggestion& proto);

// All of a brief but who it is about.
void ToContract(const Brief& brief, const ledger::Program& program, v1::GetBriefResponse& proto);

void ToContract(const ledger::JournalRow& row, const ledger::Program& program,
                const std::vector<ledger::Unit>& units, v1::TimelineEntry& proto);
// Leaves out which of the program's staff and systems did it.
void KeepForMember(v1::TimelineEntry& entry);

}  // namespace gratis::members
