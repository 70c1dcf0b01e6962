#include "services/messages/intent_rules.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/ledger/standing.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/messages/engagement_rules.h"
#include "services/messages/ways.h"

namespace gratis::messages {
namespace {

using nlohmann::json;

// Longer ages are as good as none.
constexpr int64_t kMaxAgeSeconds = int64_t{90} * 24 * 3600;
// No trigger gives more: what a percentage comes to at most, and how long a voucher lives.
constexpr int64_t kMaxBasisPoints = 10'000;
constexpr int64_t kMaxValidDays = 36'500;

std::string Text(const json& detail, const char* name) {
  const auto found = detail.find(name);
  return found != detail.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The options of a gift that is theirs to choose.
std::string Choice(const json& detail) {
  const auto found = detail.find("options");
  std::string choice;
  if (found == detail.end() || !found->is_array()) return choice;
  for (const json& option : *found) {
    if (!option.is_string()) continue;
    if (!choice.empty()) choice += ", ";
    choice += option.get<std::string>();
  }
  return choice;
}

bool Flag(const json& detail, const char* name) {
  const auto found = detail.find(name);
  return found != detail.end() && found->is_boolean() && found->get<bool>();
}

// A number of 0 to `most`; 0 for none.
absl::StatusOr<int64_t> Number(const json& figures, const char* name, int64_t most) {
  const auto found = figures.find(name);
  if (found == figures.end()) return 0;
  const int64_t number = found->is_number_integer() ? found->get<int64_t>() : -1;
  if (number >= 0 && number <= most) return number;
  return FieldError(Reason::kFieldInvalid, "figures",
                    absl::StrCat(name, " is a whole number of 0 to ", most));
}

std::vector<ChannelKind> Channels(const json& detail, bool wants_task) {
  std::vector<ChannelKind> channels;
  const auto found = detail.find("channels");
  if (found == detail.end() || !found->is_array()) {
    channels.push_back(ChannelKind::kEmail);
    if (wants_task) channels.push_back(ChannelKind::kTask);
    return channels;
  }
  for (const json& name : *found) {
    // What this version does not know, such as a line on the receipt, is not its to say.
    const std::string code = name.is_string() ? name.get<std::string>() : std::string();
    if (const Way* const way = FindWay(code)) channels.push_back(way->kind);
  }
  return channels;
}

Particulars Read(const json& detail) {
  Particulars particulars{.channels = {ChannelKind::kEmail}};
  if (!detail.is_object()) return particulars;
  particulars.template_code = Text(detail, "template");
  particulars.task = Text(detail, "task");
  particulars.channels = Channels(detail, !particulars.task.empty());
  particulars.sender = Text(detail, "sender");
  particulars.store = Text(detail, "store");
  particulars.purchase = Text(detail, "purchase");
  particulars.trigger = Text(detail, "trigger");
  particulars.complaint = Text(detail, "complaint");
  particulars.item = Text(detail, "item");
  if (const auto voucher = VoucherId::Parse(Text(detail, "voucher")); voucher.ok()) {
    particulars.voucher = *voucher;
  }
  // The item of a voucher is its worth, and no gift beside it.
  if (!particulars.voucher.IsNil()) particulars.item.clear();
  particulars.choice = Choice(detail);
  particulars.restocked = Text(detail, "restocked");
  particulars.feedback = Flag(detail, "feedback") || Flag(detail, "review");
  const std::string purpose = Text(detail, "purpose");
  const bool gives = !particulars.voucher.IsNil() || detail.find("points") != detail.end();
  particulars.story = Flag(detail, "brand_story") || (purpose == "marketing" && !gives);
  particulars.offer = gives || particulars.feedback || particulars.story ||
                      (!purpose.empty() && purpose != "service");
  particulars.by_profile = Flag(detail, "by_profile");
  particulars.whole = Flag(detail, "whole");
  absl::Time occurred_at;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, Text(detail, "occurred_at"), &occurred_at, &error)) {
    particulars.occurred_at = occurred_at;
  }
  const auto age = detail.find("max_age_seconds");
  if (age != detail.end() && age->is_number_integer()) {
    const int64_t seconds = age->get<int64_t>();
    if (seconds > 0) particulars.max_age = absl::Seconds(std::min(seconds, kMaxAgeSeconds));
  }
  return particulars;
}

std::string PurchaseOf(const Particulars& particulars, const ledger::Fact& fact) {
  if (!particulars.purchase.empty()) return particulars.purchase;
  return PurchaseId::Parse(fact.source).ok() ? fact.source : std::string();
}

// What a fact asks for that names no template of its own.
std::string TemplateOf(ledger::FactKind kind, const Particulars& particulars) {
  if (!particulars.template_code.empty()) return particulars.template_code;
  switch (kind) {
    case ledger::FactKind::kBirthdayGift:
      return kBirthdayGiftTemplate;
    case ledger::FactKind::kSurpriseGift:
      return kSurpriseGiftTemplate;
    case ledger::FactKind::kInactivityNoticed:
      return kAccountEndingTemplate;
    default:
      return "";
  }
}

Say SayBy(const ledger::JournalRow& row, const Particulars& particulars) {
  const ledger::Fact& fact = row.fact;
  Say say;
  for (const ChannelKind channel : particulars.channels) {
    const bool task = channel == ChannelKind::kTask && !particulars.task.empty();
    const std::string code = task ? particulars.task : TemplateOf(fact.kind, particulars);
    if (!IsCode(code)) continue;
    say.intents.push_back({.member = fact.member,
                           .channel = channel,
                           .occasion = OccasionOf(fact.kind),
                           .template_code = code,
                           .transaction = fact.transaction,
                           .purchase = PurchaseOf(particulars, fact),
                           .trigger = particulars.trigger,
                           .store = particulars.store,
                           .occurred_at = particulars.occurred_at == absl::InfinitePast()
                                              ? fact.effective_at
                                              : particulars.occurred_at,
                           .max_age = particulars.max_age,
                           .detail = fact.detail,
                           .points = GivenPoints(fact),
                           .voucher = particulars.voucher});
  }
  return say;
}

}  // namespace

