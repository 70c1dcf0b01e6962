#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "common/ledger/ledger_migrations.h"
#include "common/ledger/ops.h"
#include "common/ledger/poster.h"
#include "common/ledger/reads.h"
#include "common/ledger/runner.h"
#include "common/ledger/verify.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/thanks/v1/returns.pb.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "services/thanks/claims.h"
#include "services/thanks/purchases.h"
#include "services/thanks/returns.h"
#include "services/thanks/thanks.h"
#include "services/thanks/thanks_migrations.h"
#include "services/thanks/twins.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::thanks {

inline const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// Makes a member known to the ledger, as the members service does.
class Enroll final : public ledger::Mutation {
 public:
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    books.AddHolder(envelope.member, envelope.now);
    RETURN_IF_ERROR(books
                        .Post({.kind = ledger::FactKind::kMemberEnrolled,
                               .member = envelope.member,
                               .effective_at = envelope.now})
                        .status());
    return std::string("enrolled");
  }
};

// Moves a member to a state, as the members service does.
class MoveToState final : public ledger::Mutation {
 public:
  explicit MoveToState(ledger::MemberState state) : state_(state) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    RETURN_IF_ERROR(ledger::SetMemberState(books,
                                           {.kind = ledger::FactKind::kMemberStateSet,
                                            .member = envelope.member,
                                            .effective_at = envelope.now},
                                           state_));
    return std::string("moved");
  }

 private:
  const ledger::MemberState state_;
};

inline pg::testing::Template Content() {
  return pg::testing::TemplateOf(
      {{"ledger", ledger::Migrations(), "thanks"}, {"gratis_thanks", Migrations(), "thanks"}});
}

