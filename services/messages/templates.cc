#include "services/messages/templates.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/messages/v1/policy.pb.h"
#include "gratis/messages/v1/templates.pb.h"
#include "services/messages/template_store.h"

namespace gratis::messages {
namespace {

absl::Status PostSetting(ledger::Books& books, ledger::FactKind kind,
                         const TransactionId& transaction, std::string source, std::string detail) {
  return books
      .Post({.kind = kind,
             .transaction = transaction,
             .effective_at = books.recorded_at(),
             .source = std::move(source),
             .detail = std::move(detail)})
      .status();
}

}  // namespace

SetTemplate::SetTemplate(Template message_template, const TransactionId& transaction)
    : template_(std::move(message_template)), transaction_(transaction) {}

absl::StatusOr<std::string> SetTemplate::Decide(ledger::Books& books) {
  const std::vector<Sender>& senders = settings_->policy.senders;
  if (std::none_of(senders.begin(), senders.end(),
                   [&](const Sender& sender) { return sender.code == template_.sender; })) {
    return Error(Reason::kTemplateInvalid,
                 absl::StrCat("sender: the messaging policy has no sender ", template_.sender),
                 {{"where", "sender"}});
  }
  int32_t& latest = settings_->template_versions[template_.code];
  template_.version = latest + 1;
  template_.set_at = books.recorded_at();
  template_.set_by = envelope.actor;
  RETURN_IF_ERROR(PostSetting(books, ledger::FactKind::kTemplateSet, transaction_, "template",
                              absl::StrCat("{\"template\":", base::JsonString(template_.code),
                                           ",\"template_version\":", template_.version,
                                           ",\"purpose\":", static_cast<int>(template_.purpose),
                                           ",\"sender\":", base::JsonString(template_.sender),
                                           ",\"wordings\":", template_.wordings.size(), "}")));
  if (!envelope.validate_only) latest = template_.version;
  v1::SetTemplateResponse response;
  response.set_code(template_.code);
  response.set_version(template_.version);
  return response.SerializeAsString();
}

absl::Status TemplateSets::LoadAll(pg::Tx& tx, absl::Span<SetTemplate* const> set) {
  const ledger::Program& program = set.front()->envelope.program;
  std::vector<std::string> codes;
  for (const SetTemplate* one : set) codes.push_back(one->template_.code);
  std::sort(codes.begin(), codes.end());
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  const auto settings = std::make_shared<Settings>();
  ASSIGN_OR_RETURN(settings->policy, ReadPolicy(tx, program));
  ASSIGN_OR_RETURN(const auto templates, ReadTemplates(tx, program, codes));
  for (const auto& [code, found] : templates) settings->template_versions[code] = found.version;
  for (SetTemplate* one : set) one->settings_ = settings;
  return absl::OkStatus();
}

absl::Status TemplateSets::WriteAll(pg::Tx& tx, absl::Span<SetTemplate* const> set) {
  for (const SetTemplate* one : set) InsertTemplate(tx, one->envelope.program, one->template_);
  return absl::OkStatus();
}

SetMessagingPolicy::SetMessagingPolicy(MessagingPolicy policy, const TransactionId& transaction)
    : policy_(std::move(policy)), transaction_(transaction) {}

absl::StatusOr<std::string> SetMessagingPolicy::Decide(ledger::Books& books) {
  policy_.version = settings_->policy.version + 1;
  RETURN_IF_ERROR(PostSetting(books, ledger::FactKind::kMessagingPolicySet, transaction_,
                              "messaging policy", FiguresJson(policy_)));
  if (!envelope.validate_only) settings_->policy = policy_;
  v1::SetMessagingPolicyResponse response;
  response.set_version(policy_.version);
  return response.SerializeAsString();
}

absl::Status MessagingPolicySets::LoadAll(pg::Tx& tx, absl::Span<SetMessagingPolicy* const> set) {
  const auto settings = std::make_shared<Settings>();
  ASSIGN_OR_RETURN(settings->policy, ReadPolicy(tx, set.front()->envelope.program));
  for (SetMessagingPolicy* one : set) one->settings_ = settings;
  return absl::OkStatus();
}

absl::Status MessagingPolicySets::WriteAll(pg::Tx& tx, absl::Span<SetMessagingPolicy* const> set) {
  for (const SetMessagingPolicy* one : set) {
    const ledger::Envelope& envelope = one->envelope;
    InsertPolicy(tx, envelope.program, one->policy_, envelope.now, envelope.actor);
  }
  return absl::OkStatus();
}

absl::StatusOr<Template> Templates::Get(const ledger::Program& program, const std::string& code,
                                        int32_t version, absl::Time deadline) const {
  std::optional<Template> found;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    if (version > 0) {
      ASSIGN_OR_RETURN(found, ReadTemplateVersion(tx, program, code, version));
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(auto templates, ReadTemplates(tx, program, {code}));
    const auto newest = templates.find(code);
    found = newest == templates.end() ? std::nullopt : std::optional(std::move(newest->second));
    return absl::OkStatus();
  }));
  if (!found) {
    return FieldError(Reason::kTemplateNotFound, "code",
                      version > 0
                          ? absl::StrCat("the program has no version ", version, " of ", code)
                          : absl::StrCat("the program has no template ", code));
  }
  return *std::move(found);
}

absl::StatusOr<std::vector<Template>> Templates::List(const ledger::Program& program,
                                                      std::string_view after, int32_t limit,
                                                      absl::Time deadline) const {
  std::vector<Template> templates;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(templates, ListTemplates(tx, program, after, limit));
    return absl::OkStatus();
  }));
  return templates;
}

absl::StatusOr<MessagingPolicy> Templates::CurrentPolicy(const ledger::Program& program,
                                                         absl::Time deadline) const {
  MessagingPolicy policy;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(policy, ReadPolicy(tx, program));
    return absl::OkStatus();
  }));
  return policy;
}

}  // namespace gratis::messages
