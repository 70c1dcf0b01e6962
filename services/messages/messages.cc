#include "services/messages/messages.h"

#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/ledger/books.h"
#include "common/ledger/ops.h"
#include "common/ledger/reads.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/messages/delivery_store.h"
#include "services/messages/message_rules.h"
#include "services/messages/message_seal.h"
#include "services/messages/people.h"
#include "services/messages/purging.h"
#include "services/messages/template_store.h"

namespace gratis::messages {
namespace {

constexpr char kPreviewVoucherCode[] = "PREVIEW";

std::string StatusText(DeliveryStatus status) {
  switch (status) {
    case DeliveryStatus::kWaiting:
      return "waiting";
    case DeliveryStatus::kSending:
      return "sending";
    case DeliveryStatus::kDelivered:
      return "delivered";
    case DeliveryStatus::kDead:
      return "dead";
  }
  return "";
}

// How far the mails among them got.
absl::Status AddDeliveries(pg::Tx& tx, const ledger::Program& program,
                           std::vector<SeenMessage>& messages) {
  std::vector<Uuid> mailed;
  for (const SeenMessage& seen : messages) {
    if (seen.message.channel == ChannelKind::kEmail &&
        seen.message.verdict.state == MessageState::kSent) {
      mailed.push_back(seen.message.id.uuid);
    }
  }
  if (mailed.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<DeliveryState> deliveries,
                   ReadDeliveries(tx, program.number, mailed));
  std::map<Uuid, std::string> by_message;
  for (const DeliveryState& delivery : deliveries) {
    if (delivery.channel == ChannelKind::kEmail) {
      by_message[delivery.message] = StatusText(delivery.state);
    }
  }
  for (SeenMessage& seen : messages) {
    const auto found = by_message.find(seen.message.id.uuid);
    if (found != by_message.end()) seen.delivery = found->second;
  }
  return absl::OkStatus();
}

// What a fact says of what is said, but for what it gives and when it was.
void Tell(const Particulars& particulars, Topic& topic) {
  topic.feedback = topic.feedback || particulars.feedback;
  topic.story = topic.story || particulars.story;
  topic.gives_voucher = topic.gives_voucher || !particulars.voucher.IsNil();
  topic.offer = topic.offer || particulars.offer;
  topic.by_profile = topic.by_profile || particulars.by_profile;
  if (!particulars.item.empty()) topic.item = particulars.item;
  if (!particulars.choice.empty()) topic.choice = particulars.choice;
  if (!particulars.restocked.empty()) topic.restocked = particulars.restocked;
  if (!particulars.sender.empty()) topic.sender = particulars.sender;
  if (!particulars.purchase.empty()) topic.purchase = particulars.purchase;
}

// About what is not posted: nothing of it is in the books.
Topic TopicOf(const Figures& figures, const ledger::Program& program, const absl::TimeZone& zone,
              absl::Time now) {
  const absl::Time said_at = figures.particulars.occurred_at;
  Topic topic{.occurred_at = said_at == absl::InfinitePast() ? now : said_at,
              .points = figures.points};
  Tell(figures.particulars, topic);
  if (!figures.voucher) return topic;
  topic.voucher = Values::Voucher{
      .code = kPreviewVoucherCode,
      .worth = WorthText(figures.voucher->terms, figures.voucher->worth, program.currency_code)};
  if (figures.voucher->valid_days > 0) {
    const absl::Time ends = topic.occurred_at + absl::Hours(24) * figures.voucher->valid_days;
    topic.voucher->ends = base::FormatDay(base::DayOf(ends, zone));
  }
  return topic;
}

absl::Status NoSuchMessage(const MessageId& message) {
  return FieldError(Reason::kMessageNotFound, "message_id",
                    absl::StrCat("the program has no message ", message.ToString()));
}

}  // namespace

absl::StatusOr<std::vector<SeenMessage>> Messages::List(const ledger::Program& program,
                                                        const MemberId& member,
                                                        const MessageId& before, int16_t state,
                                                        std::string_view purchase, int32_t limit,
                                                        absl::Time deadline) const {
  std::vector<SeenMessage> seen;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    seen.clear();
    RETURN_IF_ERROR(ledger::RequireMember(tx, program, member));
    ASSIGN_OR_RETURN(std::vector<StoredMessage> stored,
                     ListMessages(tx, program, member, before, state, purchase, limit));
    for (StoredMessage& message : stored) seen.push_back({.message = std::move(message)});
    return AddDeliveries(tx, program, seen);
  }));
  return seen;
}

