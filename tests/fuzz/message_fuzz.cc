#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "common/base/ids.h"
#include "common/base/text.h"
#include "common/ledger/places.h"
#include "common/obs/trace.h"
#include "common/rpc/channel.h"
#include "common/rpc/check.h"
#include "common/rpc/metadata.h"
#include "common/rpc/page_token.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "services/members/member_cursor.h"
#include "tests/fuzz/fuzz.h"

namespace gratis {
namespace {

using fuzz::Require;

constexpr char kSecret[] = "the service's secret, 32 bytes..";

void CheckAuthorization(const std::string& text) {
  const auto key = rpc::BearerKey(text);
  Require(!key.ok() || (text.size() >= 7 && *key == std::string_view(text).substr(7)),
          "a key as it was sent");
  Require(
      !rpc::AuthorizedService(text, kSecret) && !rpc::AuthorizedService("Service " + text, kSecret),
      "no service that does not know the secret");
  const std::string known = rpc::ServiceAuthorization(text, kSecret);
  const auto service = rpc::AuthorizedService(known, kSecret);
  Require(service.has_value() == (text.find(':') == std::string::npos), "a name has no colon");
  Require(!service || *service == text, "a service is who it says it is");
}

bool IsFitForLogs(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_';
  });
}

void CheckTraces(const std::string& text) {
  const std::string log_id = rpc::LogIdFrom(text);
  Require(IsFitForLogs(log_id) && (log_id == text) == IsFitForLogs(text),
          "an id that is fit for logs is taken as it is, and no other");
  const obs::Trace span = rpc::TraceFrom(text);
  const auto own = obs::Trace::Parse(span.ToTraceparent());
  Require(own && own->trace_id == span.trace_id && own->span_id == span.span_id &&
              own->sampled == span.sampled,
          "what is handed on can be read");
  const auto above = obs::Trace::Parse(text);
  Require(!above || (above->trace_id == span.trace_id && above->span_id != span.span_id &&
                     above->sampled == span.sampled),
          "a span is below the one that was named");
}

template <class Place>
void CheckPlace(const std::string& text) {
  const std::optional<Place> place = Place::Parse(text);
  if (!place) return;
  const std::optional<Place> again = Place::Parse(place->ToString());
  Require(again && again->ToString() == place->ToString(), "a place leads to itself");
}

void CheckPlaces(const std::string& text) {
  CheckPlace<ledger::AdjustmentPlace>(text);
  CheckPlace<ledger::EntryPosition>(text);
  CheckPlace<ledger::VoucherPlace>(text);
  CheckPlace<members::MemberCursor>(text);
  const auto member = MemberId::Parse(text);
  Require(!member.ok() || member->ToString() == text, "an id has one spelling");
}

void CheckPageToken(const std::string& text) {
  static const rpc::PageTokens tokens(std::string(32, 'k'));
  ledger::v1::ListEntriesRequest request;
  request.set_page_token(text);
  const auto cursor = tokens.Open(request, 2);
  Require(cursor.ok() == text.empty(), "no page token that was not made here");
  // A cursor is a few numbers, or an id.
  if (text.empty() || text.size() > 512) return;
  request.set_page_token(tokens.Make(request, 2, text));
  const auto made = tokens.Open(request, 2);
  Require(made.ok() && *made == text, "one that was leads where it was made for");
  Require(!tokens.Open(request, 3).ok(), "in its program alone");
  request.set_unit("stamps");
  Require(!tokens.Open(request, 2).ok(), "and for its query");
}

}  // namespace
}  // namespace gratis

// A request as bytes, what comes along with it, and where a list goes on: what passes holds nothing
// unknown and no broken text, and what is none is refused.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using gratis::fuzz::Require;
  const std::string text(gratis::fuzz::TextOf(data, size));
  gratis::ledger::v1::PostBatchRequest batch;
  if (batch.ParseFromString(text) && gratis::rpc::CheckMessage(batch).ok()) {
    for (const auto& posting : batch.postings()) {
      Require(gratis::base::IsValidUtf8(posting.earn().source()), "texts are UTF-8");
    }
    Require(batch.GetReflection()->GetUnknownFields(batch).empty(), "nothing is unknown");
  }
  gratis::CheckAuthorization(text);
  gratis::CheckTraces(text);
  gratis::CheckPlaces(text);
  gratis::CheckPageToken(text);
  return 0;
}
