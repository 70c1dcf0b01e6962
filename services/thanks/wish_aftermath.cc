#include "services/thanks/wish_aftermath.h"

#include <map>
#include <utility>
#include <vector>

#include "common/status/macros.h"
#include "services/thanks/wish_rules.h"
#include "services/thanks/wish_store.h"

namespace gratis::thanks {
namespace {

class WishRun final : public AftermathRun {
 public:
  WishRun(int32_t partition, std::unique_ptr<AftermathRun> others)
      : partition_(partition), others_(std::move(others)) {}

  absl::Status Decide(ledger::Books& books, const ledger::Envelope& envelope,
                      const Occurrence& occurrence, std::vector<Followed>& followed) override {
    RETURN_IF_ERROR(others_->Decide(books, envelope, occurrence, followed));
    if (occurrence.occasion == Occasion::kPurchase) {
      lacking_.insert_or_assign(occurrence.purchase.id, LackingIn(occurrence.purchase));
    }
    return absl::OkStatus();
  }

  absl::Status Write(pg::Tx& tx, absl::Span<const PurchaseId> decided) override {
    RETURN_IF_ERROR(others_->Write(tx, decided));
    // No statement may write a row twice: of several purchases the latest noticed it.
    std::map<WishKey, Wish> latest;
    for (const PurchaseId& purchase : decided) {
      const auto lacking = lacking_.find(purchase);
      if (lacking == lacking_.end()) continue;
      for (const Wish& wish : lacking->second) {
        const auto [known, added] = latest.emplace(wish.of, wish);
        if (!added && known->second.noted_at < wish.noted_at) known->second = wish;
      }
    }
    std::vector<Wish> wishes;
    for (auto& [key, wish] : latest) wishes.push_back(std::move(wish));
    NoticeWishes(tx, partition_, wishes);
    return absl::OkStatus();
  }

 private:
  const int32_t partition_;
  const std::unique_ptr<AftermathRun> others_;
  std::map<PurchaseId, std::vector<Wish>> lacking_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<AftermathRun>> WishAftermath::Load(
    pg::Tx& tx, const ledger::Program& program, int32_t partition,
    absl::Span<const MemberId> members, absl::Time now) {
  ASSIGN_OR_RETURN(std::unique_ptr<AftermathRun> others,
                   others_.Load(tx, program, partition, members, now));
  return std::make_unique<WishRun>(partition, std::move(others));
}

}  // namespace gratis::thanks
