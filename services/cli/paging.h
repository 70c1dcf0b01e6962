#pragma once

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "common/status/macros.h"
#include "services/cli/context.h"

namespace CLI {
class App;
}

namespace gratis::cli {

// How much of a list is asked for.
struct PageOptions {
  int64_t limit = 1000;
  std::string page_token;
};

// Declares --limit and --page-token.
void DeclarePages(CLI::App& command, PageOptions& options);

// Where a list goes on, as people are told; empty at its end.
std::string MoreAt(const std::string& page_token);

// Reads a list page by page, up to the limit, into `all`, whose next_page_token then says where it
// goes on; empty at the end. `items(answer)` is the answer's list.
template <class Request, class Response, class Items>
absl::Status ReadPages(Context& context, Engine& engine, const PageOptions& options,
                       Request request, Response& all, Items items) {
  constexpr int64_t kLargestPage = 1000;
  request.set_page_token(options.page_token);
  int64_t left = options.limit;
  while (left > 0) {
    request.set_page_size(static_cast<int32_t>(std::min(left, kLargestPage)));
    Response answer;
    RETURN_IF_ERROR(context.Call(engine, request, answer));
    left -= items(answer)->size();
    items(all)->MergeFrom(*items(answer));
    all.set_next_page_token(answer.next_page_token());
    request.set_page_token(answer.next_page_token());
    if (answer.next_page_token().empty()) break;
  }
  return absl::OkStatus();
}

}  // namespace gratis::cli
