#include "services/messages/sending.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "common/base/civil.h"
#include "common/house/master_keys/master_keys.h"
#include "common/ledger/books.h"
#include "common/ledger/ops.h"
#include "common/ledger/reads.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/messages/composing.h"
#include "services/messages/engagement_store.h"
#include "services/messages/intent_rules.h"
#include "services/messages/message_seal.h"
#include "services/messages/outbox.h"
#include "services/messages/people.h"
#include "services/messages/suppressions.h"
#include "services/messages/task_store.h"
#include "services/messages/template_store.h"
#include "services/messages/ways.h"

namespace gratis::messages {
namespace {

constexpr int32_t kDuePage = 128;
constexpr absl::Duration kAskAgain = absl::Minutes(1);
constexpr absl::Duration kTryAtLeast = absl::Minutes(10);

v1::RenderedMessage TextOf(const Composed& composed, const Recipient& recipient,
                           ChannelKind channel) {
  v1::RenderedMessage text;
  text.set_language(composed.wording.language);
  if (channel == ChannelKind::kTask) {
    text.set_task(composed.wording.task);
    return text;
  }
  text.set_from_name(composed.sender.name);
  text.set_subject(composed.wording.subject);
  text.set_text(composed.wording.text);
  if (channel != ChannelKind::kEmail) return text;
  text.set_from_address(composed.sender.address);
  text.set_reply_to(composed.sender.reply_to);
  text.set_to(recipient.email);
  text.set_html(composed.wording.html);
  text.set_unsubscribe_url(composed.unsubscribe_url);
  return text;
}

// Of whom nothing needs to be known, since there are no words for them.
const Recipient& Anybody() {
  static const auto& anybody = *new Recipient;
  return anybody;
}

bool HasTask(const Template& message_template) {
  return std::all_of(message_template.wordings.begin(), message_template.wordings.end(),
                     [](const Wording& wording) { return !wording.task.empty(); });
}

absl::StatusOr<std::set<std::string>> CodesWithTemplate(pg::Tx& tx, const ledger::Program& program,
                                                        const std::vector<DueKey>& due) {
  std::set<std::string> codes;
  for (const DueKey& key : due) codes.insert(key.template_code);
  const std::vector<std::string> asked(codes.begin(), codes.end());
  ASSIGN_OR_RETURN(const auto templates, ReadTemplates(tx, program, asked));
  std::erase_if(codes, [&](const std::string& code) { return templates.count(code) == 0; });
  return codes;
}

}  // namespace

// What is due in one partition, decided in one transaction, which may be run again.
class Sending::Round {
 public:
  Round(Sending& sending, const ledger::Program& program, int32_t partition, const Known& known,
        absl::Time now)
      : sending_(sending), program_(program), partition_(partition), known_(known), now_(now) {}

