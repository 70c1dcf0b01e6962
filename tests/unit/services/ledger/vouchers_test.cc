#include "services/ledger/vouchers.h"

#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::ledger_service {
namespace vouchers_test {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const MemberId kAda{{{1}}};
const ledger::DirectoryKey kName{ledger::DirectoryKind::kVoucherCode, std::string(16, 'n')};

ledger::Program OneProgram() {
  ledger::Program program;
  program.number = 2;
  program.currency_code = "CHF";
  program.time_zone = "UTC";
  program.first_partition = 1;
  program.partitions = 1;
  return program;
}

class Issuing : public ::testing::Test {
 protected:
  Issuing() { books_.LoadHolder(kAda, kNow - absl::Hours(24)); }

  absl::StatusOr<std::string> Issue(std::optional<absl::Time> expires_at) {
    VoucherIssueOrder order;
    order.transaction = {{{9}}};
    order.member = kAda;
    order.voucher = {{{7}}};
    order.name = kName;
    order.worth = 500;
    order.expires_at = expires_at;
    order.statable_past = absl::Minutes(5);
    VoucherIssue issue(std::move(order), [this](const VoucherDeed& deed) {
      deed_ = deed;
      return std::string("issued");
    });
    issue.envelope.now = kNow;
    return issue.Decide(books_);
  }

  ledger::Books books_{OneProgram(), {{1, 0}}, kNow};
  VoucherDeed deed_;
};

TEST_F(Issuing, ClaimsTheCode) {
  const auto issued = Issue(std::nullopt);
  ASSERT_TRUE(issued.ok()) << issued.status();
  EXPECT_EQ(books_.FindEntry(kName)->id, (Uuid{{7}}));
  EXPECT_EQ(deed_.worth, 500);
  EXPECT_EQ(deed_.after.lot.available, 500);
  EXPECT_EQ(deed_.after.standing, Standing::kLive);
  EXPECT_EQ(deed_.recorded_at, kNow);
}

// Two vouchers with the same code: the second has to be given another id, as a retry does.
TEST_F(Issuing, ACodeThatIsTakenByChanceIsWorthATry) {
  books_.LoadEntry(kName, {1, Uuid{{8}}});
  const absl::Status refused = Issue(std::nullopt).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kConflict);
  EXPECT_TRUE(Describe(Reason::kConflict).retryable);
  EXPECT_TRUE(books_.rows().empty());
}

TEST_F(Issuing, NothingIsGivenThatIsOverAlready) {
  EXPECT_EQ(FieldOf(Issue(kNow).status()), "expires_at");
  EXPECT_TRUE(Issue(kNow + absl::Seconds(1)).ok());
}

}  // namespace
}  // namespace vouchers_test
}  // namespace gratis::ledger_service
