#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/base/money.h"

// What a purchase is, and how what it earned came about. The numbers of the enums are stored and
// are those of the contract.
namespace gratis::thanks {

// What names an order in the shop's world, once in the program: the shop's own id, or where, when
// and on which receipt a till rang it.
struct OrderKey {
  std::string source;    // the system that counts these orders
  std::string order_id;  // empty for a receipt
  std::string store;     // where it was rung; may stand beside an order's id
  std::string till;
  absl::CivilDay business_date;  // of a receipt
  std::string receipt;           // empty for an order's id

  bool is_receipt() const { return !receipt.empty(); }
  // One that is still to be rung may have no name yet.
  bool is_named() const { return !order_id.empty() || is_receipt(); }
  friend bool operator==(const OrderKey&, const OrderKey&) = default;
};

// "order 17 of webshop", as people call it.
std::string Describe(const OrderKey& order);

// The store that rules and notes speak of: where it was sold, else the system that counts it.
const std::string& StoreOf(const OrderKey& order);

// The one text that an order is filed under; no two orders have the same.
std::string NameOf(const OrderKey& order);

enum class LineKind : int16_t {
  kProduct = 1,
  kService = 2,
  kShipping = 3,
  kFee = 4,
  kGiftCard = 5,
  kDeposit = 6,
  kDonation = 7,
};

// Whether lines of this kind can earn: products and services.
bool EarnsAtAll(LineKind kind);

// One line of a purchase. Money is in minor units of the purchase's currency.
struct Line {
  std::string sku;
  std::string category;
  LineKind kind = LineKind::kProduct;
  int64_t quantity = 1;
  int64_t unit_price_minor = 0;
  int64_t discount_minor = 0;  // off the whole line
  int64_t tax_minor = 0;       // of the whole line; whether it is in the price, the purchase says
  int64_t unfulfilled = 0;  // how many more were wanted and could not be had; says nothing of money

  friend bool operator==(const Line&, const Line&) = default;
};

// Why a line earned nothing.
enum class LineNote : int16_t {
  kNone = 0,
  kKind = 1,      // shipping, fees, gift cards, deposits and donations never do
  kExcluded = 2,  // by a rule
  kNoRate = 3,    // nothing says what it earns in its currency
  kOwnSale = 4,   // staff do not earn on what they ring
};

// How a line earned; fixed when the purchase is recorded, so that no later rule changes it.
struct LineTrace {
  int64_t paid_minor = 0;       // its price after discounts, with tax
  int64_t lowered_minor = 0;    // thereof by points and vouchers
  int64_t base_minor = 0;       // what earned
  int64_t points_per_unit = 0;  // of the currency
  int64_t points = 0;           // its share of all that the purchase earned, bonuses among it
  LineNote note = LineNote::kNone;
  std::vector<std::string> rules;  // that had a part in it, in the order in which they did

  friend bool operator==(const LineTrace&, const LineTrace&) = default;
};

enum class PaymentKind : int16_t {
  kTender = 1,   // cash, card, gift card: money
  kPoints = 2,   // lower the price
  kVoucher = 3,  // the same
};

// How a part of a purchase was paid. Points and vouchers were spent by a transaction of the ledger,
// or are captured from a hold with the purchase.
struct Payment {
  PaymentKind kind = PaymentKind::kTender;
  std::string tender;  // "card", "cash", …
  int64_t amount_minor = 0;
  HoldId hold;                // to be captured; nil for none
  TransactionId transaction;  // that spent them
  int64_t worth = 0;          // points, or what of the voucher was used up; known once spent
  MemberId of;                // who spent them, before they became part of the member; else nil

  friend bool operator==(const Payment&, const Payment&) = default;
};

// What has come back of a line, ever.
struct LineReturned {
  int64_t quantity = 0;
  int64_t amount_minor = 0;

  friend bool operator==(const LineReturned&, const LineReturned&) = default;
};

// What has come back of a purchase, ever. All that returns did follows from this alone.
struct Returned {
  std::vector<LineReturned> lines;    // one per line
  int64_t amount_minor = 0;           // of no line in particular
  int64_t points_taken = 0;           // of what the purchase earned, in all
  std::vector<int64_t> brought_back;  // of each payment's worth
  int32_t returns = 0;
  bool whole = false;  // nothing of it was kept

  friend bool operator==(const Returned&, const Returned&) = default;
};

// How part of a currency unit, or of a point, counts.
enum class Rounding : int16_t { kDown = 1, kHalfUp = 2, kUp = 3 };

// How a purchase's points came about.
struct Earning {
  int64_t points = 0;
  int32_t policy_version = 0;
  int64_t points_per_unit = 0;  // 0 where lines differ
  Rounding rounding = Rounding::kDown;
  std::string note;       // "NO_RATE" when the currency has none
  std::string tier = {};  // that the member was in, where rules looked at it; empty for none
};

// Over what a cap bounds what a member earns.
enum class CapPeriod : int16_t { kPurchase = 1, kDay = 2, kWeek = 3, kMonth = 4, kEver = 5 };

// What a cap counts together: a member's purchases of one period, under one rule's code.
struct CapWindow {
  std::string rule;
  CapPeriod per = CapPeriod::kPurchase;
  absl::CivilDay since;  // the period's first day where the store is; of kEver always the same