  absl::Status Run(pg::Tx& tx, const std::vector<MessageId>& ids) {
    report_ = {};
    outbound_.clear();
    noted_.clear();
    sent_now_.clear();
    held_.clear();
    withdrawn_.clear();
    silent_.clear();
    decisions_.clear();
    postponed_.clear();
    RETURN_IF_ERROR(LockIntentCursor(tx, partition_).status());
    // Under the lock: once TextKeys has passed it, nothing is sealed by an older version.
    RETURN_IF_ERROR(house::FollowNewest(tx, sending_.vault_));
    ASSIGN_OR_RETURN(due_, ReadDueMessages(tx, partition_, ids, now_));
    if (due_.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(Load(tx));
    for (const DueMessage& message : due_) RETURN_IF_ERROR(Decide(tx, message));
    WriteDecisions(tx, partition_, decisions_);
    RelieveMessages(tx, partition_, silent_, now_);
    if (!postponed_.empty()) PostponeMessages(tx, partition_, postponed_, now_ + kAskAgain);
    if (!outbound_.empty()) sending_.outbox_.Enqueue(tx, outbound_);
    if (!noted_.empty()) sending_.outbox_.Note(tx, noted_);
    sending_.outbox_.Hold(tx, program_, ChannelKind::kEmail, held_);
    sending_.outbox_.Withdraw(tx, program_, ChannelKind::kEmail, withdrawn_);
    if (!sent_now_.empty()) CountSent(tx, partition_, sent_now_);
    return absl::OkStatus();
  }

  const Report& report() const { return report_; }
  bool any_outbound() const { return !outbound_.empty(); }

 private:
  absl::Status Load(pg::Tx& tx) {
    std::set<std::string> codes = {kAfterComplaintTemplate};
    std::set<MemberId> members;
    std::set<MemberTemplate> lines;
    for (const DueMessage& message : due_) {
      codes.insert(message.template_code);
      members.insert(message.member);
      lines.insert({message.member, message.template_code});
      lines.insert({message.member, kAfterComplaintTemplate});
    }
    const std::vector<MemberId> whom(members.begin(), members.end());
    ASSIGN_OR_RETURN(zone_, base::LoadZone(program_.time_zone));
    ASSIGN_OR_RETURN(policy_, ReadPolicy(tx, program_));
    const std::vector<std::string> asked_codes(codes.begin(), codes.end());
    ASSIGN_OR_RETURN(templates_, ReadTemplates(tx, program_, asked_codes));
    ASSIGN_OR_RETURN(people_, People::Read(tx, program_, whom));
    RETURN_IF_ERROR(LoadPersons(tx));
    const std::vector<MemberTemplate> asked_lines(lines.begin(), lines.end());
    ASSIGN_OR_RETURN(said_, CountSaid(tx, partition_, asked_lines));
    return LoadVouchers(tx);
  }

  // What each person complains of and was sent, as whomever.
  absl::Status LoadPersons(pg::Tx& tx) {
    complaining_.clear();
    sent_.clear();
    const absl::Time since = now_ - absl::Hours(24) * policy_.cap_days;
    for (const auto& [partition, all] : people_.everyone()) {
      ASSIGN_OR_RETURN(const std::vector<MemberId> complaining, ReadComplaints(tx, partition, all));
      for (const MemberId& one : complaining) complaining_.insert(people_.Of(one));
      ASSIGN_OR_RETURN(const auto sent, ReadSent(tx, partition, all, since, policy_.cap_messages));
      for (const auto& [one, times] : sent) {
        std::vector<absl::Time>& of_person = sent_[people_.Of(one)];
        of_person.insert(of_person.end(), times.begin(), times.end());
      }
    }
    for (auto& [person, times] : sent_) std::sort(times.begin(), times.end(), std::greater<>());
    return absl::OkStatus();
  }

  // The vouchers that messages mention, as they stand. One that is not there is not mentioned.
  absl::Status LoadVouchers(pg::Tx& tx) {
    particulars_.clear();
    vouchers_.clear();
    std::set<VoucherId> asked;
    for (const DueMessage& message : due_) {
      const Particulars& particulars =
          particulars_.emplace(message.id, ReadParticulars(message.detail)).first->second;
      if (!particulars.voucher.IsNil()) asked.insert(particulars.voucher);
    }
    if (asked.empty()) return absl::OkStatus();
    return ledger::LookAtBooks(tx, program_, now_, [&](ledger::Books& books) {
      vouchers_.clear();
      absl::Status lacking;
      for (const VoucherId& voucher : asked) {
        absl::StatusOr<ledger::VoucherState> found = ledger::FindVoucher(books, voucher);
        if (found.ok()) {
          vouchers_.emplace(voucher, *std::move(found));
        } else if (!ReasonOf(found.status())) {
          lacking.Update(found.status());
        }
      }
      return lacking;
    });
  }

  absl::Status Decide(pg::Tx& tx, const DueMessage& message) {
    const Template* message_template = TemplateFor(message);
    const auto whom = known_.find(message.member);
    const bool is_known = whom != known_.end() && whom->second.ok();
    if (!is_known && message_template != nullptr) {
      postponed_.push_back(message.id);
      ++report_.postponed;
      return absl::OkStatus();
    }
    const Recipient& recipient = is_known ? *whom->second : Anybody();
    Decision decision{.id = message.id, .template_code = message.template_code};
    std::optional<Composed> composed;
    if (message_template != nullptr) {
      decision.template_code = message_template->code;
      composed = ComposeBy(*message_template, message, recipient);
    }
    ASSIGN_OR_RETURN(const Circumstances about, CircumstancesOf(tx, message, recipient, composed));
    decision.verdict = Judge(about, policy_, now_);
    if (decision.verdict.state != MessageState::kWaiting) decision.decided_at = now_;
    if (decision.verdict.state == MessageState::kSent) {
      RETURN_IF_ERROR(Send(tx, message, recipient, *message_template, *composed, decision));
      HandOver(message, recipient, about, composed->asks_consent);
      sent_now_.push_back(message.id);
    } else if (message.again) {
      StayInLine(message, decision.verdict);
    }
    if (message.after_complaint && decision.verdict.state == MessageState::kWithheld) {
      silent_.push_back(message.id);
    }
    Count(decision.verdict.state);
    decisions_.push_back(std::move(decision));
    return absl::OkStatus();
  }

  const Template* TemplateFor(const DueMessage& message) {
    if (message.after_complaint) {
      const auto tactful = templates_.find(kAfterComplaintTemplate);
      if (tactful != templates_.end()) return &tactful->second;
    }
    const auto found = templates_.find(message.template_code);
    if (message.channel != ChannelKind::kTask) {
      return found == templates_.end() ? nullptr : &found->second;
    }
    if (found != templates_.end() && HasTask(found->second)) return &found->second;
    // Staff are to hear of it in any case.
    return &plain_tasks_.emplace(message.template_code, PlainTask(message.template_code))
                .first->second;
  }

  Composed ComposeBy(const Template& message_template, const DueMessage& message,
                     const Recipient& recipient) const {
    const Particulars& particulars = particulars_.at(message.id);
    Topic topic{.message = message.id,
                .channel = message.channel,
                .occasion = message.occasion,
                .occurred_at = message.occurred_at,
                .purchase = message.purchase,
                .sender = particulars.sender,
                .points = message.points,
                .item = particulars.item,
                .choice = particulars.choice,
                .restocked = particulars.restocked,
                .feedback = particulars.feedback,
                .story = particulars.story,
                .gives_voucher = !particulars.voucher.IsNil(),
                .offer = particulars.offer,
                .by_profile = particulars.by_profile,
                .after_complaint = message.after_complaint};
    if (const auto voucher = vouchers_.find(particulars.voucher); voucher != vouchers_.end()) {
      topic.voucher = VoucherWords(voucher->second.voucher, voucher->second.lot, program_,
                                   ledger::GroupVoucherCode(sending_.codes_.CodeOf(
                                       program_.number, voucher->second.voucher.id)),
                                   recipient.zone, now_);
    }
    // Wordings take turns.
    const auto said = said_.find({message.member, message_template.code});
    return Compose(program_, message_template, policy_, recipient, topic,
                   said == said_.end() ? 0 : said->second, [&] {
                     return sending_.tokens_.Make(program_.number, {message.member, message.id});
                   });
  }

  absl::StatusOr<Circumstances> CircumstancesOf(pg::Tx& tx, const DueMessage& message,
                                                const Recipient& recipient,
                                                const std::optional<Composed>& composed) const {
    Circumstances about{.channel = message.channel,
                        .occasion = message.occasion,
                        .occurred_at = message.occurred_at,
                        .max_age = message.max_age,
                        .after_complaint = message.after_complaint,
                        .member_state = recipient.state,
                        .zone = recipient.zone,
                        .consents = recipient.consents,
                        .no_celebrations = recipient.no_celebrations,
                        .has_address = !recipient.email.empty(),
                        .complaint_open = complaining_.count(people_.Of(message.member)) > 0,
                        .has_template = composed && HasPart(composed->wording, message.channel)};
    if (const auto sent = sent_.find(people_.Of(message.member)); sent != sent_.end()) {
      about.sent = sent->second;
    }
    if (composed) {
      about.purpose = composed->purpose;
      about.surveys_too = composed->surveys_too;
      about.asks_consent = composed->asks_consent;
      about.by_profile = composed->by_profile;
    }
    if (message.channel == ChannelKind::kEmail && about.has_address) {
      ASSIGN_OR_RETURN(about.suppressed,
                       IsSuppressed(tx, program_.number,
                                    AddressKey(sending_.vault_, program_.number, recipient.email),
                                    about.asks_consent));
    }
    return about;
  }

  // Writes it, as it goes out.
  absl::Status Send(pg::Tx& tx, const DueMessage& message, const Recipient& recipient,
                    const Template& message_template, const Composed& composed,
                    Decision& decision) {
    decision.template_version = message_template.version;
    decision.language = composed.wording.language;
    decision.variant = composed.variant;
    decision.left_out = composed.left_out;
    decision.day = base::DayOf(now_, zone_);
    ASSIGN_OR_RETURN(decision.text, SealText(sending_.vault_, message.id.uuid,
                                             TextOf(composed, recipient, message.channel)));
    ++said_[{message.member, message_template.code}];
    if (message.channel == ChannelKind::kTask) {
      InsertTask(tx, partition_, message.id, message.member, message.store, message.purchase,
                 {.marketing = composed.asks_consent, .by_profile = composed.by_profile}, now_);
    }
    return absl::OkStatus();
  }

  void HandOver(const DueMessage& message, const Recipient& recipient, const Circumstances& about,
                bool asks_consent) {
    OutboundMessage outbound{.program = program_,
                             .partition = partition_,
                             .message = message.id.uuid,
                             .member = message.member,
                             .channel = message.channel,
                             .marketing = asks_consent};
    const Way* const way = FindWay(message.channel);
    if (way == nullptr || !way->goes_out()) {
      noted_.push_back(std::move(outbound));
      return;
    }
    outbound.address_key = AddressKey(sending_.vault_, program_.number, recipient.email);
    outbound.holds = kDecisionHolds;
    outbound.keep_trying = std::clamp(LatestOf(about, policy_) - now_, kTryAtLeast, kTryingLimit);
    outbound_.push_back(std::move(outbound));
    if (message.occasion != Occasion::kAccount) {
      std::vector<absl::Time>& sent = sent_[people_.Of(message.member)];
      sent.insert(sent.begin(), now_);
    }
  }

  // It was to go out, and is not now.
  void StayInLine(const DueMessage& message, const MessageVerdict& verdict) {
    if (verdict.state == MessageState::kWaiting) {
      held_.push_back({message.id.uuid, verdict.due_at - now_});
    } else {
      withdrawn_.push_back(message.id.uuid);
    }
  }

  void Count(MessageState state) {
    switch (state) {
      case MessageState::kSent:
        ++report_.sent;
        return;
      case MessageState::kWithheld:
        ++report_.withheld;
        return;
      case MessageState::kWaiting:
        ++report_.waiting;
        return;
    }
  }

  Sending& sending_;
  const ledger::Program& program_;
  const int32_t partition_;
  const Known& known_;
  const absl::Time now_;

  absl::TimeZone zone_;  // the program's
  std::vector<DueMessage> due_;
  MessagingPolicy policy_;
  std::map<std::string, Template> templates_;
  std::map<std::string, Template> plain_tasks_;
  People people_;
  std::set<MemberId> complaining_;                    // persons
  std::map<MemberId, std::vector<absl::Time>> sent_;  // by person, newest first
  std::map<MemberTemplate, int32_t> said_;
  std::map<MessageId, Particulars> particulars_;
  std::map<VoucherId, ledger::VoucherState> vouchers_;
  std::vector<OutboundMessage> outbound_;
  std::vector<OutboundMessage> noted_;
  std::vector<HeldMessage> held_;
  std::vector<Uuid> withdrawn_;
  std::vector<MessageId> silent_;  // for others, too
  std::vector<MessageId> sent_now_;
  std::vector<Decision> decisions_;
  std::vector<MessageId> postponed_;
  Report report_;
};

Sending::Known Sending::Ask(const ledger::Program& program, const std::vector<DueKey>& due,
                            const std::set<std::string>& codes, absl::Time deadline) {
  std::map<MemberId, bool> celebrated;
  for (const DueKey& key : due) {
    const bool has_words = key.channel == ChannelKind::kTask || key.after_complaint ||
                           codes.count(key.template_code) > 0;
    if (has_words) celebrated[key.member] |= key.occasion == Occasion::kGift;
  }
  if (celebrated.empty()) return {};
  std::vector<Recipients::Asked> asked;
  for (const auto& [member, celebration] : celebrated) asked.push_back({member, celebration});
  std::vector<absl::StatusOr<Recipient>> answers = recipients_.Find(program, asked, deadline);
  Known known;
  for (size_t i = 0; i < asked.size(); ++i) {
    known.emplace(asked[i].member, std::move(answers[i]));
  }
  return known;
}

absl::Status Sending::Reconsider(const ledger::Program& program, absl::Time now,
                                 absl::Time deadline) {
  std::vector<LapsedMessage> lapsed;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(lapsed, outbox_.Lapsed(tx, program, ChannelKind::kEmail, kDuePage));
    return absl::OkStatus();
  }));
  std::map<int32_t, std::vector<Uuid>> sent, withheld;
  for (const LapsedMessage& one : lapsed) {
    if (one.state == static_cast<int16_t>(MessageState::kSent)) {
      sent[one.partition].push_back(one.message);
    } else if (one.state == static_cast<int16_t>(MessageState::kWithheld)) {
      withheld[one.partition].push_back(one.message);
    }
  }
  for (const auto& [partition, ids] : sent) {
    RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = deadline}, [&](pg::Tx& tx) -> absl::Status {
      RETURN_IF_ERROR(LockIntentCursor(tx, partition).status());
      ReopenMessages(tx, partition, ids, now);
      return absl::OkStatus();
    }));
  }
  // What is withheld was so while it waited to be decided anew, and stays so.
  for (const auto& [partition, ids] : withheld) {
    RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = deadline}, [&](pg::Tx& tx) -> absl::Status {
      outbox_.Withdraw(tx, program, ChannelKind::kEmail, ids);
      return absl::OkStatus();
    }));
  }
  return absl::OkStatus();
}

