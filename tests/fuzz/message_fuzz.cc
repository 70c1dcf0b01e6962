#include <string>

#include "common/base/text.h"
#include "common/rpc/check.h"
#include "common/rpc/page_token.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "tests/fuzz/fuzz.h"

// A request as bytes, and a page token: what passes holds nothing unknown and no broken text.
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

  static const gratis::rpc::PageTokens tokens(std::string(32, 'k'));
  gratis::ledger::v1::ListEntriesRequest request;
  request.set_page_token(text);
  const auto cursor = tokens.Open(request, 2);
  Require(cursor.ok() == text.empty(), "no page token that was not made here");
  return 0;
}
