#include <cstdint>
#include <string>
#include <vector>

#include "gratis/thanks/v1/thanks.pb.h"
#include "tests/bench/workload.h"

namespace gratis::bench {
namespace {

constexpr Method<thanks::v1::RecordPurchaseRequest, thanks::v1::RecordPurchaseResponse>
    kRecordPurchase{"/gratis.thanks.v1.ThanksService/RecordPurchase"};

constexpr char kGiven[] = "given";

thanks::v1::PurchaseLine LineOf(const char* sku, const char* category, int64_t quantity,
                                int64_t unit_price_minor) {
  thanks::v1::PurchaseLine line;
  line.set_sku(sku);
  line.set_category(category);
  line.set_kind(thanks::v1::LINE_KIND_PRODUCT);
  line.set_quantity(quantity);
  line.set_unit_price_minor(unit_price_minor);
  return line;
}

// Three lines in a web shop, paid by card; gifts.py has the rules by which they earn.
thanks::v1::RecordPurchaseRequest Basket() {
  thanks::v1::RecordPurchaseRequest basket;
  basket.mutable_order()->set_source("web");
  *basket.add_lines() = LineOf("coffee-500", "coffee", 2, 1'250);
  *basket.add_lines() = LineOf("teapot", "kitchen", 1, 4'900);
  basket.mutable_lines(1)->set_discount_minor(500);
  *basket.add_lines() = LineOf("wrapping", "gift-wrap", 1, 300);
  basket.mutable_total()->set_currency_code("USD");
  basket.mutable_total()->set_minor_units(7'200);
  thanks::v1::PurchasePayment& paid = *basket.add_payments();
  paid.set_tender("card");
  paid.set_amount_minor(7'200);
  basket.set_channel("web");
  return basket;
}

// The same basket for one member after the other, in no order. A purchase counts when the trigger
// acted with it.
class Purchase final : public Workload {
 public:
  explicit Purchase(const Material& material)
      : members_(*material.members), random_(material.seed), request_(Basket()) {}

  std::unique_ptr<Exchange> Next(int) override {
    request_.set_request_id(NewRequestId(random_));
    request_.mutable_order()->set_order_id(request_.request_id());
    request_.set_member_id(members_[random_.Below(members_.size())]);
    return NewExchange(
        kRecordPurchase, request_, [](const thanks::v1::RecordPurchaseResponse& response) {
          const bool thanked =
              response.followed_size() == 1 && response.followed(0).outcome() == kGiven;
          return int64_t{thanked ? 1 : 0};
        });
  }

 private:
  const std::vector<std::string>& members_;
  base::SeededRandom random_;
  thanks::v1::RecordPurchaseRequest request_;
};

constexpr NamedWorkload kGiftWorkloads[] = {{"purchase", New<Purchase>}};

}  // namespace

absl::Span<const NamedWorkload> GiftWorkloads() { return kGiftWorkloads; }

}  // namespace gratis::bench
