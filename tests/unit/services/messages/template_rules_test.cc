#include "services/messages/template_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::messages {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Template Note(Wording wording = {.language = "en",
                                 .subject = "Thank you, {{member.name}}",
                                 .text = "Thank you.\n\n{{sender.name}}"}) {
  return {.code = "ceo-note",
          .purpose = Purpose::kService,
          .sender = "founder",
          .default_language = wording.language,
          .wordings = {std::move(wording)}};
}

// Where a template is wrong; "fine" when it is not.
std::string WhereOf(const Template& wish) {
  const absl::Status status = CheckTemplate(wish);
  if (status.ok()) return "fine";
  if (ReasonOf(status) != Reason::kTemplateInvalid) return std::string(status.message());
  for (const auto& [key, value] : MetadataOf(status)) {
    if (key == "where") return value;
  }
  return "nowhere";
}

std::string WhereInText(const std::string& text) {
  return WhereOf(Note({.language = "en", .subject = "s", .text = text}));
}

std::string WhereInHtml(const std::string& html) {
  return WhereOf(Note({.language = "en", .subject = "s", .text = "t", .html = html}));
}

TEST(TemplateRules, AUsualNoteIsFine) { EXPECT_EQ(WhereOf(Note()), "fine"); }

TEST(TemplateRules, AnUnknownVariableIsRefusedWithItsPlace) {
  EXPECT_EQ(WhereInText("Dear {{member.name}},\nyour {{member.birthday}}"),
            "wordings[0].text line 2 column 6");
  EXPECT_EQ(WhereOf(Note({.language = "en", .subject = "{{offer}}", .text = "t"})),
            "wordings[0].subject line 1 column 1");
}

TEST(TemplateRules, TheTextPartIsNeverMissing) {
  EXPECT_EQ(WhereOf(Note({.language = "en", .subject = "s", .html = "<p>Hello</p>"})),
            "wordings[0].text");
  EXPECT_EQ(WhereOf(Note({.language = "en", .text = "t"})), "wordings[0].subject");
}

TEST(TemplateRules, StaffsTaskNeedsNoMail) {
  EXPECT_EQ(WhereOf(Note({.language = "en", .task = "A card for {{member.name}}, please"})),
            "fine");
  EXPECT_EQ(WhereOf(Note({.language = "en", .task = "A card for {{who}}"})),
            "wordings[0].task line 1 column 12");
}

TEST(TemplateRules, TagsThatAreNotClosedAreRefused) {
  EXPECT_EQ(WhereInText("Dear {{member.name"), "wordings[0].text line 1 column 6");
  EXPECT_EQ(WhereInText("{{#voucher}}x"), "wordings[0].text line 1 column 1");
  EXPECT_EQ(WhereInText("x{{/voucher}}"), "wordings[0].text line 1 column 2");
  EXPECT_EQ(WhereInText("{{#gift}}{{#voucher}}{{/gift}}{{/voucher}}"),
            "wordings[0].text line 1 column 22");
}

TEST(TemplateRules, NothingIsPutInUnescapedNorFromElsewhere) {
  EXPECT_EQ(WhereInHtml("<p>{{{member.name}}}</p>"), "wordings[0].html line 1 column 4");
  EXPECT_EQ(WhereInHtml("<p>{{& member.name}}</p>"), "wordings[0].html line 1 column 4");
  EXPECT_EQ(WhereInText("{{> footer}}"), "wordings[0].text line 1 column 1");
  EXPECT_EQ(WhereInText("{{=<% %>=}}"), "wordings[0].text line 1 column 1");
}

TEST(TemplateRules, WhatIsNotAlwaysThereStandsInItsSection) {
  EXPECT_EQ(WhereInText("Use {{voucher.code}}"), "wordings[0].text line 1 column 5");
  EXPECT_EQ(WhereInText("{{^voucher}}{{voucher.code}}{{/voucher}}"),
            "wordings[0].text line 1 column 13");
}

TEST(TemplateRules, WhatNeedsConsentEndsWithAWayOut) {
  const std::string offer = "{{#voucher}}{{voucher.code}}{{/voucher}}";
  const std::string out = "{{#unsubscribe}}{{unsubscribe.url}}{{/unsubscribe}}";
  EXPECT_EQ(WhereInText(offer), "wordings[0].text");
  EXPECT_EQ(WhereInText(offer + out), "fine");
  EXPECT_EQ(
      WhereOf(Note({.language = "en", .subject = "s", .text = offer + out, .html = "<p>x</p>"})),
      "wordings[0].html");
  Template story = Note();
  story.purpose = Purpose::kMarketing;
  EXPECT_EQ(WhereOf(story), "wordings[0].text");
}

