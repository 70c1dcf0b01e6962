#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "services/cli/order_columns.h"
#include "tests/fuzz/fuzz.h"

// A mapping of columns, and the header it is for, from one text: the first line and the second.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using gratis::cli::OrderColumns;
  const std::string text(gratis::fuzz::TextOf(data, size));
  const std::vector<std::string> lines = absl::StrSplit(text, absl::MaxSplits('\n', 1));
  const auto mapping = gratis::cli::ParseMapping(lines[0]);
  if (!mapping.ok() || lines.size() < 2) return 0;
  std::vector<std::string_view> header;
  for (const absl::string_view title : absl::StrSplit(lines[1], ',')) {
    header.push_back(gratis::base::Std(title));
  }
  const auto columns = OrderColumns::FromHeader(header, *mapping);
  if (!columns.ok()) return 0;
  gratis::fuzz::Require(columns->Has(gratis::cli::OrderColumn::kOrderId) &&
                            columns->Has(gratis::cli::OrderColumn::kTotal),
                        "what is required is there");
  return 0;
}
