#include "services/ledger/points_batch.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "services/ledger/points_contract.h"
#include "services/ledger/voucher_contract.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using rpc::Call;
using BatchReply = rpc::Reply<v1::PostBatchResponse>;

// The request in an item. Errors: FIELD_MISSING.
absl::StatusOr<const Message*> RequestIn(const v1::Posting& item) {
  const FieldDescriptor* field = item.GetReflection()->GetOneofFieldDescriptor(
      item, v1::Posting::descriptor()->FindOneofByName("request"));
  if (field != nullptr) return &item.GetReflection()->GetMessage(item, field);
  return FieldError(Reason::kFieldMissing, "request", "an item of a batch asks for something");
}

// The response that belongs to an item's request: both have one name in their messages.
Message& ResponseOf(const v1::Posting& item, v1::PostingResult& result) {
  const FieldDescriptor* asked = item.GetReflection()->GetOneofFieldDescriptor(
      item, v1::Posting::descriptor()->FindOneofByName("request"));
  const FieldDescriptor* field = v1::PostingResult::descriptor()->FindFieldByName(asked->name());
  return *result.GetReflection()->MutableMessage(&result, field);
}

// What an item calls its voucher; nothing for one that names none. Errors: as VoucherNameIn.
std::optional<absl::StatusOr<VoucherName>> VoucherNameOf(const v1::Posting& item) {
  switch (item.request_case()) {
    case v1::Posting::kRedeemVoucher:
      return VoucherNameIn(item.redeem_voucher());
    case v1::Posting::kHoldVoucher:
      return VoucherNameIn(item.hold_voucher());
    case v1::Posting::kVoidVoucher:
      return VoucherNameIn(item.void_voucher());
    default:
      return std::nullopt;
  }
}

// The vouchers of all items, found in one look; in place of one for an item that names none stands
// an error.
std::vector<absl::StatusOr<NamedVoucher>> VouchersOf(const VoucherLookup& lookup, const Call& call,
                                                     const v1::PostBatchRequest& request) {
  std::vector<absl::StatusOr<NamedVoucher>> vouchers(request.postings_size());
  std::vector<VoucherName> names;
  std::vector<int> named;  // the items that these are of
  for (int i = 0; i < request.postings_size(); ++i) {
    const std::optional<absl::StatusOr<VoucherName>> name = VoucherNameOf(request.postings(i));
    if (!name) continue;
    if (!name->ok()) {
      vouchers[i] = name->status();
      continue;
    }
    names.push_back(**name);
    named.push_back(i);
  }
  const std::vector<absl::StatusOr<NamedVoucher>> found = lookup.FindAll(call, names);
  for (size_t i = 0; i < named.size(); ++i) vouchers[named[i]] = found[i];
  return vouchers;
}

// An item about a voucher that was looked for.
template <class Req>
MadeMutation OfVoucher(const Call& call, const Req& request,
                       const absl::StatusOr<NamedVoucher>& voucher, base::IdSource& ids) {
  if (!voucher.ok()) return voucher.status();
  return MutationOf(call, request, *voucher, ids);
}

MadeMutation MutationIn(const BatchPosting& posting, const Call& call, const v1::Posting& item,
                        const absl::StatusOr<NamedVoucher>& voucher) {
  base::IdSource& ids = posting.ids;
  switch (item.request_case()) {
    case v1::Posting::kEarn:
      return MutationOf(call, item.earn(), ids);
    case v1::Posting::kSpend:
      return MutationOf(call, item.spend(), ids);
    case v1::Posting::kPlaceHold:
      return MutationOf(call, item.place_hold(), ids);
    case v1::Posting::kCaptureHold:
      return MutationOf(call, item.capture_hold(), ids);
    case v1::Posting::kVoidHold:
      return MutationOf(call, item.void_hold(), ids);
    case v1::Posting::kReverse:
      return MutationOf(call, item.reverse(), ids);
    case v1::Posting::kActivate:
      return MutationOf(call, item.activate(), ids);
    case v1::Posting::kAdjust:
      return MutationOf(call, item.adjust(), ids);
    case v1::Posting::kTransfer:
      return MutationOf(call, item.transfer(), ids);
    case v1::Posting::kApproveAdjustment:
      return MutationOf(call, item.approve_adjustment(), ids);
    case v1::Posting::kRejectAdjustment:
      return MutationOf(call, item.reject_adjustment(), ids);
    case v1::Posting::kIssueVoucher:
      return MutationOf(call, item.issue_voucher(), posting.codes, ids);
    case v1::Posting::kRedeemVoucher:
      return OfVoucher(call, item.redeem_voucher(), voucher, ids);
    case v1::Posting::kHoldVoucher:
      return OfVoucher(call, item.hold_voucher(), voucher, ids);
    case v1::Posting::kVoidVoucher:
      return OfVoucher(call, item.void_voucher(), voucher, ids);
    case v1::Posting::REQUEST_NOT_SET:
      break;
  }
  return FieldError(Reason::kFieldMissing, "request", "an item of a batch asks for something");
}

// The item's mutation with its envelope, ready to be posted.
MadeMutation Prepare(const BatchPosting& posting, const Call& call, const v1::Posting& item,
                     const absl::StatusOr<NamedVoucher>& voucher,
                     const rpc::Fingerprints& fingerprints) {
  ASSIGN_OR_RETURN(const Message* request, RequestIn(item));
  const rpc::Method& method = posting.methods.Of(request->GetDescriptor());
  if (!method.Allows(call.role)) {
    return Error(Reason::kRoleNotAllowed,
                 absl::StrCat("this key's role may not call ", method.name));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<ledger::Mutation> mutation,
                   MutationIn(posting, call, item, voucher));
  RETURN_IF_ERROR(rpc::FillEnvelope(call, *request, fingerprints, mutation->envelope));
  return mutation;
}

