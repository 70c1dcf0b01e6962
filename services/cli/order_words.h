#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "gratis/messages/v1/messages.pb.h"
#include "gratis/thanks/v1/thanks.pb.h"

namespace CLI {
class App;
}

namespace gratis::cli {

class Card;

// Orders as people write them.

// "webshop:A-17", or a receipt: "pos#zurich/3/2026-11-28/17" (store, till, business day, number).
// Errors: FIELD_INVALID of `option` (usage).
absl::Status ParseOrder(std::string_view option, std::string_view text,
                        thanks::v1::OrderKey& order);
// The same, back.
std::string OrderText(const thanks::v1::OrderKey& order);

// What was bought, where, and how it was paid.
struct BasketOptions {
  std::vector<std::string> lines;
  std::vector<std::string> payments;
  std::string channel;
  std::string store;
};
void DeclareBasket(CLI::App& command, BasketOptions& options);
// `request` has its currency. Errors: FIELD_INVALID of an option (usage).
absl::Status SetBasket(const BasketOptions& options, thanks::v1::RecordPurchaseRequest& request);

// "day", "week", …: over what a cap bounds; empty for one purchase.
std::string PeriodWords(thanks::v1::CapPeriod per);
// A line of `card` for each cap that counts a purchase or clips it.
void AddCaps(const google::protobuf::RepeatedPtrField<thanks::v1::CapTrace>& caps, Card& card);

// What became of a message that a thank-you was, and why, in one line.
std::string MessageText(const messages::v1::Message& message);

// How lines earn, as a table; empty without lines.
std::string LinesTable(const std::vector<const thanks::v1::LineTrace*>& lines,
                       const std::vector<const thanks::v1::PurchaseLine*>& told,
                       std::string_view currency);

}  // namespace gratis::cli
