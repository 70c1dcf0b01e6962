#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/messages/message_policy.h"
#include "services/messages/template_rules.h"

// Templates and policies in schema gratis_messages, one function per query. Errors, besides the
// database's: BOOKS_DAMAGED.
namespace gratis::messages {

void InsertTemplate(pg::Tx& tx, const ledger::Program& program, const Template& message_template);

// The newest versions, by code; those that are not there are absent.
absl::StatusOr<std::map<std::string, Template>> ReadTemplates(pg::Tx& tx,
                                                              const ledger::Program& program,
                                                              absl::Span<const std::string> codes);
absl::StatusOr<std::optional<Template>> ReadTemplateVersion(pg::Tx& tx,
                                                            const ledger::Program& program,
                                                            std::string_view code, int32_t version);
// At most `limit` templates in their newest versions, by code, behind `after`.
absl::StatusOr<std::vector<Template>> ListTemplates(pg::Tx& tx, const ledger::Program& program,
                                                    std::string_view after, int32_t limit);

void InsertPolicy(pg::Tx& tx, const ledger::Program& program, const MessagingPolicy& policy,
                  absl::Time set_at, std::string_view set_by);
// The policy in force; the default one when none was set.
absl::StatusOr<MessagingPolicy> ReadPolicy(pg::Tx& tx, const ledger::Program& program);

}  // namespace gratis::messages
