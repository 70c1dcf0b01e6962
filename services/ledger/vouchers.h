#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/mutation.h"
#include "common/ledger/ops.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/ledger/voucher_rules.h"

namespace gratis::ledger_service {

// A voucher as it stands.
struct SeenVoucher {
  ledger::Voucher voucher;
  ledger::Lot lot;
  Standing standing = Standing::kLive;
  ledger::MemberState holder_state = ledger::MemberState::kActive;  // of whose it is
};

// Vouchers of one member as they stand at `now`, in the order asked for: what fell due until then
// counts as happened, whether or not it was posted. Errors: MEMBER_NOT_FOUND, MEMBER_ERASED,
// VOUCHER_NOT_FOUND.
absl::StatusOr<std::vector<SeenVoucher>> SeeVouchers(pg::Tx& tx, const ledger::Program& program,
                                                     const MemberId& member,
                                                     absl::Span<const VoucherId> vouchers,
                                                     absl::Time now);

// Whom vouchers were given to; that never changes, though they may be part of another member by
// now. Those that the program does not have are absent from the answer.
absl::StatusOr<std::map<VoucherId, MemberId>> HoldersOf(pg::Tx& tx, const ledger::Program& program,
                                                        absl::Span<const VoucherId> vouchers,
                                                        absl::Time now);

// What was done with a voucher.
struct VoucherDeed {
  TransactionId transaction;
  absl::Time recorded_at;
  SeenVoucher after;
  int64_t worth = 0;                 // issued, redeemed, held or voided
  std::optional<ledger::Hold> hold;  // of a hold
};

// The answer to store and send for it; without the voucher's code.
using VoucherAnswer = std::function<std::string(const VoucherDeed&)>;

struct VoucherIssueOrder {
  TransactionId transaction;
  MemberId member;
  VoucherId voucher;
  ledger::DirectoryKey name;  // its code
  ledger::VoucherTerms terms;
  int64_t worth = 1;
  std::optional<absl::Time> expires_at;
  BudgetId budget;
  std::string source;
  std::optional<absl::Time> effective_at;  // now, if not said
  absl::Duration statable_past;            // how far back effective_at may lie
};

// A voucher being given to a member; its code is claimed as a name.
class VoucherIssue final : public ledger::Mutation {
 public:
  VoucherIssue(VoucherIssueOrder order, VoucherAnswer answer);

  void AddNeeds(ledger::Wants& wants) const override;
  // Errors: EFFECTIVE_TIME_INVALID, FIELD_INVALID (expires_at), CONFLICT (another voucher has this
  // code by chance; a new id has another), and those of ledger::IssueVoucher.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  const VoucherIssueOrder order_;
  const VoucherAnswer answer_;
};

struct RedemptionOrder {
  TransactionId transaction;
  MemberId member;  // whose it is
  VoucherId voucher;
  std::optional<int64_t> amount;  // all that can be redeemed, if not said
  std::string order_id;
  std::optional<absl::Time> effective_at;
  absl::Duration statable_past;
};

// A voucher being used, wholly or in part.
class Redemption final : public ledger::Mutation {
 public:
  Redemption(RedemptionOrder order, VoucherAnswer answer);

  void AddNeeds(ledger::Wants& wants) const override;
  // Errors: EFFECTIVE_TIME_INVALID, FIELD_INVALID (amount), and those of ledger::RedeemVoucher.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  const RedemptionOrder order_;
  const VoucherAnswer answer_;
};

struct VoucherHoldOrder {
  TransactionId transaction;
  MemberId member;  // whose it is
  VoucherId voucher;
  HoldId hold;
  std::optional<int64_t> amount;  // all that can be redeemed, if not said
  absl::Duration life;
  std::string order_id;
  std::optional<absl::Time> effective_at;
  absl::Duration statable_past;
};

// A voucher being kept for an order that is not sure yet.
class VoucherHold final : public ledger::Mutation {
 public:
  VoucherHold(VoucherHoldOrder order, VoucherAnswer answer);

  void AddNeeds(ledger::Wants& wants) const override;
  // Errors: EFFECTIVE_TIME_INVALID, FIELD_INVALID (amount), and those of ledger::HoldVoucher.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  const VoucherHoldOrder order_;
  const VoucherAnswer answer_;
};

struct VoucherVoidOrder {
  TransactionId transaction;
  MemberId member;  // whose it is
  VoucherId voucher;
  std::string reason;
  std::optional<absl::Time> effective_at;
  absl::Duration statable_past;
};

// What is left of a voucher being made worthless.
class VoucherVoiding final : public ledger::Mutation {
 public:
  VoucherVoiding(VoucherVoidOrder order, VoucherAnswer answer);

  void AddNeeds(ledger::Wants& wants) const override;
  // Errors: EFFECTIVE_TIME_INVALID, and those of ledger::VoidVoucher.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  const VoucherVoidOrder order_;
  const VoucherAnswer answer_;
};

}  // namespace gratis::ledger_service
