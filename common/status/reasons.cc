#include "common/status/reasons.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace gratis {
namespace {

constexpr char kReasonUrl[] = "gratis/reason";
constexpr char kMetadataUrl[] = "gratis/metadata";
constexpr char kFieldUrl[] = "gratis/field";
constexpr char kRetryUrl[] = "gratis/retry_ms";

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnauthenticated = absl::StatusCode::kUnauthenticated;
constexpr auto kDenied = absl::StatusCode::kPermissionDenied;
constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kExists = absl::StatusCode::kAlreadyExists;
constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr auto kUnavailable = absl::StatusCode::kUnavailable;

constexpr ReasonEntry kReasons[] = {
    {Reason::kRequestIdMissing, "REQUEST_ID_MISSING", kInvalid, false,
     "A call that changes something needs a request_id: choose it before the first attempt and "
     "keep it for every retry."},
    {Reason::kRequestIdInvalid, "REQUEST_ID_INVALID", kInvalid, false,
     "A request_id is 1 to 128 printable ASCII characters."},
    {Reason::kRequestIdReused, "REQUEST_ID_REUSED", kInvalid, false,
     "This request_id was used before with other content; nothing was done."},
    {Reason::kFieldMissing, "FIELD_MISSING", kInvalid, false, "A required field is empty."},
    {Reason::kFieldInvalid, "FIELD_INVALID", kInvalid, false,
     "A field's value is outside what it may be."},
    {Reason::kFieldTooLong, "FIELD_TOO_LONG", kInvalid, false,
     "A text is longer than its field allows."},
    {Reason::kFieldUnknown, "FIELD_UNKNOWN", kInvalid, false,
     "The request has a field that this version does not know; it might have mattered."},
    {Reason::kInvalidUtf8, "INVALID_UTF8", kInvalid, false, "A text is not UTF-8, or holds a NUL."},
    {Reason::kInvalidId, "INVALID_ID", kInvalid, false,
     "An id has not the form of its kind, such as mem_ and 26 characters."},
    {Reason::kInvalidAmount, "INVALID_AMOUNT", kInvalid, false,
     "An amount of money is not one, or may not be negative here."},
    {Reason::kInvalidCurrency, "INVALID_CURRENCY", kInvalid, false,
     "A currency is not an active ISO 4217 code."},
    {Reason::kInvalidDate, "INVALID_DATE", kInvalid, false, "A date does not exist."},
    {Reason::kInvalidTimeZone, "INVALID_TIME_ZONE", kInvalid, false,
     "A time zone is not in the tz database."},
    {Reason::kInvalidEmail, "INVALID_EMAIL", kInvalid, false, "An e-mail address is not one."},
    {Reason::kInvalidPhone, "INVALID_PHONE", kInvalid, false,
     "A phone number is not one; write it with its country code."},
    {Reason::kInvalidCard, "INVALID_CARD", kInvalid, false,
     "A card's number is not one, or a digit of it was mistaken; read it again."},
    {Reason::kInvalidPageToken, "INVALID_PAGE_TOKEN", kInvalid, false,
     "A page token is damaged or belongs to another query; start at the first page."},
    {Reason::kTemplateInvalid, "TEMPLATE_INVALID", kInvalid, false,
     "A message's template cannot be used as it is; where says which place of which part."},
    {Reason::kUnsubscribeTokenInvalid, "UNSUBSCRIBE_TOKEN_INVALID", kInvalid, false,
     "The token of an unsubscribe link is damaged, or of another program."},
    {Reason::kCursorInvalid, "CURSOR_INVALID", kInvalid, false,
     "A cursor is damaged, or names a place that the journal does not have; start again from a "
     "stored one."},
    {Reason::kEndpointNotAllowed, "ENDPOINT_NOT_ALLOWED", kInvalid, false,
     "A webhook's URL is not one that this engine sends to: https, and no private address unless "
     "it is allowed."},
    {Reason::kBatchTooLarge, "BATCH_TOO_LARGE", kInvalid, false,
     "A batch has more items than one call may carry."},
    {Reason::kPointsNotPositive, "POINTS_NOT_POSITIVE", kInvalid, false,
     "Points to earn or spend are at least 1."},
    {Reason::kPointsOverflow, "POINTS_OVERFLOW", kInvalid, false,
     "Points are at most 1,000,000,000,000 in one posting, and a balance must stay countable."},
    {Reason::kEffectiveTimeInvalid, "EFFECTIVE_TIME_INVALID", kInvalid, false,
     "A fact may take effect at most five minutes ahead of now, and not before the year 1900."},
    {Reason::kFutureDate, "FUTURE_DATE", kInvalid, false, "A run may not reach into the future."},
    {Reason::kStringsAttached, "STRINGS_ATTACHED", kInvalid, false,
     "A gift has no conditions, and the words of this one promise one; say what it is, and nothing "
     "that must be done for it."},
    {Reason::kKeyMissing, "KEY_MISSING", kUnauthenticated, false,
     "Send the API key as metadata: authorization: Bearer gk_…"},
    {Reason::kKeyInvalid, "KEY_INVALID", kUnauthenticated, false, "The API key is not known here."},
    {Reason::kKeyRevoked, "KEY_REVOKED", kUnauthenticated, false, "The API key was revoked."},
    {Reason::kTokenExpired, "TOKEN_EXPIRED", kUnauthenticated, false,
     "The member's token is over; whoever issued it issues another."},
    {Reason::kRoleNotAllowed, "ROLE_NOT_ALLOWED", kDenied, false,
     "The key's role may not make this call."},
    {Reason::kProofRequired, "PROOF_REQUIRED", kPrecondition, false,
     "A till does this with the member's strong proof only: their app's QR token or a one-time "
     "code."},
    {Reason::kQrTokenInvalid, "QR_TOKEN_INVALID", kInvalid, false,
     "A QR token is damaged, over, or not of this program; have the app show a new one."},
    {Reason::kQrTokenUsed, "QR_TOKEN_USED", kPrecondition, false,
     "A QR token was used before, at another till or for another transaction."},
    {Reason::kCodeWrong, "CODE_WRONG", kInvalid, false,
     "This is not the member's one-time code; a few tries are left."},
    {Reason::kCodeExpired, "CODE_EXPIRED", kPrecondition, false,
     "The member has no one-time code that can be used: it is over, used, or was tried too often."},
    {Reason::kTooManyCodes, "TOO_MANY_CODES", kPrecondition, false,
     "The member was given as many one-time codes as an hour allows."},
    {Reason::kStoreNotAllowed, "STORE_NOT_ALLOWED", kDenied, false,
     "The key is bound to a store, and the order is another's."},
    {Reason::kMemberNotAllowed, "MEMBER_NOT_ALLOWED", kDenied, false,
     "A member's token is good for calls that name this member alone."},
    {Reason::kProgramMissing, "PROGRAM_MISSING", kInvalid, false,
     "A key for all programs must name one as metadata: gratis-program: CODE."},
    {Reason::kProgramNotFound, "PROGRAM_NOT_FOUND", kNotFound, false,
     "There is no such program, or the key may not see it."},
    {Reason::kProgramExists, "PROGRAM_EXISTS", kExists, false, "A program has this code already."},
    {Reason::kMemberNotFound, "MEMBER_NOT_FOUND", kNotFound, false,
     "No member of the program has this id or identifier."},
    {Reason::kMemberAmbiguous, "MEMBER_AMBIGUOUS", kPrecondition, false,
     "The identifiers given belong to different members."},
    {Reason::kIdentifierTaken, "IDENTIFIER_TAKEN", kExists, false,
     "An identifier belongs to another member of the program."},
    {Reason::kCardNotFound, "CARD_NOT_FOUND", kNotFound, false,
     "No card of the program has this number or id."},
    {Reason::kPurchaseNotFound, "PURCHASE_NOT_FOUND", kNotFound, false,
     "No purchase with this order id was recorded."},
    {Reason::kPurchaseExists, "PURCHASE_EXISTS", kExists, false,
     "This order id was recorded already, by another request."},
    {Reason::kReturnExists, "RETURN_EXISTS", kExists, false,
     "This return of the order was recorded already, by another request."},
    {Reason::kKeyNotFound, "KEY_NOT_FOUND", kNotFound, false, "There is no API key with this id."},
    {Reason::kPartitionNotFound, "PARTITION_NOT_FOUND", kNotFound, false,
     "The program has no such partition."},
    {Reason::kUnitNotFound, "UNIT_NOT_FOUND", kNotFound, false,
     "The program has no unit of account with this code."},
    {Reason::kTransactionNotFound, "TRANSACTION_NOT_FOUND", kNotFound, false,
     "No posting of the program has this transaction id."},
    {Reason::kHoldNotFound, "HOLD_NOT_FOUND", kNotFound, false,
     "No hold of the program has this id."},
    {Reason::kAdjustmentNotFound, "ADJUSTMENT_NOT_FOUND", kNotFound, false,
     "No adjustment of the program that takes a second person has this id."},
    {Reason::kAdjustmentResolved, "ADJUSTMENT_RESOLVED", kPrecondition, false,
     "The adjustment was approved or rejected before."},
    {Reason::kVoucherNotFound, "VOUCHER_NOT_FOUND", kNotFound, false,
     "No voucher of the program has this id or code."},
    {Reason::kBudgetNotFound, "BUDGET_NOT_FOUND", kNotFound, false,
     "No budget of the program has this id or code."},
    {Reason::kBudgetExists, "BUDGET_EXISTS", kExists, false,
     "A budget of the program has this code already."},
    {Reason::kCardNotLinked, "CARD_NOT_LINKED", kPrecondition, false,
     "The card belongs to nobody yet; link it to a member."},
    {Reason::kCardLost, "CARD_LOST", kPrecondition, false,
     "The card was reported lost; find the member in another way."},
    {Reason::kCardReplaced, "CARD_REPLACED", kPrecondition, false,
     "The card was replaced; its successor is the one that counts."},
    {Reason::kMemberNotActive, "MEMBER_NOT_ACTIVE", kPrecondition, false,
     "The member's state does not allow this: suspended, earn-only, restricted, deceased or "
     "closed."},
    {Reason::kMemberErased, "MEMBER_ERASED", kPrecondition, false,
     "The person was erased; nothing can be done for them any more."},
    {Reason::kMemberMerged, "MEMBER_MERGED", kPrecondition, false,
     "The member is part of another by now; name the survivor."},
    {Reason::kMergeNotFound, "MERGE_NOT_FOUND", kNotFound, false,
     "No merge of the program has this id."},
    {Reason::kMergeRefused, "MERGE_REFUSED", kPrecondition, false,
     "These two members cannot become one as they are; why says what stands against it."},
    {Reason::kMergeContradicted, "MERGE_CONTRADICTED", kPrecondition, false,
     "The merge cannot be undone exactly any more; why says what happened since."},
    {Reason::kTierPolicyNotFound, "TIER_POLICY_NOT_FOUND", kNotFound, false,
     "The program has no tier policy in force."},
    {Reason::kGiftNotFound, "GIFT_NOT_FOUND", kNotFound, false,
     "The member has no gift of this year to choose from."},
    {Reason::kGroupNotFound, "GROUP_NOT_FOUND", kNotFound, false,
     "No group of the program has this id."},
    {Reason::kTemplateNotFound, "TEMPLATE_NOT_FOUND", kNotFound, false,
     "No template of the program has this code, or not this version."},
    {Reason::kMessageNotFound, "MESSAGE_NOT_FOUND", kNotFound, false,
     "No message of the program has this id."},
    {Reason::kSubscriptionNotFound, "SUBSCRIPTION_NOT_FOUND", kNotFound, false,
     "No webhook subscription of the program has this id, or it was deleted."},
    {Reason::kDeliveryNotFound, "DELIVERY_NOT_FOUND", kNotFound, false,
     "No delivery of the program has this id, or its log is not kept any more."},
    {Reason::kSuppressionNotFound, "SUPPRESSION_NOT_FOUND", kNotFound, false,
     "This address is not on the suppression list."},
    {Reason::kTaskNotFound, "TASK_NOT_FOUND", kNotFound, false,
     "No task of the program has this id."},
    {Reason::kTriggerNotFound, "TRIGGER_NOT_FOUND", kNotFound, false,
     "No trigger of the program has this code, or not this version."},
    {Reason::kComplaintNotFound, "COMPLAINT_NOT_FOUND", kNotFound, false,
     "No complaint of the program has this id."},
    {Reason::kSurpriseNotFound, "SURPRISE_NOT_FOUND", kNotFound, false,
     "No surprise of the program has this code."},
    {Reason::kSurpriseExists, "SURPRISE_EXISTS", kExists, false,
     "A surprise with this code was drawn before, by another request."},
    {Reason::kGroupKindWrong, "GROUP_KIND_WRONG", kPrecondition, false,
     "This is not done with groups of this kind; members keep points together in households, buy "
     "for organizations, and have perks in communities."},
    {Reason::kGroupFull, "GROUP_FULL", kPrecondition, false,
     "The household has as many members as one may have."},
    {Reason::kNotInGroup, "NOT_IN_GROUP", kPrecondition, false, "The member is not in the group."},
    {Reason::kNotInvited, "NOT_INVITED", kPrecondition, false,
     "The member was not invited to the group; whoever speaks for it invites them first."},
    {Reason::kDeliveryNotDead, "DELIVERY_NOT_DEAD", kPrecondition, false,
     "Only what was given up is sent again by hand: this delivery arrived, or is under way."},
    {Reason::kTaskTaken, "TASK_TAKEN", kPrecondition, false,
     "Somebody else of the staff has the task; it is theirs to do or to give back."},
    {Reason::kTaskEnded, "TASK_ENDED", kPrecondition, false,
     "The task was done, given up, or is no longer wanted."},
    {Reason::kComplaintResolved, "COMPLAINT_RESOLVED", kPrecondition, false,
     "The complaint was resolved before; what comes up anew is a complaint of its own."},
    {Reason::kInsufficientPoints, "INSUFFICIENT_POINTS", kPrecondition, false,
     "The member has fewer points available than asked for."},
    {Reason::kNothingPending, "NOTHING_PENDING", kPrecondition, false,
     "None of the transaction's points are pending; they were activated, reversed, or never were "
     "pending."},
    {Reason::kHoldResolved, "HOLD_RESOLVED", kPrecondition, false,
     "The hold was captured or voided before, or its time ran out."},
    {Reason::kHoldTooLong, "HOLD_TOO_LONG", kInvalid, false,
     "A hold may not last longer than its unit allows."},
    {Reason::kReturnTooLarge, "RETURN_TOO_LARGE", kPrecondition, false,
     "More is to come back than is left of the purchase, or of one of its lines."},
    {Reason::kPurchaseClaimed, "PURCHASE_CLAIMED", kPrecondition, false,
     "The purchase is somebody's already."},
    {Reason::kReceiptNotClaimed, "RECEIPT_NOT_CLAIMED", kPrecondition, false,
     "The purchase of this receipt is nobody's yet."},
    {Reason::kClaimTooLate, "CLAIM_TOO_LATE", kPrecondition, false,
     "The purchase lies further back than the program lets people claim."},
    {Reason::kClaimLimitReached, "CLAIM_LIMIT_REACHED", kPrecondition, false,
     "The member has claimed as many purchases today as the program allows."},
    {Reason::kWishLimitReached, "WISH_LIMIT_REACHED", kPrecondition, false,
     "The member has said of as many things as one may that they would like to have them."},
    {Reason::kEarningCapExceeded, "EARNING_CAP_EXCEEDED", kPrecondition, false,
     "The purchase would earn more than a rule of the program lets through; somebody should look."},
    {Reason::kNothingToReverse, "NOTHING_TO_REVERSE", kPrecondition, false,
     "The transaction was reversed wholly before, or is of a kind that cannot be."},
    {Reason::kReversalTooLarge, "REVERSAL_TOO_LARGE", kPrecondition, false,
     "More is to be reversed than is left of the transaction."},
    {Reason::kClawbackRefused, "CLAWBACK_REFUSED", kPrecondition, false,
     "The points to take back were spent, and the unit's rule, or the caller, refuses a debt."},
    {Reason::kTransferNotAllowed, "TRANSFER_NOT_ALLOWED", kPrecondition, false,
     "The unit's points may not be transferred, or giver and receiver are the same member."},
    {Reason::kSecondPersonNeeded, "SECOND_PERSON_NEEDED", kPrecondition, false,
     "An adjustment is approved with another key than the one that requested it."},
    {Reason::kKeyEnded, "KEY_ENDED", kPrecondition, false,
     "The API key was revoked, and nothing about it changes any more."},
    {Reason::kBatchAborted, "BATCH_ABORTED", kPrecondition, false,
     "Another item of an atomic batch failed, so this one was not done either."},
    {Reason::kVoucherLive, "VOUCHER_LIVE", kPrecondition, false,
     "The member still has a voucher of this origin, of which one may live at a time."},
    {Reason::kVoucherNotLive, "VOUCHER_NOT_LIVE", kPrecondition, false,
     "The voucher is used up, expired, voided, or held by someone."},
    {Reason::kInsufficientWorth, "INSUFFICIENT_WORTH", kPrecondition, false,
     "Less is left of the voucher than asked for."},
    {Reason::kBudgetExhausted, "BUDGET_EXHAUSTED", kPrecondition, false,
     "Less is left of the budget than the gift takes."},
    {Reason::kBudgetBelowSpent, "BUDGET_BELOW_SPENT", kPrecondition, false,
     "More was given from the budget than its limit would be."},
    {Reason::kPeriodClosed, "PERIOD_CLOSED", kPrecondition, false,
     "The accounting period is closed; what belongs to it is posted in an open one."},
    {Reason::kPeriodNotOver, "PERIOD_NOT_OVER", kPrecondition, false,
     "A period can be closed only when it is over."},
    {Reason::kGiftChosen, "GIFT_CHOSEN", kPrecondition, false,
     "The gift was chosen before, by the member, by staff, or for want of either by default."},
    {Reason::kDevelopmentClockOff, "DEVELOPMENT_CLOCK_OFF", kPrecondition, false,
     "Time can be moved only on an instance started with --development-clock."},
    {Reason::kClockBackwards, "CLOCK_BACKWARDS", kPrecondition, false,
     "A program's clock cannot go back behind what it has recorded."},
    {Reason::kBooksDamaged, "BOOKS_DAMAGED", absl::StatusCode::kDataLoss, false,
     "The stored books contradict themselves; nothing was posted."},
    {Reason::kRateLimited, "RATE_LIMITED", absl::StatusCode::kResourceExhausted, true,
     "The key calls more often than it may, or too many calls with bad keys come from the caller's "
     "address; try again after the delay given."},
    {Reason::kOverloaded, "OVERLOADED", kUnavailable, true,
     "More calls are waiting than the engine will keep in line; try again after the delay given."},
    {Reason::kFeedTooSlow, "FEED_TOO_SLOW", kUnavailable, true,
     "The reader of a feed fell too far behind to be waited for; read on from its last cursor."},
    {Reason::kDraining, "DRAINING", kUnavailable, true,
     "This process is shutting down and takes no new calls."},
    {Reason::kDatabaseUnavailable, "DATABASE_UNAVAILABLE", kUnavailable, true,
     "PostgreSQL cannot be reached; nothing was done."},
    {Reason::kPoolExhausted, "POOL_EXHAUSTED", kUnavailable, true,
     "No database connection became free in time; nothing was done."},
    {Reason::kCommitInDoubt, "COMMIT_IN_DOUBT", kUnavailable, true,
     "The connection was lost while committing: call again with the same request_id to learn the "
     "outcome."},
    {Reason::kDeadlineExceeded, "DEADLINE_EXCEEDED", absl::StatusCode::kDeadlineExceeded, true,
     "The call's deadline passed; call again with the same request_id to learn the outcome."},
    {Reason::kConflict, "CONFLICT", absl::StatusCode::kAborted, true,
     "Others changed the same things at once, and the tries allowed were used up; nothing was "
     "done."},
    {Reason::kPeerUnavailable, "PEER_UNAVAILABLE", kUnavailable, true,
     "Another service that this call needs cannot be reached."},
    {Reason::kConfigInvalid, "CONFIG_INVALID", kPrecondition, false,
     "The configuration cannot be used as it is."},
    {Reason::kDatabaseNewer, "DATABASE_NEWER", kPrecondition, false,
     "The database was migrated by a newer version of the engine."},
    {Reason::kMigrationChanged, "MIGRATION_CHANGED", kPrecondition, false,
     "A migration that was applied differs from the one built in."},
    {Reason::kMasterKeyInvalid, "MASTER_KEY_INVALID", kPrecondition, false,
     "The master key is missing, damaged, or not the one that sealed this database."},
    {Reason::kInternal, "INTERNAL", absl::StatusCode::kInternal, false,
     "Something failed inside; the log has it under the call's id."},
};

std::optional<std::string> Payload(const absl::Status& status, const char* url) {
  const auto payload = status.GetPayload(url);
  if (!payload) return std::nullopt;
  return std::string(*payload);
}

}  // namespace

