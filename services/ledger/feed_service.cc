#include "services/ledger/feed_service.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/feed.grpc.pb.h"
#include "services/ledger/ledger_convert.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using rpc::Call;
using rpc::Step;

constexpr int kMaxFilter = 100;

absl::Status CursorInvalid(int32_t partition, std::string_view what) {
  absl::Status status =
      Error(Reason::kCursorInvalid, absl::StrCat("partition ", partition, ": ", base::Abs(what)),
            {{"partition", absl::StrCat(partition)}});
  return InField(std::move(status), "cursor");
}

// The cursor asked for, as one of the journal whose heads are given.
absl::StatusOr<ledger::Cursor> CursorOf(const v1::Cursor& asked, const ledger::Cursor& heads) {
  ledger::Cursor cursor;
  for (const auto& [partition, seq] : heads) cursor[partition] = 0;
  std::set<int32_t> named;
  for (const v1::Position& position : asked.positions()) {
    const int32_t partition = position.partition();
    const auto head = heads.find(partition);
    if (head == heads.end()) return CursorInvalid(partition, "is none of the program's");
    if (!named.insert(partition).second) return CursorInvalid(partition, "is named twice");
    if (position.sequence() < 0 || position.sequence() > head->second) {
      return CursorInvalid(partition, absl::StrCat("its entries are 1 to ", head->second));
    }
    cursor[partition] = position.sequence();
  }
  return cursor;
}

absl::StatusOr<ledger::FeedFilter> FilterOf(const v1::WatchRequest& request) {
  if (request.kinds_size() > kMaxFilter) {
    return FieldError(Reason::kFieldTooLong, "kinds", absl::StrCat("at most ", kMaxFilter));
  }
  if (request.member_ids_size() > kMaxFilter) {
    return FieldError(Reason::kFieldTooLong, "member_ids", absl::StrCat("at most ", kMaxFilter));
  }
  ledger::FeedFilter filter;
  for (const int kind : request.kinds()) {
    if (!v1::EntryKind_IsValid(kind) || kind == v1::ENTRY_KIND_UNSPECIFIED) {
      return FieldError(Reason::kFieldInvalid, "kinds",
                        absl::StrCat(kind, " is no kind of entry that this version knows"));
    }
    filter.kinds.push_back(static_cast<ledger::FactKind>(kind));
  }
  for (const std::string& text : request.member_ids()) {
    absl::StatusOr<MemberId> member = MemberId::Parse(text);
    if (!member.ok()) return InField(member.status(), "member_ids");
    filter.members.push_back(*member);
  }
  return filter;
}

class Watching final : public rpc::Producer<v1::WatchResponse> {
 public:
  Watching(std::unique_ptr<ledger::FeedReader> reader, std::optional<ledger::Cursor> until,
           absl::Duration heartbeat, const base::Clock& clock)
      : reader_(std::move(reader)),
        until_(std::move(until)),
        heartbeat_(heartbeat),
        clock_(clock),
        taken_(reader_->cursor()),
        sent_(taken_) {}

  absl::StatusOr<Step> Next(v1::WatchResponse& message) override {
    taken_ = sent_;
    // However much is recorded meanwhile.
    if (begun_ && until_ && sent_ == reader_->cursor() && IsThrough()) return Step::End();
    ASSIGN_OR_RETURN(const std::vector<ledger::JournalRow> rows, reader_->Next());
    const absl::Time now = clock_.Now();
    const bool over = until_ && IsThrough() && sent_ != reader_->cursor();
    const bool due = !begun_ || over || now >= silent_until_;
    if (!rows.empty() || due) {
      for (const ledger::JournalRow& row : rows) ToProto(row, *message.add_entries());
      return Send(message, now);
    }
    return reader_->more() ? Step::Again() : Step::Wait(silent_until_);
  }

  Metadata Place() const override {
    return {{"cursor", absl::StrJoin(taken_, ",", absl::PairFormatter(":"))}};
  }

 private:
  bool IsThrough() const {
    for (const auto& [partition, seq] : *until_) {
      if (reader_->cursor().at(partition) < seq) return false;
    }
    return true;
  }

  Step Send(v1::WatchResponse& message, absl::Time now) {
    sent_ = reader_->cursor();
    for (const auto& [partition, seq] : sent_) {
      v1::Position& position = *message.mutable_cursor()->add_positions();
      position.set_partition(partition);
      position.set_sequence(seq);
    }
    begun_ = true;
    silent_until_ = now + heartbeat_;
    return Step::Send();
  }

  const std::unique_ptr<ledger::FeedReader> reader_;
  const std::optional<ledger::Cursor> until_;  // ends when it is through these
  const absl::Duration heartbeat_;
  const base::Clock& clock_;
  ledger::Cursor taken_;  // with the last message that the client took
  ledger::Cursor sent_;   // with the last message
  bool begun_ = false;
  absl::Time silent_until_;
};

class FeedHandlers final : public v1::FeedService::CallbackService {
 public:
  FeedHandlers(rpc::Shell& shell, ledger::Feed& feed, absl::Duration heartbeat)
      : shell_(shell), feed_(feed), heartbeat_(heartbeat) {}

  grpc::ServerWriteReactor<v1::WatchResponse>* Watch(grpc::CallbackServerContext* context,
                                                     const v1::WatchRequest* request) override {
    return shell_.Stream<v1::WatchRequest, v1::WatchResponse>(
        context, request, [this](const Call& call, const v1::WatchRequest& req, rpc::Waker wake) {
          return Begin(call, req, std::move(wake));
        });
  }

 private:
  absl::StatusOr<std::unique_ptr<rpc::Producer<v1::WatchResponse>>> Begin(
      const Call& call, const v1::WatchRequest& request, rpc::Waker wake) {
    ASSIGN_OR_RETURN(ledger::FeedFilter filter, FilterOf(request));
    if (request.from_now() && request.has_cursor()) {
      return FieldError(Reason::kFieldInvalid, "from_now", "a cursor says where to begin already");
    }
    ASSIGN_OR_RETURN(const ledger::Cursor heads, feed_.Heads(call.program));
    ledger::Cursor cursor = heads;
    if (!request.from_now()) {
      ASSIGN_OR_RETURN(cursor, CursorOf(request.cursor(), heads));
    }
    return std::make_unique<Watching>(
        feed_.Read(call.program, std::move(cursor), std::move(filter), std::move(wake)),
        request.follow() ? std::nullopt : std::optional(heads), heartbeat_, shell_.clock());
  }

  rpc::Shell& shell_;
  ledger::Feed& feed_;
  const absl::Duration heartbeat_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeFeedService(rpc::Shell& shell, ledger::Feed& feed,
                                               absl::Duration heartbeat) {
  return std::make_unique<FeedHandlers>(shell, feed, heartbeat);
}

}  // namespace gratis::ledger_service
