#pragma once

#include "common/house/clock.h"
#include "common/house/keyring/keyring.h"
#include "common/ledger/program.h"
#include "common/ledger/survivors.h"
#include "common/rpc/gate.h"

namespace gratis::app {

// Answers the shell's questions from what the house knows. Thread-safe.
class Doorkeeper final : public rpc::Gate {
 public:
  Doorkeeper(house::Keyring& keys, ledger::ProgramDirectory& programs, house::ProgramClock& clock,
             ledger::Survivors& survivors)
      : keys_(keys), programs_(programs), clock_(clock), survivors_(survivors) {}

  absl::StatusOr<house::KeyRecord> FindKey(std::string_view presented,
                                           absl::Time deadline) override {
    return keys_.Find(presented, deadline);
  }
  absl::StatusOr<house::KeyRecord> FindIssuer(const KeyId& key_id, absl::Time deadline) override {
    return keys_.Get(key_id, deadline);
  }
  absl::StatusOr<ledger::Program> FindProgram(std::string_view code, absl::Time deadline) override {
    return programs_.Find(code, deadline);
  }
  absl::StatusOr<ledger::Program> FindProgram(int32_t number, absl::Time deadline) override {
    return programs_.Find(number, deadline);
  }
  absl::StatusOr<absl::Time> Now(int32_t program, absl::Time deadline) override {
    const absl::StatusOr<house::ProgramClock::Reading> reading = clock_.Read(program, deadline);
    if (!reading.ok()) return reading.status();
    return reading->now;
  }
  bool AnyMerged() override { return !survivors_.none(); }
  MemberId SurvivorOf(const MemberId& member) override { return survivors_.Of(member); }
  void Merged(const MemberId& member, const MemberId& survivor) override {
    survivors_.Learn(member, survivor);
  }
  void Unmerged(const MemberId& member) override { survivors_.Forget(member); }

 private:
  house::Keyring& keys_;
  ledger::ProgramDirectory& programs_;
  house::ProgramClock& clock_;
  ledger::Survivors& survivors_;
};

}  // namespace gratis::app
