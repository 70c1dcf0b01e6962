#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace gratis::pg {

// One step of a schema, in the order of `number`: 1, 2, 3, … `text` may hold several statements;
// it neither begins nor ends a transaction, names every object with its schema, and never changes
// once it was released.
struct Migration {
  int number;
  std::string_view name;
  std::string_view text;
};

// What is told of migrations while they are under way, for whoever waits for a process. Each may be
// empty.
struct MigrationEvents {
  // Of a schema that is in use; with many rows it may take long.
  std::function<void(std::string_view schema, const Migration& migration)> begins;
  // For another process, which has been migrating for a moment.
  std::function<void()> waits;
};

// Brings `schema` (created when absent) up to the last of `migrations`, in one transaction. What
// was applied is recorded with its SHA-256 in house.migration, which this creates too. Several
// processes may do this at once: one of them works, the others find it done. It takes as long as it
// needs, but a day. `conninfo` names a user who may create schemas. Errors: DATABASE_NEWER,
// MIGRATION_CHANGED, DATABASE_UNAVAILABLE; INTERNAL when a migration fails, with its name and
// PostgreSQL's message.
absl::Status Migrate(const std::string& conninfo, std::string_view schema,
                     absl::Span<const Migration> migrations, const MigrationEvents& events = {});

// The role that the pool of a service works as: "gratis_members". It may do what the service's
// migrations grant to it, and, as a member of gratis_poster, what is granted to that on `ledger`.
std::string ServiceRole(std::string_view service);
inline constexpr std::string_view kPosterRole = "gratis_poster";

// Creates kPosterRole and ServiceRole(service) when absent, makes the second a member of the first,
// and lets the user of `conninfo` (who may create roles) take it on. Call it before Migrate, whose
// migrations grant to these roles. Safe in several processes at once, also for different databases
// of one cluster, which share their roles.
absl::Status EnsureServiceRole(const std::string& conninfo, std::string_view service);

}  // namespace gratis::pg
