#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/macros.h"
#include "gratis/members/v1/briefs.pb.h"
#include "services/cli/command.h"
#include "services/cli/gift_words.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/paging.h"
#include "services/cli/preference_words.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace brief_commands {
namespace {

namespace v1 = members::v1;

struct TimelineOptions {
  MemberName member;
  PageOptions page;
};

std::string Coming(std::string_view what, const v1::ComingPoints& points) {
  return absl::StrCat(", ", Grouped(points.points()), " ", std::string(what), " ",
                      FormatTime(points.at()));
}

std::string BalanceText(const v1::BriefBalance& balance) {
  std::string text = absl::StrCat(Grouped(balance.available_points()), " to spend");
  if (balance.pending_points() > 0) {
    absl::StrAppend(&text, ", ", Grouped(balance.pending_points()), " pending");
  }
  if (balance.held_points() > 0) {
    absl::StrAppend(&text, ", ", Grouped(balance.held_points()), " held");
  }
  if (balance.debt_points() > 0) {
    absl::StrAppend(&text, ", ", Grouped(balance.debt_points()), " owed");
  }
  if (balance.has_expires_next()) text += Coming("end on", balance.expires_next());
  if (balance.has_activates_next()) text += Coming("come on", balance.activates_next());
  return text;
}

std::string TierText(const v1::BriefTier& tier) {
  if (!tier.has_next()) return tier.tier().display_name();
  const v1::TierProgress& next = tier.next();
  std::string missing = Grouped(next.missing());
  if (next.tier().has_spend()) {
    type::v1::Money money = next.tier().spend();
    money.set_minor_units(next.missing());
    missing = FormatMoney(money);
  }
  return absl::StrCat(tier.tier().display_name(), "; ", missing, " missing to ",
                      next.tier().display_name());
}

std::string VoucherText(const v1::BriefVoucher& voucher) {
  std::string text = voucher.item();
  if (voucher.has_remaining()) text = FormatMoney(voucher.remaining());
  if (voucher.worth_case() == v1::BriefVoucher::kBasisPoints) {
    text = PercentOff(voucher.basis_points());
  }
  absl::StrAppend(&text, " (", voucher.voucher_id(), ")");
  if (voucher.has_expires_at()) {
    absl::StrAppend(&text, " until ", FormatTime(voucher.expires_at()));
  }
  return text;
}

std::string VisitsText(const v1::BriefVisits& visits) {
  if (visits.visits() == 0) return "none yet";
  return absl::StrCat(Counted(visits.visits(), "visit", "visits"), ", ",
                      Counted(visits.purchases(), "purchase", "purchases"), ", the first on ",
                      FormatDay(visits.first()), ", the last on ", FormatDay(visits.last()));
}

std::string BirthdayText(const v1::BriefBirthday& birthday) {
  const std::string day = FormatBirthday(birthday.birthday());
  if (birthday.days() == 0) return day + ", today";
  return absl::StrCat(day, ", in ", Counted(birthday.days(), "day", "days"));
}

// What a till may not say is not in the answer, and so not here.
std::string Describe(const v1::GetBriefResponse& brief) {
  Card card;
  card.Line("say", brief.sentence().text())
      .Line("name", brief.member().greeting_name())
      .Line("member", brief.member().member_id())
      .Line("state", EnumWords(brief.member(), "state"));
  if (!brief.full()) {
    return absl::StrCat(card.ToString(), "the rest takes the member's strong proof\n");
  }
  if (brief.has_tier()) card.Line("tier", TierText(brief.tier()));
  for (const v1::BriefBalance& balance : brief.balances()) {
    card.Line(balance.unit(), BalanceText(balance));
  }
  for (const v1::BriefVoucher& voucher : brief.vouchers()) {
    card.Line("voucher", VoucherText(voucher));
  }
  if (brief.has_gift()) {
    card.Line("gift", absl::StrCat(Counted(brief.gift().points(), "point", "points"), ", given ",
                                   FormatTime(brief.gift().given_at())));
  }
  if (brief.has_birthday()) card.Line("birthday", BirthdayText(brief.birthday()));
  for (const v1::KeptPreference& kept : brief.preferences()) {
    card.Line("likes",
              absl::StrCat(kept.preference().key(), ": ", PreferenceValueText(kept.preference())));
  }
  for (const v1::SegmentMark& mark : brief.segments()) card.Line("in segment", mark.segment());
  card.Line("came", VisitsText(brief.visits()));
  for (const v1::BriefPurchase& purchase : brief.purchases()) {
    card.Line("bought", absl::StrCat(FormatMoney(purchase.total()), " on ",
                                     FormatTime(purchase.purchased_at())));
  }
  for (const v1::Suggestion& suggestion : brief.suggestions()) {
    card.Line("do", suggestion.text());
  }
  return card.ToString();
}

absl::Status Brief(Context& context, const MemberName& name) {
  v1::GetBriefRequest request;
  if (absl::StartsWith(name.any, "mem_")) {
    request.set_member_id(name.any);
  } else {
    ASSIGN_OR_RETURN(*request.mutable_identify(), ToIdentifyRequest(name));
  }
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::GetBriefResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Describe(answer));
  return absl::OkStatus();
}

void DeclareTimeline(CLI::App& command, TimelineOptions& options) {
  DeclareMember(command, options.member, "WHO");
  DeclarePages(command, options.page);
}

absl::Status Timeline(Context& context, const TimelineOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListTimelineRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  v1::ListTimelineResponse all;
  RETURN_IF_ERROR(
      ReadPages(context, *engine, options.page, request, all,
                [](v1::ListTimelineResponse& answer) { return answer.mutable_entries(); }));
  Table table({{"WHEN"}, {"WHAT"}, {"BY"}, {"TRANSACTION"}});
  for (const v1::TimelineEntry& entry : all.entries()) {
    table.Add({FormatTime(entry.at()), entry.text(), entry.actor(), entry.transaction_id()});
  }
  context.Show(all, absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

}  // namespace
}  // namespace brief_commands

void AddBriefCommands(CLI::App& member, Context& context) {
  using namespace brief_commands;
  AddCommand<MemberName>(
      member, context, "brief", "What to know of a member before one serves them",
      [](CLI::App& command, MemberName& name) { DeclareMember(command, name, "WHO"); }, Brief);
  AddCommand<TimelineOptions>(member, context, "timeline",
                              "Everything that ever happened to a member, newest first",
                              DeclareTimeline, Timeline);
}

}  // namespace gratis::cli