// A batch on its way: the answer as it fills, finished with the last outcome.
class OpenBatch {
 public:
  OpenBatch(const BatchPosting& posting, const Call& call, const v1::PostBatchRequest& request,
            BatchReply reply)
      : log_id_(call.log_id),
        program_(call.program.number),
        codes_(posting.codes),
        request_(request),
        reply_(std::move(reply)),
        open_(request.postings_size()) {
    auto& results = *reply_.response().mutable_results();
    results.Reserve(request.postings_size());
    for (int i = 0; i < request.postings_size(); ++i) results.Add();
  }

  // The outcome of one item; from any thread.
  void Settle(int i, const ledger::Outcome& outcome) {
    v1::PostingResult& result = *reply_.response().mutable_results(i);
    absl::Status status = outcome.answer.status();
    if (status.ok()) {
      status = rpc::ParseAnswer(*outcome.answer, ResponseOf(request_.postings(i), result));
    }
    if (status.ok() && result.has_issue_voucher()) {
      status = TellCode(codes_, program_, *result.mutable_issue_voucher());
    }
    if (!status.ok()) result.clear_response();
    if (ReasonOf(status) == Reason::kMemberMerged) {
      const std::lock_guard lock(mutex_);
      merged_.Update(status);
    }
    reply_.NoteFailure(
        rpc::SetItemStatus(status, outcome.replayed, log_id_, *result.mutable_status()));
    if (open_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    // What was done is answered again, the rest done for who its members are by now.
    if (!merged_.ok() && reply_.Again(merged_)) return;
    reply_.Finish(absl::OkStatus());
  }

 private:
  const std::string log_id_;
  const int32_t program_;
  const ledger::VoucherCodes& codes_;
  const v1::PostBatchRequest& request_;
  const BatchReply reply_;
  std::atomic<int> open_;
  std::mutex mutex_;
  absl::Status merged_;  // of the first item whose member was merged meanwhile
};

using Prepared = std::vector<MadeMutation>;

void PostEach(const BatchPosting& posting, Prepared items,
              const std::shared_ptr<OpenBatch>& batch) {
  for (size_t i = 0; i < items.size(); ++i) {
    const int at = static_cast<int>(i);
    if (!items[i].ok()) {
      batch->Settle(at, {.answer = items[i].status()});
      continue;
    }
    posting.poster.Submit(
        posting.kind, *std::move(items[i]),
        [batch, at](const ledger::Outcome& outcome) { batch->Settle(at, outcome); });
  }
}

// Of the others, when the item at `failed` fails.
absl::Status Aborted(int failed) {
  return Error(Reason::kBatchAborted,
               absl::StrCat("nothing was done, since item ", failed, " failed"),
               {{"failed_item", absl::StrCat(failed)}});
}

// The first item that cannot be posted at all; as many as there are, if all can.
int FirstUnsound(const Prepared& items) {
  const auto unsound =
      std::find_if(items.begin(), items.end(), [](const MadeMutation& item) { return !item.ok(); });
  return static_cast<int>(unsound - items.begin());
}

// Whether some of the items are validated only, and others are not.
bool Mixed(const Prepared& items) {
  bool only = false;
  bool done = false;
  for (const MadeMutation& item : items) {
    if (item.ok()) ((*item)->envelope.validate_only ? only : done) = true;
  }
  return only && done;
}

void PostTogether(const BatchPosting& posting, Prepared items,
                  const std::shared_ptr<OpenBatch>& batch) {
  const int unsound = FirstUnsound(items);
  if (unsound < static_cast<int>(items.size())) {
    for (size_t i = 0; i < items.size(); ++i) {
      batch->Settle(static_cast<int>(i),
                    {.answer = items[i].ok() ? Aborted(unsound) : items[i].status()});
    }
    return;
  }
  std::vector<ledger::Pending> set;
  set.reserve(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    const int at = static_cast<int>(i);
    set.push_back({&posting.kind, *std::move(items[i]),
                   [batch, at](const ledger::Outcome& outcome) { batch->Settle(at, outcome); }});
  }
  posting.poster.SubmitTogether(std::move(set));
}

}  // namespace

void PostBatch(const BatchPosting& posting, const Call& call, const v1::PostBatchRequest& request,
               BatchReply reply) {
  if (absl::Status size = rpc::CheckBatchSize(request.postings_size()); !size.ok()) {
    return reply.Finish(std::move(size));
  }
  if (request.postings().empty()) return reply.Finish(absl::OkStatus());
  const auto vouchers = VouchersOf(posting.vouchers, call, request);
  Prepared items;
  items.reserve(request.postings_size());
  for (int i = 0; i < request.postings_size(); ++i) {
    items.push_back(Prepare(posting, call, request.postings(i), vouchers[i], reply.fingerprints()));
  }
  if (!request.atomic()) {
    return PostEach(posting, std::move(items),
                    std::make_shared<OpenBatch>(posting, call, request, std::move(reply)));
  }
  if (Mixed(items)) {
    return reply.Finish(
        FieldError(Reason::kFieldInvalid, "postings",
                   "the items of an atomic batch are all validated only, or none of them is"));
  }
  PostTogether(posting, std::move(items),
               std::make_shared<OpenBatch>(posting, call, request, std::move(reply)));
}

}  // namespace gratis::ledger_service
