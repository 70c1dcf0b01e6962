#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/ledger/ops.h"
#include "gratis/ledger/v1/budgets.grpc.pb.h"
#include "gratis/ledger/v1/vouchers.grpc.pb.h"
#include "tests/integration/services/ledger/ledger_house.h"

namespace gratis::ledger_service {

// A house with a program, "demo", a member, and keys to give them something.
class GiftHouse : public LedgerHouse {
 protected:
  GiftHouse();

  static type::v1::Money Usd(int64_t minor_units);

  // The program's time.
  absl::Time Now() { return program_clock_.Now(program_.number); }
  void MoveClock(absl::Duration ahead);
  MemberId Member() const { return *MemberId::Parse(member_); }

  // A voucher of money for the member.
  v1::IssueVoucherRequest MoneyOf(int64_t minor_units);
  absl::StatusOr<v1::IssueVoucherResponse> Issue(const v1::IssueVoucherRequest& request) {
    return Call(&v1::VoucherService::Stub::IssueVoucher, request, shop_);
  }
  // Issues them all at the same time, each in a thread of its own. What each failed with, if it
  // did.
  std::vector<std::optional<Reason>> IssueAtOnce(
      const std::vector<v1::IssueVoucherRequest>& requests);

  absl::StatusOr<v1::SetBudgetResponse> SetBudget(const std::string& code, int64_t limit,
                                                  const std::string& unit);
  v1::Budget Budget(const std::string& code);

  // Posts what `deed` decides in the books of `member`, or of the house's own, if it is empty.
  absl::Status Do(std::function<absl::Status(ledger::Books&)> deed, const std::string& member = "");
  // What verifying every partition finds.
  std::vector<std::string> Damages();
  void ExpectSoundBooks() { EXPECT_THAT(Damages(), ::testing::IsEmpty()); }

  ledger::Program program_;
  std::string till_;
  std::string shop_;
  std::string marketing_;
  std::string member_;
};

}  // namespace gratis::ledger_service
