#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/mutation.h"
#include "common/ledger/program.h"
#include "services/messages/message_policy.h"
#include "services/messages/template_rules.h"

namespace gratis::pg {
class Pool;
}

namespace gratis::messages {

// What is set for a program, as of now in a run; the set's own.
struct Settings {
  std::map<std::string, int32_t> template_versions;
  MessagingPolicy policy;
};

// A new version of a template, which is checked. Answers with SetTemplateResponse. Errors:
// TEMPLATE_INVALID (where: sender; the policy has none of this code).
class SetTemplate final : public ledger::Mutation {
 public:
  SetTemplate(Template message_template, const TransactionId& transaction);
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class TemplateSets;

  Template template_;
  const TransactionId transaction_;
  std::shared_ptr<Settings> settings_;
};

class TemplateSets final : public ledger::KindOf<SetTemplate> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<SetTemplate* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<SetTemplate* const> set) override;
};

// A new version of the messaging policy, which is checked. Answers with SetMessagingPolicyResponse.
class SetMessagingPolicy final : public ledger::Mutation {
 public:
  SetMessagingPolicy(MessagingPolicy policy, const TransactionId& transaction);
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class MessagingPolicySets;

  MessagingPolicy policy_;
  const TransactionId transaction_;
  std::shared_ptr<Settings> settings_;
};

class MessagingPolicySets final : public ledger::KindOf<SetMessagingPolicy> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<SetMessagingPolicy* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<SetMessagingPolicy* const> set) override;
};

// What is set: the reads. Thread-safe; deadlines are real time.
class Templates {
 public:
  explicit Templates(pg::Pool& pool) : pool_(pool) {}

  // The newest version if `version` is 0. Errors: TEMPLATE_NOT_FOUND.
  absl::StatusOr<Template> Get(const ledger::Program& program, const std::string& code,
                               int32_t version, absl::Time deadline) const;
  absl::StatusOr<std::vector<Template>> List(const ledger::Program& program, std::string_view after,
                                             int32_t limit, absl::Time deadline) const;
  absl::StatusOr<MessagingPolicy> CurrentPolicy(const ledger::Program& program,
                                                absl::Time deadline) const;

 private:
  pg::Pool& pool_;
};

}  // namespace gratis::messages
