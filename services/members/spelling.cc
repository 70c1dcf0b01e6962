#include "services/members/spelling.h"

#include <unicode/idna.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <memory>

namespace gratis::members {
namespace {

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
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfkc = icu::Normalizer2::getNFKCInstance(error);
  const icu::UnicodeString normalized = Normalized(nfkc, FromUtf8(text), error);
  icu::UnicodeString plain;
  for (int32_t i = 0; i < normalized.length(); i = normalized.moveIndex32(i, 1)) {
    AppendPlain(normalized.char32At(i), plain);
  }
  const std::string utf8 = ToUtf8(plain);
  const size_t first = utf8.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return utf8.substr(first, utf8.find_last_not_of(' ') - first + 1);
}

std::string CaseFolded(std::string_view text) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* folding = icu::Normalizer2::getNFKCCasefoldInstance(error);
  return ToUtf8(Normalized(folding, FromUtf8(text), error));
}

std::optional<std::string> AsciiDomain(std::string_view domain) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<icu::IDNA> idna(icu::IDNA::createUTS46Instance(
      UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ, error));
  if (U_FAILURE(error)) return std::nullopt;
  icu::UnicodeString ascii;
  icu::IDNAInfo info;
  idna->nameToASCII(FromUtf8(domain), ascii, info, error);
  // Names such as "r3---a.example" exist, whatever the standard has hyphens reserved for.
  constexpr uint32_t kHarmless = UIDNA_ERROR_HYPHEN_3_4;
  if (U_FAILURE(error) || (info.getErrors() & ~kHarmless) != 0) return std::nullopt;
  return ToUtf8(ascii);
}

}  // namespace gratis::members
