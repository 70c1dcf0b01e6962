#include "services/messages/message_contract.h"

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/messages/template_contract.h"

namespace gratis::messages {
namespace {

absl::StatusOr<TaskWish> WishOf(const std::string& task, const std::string& staff,
                                const std::string& store, TaskState to) {
  ASSIGN_OR_RETURN(const MessageId id, MessageIdOf(task, "task_id"));
  RETURN_IF_ERROR(CheckStaff(staff));
  return TaskWish{.task = id, .to = to, .staff = staff, .store = store};
}

}  // namespace

absl::StatusOr<MemberId> MemberIdOf(std::string_view text) {
  if (text.empty()) return FieldError(Reason::kFieldMissing, "member_id", "say who is meant");
  absl::StatusOr<MemberId> member = MemberId::Parse(text);
  if (!member.ok()) return InField(member.status(), "member_id");
  return member;
}

absl::Status CheckPurchaseId(std::string_view text) {
  if (text.empty()) return absl::OkStatus();
  return InField(PurchaseId::Parse(text).status(), "purchase_id");
}

absl::StatusOr<MessageId> MessageIdOf(std::string_view text, std::string_view field) {
  if (text.empty()) return FieldError(Reason::kFieldMissing, field, "say which one is meant");
  absl::StatusOr<MessageId> message = MessageId::Parse(text);
  if (!message.ok()) return InField(message.status(), field);
  return message;
}

absl::StatusOr<MessageId> PlaceOf(const std::string& cursor, const MessageId& first) {
  if (cursor.empty()) return first;
  const absl::StatusOr<MessageId> place = MessageId::Parse(cursor);
  if (place.ok()) return *place;
  return FieldError(Reason::kInvalidPageToken, "page_token", "not a token of this list");
}

MessageId LastPlace() { return {Uuid::Last()}; }

absl::StatusOr<TaskWish> ParseWish(const v1::TakeTaskRequest& request, const std::string& store) {
  return WishOf(request.task_id(), request.staff(), store, TaskState::kTaken);
}

absl::StatusOr<TaskWish> ParseWish(const v1::EndTaskRequest& request, const std::string& store) {
  switch (request.state()) {
    case v1::TASK_STATE_OPEN:
      return WishOf(request.task_id(), request.staff(), store, TaskState::kOpen);
    case v1::TASK_STATE_DONE:
      return WishOf(request.task_id(), request.staff(), store, TaskState::kDone);
    case v1::TASK_STATE_GIVEN_UP:
      return WishOf(request.task_id(), request.staff(), store, TaskState::kGivenUp);
    default:
      return FieldError(Reason::kFieldInvalid, "state", "a task ends as DONE, GIVEN_UP or OPEN");
  }
}

absl::StatusOr<std::vector<std::string>> StoresOf(const v1::ListTasksRequest& request,
                                                  const std::string& store) {
  const std::string& asked = request.store();
  if (!asked.empty() && !IsCode(asked)) {
    return FieldError(Reason::kFieldInvalid, "store", "1 to 40 of a-z, 0-9, - and _");
  }
  if (store.empty()) {
    if (asked.empty()) return std::vector<std::string>();
    return std::vector<std::string>{asked};
  }
  if (!asked.empty() && asked != store) {
    return FieldError(Reason::kStoreNotAllowed, "store",
                      absl::StrCat("the key is bound to store ", store));
  }
  return std::vector<std::string>{store, ""};
}

v1::Message ToContract(const SeenMessage& seen, const absl::TimeZone& zone) {
  const StoredMessage& stored = seen.message;
  v1::Message message;
  message.set_message_id(stored.id.ToString());
  message.set_member_id(stored.member.ToString());
  message.set_channel(static_cast<v1::MessageChannel>(stored.channel));
  message.set_template_code(stored.template_code);
  message.set_template_version(stored.template_version);
  message.set_language(stored.language);
  message.set_variant(stored.variant);
  message.set_transaction_id(stored.transaction.ToString());
  message.set_purchase_id(stored.purchase);
  rpc::SetTime(stored.occurred_at, *message.mutable_occurred_at());
  message.set_state(static_cast<v1::MessageState>(stored.verdict.state));
  message.set_why(static_cast<v1::MessageReason>(stored.verdict.why));
  if (stored.verdict.state == MessageState::kWaiting) {
    rpc::SetTime(stored.verdict.due_at, *message.mutable_due_at());
  }
  if (stored.decided_at) rpc::SetTime(*stored.decided_at, *message.mutable_decided_at());
  for (const std::string& section : stored.left_out) message.add_left_out(section);
  message.set_delivery(seen.delivery);
  message.set_sentence(SentenceOf(stored.verdict, stored.channel,
                                  stored.decided_at.value_or(stored.created_at), stored.left_out,
                                  zone));
  return message;
}

v1::KeptMessage ToContract(const SeenKept& seen) {
  v1::KeptMessage message;
  message.set_message_id(seen.id.ToString());
  if (seen.text) *message.mutable_rendered() = *seen.text;
  for (const Engagement& engagement : seen.engagements) {
    v1::Engagement& said = *message.add_engagements();
    said.set_kind(static_cast<v1::EngagementKind>(engagement.kind));
    rpc::SetTime(engagement.happened_at, *said.mutable_happened_at());
  }
  if (seen.read_at) rpc::SetTime(*seen.read_at, *message.mutable_read_at());
  return message;
}

v1::Task ToContract(const SeenTask& seen) {
  v1::Task task;
  task.set_task_id(seen.task.id.ToString());
  task.set_member_id(seen.task.member.ToString());
  task.set_store(seen.task.store);
  task.set_state(static_cast<v1::TaskState>(seen.task.state));
  task.set_text(seen.text);
  task.set_staff(seen.task.staff);
  task.set_purchase_id(seen.task.purchase);
  rpc::SetTime(seen.task.created_at, *task.mutable_created_at());
  if (seen.task.taken_at) rpc::SetTime(*seen.task.taken_at, *task.mutable_taken_at());
  if (seen.task.ended_at) rpc::SetTime(*seen.task.ended_at, *task.mutable_ended_at());
  return task;
}

v1::InboxMessage ToContract(const SeenInboxEntry& seen) {
  v1::InboxMessage message;
  message.set_message_id(seen.id.ToString());
  message.set_title(seen.text.subject());
  message.set_text(seen.text.text());
  message.set_from_name(seen.text.from_name());
  rpc::SetTime(seen.sent_at, *message.mutable_sent_at());
  if (seen.read_at) rpc::SetTime(*seen.read_at, *message.mutable_read_at());
  return message;
}

v1::RenderedMessage ToContract(const Preview& preview) {
  v1::RenderedMessage message = ToContract(preview.composed.wording);
  message.set_from_name(preview.composed.sender.name);
  message.set_from_address(preview.composed.sender.address);
  message.set_reply_to(preview.composed.sender.reply_to);
  message.set_to(preview.to);
  message.set_unsubscribe_url(preview.composed.unsubscribe_url);
  return message;
}

}  // namespace gratis::messages