  friend bool operator==(const CapWindow&, const CapWindow&) = default;
  friend bool operator<(const CapWindow& a, const CapWindow& b) {
    return std::tie(a.rule, a.per, a.since) < std::tie(b.rule, b.per, b.since);
  }
};

// What a cap has counted of a member, or is to count besides. What returns took is free again.
struct CapCount {
  CapWindow window;
  int64_t earned = 0;
  int64_t taken = 0;  // of it, by returns

  int64_t kept() const { return earned - taken; }
  friend bool operator==(const CapCount&, const CapCount&) = default;
};

// What a cap made of a purchase.
struct CapTrace {
  CapWindow window;
  int64_t clipped = 0;         // points that it cut off
  std::vector<int32_t> lines;  // whose points it bounds, from 0 on

  friend bool operator==(const CapTrace&, const CapTrace&) = default;
};

enum class ThanksOutcome : int16_t { kGiven = 1, kWithheld = 2 };
enum class Withheld : int16_t {
  kNone = 0,
  kPolicyOff = 1,
  kTooLate = 2,
  kMemberState = 3,
  kComplaintOpen = 4,
  kReturned = 5,
};

// What became of the policy's own thank-you.
struct ThankYou {
  ThanksOutcome outcome = ThanksOutcome::kWithheld;
  Withheld why = Withheld::kNone;
  int64_t bonus_points = 0;
};

// What of a purchase's points a budget paid.
struct PaidByBudget {
  BudgetId budget;
  int64_t points = 0;

  friend bool operator==(const PaidByBudget&, const PaidByBudget&) = default;
};

// What a purchase made for an organization gave it.
struct ForOrganization {
  MemberId organization;  // nil for none
  TransactionId transaction;
  int64_t points = 0;
};

// Until when what a purchase earned waits to be spent; fixed with the purchase.
struct PendingTerms {
  int32_t days_after_delivery = 0;
  absl::Time latest_at = absl::InfinitePast();  // delivered or not; InfinitePast: it does not wait

  bool waits() const { return latest_at != absl::InfinitePast(); }
  friend bool operator==(const PendingTerms&, const PendingTerms&) = default;
};

// A purchase as it is kept.
struct Purchase {
  PurchaseId id;
  MemberId member;  // nil while nobody has claimed what was bought without a card
  OrderKey order;
  base::Money total;  // what was paid, or would be without points and vouchers
  int32_t item_count = 0;
  absl::Time purchased_at;
  absl::Time recorded_at;
  TransactionId transaction;  // its points alone
  Earning earning;
  ThankYou thank_you;
  std::string channel = {};            // "web", "store", "app", …
  std::string staff = {};              // who rang it, in the shop's own codes
  MemberId staff_member = {};          // the same as a member; nil if unknown
  int64_t position = 0;                // of the member's purchases, from 1; 0 if nobody counted
  bool tax_on_top = false;             // lines' prices are without tax
  std::vector<Line> lines = {};        // none if only a total was told
  std::vector<LineTrace> traces = {};  // one per line; of a mere total one
  std::vector<Payment> payments = {};
  ForOrganization for_organization = {};
  std::vector<PaidByBudget> by_budgets = {};  // of the member's points
  std::vector<CapTrace> caps = {};            // that counted or clipped it, in their order
  PendingTerms pending = {};
  Returned returned = {};                            // so far
  absl::Time delivered_at = absl::InfiniteFuture();  // when known
};

// A member as a buyer, before the purchase that is looked at. Positions are counted in the order
// in which purchases are recorded.
struct Buyer {
  int64_t kept = 0;              // purchases, less those that came back wholly
  int64_t highest_position = 0;  // ever reached; what was given for one is not given for it again
  absl::Time first_at = absl::InfiniteFuture();  // when the first was made
  absl::Time last_at = absl::InfinitePast();     // when the latest was made
  absl::CivilDay claim_day;  // of the program's, when they claimed a purchase last
  int32_t claims = 0;        // on that day

  friend bool operator==(const Buyer&, const Buyer&) = default;
};

// What earning rules look at of a member besides, before the purchase that is looked at.
struct Earner {
  std::string tier;               // as the journal knows it; empty if no rule asks, and for none
  std::vector<CapCount> counted;  // by the caps over several purchases that it falls under
};

}  // namespace gratis::thanks
