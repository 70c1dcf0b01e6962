#include <map>

#include "absl/strings/str_cat.h"
#include "common/ledger/reads.h"
#include "common/status/macros.h"
#include "tests/integration/common/ledger/kernel.h"

// What can be done for a member in each state; and what leaving takes with it.
namespace gratis::ledger::testing {
namespace {

using ::testing::HasSubstr;

class Standing : public Kernel {
 protected:
  using Doing = std::function<absl::Status(Posting&, Books&)>;

  absl::Status Do(const MemberId& member, Doing doing, std::vector<MemberId> also = {}) {
    auto act = std::make_unique<Act>(
        [doing = std::move(doing)](Act& self, Books& books) -> absl::StatusOr<std::string> {
          Posting posting{.kind = FactKind::kEarn,
                          .transaction = self.transaction,
                          .member = self.envelope.member,
                          .effective_at = self.envelope.now,
                          .source = "test"};
          RETURN_IF_ERROR(doing(posting, books));
          return std::string("done");
        });
    last_ = act->transaction = Beside(program_, member, TransactionId{ids_.Next(now_)});
    act->envelope = EnvelopeFor(member, NextRequestId(), act->transaction.ToString());
    act->envelope.also = std::move(also);
    return poster_->Post(kind_, std::move(act)).answer.status();
  }
  absl::Status Set(const MemberId& member, MemberState state) {
    return Do(member, [state](Posting& posting, Books& books) {
      return SetMemberState(books, posting, state);
    });
  }
  absl::Status Hold(const MemberId& member, HoldId& id) {
    id = Beside(program_, member, HoldId{ids_.Next(now_)});
    return Do(member, [id](Posting& posting, Books& books) {
      posting.kind = FactKind::kHoldPlaced;
      return PlaceHold(books,
                       {.posting = posting, .hold = id, .points = 10, .life = absl::Hours(1)})
          .status();
    });
  }
  absl::Status Issue(const MemberId& member, VoucherId& id) {
    id = Beside(program_, member, VoucherId{ids_.Next(now_)});
    return Do(member, [id](Posting& posting, Books& books) {
      return IssueVoucher(books, {.posting = posting, .voucher = id, .worth = 500});
    });
  }
  absl::Status EarnSome(const MemberId& member, int64_t points = 100,
                        absl::Time available_at = absl::InfinitePast()) {
    return Do(member, [=](Posting& posting, Books& books) {
      return ledger::Earn(books,
                          {.posting = posting, .points = points, .available_at = available_at});
    });
  }
  absl::Status SpendSome(const MemberId& member) {
    return Do(member, [](Posting& posting, Books& books) {
      posting.kind = FactKind::kSpend;
      return ledger::Spend(books, posting, 1);
    });
  }
  absl::Status Undo(const MemberId& member, const TransactionId& undone) {
    return Do(member, [undone](Posting& posting, Books& books) {
      return Reverse(books, {.posting = posting, .undone = undone}).status();
    });
  }

