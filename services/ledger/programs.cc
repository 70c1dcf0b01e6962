#include "services/ledger/programs.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/ledger/setting.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger_service {
namespace {

constexpr std::string_view kHouseCode = "house";  // has the house's books, and no name among these

}  // namespace

ProgramCreation::ProgramCreation(TransactionId transaction, ProgramDraft draft,
                                 ledger::DirectoryKey name, ProgramAnswer answer)
    : transaction_(transaction),
      draft_(std::move(draft)),
      name_(std::move(name)),
      answer_(std::move(answer)) {}

void ProgramCreation::AddNeeds(ledger::Wants& wants) const { wants.names.insert(name_); }

absl::StatusOr<std::string> ProgramCreation::Decide(ledger::Books& books) {
  if (draft_.code == kHouseCode || books.FindEntry(name_)) {
    return FieldError(Reason::kProgramExists, "code",
                      absl::StrCat("there is a program \"", draft_.code, "\" already"));
  }
  made_ = {.code = draft_.code,
           .display_name = draft_.display_name,
           .currency_code = draft_.currency_code,
           .time_zone = draft_.time_zone,
           .partitions = draft_.partitions,
           .created_at = books.recorded_at()};
  RETURN_IF_ERROR(books
                      .Post({.kind = ledger::FactKind::kProgramCreated,
                             .transaction = transaction_,
                             .member = {},
                             .effective_at = books.recorded_at(),
                             .source = draft_.code,
                             .detail = ledger::ProgramJson(made_)})
                      .status());
  books.Claim(name_, {}, transaction_.uuid);
  return answer_(made_);
}

absl::Status ProgramCreations::WriteAll(pg::Tx& tx, absl::Span<ProgramCreation* const> set) {
  // The house's one partition is locked, so nobody else is making programs.
  ASSIGN_OR_RETURN(ledger::ProgramFrontier next, ledger::ReadProgramFrontier(tx));
  for (ProgramCreation* creation : set) {
    ledger::Program& program = creation->made();
    program.number = next.number++;
    program.first_partition = next.first_partition;
    next.first_partition += program.partitions;
    ledger::InsertProgram(tx, program);
  }
  return absl::OkStatus();
}

}  // namespace gratis::ledger_service