TEST(TemplateRules, TheWayOutIsNotHiddenInAnotherSection) {
  const std::string out = "{{#unsubscribe}}{{unsubscribe.url}}{{/unsubscribe}}";
  const auto where = [](const std::string& text, const std::string& html = "") {
    Template story = Note({.language = "en", .subject = "s", .text = text, .html = html});
    story.purpose = Purpose::kMarketing;
    return WhereOf(story);
  };
  EXPECT_EQ(where("Our story. " + out), "fine");
  for (const std::string section : {"voucher", "gift", "complaint", "member.name"}) {
    const std::string hidden = "{{#" + section + "}}" + out + "{{/" + section + "}}";
    EXPECT_EQ(where(hidden), "wordings[0].text") << section;
    EXPECT_EQ(where(hidden + out), "fine") << section;
    EXPECT_EQ(where(out, "<p>" + hidden + "</p>"), "wordings[0].html") << section;
  }
  EXPECT_EQ(where("{{^voucher}}" + out + "{{/voucher}}"), "wordings[0].text");
  EXPECT_EQ(where("{{#unsubscribe}}{{#voucher}}{{unsubscribe.url}}{{/voucher}}{{/unsubscribe}}"),
            "wordings[0].text");
}

TEST(TemplateRules, InHtmlValuesStandWhereTheyStayValues) {
  EXPECT_EQ(WhereInHtml("<p title=\"{{member.name}}\">{{member.name}}</p>"), "fine");
  EXPECT_EQ(WhereInHtml("<p title={{member.name}}>"), "wordings[0].html line 1 column 10");
  EXPECT_EQ(WhereInHtml("<p title=x{{member.name}}>"), "wordings[0].html line 1 column 11");
  EXPECT_EQ(WhereInHtml("<p {{member.name}}>"), "wordings[0].html line 1 column 4");
  EXPECT_EQ(WhereInHtml("<script>var a = \"{{member.name}}\"</script>"),
            "wordings[0].html line 1 column 18");
  EXPECT_EQ(WhereInHtml("<STYLE>a{{member.name}}</STYLE>"), "wordings[0].html line 1 column 9");
  EXPECT_EQ(WhereInHtml("<!-- > {{member.name}} -->"), "wordings[0].html line 1 column 8");
  EXPECT_EQ(WhereInHtml("<p onclick=\"{{member.name}}\">"), "wordings[0].html line 1 column 13");
  EXPECT_EQ(WhereInHtml("<p style='{{member.name}}'>"), "wordings[0].html line 1 column 11");
  EXPECT_EQ(WhereInHtml("<a href=\"{{member.name}}\">"), "wordings[0].html line 1 column 10");
  EXPECT_EQ(WhereInHtml("<a href=\"https://shop.example/orders/{{purchase.id}}\">x</a>"), "fine");
  EXPECT_EQ(WhereInHtml("a < b {{member.name}}"), "fine");
  EXPECT_EQ(WhereInHtml("<{{member.name}}>"), "wordings[0].html line 1 column 2");
  EXPECT_EQ(WhereInHtml("<script>1 < 2</script><p>{{member.name}}</p>"), "fine");
  EXPECT_EQ(WhereInHtml("<p title=\"{{member.name}}"), "wordings[0].html line 1 column 26");
}

// Where browsers and a cursory look at HTML part.
TEST(TemplateRules, InHtmlTagsCommentsAndScriptsEndWhereBrowsersEndThem) {
  EXPECT_EQ(WhereInHtml("<a =\"{{member.name}}\">"), "wordings[0].html line 1 column 6");
  EXPECT_EQ(WhereInHtml("<a b/=\"{{member.name}}\">"), "wordings[0].html line 1 column 8");
  EXPECT_EQ(WhereInHtml("<a b='c'='{{member.name}}'>"), "wordings[0].html line 1 column 11");
  EXPECT_EQ(WhereInHtml("<a b=\v\"{{member.name}}\">"), "wordings[0].html line 1 column 8");
  EXPECT_EQ(WhereInHtml("<script></scripts>{{member.name}}</script>"),
            "wordings[0].html line 1 column 19");
  EXPECT_EQ(WhereInHtml("<script><!--<script></script>{{member.name}}--></script>"),
            "wordings[0].html line 1 column 30");
  EXPECT_EQ(WhereInHtml("<!x a='><script>{{member.name}}</script>'>"),
            "wordings[0].html line 1 column 17");
  EXPECT_EQ(WhereInHtml("</ a='><script>{{member.name}}</script>'>"),
            "wordings[0].html line 1 column 16");
  EXPECT_EQ(WhereInHtml("<!--><script>-->{{member.name}}</script>"),
            "wordings[0].html line 1 column 17");
  EXPECT_EQ(WhereInHtml("<title><a b='</title><style>{{member.name}}</style>'>"),
            "wordings[0].html line 1 column 29");
  EXPECT_EQ(WhereInHtml("<svg>{{member.name}}</svg>"), "wordings[0].html line 1 column 6");
  EXPECT_EQ(WhereInHtml("<title>{{program.name}}</title><p>{{member.name}}"), "fine");
  EXPECT_EQ(WhereInHtml("<!-->{{member.name}}<!-- a --!>{{member.name}}<!-- -->"), "fine");
  EXPECT_EQ(WhereInHtml("<a b = '{{member.name}}' c='{{member.name}}'/>{{member.name}}"), "fine");
}