Particulars ReadParticulars(std::string_view detail) {
  return Read(json::parse(detail, nullptr, /*allow_exceptions=*/false));
}

absl::StatusOr<Figures> ReadFigures(std::string_view text) {
  const json told = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!told.is_object()) {
    return FieldError(Reason::kFieldInvalid, "figures", "figures are one JSON object");
  }
  Figures figures{.particulars = Read(told)};
  Particulars& particulars = figures.particulars;
  if (!particulars.voucher.IsNil()) {
    return FieldError(Reason::kFieldInvalid, "figures",
                      "its voucher is there already: name its transaction_id in place of figures");
  }
  ASSIGN_OR_RETURN(figures.points, Number(told, "points", ledger::kMaxPoints));
  if (told.find("valid_days") == told.end()) return figures;
  Figures::Voucher& voucher = figures.voucher.emplace();
  ASSIGN_OR_RETURN(const int64_t basis_points, Number(told, "basis_points", kMaxBasisPoints));
  ASSIGN_OR_RETURN(voucher.worth, Number(told, "worth_minor", ledger::kMaxPoints));
  ASSIGN_OR_RETURN(const int64_t valid_days, Number(told, "valid_days", kMaxValidDays));
  voucher.valid_days = static_cast<int32_t>(valid_days);
  if (basis_points > 0) {
    voucher.terms.kind = ledger::VoucherKind::kPercentage;
    voucher.terms.basis_points = static_cast<int32_t>(basis_points);
  } else if (voucher.worth == 0) {
    voucher.terms.kind = ledger::VoucherKind::kItem;
    voucher.terms.item = particulars.item;
  }
  // As of a voucher that is there.
  particulars.item.clear();
  particulars.story = Flag(told, "brand_story");
  return figures;
}

Occasion OccasionOf(ledger::FactKind kind) {
  switch (kind) {
    case ledger::FactKind::kBirthdayGift:
    case ledger::FactKind::kSurpriseGift:
      return Occasion::kGift;
    case ledger::FactKind::kInactivityNoticed:
      return Occasion::kAccount;
    default:
      return Occasion::kThanks;
  }
}

int64_t GivenPoints(const ledger::Fact& fact) {
  const bool given =
      fact.credit == ledger::Account::kAvailable || fact.credit == ledger::Account::kPending;
  return given && fact.unit == ledger::kPointsUnit ? fact.points : 0;
}

namespace {

// Whether who said this objects to marketing: the `detail` of kConsentRecorded. A merge says it
// channel by channel.
bool ObjectsToMarketing(std::string_view text) {
  const json detail = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!detail.is_object() || !Flag(detail, "objection")) return false;
  const auto withdrawn = detail.find("withdrawn");
  if (withdrawn == detail.end() || !withdrawn->is_array()) return false;
  return std::any_of(withdrawn->begin(), withdrawn->end(), [](const json& one) {
    return one.is_string() && absl::StartsWith(one.get<std::string>(), "marketing");
  });
}

