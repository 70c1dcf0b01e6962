#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "gratis/messages/v1/inbox.pb.h"
#include "gratis/messages/v1/messages.pb.h"
#include "gratis/messages/v1/tasks.pb.h"
#include "services/messages/messages.h"
#include "services/messages/tasks.h"

// Between the contract's messages and the domain's values.
namespace gratis::messages {

// Errors: FIELD_MISSING, INVALID_ID, of field `member_id`.
absl::StatusOr<MemberId> MemberIdOf(std::string_view text);
// A purchase's id, or nothing for any. Errors: INVALID_ID, of field `purchase_id`.
absl::Status CheckPurchaseId(std::string_view text);
// Errors: FIELD_MISSING, INVALID_ID, of `field`.
absl::StatusOr<MessageId> MessageIdOf(std::string_view text, std::string_view field);
// Where a list goes on: behind this message, or `first` for an empty cursor. Errors:
// INVALID_PAGE_TOKEN.
absl::StatusOr<MessageId> PlaceOf(const std::string& cursor, const MessageId& first);
// Behind all messages.
MessageId LastPlace();

// Errors: FIELD_MISSING, FIELD_INVALID, INVALID_ID.
absl::StatusOr<TaskWish> ParseWish(const v1::TakeTaskRequest& request, const std::string& store);
absl::StatusOr<TaskWish> ParseWish(const v1::EndTaskRequest& request, const std::string& store);
// The stores whose tasks are asked for; none: of any. Errors: FIELD_INVALID, STORE_NOT_ALLOWED.
absl::StatusOr<std::vector<std::string>> StoresOf(const v1::ListTasksRequest& request,
                                                  const std::string& store);

// `zone`: that what became of it is told in.
v1::Message ToContract(const SeenMessage& seen, const absl::TimeZone& zone);
v1::KeptMessage ToContract(const SeenKept& seen);
v1::Task ToContract(const SeenTask& seen);
v1::InboxMessage ToContract(const SeenInboxEntry& seen);
v1::RenderedMessage ToContract(const Preview& preview);

}  // namespace gratis::messages