  TransactionId last_;
};

// Which of what one may try is allowed, one letter each: earn, activate, spend, place a hold,
// redeem and hold a voucher, transfer away | be issued a voucher, be transferred to | capture a
// hold, void one, reverse an earn, a spend, adjust, void a voucher.
struct Allowed {
  MemberState state;
  const char* acts;
};

class InState : public Standing, public ::testing::WithParamInterface<Allowed> {};

TEST_P(InState, ThisMuchCanBeDone) {
  SetUnit({.number = kPointsUnit, .version = 1, .transferable = true});
  const MemberId member = Enroll(0);
  const MemberId other = Enroll(1);
  ASSERT_EQ(EarnSome(member), absl::OkStatus());
  ASSERT_EQ(EarnSome(other), absl::OkStatus());
  ASSERT_EQ(EarnSome(member, 5, absl::InfiniteFuture()), absl::OkStatus());
  const TransactionId pending = last_;
  ASSERT_EQ(EarnSome(member, 7), absl::OkStatus());
  const TransactionId earned = last_;
  ASSERT_EQ(SpendSome(member), absl::OkStatus());
  const TransactionId spent = last_;
  HoldId captured, voided, placed;
  ASSERT_EQ(Hold(member, captured), absl::OkStatus());
  ASSERT_EQ(Hold(member, voided), absl::OkStatus());
  VoucherId voucher, doomed, issued;
  ASSERT_EQ(Issue(member, voucher), absl::OkStatus());
  ASSERT_EQ(Issue(member, doomed), absl::OkStatus());
  ASSERT_EQ(Set(member, GetParam().state), absl::OkStatus());

  const HoldId held = Beside(program_, member, HoldId{ids_.Next(now_)});
  std::vector<absl::Status> tried;
  tried.push_back(EarnSome(member));
  tried.push_back(Do(member, [=](Posting& posting, Books& books) {
    return Activate(books, posting, pending).status();
  }));
  tried.push_back(SpendSome(member));
  tried.push_back(Hold(member, placed));
  tried.push_back(Do(member, [=](Posting& posting, Books& books) {
    return RedeemVoucher(books, posting, voucher, 1);
  }));
  tried.push_back(Do(member, [=](Posting& posting, Books& books) {
    return HoldVoucher(books,
                       {.posting = posting, .hold = held, .points = 1, .life = absl::Hours(1)},
                       voucher)
        .status();
  }));
  tried.push_back(Do(member,
                     [=](Posting& posting, Books& books) {
                       return TransferPoints(books, {.posting = posting, .to = other, .points = 1});
                     },
                     {other}));
  tried.push_back(Issue(member, issued));
  tried.push_back(Do(other,
                     [=](Posting& posting, Books& books) {
                       return TransferPoints(books,
                                             {.posting = posting, .to = member, .points = 1});
                     },
                     {member}));
  tried.push_back(Do(member, [=](Posting& posting, Books& books) {
    posting.kind = FactKind::kHoldCaptured;
    return CaptureHold(books, posting, captured, 0).status();
  }));
  tried.push_back(Do(member, [=](Posting& posting, Books& books) {
    posting.kind = FactKind::kHoldReleased;
    return VoidHold(books, posting, voided).status();
  }));
  tried.push_back(Undo(member, earned));
  tried.push_back(Undo(member, spent));
  tried.push_back(
      Do(member, [](Posting& posting, Books& books) { return Adjust(books, posting, -1); }));
  tried.push_back(Do(member, [=](Posting& posting, Books& books) {
    return VoidVoucher(books, posting, doomed).status();
  }));

  std::string acts;
  const Reason refusal =
      GetParam().state == MemberState::kErased ? Reason::kMemberErased : Reason::kMemberNotActive;
  for (const absl::Status& status : tried) {
    acts += status.ok() ? 'y' : '-';
    if (!status.ok()) EXPECT_EQ(ReasonOf(status), refusal) << status;
  }
  EXPECT_EQ(acts, GetParam().acts);
  ExpectSoundBooks();
}

INSTANTIATE_TEST_SUITE_P(Each, InState,
                         ::testing::Values(Allowed{MemberState::kActive, "yyyyyyyyyyyyyyy"},
                                           Allowed{MemberState::kSuspended, "yy-------yyyyyy"},
                                           Allowed{MemberState::kEarnOnly, "yy-----yyyyyyyy"},
                                           Allowed{MemberState::kRestricted, "---------yyyyyy"},
                                           Allowed{MemberState::kDeceased, "---------yyyyyy"},
                                           Allowed{MemberState::kClosed, "---------yyyyyy"},
                                           Allowed{MemberState::kErased, "---------------"}),
                         [](const auto& allowed) {
                           std::string name(NameOf(allowed.param.state));
                           std::erase(name, '_');
                           return name;
                         });

TEST_F(Standing, WhatIsDueHappensInAnyState) {
  const MemberId member = Enroll();
  ASSERT_EQ(EarnSome(member, 20, now_ + absl::Hours(1)), absl::OkStatus());
  ASSERT_EQ(Set(member, MemberState::kRestricted), absl::OkStatus());
  now_ += absl::Hours(2);
  EXPECT_EQ(Balance(member), 20);
  HoldId none;
  EXPECT_EQ(ReasonOf(Hold(member, none)), Reason::kMemberNotActive);
}

TEST_F(Standing, AStateIsKeptAndProvenByItsFacts) {
  const MemberId member = Enroll(2);
  ASSERT_EQ(Set(member, MemberState::kSuspended), absl::OkStatus());
  ASSERT_EQ(Set(member, MemberState::kSuspended), absl::OkStatus());  // once is enough
  EXPECT_EQ(Text("SELECT string_agg(detail, ' ') FROM ledger.journal WHERE kind = 12"),
            "{\"state\":\"suspended\",\"was\":\"active\"}");
  std::map<MemberId, MemberState> states;
  const MemberId stranger{ids_.Next(now_)};
  ASSERT_EQ(pg::RunTx(pool_, {.deadline = clock_.Now() + absl::Seconds(20)},
                      [&](pg::Tx& tx) {
                        ASSIGN_OR_RETURN(states, ReadStates(tx, program_, {member, stranger}));
                        return absl::OkStatus();
                      }),
            absl::OkStatus());
  EXPECT_EQ(states, (std::map<MemberId, MemberState>{{member, MemberState::kSuspended}}));
  ExpectSoundBooks();
  database_.Execute("UPDATE ledger.holder SET state = 1");
  const Verification found = Verify(3);
  ASSERT_EQ(found.damages.size(), 1u);
  EXPECT_THAT(found.damages[0].description,
              HasSubstr("is 1 (active); the journal makes it suspended"));
}

TEST_F(Standing, WhoIsErasedStaysErased) {
  const MemberId member = Enroll();
  ASSERT_EQ(Set(member, MemberState::kErased), absl::OkStatus());
  EXPECT_EQ(ReasonOf(Set(member, MemberState::kActive)), Reason::kMemberErased);
}

TEST_F(Standing, WhoLeavesTakesNothingAlongAndOwesNothingForWhatTheyBringBack) {
  const MemberId member = Enroll();
  ASSERT_EQ(EarnSome(member, 70), absl::OkStatus());
  const TransactionId purchase = last_;
  ASSERT_EQ(EarnSome(member, 30), absl::OkStatus());
  ASSERT_EQ(EarnSome(member, 5, absl::InfiniteFuture()), absl::OkStatus());
  HoldId hold;
  ASSERT_EQ(Hold(member, hold), absl::OkStatus());
  VoucherId voucher;
  ASSERT_EQ(Issue(member, voucher), absl::OkStatus());
  Forfeited forfeited;
  ASSERT_EQ(Do(member,
               [&](Posting& posting, Books& books) -> absl::Status {
                 ASSIGN_OR_RETURN(forfeited, Forfeit(books, posting));
                 return SetMemberState(books, posting, MemberState::kClosed);
               }),
            absl::OkStatus());
  EXPECT_EQ(forfeited.points,
            (std::map<int16_t, int64_t>{{kPointsUnit, 105}, {kVoucherMoneyUnit, 500}}));
  EXPECT_EQ(forfeited.vouchers, 1);
  EXPECT_EQ(forfeited.holds, 1);
  EXPECT_EQ(Number("SELECT sum(available + pending + held)::bigint FROM ledger.wallet"), 0);
  ASSERT_EQ(Undo(member, purchase), absl::OkStatus());
  EXPECT_EQ(Number("SELECT sum(debt)::bigint FROM ledger.wallet"), 0);
  ExpectSoundBooks();
}

TEST_F(Standing, MoreThanOneRowMayMoveIsForfeitedInSeveral) {
  const MemberId member = Enroll();
  for (int i = 0; i < 3; ++i) ASSERT_EQ(EarnSome(member, kMaxPoints), absl::OkStatus());
  ASSERT_EQ(
      Do(member, [](Posting& posting, Books& books) { return Forfeit(books, posting).status(); }),
      absl::OkStatus());
  EXPECT_EQ(Balance(member), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM ledger.journal WHERE kind = 83"), 3);
  ExpectSoundBooks();
}

}  // namespace
}  // namespace gratis::ledger::testing
