#include "services/cli/order_words.h"

#include <CLI/CLI.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/civil.h"
#include "common/base/money.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace {

std::vector<std::string> Split(std::string_view text, char by) {
  return absl::StrSplit(base::Abs(text), by);
}

absl::StatusOr<int64_t> Amount(std::string_view option, std::string_view text,
                               std::string_view currency) {
  const absl::StatusOr<base::Money> money = base::ParseMoney(text, currency);
  if (!money.ok()) return AsUsage(money.status(), option);
  return money->minor_units;
}

absl::Status AddLine(const std::string& text, thanks::v1::RecordPurchaseRequest& request) {
  const std::vector<std::string> parts = Split(text, ':');
  const std::vector<std::string> price =
      parts.size() == 3 ? Split(parts[2], 'x') : std::vector<std::string>();
  int64_t quantity = 0;
  if (price.size() != 2 || !absl::SimpleAtoi(price[0], &quantity)) {
    return UsageError("--line", absl::StrCat("write it as sku:category:2x19.90, not ", text));
  }
  thanks::v1::PurchaseLine& line = *request.add_lines();
  line.set_sku(parts[0]);
  line.set_category(parts[1]);
  line.set_quantity(quantity);
  ASSIGN_OR_RETURN(const int64_t minor,
                   Amount("--line", price[1], request.total().currency_code()));
  line.set_unit_price_minor(minor);
  return absl::OkStatus();
}

absl::Status AddPayment(const std::string& text, thanks::v1::RecordPurchaseRequest& request) {
  const std::vector<std::string> parts = Split(text, ':');
  if (parts.size() < 2 || parts.size() > 3) {
    return UsageError("--paid",
                      absl::StrCat("write it as card:49.90, or points:5.00:hld_…, not ", text));
  }
  thanks::v1::PurchasePayment& payment = *request.add_payments();
  payment.set_tender(parts[0]);
  ASSIGN_OR_RETURN(const int64_t minor,
                   Amount("--paid", parts[1], request.total().currency_code()));
  payment.set_amount_minor(minor);
  if (parts.size() < 3) return absl::OkStatus();
  if (parts[2].rfind("hld_", 0) == 0) {
    payment.set_hold_id(parts[2]);
  } else {
    payment.set_transaction_id(parts[2]);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ParseOrder(std::string_view option, std::string_view text,
                        thanks::v1::OrderKey& order) {
  const size_t mark = text.find('#');
  const size_t colon = text.find(':');
  if (mark == std::string_view::npos || colon < mark) {
    ASSIGN_OR_RETURN(auto parts, SplitSourceAndId(option, text));
    order.set_source(parts.first);
    order.set_order_id(parts.second);
    return absl::OkStatus();
  }
  const std::vector<std::string> parts = Split(text.substr(mark + 1), '/');
  if (parts.size() != 4) {
    return UsageError(option, absl::StrCat("write a receipt as pos#store/till/2026-11-28/17, not ",
                                           base::Abs(text)));
  }
  const absl::StatusOr<absl::CivilDay> day = base::ParseDay(parts[2]);
  if (!day.ok()) return AsUsage(day.status(), option);
  order.set_source(std::string(text.substr(0, mark)));
  order.set_store(parts[0]);
  order.set_till(parts[1]);
  *order.mutable_business_date() = ToProto(*day);
  order.set_receipt(parts[3]);
  return absl::OkStatus();
}

std::string OrderText(const thanks::v1::OrderKey& order) {
  if (order.receipt().empty()) return absl::StrCat(order.source(), ":", order.order_id());
  return absl::StrCat(order.source(), "#", order.store(), "/", order.till(), "/",
                      FormatDay(order.business_date()), "/", order.receipt());
}

void DeclareBasket(CLI::App& command, BasketOptions& options) {
  command
      .add_option("--line", options.lines,
                  "What was bought: sku, category, how many, at what price")
      ->type_name("SKU:CATEGORY:2x19.90");
  command
      .add_option("--paid", options.payments,
                  "How a part was paid; points and vouchers with their hold or transaction")
      ->type_name("card:49.90");
  command.add_option("--channel", options.channel, "Through what: web, store, app");
  command.add_option("--store", options.store, "Where it was sold");
}

absl::Status SetBasket(const BasketOptions& options, thanks::v1::RecordPurchaseRequest& request) {
  for (const std::string& line : options.lines) RETURN_IF_ERROR(AddLine(line, request));
  for (const std::string& payment : options.payments) {
    RETURN_IF_ERROR(AddPayment(payment, request));
  }
  request.set_channel(options.channel);
  if (!options.store.empty()) request.mutable_order()->set_store(options.store);
  return absl::OkStatus();
}

std::string PeriodWords(thanks::v1::CapPeriod per) {
  switch (per) {
    case thanks::v1::CAP_PERIOD_DAY:
      return "day";
    case thanks::v1::CAP_PERIOD_WEEK:
      return "week";
    case thanks::v1::CAP_PERIOD_MONTH:
      return "month";
    case thanks::v1::CAP_PERIOD_EVER:
      return "member";
    default:
      return "";
  }
}

void AddCaps(const google::protobuf::RepeatedPtrField<thanks::v1::CapTrace>& caps, Card& card) {
  for (const thanks::v1::CapTrace& cap : caps) {
    std::string words = absl::StrCat(Grouped(cap.clipped_points()), " cut off");
    if (cap.has_since()) {
      absl::StrAppend(&words, ", ", Grouped(cap.points()), " count for the ",
                      PeriodWords(cap.per()), " from ", FormatDay(cap.since()));
    } else if (cap.per() == thanks::v1::CAP_PERIOD_EVER) {
      absl::StrAppend(&words, ", ", Grouped(cap.points()), " count for ever");
    }
    card.Line(absl::StrCat("cap ", cap.rule()), words);
  }
}

std::string MessageText(const messages::v1::Message& message) {
  std::string text = absl::StrCat(EnumWords(message, "channel"), ": ", message.sentence());
  if (message.template_version() > 0) {
    absl::StrAppend(&text, " Wording ", message.variant() + 1, " in ", message.language(), ".");
  }
  if (!message.delivery().empty()) absl::StrAppend(&text, " The mail: ", message.delivery(), ".");
  return absl::StrCat(text, " (", message.message_id(), ")");
}

std::string LinesTable(const std::vector<const thanks::v1::LineTrace*>& lines,
                       const std::vector<const thanks::v1::PurchaseLine*>& told,
                       std::string_view currency) {
  if (lines.empty()) return "";
  Table table({{.title = "line"},
               {.title = "sku"},
               {.title = "price", .align = Table::Align::kRight},
               {.title = "earns on", .align = Table::Align::kRight},
               {.title = "points", .align = Table::Align::kRight},
               {.title = "because"}});
  const auto money = [&](int64_t minor) {
    return base::FormatMoney({std::string(currency), minor});
  };
  for (size_t i = 0; i < lines.size(); ++i) {
    const thanks::v1::LineTrace& trace = *lines[i];
    std::string because = absl::StrJoin(trace.rules(), ", ");
    if (trace.note() != thanks::v1::LINE_NOTE_UNSPECIFIED) {
      because = absl::StrCat(EnumWords(trace, "note"), because.empty() ? "" : ": ", because);
    }
    table.Add({absl::StrCat(i + 1), i < told.size() ? told[i]->sku() : "",
               money(trace.paid_minor()), money(trace.base_minor()), Grouped(trace.points()),
               because});
  }
  return table.ToString();
}

}  // namespace gratis::cli
