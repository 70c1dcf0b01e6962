#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/house/house_migrations.h"
#include "common/ledger/ledger_migrations.h"
#include "common/ledger/ops.h"
#include "common/ledger/poster.h"
#include "common/ledger/program.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "common/vault/vault.h"
#include "services/messages/intents.h"
#include "services/messages/kept_letters.h"
#include "services/messages/message_contract.h"
#include "services/messages/messages.h"
#include "services/messages/messages_migrations.h"
#include "services/messages/outbox.h"
#include "services/messages/sending.h"
#include "services/messages/tasks.h"
#include "services/messages/templates.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::messages {

// A fake of the members service: people in memory.
class FakeRecipients final : public Recipients {
 public:
  std::vector<absl::StatusOr<Recipient>> Find(const ledger::Program&, absl::Span<const Asked> asked,
                                              absl::Time) override {
    std::vector<absl::StatusOr<Recipient>> found;
    times_asked += static_cast<int>(asked.size());
    for (const Asked& one : asked) {
      const auto known = people.find(one.member);
      if (known == people.end()) {
        found.emplace_back(Error(Reason::kMemberNotFound, "nobody"));
      } else {
        found.emplace_back(known->second);
      }
    }
    return found;
  }

  absl::Status Withdraw(const ledger::Program&, const MemberId& member, std::string_view request_id,
                        absl::Time) override {
    withdrawn.emplace_back(member, std::string(request_id));
    people[member].consents = {};
    return absl::OkStatus();
  }

  std::map<MemberId, Recipient> people;
  int times_asked = 0;
  std::vector<std::pair<MemberId, std::string>> withdrawn;
};

// Does something to the books.
class Act final : public ledger::Mutation {
 public:
  using Decision = std::function<absl::Status(ledger::Books&)>;
  explicit Act(Decision decision) : decision_(std::move(decision)) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    RETURN_IF_ERROR(decision_(books));
    return "";
  }

 private:
  const Decision decision_;
};

// A database with one program and a real poster under the service's own role, members that are
// faked, and a program time that each step names.
class ContentHouse : public ::testing::Test {
 protected:
  ContentHouse() : program_(NewProgram()) {
    EXPECT_TRUE(SetPolicy({.senders = {{.code = "founder",
                                        .name = "Anna Keller",
                                        .title = "founder",
                                        .address = "anna@shop.example"}},
                           .unsubscribe_url = "https://shop.example/u",
                           .feedback_url = "https://shop.example/how"})
                    .ok());
  }

  absl::Time Soon() const { return real_clock_.Now() + absl::Seconds(60); }

  // "2026-11-28 09:00" in Zurich.
  static absl::Time At(const std::string& local) {
    absl::Time time;
    std::string error;
    EXPECT_TRUE(
        absl::ParseTime("%Y-%m-%d %H:%M", local, *base::LoadZone("Europe/Zurich"), &time, &error))
        << error;
    return time;
  }

  absl::Status Do(const MemberId& member, absl::Time now, Act::Decision decision) {
    auto act = std::make_unique<Act>(std::move(decision));
    act->envelope.of_merged = true;
    return Post(acts_, std::move(act), member, now).status();
  }

  template <class Kind, class M>
  absl::StatusOr<std::string> Post(Kind& kind, std::unique_ptr<M> mutation, const MemberId& member,
                                   absl::Time now, const std::string& request_id = "") {
    mutation->envelope.program = program_;
    mutation->envelope.member = member;
    mutation->envelope.request_id = request_id;
    mutation->envelope.fingerprint = request_id;
    mutation->envelope.actor = "key_test";
    mutation->envelope.now = now;
    mutation->envelope.deadline = Soon();
    return poster_.Post(kind, std::move(mutation)).answer;
  }

  TransactionId NewTransaction(const MemberId& member, absl::Time now) {
    return ledger::Beside(program_, member, TransactionId{ids_.Next(now)});
  }

  // Somebody who consented to everything, and lives in Zurich.
  MemberId AddMember(const std::string& name) {
    const MemberId member{ids_.Next(real_clock_.Now())};
    const absl::Status enrolled = Do(member, At("2026-01-01 10:00"), [&](ledger::Books& books) {
      books.AddHolder(member, At("2026-01-01 10:00"));
      return books
          .Post({.kind = ledger::FactKind::kMemberEnrolled,
                 .transaction = {member.uuid},
                 .member = member,
                 .effective_at = At("2026-01-01 10:00")})
          .status();
    });
    EXPECT_TRUE(enrolled.ok()) << enrolled;
    recipients_.people[member] = {.name = name,
                                  .email = name + "@example.org",
                                  .language = "en",
                                  .zone = *base::LoadZone("Europe/Zurich"),
                                  .consents = {.marketing = true, .surveys = true}};
    return member;
  }

