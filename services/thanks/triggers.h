#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/program.h"
#include "common/pg/pool.h"
#include "services/thanks/said_messages.h"
#include "services/thanks/trigger_book.h"
#include "services/thanks/trigger_store.h"
#include "services/thanks/trigger_words.h"

// What is asked of triggers: which there are, what became of them, what one would do. Thread-safe.
namespace gratis::thanks {

// What became of a purchase's triggers.
struct TriggerReport {
  std::vector<ToldResult> told;  // those that were meant first, by code
  std::string cashier_line;
  absl::Status asked = absl::OkStatus();  // why what was said is not among it
};

// Whom to ask what became of what was said.
struct AskingMessages {
  const SaidMessages* messages = nullptr;  // null: nobody
  // Whose messages the caller may know of; after a merge was undone, they may be another's than the
  // purchase.
  std::function<bool(const MemberId& member)> may_know = [](const MemberId&) { return true; };
  absl::Time deadline = absl::InfinitePast();
};

// What a trigger would do.
struct TriggerPreview {
  ToldResult told;
  std::string gift;     // in English
  std::string figures;  // of the message; empty if nothing would be said
};

class Triggers {
 public:
  // References outlive this.
  Triggers(pg::Pool& pool, TriggerReader& reader) : pool_(pool), reader_(reader) {}

  // `version` 0: the one in force. Errors: TRIGGER_NOT_FOUND.
  absl::StatusOr<Trigger> Find(const ledger::Program& program, std::string_view code,
                               int32_t version, absl::Time deadline) const;
  // At most `limit` whose code sorts after `after`, by code.
  absl::StatusOr<std::vector<Trigger>> List(const ledger::Program& program, std::string_view after,
                                            int32_t limit, absl::Time deadline) const;
  absl::StatusOr<TriggerLimits> Limits(const ledger::Program& program, absl::Time deadline) const;

  // What became of a purchase's triggers, each as of now. What cannot be asked of messages is left
  // out.
  absl::StatusOr<TriggerReport> Explain(const ledger::Program& program, const Purchase& purchase,
                                        absl::Time now, absl::Time deadline,
                                        const AskingMessages& asking = {}) const;
  // At most `limit` results of a member, latest first, behind a place. Errors: MEMBER_NOT_FOUND.
  absl::StatusOr<std::vector<ToldResult>> Results(const ledger::Program& program,
                                                  const MemberId& member, const ResultPlace& behind,
                                                  int32_t limit, absl::Time now,
                                                  absl::Time deadline) const;

  // What the trigger would do for a purchase like this one, made now.
  absl::StatusOr<TriggerPreview> Preview(const ledger::Program& program, const Trigger& trigger,
                                         const Purchase& purchase, absl::Time now,
                                         absl::Time deadline) const;

 private:
  // Beside each result the version that decided; what waits for a complaint's end says so.
  absl::StatusOr<std::vector<ToldResult>> Tell(pg::Tx& tx, const ledger::Program& program,
                                               std::vector<TriggerResult> results,
                                               absl::Time now) const;

  pg::Pool& pool_;
  TriggerReader& reader_;
};

}  // namespace gratis::thanks