StandsOtherwise StandsBy(const ledger::Fact& fact) {
  StandsOtherwise stands{.member = fact.member};
  if (fact.kind == ledger::FactKind::kConsentRecorded) {
    stands.objection = ObjectsToMarketing(fact.detail);
    stands.no_profiling = EndsProfiling(fact.detail);
  } else if (const auto state = ledger::StateSetBy(fact.detail)) {
    stands.silent = !MayHear(*state);
  }
  return stands;
}

// What was decided last of one purpose and channel.
struct DecidedLast {
  absl::Time at;
  bool withdrawn = false;
  bool objection = false;
};
using DecidedByMatter = std::map<std::string, DecidedLast>;

// Adds what one row records. What is recorded later may have been decided before.
void AddDecided(const ledger::Fact& fact, DecidedByMatter& decided) {
  const json detail = json::parse(fact.detail, nullptr, /*allow_exceptions=*/false);
  if (!detail.is_object()) return;
  for (const bool withdrawn : {false, true}) {
    const auto matters = detail.find(withdrawn ? "withdrawn" : "granted");
    if (matters == detail.end() || !matters->is_array()) continue;
    const DecidedLast said{fact.effective_at, withdrawn, withdrawn && Flag(detail, "objection")};
    for (const json& matter : *matters) {
      if (!matter.is_string()) continue;
      const auto [last, fresh] = decided.try_emplace(matter.get<std::string>(), said);
      if (!fresh && said.at >= last->second.at) last->second = said;
    }
  }
}

}  // namespace

StandsOtherwise InForceBy(const MemberId& member, absl::Span<const ledger::JournalRow> recorded) {
  DecidedByMatter decided;
  for (const ledger::JournalRow& row : recorded) AddDecided(row.fact, decided);
  StandsOtherwise stands{.member = member};
  for (const auto& [matter, last] : decided) {
    if (absl::StartsWith(matter, "marketing") && last.objection) stands.objection = true;
    if (matter == "profiling" && last.withdrawn) stands.no_profiling = true;
  }
  return stands;
}

IntentChange ChangeBy(const ledger::JournalRow& row) {
  const ledger::Fact& fact = row.fact;
  const Particulars particulars = ReadParticulars(fact.detail);
  switch (fact.kind) {
    case ledger::FactKind::kThankYou:
    case ledger::FactKind::kBirthdayGift:
    case ledger::FactKind::kSurpriseGift:
    case ledger::FactKind::kInactivityNoticed: {
      Say say = SayBy(row, particulars);
      if (say.intents.empty()) return {};
      return say;
    }
    case ledger::FactKind::kThanksCancelled:
    case ledger::FactKind::kReturn: {
      // Of a part that came back nothing is unsaid.
      std::string purchase = PurchaseOf(particulars, fact);
      if (purchase.empty() || (fact.kind == ledger::FactKind::kReturn && !particulars.whole)) {
        return {};
      }
      return Unsay{fact.member, std::move(purchase), particulars.trigger};
    }
    case ledger::FactKind::kComplaintOpened:
      return ComplaintBegins{fact.member, particulars.complaint};
    case ledger::FactKind::kComplaintResolved:
      return ComplaintEnds{fact.member, particulars.complaint};
    case ledger::FactKind::kMergeUndone:
      return Parted{fact.member};
    case ledger::FactKind::kMembersMerged:
      // Both say it; that of the one who became part of the other names the other.
      if (fact.about.IsNil()) return {};
      return BecamePart{fact.member};
    case ledger::FactKind::kMemberErased:
      return Forget{fact.member};
    case ledger::FactKind::kConsentRecorded:
    case ledger::FactKind::kMemberStateSet:
      return StandsBy(fact);
    default:
      return {};
  }
}

const std::vector<ledger::FactKind>& IntentKinds() {
  static const std::vector<ledger::FactKind> kKinds = {
      ledger::FactKind::kThankYou,        ledger::FactKind::kBirthdayGift,
      ledger::FactKind::kSurpriseGift,    ledger::FactKind::kInactivityNoticed,
      ledger::FactKind::kThanksCancelled, ledger::FactKind::kReturn,
      ledger::FactKind::kComplaintOpened, ledger::FactKind::kComplaintResolved,
      ledger::FactKind::kMembersMerged,   ledger::FactKind::kMergeUndone,
      ledger::FactKind::kMemberErased,    ledger::FactKind::kConsentRecorded,
      ledger::FactKind::kMemberStateSet};
  return kKinds;
}

}  // namespace gratis::messages