  // A fact about a member, as its service would post it.
  void Happens(ledger::FactKind kind, const MemberId& member, absl::Time at,
               const std::string& detail, int64_t points = 0) {
    const TransactionId transaction = NewTransaction(member, at);
    const absl::Status posted = Do(member, at, [&](ledger::Books& books) -> absl::Status {
      if (points > 0) {
        return ledger::Earn(books, {.posting = {.kind = kind,
                                                .transaction = transaction,
                                                .member = member,
                                                .effective_at = at,
                                                .detail = detail},
                                    .points = points});
      }
      return books
          .Post({.kind = kind,
                 .transaction = transaction,
                 .member = member,
                 .effective_at = at,
                 .detail = detail})
          .status();
    });
    EXPECT_TRUE(posted.ok()) << posted;
  }
  void Thanks(const MemberId& member, absl::Time at, const std::string& more = "") {
    Happens(ledger::FactKind::kThankYou, member, at,
            absl::StrCat("{\"template\":\"ceo-note\",\"trigger\":\"ceo-note\",\"purchase\":"
                         "\"pur_1\"",
                         more, "}"));
  }

  // How they stand, in the books, as a fact, and for whoever asks members.
  void Becomes(const MemberId& member, ledger::MemberState state, absl::Time at) {
    const absl::Status set = Do(member, at, [&](ledger::Books& books) {
      return ledger::SetMemberState(books,
                                    {.kind = ledger::FactKind::kMemberStateSet,
                                     .transaction = NewTransaction(member, at),
                                     .member = member,
                                     .effective_at = at,
                                     .source = "test"},
                                    state);
    });
    EXPECT_TRUE(set.ok()) << set;
    recipients_.people[member].state = state;
  }

  // As the members service erases somebody: how they stand, and the fact that is followed.
  void Erase(const MemberId& member, absl::Time at) {
    const TransactionId transaction = NewTransaction(member, at);
    const absl::Status erased = Do(member, at, [&](ledger::Books& books) -> absl::Status {
      const ledger::Posting posting{.kind = ledger::FactKind::kMemberStateSet,
                                    .transaction = transaction,
                                    .member = member,
                                    .effective_at = at,
                                    .source = "erasure"};
      RETURN_IF_ERROR(ledger::SetMemberState(books, posting, ledger::MemberState::kErased));
      return books
          .Post({.kind = ledger::FactKind::kMemberErased,
                 .transaction = transaction,
                 .member = member,
                 .effective_at = at,
                 .source = "erasure"})
          .status();
    });
    EXPECT_TRUE(erased.ok()) << erased;
  }

  // A 20% voucher without an end.
  VoucherId Issue(const MemberId& member, absl::Time at) {
    const VoucherId voucher = ledger::Beside(program_, member, VoucherId{ids_.Next(at)});
    const absl::Status issued = Do(member, at, [&](ledger::Books& books) {
      return ledger::IssueVoucher(
          books, {.posting = {.kind = ledger::FactKind::kVoucherIssued,
                              .transaction = NewTransaction(member, at),
                              .member = member,
                              .unit = ledger::UnitOfVoucher(ledger::VoucherKind::kPercentage),
                              .effective_at = at},
                  .voucher = voucher,
                  .terms = {.kind = ledger::VoucherKind::kPercentage, .basis_points = 2000},
                  .worth = 1});
    });
    EXPECT_TRUE(issued.ok()) << issued;
    return voucher;
  }

  absl::Status SetPolicy(MessagingPolicy policy) {
    const absl::Time now = At("2026-01-01 00:00");
    return Post(policy_sets_,
                std::make_unique<SetMessagingPolicy>(
                    std::move(policy), ledger::TransactionOfProgram(program_, ids_.Next(now))),
                {}, now)
        .status();
  }
  absl::StatusOr<std::string> SetTemplate(Template message_template,
                                          const std::string& request_id = "") {
    const absl::Time now = At("2026-01-01 00:00");
    RETURN_IF_ERROR(CheckTemplate(message_template));
    return Post(
        template_sets_,
        std::make_unique<messages::SetTemplate>(
            std::move(message_template), ledger::TransactionOfProgram(program_, ids_.Next(now))),
        {}, now, request_id);
  }
  // Of one wording, or as many as there are texts.
  static Template Note(const std::string& code, const std::vector<std::string>& texts,
                       Purpose purpose = Purpose::kService) {
    Template note{.code = code, .purpose = purpose, .sender = "founder", .default_language = "en"};
    for (const std::string& text : texts) {
      note.wordings.push_back({.language = "en",
                               .subject = "To {{member.name}}",
                               .text = text,
                               .task = "For {{member.name}}: " + code});
    }
    return note;
  }

