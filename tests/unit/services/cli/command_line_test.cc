#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/status/reasons.h"
#include "gratis/ledger/v1/keys.pb.h"
#include "gratis/members/v1/members.pb.h"
#include "services/cli/cli.h"
#include "services/cli/engine.h"
#include "services/cli/failure.h"
#include "services/cli/instance.h"
#include "services/cli/member_name.h"
#include "services/cli/time_options.h"
#include "tests/unit/services/cli/temp_file.h"

namespace gratis::cli {
namespace {

using testing::HasSubstr;

struct Ended {
  int code;
  std::string out;
  std::string err;
};

Ended RunGratis(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "gratis");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = Main(static_cast<int>(arguments.size()), arguments.data());
  std::string out = testing::internal::GetCapturedStdout();
  return {code, std::move(out), testing::internal::GetCapturedStderr()};
}

TEST(CommandLine, HelpIsEverywhere) {
  const Ended top = RunGratis({"--help"});
  EXPECT_EQ(top.code, 0);
  EXPECT_THAT(top.out, HasSubstr(ExitCodesHelp()));
  const std::vector<std::vector<const char*>> commands = {{"program", "create"},
                                                          {"member", "enroll"},
                                                          {"member", "token"},
                                                          {"member", "show-merge"},
                                                          {"group", "who-earns"},
                                                          {"points", "statement"},
                                                          {"points", "earn"},
                                                          {"points", "spend"},
                                                          {"points", "hold"},
                                                          {"points", "capture"},
                                                          {"points", "void"},
                                                          {"points", "reverse"},
                                                          {"points", "activate"},
                                                          {"points", "adjust"},
                                                          {"points", "approve"},
                                                          {"points", "adjustments"},
                                                          {"points", "reject"},
                                                          {"points", "transfer"},
                                                          {"units", "list"},
                                                          {"units", "set"},
                                                          {"vouchers", "issue"},
                                                          {"budgets", "set"},
                                                          {"orders", "import"},
                                                          {"birthdays", "policy"},
                                                          {"thanks", "policy", "set"},
                                                          {"points", "upcoming"},
                                                          {"points", "lots"},
                                                          {"ledger", "verify"},
                                                          {"ledger", "liability"},
                                                          {"ledger", "movements"},
                                                          {"ledger", "close"},
                                                          {"ledger", "rate"},
                                                          {"ledger", "explain"},
                                                          {"audit"},
                                                          {"key", "create"},
                                                          {"key", "set"},
                                                          {"key", "rotate"},
                                                          {"clock", "advance"},
                                                          {"config"},
                                                          {"migrate"},
                                                          {"demo"}};
  for (std::vector<const char*> command : commands) {
    command.push_back("--help");
    const Ended ended = RunGratis(command);
    EXPECT_EQ(ended.code, 0) << command[0];
    EXPECT_THAT(ended.out, HasSubstr("Usage: gratis ")) << command[0];
  }
}

TEST(CommandLine, TellsItsVersion) {
  const Ended ended = RunGratis({"--version"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, testing::MatchesRegex("gratis [0-9.]+\n"));
}

TEST(CommandLine, WrongUsageIsSaidAndAsksTheEngineForNothing) {
  for (const std::vector<const char*>& command : std::vector<std::vector<const char*>>{
           {},
           {"nonsense"},
           {"points"},
           {"points", "earn"},
           {"points", "earn", "mem_1", "many"},
           {"points", "balance", "--nonsense"},
           {"points", "balance", "mem_1", "--effective"},
           {"ledger", "close"},
           {"ledger", "close", "--through", "yesterday"},
           {"ledger", "liability", "--as-of", "2027-02-30"},
           {"ledger", "liability", "--recorded"},
           {"ledger", "movements", "--through", "x"},
           {"ledger", "watch", "--kind", "nonsense"},
           {"points", "statement", "mem_1", "--kind", "nonsense"},
           {"ledger", "explain", "txn_1", "--depth", "9"},
           {"points", "earn", "mem_1", "5", "--on-activation", "--available-at", "2027-01-01"},
           {"points", "earn", "mem_1", "5", "--expires-at", "x"},
           {"points", "earn", "mem_1", "5", "--at", "x"},
           {"audit", "--from", "2026-13-01"},
           {"member", "segments", "mem_1", "--in", "press since never"},
           {"points", "hold", "mem_1", "5", "--life", "-1"},
           {"points", "capture"},
           {"points", "reverse", "txn_1", "--points", "0"},
           {"points", "reverse", "txn_1", "--clawback", "mercy"},
           {"points", "adjust", "mem_1", "-5"},
           {"points", "approve"},
           {"points", "reject", "adj_1"},
           {"points", "adjustments", "--limit", "0"},
           {"points", "transfer", "mem_1", "5"},
           {"units", "set"},
           {"units", "set", "a", "--rounding", "sideways"},
           {"units", "set", "a", "--never", "--rolling-months", "3"},
           {"units", "set", "a", "--after-months", "3"},
           {"key", "create", "emperor"},
           {"clock", "advance", "0"},
           {"clock", "advance"},
           {"clock", "advance", "3", "--to", "2027-01-01"},
           {"birthdays", "run", "--through", "yesterday"},
           {"orders", "show", "no-colon"},
           {"member", "consent", "mem_1", "--source", "till"},
           {"member", "consent", "mem_1", "--grant", "marketing/email"},
           {"member", "consent", "mem_1", "--grant", "everything", "--source", "till"},
           {"member", "prefer", "mem_1", "window"},
           {"member", "token", "mem_1", "--life", "3601"},
           {"member", "show-merge"},
           {"group", "who-earns"},
           {"members", "import", "/nowhere/at/all.csv"},
           {"members", "export", "/tmp/x", "--format", "xml"},
           {"orders", "import", "/nowhere/at/all.csv"},
           {"member", "find", "nobody"}}) {
    const Ended ended = RunGratis(command);
    EXPECT_EQ(ended.code, kWrongUsage) << testing::PrintToString(command) << ended.err;
    EXPECT_EQ(ended.out, "");
    EXPECT_NE(ended.err, "");
  }
}

TEST(CommandLine, AWordThatIsNoCommandIsNamedWithTheNearest) {
  const Ended mistyped = RunGratis({"points", "balnce", "mem_1"});
  EXPECT_EQ(mistyped.code, kWrongUsage);
  EXPECT_THAT(mistyped.err, HasSubstr("\"balnce\" is no command of gratis points"));
  EXPECT_THAT(mistyped.err, HasSubstr("balance"));
  const Ended family = RunGratis({"pionts", "balance", "mem_1"});
  EXPECT_THAT(family.err, HasSubstr("\"pionts\" is no command of gratis; the nearest: points"));
  const Ended missing = RunGratis({"thanks", "rules"});
  EXPECT_EQ(missing.code, kWrongUsage);
  EXPECT_THAT(missing.err, HasSubstr("say which command of gratis thanks rules: show, set"));
}

TEST(CommandLine, ATriggerWithAnEventThatIsNoneIsToldWhichThereAre) {
  const TempFile file(R"({"code": "note", "event": "TRIGGER_EVENT_FULL_MOON"})");
  const Ended ended = RunGratis({"triggers", "set", "--file", file.path().c_str()});
  EXPECT_EQ(ended.code, kWrongUsage);
  EXPECT_THAT(ended.err, HasSubstr("events are TRIGGER_EVENT_"));
}

TEST(CommandLine, HelpSaysWhatADayIs) {
  const std::vector<std::vector<const char*>> commands = {{"audit"},
                                                          {"points", "statement"},
                                                          {"points", "balance"},
                                                          {"points", "upcoming"},
                                                          {"points", "earn"},
                                                          {"vouchers", "issue"},
                                                          {"tiers", "set"},
                                                          {"ledger", "rate"},
                                                          {"orders", "record"},
                                                          {"thanks", "return"},
                                                          {"thanks", "rules", "set"},
                                                          {"member", "enroll"},
                                                          {"member", "segments"},
                                                          {"member", "consent"},
                                                          {"wishes", "restocked"},
                                                          {"triggers", "backtest"}};
  for (std::vector<const char*> command : commands) {
    command.push_back("--help");
    EXPECT_THAT(RunGratis(command).out, HasSubstr(kTimeWords)) << testing::PrintToString(command);
  }
}

TEST(CommandLine, AFolderIsNoFile) {
  const std::string folder = testing::TempDir();
  for (const char* family : {"triggers", "templates"}) {
    const Ended ended = RunGratis({family, "set", "--file", folder.c_str()});
    EXPECT_EQ(ended.code, kWrongUsage);
    EXPECT_THAT(ended.err, HasSubstr("cannot read"));
  }
  EXPECT_NE(RunGratis({"program", "list", "--key-file", folder.c_str()}).code, 0);
}

TEST(CommandLine, AnInstanceThatIsNotThereIsUnreachable) {
  const Ended text = RunGratis({"program", "list", "--home", "/nowhere/at/all"});
  EXPECT_EQ(text.code, kUnreachable);
  EXPECT_THAT(text.err, HasSubstr("deploy/up"));
  const Ended json = RunGratis({"--json", "program", "list", "--home", "/nowhere/at/all"});
  EXPECT_EQ(json.code, kUnreachable);
  EXPECT_THAT(json.err, testing::StartsWith(R"({"error":{"reason":"PEER_UNAVAILABLE",)"));
}

TEST(CommandLine, ADryRunOfAnImportNeedsNoEngine) {
  const TempFile file(
      "order_id,customer_id,ordered_on,total\n1,c,1997-01-01,1.00\n2,c,1997-02-30,1.00\n");
  const Ended ended = RunGratis(
      {"orders", "import", file.path().c_str(), "--dry-run", "--json", "--home", "/nowhere"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "{\"dry_run\":true,\"orders\":1,\"rejected\":1}\n");
}

TEST(CommandLine, TheFileToImportIsNoPlaceForItsRejects) {
  const TempFile file("order_id,customer_id,ordered_on,total\n1,c,1997-01-01,1.00\n");
  const Ended ended = RunGratis(
      {"orders", "import", file.path().c_str(), "--dry-run", "--rejects", file.path().c_str()});
  EXPECT_EQ(ended.code, kWrongUsage);
  EXPECT_THAT(ReadAll(file.path()), HasSubstr("1,c,1997-01-01,1.00"));
}

TEST(Engine, EveryRequestBelongsToOneMethod) {
  EXPECT_EQ(MethodTaking(members::v1::EnrollMemberRequest()).path,
            "/gratis.members.v1.MemberService/EnrollMember");
  EXPECT_EQ(MethodTaking(ledger::v1::ListKeysRequest()).service, "gratis.ledger.v1.KeyService");
}

TEST(Engine, WhatMayPassIsKnown) {
  EXPECT_TRUE(Patience::MayPass(Error(Reason::kOverloaded, "")));
  EXPECT_TRUE(Patience::MayPass(Error(Reason::kConflict, "")));
  EXPECT_TRUE(Patience::MayPass(absl::UnavailableError("connection reset")));
  EXPECT_FALSE(Patience::MayPass(Error(Reason::kMemberNotFound, "")));
  EXPECT_FALSE(Patience::MayPass(Error(Reason::kInternal, "")));
  EXPECT_TRUE(Patience::MayPass(absl::InternalError("RST_STREAM")));
  EXPECT_FALSE(Patience::MayPass(absl::UnimplementedError("no such method")));
}

constexpr char kRunFile[] = R"({
  "address": "localhost:8471",
  "services": ["gratis.members.v1.MemberService"],
  "ca": "/home/tls/ca.pem",
  "metrics": "127.0.0.1:9471",
  "pid": 1,
  "development_clock": true
})";

TEST(Instance, ARunFileSaysWhatAProcessServes) {
  const auto process = ParseRunFile("gratis-members", kRunFile);
  ASSERT_TRUE(process.ok()) << process.status();
  EXPECT_EQ(process->address, "localhost:8471");
  EXPECT_THAT(process->services, testing::ElementsAre("gratis.members.v1.MemberService"));
  EXPECT_EQ(process->ca_path, "/home/tls/ca.pem");
  EXPECT_EQ(process->metrics_address, "127.0.0.1:9471");
  EXPECT_EQ(process->pid, 1);
  EXPECT_TRUE(process->development_clock);
  EXPECT_EQ(ReasonOf(ParseRunFile("x", "{").status()), Reason::kConfigInvalid);
  EXPECT_EQ(ReasonOf(ParseRunFile("x", "{}").status()), Reason::kConfigInvalid);
}

TEST(Instance, CallsGoToTheProcessThatServesThem) {
  const TempFile key("gk_key\n", "admin.key");
  const std::string home = std::filesystem::path(key.path()).parent_path();
  std::filesystem::create_directories(home + "/run");
  std::ofstream(home + "/run/gratis-members.json") << kRunFile;
  std::ofstream(home + "/run/gratis-ledger.json")
      << R"({"address":"localhost:8470","services":["gratis.ledger.v1.LedgerService"],"pid":1})";
  std::ofstream(home + "/run/gratis-members.lock") << "";
  const auto instance = FindInstance({.home = home});
  ASSERT_TRUE(instance.ok()) << instance.status();
  EXPECT_TRUE(instance->Ready().ok());
  EXPECT_EQ(instance->key, "gk_key");
  EXPECT_EQ(instance->ca_path, "/home/tls/ca.pem");
  EXPECT_EQ(*instance->AddressOf("gratis.members.v1.MemberService"), "localhost:8471");
  EXPECT_EQ(*instance->AddressOf("gratis.ledger.v1.LedgerService"), "localhost:8470");
  EXPECT_EQ(ReasonOf(instance->AddressOf("gratis.thanks.v1.ThanksService").status()),
            Reason::kPeerUnavailable);
  const auto given = FindInstance({.home = home, .address = "far:1", .ca_path = "/ca"});
  EXPECT_EQ(*given->AddressOf("gratis.thanks.v1.ThanksService"), "far:1");
  EXPECT_EQ(given->ca_path, "/ca");
  const auto keyless = FindInstance({.home = home, .key_file = home + "/none"});
  EXPECT_EQ(ReasonOf(keyless->Ready()), Reason::kKeyMissing);
}

// What a killed process left behind does not hide the one that runs now.
TEST(Instance, TheProcessThatIsAliveCounts) {
  const TempFile key("gk_key\n", "admin.key");
  const std::string home = std::filesystem::path(key.path()).parent_path();
  std::filesystem::create_directories(home + "/run");
  const auto write = [&](const std::string& name, const std::string& address, int pid) {
    std::ofstream(home + "/run/" + name)
        << R"({"address":")" << address << R"(","services":["a.B"],"pid":)" << pid << "}";
  };
  write("a-alive.json", "alive:1", getpid());
  write("z-gone.json", "gone:1", 0x3FFFFFFF);
  EXPECT_EQ(*FindInstance({.home = home})->AddressOf("a.B"), "alive:1");
}

TEST(MemberName, IsSortedOutByItsLook) {
  const auto request = [](const std::string& any) {
    return ToIdentifyRequest({.any = any, .external_id = "", .email = "", .phone = ""});
  };
  EXPECT_EQ(request("ada@example.org")->email(), "ada@example.org");
  EXPECT_EQ(request("+41 44 668 18 00")->phone(), "+41 44 668 18 00");
  EXPECT_EQ(request("shop:a:7")->external_id().source(), "shop");
  EXPECT_EQ(request("shop:a:7")->external_id().id(), "a:7");
  EXPECT_EQ(ExitCodeOf(request("nobody").status()), kWrongUsage);
  EXPECT_EQ(ExitCodeOf(request("shop:").status()), kWrongUsage);
}

}  // namespace
}  // namespace gratis::cli
