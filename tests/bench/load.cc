// gratis-bench-load: enrolls members, puts load on an engine, and says what came of it.
// tests/bench/run calls it; its README says how.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/bench/drive.h"
#include "tests/bench/enroll.h"
#include "tests/bench/watcher.h"
#include "tests/bench/workload.h"

namespace gratis::bench {
namespace {

constexpr std::chrono::seconds kFeedPatience{10};

struct Options {
  std::string address;
  std::string ca_path;
  std::string key_path;
  std::string members_path;
  int members = 200'000;
  std::string workload;
  std::string budget_id;
  uint64_t people = 0;
  Pace pace;
  double rate = 0;
  bool watch = false;
  uint64_t seed = std::random_device()();
  double patience_seconds = 60;
};

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw CLI::ValidationError("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

Target TargetOf(const Options& options) {
  Target target{options.address, ReadFile(options.ca_path), ReadFile(options.key_path)};
  while (!target.api_key.empty() && target.api_key.back() == '\n') target.api_key.pop_back();
  return target;
}

std::vector<std::string> ReadMembers(const std::string& path) {
  std::ifstream in(path);
  std::vector<std::string> members{std::istream_iterator<std::string>(in), {}};
  if (members.empty()) throw CLI::ValidationError("no members in " + path);
  return members;
}

nlohmann::json Told(const Latencies& took) {
  return {{"p50", took.Quantile(500)},
          {"p90", took.Quantile(900)},
          {"p99", took.Quantile(990)},
          {"p999", took.Quantile(999)},
          {"max", took.max_micros()}};
}

nlohmann::json Told(const Outcome& outcome) {
  return {{"seconds", outcome.seconds},
          {"calls", outcome.calls},
          {"accepted", outcome.accepted},
          {"accepted_total", outcome.accepted_total},
          {"per_second", static_cast<double>(outcome.accepted) / outcome.seconds},
          {"refused", outcome.refused},
          {"latency_us", Told(outcome.latencies)}};
}

int Enroll(const Options& options) {
  std::ofstream out(options.members_path);
  for (const std::string& id : EnrollMembers(TargetOf(options), options.members)) {
    if (id.empty()) {
      std::fputs("not everybody could be enrolled\n", stderr);
      return 1;
    }
    out << id << '\n';
  }
  return out.flush() ? 0 : 1;
}

// Someone who follows the journal meanwhile, if asked for.
std::unique_ptr<Watcher> WatcherFor(const Options& options, const Target& target) {
  if (!options.watch) return nullptr;
  if (options.workload != "earn") throw CLI::ValidationError("--watch is for the workload 'earn'");
  auto watcher =
      Watcher::Start(target, std::chrono::duration_cast<Ticks::duration>(
                                 std::chrono::duration<double>(options.pace.warmup_seconds)));
  if (!watcher.ok()) throw CLI::ValidationError(std::string(watcher.status().message()));
  return *std::move(watcher);
}

int Drive(const Options& options) {
  const Target target = TargetOf(options);
  const std::vector<std::string> members =
      options.people > 0 ? std::vector<std::string>() : ReadMembers(options.members_path);
  const std::unique_ptr<Watcher> watcher = WatcherFor(options, target);
  const MakeWorkload make = [&](int thread) {
    Material material{&members, options.budget_id, options.people, options.seed * 1'000 + thread};
    if (watcher != nullptr) {
      material.answered = [&watcher](const std::string& id) { watcher->Answered(id); };
    }
    return NewWorkload(options.workload, material);
  };
  const Outcome outcome = options.rate > 0
                              ? DriveOpen(target, options.pace, options.rate, options.seed, make)
                              : DriveClosed(target, options.pace, make);
  nlohmann::json told = Told(outcome);
  if (watcher != nullptr) {
    const Seen seen = watcher->Await(kFeedPatience);
    told["feed"] = {
        {"seen", seen.postings}, {"missing", seen.missing}, {"latency_us", Told(seen.latencies)}};
  }
  std::cout << told.dump() << std::endl;
  return 0;
}

// Calls until the first posting is accepted.
int Probe(const Options& options) {
  const Target target = TargetOf(options);
  const std::vector<std::string> members = ReadMembers(options.members_path);
  const Pace one{.in_flight = 1, .warmup_seconds = 0, .seconds = 0.05};
  const Ticks::time_point give_up =
      Ticks::now() + std::chrono::duration_cast<Ticks::duration>(
                         std::chrono::duration<double>(options.patience_seconds));
  for (uint64_t seed = options.seed; Ticks::now() < give_up; ++seed) {
    const Outcome outcome = DriveClosed(target, one, [&](int) {
      return NewWorkload("earn", {&members, "", 0, seed});
    });
    if (outcome.accepted_total > 0) return 0;
  }
  std::fputs("nothing was accepted in time\n", stderr);
  return 1;
}

}  // namespace

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("Puts load on an engine.", "gratis-bench-load");
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--address", options.address, "host:port of the engine")->required();
  app.add_option("--ca", options.ca_path, "The certificates to check the engine's against")
      ->required();
  app.add_option("--key-file", options.key_path, "The file with a key of the program")->required();
  app.add_option("--members-file", options.members_path, "The members' ids, a line each");
  app.add_option("--seed", options.seed,
                 "What members and request ids come from; else another one each time");

  CLI::App* enroll = app.add_subcommand("enroll", "Enroll members and write their ids");
  enroll->add_option("--members", options.members, "How many");

  CLI::App* drive = app.add_subcommand("drive", "Put load on, and say in JSON what came of it");
  drive->add_option("WORKLOAD", options.workload, "What to call")
      ->required()
      ->check(CLI::IsMember(WorkloadNames()));
  drive->add_option("--threads", options.pace.threads, "Each with a connection of its own");
  drive->add_option("--in-flight", options.pace.in_flight, "Calls at once, over all threads");
  drive->add_option("--warmup-seconds", options.pace.warmup_seconds, "Not measured");
  drive->add_option("--seconds", options.pace.seconds, "Measured; 0: until --postings");
  drive->add_option("--postings", options.pace.postings, "Ends when as many were accepted");
  drive->add_option("--rate", options.rate, "An open loop of as many calls a second");
  drive->add_flag("--watch", options.watch,
                  "Follow the journal meanwhile, and say when postings came; with 'earn'");
  drive->add_option("--budget", options.budget_id, "The budget of the workload 'budget': bgt_...");
  drive->add_option("--people", options.people,
                    "As many were imported, for 'identify' and 'brief'; no --members-file then");

  CLI::App* probe = app.add_subcommand("probe", "Earn until it is accepted once");
  probe->add_option("--patience-seconds", options.patience_seconds, "How long to try");

  try {
    app.parse(argc, argv);
    return enroll->parsed() ? Enroll(options) : drive->parsed() ? Drive(options) : Probe(options);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
}

}  // namespace gratis::bench

int main(int argc, char** argv) { return gratis::bench::Main(argc, argv); }
