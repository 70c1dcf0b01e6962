#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/programs.pb.h"
#include "services/cli/batch.h"
#include "services/cli/command.h"
#include "services/cli/demo.h"
#include "services/cli/demo_stories.h"
#include "services/cli/json.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace demo_command {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr size_t kBatch = 500;

struct DemoOptions {
  uint64_t seed = 1;
  size_t members = 200;
  size_t purchases = 600;
};

struct DemoSums {
  int64_t members = 0;
  int64_t purchases = 0;
  int64_t points = 0;
  int64_t thanks = 0;
  int64_t replayed = 0;
};

absl::StatusOr<absl::Time> EnsureDemoProgram(Context& context, RemoteEngine& engine) {
  ledger::v1::GetProgramRequest get;
  get.set_code(DemoShop::kProgram);
  ledger::v1::GetProgramResponse found;
  const absl::Status status = context.Call(engine, get, found);
  if (status.ok()) return FromProto(found.program().created_at());
  if (ReasonOf(status) != Reason::kProgramNotFound) return status;
  ledger::v1::CreateProgramRequest create;
  create.set_request_id("demo:program");
  create.set_code(DemoShop::kProgram);
  create.set_display_name(DemoShop::kName);
  create.set_currency_code(DemoShop::kCurrency);
  create.set_time_zone(DemoShop::kTimeZone);
  ledger::v1::CreateProgramResponse made;
  RETURN_IF_ERROR(context.Call(engine, create, made));
  return FromProto(made.program().created_at());
}

absl::StatusOr<std::vector<std::string>> EnrollAll(Engine& engine, const DemoShop& shop) {
  members::v1::BatchEnrollMembersRequest batch;
  for (const auto& request : shop.members) *batch.add_requests() = request;
  std::vector<std::string> member_ids(shop.members.size());
  absl::Status failure;
  RETURN_IF_ERROR(SendBatch<members::v1::BatchEnrollMembersResponse>(
      engine, std::move(batch), kPatience,
      [&](size_t place, const absl::Status& status, const auto& result) {
        failure.Update(status);
        member_ids[place] = result.response().member_id();
      }));
  RETURN_IF_ERROR(failure);
  return member_ids;
}

absl::Status RecordAll(Engine& engine, const DemoShop& shop,
                       const std::vector<std::string>& member_ids, DemoSums& sums) {
  absl::Status failure;
  for (size_t from = 0; from < shop.purchases.size(); from += kBatch) {
    const size_t to = std::min(from + kBatch, shop.purchases.size());
    thanks::v1::BatchRecordPurchasesRequest batch;
    for (size_t i = from; i < to; ++i) {
      thanks::v1::RecordPurchaseRequest& request = *batch.add_requests();
      request = shop.purchases[i].request;
      request.set_member_id(member_ids[shop.purchases[i].buyer]);
    }
    RETURN_IF_ERROR(SendBatch<thanks::v1::BatchRecordPurchasesResponse>(
        engine, std::move(batch), kPatience,
        [&](size_t, const absl::Status& status, const auto& result) {
          failure.Update(status);
          if (!status.ok()) return;
          sums.purchases += 1;
          sums.points += result.response().points();
          sums.replayed += result.status().replayed() ? 1 : 0;
          const auto outcome = result.response().thank_you().outcome();
          sums.thanks += outcome == thanks::v1::THANK_YOU_OUTCOME_GIVEN ? 1 : 0;
        }));
  }
  return failure;
}

absl::Status Fill(Context& context, const DemoOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.House());
  ASSIGN_OR_RETURN(const absl::Time made_at, EnsureDemoProgram(context, *engine));
  engine->set_program(DemoShop::kProgram);
  const DemoShop shop = MakeDemoShop(options.seed, made_at, options.members, options.purchases);
  thanks::v1::SetThanksPolicyResponse policy;
  RETURN_IF_ERROR(context.Call(*engine, shop.policy, policy));
  ASSIGN_OR_RETURN(const std::vector<std::string> member_ids, EnrollAll(*engine, shop));
  DemoSums sums;
  sums.members = static_cast<int64_t>(member_ids.size());
  RETURN_IF_ERROR(RecordAll(*engine, shop, member_ids, sums));
  ASSIGN_OR_RETURN(const DemoStories stories, PlayStories(context, *engine, member_ids));
  const std::string json = JsonWriter()
                               .BeginObject()
                               .Field("program", DemoShop::kProgram)
                               .Field("members", sums.members)
                               .Field("orders", sums.purchases)
                               .Field("points", sums.points)
                               .Field("thanks", sums.thanks)
                               .Field("replayed", sums.replayed)
                               .Field("thanked", stories.thanked)
                               .Field("returned", stories.returned)
                               .Field("points_taken", stories.points_taken)
                               .Field("birthday_gifts", stories.birthday_gifts)
                               .EndObject()
                               .text();
  context.Show(
      json, absl::StrCat("Program demo: ", DemoShop::kName, ", with ",
                         Counted(sums.members, "member", "members"), ", ",
                         Counted(sums.purchases, "purchase", "purchases"), " and ",
                         Counted(sums.points, "point", "points"), " from them; ",
                         Grouped(sums.thanks), " were fresh enough to be thanked for.\n",
                         stories.thanked, " bought boots just now: the founder writes to ",
                         "them, with 20% off for ever and a question.\n", stories.returned,
                         " brought a coat back: ", Counted(stories.points_taken, "point", "points"),
                         " taken back.\nBirthdays around today: ",
                         Counted(stories.birthday_gifts, "gift", "gifts"), " given.\n"));
  return absl::OkStatus();
}

}  // namespace
}  // namespace demo_command

void AddDemoCommand(CLI::App& app, Context& context) {
  using namespace demo_command;
  AddCommand<DemoOptions>(
      app, context, "demo", "Fill a program to try things out in; once, however often it is run",
      [](CLI::App& command, DemoOptions& options) {
        command.add_option("--seed", options.seed, "What the data is made from")
            ->capture_default_str();
        command.add_option("--members", options.members, "How many members")
            ->check(CLI::Range(size_t{1}, size_t{1000}))
            ->capture_default_str();
        command.add_option("--purchases", options.purchases, "How many purchases")
            ->check(CLI::Range(size_t{0}, size_t{100'000}))
            ->capture_default_str();
      },
      Fill);
}

}  // namespace gratis::cli
