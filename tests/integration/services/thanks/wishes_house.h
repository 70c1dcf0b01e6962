#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "common/ledger/runner.h"
#include "gratis/thanks/v1/wishes.pb.h"
#include "services/thanks/wish_aftermath.h"
#include "services/thanks/wish_changes.h"
#include "services/thanks/wish_store.h"
#include "services/thanks/wish_telling.h"
#include "tests/integration/services/thanks/triggers_testing.h"

namespace gratis::thanks {

// A shop whose members wish for things.
class WishesHouse : public ShopTest {
 protected:
  std::unique_ptr<WishChange> Wishing(const MemberId& member, const std::string& sku,
                                      const std::string& store = "",
                                      WishOrigin origin = WishOrigin::kAsked) {
    auto note = std::make_unique<NoteWish>(Wish{.of = {member, sku, store},
                                                .origin = origin,
                                                .noted_at = now_,
                                                .ended_at = std::nullopt,
                                                .purchase = {}});
    note->envelope = EnvelopeFor(absl::StrCat("wish ", ++changes_made_), member);
    return note;
  }
  v1::NoteWishResponse Wishes(const MemberId& member, const std::string& sku,
                              const std::string& store = "",
                              WishOrigin origin = WishOrigin::kAsked) {
    return Answered<v1::NoteWishResponse>(
        poster_.Post(wish_changes_, Wishing(member, sku, store, origin)));
  }

  std::unique_ptr<WishChange> Withdrawing(const MemberId& member, const std::string& sku) {
    auto withdraw = std::make_unique<WithdrawWish>(WishKey{member, sku, ""});
    withdraw->envelope = EnvelopeFor(absl::StrCat("withdraw ", ++changes_made_), member);
    return withdraw;
  }
  bool Withdraws(const MemberId& member, const std::string& sku) {
    return Waited(poster_.Post(wish_changes_, Withdrawing(member, sku)));
  }
  static bool Waited(const ledger::Outcome& outcome) {
    return Answered<v1::WithdrawWishResponse>(outcome).waited();
  }

  // The first only validated, the second done behind it in one set. Returns what became of that.
  ledger::Outcome DoBehindValidated(std::unique_ptr<WishChange> first,
                                    std::unique_ptr<WishChange> second) {
    first->envelope.validate_only = true;
    std::vector<ledger::Pending> set;
    set.push_back({&wish_changes_, std::move(first), {}});
    set.push_back({&wish_changes_, std::move(second), {}});
    std::vector<ledger::Outcome> outcomes =
        ledger::RunSet(pool_, std::string(32, 'c'), Soon(), absl::MakeSpan(set));
    EXPECT_TRUE(outcomes[0].answer.ok()) << outcomes[0].answer.status();
    return std::move(outcomes[1]);
  }

  // Has the change wait for the member's partition in the very moment in which everybody is told.
  ledger::Outcome ChangeWhileTelling(ledger::MutationKind& kind,
                                     std::unique_ptr<ledger::Mutation> change) {
    std::promise<void> go;
    std::promise<ledger::Outcome> changed;
    ledger::Poster one_by_one({.chain_key = std::string(32, 'c'), .threads = 1}, pool_, clock_);
    Restocks restocks(pool_, one_by_one);
    const auto wait_for = [&](int waiting) {
      const absl::Time until = clock_.Now() + absl::Seconds(5);
      while (one_by_one.waiting() != waiting && clock_.Now() < until) std::this_thread::yield();
      EXPECT_EQ(one_by_one.waiting(), waiting);
    };
    auto holding = std::make_unique<Doing>(
        [end = go.get_future().share()](ledger::Books&, const ledger::Envelope&) {
          end.wait();
          return absl::CancelledError("held long enough");
        });
    holding->envelope = EnvelopeFor("", change->envelope.member);
    one_by_one.Submit(plain_, std::move(holding), [](const ledger::Outcome&) {});
    wait_for(0);
    one_by_one.Submit(kind, std::move(change),
                      [&](ledger::Outcome outcome) { changed.set_value(std::move(outcome)); });
    std::thread telling([&] { EXPECT_TRUE(restocks.Run(program_, now_, Soon(), {}).ok()); });
    wait_for(2);
    go.set_value();
    telling.join();
    return changed.get_future().get();
  }

  ledger::Outcome Back(const std::string& sku, const std::string& store = "",
                       const std::string& request = "", bool validate_only = false) {
    auto record =
        std::make_unique<RecordRestock>(Restock{.id = {},
                                                .sku = sku,
                                                .store = store,
                                                .item = "Duvet",
                                                .restocked_at = restocked_at_.value_or(now_),
                                                .recorded_at = now_},
                                        ids_, now_);
    record->envelope =
        EnvelopeFor(request.empty() ? absl::StrCat("back ", ++changes_made_) : request, {});
    record->envelope.validate_only = validate_only;
    return poster_.Post(record_restocks_, std::move(record));
  }
  int64_t WaitingFor(const ledger::Outcome& outcome) {
    return Answered<v1::RecordRestockResponse>(outcome).waiting();
  }

  void Tell() { EXPECT_TRUE(restocks_.Run(program_, now_, Soon(), {}).ok()); }

  // What a member was told is back: the details of the facts.
  std::vector<std::string> Told(const MemberId& member) {
    std::vector<std::string> told;
    for (const ledger::JournalRow& row : Facts(ledger::FactKind::kThankYou, member)) {
      if (row.fact.source.rfind("restock:", 0) == 0) told.push_back(row.fact.detail);
    }
    return told;
  }

  std::vector<Wish> WishesOf(const MemberId& member, bool waiting_only = false) {
    std::vector<Wish> wishes;
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(wishes, ListWishes(tx, ledger::PartitionOf(program_, member),
                                                      {.after = {member, "", ""},
                                                       .waiting_only = waiting_only,
                                                       .now = now_,
                                                       .limit = 100}));
                  return absl::OkStatus();
                }).ok());
    return wishes;
  }
  WishState StateOf(const MemberId& member, const std::string& sku, const std::string& store = "") {
    for (const Wish& wish : WishesOf(member)) {
      if (wish.of.sku == sku && wish.of.store == store) return StateAt(wish, now_);
    }
    return {};
  }

  // An order of the member's in which one of two SKUs lacked.
  void BuyWithout(const std::string& order, const std::string& sku) {
    Buy(order, {{.sku = "stars", .unit_price_minor = 800},
                {.sku = sku, .unit_price_minor = 0, .unfulfilled = 1}});
  }

  std::optional<absl::Time> restocked_at_;
  WishAftermath wish_aftermath_{aftermath_};
  PurchaseChanges changes_{&wish_aftermath_};
  WishChanges wish_changes_;
  RecordRestocks record_restocks_;
  Restocks restocks_{pool_, poster_};

  v1::RecordPurchaseResponse Buy(const std::string& order_id, std::vector<Line> lines) {
    return Answered<v1::RecordPurchaseResponse>(
        poster_.Post(changes_, Purchasing(order_id, 1000, std::move(lines))));
  }
};

}  // namespace gratis::thanks
