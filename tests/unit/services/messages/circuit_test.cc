#include "services/messages/circuit.h"

#include <gtest/gtest.h>

namespace gratis::messages {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr uint64_t kNoJitter = 256;

Circuit Opened(absl::Time now) {
  Circuit circuit;
  for (int i = 0; i < Circuit::kFailuresToOpen; ++i) circuit.Failed(now, kNoJitter);
  return circuit;
}

TEST(Circuit, LetsAllThroughUntilItFailedOftenEnoughInARow) {
  Circuit circuit;
  EXPECT_EQ(circuit.Lets(32, 0, kNow), 32);
  for (int i = 1; i < Circuit::kFailuresToOpen; ++i) circuit.Failed(kNow, kNoJitter);
  EXPECT_EQ(circuit.Lets(32, 7, kNow), 32);
  circuit.Succeeded(kNow);
  for (int i = 1; i < Circuit::kFailuresToOpen; ++i) circuit.Failed(kNow, kNoJitter);
  EXPECT_EQ(circuit.Lets(32, 7, kNow), 32) << "failures between successes are not in a row";
  circuit.Failed(kNow, kNoJitter);
  EXPECT_EQ(circuit.Lets(32, 0, kNow), 0);
}

TEST(Circuit, TriesWithOneAfterAPause) {
  const Circuit circuit = Opened(kNow);
  const absl::Time later = kNow + Circuit::kFirstPause;
  EXPECT_EQ(circuit.Lets(32, 0, later - absl::Milliseconds(1)), 0);
  EXPECT_EQ(circuit.Lets(32, 0, later), 1);
  EXPECT_EQ(circuit.Lets(32, 1, later), 0) << "one tries it, not two";
}

TEST(Circuit, PausesLongerAndLongerWhileTheTryFails) {
  Circuit circuit = Opened(kNow);
  absl::Time now = kNow;
  absl::Duration pause = Circuit::kFirstPause;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(circuit.open_until() - now, pause) << i;
    now = circuit.open_until();
    circuit.Failed(now, kNoJitter);
    pause = std::min(pause * 2, Circuit::kLongestPause);
  }
}

TEST(Circuit, WhatWasUnderWayWhenItOpenedMakesThePauseNoLonger) {
  Circuit circuit = Opened(kNow);
  const absl::Time until = circuit.open_until();
  for (int i = 0; i < 100; ++i) circuit.Failed(kNow + absl::Seconds(1), kNoJitter);
  EXPECT_EQ(circuit.open_until(), until);
}

TEST(Circuit, IsAsNewWhenTheTrySucceeds) {
  Circuit circuit = Opened(kNow);
  circuit.Succeeded(circuit.open_until());
  EXPECT_FALSE(circuit.troubled());
  EXPECT_EQ(circuit.Lets(32, 5, kNow), 32);
}

TEST(Circuit, HoldsBackAsLongAsTheReceiverAsks) {
  Circuit circuit;
  circuit.HoldUntil(kNow + absl::Minutes(2), kNow);
  circuit.Succeeded(kNow + absl::Seconds(1));
  EXPECT_EQ(circuit.Lets(32, 0, kNow + absl::Minutes(1)), 0)
      << "what was under way before does not end the pause";
  EXPECT_EQ(circuit.Lets(32, 0, kNow + absl::Minutes(2)), 32);
  circuit.HoldUntil(kNow + absl::Hours(24 * 365), kNow);
  EXPECT_EQ(circuit.Lets(32, 0, kNow + Circuit::kLongestPause), 32)
      << "one answer does not shut an endpoint off for a year";
}

TEST(Circuit, IsTheSameAfterBeingWrittenDown) {
  const Circuit circuit = Opened(kNow);
  const Circuit read(circuit.failures(), circuit.open_until());
  EXPECT_EQ(read.Lets(32, 0, kNow), 0);
  EXPECT_EQ(read.Lets(32, 0, circuit.open_until()), 1);
}

}  // namespace
}  // namespace gratis::messages