absl::Span<const ReasonEntry> Reasons() { return kReasons; }

const ReasonEntry& Describe(Reason reason) {
  const auto* entry = std::find_if(std::begin(kReasons), std::end(kReasons),
                                   [&](const ReasonEntry& e) { return e.reason == reason; });
  if (entry == std::end(kReasons)) std::abort();  // the list above must be complete
  return *entry;
}

std::optional<Reason> ReasonNamed(std::string_view name) {
  for (const ReasonEntry& entry : kReasons) {
    if (entry.name == name) return entry.reason;
  }
  return std::nullopt;
}

absl::Status Error(Reason reason, std::string_view message, Metadata metadata) {
  const ReasonEntry& entry = Describe(reason);
  absl::Status status(entry.code, absl::string_view(message.data(), message.size()));
  status.SetPayload(kReasonUrl,
                    absl::Cord(absl::string_view(entry.name.data(), entry.name.size())));
  if (!metadata.empty()) {
    std::string packed;
    for (const auto& [key, value] : metadata)
      absl::StrAppend(&packed, key, std::string(1, '\0'), value, std::string(1, '\0'));
    status.SetPayload(kMetadataUrl, absl::Cord(packed));
  }
  return status;
}

absl::Status FieldError(Reason reason, std::string_view field, std::string_view message) {
  return InField(Error(reason, message), field);
}