absl::StatusOr<Sending::Report> Sending::SendDue(const ledger::Program& program, absl::Time now,
                                                 absl::Time deadline, const std::stop_token& stop) {
  RETURN_IF_ERROR(Reconsider(program, now, deadline));
  Report report;
  while (true) {
    if (stop.stop_requested()) return Error(Reason::kDraining, "sending was cut short");
    std::vector<DueKey> due;
    std::set<std::string> codes;
    RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(due, ListDue(tx, program, now, kDuePage));
      ASSIGN_OR_RETURN(codes, CodesWithTemplate(tx, program, due));
      return absl::OkStatus();
    }));
    if (due.empty()) return report;
    const Known known = Ask(program, due, codes, deadline);
    for (const auto& [member, answer] : known) {
      // The peer is not there: nobody is, so nothing is postponed.
      if (absl::IsUnavailable(answer.status())) return answer.status();
    }
    std::map<int32_t, std::vector<MessageId>> by_partition;
    for (const DueKey& key : due) by_partition[key.partition].push_back(key.id);
    for (const auto& [partition, ids] : by_partition) {
      Round round(*this, program, partition, known, now);
      RETURN_IF_ERROR(
          pg::RunTx(pool_, {.deadline = deadline}, [&](pg::Tx& tx) { return round.Run(tx, ids); }));
      if (round.any_outbound()) outbox_.Wake();
      report.sent += round.report().sent;
      report.withheld += round.report().withheld;
      report.waiting += round.report().waiting;
      report.postponed += round.report().postponed;
    }
  }
}

}  // namespace gratis::messages