TEST(TemplateRules, SectionsEndWhereTheyBegan) {
  EXPECT_EQ(WhereInHtml("{{#complaint}}<{{/complaint}}b>"), "wordings[0].html line 1 column 16");
  EXPECT_EQ(WhereInHtml("<a title=\"{{#complaint}}\" class=\"{{/complaint}}\">"),
            "wordings[0].html line 1 column 34");
  EXPECT_EQ(WhereInHtml("{{#complaint}}<script>{{/complaint}}"),
            "wordings[0].html line 1 column 23");
  EXPECT_EQ(WhereInHtml("{{#complaint}}<b>sorry</b>{{/complaint}}"), "fine");
}

TEST(TemplateRules, FieldsAreNamed) {
  Template wish = Note();
  wish.code = "CEO";
  EXPECT_EQ(FieldOf(CheckTemplate(wish)), "template.code");
  wish = Note();
  wish.purpose = Purpose{};
  EXPECT_EQ(FieldOf(CheckTemplate(wish)), "template.purpose");
  wish = Note();
  wish.default_language = "fr";
  EXPECT_EQ(FieldOf(CheckTemplate(wish)), "template.default_language");
  wish = Note();
  wish.wordings.clear();
  EXPECT_EQ(FieldOf(CheckTemplate(wish)), "template.wordings");
  wish = Note();
  wish.wordings[0].subject = std::string(201, 's');
  EXPECT_EQ(ReasonOf(CheckTemplate(wish)), Reason::kFieldTooLong);
  wish = Note();
  wish.wordings[0].subject = "a\nBcc: all@example.com";
  EXPECT_EQ(WhereOf(wish), "wordings[0].subject");
}

// --- rendering ---

TEST(RenderTest, EscapesByPart) {
  const Wording rendered = Render({.language = "en",
                                   .subject = "For {{member.name}}",
                                   .text = "Dear {{member.name}},",
                                   .html = "<p title='{{member.name}}'>{{member.name}}</p>"},
                                  {.member_name = "A<b>&\"C'\r\nBcc: x@y.z"});
  EXPECT_EQ(rendered.subject, "For A<b>&\"C'  Bcc: x@y.z");
  EXPECT_EQ(rendered.text, "Dear A<b>&\"C'  Bcc: x@y.z,");
  const std::string html = "A&lt;b&gt;&amp;&quot;C&apos;  Bcc: x@y.z";
  EXPECT_EQ(rendered.html, "<p title='" + html + "'>" + html + "</p>");
}

TEST(RenderTest, WhatIsBackIsNamedWhereItIs) {
  const Wording back{.text = "{{#restock}}{{restock.item}} is back{{/restock}}"};
  EXPECT_EQ(Render(back, {.restock_item = "Duvet Moons"}).text, "Duvet Moons is back");
  EXPECT_EQ(Render(back, {}).text, "");
  // It is theirs to hear who asked for it: no section that consent is asked for.
  EXPECT_FALSE(NeedsConsent(Note(back), {.restock_item = "Duvet Moons"}));
}

TEST(RenderTest, AValueIsNoTemplate) {
  EXPECT_EQ(Render({.text = "{{member.name}}"}, {.member_name = "{{sender.name}}"}).text,
            "{{sender.name}}");
}

TEST(RenderTest, SectionsAreSaidWhenThereIsSomethingToSay) {
  const Wording wording{.text =
                            "{{#voucher}}{{voucher.worth}} with {{voucher.code}}"
                            "{{#voucher.ends}} until {{voucher.ends}}{{/voucher.ends}}"
                            "{{/voucher}}{{^voucher}}Thank you{{/voucher}}"};
  EXPECT_EQ(Render(wording, {}).text, "Thank you");
  Values values{.voucher = Values::Voucher{.code = "7K2M", .worth = "20%"}};
  EXPECT_EQ(Render(wording, values).text, "20% with 7K2M");
  values.voucher->ends = "2027-01-31";
  EXPECT_EQ(Render(wording, values).text, "20% with 7K2M until 2027-01-31");
}