absl::StatusOr<SeenMessage> Messages::Get(const ledger::Program& program, const MessageId& message,
                                          absl::Time deadline) const {
  const std::optional<int32_t> partition = ledger::PartitionOfId(program, message.uuid);
  if (!partition) return NoSuchMessage(message);
  std::vector<SeenMessage> seen;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    seen.clear();
    ASSIGN_OR_RETURN(std::optional<StoredMessage> stored, ReadMessage(tx, *partition, message));
    if (!stored) return NoSuchMessage(message);
    ASSIGN_OR_RETURN(const std::set<MemberId> erased,
                     ledger::FindErased(tx, {*partition}, {stored->member}));
    if (!erased.empty()) stored->text.reset();
    seen.push_back({.message = *std::move(stored)});
    return AddDeliveries(tx, program, seen);
  }));
  SeenMessage& one = seen.front();
  if (one.message.text) {
    ASSIGN_OR_RETURN(one.text, OpenText(vault_, message.uuid, *one.message.text));
  }
  return std::move(one);
}

absl::StatusOr<std::vector<SeenKept>> Messages::Export(const ledger::Program& program,
                                                       const MemberId& member,
                                                       const MessageId& before, int32_t limit,
                                                       absl::Time deadline) const {
  std::vector<KeptMessage> kept;
  std::vector<Engagement> engagements;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(ledger::RequireMember(tx, program, member));
    ASSIGN_OR_RETURN(kept, ListKeptMessages(tx, program, member, before, limit));
    std::vector<MessageId> ids;
    for (const KeptMessage& message : kept) ids.push_back(message.id);
    ASSIGN_OR_RETURN(engagements, ReadEngagements(tx, ledger::PartitionOf(program, member), ids));
    return absl::OkStatus();
  }));
  std::vector<SeenKept> seen;
  for (const KeptMessage& message : kept) {
    SeenKept one{.id = message.id, .read_at = message.read_at};
    if (message.text) {
      ASSIGN_OR_RETURN(one.text, OpenText(vault_, message.id.uuid, *message.text));
    }
    for (const Engagement& engagement : engagements) {
      if (engagement.message == message.id) one.engagements.push_back(engagement);
    }
    seen.push_back(std::move(one));
  }
  return seen;
}

absl::StatusOr<std::vector<SeenTask>> Messages::ListTasks(const ledger::Program& program,
                                                          const MessageId& after,
                                                          absl::Span<const std::string> stores,
                                                          int16_t state, int32_t limit,
                                                          absl::Time deadline) const {
  std::vector<ListedTask> listed;
  std::set<MemberId> silent;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(listed, messages::ListTasks(tx, program, after, stores, state, limit));
    std::vector<MemberId> members;
    for (const ListedTask& one : listed) members.push_back(one.task.member);
    ASSIGN_OR_RETURN(silent, FindSilent(tx, program, members));
    return absl::OkStatus();
  }));
  std::vector<SeenTask> tasks;
  for (ListedTask& one : listed) {
    SeenTask seen{.task = std::move(one.task)};
    if (one.text && !silent.contains(seen.task.member)) {
      ASSIGN_OR_RETURN(const v1::RenderedMessage text,
                       OpenText(vault_, seen.task.id.uuid, *one.text));
      seen.text = text.task();
    }
    tasks.push_back(std::move(seen));
  }
  return tasks;
}

absl::StatusOr<std::vector<SeenInboxEntry>> Messages::ListInbox(const ledger::Program& program,
                                                                const MemberId& member,
                                                                const MessageId& before,
                                                                bool unread_only, int32_t limit,
                                                                absl::Time deadline) const {
  std::vector<InboxEntry> listed;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    listed.clear();
    RETURN_IF_ERROR(ledger::RequireMember(tx, program, member));
    ASSIGN_OR_RETURN(const auto states, ledger::ReadStates(tx, program, {member}));
    const auto stands = states.find(member);
    if (stands != states.end() && IsLeftAlone(stands->second)) return absl::OkStatus();
    const MemberId asked[] = {member};
    ASSIGN_OR_RETURN(const People people, People::Read(tx, program, asked));
    ASSIGN_OR_RETURN(listed,
                     messages::ListInbox(tx, people.PartsOf(member), before, unread_only, limit));
    return absl::OkStatus();
  }));
  std::vector<SeenInboxEntry> entries;
  for (const InboxEntry& one : listed) {
    ASSIGN_OR_RETURN(v1::RenderedMessage text, OpenText(vault_, one.id.uuid, one.text));
    entries.push_back({one.id, one.sent_at, one.read_at, std::move(text)});
  }
  return entries;
}

