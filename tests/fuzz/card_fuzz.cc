#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "services/members/card_number.h"
#include "tests/fuzz/fuzz.h"

using gratis::fuzz::Require;
using gratis::members::CardName;
using gratis::members::ParseCard;

namespace {

void Check(const std::string& issuer, std::string_view text) {
  const auto card = ParseCard(issuer, text);
  if (!card.ok()) {
    const bool digits = std::all_of(text.begin(), text.end(),
                                    [](unsigned char c) { return absl::ascii_isdigit(c); });
    Require(!digits || text.size() < 4 ||
                std::string(card.status().message()).find(text) == std::string::npos,
            "no message repeats what was typed");
    return;
  }
  const std::string& number = card->number;
  Require(
      std::all_of(number.begin(), number.end(),
                  [](unsigned char c) { return absl::ascii_isdigit(c) || absl::ascii_isupper(c); }),
      "digits and capital letters, without gaps");
  if (issuer.empty()) {
    Require(number.size() == gratis::members::kCardDigits && number.front() == '2' &&
                gratis::members::EanCheckDigit(number.substr(0, 12)) == number.back(),
            "ours are EAN-13");
  } else {
    Require(number.size() >= 4 && number.size() <= 40, "others' are of their length");
  }
  const auto again = ParseCard(issuer, number);
  Require(again.ok() && *again == *card, "the one form is its own");
  std::string spaced;
  for (const char c : number) spaced += std::string(1, c) + " ";
  const auto apart = ParseCard(issuer, spaced);
  Require(apart.ok() && *apart == *card, "gaps say nothing");
}

}  // namespace

// A card as people write it and scanners read it: what is one has one form, under which it is
// found.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = gratis::fuzz::TextOf(data, size);
  Check("", text);
  Check("oldclub", text);
  // An issuer, a line's end, and a number.
  const size_t line = std::min(text.find('\n'), text.size());
  const std::string issuer(text.substr(0, line));
  const std::string_view number = text.substr(std::min(line + 1, text.size()));
  Check(issuer, number);
  // A name leads to one card: no two pairs read as the same text.
  const CardName name{issuer, std::string(number)};
  if (issuer.find('\0') == std::string::npos) {
    const std::string key = gratis::members::CardKeyText(name);
    Require(key.substr(0, key.find('\0')) == issuer, "issuer and number do not run together");
  }
  return 0;
}
