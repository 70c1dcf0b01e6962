#include "services/cli/consent_words.h"

#include <google/protobuf/descriptor.h>

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "services/cli/failure.h"

namespace gratis::cli {
namespace {

namespace v1 = members::v1;
using google::protobuf::EnumDescriptor;

// A value's name without its type's prefix, as people write it: "web-form".
std::string WordOf(const EnumDescriptor& type, int number, std::string_view prefix) {
  const auto* const value = type.FindValueByNumber(number);
  if (value == nullptr || number == 0) return "";
  return absl::StrReplaceAll(absl::AsciiStrToLower(value->name().substr(prefix.size())),
                             {{"_", "-"}});
}

std::vector<std::string> WordsOf(const EnumDescriptor& type, std::string_view prefix) {
  std::vector<std::string> words;
  for (int i = 1; i < type.value_count(); ++i) {
    words.push_back(WordOf(type, type.value(i)->number(), prefix));
  }
  return words;
}

// The number of the value that is written so.
absl::StatusOr<int> NumberOf(const EnumDescriptor& type, std::string_view prefix,
                             std::string_view word, std::string_view option) {
  const std::string sought =
      absl::StrReplaceAll(absl::AsciiStrToLower(base::Abs(word)), {{"_", "-"}});
  for (int i = 1; i < type.value_count(); ++i) {
    if (WordOf(type, type.value(i)->number(), prefix) == sought) return type.value(i)->number();
  }
  return UsageError(option, absl::StrCat("\"", base::Abs(word), "\" is none of ",
                                         absl::StrJoin(WordsOf(type, prefix), ", ")));
}

constexpr std::string_view kPurpose = "CONSENT_PURPOSE_";
constexpr std::string_view kChannel = "CONSENT_CHANNEL_";
constexpr std::string_view kSource = "CONSENT_SOURCE_";

}  // namespace

absl::StatusOr<v1::ConsentDecision> ParseMatter(std::string_view text, v1::ConsentState state,
                                                std::string_view option) {
  const size_t slash = text.find('/');
  v1::ConsentDecision decision;
  decision.set_state(state);
  ASSIGN_OR_RETURN(const int purpose, NumberOf(*v1::ConsentPurpose_descriptor(), kPurpose,
                                               text.substr(0, slash), option));
  decision.set_purpose(static_cast<v1::ConsentPurpose>(purpose));
  if (slash == std::string_view::npos) return decision;
  ASSIGN_OR_RETURN(const int channel, NumberOf(*v1::ConsentChannel_descriptor(), kChannel,
                                               text.substr(slash + 1), option));
  decision.set_channel(static_cast<v1::ConsentChannel>(channel));
  return decision;
}

std::string MatterText(v1::ConsentPurpose purpose, v1::ConsentChannel channel) {
  std::string text = WordOf(*v1::ConsentPurpose_descriptor(), purpose, kPurpose);
  const std::string way = WordOf(*v1::ConsentChannel_descriptor(), channel, kChannel);
  if (!way.empty()) absl::StrAppend(&text, "/", way);
  return text;
}

absl::StatusOr<v1::ConsentSource> ParseConsentSource(std::string_view text,
                                                     std::string_view option) {
  ASSIGN_OR_RETURN(const int source,
                   NumberOf(*v1::ConsentSource_descriptor(), kSource, text, option));
  return static_cast<v1::ConsentSource>(source);
}

std::string ConsentSourceNames() {
  return absl::StrJoin(WordsOf(*v1::ConsentSource_descriptor(), kSource), ", ");
}

}  // namespace gratis::cli
