#include "services/cli/paging.h"

#include "absl/strings/str_cat.h"
#include "services/cli/command.h"

namespace gratis::cli {

void DeclarePages(CLI::App& command, PageOptions& options) {
  command.add_option("--limit", options.limit, "How many at most")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000}))
      ->capture_default_str();
  command.add_option("--page-token", options.page_token, "Where an earlier list left off");
}

std::string MoreAt(const std::string& page_token) {
  return page_token.empty() ? "" : absl::StrCat("… more: --page-token ", page_token, "\n");
}

}  // namespace gratis::cli
