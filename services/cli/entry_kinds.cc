#include "services/cli/entry_kinds.h"

#include <google/protobuf/descriptor.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "services/cli/failure.h"

namespace gratis::cli {
std::string WordOf(ledger::v1::EntryKind kind) {
  const std::string& name = ledger::v1::EntryKind_Name(kind);
  const absl::string_view word = absl::StripPrefix(name, "ENTRY_KIND_");
  return absl::StrReplaceAll(absl::AsciiStrToLower(word), {{"_", "-"}});
}

absl::StatusOr<ledger::v1::EntryKind> EntryKindOf(const std::string& word) {
  const std::string sought = absl::StrReplaceAll(absl::AsciiStrToLower(word), {{"_", "-"}});
  std::vector<std::string> known;
  for (int i = 1; i < ledger::v1::EntryKind_descriptor()->value_count(); ++i) {
    const auto kind =
        static_cast<ledger::v1::EntryKind>(ledger::v1::EntryKind_descriptor()->value(i)->number());
    known.push_back(WordOf(kind));
    if (known.back() == sought) return kind;
  }
  return UsageError("--kind", absl::StrCat("\"", word, "\" is no kind of entry; there are ",
                                           absl::StrJoin(known, ", ")));
}

}  // namespace gratis::cli
