#include "services/birthdays/conditions.h"

#include <gtest/gtest.h>

namespace gratis::birthdays {
namespace {

TEST(Conditions, AreFoundByTheirWordsHoweverTheyAreWritten) {
  const std::pair<const char*, const char*> cases[] = {
      {"A free coffee with any purchase of CHF 10 or more", "with any purchase"},
      {"FREE CAKE WITH ANY\n  PURCHASE", "with any purchase"},
      {"A scarf, when you spend 50 francs", "when you spend"},
      {"5 francs off your bill, minimum spend 20", "minimum spend"},
      {"20% off everything", "% off"},
      {"20 % OFF", "% off"},
      {"Ten percent off", "percent off"},
      {"A candle on your next order", "on your next order"},
      {"Buy one, get one", "buy one"},
      {"Opt-in to get your cake", "opt in"},
      {"Activate your gift in the app", "activate"},
      {"A cake (terms apply)", "terms apply"},
      {"A cake. Can't be combined.", "can t be combined"},
      {"A cake, not valid with other offers", "not valid with"},
      {"A cake, only in store", "only in store"},
      {"Ein Kaffee bei jedem Einkauf", "bei jedem einkauf"},
      {"EIN KAFFEE BEIM NÄCHSTEN EINKAUF", "beim nächsten einkauf"},
      {"Gutschein, Mindestbestellwert 30 Franken", "mindestbestellwert"},
      {"10 % Rabatt", "% rabatt"},
      {"Un café pour tout achat", "pour tout achat"},
      {"Bon d'achat, achat minimum de 30 francs", "achat minimum"},
      {"20% de réduction", "% de réduction"},
      {"Un pastel con tu compra", "con tu compra"},
      {"Una torta, spesa minima 30 franchi", "spesa minima"},
      {"A cake. Min. spend 20", "min spend"},
      {"A cake, min. order CHF 20", "min order"},
      {"MIN. PURCHASE: 20", "min purchase"},
      {"A cake (min. CHF 20 purchase)", "min … purchase"},
      {"A cake, $20 Min. Purchase", "min purchase"},
      {"A cake, 20 min. purchase", "min purchase"},
      {"Spend 50 and get a cake", "spend … and get"},
      {"Spend CHF 50 and save", "spend … and save"},
      {"Spend CHF50 and save", "spend … and save"},
      {"Spend 50 francs, get a cake", "spend …, get"},
      {"Spend $1,000.50 or more", "spend … or more"},
      {"Spend €50 to receive a cake", "spend … to receive"},
      {"Ein Kuchen ab CHF 50 Einkauf", "ab … einkauf"},
      {"Ein Kuchen, mind. 50 Franken Einkauf", "mind … einkauf"},
      {"Un bon, achat min. 30 francs", "achat min"},
      {"Un gâteau dès 30 francs d'achat", "dès … d achat"},
      {"Un pastel, compra mín. 30", "compra mín"},
      {"Una torta, spesa min. 30 franchi", "spesa min"},
  };
  for (const auto& [text, phrase] : cases) EXPECT_EQ(FindCondition(text), phrase) << text;
}

TEST(Conditions, AreNotFoundWhereThereAreNone) {
  for (const char* const text :
       {"", "A slice of our lemon cake", "A voucher of 5 francs, for whatever you like",
        "No minimum spend, no strings", "Without any purchase", "There is no need to activate it",
        "Ohne Mindestbestellwert", "Kein Mindesteinkauf", "Sans achat minimum",
        "Senza spesa minima", "A bar of 70% chocolate", "Our activator cream", "The cake is yours",
        "Purchased with love", "% % %", "....", "\xC3", "ÄÖÜ"}) {
    EXPECT_EQ(FindCondition(text), std::nullopt) << text;
  }
}

TEST(Conditions, AreNotFoundInAmountsAndAbbreviationsAlone) {
  for (const char* const text :
       {"Spend a lovely day", "Spend 2 hours and get pampered", "Spend your 5 francs as you like",
        "Spend CHF 5 on whatever you like", "No min. spend", "No min. CHF 20 purchase",
        "No need to spend 50 and get a stamp", "Sans achat min.",
        "Ready in 5 min. Order it at the counter", "Min.", "$"}) {
    EXPECT_EQ(FindCondition(text), std::nullopt) << text;
  }
}

TEST(Conditions, ADenialReachesNoFurtherThanItsSentence) {
  EXPECT_EQ(FindCondition("No strings! With any purchase."), "with any purchase");
  EXPECT_EQ(FindCondition("No, really and truly a gift with any purchase"), "with any purchase");
  EXPECT_EQ(FindCondition("No minimum spend, but with any purchase"), "with any purchase");
  EXPECT_EQ(FindCondition("No strings. Min. spend 20"), "min spend");
  EXPECT_EQ(FindCondition("No min. With any purchase"), "with any purchase");
}

}  // namespace
}  // namespace gratis::birthdays