absl::Status InField(absl::Status status, std::string_view field) {
  if (!status.ok() && ReasonOf(status) && !FieldOf(status)) {
    status.SetPayload(kFieldUrl, absl::Cord(absl::string_view(field.data(), field.size())));
  }
  return status;
}

std::optional<Reason> ReasonOf(const absl::Status& status) {
  const auto name = Payload(status, kReasonUrl);
  return name ? ReasonNamed(*name) : std::nullopt;
}

Metadata MetadataOf(const absl::Status& status) {
  Metadata metadata;
  const auto packed = Payload(status, kMetadataUrl);
  if (!packed) return metadata;
  const std::vector<std::string> parts = absl::StrSplit(*packed, '\0');
  for (size_t i = 0; i + 1 < parts.size(); i += 2) metadata.emplace_back(parts[i], parts[i + 1]);
  return metadata;
}

std::optional<std::string> FieldOf(const absl::Status& status) {
  return Payload(status, kFieldUrl);
}

absl::Status WithRetryDelay(absl::Status status, absl::Duration delay) {
  status.SetPayload(kRetryUrl, absl::Cord(absl::StrCat(absl::ToInt64Milliseconds(delay))));
  return status;
}

std::optional<absl::Duration> RetryDelayOf(const absl::Status& status) {
  const auto text = Payload(status, kRetryUrl);
  int64_t millis = 0;
  if (!text || !absl::SimpleAtoi(*text, &millis)) return std::nullopt;
  return absl::Milliseconds(millis);
}

absl::Status Apart(const absl::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status own(status.code(), status.message());
  status.ForEachPayload([&own](absl::string_view url, const absl::Cord& payload) {
    own.SetPayload(url, absl::Cord(std::string(payload)));
  });
  return own;
}

}  // namespace gratis
