#include "services/members/briefs.h"

#include <utility>
#include <vector>

#include "common/ledger/loading.h"
#include "common/ledger/reads.h"
#include "common/ledger/survivors.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/brief_reads.h"
#include "services/members/preferences.h"

namespace gratis::members {
namespace {

// Opens what was read sealed. After the transaction, so that no cipher keeps a connection waiting.
absl::StatusOr<Briefs::Answer> Opened(const Members& members, const vault::Vault& vault,
                                      const BriefQuestion& question, ReadBrief read) {
  const auto brief = std::make_shared<Brief>(std::move(read.brief));
  ASSIGN_OR_RETURN(brief->member, members.Unseal(read.row));
  brief->member.state = brief->holdings.state;
  std::erase_if(brief->member.segments,
                [&](const SegmentMark& mark) { return !mark.InEffect(question.now); });
  ASSIGN_OR_RETURN(brief->preferences, OpenPreferences(vault, read.row.data_key, read.preferences));
  ASSIGN_OR_RETURN(brief->facts, FactsOf(*brief, question));
  return brief;
}

}  // namespace

Briefs::Briefs(const Members& members, const vault::Vault& vault, pg::Pool& pool,
               const base::Clock& clock, ledger::GatheringOptions options)
    : members_(members),
      vault_(vault),
      pool_(pool),
      asking_(options, clock, [this](std::vector<Asking::Asked>& batch, absl::Time deadline) {
        AnswerAll(batch, deadline);
      }) {}

absl::StatusOr<Briefs::Answers> Briefs::LookAll(absl::Span<const BriefQuestion* const> questions,
                                                absl::Time deadline) const {
  const pg::TxOptions reading{
      .deadline = deadline, .read_only = true, .isolation = pg::Isolation::kRepeatableRead};
  std::vector<absl::StatusOr<ReadBrief>> read;
  RETURN_IF_ERROR(pg::RunTx(pool_, reading, [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(read, ReadBriefs(tx, questions));
    return absl::OkStatus();
  }));
  Answers answers;
  answers.reserve(questions.size());
  for (size_t i = 0; i < questions.size(); ++i) {
    if (read[i].ok()) {
      answers.push_back(Opened(members_, vault_, *questions[i], *std::move(read[i])));
    } else {
      answers.emplace_back(read[i].status());
    }
  }
  return answers;
}

absl::StatusOr<Briefs::Answer> Briefs::Look(const BriefQuestion& question) const {
  ASSIGN_OR_RETURN(Answers answers, LookAll({&question}, question.deadline));
  return std::move(answers.front());
}

void Briefs::AnswerAll(std::vector<Asking::Asked>& batch, absl::Time deadline) const {
  std::vector<const BriefQuestion*> questions;
  questions.reserve(batch.size());
  for (const Asking::Asked& asked : batch) questions.push_back(&asked.question);
  absl::StatusOr<Answers> answers = LookAll(questions, deadline);
  for (size_t i = 0; i < batch.size(); ++i) {
    if (answers.ok()) {
      batch[i].done(std::move((*answers)[i]));
    } else {
      batch[i].done(Apart(answers.status()));
    }
  }
}

absl::StatusOr<TimelinePage> Briefs::Timeline(const ledger::Program& program,
                                              const MemberId& member,
                                              const std::optional<ledger::EntryPosition>& behind,
                                              int32_t limit, absl::Time deadline, bool as_named,
                                              absl::Span<const ledger::FactKind> kinds) const {
  TimelinePage page;
  const pg::TxOptions reading = pg::Reading(deadline);
  RETURN_IF_ERROR(pg::RunTx(pool_, reading, [&](pg::Tx& tx) -> absl::Status {
    const pg::Tx::Asked units = ledger::AskUnits(tx, program);
    const pg::Tx::Asked asked = ledger::AskDuplicates(tx, {member});
    RETURN_IF_ERROR(ledger::RequireMember(tx, program, member));
    ASSIGN_OR_RETURN(const auto duplicates, ledger::TakeDuplicates(tx, asked));
    std::vector<MemberId> whose = {member};
    if (!as_named) {
      for (const auto& [survivor, duplicate] : duplicates) whose.push_back(duplicate);
    }
    // One more than fits tells whether there is a next page.
    ASSIGN_OR_RETURN(page.rows,
                     ledger::ReadEntriesOf(tx, program, whose, behind, kinds, limit + 1));
    ASSIGN_OR_RETURN(std::vector<ledger::Unit> set, ledger::TakeUnits(tx, units));
    page.units = ledger::WithPoints(std::move(set));
    return absl::OkStatus();
  }));
  if (std::ssize(page.rows) > limit) {
    page.rows.pop_back();
    const ledger::JournalRow& last = page.rows.back();
    page.next = {last.recorded_at, last.partition, last.seq};
  }
  return page;
}

}  // namespace gratis::members