absl::StatusOr<Topic> Messages::TopicOf(pg::Tx& tx, const ledger::Program& program,
                                        const PreviewOrder& order, const Recipient& recipient,
                                        absl::Time now) const {
  if (order.figures) return messages::TopicOf(*order.figures, program, recipient.zone, now);
  Topic topic{.occurred_at = now};
  if (order.transaction.IsNil()) return topic;
  VoucherId voucher;
  RETURN_IF_ERROR(ledger::LookAtBooks(tx, program, now, [&](ledger::Books& books) -> absl::Status {
    topic = {.occurred_at = now};
    voucher = {};
    ASSIGN_OR_RETURN(const std::vector<ledger::PostedRow> rows, books.RowsOf(order.transaction));
    bool found = false;
    for (const ledger::PostedRow& posted : rows) {
      const ledger::Fact& fact = posted.row.fact;
      if (fact.member != order.member) continue;
      found = true;
      const Particulars particulars = ReadParticulars(fact.detail);
      topic.occurred_at = particulars.occurred_at == absl::InfinitePast() ? fact.effective_at
                                                                          : particulars.occurred_at;
      topic.points += GivenPoints(fact);
      if (topic.occasion == Occasion::kThanks) topic.occasion = OccasionOf(fact.kind);
      if (PurchaseId::Parse(fact.source).ok()) topic.purchase = fact.source;
      Tell(particulars, topic);
      if (!particulars.voucher.IsNil()) voucher = particulars.voucher;
      if (fact.kind == ledger::FactKind::kVoucherIssued) voucher = {fact.about};
    }
    if (!found) {
      return FieldError(Reason::kTransactionNotFound, "transaction_id",
                        "the member has no transaction of this id");
    }
    if (voucher.IsNil()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const ledger::VoucherState state, ledger::FindVoucher(books, voucher));
    topic.voucher = VoucherWords(state.voucher, state.lot, program,
                                 ledger::GroupVoucherCode(codes_.CodeOf(program.number, voucher)),
                                 recipient.zone, now);
    return absl::OkStatus();
  }));
  return topic;
}

absl::StatusOr<Preview> Messages::PreviewOf(const ledger::Program& program,
                                            const PreviewOrder& order, absl::Time now,
                                            absl::Time deadline) const {
  const Recipients::Asked asked[] = {{order.member, false}};
  const std::vector<absl::StatusOr<Recipient>> answers = recipients_.Find(program, asked, deadline);
  RETURN_IF_ERROR(answers.front().status());
  const Recipient& recipient = *answers.front();
  if (recipient.state == ledger::MemberState::kErased) {
    return FieldError(Reason::kMemberErased, "member_id", "the person was erased");
  }
  MessagingPolicy policy;
  Topic topic;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(policy, ReadPolicy(tx, program));
    ASSIGN_OR_RETURN(topic, TopicOf(tx, program, order, recipient, now));
    return absl::OkStatus();
  }));
  Preview preview{.composed = Compose(program, order.message_template, policy, recipient, topic,
                                      order.variant, [] { return std::string("preview"); }),
                  .to = recipient.email};
  switch (PurposeOf(topic.occasion, preview.composed.purpose)) {
    case Purpose::kService:
      break;
    case Purpose::kMarketing:
      preview.consented = recipient.consents.marketing;
      break;
    case Purpose::kSurveys:
      preview.consented = recipient.consents.surveys;
      break;
  }
  if (preview.composed.surveys_too && !recipient.consents.surveys) preview.consented = false;
  if (preview.composed.by_profile && recipient.consents.no_profiling) preview.consented = false;
  return preview;
}

absl::StatusOr<MemberId> Messages::Unsubscribe(const ledger::Program& program,
                                               std::string_view token, std::string_view request_id,
                                               absl::Time now, absl::Time deadline) const {
  if (request_id.empty()) {
    return FieldError(Reason::kRequestIdMissing, "request_id",
                      "choose one before the first attempt and keep it");
  }
  ASSIGN_OR_RETURN(const Unsubscription whom, tokens_.Open(program.number, token));
  // The caller's id, made one of this service's: the same press is recorded once.
  const base::Digest digest = base::Sha256(request_id);
  const std::string own = absl::StrCat("unsubscribe:", base::Hex(base::AsBytes(digest)));
  RETURN_IF_ERROR(recipients_.Withdraw(program, whom.member, own, deadline));
  // A press that was cut off here is withdrawn again and counted when it is retried.
  if (const auto partition = ledger::PartitionOfId(program, whom.message.uuid)) {
    const Engagement pressed[] = {{whom.message, EngagementKind::kUnsubscribed, now}};
    RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = deadline}, [&](pg::Tx& tx) {
      KeepEngagements(tx, *partition, pressed, now);
      return absl::OkStatus();
    }));
  }
  return whom.member;
}

absl::StatusOr<int64_t> Messages::Purge(const ledger::Program& program, absl::Time now,
                                        absl::Time deadline, const std::stop_token& stop) const {
  return PurgeInPages(pool_, deadline, stop, [&](pg::Tx& tx, int32_t limit) {
    return PurgeTexts(tx, program, now - kTextsKept, limit);
  });
}

}  // namespace gratis::messages
