#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace gratis {

// Every error that a caller can get, by its stable name. The one list; proto/README.md shows it.
enum class Reason {
  // The request is not well formed.
  kRequestIdMissing,
  kRequestIdInvalid,
  kRequestIdReused,
  kFieldMissing,
  kFieldInvalid,
  kFieldTooLong,
  kFieldUnknown,
  kInvalidUtf8,
  kInvalidId,
  kInvalidAmount,
  kInvalidCurrency,
  kInvalidDate,
  kInvalidTimeZone,
  kInvalidEmail,
  kInvalidPhone,
  kInvalidCard,
  kInvalidPageToken,
  kTemplateInvalid,
  kUnsubscribeTokenInvalid,
  kCursorInvalid,
  kEndpointNotAllowed,
  kBatchTooLarge,
  kPointsNotPositive,
  kPointsOverflow,
  kEffectiveTimeInvalid,
  kFutureDate,
  kStringsAttached,
  // Who calls.
  kKeyMissing,
  kKeyInvalid,
  kKeyRevoked,
  kTokenExpired,
  kRoleNotAllowed,
  kProofRequired,
  kQrTokenInvalid,
  kQrTokenUsed,
  kCodeWrong,
  kCodeExpired,
  kTooManyCodes,
  kStoreNotAllowed,
  kMemberNotAllowed,
  kProgramMissing,
  // What is there, and what is not.
  kProgramNotFound,
  kProgramExists,
  kMemberNotFound,
  kMemberAmbiguous,
  kIdentifierTaken,
  kCardNotFound,
  kPurchaseNotFound,
  kPurchaseExists,
  kReturnExists,
  kKeyNotFound,
  kPartitionNotFound,
  kUnitNotFound,
  kTransactionNotFound,
  kHoldNotFound,
  kAdjustmentNotFound,
  kAdjustmentResolved,
  kVoucherNotFound,
  kBudgetNotFound,
  kBudgetExists,
  kTierPolicyNotFound,
  kGiftNotFound,
  kGroupNotFound,
  kTemplateNotFound,
  kMessageNotFound,
  kSubscriptionNotFound,
  kDeliveryNotFound,
  kSuppressionNotFound,
  kTaskNotFound,
  kTriggerNotFound,
  kComplaintNotFound,
  kSurpriseNotFound,
  kSurpriseExists,
  // The state does not allow it.
  kCardNotLinked,
  kCardLost,
  kCardReplaced,
  kMemberNotActive,
  kMemberErased,
  kMemberMerged,
  kMergeNotFound,
  kMergeRefused,
  kMergeContradicted,
  kGroupKindWrong,
  kGroupFull,
  kNotInGroup,
  kNotInvited,
  kDeliveryNotDead,
  kTaskTaken,
  kTaskEnded,
  kComplaintResolved,
  kInsufficientPoints,
  kNothingPending,
  kHoldResolved,
  kHoldTooLong,
  kReturnTooLarge,
  kPurchaseClaimed,
  kReceiptNotClaimed,
  kClaimTooLate,
  kClaimLimitReached,
  kWishLimitReached,
  kEarningCapExceeded,
  kNothingToReverse,
  kReversalTooLarge,
  kClawbackRefused,
  kTransferNotAllowed,
  kSecondPersonNeeded,
  kKeyEnded,
  kBatchAborted,
  kVoucherLive,
  kVoucherNotLive,
  kInsufficientWorth,
  kBudgetExhausted,
  kBudgetBelowSpent,
  kPeriodClosed,
  kPeriodNotOver,
  kGiftChosen,
  kDevelopmentClockOff,
  kClockBackwards,
  kBooksDamaged,
  // Try again.
  kRateLimited,
  kOverloaded,
  kFeedTooSlow,
  kDraining,
  kDatabaseUnavailable,
  kPoolExhausted,
  kCommitInDoubt,
  kDeadlineExceeded,
  kConflict,
  kPeerUnavailable,
  // For whoever runs the engine.
  kConfigInvalid,
  kDatabaseNewer,
  kMigrationChanged,
  kMasterKeyInvalid,
  kInternal,
};

struct ReasonEntry {
  Reason reason;
  std::string_view name;  // "INSUFFICIENT_POINTS"
  absl::StatusCode code;
  bool retryable;            // the same call, with the same request_id, may succeed later
  std::string_view meaning;  // one sentence for people, as documented
};

absl::Span<const ReasonEntry> Reasons();
const ReasonEntry& Describe(Reason reason);

using Metadata = std::vector<std::pair<std::string, std::string>>;

// A status with the reason's code, a sentence that tells people what to do, and the values that a
// program needs to act on it. `message` holds nothing of the inside and no personal data.
absl::Status Error(Reason reason, std::string_view message, Metadata metadata = {});

// The same for one field of the request, named as in the contract ("total.currency_code").
absl::Status FieldError(Reason reason, std::string_view field, std::string_view message);

// `status` as an error of `field`, when it has a reason and names no field yet.
absl::Status InField(absl::Status status, std::string_view field);

// What an error carries besides its code and message; nothing for a status made elsewhere.
std::optional<Reason> ReasonOf(const absl::Status& status);
Metadata MetadataOf(const absl::Status& status);
std::optional<std::string> FieldOf(const absl::Status& status);

// When to try again, for errors that say so.
absl::Status WithRetryDelay(absl::Status status, absl::Duration delay);
std::optional<absl::Duration> RetryDelayOf(const absl::Status& status);

// The same status, sharing no memory with `status`: one for each caller that fails with it.
absl::Status Apart(const absl::Status& status);

// The reason by its name, as found in an ErrorInfo.
std::optional<Reason> ReasonNamed(std::string_view name);

}  // namespace gratis
