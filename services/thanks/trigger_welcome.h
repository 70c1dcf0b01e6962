#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "common/ledger/feed.h"
#include "common/ledger/mutation.h"
#include "common/ledger/poster.h"
#include "common/ledger/voucher_code.h"
#include "common/pg/pool.h"
#include "services/thanks/trigger_book.h"
#include "services/thanks/trigger_words.h"

// Sign-ups, as triggers see them: the journal is followed. A round takes the next stretch of a
// partition's journal and posts what it brings about, together with how far it read, in one
// transaction; so each sign-up is welcomed once, whoever does it and however often it is tried.
namespace gratis::thanks {

struct WelcomeLimits {
  int rows = 200;       // sign-ups
  int window = 20'000;  // of the journal, looked at for them
};

class WelcomeRound final : public ledger::Mutation {
 public:
  WelcomeRound(ledger::Program program, int32_t partition, WelcomeLimits limits,
               const ledger::VoucherCodes& codes, absl::Time now);

  // kDone or kMore.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

  static constexpr char kDone[] = "done";
  static constexpr char kMore[] = "more";  // there is more to read

 private:
  friend class WelcomeRounds;

  // What a round works on; of several in a set the first has it.
  struct Work {
    std::vector<std::shared_ptr<const Trigger>> triggers;
    std::map<std::string, absl::Time> first_set;
    TriggerLimits limits;
    FactsOfMembers facts;
    std::set<MemberId> groups;
    int64_t cursor = 0;
    ledger::FeedPage page;
  };
  absl::Status Welcome(ledger::Books& books, const ledger::JournalRow& row);

  const WelcomeLimits limits_;
  const ledger::VoucherCodes& codes_;
  std::shared_ptr<const Work> work_;
  bool decided_ = false;
  struct Made {
    TriggerResult result;
    absl::Time old_at;
  };
  std::vector<Made> made_;
};

class WelcomeRounds final : public ledger::KindOf<WelcomeRound> {
 public:
  explicit WelcomeRounds(TriggerReader& reader) : reader_(reader) {}
  absl::Status LoadAll(pg::Tx& tx, absl::Span<WelcomeRound* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<WelcomeRound* const> set) override;

 private:
  TriggerReader& reader_;
};

// Keeps up with sign-ups. Thread-safe.
class Welcomes {
 public:
  // References outlive this.
  Welcomes(pg::Pool& pool, ledger::Poster& poster, TriggerReader& reader, const vault::Vault& vault,
           WelcomeLimits limits = {})
      : pool_(pool),
        poster_(poster),
        reader_(reader),
        codes_(vault),
        limits_(limits),
        kind_(reader) {}

  // How far each partition was read; nothing while no trigger looks at sign-ups.
  absl::StatusOr<std::optional<ledger::Cursor>> Followed(const ledger::Program& program,
                                                         absl::Time deadline);
  // Reads what is left of a partition's journal. `deadline` is real time. Errors: DRAINING.
  absl::Status Keep(const ledger::Program& program, int32_t partition, absl::Time now,
                    absl::Time deadline, const std::stop_token& stop);

 private:
  pg::Pool& pool_;
  ledger::Poster& poster_;
  TriggerReader& reader_;
  const ledger::VoucherCodes codes_;
  const WelcomeLimits limits_;
  WelcomeRounds kind_;
};

}  // namespace gratis::thanks