  // What the threads do, at `now`.
  Sending::Report Turn(absl::Time now) {
    Keep(now);
    const auto report = sending_.SendDue(program_, now, Soon(), {});
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(Sending::Report{});
  }
  void Keep(absl::Time now) {
    for (int32_t partition = program_.first_partition; partition <= program_.last_partition();
         ++partition) {
      const absl::Status kept = intents_.Keep(program_, partition, now, Soon(), {});
      EXPECT_TRUE(kept.ok()) << kept;
    }
  }

  // Newest first.
  std::vector<SeenMessage> MessagesOf(const MemberId& member) {
    return *messages_.List(program_, member, LastPlace(), 0, "", 1000, Soon());
  }
  // "sent", "withheld 2", "waiting 5": what became of each, as things happened.
  std::string FatesOf(const MemberId& member) {
    std::vector<SeenMessage> all = MessagesOf(member);
    std::sort(all.begin(), all.end(), [](const SeenMessage& a, const SeenMessage& b) {
      return a.message.occurred_at < b.message.occurred_at;
    });
    std::string fates;
    for (const SeenMessage& seen : all) {
      const MessageVerdict& verdict = seen.message.verdict;
      if (!fates.empty()) fates += ", ";
      switch (verdict.state) {
        case MessageState::kSent:
          fates += "sent";
          break;
        case MessageState::kWithheld:
          fates += absl::StrCat("withheld ", static_cast<int>(verdict.why));
          break;
        case MessageState::kWaiting:
          fates += absl::StrCat("waiting ", static_cast<int>(verdict.why));
      }
    }
    return fates;
  }
  // The text of the newest message; empty when none is kept.
  std::string LastTextOf(const MemberId& member) {
    const auto seen = messages_.Get(program_, MessagesOf(member).front().message.id, Soon());
    EXPECT_TRUE(seen.ok()) << seen.status();
    return seen.ok() && seen->text ? seen->text->text() : "";
  }

  int64_t Count(const std::string& what) {
    // A query's name and text live as long as the program.
    static std::map<std::string, std::pair<std::string, std::string>> queries;
    const auto [query, fresh] = queries.try_emplace(what);
    if (fresh) {
      query->second = {absl::StrCat("test/count_", queries.size()), "SELECT count(*) FROM " + what};
    }
    const auto& [name, text] = query->second;
    int64_t count = -1;
    const absl::Status read = pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(pg::Query{name, text}));
      count = rows[0].Get<int64_t>(0);
      return absl::OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read;
    return count;
  }

  pg::testing::TestDatabase database_{
      pg::testing::TemplateOf({{"house", house::Migrations(), "messages"},
                               {"ledger", ledger::Migrations(), "messages"},
                               {"gratis_messages", Migrations(), "messages"}})};
  base::SystemClock real_clock_;
  base::RandomIds ids_;
  pg::Pool pool_{PoolOptions()};
  ledger::Poster poster_{{.chain_key = std::string(32, 'c')}, pool_, real_clock_};
  vault::Vault vault_ = *vault::Vault::FromMasterKey(std::string(32, 'm'), 1);
  ledger::MutationKind acts_;
  TemplateSets template_sets_;
  MessagingPolicySets policy_sets_;
  TaskChanges task_changes_;
  ReadMarks read_marks_;
  FakeRecipients recipients_;
  Outbox outbox_{ids_, real_clock_};
  UnsubscribeTokens tokens_{vault_.Derive("unsubscribe")};
  int made_ = 0;
  Intents intents_{pool_, ids_, [this] { ++made_; }};
  Sending sending_{pool_, recipients_, outbox_, vault_, tokens_};
  Templates templates_{pool_};
  Messages messages_{pool_, recipients_, vault_, tokens_};
  const ledger::Program program_;

 private:
  pg::PoolOptions PoolOptions() const {
    pg::PoolOptions options;
    options.conninfo = database_.conninfo();
    options.role = pg::ServiceRole("messages");
    options.application_name = "test";
    return options;
  }

  ledger::Program NewProgram() {
    ledger::Program program;
    const absl::Status made = pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(const ledger::ProgramFrontier frontier, ledger::ReadProgramFrontier(tx));
      program = {.number = frontier.number,
                 .code = "shop",
                 .display_name = "Keller",
                 .currency_code = "CHF",
                 .time_zone = "Europe/Zurich",
                 .first_partition = frontier.first_partition,
                 .partitions = 4,
                 .created_at = real_clock_.Now()};
      ledger::InsertProgram(tx, program);
      return absl::OkStatus();
    });
    EXPECT_TRUE(made.ok()) << made;
    return program;
  }
};

}  // namespace gratis::messages
