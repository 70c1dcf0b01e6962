#include "services/birthdays/conditions.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <vector>

#include "absl/strings/ascii.h"

namespace gratis::birthdays {
namespace {

constexpr std::string_view kConditions[] = {
    // Something is bought for it.
    "with any purchase",
    "with a purchase",
    "with purchase",
    "with every purchase",
    "with your purchase",
    "with your next purchase",
    "with your next order",
    "with any order",
    "with your order",
    "on any purchase",
    "on your next purchase",
    "on your next order",
    "on your next visit",
    "on purchases",
    "on orders over",
    "on orders of",
    "orders over",
    "purchases over",
    "purchase of",
    "when you buy",
    "when you spend",
    "when you order",
    "when you purchase",
    "if you buy",
    "if you spend",
    "if you order",
    "spend at least",
    "spend over",
    "spend more than",
    "minimum purchase",
    "minimum spend",
    "minimum order",
    "minimum basket",
    "min spend",
    "min purchase",
    "min order",
    "buy one",
    "buy two",
    "buy 1",
    "buy 2",
    "first order",
    "first purchase",
    "% off",
    "percent off",
    "% discount",
    "discount on your",
    "discount off",
    // Something else is done for it.
    "when you sign up",
    "if you sign up",
    "when you subscribe",
    "if you subscribe",
    "opt in",
    "activate",
    "activation",
    "you must",
    "must be",
    "must have",
    "provided that",
    "as long as you",
    "on condition",
    "terms apply",
    "conditions apply",
    "terms and conditions",
    "subject to",
    // It is used in one way only.
    "cannot be combined",
    "can not be combined",
    "can t be combined",
    "not combinable",
    "not valid with",
    "not valid on",
    "in conjunction with",
    "valid only",
    "only valid",
    "online only",
    "only online",
    "in store only",
    "only in store",
    "app only",
    "only in the app",
    "new customers only",
    // German.
    "bei jedem einkauf",
    "bei jedem kauf",
    "bei einem einkauf",
    "bei einem kauf",
    "beim einkauf",
    "beim kauf",
    "beim nächsten einkauf",
    "bei deinem nächsten einkauf",
    "bei ihrem nächsten einkauf",
    "ab einem einkauf",
    "ab einem bestellwert",
    "ab einem wert",
    "bestellwert",
    "einkaufswert",
    "mindestbestellwert",
    "mindesteinkauf",
    "mindestumsatz",
    "wenn du kaufst",
    "wenn sie kaufen",
    "wenn du bestellst",
    "wenn sie bestellen",
    "nur online",
    "nur in der app",
    "nur in der filiale",
    "nicht kombinierbar",
    "nicht mit anderen",
    "nur gültig",
    "% rabatt",
    "prozent rabatt",
    "aktivieren",
    "aktivierung",
    "unter der bedingung",
    // French.
    "pour tout achat",
    "pour un achat",
    "pour chaque achat",
    "dès l achat",
    "achat minimum",
    "minimum d achat",
    "prochain achat",
    "si vous achetez",
    "non cumulable",
    "% de réduction",
    "% de remise",
    "sous condition",
    "sous réserve",
    "uniquement en ligne",
    // Spanish.
    "con cualquier compra",
    "con tu compra",
    "con su compra",
    "por tu compra",
    "por su compra",
    "próxima compra",
    "compra mínima",
    "si compras",
    "no acumulable",
    "% de descuento",
    "sujeto a",
    "solo en línea",
    // Italian.
    "con qualsiasi acquisto",
    "con ogni acquisto",
    "con il tuo acquisto",
    "prossimo acquisto",
    "acquisto minimo",
    "spesa minima",
    "se acquisti",
    "non cumulabile",
    "% di sconto",
    "solo online",
};

constexpr std::string_view kDenials[] = {
    "no",     "without", "never", "nothing", "ohne", "kein",   "keine", "keinen", "keinem",
    "keiner", "sans",    "aucun", "aucune",  "sin",  "ningún", "senza", "nessun", "nessuna"};
constexpr size_t kDenialReach = 3;  // words: "no need to activate"

// What ends a sentence, or a part of one.
constexpr std::string_view kStop = "|";

// Lower case, of ASCII and of the letters of Western Europe.
std::string Lowered(std::string_view text) {
  std::string lowered(text);
  for (size_t i = 0; i < lowered.size(); ++i) {
    const auto byte = static_cast<unsigned char>(lowered[i]);
    const bool accented = i > 0 && static_cast<unsigned char>(lowered[i - 1]) == 0xC3;
    if (accented && byte >= 0x80 && byte <= 0x9E && byte != 0x97) {
      lowered[i] = static_cast<char>(byte + 0x20);
    } else {
      lowered[i] = absl::ascii_tolower(byte);
    }
  }
  return lowered;
}

std::vector<std::string> WordsOf(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (const char c : Lowered(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || byte >= 0x80) {
      word.push_back(c);
      continue;
    }
    end();
    if (c == '%') words.emplace_back("%");
    if (std::string_view(".,:;!?()").find(c) != std::string_view::npos) {
      words.emplace_back(kStop);
    }
  }
  end();
  return words;
}

// Each with its words.
struct Condition {
  std::string_view phrase;
  std::vector<std::string> words;
};

const std::vector<Condition>& Conditions() {
  static const auto& all = *new std::vector<Condition>([] {
    std::vector<Condition> conditions;
    for (const std::string_view phrase : kConditions) {
      conditions.push_back({phrase, WordsOf(phrase)});
    }
    return conditions;
  }());
  return all;
}

bool IsDenied(const std::vector<std::string>& words, size_t at) {
  for (size_t back = 1; back <= kDenialReach && back <= at; ++back) {
    const std::string& word = words[at - back];
    if (word == kStop) return false;
    if (std::find(std::begin(kDenials), std::end(kDenials), word) != std::end(kDenials)) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<std::string> FindCondition(std::string_view text) {
  const std::vector<std::string> words = WordsOf(text);
  for (const Condition& condition : Conditions()) {
    auto from = words.begin();
    for (;;) {
      const auto found =
          std::search(from, words.end(), condition.words.begin(), condition.words.end());
      if (found == words.end()) break;
      if (!IsDenied(words, static_cast<size_t>(found - words.begin()))) {
        return std::string(condition.phrase);
      }
      from = found + 1;
    }
  }
  return std::nullopt;
}

}  // namespace gratis::birthdays
