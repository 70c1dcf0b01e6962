#include "services/members/spelling.h"

#include <unicode/idna.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "common/base/text.h"

namespace gratis::members {
namespace {

// Unicode's block of combining diacritical marks.
constexpr UChar32 kFirstAccent = 0x300;
constexpr UChar32 kLastAccent = 0x36F;

icu::UnicodeString FromUtf8(std::string_view text) {
  return icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
}

std::string ToUtf8(const icu::UnicodeString& text) {
  std::string utf8;
  text.toUTF8String(utf8);
  return utf8;
}

// ICU fails only when its own data are missing; then the text stays as it is.
icu::UnicodeString Normalized(const icu::Normalizer2* form, const icu::UnicodeString& text,
                              UErrorCode error) {
  if (U_FAILURE(error)) return text;
  icu::UnicodeString normalized = form->normalize(text, error);
  return U_FAILURE(error) ? text : normalized;
}

// Most of what comes in. Both normal forms leave it as it is, but for its case.
bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string WithoutOuterSpaces(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

// Made once: its tables are, and any number of threads may use it (ICU's words on
// createUTS46Instance). Null if ICU's own data are missing.
const icu::IDNA* DomainRules() {
  static const std::unique_ptr<const icu::IDNA> rules = [] {
    UErrorCode error = U_ZERO_ERROR;
    std::unique_ptr<const icu::IDNA> made(icu::IDNA::createUTS46Instance(
        UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ, error));
    if (U_FAILURE(error)) made.reset();
    return made;
  }();
  return rules.get();
}

void AppendPlain(UChar32 c, icu::UnicodeString& to) {
  if (const int32_t digit = u_charDigitValue(c); digit >= 0) {
    to.append(static_cast<UChar32>('0' + digit));
    return;
  }
  switch (u_charType(c)) {
    case U_SPACE_SEPARATOR:
      to.append(static_cast<UChar32>(' '));
      break;
    case U_DASH_PUNCTUATION:
      to.append(static_cast<UChar32>('-'));
      break;
    case U_FORMAT_CHAR:
      break;
    default:
      to.append(c == 0x2212 ? static_cast<UChar32>('-') : c);  // the minus sign is no dash
  }
}

}  // namespace

std::string Plain(std::string_view text) {
  if (IsAscii(text)) return WithoutOuterSpaces(text);
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfkc = icu::Normalizer2::getNFKCInstance(error);
  const icu::UnicodeString normalized = Normalized(nfkc, FromUtf8(text), error);
  icu::UnicodeString plain;
  for (int32_t i = 0; i < normalized.length(); i = normalized.moveIndex32(i, 1)) {
    AppendPlain(normalized.char32At(i), plain);
  }
  return WithoutOuterSpaces(ToUtf8(plain));
}

std::string PlainWords(std::string_view text) {
  std::string plain = Plain(text);
  // What cannot be seen may have kept a letter and its accent apart.
  if (!IsAscii(plain)) plain = Plain(plain);
  plain.erase(
      std::unique(plain.begin(), plain.end(), [](char a, char b) { return a == ' ' && b == ' '; }),
      plain.end());
  return plain;
}

std::string WithoutAccents(std::string_view text) {
  if (IsAscii(text)) return std::string(text);
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfd = icu::Normalizer2::getNFDInstance(error);
  const icu::UnicodeString apart = Normalized(nfd, FromUtf8(text), error);
  icu::UnicodeString bare;
  for (int32_t i = 0; i < apart.length(); i = apart.moveIndex32(i, 1)) {
    const UChar32 c = apart.char32At(i);
    if (c < kFirstAccent || c > kLastAccent) bare.append(c);
  }
  return ToUtf8(bare);
}

std::string CaseFolded(std::string_view text) {
  if (IsAscii(text)) return absl::AsciiStrToLower(base::Abs(text));
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* folding = icu::Normalizer2::getNFKCCasefoldInstance(error);
  return ToUtf8(Normalized(folding, FromUtf8(text), error));
}

std::optional<std::string> AsciiDomain(std::string_view domain) {
  const icu::IDNA* rules = DomainRules();
  if (rules == nullptr) return std::nullopt;
  UErrorCode error = U_ZERO_ERROR;
  icu::UnicodeString ascii;
  icu::IDNAInfo info;
  rules->nameToASCII(FromUtf8(domain), ascii, info, error);
  // Names such as "r3---a.example" exist, whatever the standard has hyphens reserved for.
  constexpr uint32_t kHarmless = UIDNA_ERROR_HYPHEN_3_4;
  if (U_FAILURE(error) || (info.getErrors() & ~kHarmless) != 0) return std::nullopt;
  return ToUtf8(ascii);
}

}  // namespace gratis::members