TEST(RenderTest, EveryVariableThereIs) {
  const Values values{.member_name = "Ada",
                      .program_name = "Shop",
                      .sender_name = "Anna",
                      .sender_title = "founder",
                      .occurred_day = "2026-11-28",
                      .purchase_id = "pur_1",
                      .gift = Values::Gift{.points = "100", .item = "mug"},
                      .voucher = Values::Voucher{.code = "C", .worth = "W", .ends = "E"},
                      .feedback_url = "https://f",
                      .unsubscribe_url = "https://u",
                      .complaint = true};
  EXPECT_EQ(
      Render({.text = "{{member.name}} {{program.name}} {{sender.name}} {{sender.title}} "
                      "{{occurred.day}} {{purchase.id}} {{#gift}}{{points}} {{item}} {{/gift}}"
                      "{{#voucher}}{{voucher.code}} {{voucher.worth}} {{voucher.ends}} "
                      "{{/voucher}}{{#feedback}}{{feedback.url}} {{/feedback}}"
                      "{{#unsubscribe}}{{unsubscribe.url}} {{/unsubscribe}}"
                      "{{#complaint}}sorry{{/complaint}}"},
             values)
          .text,
      "Ada Shop Anna founder 2026-11-28 pur_1 100 mug C W E https://f https://u sorry");
}

// --- what is left out, and which wording ---

TEST(TemplateRules, WithoutConsentTheOfferIsLeftOut) {
  Values values{.gift = Values::Gift{.points = "5"},
                .voucher = Values::Voucher{.code = "c"},
                .feedback_url = "https://f"};
  Values all = values;
  EXPECT_THAT(LeaveOut(true, true, all), IsEmpty());
  EXPECT_TRUE(all.gift && all.voucher && all.feedback_url);
  Values surveys = values;
  EXPECT_THAT(LeaveOut(false, true, surveys), ElementsAre("gift", "voucher"));
  EXPECT_TRUE(!surveys.gift && !surveys.voucher && surveys.feedback_url);
  EXPECT_TRUE(NeedsConsent(Note(), surveys));
  EXPECT_THAT(LeaveOut(false, false, values), ElementsAre("gift", "voucher", "feedback"));
  EXPECT_FALSE(NeedsConsent(Note(), values));
}

TEST(TemplateRules, WhatAWordingDoesNotSayNeedsNoConsent) {
  Values values{.gift = Values::Gift{.points = "5"}, .voucher = Values::Voucher{.code = "c"}};
  ForgetUnsaid({.text = "{{# voucher }}{{voucher.code}}{{/voucher}}"}, values);
  EXPECT_FALSE(values.gift);
  EXPECT_TRUE(values.voucher);
}

Template InLanguages(const std::vector<std::string>& languages) {
  Template message_template = Note();
  message_template.wordings.clear();
  int number = 0;
  for (const std::string& language : languages) {
    message_template.wordings.push_back(
        {.language = language, .subject = std::to_string(number++), .text = "t"});
  }
  message_template.default_language = languages.front();
  return message_template;
}

std::string Chosen(const Template& message_template, const std::string& language, int variant = 0) {
  const ChosenWording chosen = ChooseWording(message_template, language, variant);
  return chosen.wording->subject;
}

TEST(TemplateRules, LanguagesFallBack) {
  const Template note = InLanguages({"en", "de", "de-CH", "fr-CA", "fr"});
  EXPECT_EQ(Chosen(note, "de-CH"), "2");
  EXPECT_EQ(Chosen(note, "DE-ch"), "2");
  EXPECT_EQ(Chosen(note, "de-AT"), "1");
  EXPECT_EQ(Chosen(note, "fr-BE"), "4");
  EXPECT_EQ(Chosen(note, "it"), "0");
  EXPECT_EQ(Chosen(note, ""), "0");
  EXPECT_EQ(Chosen(InLanguages({"en", "pt-BR"}), "pt-PT"), "1");
}

TEST(TemplateRules, WordingsTakeTurnsWithinALanguage) {
  const Template note = InLanguages({"en", "de", "en", "en"});
  EXPECT_EQ(Chosen(note, "en", 0), "0");
  EXPECT_EQ(Chosen(note, "en", 1), "2");
  EXPECT_EQ(Chosen(note, "en", 2), "3");
  EXPECT_EQ(Chosen(note, "en", 3), "0");
  EXPECT_EQ(Chosen(note, "de", 7), "1");
  EXPECT_EQ(ChooseWording(note, "en", 4).variant, 1);
}

}  // namespace
}  // namespace gratis::messages