// The service on a database of its own, without a server.
class ThanksHouse : public ::testing::Test {
 protected:
  void SetUp() override {
    pg::Pool admin({.conninfo = database_.conninfo(), .size = 1});
    ASSERT_TRUE(pg::RunTx(admin, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(const auto frontier, ledger::ReadProgramFrontier(tx));
                  program_.number = frontier.number;
                  program_.first_partition = frontier.first_partition;
                  ledger::InsertProgram(tx, program_);
                  return absl::OkStatus();
                }).ok());
    member_ = NewMember();
  }

  absl::Time Soon() const { return clock_.Now() + absl::Seconds(30); }

  ledger::Envelope EnvelopeFor(const std::string& request_id, const MemberId& member) const {
    return {.program = program_,
            .member = member,
            .request_id = request_id,
            .fingerprint = absl::StrCat("fingerprint of ", request_id),
            .actor = "key_test",
            .now = kNow,
            .deadline = Soon()};
  }

  MemberId NewMember() {
    const MemberId member{ids_.Next(kNow)};
    auto enroll = std::make_unique<Enroll>();
    enroll->envelope = EnvelopeFor("enroll " + member.ToString(), member);
    EXPECT_TRUE(poster_.Post(plain_, std::move(enroll)).answer.ok());
    return member;
  }

  // Somebody else of the same partition, whose changes may come in one set with the other's.
  MemberId NewMemberBeside(const MemberId& other) {
    const int32_t partition = ledger::PartitionOf(program_, other);
    MemberId member = NewMember();
    while (ledger::PartitionOf(program_, member) != partition) member = NewMember();
    return member;
  }

  void SetState(ledger::MemberState state) {
    auto move = std::make_unique<MoveToState>(state);
    move->envelope = EnvelopeFor("", member_);
    EXPECT_TRUE(poster_.Post(plain_, std::move(move)).answer.ok());
  }

  std::unique_ptr<RecordPurchase> Purchase(const std::string& order_id, int64_t cents,
                                           absl::Time purchased_at = kNow) {
    return Order({.member = member_,
                  .order = {.source = "webshop", .order_id = order_id},
                  .total = {"USD", cents},
                  .purchased_at = purchased_at});
  }

  // Any order of the member's.
  std::unique_ptr<RecordPurchase> Order(PurchaseOrder order,
                                        std::optional<OrderKey> same_as = std::nullopt) {
    PurchaseNames names{.order = thanks_.NameOf(program_, order.order)};
    if (same_as) names.same_as = thanks_.NameOf(program_, *same_as);
    if (order.member.IsNil()) {
      names.receipt_code = thanks_.ReceiptCodeOf(program_, order.order);
      names.receipt = thanks_.ReceiptNameOf(program_, names.receipt_code);
    }
    const int32_t place = ledger::PartitionOf(program_, PlaceOf(names.order));
    const MemberId member = order.member;
    const MemberId organization = order.organization;
    std::string request_id = "buy " + NameOf(order.order);
    auto purchase =
        std::make_unique<RecordPurchase>(std::move(order), std::move(names), ids_, kNow);
    purchase->envelope = EnvelopeFor(request_id, member);
    if (member.IsNil()) purchase->envelope.partition = place;
    if (!organization.IsNil()) purchase->envelope.also.push_back(organization);
    return purchase;
  }

  // A return of an order, as it is found at this moment.
  std::unique_ptr<RecordReturn> Back(const OrderKey& order, const std::string& return_id,
                                     Returning returning) {
    const ledger::DirectoryKey name = thanks_.NameOf(program_, order);
    const absl::StatusOr<Located> located = thanks_.Locate(program_, name, Soon());
    EXPECT_TRUE(located.ok()) << located.status();
    auto back = std::make_unique<RecordReturn>(ReturnOrder{.order = order,
                                                           .return_id = return_id,
                                                           .returning = std::move(returning),
                                                           .returned_at = kNow},
                                               name, *located, ids_, kNow);
    back->envelope =
        EnvelopeFor(absl::StrCat("back ", NameOf(order), " ", return_id), located->member);
    Lead(*located, back->envelope);
    if (!located->organization.IsNil()) back->envelope.also.push_back(located->organization);
    return back;
  }

  // An order that is recorded already, told again under another name; as the desk leads it.
  std::unique_ptr<RecordTwin> Twin(const OrderKey& order, const MemberId& member,
                                   const OrderKey& same_as) {
    const absl::StatusOr<Located> located =
        thanks_.Locate(program_, thanks_.NameOf(program_, same_as), Soon());
    EXPECT_TRUE(located.ok()) << located.status();
    auto twin = std::make_unique<RecordTwin>(order, member, thanks_.NameOf(program_, order),
                                             *located, ids_, kNow);
    twin->envelope = EnvelopeFor("twin " + NameOf(order), located->member);
    Lead(*located, twin->envelope);
    return twin;
  }

  std::unique_ptr<RecordDelivery> Delivered(const OrderKey& order, const std::string& request_id,
                                            absl::Time delivered_at = kNow) {
    const ledger::DirectoryKey name = thanks_.NameOf(program_, order);
    const absl::StatusOr<Located> located = thanks_.Locate(program_, name, Soon());
    EXPECT_TRUE(located.ok()) << located.status();
    auto delivery = std::make_unique<RecordDelivery>(
        DeliveryOrder{.order = order, .delivered_at = delivered_at}, name, *located, ids_, kNow);
    delivery->envelope = EnvelopeFor(request_id, located->member);
    delivery->envelope.now = std::max(kNow, delivered_at);
    Lead(*located, delivery->envelope);
    if (!located->organization.IsNil()) delivery->envelope.also.push_back(located->organization);
    return delivery;
  }

  std::unique_ptr<ClaimPurchase> Claim(const MemberId& member, const std::string& code) {
    const absl::StatusOr<Located> located =
        thanks_.Locate(program_, thanks_.ReceiptNameOf(program_, code), Soon());
    EXPECT_TRUE(located.ok()) << located.status();
    auto claim = std::make_unique<ClaimPurchase>(*located, ids_, kNow);
    claim->envelope = EnvelopeFor(absl::StrCat("claim ", ++claims_), member);
    return claim;
  }

  // As callers' changes are led to where a purchase is.
  static void Lead(const Located& located, ledger::Envelope& envelope) {
    envelope.of_merged = true;
    if (located.where != Located::Where::kRecorded) envelope.partition = located.partition;
  }

  ledger::Outcome Do(std::unique_ptr<PurchaseChange> change) {
    return poster_.Post(changes_, std::move(change));
  }

  // Two changes of one partition as a set, each done or refused by itself, in this order.
  std::vector<ledger::Outcome> DoInOneSet(std::unique_ptr<PurchaseChange> first,
                                          std::unique_ptr<PurchaseChange> second) {
    std::vector<ledger::Pending> set;
    set.push_back({&changes_, std::move(first), {}});
    set.push_back({&changes_, std::move(second), {}});
    return ledger::RunSet(pool_, std::string(32, 'c'), Soon(), absl::MakeSpan(set));
  }

  // A purchase for an organization, that earns so much of it itself.
  std::unique_ptr<RecordPurchase> PurchaseFor(const MemberId& organization, int32_t percent,
                                              const std::string& order_id, int64_t cents) {
    return Order({.member = member_,
                  .order = {.source = "webshop", .order_id = order_id},
                  .total = {"USD", cents},
                  .purchased_at = kNow,
                  .organization = organization,
                  .organization_percent = percent});
  }

  int64_t Available(const MemberId& member) {
    int64_t available = -1;
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(auto wallets, ledger::ReadBalances(tx, program_, member, kNow));
                  available = wallets[ledger::kPointsUnit].available;
                  return absl::OkStatus();
                }).ok());
    return available;
  }

  ledger::Outcome Set(Policy policy) {
    auto change = std::make_unique<SetPolicy>(std::move(policy), ids_, kNow);
    change->envelope = EnvelopeFor(absl::StrCat("policy ", ++policies_), MemberId{});
    return poster_.Post(set_policies_, std::move(change));
  }

  template <class Response = v1::RecordPurchaseResponse>
  static Response Parsed(const ledger::Outcome& outcome) {
    Response response;
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
    if (outcome.answer.ok()) {
      EXPECT_TRUE(response.ParseFromString(*outcome.answer));
    }
    return response;
  }

  absl::StatusOr<Thanks::Found> Find(const std::string& order_id) {
    return thanks_.FindPurchase(program_, {.source = "webshop", .order_id = order_id}, Soon());
  }

  ledger::TrialBalance Books() {
    ledger::TrialBalance trial;
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(trial, ledger::ReadTrialBalance(tx, program_));
                  return absl::OkStatus();
                }).ok());
    return trial;
  }

  // What is wrong with the books.
  std::vector<ledger::Damage> Damages() {
    pg::Pool admin({.conninfo = database_.conninfo(), .size = 1});
    std::vector<ledger::Damage> damages;
    for (int32_t i = program_.first_partition; i <= program_.last_partition(); ++i) {
      const auto verified = ledger::VerifyPartition(
          admin, program_, i, {.chain_key = std::string(32, 'c'), .deadline = Soon()});
      EXPECT_TRUE(verified.ok()) << verified.status();
      if (!verified.ok()) continue;
      damages.insert(damages.end(), verified->damages.begin(), verified->damages.end());
    }
    return damages;
  }

  const base::SystemClock clock_;
  base::RandomIds ids_;
  pg::testing::TestDatabase database_{Content()};
  pg::Pool pool_{{.conninfo = database_.conninfo(),
                  .role = pg::ServiceRole("thanks"),
                  .application_name = "test",
                  .size = 6}};
  const vault::Vault vault_ = *vault::Vault::FromMasterKey(std::string(32, 'm'), 1);
  ledger::Poster poster_{{.chain_key = std::string(32, 'c')}, pool_, clock_};
  Thanks thanks_{pool_, vault_};
  ledger::MutationKind plain_;
  PurchaseChanges changes_;
  SetPolicies set_policies_;
  ledger::Program program_{.code = "shop",
                           .display_name = "Shop",
                           .currency_code = "USD",
                           .time_zone = "UTC",
                           .partitions = 4,
                           .created_at = kNow};
  MemberId member_;
  int policies_ = 0;
  int claims_ = 0;
};

}  // namespace gratis::thanks
