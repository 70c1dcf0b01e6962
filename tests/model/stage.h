#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/ledger/mutation.h"
#include "common/ledger/poster.h"
#include "common/pg/pool.h"
#include "tests/integration/common/pg/testing.h"
#include "tests/model/reference.h"

namespace gratis::model {

// The real kernel on a real PostgreSQL, to be asked what the reference is asked.
class Stage {
 public:
  Stage();

  // A new program, with nothing in it.
  ledger::Program NewProgram(int32_t partitions, const std::string& time_zone);
  void Enroll(const ledger::Program& program, const std::vector<MemberId>& members, absl::Time now);
  void SetUnit(const ledger::Program& program, const ledger::Unit& unit);
  void AddBudget(const ledger::Program& program, const ledger::Budget& budget);

  ledger::Poster& poster() { return *poster_; }
  // As another process would have it: its own connections, its own sets.
  ledger::Poster& other_poster() { return *other_poster_; }
  base::IdSource& ids() { return ids_; }
  ledger::Pending PendingFor(const ledger::Program& program, const Request& request,
                             std::function<void(ledger::Outcome)> done);

  // Where what is stored of the program differs from what the references hold of it together, a
  // line each; none if they agree.
  std::vector<std::string> Differences(const ledger::Program& program,
                                       const std::vector<const Reference*>& references);
  // What VerifyPartition finds in any of the program's partitions.
  std::vector<std::string> Damages(const ledger::Program& program);

 private:
  std::unique_ptr<ledger::Poster> NewPoster(pg::Pool& pool) const;

  pg::testing::TestDatabase database_;
  base::SystemClock clock_;
  base::SequentialIds ids_;
  pg::Pool pool_;
  pg::Pool other_pool_;
  pg::Pool admin_;
  ledger::MutationKind kind_;
  std::unique_ptr<ledger::Poster> poster_;
  std::unique_ptr<ledger::Poster> other_poster_;
  int32_t programs_ = ledger::kHouseProgram;
  int32_t partitions_ = 1;
};

// As the reference writes it.
Answer AnswerOf(const ledger::Outcome& outcome);

}  // namespace gratis::model
