#include "services/messages/template_contract.h"

#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::messages {
namespace {

Template Read(const v1::Template& from) {
  Template message_template{.code = from.code(),
                            .purpose = static_cast<Purpose>(from.purpose()),
                            .sender = from.sender(),
                            .default_language = from.default_language()};
  for (const v1::Wording& wording : from.wordings()) {
    message_template.wordings.push_back({.language = wording.language(),
                                         .subject = wording.subject(),
                                         .text = wording.text(),
                                         .html = wording.html(),
                                         .task = wording.task()});
  }
  return message_template;
}

v1::Template Write(const Template& message_template) {
  v1::Template to;
  to.set_purpose(static_cast<v1::MessagePurpose>(message_template.purpose));
  to.set_sender(message_template.sender);
  to.set_default_language(message_template.default_language);
  for (const Wording& wording : message_template.wordings) {
    v1::Wording& one = *to.add_wordings();
    one.set_language(wording.language);
    one.set_subject(wording.subject);
    one.set_text(wording.text);
    one.set_html(wording.html);
    one.set_task(wording.task);
  }
  return to;
}

}  // namespace

absl::StatusOr<Template> ParseTemplate(const v1::Template& wish) {
  Template message_template = Read(wish);
  RETURN_IF_ERROR(CheckTemplate(message_template));
  return message_template;
}

v1::Template ToContract(const Template& message_template) {
  v1::Template to = Write(message_template);
  to.set_code(message_template.code);
  to.set_version(message_template.version);
  rpc::SetTime(message_template.set_at, *to.mutable_set_at());
  to.set_set_by(message_template.set_by);
  return to;
}

std::string ContentOf(const Template& message_template) {
  return Write(message_template).SerializeAsString();
}

absl::StatusOr<Template> TemplateOf(std::string_view content) {
  v1::Template stored;
  if (!stored.ParseFromArray(content.data(), static_cast<int>(content.size()))) {
    return Error(Reason::kBooksDamaged, "a stored template cannot be read");
  }
  return Read(stored);
}

v1::RenderedMessage ToContract(const Wording& rendered) {
  v1::RenderedMessage message;
  message.set_subject(rendered.subject);
  message.set_text(rendered.text);
  message.set_html(rendered.html);
  message.set_task(rendered.task);
  message.set_language(rendered.language);
  return message;
}

}  // namespace gratis::messages
