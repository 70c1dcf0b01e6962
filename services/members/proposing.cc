#include "services/members/proposing.h"

namespace gratis::members {

void Proposing::Note(const rpc::Call& call, std::vector<Sighting> seen,
                     std::function<void()> then) {
  if (call.role == rpc::Role::kMember) return then();
  auto note = std::make_unique<SightingNote>(std::move(seen));
  // Without a request id: to note the same again is what it is for.
  note->envelope.program = call.program;
  note->envelope.actor = call.actor;
  note->envelope.now = call.now;
  note->envelope.deadline = call.deadline;
  poster_.Submit(notes_, std::move(note),
                 [then = std::move(then)](const ledger::Outcome&) { then(); });
}

}  // namespace gratis::members
