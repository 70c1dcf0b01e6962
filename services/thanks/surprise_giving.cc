#include "services/thanks/surprise_giving.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/complaint_store.h"
#include "services/thanks/in_pages.h"
#include "services/thanks/merged.h"
#include "services/thanks/own_postings.h"
#include "services/thanks/surprise_draws.h"
#include "services/thanks/trigger_giving.h"

namespace gratis::thanks {
namespace {

// How long the rows of a draw may be there before it is posted.
constexpr absl::Duration kGathering = absl::Hours(2);

absl::Time MadeAt(const Uuid& draw) {
  uint64_t milliseconds = 0;
  for (size_t i = 0; i < 6; ++i) milliseconds = milliseconds << 8 | draw.bytes[i];
  return absl::FromUnixMillis(static_cast<int64_t>(milliseconds));
}

}  // namespace

GiveSurprise::GiveSurprise(ledger::Program program, std::shared_ptr<const Surprise> surprise,
                           const MemberId& winner, const ledger::VoucherCodes& codes,
                           absl::Time now)
    : surprise_(std::move(surprise)), codes_(codes) {
  const std::string name =
      absl::StrCat("surprise:", MemberId{surprise_->draw}.ToString(), ":", winner.ToString());
  envelope.request_id = ledger::OwnRequestId(name);
  envelope.fingerprint = std::string(base::AsBytes(base::Sha256(name)));
  envelope.member = winner;
  // Who became part of another member since does not get it: the other took part themselves.
  envelope.of_merged = true;
  envelope.program = std::move(program);
  envelope.actor = kThanksActor;
  envelope.now = now;
  transaction_ = ledger::Beside(envelope.program, winner, TransactionId{IdFor(name, now)});
}

absl::StatusOr<std::string> GiveSurprise::Decide(ledger::Books& books) {
  if (!waits_) return NothingToDo();
  const MemberId& winner = envelope.member;
  RETURN_IF_ERROR(books.RequireHolder(winner));
  made_ = {surprise_->draw, {.member = winner, .outcome = EntrantOutcome::kWithheld}};
  const ledger::MemberState state = books.FindHolder(winner)->state;
  if (!ledger::Allows(state, ledger::Deed::kReceive)) return std::string("withheld");
  if (envelope.now - surprise_->drawn_at > kSurpriseMaxAge) return std::string("withheld");
  if (complaint_open_) return NothingToDo();
  std::vector<Won>& had = (*had_)[winner];
  const absl::Duration rest = absl::Hours(24) * surprise_->order.audience.rest_days;
  const bool another = std::any_of(had.begin(), had.end(), [&](const Won& one) {
    const bool this_one = one.draw == surprise_->draw && one.member == winner;
    return !this_one && absl::AbsDuration(one.drawn_at - surprise_->drawn_at) < rest;
  });
  if (another) return std::string("withheld");
  const absl::Status posted = Post(books);
  if (ReasonOf(posted) == Reason::kBudgetExhausted) return std::string("withheld");
  RETURN_IF_ERROR(posted);
  made_.entrant.outcome = EntrantOutcome::kGiven;
  made_.entrant.transaction = transaction_;
  had.push_back({.member = winner,
                 .draw = surprise_->draw,
                 .outcome = EntrantOutcome::kGiven,
                 .drawn_at = surprise_->drawn_at});
  return std::string("given");
}

absl::Status GiveSurprise::GiveVoucher(ledger::Books& books, VoucherId& voucher) const {
  const TriggerVoucher& gift = *surprise_->order.gift.voucher;
  const MemberId& winner = envelope.member;
  const VoucherId id = ledger::Beside(
      envelope.program, winner,
      VoucherId{IdFor(absl::StrCat("voucher ", transaction_.ToString()), envelope.now)});
  RETURN_IF_ERROR(ledger::IssueVoucher(
      books, {.posting = {.kind = ledger::FactKind::kVoucherIssued,
                          .transaction = transaction_,
                          .member = winner,
                          .effective_at = envelope.now,
                          .source = surprise_->order.code,
                          .detail = ""},
              .voucher = id,
              .terms = {.kind = gift.kind,
                        .basis_points = gift.basis_points,
                        .item = gift.item,
                        .origin = absl::StrCat("surprise:", surprise_->order.code)},
              .worth = gift.worth,
              .expires_at = gift.valid_days == 0 ? absl::InfiniteFuture()
                                                 : envelope.now + absl::Hours(24) * gift.valid_days,
              .budget = surprise_->order.budget}));
  books.Claim(codes_.NameOf(envelope.program.number, id), winner, id.uuid);
  voucher = id;
  return absl::OkStatus();
}

absl::Status GiveSurprise::Post(ledger::Books& books) const {
  const SurpriseOrder& order = surprise_->order;
  VoucherId voucher;
  if (order.gift.voucher) RETURN_IF_ERROR(GiveVoucher(books, voucher));
  ledger::Posting posting{.kind = ledger::FactKind::kSurpriseGift,
                          .transaction = transaction_,
                          .member = envelope.member,
                          .effective_at = envelope.now,
                          .source = order.code,
                          .detail = SurpriseFigures(order, voucher)};
  if (order.gift.points > 0) {
    return ledger::Earn(books, {.posting = std::move(posting),
                                .points = order.gift.points,
                                .origin = ledger::Origin::kGiven,
                                .available_at = absl::InfinitePast(),
                                .expires_at = std::nullopt,
                                .budget = order.budget,
                                .about = {}});
  }
  return books
      .Post({.kind = posting.kind,
             .transaction = posting.transaction,
             .member = posting.member,
             .effective_at = posting.effective_at,
             .source = posting.source,
             .detail = posting.detail})
      .status();
}

absl::Status GiveSurprises::LoadAll(pg::Tx& tx, absl::Span<GiveSurprise* const> set) {
  const ledger::Program& program = set.front()->envelope.program;
  std::vector<MemberId> members;
  // So far back that it is enough for each of the set.
  int32_t rest_days = 0;
  absl::Time earliest = absl::InfiniteFuture();
  for (const GiveSurprise* give : set) {
    members.push_back(give->envelope.member);
    rest_days = std::max(rest_days, give->surprise_->order.audience.rest_days);
    earliest = std::min(earliest, give->surprise_->drawn_at);
  }
  ASSIGN_OR_RETURN(const Merged merged, ReadMerged(tx, members));
  ASSIGN_OR_RETURN(const auto won, FindWinnersSince(tx, program, members, merged,
                                                    earliest - absl::Hours(24) * rest_days));
  ASSIGN_OR_RETURN(const std::set<MemberId> open, FindComplaining(tx, program, members));
  std::set<std::pair<Uuid, MemberId>> waiting;
  const auto had = std::make_shared<std::map<MemberId, std::vector<Won>>>();
  for (const auto& [member, all] : won) {
    for (const Won& one : all) {
      if (one.outcome == EntrantOutcome::kWon) waiting.emplace(one.draw, one.member);
      if (one.outcome == EntrantOutcome::kGiven) (*had)[member].push_back(one);
    }
  }
  for (GiveSurprise* give : set) {
    give->waits_ = waiting.count({give->surprise_->draw, give->envelope.member}) > 0;
    give->complaint_open_ = open.count(give->envelope.member) > 0;
    give->had_ = had;
  }
  return absl::OkStatus();
}

absl::Status GiveSurprises::WriteAll(pg::Tx& tx, absl::Span<GiveSurprise* const> set) {
  std::vector<const EntrantMade*> made;
  for (const GiveSurprise* give : set) made.push_back(&give->made_);
  WriteEntrants(tx, set.front()->envelope.home(), made);
  return absl::OkStatus();
}

absl::Status SurpriseGifts::Run(const ledger::Program& program, absl::Time now, absl::Time deadline,
                                const std::stop_token& stop) {
  return ActInPages(
      pool_, program, Won{},
      [](pg::Tx& tx, int32_t partition, const Won& after, int32_t limit) {
        return FindWaitingWinners(tx, partition, after, limit);
      },
      [&](int32_t, const std::vector<Won>& waiting) {
        return GiveTo(program, waiting, now, deadline);
      },
      deadline, stop);
}

absl::Status SurpriseGifts::GiveTo(const ledger::Program& program, const std::vector<Won>& waiting,
                                   absl::Time now, absl::Time deadline) {
  std::set<Uuid> draws;
  for (const Won& one : waiting) draws.insert(one.draw);
  std::map<Uuid, std::shared_ptr<const Surprise>> surprises;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(std::vector<Surprise> found,
                     FindSurprisesByDraw(tx, program, {draws.begin(), draws.end()}));
    for (Surprise& one : found) {
      const Uuid draw = one.draw;
      surprises[draw] = std::make_shared<const Surprise>(std::move(one));
    }
    return absl::OkStatus();
  }));
  absl::Status first_error;
  // What was gathered long ago and never posted.
  for (const Uuid& draw : draws) {
    if (surprises.count(draw) > 0 || now - MadeAt(draw) < kGathering) continue;
    first_error.Update(Forget(pool_, program, draw, deadline));
  }
  Postings gifts;
  for (const Won& one : waiting) {
    const auto surprise = surprises.find(one.draw);
    if (surprise == surprises.end()) continue;
    gifts.push_back(
        std::make_unique<GiveSurprise>(program, surprise->second, one.member, codes_, now));
  }
  for (const absl::Status& status : PostAll(poster_, kind_, std::move(gifts), deadline)) {
    if (!IsNothingToDo(status)) first_error.Update(status);
  }
  return first_error;
}

}  // namespace gratis::thanks
