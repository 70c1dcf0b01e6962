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
namespace {

// "birthday-gift" for ENTRY_KIND_BIRTHDAY_GIFT.
std::string WordOf(const google::protobuf::EnumValueDescriptor& value) {
  const absl::string_view name = absl::StripPrefix(value.name(), "ENTRY_KIND_");
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", "-"}});
}

}  // namespace

absl::StatusOr<ledger::v1::EntryKind> EntryKindOf(const std::string& word) {
  const std::string sought = absl::StrReplaceAll(absl::AsciiStrToLower(word), {{"_", "-"}});
  std::vector<std::string> known;
  for (int i = 1; i < ledger::v1::EntryKind_descriptor()->value_count(); ++i) {
    const auto& value = *ledger::v1::EntryKind_descriptor()->value(i);
    known.push_back(WordOf(value));
    if (known.back() == sought) return static_cast<ledger::v1::EntryKind>(value.number());
  }
  return UsageError("--kind", absl::StrCat("\"", word, "\" is no kind of entry; there are ",
                                           absl::StrJoin(known, ", ")));
}

}  // namespace gratis::cli
