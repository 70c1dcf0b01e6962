#include "services/birthdays/conditions.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"

namespace gratis::birthdays {
namespace {

// "…" stands for an amount, with its currency or without.
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
    "spend … or more",
    "spend … and get",
    "spend … and save",
    "spend … and receive",
    "spend … and earn",
    "spend … to get",
    "spend … to save",
    "spend … to receive",
    "spend … get",
    "spend … save",
    "spend …, get",
    "spend …, save",
    "minimum purchase",
    "minimum spend",
    "minimum order",
    "minimum basket",
    "min spend",
    "min purchase",
    "min order",
    "min basket",
    "min … spend",
    "min … purchase",
    "min … order",
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
    "ab … einkauf",
    "min einkauf",
    "mind … einkauf",
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
    "achat min",
    "minimum d achat",
    "dès … d achat",
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
    "compra mín",
    "compra min",
    "gasta … y recibe",
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
    "spesa min",
    "spendi … e ricevi",
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

// Of a condition: any number.
constexpr std::string_view kAmount = "…";
constexpr std::string_view kCurrencies[] = {
    "$",       "€",      "£",       "chf",   "fr",     "sfr",    "eur",
    "usd",     "gbp",    "euro",    "euros", "franc",  "francs", "franken",
    "francos", "franco", "franchi", "pound", "pounds", "dollar", "dollars"};

// Words that are written with a dot, as a part of a condition.
constexpr std::string_view kAbbreviations[] = {"min", "mind"};

struct Word {
  std::string text;
  bool may_begin = false;  // a sentence: it comes after the dot of an abbreviation
};

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

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

bool IsNumber(const Word& word) { return std::all_of(word.text.begin(), word.text.end(), IsDigit); }

// "1,000.50" and "1'000" are one number each.
bool IsWithinNumber(std::string_view text, size_t at) {
  return std::string_view(".,'").find(text[at]) != std::string_view::npos && at > 0 &&
         at + 1 < text.size() && IsDigit(text[at - 1]) && IsDigit(text[at + 1]);
}

bool IsCurrency(const Word& word) {
  return std::find(std::begin(kCurrencies), std::end(kCurrencies), word.text) !=
         std::end(kCurrencies);
}

bool EndWithAbbreviation(const std::vector<Word>& words) {
  return !words.empty() && std::find(std::begin(kAbbreviations), std::end(kAbbreviations),
                                     words.back().text) != std::end(kAbbreviations);
}

// "5 min." are minutes, "CHF 5 min." are not.
bool EndWithMinutes(const std::vector<Word>& words) {
  const size_t count = words.size();
  return count > 1 && IsNumber(words[count - 2]) && (count == 2 || !IsCurrency(words[count - 3]));
}

bool GoesOnWithCapital(std::string_view text, size_t from) {
  const size_t at = text.find_first_not_of(" \t\r\n", from);
  return at != std::string_view::npos && absl::ascii_isupper(static_cast<unsigned char>(text[at]));
}

// An amount is its number: without "CHF", before it or behind it.
std::vector<Word> WithoutCurrencies(std::vector<Word> words) {
  std::vector<Word> kept;
  for (size_t i = 0; i < words.size(); ++i) {
    const bool last = i + 1 == words.size();
    const bool beside = (i > 0 && IsNumber(words[i - 1])) || (!last && IsNumber(words[i + 1]));
    if (beside && IsCurrency(words[i])) {
      if (!last) words[i + 1].may_begin = words[i + 1].may_begin || words[i].may_begin;
    } else {
      kept.push_back(words[i]);
    }
  }
  return kept;
}

std::vector<Word> WordsOf(std::string_view text) {
  const std::string lowered = Lowered(text);
  std::vector<Word> words;
  std::string word;
  bool dotted = false;  // by an abbreviation
  const auto add = [&](std::string whole) {
    words.push_back({std::move(whole), std::exchange(dotted, false)});
  };
  const auto end = [&] {
    if (!word.empty()) add(std::exchange(word, std::string()));
  };
  for (size_t i = 0; i < lowered.size(); ++i) {
    const char c = lowered[i];
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || byte >= 0x80) {
      if (!word.empty() && IsDigit(word.back()) != IsDigit(c)) end();  // "CHF50" is two
      word.push_back(c);
      continue;
    }
    if (IsWithinNumber(lowered, i)) continue;
    end();
    if (c == '%' || c == '$') add(std::string(1, c));
    if (c == '.' && EndWithAbbreviation(words) &&
        !(EndWithMinutes(words) && GoesOnWithCapital(text, i + 1))) {
      dotted = true;
    } else if (std::string_view(".,:;!?()").find(c) != std::string_view::npos) {
      add(std::string(kStop));
    }
  }
  end();
  return WithoutCurrencies(std::move(words));
}

// Each with its words.
struct Condition {
  std::string_view phrase;
  std::vector<Word> words;
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

bool IsMeant(const Word& word, const Word& of_condition) {
  return of_condition.text == kAmount ? IsNumber(word) : word.text == of_condition.text;
}

bool IsDenied(const std::vector<Word>& words, size_t at) {
  for (size_t back = 1; back <= kDenialReach && back <= at; ++back) {
    const std::string& word = words[at - back].text;
    if (word == kStop || words[at - back + 1].may_begin) return false;
    if (std::find(std::begin(kDenials), std::end(kDenials), word) != std::end(kDenials)) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<std::string> FindCondition(std::string_view text) {
  const std::vector<Word> words = WordsOf(text);
  for (const Condition& condition : Conditions()) {
    auto from = words.begin();
    for (;;) {
      const auto found =
          std::search(from, words.end(), condition.words.begin(), condition.words.end(), IsMeant);
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
