#include <grpcpp/create_channel.h>
#include <grpcpp/impl/codegen/sync_stream.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <atomic>
#include <future>
#include <map>
#include <set>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/macros.h"
#include "tests/integration/services/ledger/ledger_house.h"

namespace gratis::ledger_service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Positions = std::map<int32_t, int64_t>;

Positions PositionsOf(const v1::Cursor& cursor) {
  Positions positions;
  for (const auto& p : cursor.positions()) positions[p.partition()] = p.sequence();
  return positions;
}

v1::Cursor CursorAt(const Positions& positions) {
  v1::Cursor cursor;
  for (const auto& [partition, sequence] : positions) {
    v1::Position& position = *cursor.add_positions();
    position.set_partition(partition);
    position.set_sequence(sequence);
  }
  return cursor;
}

// Facts of one member, many at once, with long details.
class Chatter final : public ledger::Mutation {
 public:
  explicit Chatter(int facts) : facts_(facts) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    for (int i = 0; i < facts_; ++i) {
      RETURN_IF_ERROR(books
                          .Post({.kind = ledger::FactKind::kThanksPolicySet,
                                 .transaction = {},
                                 .member = envelope.member,
                                 .effective_at = envelope.now,
                                 .source = "",
                                 .detail = std::string(4'000, 'd')})
                          .status());
    }
    return std::string("said");
  }

 private:
  const int facts_;
};

// One open stream, read by one thread.
class Watcher {
 public:
  Watcher(const std::shared_ptr<grpc::Channel>& channel, const v1::WatchRequest& request,
          const std::string& authorization = "") {
    context_.set_wait_for_ready(true);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    if (!authorization.empty()) context_.AddMetadata("authorization", authorization);
    reader_ = v1::FeedService::NewStub(channel)->Watch(&context_, request);
  }
  ~Watcher() {
    if (ended_) return;
    context_.TryCancel();
    Finish().IgnoreError();
  }

  // The next message; false at the end.
  bool Read() {
    message_.Clear();
    if (!reader_->Read(&message_)) return false;
    cursors_.push_back(message_.cursor());
    for (const v1::Entry& entry : message_.entries()) entries_.push_back(entry);
    return true;
  }
  absl::Status Finish() {
    while (Read()) {
    }
    ended_ = true;
    const grpc::Status status = reader_->Finish();
    return status.ok() ? absl::OkStatus() : rpc::FromGrpc(status);
  }
  // Reads until so many entries came.
  bool ReadUpTo(size_t entries) {
    while (entries_.size() < entries) {
      if (!Read()) return false;
    }
    return true;
  }

  const v1::WatchResponse& message() const { return message_; }
  const std::vector<v1::Entry>& entries() const { return entries_; }
  // Of each message.
  const std::vector<v1::Cursor>& cursors() const { return cursors_; }
  int messages() const { return static_cast<int>(cursors_.size()); }
  void Cancel() { context_.TryCancel(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchResponse>> reader_;
  v1::WatchResponse message_;
  std::vector<v1::Entry> entries_;
  std::vector<v1::Cursor> cursors_;
  bool ended_ = false;
};

class FeedHouse : public LedgerHouse {
 protected:
  explicit FeedHouse(Options options) : LedgerHouse(std::move(options)) {
    NewProgram("demo");
    program_ = Find("demo");
    finance_ = NewKey(house::Role::kFinance, program_.number);
    till_ = NewKey(house::Role::kPos, program_.number);
    for (int i = 0; i < 8; ++i) members_.push_back(NewMember("demo"));
  }

  static Options Small(ledger::FeedOptions feed = {}) {
    feed.page_rows = 7;
    feed.window_rows = 9;
    feed.page_partitions = 3;
    return {.shell = {}, .feed = feed};
  }

  std::shared_ptr<grpc::Channel> ChannelAs(const std::string& key) {
    return rpc::MakeChannel({.address = absl::StrCat("localhost:", server_->port()),
                             .ca_pem = certificates_.ca_pem,
                             .authorization = rpc::KeyAuthorization(key),
                             .server_name = ""});
  }
  std::unique_ptr<Watcher> Watch(const v1::WatchRequest& request) {
    return std::make_unique<Watcher>(ChannelAs(finance_), request);
  }
  static v1::WatchRequest Following() {
    v1::WatchRequest request;
    request.set_follow(true);
    return request;
  }
  absl::Status Refusal(const v1::WatchRequest& request) { return Watch(request)->Finish(); }

  // Earns of one point each. Several threads may do so.
  void Earn(const std::string& member, int count) {
    const auto stub =
        v1::LedgerService::NewStub(server_->InProcessChannel(rpc::KeyAuthorization(till_)));
    for (int i = 0; i < count; ++i) {
      v1::EarnRequest request;
      request.set_request_id(absl::StrCat("earn-", ++earned_));
      request.set_member_id(member);
      request.set_points(1);
      grpc::ClientContext context;
      v1::EarnResponse response;
      const grpc::Status status = stub->Earn(&context, request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
    }
  }
  void Chat(const std::string& member, int facts) {
    auto chatter = std::make_unique<Chatter>(facts);
    ledger::Envelope& envelope = chatter->envelope;
    envelope.program = program_;
    envelope.member = *MemberId::Parse(member);
    envelope.request_id = NextRequestId();
    envelope.fingerprint = "chatter";
    envelope.actor = "key_test";
    envelope.now = clock_.Now();
    envelope.deadline = clock_.Now() + absl::Seconds(30);
    EXPECT_EQ(poster_->Post(plain_, std::move(chatter)).answer.status(), absl::OkStatus());
  }
  size_t Recorded() {
    const auto trial =
        Call(&v1::LedgerService::Stub::GetTrialBalance, v1::GetTrialBalanceRequest(), finance_);
    EXPECT_TRUE(trial.ok()) << trial.status();
    return trial.ok() ? trial->entries() : 0;
  }

  // Each partition's entries are there in their order, from `from` on, without gap or double.
  static Positions ExpectGapless(const std::vector<v1::Entry>& entries, Positions from = {}) {
    for (const v1::Entry& entry : entries) {
      EXPECT_EQ(entry.sequence(), ++from[entry.partition()]) << "partition " << entry.partition();
    }
    return from;
  }

  ledger::Program program_;
  std::string finance_;
  std::string till_;
  std::vector<std::string> members_;
  std::atomic<int> earned_ = 0;
};

class Feed : public FeedHouse {
 protected:
  Feed() : FeedHouse(Small()) {}
};

TEST_F(Feed, HistoryAndThenWhatIsPostedWithoutGapOrDouble) {
  Earn(members_[0], 30);
  std::vector<std::thread> posting;
  for (int i = 0; i < 4; ++i) {
    posting.emplace_back([this, i] { Earn(members_[i], 50); });
  }
  const auto early = Watch(Following());
  ASSERT_TRUE(early->ReadUpTo(100));
  const auto late = Watch(Following());
  for (std::thread& thread : posting) thread.join();
  const size_t recorded = Recorded();
  ASSERT_EQ(recorded, 8u + 30 + 4 * 50);
  for (Watcher* watcher : {early.get(), late.get()}) {
    ASSERT_TRUE(watcher->ReadUpTo(recorded));
    EXPECT_THAT(watcher->entries(), SizeIs(recorded));
    const Positions reached = ExpectGapless(watcher->entries());
    for (const auto& [partition, sequence] : PositionsOf(watcher->message().cursor())) {
      EXPECT_EQ(sequence, reached.count(partition) ? reached.at(partition) : 0);
    }
  }
}

TEST_F(Feed, EveryCursorIsAPlaceToComeBackTo) {
  for (const std::string& member : members_) Earn(member, 5);
  const auto whole = Watch({});
  std::vector<v1::Cursor> cursors;
  std::vector<size_t> taken;
  while (whole->Read()) {
    cursors.push_back(whole->message().cursor());
    taken.push_back(whole->entries().size());
  }
  EXPECT_EQ(whole->Finish(), absl::OkStatus());
  ASSERT_THAT(whole->entries(), SizeIs(Recorded()));
  ASSERT_GT(cursors.size(), 5u);
  for (size_t i = 0; i < cursors.size(); ++i) {
    v1::WatchRequest request;
    *request.mutable_cursor() = cursors[i];
    const auto rest = Watch(request);
    EXPECT_EQ(rest->Finish(), absl::OkStatus());
    EXPECT_THAT(rest->entries(), SizeIs(whole->entries().size() - taken[i]));
    ExpectGapless(rest->entries(), PositionsOf(cursors[i]));
  }
  // One that no message had: all at 1 but the first, which it does not name.
  Positions odd = PositionsOf(cursors.back());
  odd.erase(odd.begin());
  size_t skipped = 0;
  for (auto& [partition, sequence] : odd) skipped += sequence = std::min<int64_t>(sequence, 1);
  v1::WatchRequest request;
  *request.mutable_cursor() = CursorAt(odd);
  const auto rest = Watch(request);
  EXPECT_EQ(rest->Finish(), absl::OkStatus());
  EXPECT_THAT(rest->entries(), SizeIs(whole->entries().size() - skipped));
  ExpectGapless(rest->entries(), odd);
}

TEST_F(Feed, FiltersLetThroughTheKindsAndMembersNamed) {
  for (const std::string& member : members_) Earn(member, 12);
  v1::WatchRequest request;
  request.add_kinds(v1::ENTRY_KIND_EARN);
  const auto earns = Watch(request);
  EXPECT_EQ(earns->Finish(), absl::OkStatus());
  EXPECT_THAT(earns->entries(), SizeIs(8 * 12));
  request.add_member_ids(members_[3]);
  request.add_member_ids(members_[5]);
  const auto theirs = Watch(request);
  EXPECT_EQ(theirs->Finish(), absl::OkStatus());
  EXPECT_THAT(theirs->entries(), SizeIs(2 * 12));
  for (const v1::Entry& entry : theirs->entries()) {
    EXPECT_EQ(entry.kind(), v1::ENTRY_KIND_EARN);
    EXPECT_TRUE(entry.member_id() == members_[3] || entry.member_id() == members_[5]);
  }
  request.clear_kinds();
  const auto all = Watch(request);
  EXPECT_EQ(all->Finish(), absl::OkStatus());
  EXPECT_THAT(all->entries(), SizeIs(2 * 13));
  // What lets nothing through still comes to the end, and says so.
  request.clear_member_ids();
  request.add_kinds(v1::ENTRY_KIND_BIRTHDAY_GIFT);
  const auto none = Watch(request);
  EXPECT_EQ(none->Finish(), absl::OkStatus());
  EXPECT_THAT(none->entries(), IsEmpty());
  EXPECT_EQ(none->messages(), 2);
}

// Farther than what is looked at for one page.
TEST_F(Feed, WhatAFilterLetsThroughIsFoundHoweverFarBehind) {
  for (const std::string& member : {members_[0], members_[1]}) {
    Chat(member, 40);
    Earn(member, 1);
    Chat(member, 25);
    Earn(member, 1);
  }
  v1::WatchRequest request;
  request.add_kinds(v1::ENTRY_KIND_EARN);
  const auto earns = Watch(request);
  EXPECT_EQ(earns->Finish(), absl::OkStatus());
  EXPECT_THAT(earns->entries(), SizeIs(4));
}

TEST_F(Feed, NoPartitionWaitsForTheOthersToBeRead) {
  std::map<int32_t, std::string> in;  // partition -> a member
  for (int i = 0; i < 200 && in.size() < 8; ++i) {
    const std::string member = NewMember("demo");
    in.emplace(ledger::PartitionOf(program_, *MemberId::Parse(member)), member);
  }
  ASSERT_EQ(in.size(), 8u);
  // As many as are read for one page have much to tell, and come first.
  auto busy = in.begin();
  for (int i = 0; i < 3; ++i) Chat((busy++)->second, 200);
  const auto watcher = Watch({});
  std::set<int32_t> seen;
  while (seen.size() < 8 && watcher->Read()) {
    for (const v1::Entry& entry : watcher->message().entries()) seen.insert(entry.partition());
  }
  EXPECT_EQ(seen.size(), 8u);
  EXPECT_LE(watcher->messages(), 8);
}

TEST_F(Feed, FromNowBeginsWithACursorAndThenHasOnlyWhatIsNew) {
  Earn(members_[0], 3);
  v1::WatchRequest request = Following();
  request.set_from_now(true);
  const auto watcher = Watch(request);
  ASSERT_TRUE(watcher->Read());
  EXPECT_THAT(watcher->message().entries(), IsEmpty());
  const Positions heads = PositionsOf(watcher->message().cursor());
  EXPECT_THAT(heads, SizeIs(8));
  Earn(members_[0], 2);
  Earn(members_[1], 1);
  ASSERT_TRUE(watcher->ReadUpTo(3));
  ExpectGapless(watcher->entries(), heads);
}

TEST_F(Feed, WhatAnotherProcessPostsIsFoundByLooking) {
  const auto watcher = Watch(Following());
  ASSERT_TRUE(watcher->ReadUpTo(8));
  // Two of them, which tell this feed nothing.
  ledger::PosterOptions options;
  options.chain_key = vault_.Derive("chain");
  poster_ = std::make_unique<ledger::Poster>(options, pool_, clock_);
  const std::string first = NewMember("demo");
  ASSERT_TRUE(watcher->ReadUpTo(9));
  EXPECT_EQ(watcher->entries().back().member_id(), first);
  poster_ = std::make_unique<ledger::Poster>(options, pool_, clock_);
  const std::string second = NewMember("demo");
  ASSERT_TRUE(watcher->ReadUpTo(10));
  EXPECT_EQ(watcher->entries().back().member_id(), second);
  ExpectGapless(watcher->entries());
}

// The heartbeat of this house is an hour away.
TEST_F(Feed, AStreamThatIsOpenEndsWithItsKey) {
  const auto watcher = Watch(Following());
  ASSERT_TRUE(watcher->ReadUpTo(8));
  const auto keys = Call(&v1::KeyService::Stub::ListKeys, v1::ListKeysRequest(), admin_);
  ASSERT_TRUE(keys.ok()) << keys.status();
  v1::RevokeKeyRequest revoke;
  revoke.set_request_id(NextRequestId());
  for (const v1::Key& key : keys->keys()) {
    if (key.role() == type::v1::ROLE_FINANCE) revoke.set_key_id(key.key_id());
  }
  ASSERT_TRUE(Call(&v1::KeyService::Stub::RevokeKey, revoke, admin_).ok());
  EXPECT_EQ(ReasonOf(watcher->Finish()), Reason::kKeyRevoked);
}

TEST_F(Feed, OnlyForThoseWhoMaySeeTheJournal) {
  EXPECT_EQ(ReasonOf(Watcher(ChannelAs(till_), {}).Finish()), Reason::kRoleNotAllowed);
  EXPECT_EQ(ReasonOf(Watcher(ChannelAs("gk_nobody"), {}).Finish()), Reason::kKeyInvalid);
  EXPECT_EQ(ReasonOf(Watcher(ChannelAs(admin_), {}).Finish()), Reason::kProgramMissing);
}

TEST_F(Feed, ACursorIsOneOfThisJournal) {
  const int32_t partition = program_.first_partition;
  const auto refused = [&](const v1::Cursor& cursor) {
    v1::WatchRequest request;
    *request.mutable_cursor() = cursor;
    const absl::Status status = Refusal(request);
    EXPECT_EQ(ReasonOf(status), Reason::kCursorInvalid) << status;
    return MetadataOf(status);
  };
  const std::string last_plus_one = absl::StrCat(program_.last_partition() + 1);
  EXPECT_EQ(refused(CursorAt({{program_.last_partition() + 1, 0}})),
            (Metadata{{"partition", last_plus_one}}));
  EXPECT_EQ(refused(CursorAt({{0, 0}})), (Metadata{{"partition", "0"}}));
  refused(CursorAt({{partition, 1'000}}));
  refused(CursorAt({{partition, -1}}));
  v1::Cursor twice = CursorAt({{partition, 0}});
  *twice.add_positions() = twice.positions(0);
  refused(twice);
}

TEST_F(Feed, WhatIsAskedForMustMakeSense) {
  v1::WatchRequest request;
  request.set_from_now(true);
  request.mutable_cursor();
  EXPECT_EQ(FieldOf(Refusal(request)), "from_now");
  request.Clear();
  request.add_kinds(static_cast<v1::EntryKind>(9'999));
  EXPECT_EQ(FieldOf(Refusal(request)), "kinds");
  request.Clear();
  request.add_member_ids("mem_nobody");
  EXPECT_EQ(ReasonOf(Refusal(request)), Reason::kInvalidId);
  request.Clear();
  for (int i = 0; i <= 100; ++i) request.add_kinds(v1::ENTRY_KIND_EARN);
  EXPECT_EQ(ReasonOf(Refusal(request)), Reason::kFieldTooLong);
  EXPECT_EQ(FieldOf(Refusal(request)), "kinds");
  request.mutable_kinds()->RemoveLast();
  EXPECT_EQ(Refusal(request), absl::OkStatus());
  request.Clear();
  for (int i = 0; i <= 100; ++i) request.add_member_ids(members_[0]);
  EXPECT_EQ(ReasonOf(Refusal(request)), Reason::kFieldTooLong);
  EXPECT_EQ(FieldOf(Refusal(request)), "member_ids");
  request.mutable_member_ids()->RemoveLast();
  EXPECT_EQ(Refusal(request), absl::OkStatus());
  request.Clear();
  request.GetReflection()->MutableUnknownFields(&request)->AddVarint(77, 1);
  EXPECT_EQ(ReasonOf(Refusal(request)), Reason::kFieldUnknown);
}

// gRPC answers it by itself, and calls no handler.
TEST_F(Feed, BytesThatAreNoRequestAreRefusedAsSuch) {
  const auto channel = ChannelAs(finance_);
  const grpc::Slice slice(std::string("\x0a\xff\xff"));
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  const std::unique_ptr<grpc::ClientReader<grpc::ByteBuffer>> reader(
      grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(
          channel.get(),
          grpc::internal::RpcMethod("/gratis.ledger.v1.FeedService/Watch",
                                    grpc::internal::RpcMethod::SERVER_STREAMING),
          &context, request));
  grpc::ByteBuffer answer;
  EXPECT_FALSE(reader->Read(&answer));
  EXPECT_EQ(ReasonOf(rpc::FromGrpc(reader->Finish())), Reason::kFieldInvalid);
}

TEST_F(Feed, EndsPolitelyWithTheProcess) {
  const auto watcher = Watch(Following());
  ASSERT_TRUE(watcher->ReadUpTo(8));
  auto stopped = std::async(std::launch::async, [&] { return server_->Stop(absl::Seconds(30)); });
  const absl::Status status = watcher->Finish();
  EXPECT_EQ(ReasonOf(status), Reason::kDraining) << status;
  EXPECT_TRUE(RetryDelayOf(status).has_value());
  EXPECT_TRUE(stopped.get());
}

TEST_F(Feed, AClientThatGoesLeavesNothingBehind) {
  {
    const auto watcher = Watch(Following());
    ASSERT_TRUE(watcher->ReadUpTo(8));
    EXPECT_EQ(shell_->load().streams, 1);
  }
  while (shell_->load().streams > 0 || shell_->load().open > 0) std::this_thread::yield();
  const rpc::CallSummary last = observer_.All().back();
  EXPECT_EQ(last.method, "gratis.ledger.v1.FeedService/Watch");
  EXPECT_EQ(last.code, absl::StatusCode::kCancelled);
  EXPECT_GE(last.messages.value_or(0), 2);
}

// Only the poster tells: the next look would be in an hour.
class FeedWoken : public FeedHouse {
 protected:
  FeedWoken() : FeedHouse(Small({.poll_every = absl::Hours(1)})) {}
};

TEST_F(FeedWoken, ByWhatThisProcessPosts) {
  const auto watcher = Watch(Following());
  ASSERT_TRUE(watcher->ReadUpTo(8));
  for (int i = 1; i <= 20; ++i) {
    Earn(members_[i % 3], 1);
    ASSERT_TRUE(watcher->ReadUpTo(8 + i));
  }
  ExpectGapless(watcher->entries());
}

class QuietFeed : public FeedHouse {
 protected:
  QuietFeed() : FeedHouse({.heartbeat = absl::Milliseconds(20)}) {}
};

TEST_F(QuietFeed, MovesItsCursorThoughNothingIsLetThrough) {
  v1::WatchRequest request = Following();
  request.add_kinds(v1::ENTRY_KIND_BIRTHDAY_GIFT);
  const auto watcher = Watch(request);
  ASSERT_TRUE(watcher->Read());
  Earn(members_[0], 3);
  const MemberId member = *MemberId::Parse(members_[0]);
  const int32_t partition = ledger::PartitionOf(program_, member);
  const int64_t head = feed_.Heads(program_)->at(partition);
  do {
    ASSERT_TRUE(watcher->Read());
  } while (PositionsOf(watcher->message().cursor()).at(partition) < head);
  EXPECT_THAT(watcher->entries(), IsEmpty());
}

class FullFeed : public FeedHouse {
 protected:
  FullFeed() : FeedHouse({.shell = {.max_open_streams = 1}}) {}
};

TEST_F(FullFeed, TakesOnlySoManyAndThenOthersWhenOneLeft) {
  auto first = Watch(Following());
  ASSERT_TRUE(first->Read());
  const absl::Status refused = Refusal(Following());
  EXPECT_EQ(ReasonOf(refused), Reason::kOverloaded);
  EXPECT_TRUE(RetryDelayOf(refused).has_value());
  first.reset();
  while (shell_->load().streams > 0) std::this_thread::yield();
  EXPECT_TRUE(Watch(Following())->Read());
}

class SlowFeed : public FeedHouse {
 protected:
  SlowFeed()
      : FeedHouse({.shell = {.slow_limit = absl::Milliseconds(500)}, .feed = {.page_rows = 8}}) {}

  // One that takes in only a little of what it does not read.
  std::shared_ptr<grpc::Channel> NarrowChannel() {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = certificates_.ca_pem;
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    return grpc::CreateCustomChannel(absl::StrCat("localhost:", server_->port()),
                                     grpc::SslCredentials(tls), arguments);
  }
  rpc::CallSummary TooSlow() {
    while (true) {
      for (const rpc::CallSummary& summary : observer_.All()) {
        if (summary.reason == "FEED_TOO_SLOW") return summary;
      }
      std::this_thread::yield();
    }
  }
};

TEST_F(SlowFeed, AClientThatTakesNothingIsSentAwayAndOthersGoOn) {
  Watcher slow(NarrowChannel(), Following(), rpc::KeyAuthorization(finance_));
  ASSERT_TRUE(slow.Read());
  const auto quick = Watch(Following());
  Chat(members_[0], 1'000);
  ASSERT_TRUE(quick->ReadUpTo(8 + 1'000));
  const rpc::CallSummary ended = TooSlow();
  Chat(members_[0], 1);
  ASSERT_TRUE(quick->ReadUpTo(8 + 1'001));
  ExpectGapless(quick->entries());

  // It comes to, and is told; what it took and what it missed make the whole.
  const absl::Status status = slow.Finish();
  EXPECT_EQ(ReasonOf(status), Reason::kFeedTooSlow) << status;
  EXPECT_LT(slow.entries().size(), 900u);
  Positions told;
  for (const auto& [key, value] : MetadataOf(status)) {
    ASSERT_EQ(key, "cursor");
    const std::vector<std::string> pairs = absl::StrSplit(value, ',');
    for (const std::string& pair : pairs) {
      const std::vector<std::string> parts = absl::StrSplit(pair, ':');
      int32_t partition = 0;
      ASSERT_TRUE(absl::SimpleAtoi(parts.at(0), &partition));
      ASSERT_TRUE(absl::SimpleAtoi(parts.at(1), &told[partition]));
    }
  }
  // The cursor it is told is that of the last message that it took in time, not of the one that
  // kept waiting, which may be lost.
  const auto in_time = static_cast<size_t>(ended.messages.value_or(0));
  ASSERT_GE(in_time, 1U);
  ASSERT_GE(slow.cursors().size(), in_time);
  EXPECT_EQ(told, PositionsOf(slow.cursors()[in_time - 1]));
  Positions taken = ExpectGapless(slow.entries());
  v1::WatchRequest again;
  *again.mutable_cursor() = CursorAt(taken);
  const auto rest = Watch(again);
  EXPECT_EQ(rest->Finish(), absl::OkStatus());
  EXPECT_EQ(slow.entries().size() + rest->entries().size(), 8u + 1'001);
  ExpectGapless(rest->entries(), taken);
}

TEST_F(SlowFeed, AClientThatNeverComesToIsGivenUp) {
  Watcher slow(NarrowChannel(), Following(), rpc::KeyAuthorization(finance_));
  ASSERT_TRUE(slow.Read());
  Chat(members_[0], 1'000);
  TooSlow();
  while (shell_->load().streams > 0) std::this_thread::yield();
  EXPECT_EQ(slow.Finish().code(), absl::StatusCode::kCancelled);
}

class Verifying : public FeedHouse {
 protected:
  Verifying() : FeedHouse(Options()) {}

  struct Found {
    absl::Status status;
    std::map<int32_t, v1::VerifyPartitionResponse> partitions;
    v1::VerifyLedgerResponse last;
  };
  // `code`: which program, with a key for all.
  Found Verify(const std::string& key, const std::string& code = "", bool without_house = false,
               const std::vector<v1::Anchor>& anchors = {}) {
    grpc::ClientContext context;
    rpc::Begin(code, clock_.Now() + absl::Seconds(60), context);
    context.set_wait_for_ready(true);
    v1::VerifyLedgerRequest request;
    request.set_without_house(without_house);
    for (const v1::Anchor& anchor : anchors) *request.add_anchors() = anchor;
    const auto reader = v1::LedgerService::NewStub(ChannelAs(key))->VerifyLedger(&context, request);
    Found found;
    v1::VerifyLedgerResponse message;
    while (reader->Read(&message)) {
      EXPECT_GE(message.entries(), found.last.entries());
      found.last = message;
      if (!message.has_verified()) continue;
      const int32_t partition = message.verified().partition();
      EXPECT_TRUE(found.partitions.emplace(partition, message.verified()).second);
      EXPECT_EQ(message.partitions_done(), static_cast<int>(found.partitions.size()));
    }
    const grpc::Status status = reader->Finish();
    if (!status.ok()) found.status = rpc::FromGrpc(status);
    return found;
  }
};

TEST_F(Verifying, AllPartitionsAreCheckedEachOnce) {
  for (const std::string& member : members_) Earn(member, 3);
  const Found found = Verify(finance_);
  ASSERT_TRUE(found.status.ok()) << found.status;
  EXPECT_THAT(found.partitions, SizeIs(8));
  EXPECT_EQ(found.last.partitions(), 8);
  EXPECT_EQ(found.last.entries(), static_cast<int64_t>(Recorded()));
  for (const auto& [partition, verified] : found.partitions) {
    EXPECT_THAT(verified.damages(), IsEmpty()) << verified.damages(0).description();
  }
  EXPECT_EQ(ReasonOf(Verify(till_).status), Reason::kRoleNotAllowed);
}

TEST_F(Verifying, WhatWasFoundBeforeIsComparedWithWhatIsThere) {
  const Found before = Verify(finance_);
  std::vector<v1::Anchor> anchors;
  for (const auto& [partition, verified] : before.partitions) {
    v1::Anchor& anchor = anchors.emplace_back();
    anchor.set_partition(partition);
    anchor.set_sequence(verified.last_sequence());
    anchor.set_chain_hash(verified.chain_hash());
  }
  ASSERT_THAT(anchors, SizeIs(8));
  for (const std::string& member : members_) Earn(member, 3);
  const Found after = Verify(finance_, "", false, anchors);
  for (const auto& [partition, verified] : after.partitions) {
    EXPECT_THAT(verified.damages(), IsEmpty()) << verified.damages(0).description();
    EXPECT_EQ(verified.anchors(), 1);
  }

  EXPECT_GT(after.last.entries(), before.last.entries());

  anchors[2].set_sequence(1'000'000);
  const int32_t partition = anchors[2].partition();
  const Found found = Verify(finance_, "", false, anchors);
  ASSERT_THAT(found.partitions.at(partition).damages(), SizeIs(1));
  EXPECT_EQ(found.partitions.at(partition).damages(0).check(), "chain");
  v1::VerifyPartitionRequest request;
  request.set_partition(partition);
  *request.add_anchors() = anchors[2];
  const auto alone = Call(&v1::LedgerService::Stub::VerifyPartition, request, finance_);
  ASSERT_TRUE(alone.ok()) << alone.status();
  EXPECT_THAT(alone->damages(), SizeIs(1));

  anchors[5].set_chain_hash("as it was");
  const absl::Status refused = Verify(finance_, "", false, anchors).status;
  EXPECT_EQ(ReasonOf(refused), Reason::kFieldInvalid);
  EXPECT_EQ(FieldOf(refused), "anchors[5]");
}

TEST_F(Verifying, TheHouseIsLookedAtWithAKeyThatMaySeeIt) {
  const Found bound = Verify(finance_);
  ASSERT_TRUE(bound.status.ok()) << bound.status;
  EXPECT_FALSE(bound.last.house());
  const Found all = Verify(admin_, "demo");
  ASSERT_TRUE(all.status.ok()) << all.status;
  EXPECT_TRUE(all.last.house());
  EXPECT_EQ(all.last.partitions(), 9);
  ASSERT_THAT(all.partitions, SizeIs(9));
  EXPECT_EQ(all.partitions.begin()->second.program(), "house");
  EXPECT_EQ(all.partitions.rbegin()->second.program(), "demo");
  const Found without = Verify(admin_, "demo", true);
  EXPECT_FALSE(without.last.house());
  EXPECT_THAT(without.partitions, SizeIs(8));
  const Found house = Verify(admin_, "house");
  EXPECT_TRUE(house.last.house());
  EXPECT_THAT(house.partitions, SizeIs(1));
}

TEST_F(Verifying, ADamagedProgramIsFoundInTheHousesBooksAlone) {
  database_.Execute("UPDATE ledger.program SET display_name = 'Ours' WHERE code = 'demo'");
  for (const auto& [partition, verified] : Verify(finance_).partitions) {
    EXPECT_THAT(verified.damages(), IsEmpty());
  }
  const Found found = Verify(admin_, "demo");
  ASSERT_THAT(found.partitions, SizeIs(9));
  const v1::VerifyPartitionResponse& house = found.partitions.begin()->second;
  ASSERT_THAT(house.damages(), SizeIs(1));
  EXPECT_EQ(house.damages(0).check(), "program");
}

TEST_F(Verifying, DamageIsFoundWhereItIs) {
  Earn(members_[2], 3);
  database_.Execute("UPDATE ledger.journal SET points = points + 1 WHERE points = 1");
  const Found found = Verify(finance_);
  ASSERT_TRUE(found.status.ok()) << found.status;
  const int32_t damaged = ledger::PartitionOf(program_, *MemberId::Parse(members_[2]));
  for (const auto& [partition, verified] : found.partitions) {
    EXPECT_EQ(verified.damages().empty(), partition != damaged);
  }
}

TEST_F(Verifying, SeveralAtOnceEachGetTheWhole) {
  for (const std::string& member : members_) Earn(member, 3);
  std::vector<std::future<Found>> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(std::async(std::launch::async, [this] { return Verify(finance_); }));
  }
  for (auto& one : all) {
    const Found found = one.get();
    EXPECT_TRUE(found.status.ok()) << found.status;
    EXPECT_THAT(found.partitions, SizeIs(8));
  }
}

}  // namespace
}  // namespace gratis::ledger_service
