#include "services/cli/entry_kinds.h"

#include <google/protobuf/descriptor.h>

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "services/cli/failure.h"

namespace gratis::cli {

namespace v1 = ledger::v1;

std::string WordOf(v1::EntryKind kind) {
  const std::string& name = v1::EntryKind_Name(kind);
  const absl::string_view word = absl::StripPrefix(name, "ENTRY_KIND_");
  return absl::StrReplaceAll(absl::AsciiStrToLower(word), {{"_", "-"}});
}

absl::StatusOr<v1::EntryKind> KindOf(const std::string& word) {
  const std::string sought = absl::StrReplaceAll(absl::AsciiStrToLower(word), {{"_", "-"}});
  std::vector<std::string> known;
  for (int i = 1; i < v1::EntryKind_descriptor()->value_count(); ++i) {
    const auto kind = static_cast<v1::EntryKind>(v1::EntryKind_descriptor()->value(i)->number());
    known.push_back(WordOf(kind));
    if (known.back() == sought) return kind;
  }
  return UsageError("--kind", absl::StrCat("\"", word, "\" is no kind of entry; there are ",
                                           absl::StrJoin(known, ", ")));
}

}  // namespace gratis::cli
