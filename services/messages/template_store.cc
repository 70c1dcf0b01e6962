#include "services/messages/template_store.h"

#include <utility>

#include "common/status/macros.h"
#include "services/messages/messages_sql.h"
#include "services/messages/policy_contract.h"
#include "services/messages/template_contract.h"

namespace gratis::messages {
namespace {

// code, version, content, set_at, set_by.
absl::StatusOr<Template> TemplateIn(const pg::Row& row) {
  ASSIGN_OR_RETURN(Template found, TemplateOf(row.Get<pg::BytesView>(2).value));
  found.code = row.Get<std::string>(0);
  found.version = row.Get<int32_t>(1);
  found.set_at = row.Get<absl::Time>(3);
  found.set_by = row.Get<std::string>(4);
  return found;
}

}  // namespace

void InsertTemplate(pg::Tx& tx, const ledger::Program& program, const Template& message_template) {
  tx.Send(sql::kInsertTemplate, program.number, message_template.code, message_template.version,
          pg::Bytes{ContentOf(message_template)}, message_template.set_at, message_template.set_by);
}

absl::StatusOr<std::map<std::string, Template>> ReadTemplates(pg::Tx& tx,
                                                              const ledger::Program& program,
                                                              absl::Span<const std::string> codes) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadTemplates, program.number, codes));
  std::map<std::string, Template> templates;
  for (const pg::Row row : rows) {
    ASSIGN_OR_RETURN(Template found, TemplateIn(row));
    std::string code = found.code;
    templates.emplace(std::move(code), std::move(found));
  }
  return templates;
}

absl::StatusOr<std::optional<Template>> ReadTemplateVersion(pg::Tx& tx,
                                                            const ledger::Program& program,
                                                            std::string_view code,
                                                            int32_t version) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kReadTemplateVersion, program.number, code, version));
  if (rows.empty()) return std::optional<Template>();
  ASSIGN_OR_RETURN(Template found, TemplateIn(rows[0]));
  return std::optional(std::move(found));
}

absl::StatusOr<std::vector<Template>> ListTemplates(pg::Tx& tx, const ledger::Program& program,
                                                    std::string_view after, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListTemplates, program.number, after, static_cast<int64_t>(limit)));
  std::vector<Template> templates;
  for (const pg::Row row : rows) {
    ASSIGN_OR_RETURN(Template found, TemplateIn(row));
    templates.push_back(std::move(found));
  }
  return templates;
}

void InsertPolicy(pg::Tx& tx, const ledger::Program& program, const MessagingPolicy& policy,
                  absl::Time set_at, std::string_view set_by) {
  tx.Send(sql::kInsertMessagingPolicy, program.number, policy.version,
          pg::Bytes{PolicyContentOf(policy)}, set_at, set_by);
}

absl::StatusOr<MessagingPolicy> ReadPolicy(pg::Tx& tx, const ledger::Program& program) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadMessagingPolicy, program.number));
  if (rows.empty()) return MessagingPolicy{};
  ASSIGN_OR_RETURN(MessagingPolicy policy, PolicyOf(rows[0].Get<pg::BytesView>(1).value));
  policy.version = rows[0].Get<int32_t>(0);
  return policy;
}

}  // namespace gratis::messages
