#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "services/cli/context.h"

namespace gratis::cli {

// Adds a command to a family. `declare(command, options)` declares its own options, `run(context,
// options)` does it.
template <class Options>
void AddCommand(CLI::App& family, Context& context, const std::string& name,
                const std::string& about, void (*declare)(CLI::App& command, Options& options),
                absl::Status (*run)(Context& context, const Options& options)) {
  CLI::App* command = family.add_subcommand(name, about);
  auto options = std::make_shared<Options>();
  declare(*command, *options);
  command->callback([&context, options, run] {
    context.action = [&context, options, run] { return run(context, *options); };
  });
}

// The same for a command without options of its own.
inline void AddCommand(CLI::App& family, Context& context, const std::string& name,
                       const std::string& about, absl::Status (*run)(Context& context)) {
  family.add_subcommand(name, about)->callback([&context, run] {
    context.action = [&context, run] { return run(context); };
  });
}

// The families.
void AddProgramCommands(CLI::App& app, Context& context);
void AddMemberCommands(CLI::App& app, Context& context);
void AddProofCommands(CLI::App& member, Context& context);
void AddCardCommands(CLI::App& app, Context& context);
void AddGroupCommands(CLI::App& app, Context& context);
void AddEraseCommands(CLI::App& member, Context& context);
void AddMergeCommands(CLI::App& member, Context& context);
void AddExportCommand(CLI::App& member, Context& context);
void AddMemberChangeCommands(CLI::App& member, Context& context);
void AddTierCommand(CLI::App& member, Context& context);
void AddTiersCommands(CLI::App& app, Context& context);
void AddConsentCommands(CLI::App& member, Context& context);
void AddBriefCommands(CLI::App& member, Context& context);
void AddPreferenceCommands(CLI::App& member, Context& context);
void AddSegmentCommands(CLI::App& member, Context& context);
void AddMemberFileCommands(CLI::App& app, Context& context);
void AddMemberImportCommand(CLI::App& members, Context& context);
void AddMemberExportCommand(CLI::App& members, Context& context);
void AddInactivityCommands(CLI::App& members, Context& context);
void AddPointsCommands(CLI::App& app, Context& context);
void AddPostingCommands(CLI::App& points, Context& context);
void AddAdjustmentCommands(CLI::App& points, Context& context);
void AddFollowingCommands(CLI::App& points, Context& context);
void AddUnitsCommands(CLI::App& app, Context& context);
void AddVoucherCommands(CLI::App& app, Context& context);
void AddBudgetCommands(CLI::App& app, Context& context);
void AddOrdersCommands(CLI::App& app, Context& context);
void AddImportCommand(CLI::App& orders, Context& context);
void AddBirthdaysCommands(CLI::App& app, Context& context);
void AddBirthdayPolicyCommands(CLI::App& birthdays, Context& context);
void AddBirthdayCalendarCommands(CLI::App& birthdays, Context& context);
void AddThanksCommands(CLI::App& app, Context& context);
void AddPurchaseCommands(CLI::App& thanks, Context& context);
void AddRulesCommands(CLI::App& thanks, Context& context);
void AddQueueCommand(CLI::App& thanks, Context& context);
void AddTriggerCommands(CLI::App& app, Context& context);
void AddComplaintCommands(CLI::App& app, Context& context);
void AddSurpriseCommands(CLI::App& app, Context& context);
void AddWishCommands(CLI::App& app, Context& context);
void AddMessageCommands(CLI::App& app, Context& context);
void AddMessageResultCommands(CLI::App& messages, Context& context);
void AddTemplateCommands(CLI::App& app, Context& context);
void AddTaskCommands(CLI::App& app, Context& context);
void AddInboxCommands(CLI::App& app, Context& context);
void AddWebhookCommands(CLI::App& app, Context& context);
void AddDeliveryCommands(CLI::App& app, Context& context);
void AddSuppressionCommands(CLI::App& app, Context& context);
void AddStatementCommands(CLI::App& points, Context& context);
void AddReportCommands(CLI::App& ledger, Context& context);
void AddLedgerCommands(CLI::App& app, Context& context);
void AddVerifyCommand(CLI::App& ledger, Context& context);
void AddWatchCommand(CLI::App& ledger, Context& context);
void AddAuditCommand(CLI::App& app, Context& context);
void AddKeyCommands(CLI::App& app, Context& context);
void AddVaultCommands(CLI::App& app, Context& context);
void AddClockCommands(CLI::App& app, Context& context);
void AddInstanceCommands(CLI::App& app, Context& context);
void AddDemoCommand(CLI::App& app, Context& context);

}  // namespace gratis::cli
