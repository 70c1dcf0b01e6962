#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "gratis/messages/v1/templates.pb.h"
#include "services/messages/template_rules.h"

// Between the contract's messages and the domain's values. Templates are stored as the contract has
// them.
namespace gratis::messages {

// What somebody wants to be a template, checked. Errors: as CheckTemplate.
absl::StatusOr<Template> ParseTemplate(const v1::Template& wish);
v1::Template ToContract(const Template& message_template);

// What is stored of it: all but code, version, when and by whom.
std::string ContentOf(const Template& message_template);
// Errors: BOOKS_DAMAGED.
absl::StatusOr<Template> TemplateOf(std::string_view content);

v1::RenderedMessage ToContract(const Wording& rendered);

}  // namespace gratis::messages
