#include "services/messages/composing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/messages/unsubscribe_token.h"

namespace gratis::messages {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ledger::Program Program() {
  return {.number = 2, .code = "demo", .display_name = "Keller", .currency_code = "CHF"};
}

MessagingPolicy Policy() {
  return {.senders = {{.code = "shop", .name = "The shop", .address = "shop@shop.example"},
                      {.code = "founder",
                       .name = "Anna Keller",
                       .title = "founder",
                       .address = "anna@shop.example"}},
          .unsubscribe_url = "https://shop.example/u?x=1",
          .feedback_url = "https://shop.example/how"};
}

Template CeoNote() {
  return {
      .code = "ceo-note",
      .sender = "founder",
      .default_language = "en",
      .wordings = {{.language = "en",
                    .subject = "Thank you",
                    .text = "{{#voucher}}{{voucher.code}} {{voucher.worth}}. {{/voucher}}"
                            "{{#feedback}}{{feedback.url}}. {{/feedback}}"
                            "{{sender.name}}{{#unsubscribe}} {{unsubscribe.url}}{{/unsubscribe}}"},
                   {.language = "en", .subject = "Thanks!", .text = "{{sender.name}}"}}};
}

Topic Purchase() {
  return {.message = {{{7}}},
          .occurred_at = absl::FromUnixSeconds(1'795'860'000),
          .feedback = true,
          .voucher = Values::Voucher{.code = "7K2M", .worth = "20%"}};
}

Recipient Ada(bool marketing, bool surveys) {
  return {.name = "Ada",
          .email = "ada@example.org",
          .zone = absl::UTCTimeZone(),
          .consents = {.marketing = marketing, .surveys = surveys}};
}

Composed ComposeFor(const Recipient& recipient, const Topic& topic, int variant = 0) {
  return Compose(Program(), CeoNote(), Policy(), recipient, topic, variant,
                 [] { return std::string("TOKEN"); });
}

TEST(ComposingTest, WithConsentTheNoteHasItsOfferItsQuestionAndAWayOut) {
  const Composed composed = ComposeFor(Ada(true, true), Purchase());
  EXPECT_EQ(composed.wording.text,
            "7K2M 20%. https://shop.example/how?message=" + Purchase().message.ToString() +
                ". Anna Keller https://shop.example/u?x=1&token=TOKEN");
  EXPECT_EQ(composed.unsubscribe_url, "https://shop.example/u?x=1&token=TOKEN");
  EXPECT_TRUE(composed.asks_consent);
  EXPECT_THAT(composed.left_out, IsEmpty());
}

TEST(ComposingTest, WithoutConsentItIsABareThankYou) {
  const Composed composed = ComposeFor(Ada(false, false), Purchase());
  EXPECT_EQ(composed.wording.text, "Anna Keller");
  EXPECT_FALSE(composed.asks_consent);
  EXPECT_EQ(composed.unsubscribe_url, "");
  EXPECT_THAT(composed.left_out, ElementsAre("voucher", "feedback"));
}

TEST(ComposingTest, AWordingThatOffersNothingAsksForNothing) {
  const Composed composed = ComposeFor(Ada(true, true), {.occurred_at = Purchase().occurred_at}, 1);
  EXPECT_EQ(composed.wording.subject, "Thanks!");
  EXPECT_EQ(composed.variant, 1);
  EXPECT_EQ(composed.purpose, Purpose::kService);
  EXPECT_FALSE(composed.asks_consent);
}

// Words of a template's own, of which nothing can be left out.
struct Whole {
  Purpose purpose;
  bool surveys_too;
  bool asks_consent;

  friend bool operator==(const Whole&, const Whole&) = default;
};
Whole WholeOf(const Topic& topic, Purpose purpose, const Wording& wording) {
  const Template note{.code = "note", .purpose = purpose, .wordings = {wording}};
  const Composed composed = Compose(Program(), note, Policy(), Ada(false, false), topic, 0,
                                    [] { return std::string("TOKEN"); });
  return {composed.purpose, composed.surveys_too, composed.asks_consent};
}

TEST(ComposingTest, WhatIsGivenOrAskedOutsideASectionIsWhatTheWholeMessageIsFor) {
  const Wording literal{.subject = "s", .text = "Please review us: https://shop.example/review"};
  const Topic review{.feedback = true};
  EXPECT_EQ(WholeOf({}, Purpose::kService, literal), (Whole{Purpose::kService, false, false}));
  EXPECT_EQ(WholeOf(review, Purpose::kService, literal), (Whole{Purpose::kSurveys, true, true}));
  EXPECT_EQ(WholeOf(review, Purpose::kMarketing, literal),
            (Whole{Purpose::kMarketing, true, true}));
  const Whole marketing{Purpose::kMarketing, false, true};
  for (const Topic& gift :
       {Topic{.points = 5}, Topic{.item = "mug"}, Topic{.choice = "mug, tote"},
        Topic{.gives_voucher = true},
        Topic{.voucher = Values::Voucher{.code = "7K2M", .worth = "20%"}}, Topic{.story = true}}) {
    EXPECT_EQ(WholeOf(gift, Purpose::kService, literal), marketing);
    EXPECT_EQ(WholeOf(gift, Purpose::kSurveys, literal), (Whole{Purpose::kMarketing, true, true}))
        << "and a survey still";
  }
  EXPECT_EQ(WholeOf(Purchase(), Purpose::kService, literal),
            (Whole{Purpose::kMarketing, true, true}));
}

TEST(ComposingTest, ASectionIsOfWhatItNamesAndInAPartThatIsSent) {
  const Whole bare{Purpose::kService, false, false};
  const Whole marketing{Purpose::kMarketing, false, true};
  Topic points{.points = 5};
  const Wording in_html{.subject = "s", .text = "t", .html = "{{#gift}}{{points}}{{/gift}}"};
  EXPECT_EQ(WholeOf(points, Purpose::kService, in_html), bare);
  EXPECT_EQ(WholeOf({.gives_voucher = true}, Purpose::kService, in_html), marketing);
  const Wording in_task{.subject = "s", .text = "t", .task = "{{#gift}}{{points}}{{/gift}}"};
  EXPECT_EQ(WholeOf(points, Purpose::kService, in_task), marketing);
  // Staff's tasks are worded by a template of their own kind.
  points.channel = ChannelKind::kTask;
  EXPECT_EQ(WholeOf(points, Purpose::kService, {.task = "A card"}), bare);
  points.channel = ChannelKind::kInbox;
  EXPECT_EQ(WholeOf(points, Purpose::kService, {.subject = "s", .text = "t"}), marketing);
}

TEST(ComposingTest, TheTemplateThatSpeaksAfterAComplaintIsForWhateverWaited) {
  const Template tactful{.code = kAfterComplaintTemplate,
                         .default_language = "en",
                         .wordings = {{.language = "en", .subject = "s", .text = "Mended."}}};
  Topic topic = Purchase();
  const auto purpose = [&] {
    return Compose(Program(), tactful, Policy(), Ada(false, false), topic, 0,
                   [] { return std::string("TOKEN"); })
        .purpose;
  };
  EXPECT_EQ(purpose(), Purpose::kService);
  topic.story = true;
  EXPECT_EQ(purpose(), Purpose::kMarketing);
}

TEST(ComposingTest, WhatWaitsToBeLookedAtHasItAll) {
  Topic topic = Purchase();
  topic.channel = ChannelKind::kInbox;
  const Composed composed = ComposeFor(Ada(false, false), topic);
  EXPECT_THAT(composed.left_out, IsEmpty());
  EXPECT_THAT(composed.wording.text, ::testing::HasSubstr("7K2M 20%"));
}

TEST(ComposingTest, StaffWriteNoOfferToWhoObjected) {
  Template card = CeoNote();
  card.wordings = {{.language = "en",
                    .text = "{{#feedback}}{{feedback.url}}{{/feedback}}",
                    .task = "A card{{#voucher}} with {{voucher.code}}{{/voucher}}"}};
  Topic topic = Purchase();
  topic.channel = ChannelKind::kTask;
  Recipient ada = Ada(false, false);
  const auto composed = [&] {
    return Compose(Program(), card, Policy(), ada, topic, 0, [] { return std::string("TOKEN"); });
  };
  EXPECT_EQ(composed().wording.task, "A card with 7K2M");
  EXPECT_TRUE(composed().asks_consent) << "it ends if they object to that";
  EXPECT_EQ(composed().unsubscribe_url, "");
  ada.consents.objected = true;
  EXPECT_EQ(composed().wording.task, "A card");
  EXPECT_THAT(composed().left_out, ElementsAre("voucher")) << "the task alone is what staff read";
  EXPECT_FALSE(composed().asks_consent);
}

TEST(ComposingTest, ChosenByProfileIsWhatPicksPeopleForMoreThanABareThankYou) {
  Topic topic = Purchase();
  topic.offer = true;
  EXPECT_FALSE(ComposeFor(Ada(true, true), topic).by_profile);
  topic.by_profile = true;
  EXPECT_TRUE(ComposeFor(Ada(true, true), topic).by_profile);
  EXPECT_TRUE(ComposeFor(Ada(false, false), topic).by_profile) << "though its offer is left out";
  topic.offer = false;
  EXPECT_FALSE(ComposeFor(Ada(true, true), topic).by_profile) << "a bare thank-you";
  Template survey = CeoNote();
  survey.purpose = Purpose::kSurveys;
  EXPECT_TRUE(ChosenByProfile(topic, survey)) << "its template says what it is for";
  topic.occasion = Occasion::kGift;
  EXPECT_TRUE(ChosenByProfile(topic, CeoNote()));
}

TEST(ComposingTest, SendersAreNamedByTemplateOrFactElseTheFirst) {
  Topic topic = Purchase();
  EXPECT_EQ(ComposeFor(Ada(true, true), topic).sender.address, "anna@shop.example");
  topic.sender = "shop";
  EXPECT_EQ(ComposeFor(Ada(true, true), topic).sender.address, "shop@shop.example");
  topic.sender = "gone";
  EXPECT_EQ(ComposeFor(Ada(true, true), topic).sender.address, "shop@shop.example");
}

TEST(ComposingTest, WorthInWords) {
  using ledger::VoucherKind;
  EXPECT_EQ(WorthText({.kind = VoucherKind::kPercentage, .basis_points = 2000}, 1, "CHF"), "20%");
  EXPECT_EQ(WorthText({.kind = VoucherKind::kPercentage, .basis_points = 1250}, 1, "CHF"), "12.5%");
  EXPECT_EQ(WorthText({.kind = VoucherKind::kPercentage, .basis_points = 1205}, 1, "CHF"),
            "12.05%");
  EXPECT_EQ(WorthText({.kind = VoucherKind::kFixed}, 1000, "CHF"), "10.00 CHF");
  EXPECT_EQ(WorthText({.kind = VoucherKind::kFixed}, 500, "JPY"), "500 JPY");
  EXPECT_EQ(WorthText({.kind = VoucherKind::kItem, .item = "mug"}, 1, "CHF"), "mug");
}

TEST(ComposingTest, AVoucherThatIsOverIsNotMentioned) {
  const absl::Time now = absl::FromUnixSeconds(1'795'860'000);
  const ledger::Voucher voucher{
      .terms = {.kind = ledger::VoucherKind::kPercentage, .basis_points = 2000}};
  ledger::Lot lot{.available = 1};
  const auto words = [&] {
    return VoucherWords(voucher, lot, Program(), "7K2M", absl::UTCTimeZone(), now);
  };
  ASSERT_TRUE(words());
  EXPECT_EQ(words()->ends, "");
  lot.expires_at = now + absl::Hours(48);
  EXPECT_EQ(words()->ends, "2026-11-30");
  lot.expires_at = absl::FromCivil(absl::CivilDay(2026, 12, 1), absl::UTCTimeZone());
  EXPECT_EQ(words()->ends, "2026-11-30") << "what ends at midnight is over on the day that begins";
  lot.expires_at = now;
  EXPECT_FALSE(words());
  lot = {.available = 0};
  EXPECT_FALSE(words());
}

// --- the way out ---

TEST(UnsubscribeTokens, OpenInTheirProgramAlone) {
  const UnsubscribeTokens tokens(std::string(32, 'k'));
  const Unsubscription whom{.member = {{{1, 2, 3}}}, .message = {{{4, 5, 6}}}};
  const std::string token = tokens.Make(2, whom);
  const auto opened = tokens.Open(2, token);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->member, whom.member);
  EXPECT_EQ(opened->message, whom.message);
  EXPECT_FALSE(tokens.Open(3, token).ok());
  EXPECT_FALSE(UnsubscribeTokens(std::string(32, 'j')).Open(2, token).ok());
  EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                    "0123456789-_"),
            std::string::npos)
      << "it stands in an address as it is";
}

TEST(UnsubscribeTokens, NoCharacterMayBeChanged) {
  const UnsubscribeTokens tokens(std::string(32, 'k'));
  const std::string token = tokens.Make(2, {.member = {{{1}}}, .message = {{{2}}}});
  for (size_t i = 0; i < token.size(); ++i) {
    std::string other = token;
    other[i] = other[i] == 'A' ? 'Q' : 'A';
    EXPECT_FALSE(tokens.Open(2, other).ok()) << i;
  }
  EXPECT_FALSE(tokens.Open(2, "").ok());
  EXPECT_FALSE(tokens.Open(2, token + "A").ok());
  EXPECT_FALSE(tokens.Open(2, std::string(100'000, 'A')).ok());
}

}  // namespace
}  // namespace gratis::messages
