#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_replace.h"
#include "common/base/text.h"
#include "common/status/reasons.h"
#include "services/messages/template_rules.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/html_places.h"

// A template that may be saved, whatever its values: each stands where it is meant as text,
// escaped, and nothing that consent is lacking for is said.
namespace gratis::messages {
namespace {

using fuzz::Require;

constexpr size_t kParts = 5;  // a value, a subject, a text, HTML, a task
enum Bit {
  kGift = 1,
  kVoucher = 2,
  kChoice = 4,
  kRestock = 8,
  kFeedback = 16,
  kOut = 32,
  kMended = 64
};

std::array<std::string, kParts> Split(std::string_view input) {
  std::array<std::string, kParts> parts;
  for (size_t i = 0; i < kParts && !input.empty(); ++i) {
    const size_t end = i + 1 < kParts ? std::min(input.find('\0'), input.size()) : input.size();
    parts[i] = std::string(input.substr(0, end));
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  return parts;
}

// `free`: of people and shops; `address`: of the engine, safe within an address; `asked`: needs
// consent.
Values ValuesOf(uint8_t bits, const std::string& free, const std::string& address,
                const std::string& asked) {
  Values values{.member_name = free,
                .program_name = free,
                .sender_name = free,
                .sender_title = free,
                .occurred_day = address,
                .purchase_id = address};
  if ((bits & kGift) != 0) values.gift = Values::Gift{.points = asked, .item = asked};
  if ((bits & kVoucher) != 0)
    values.voucher = Values::Voucher{.code = asked, .worth = asked, .ends = asked};
  if ((bits & kChoice) != 0) values.choice_options = asked;
  if ((bits & kRestock) != 0) values.restock_item = free;
  if ((bits & kFeedback) != 0) values.feedback_url = asked;
  if ((bits & kOut) != 0) values.unsubscribe_url = address;
  values.complaint = (bits & kMended) != 0;
  return values;
}

std::string OnOneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < 0x20 && c >= 0; }, ' ');
  std::replace(text.begin(), text.end(), '\x7f', ' ');
  return text;
}

std::string Escaped(const std::string& text) {
  return absl::StrReplaceAll(
      OnOneLine(text),
      {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&apos;"}});
}

std::string Put(const std::string& part, const std::string& mark, const std::string& value) {
  return absl::StrReplaceAll(part, {{mark, value}});
}

// Characters of the private use area, which are not taken from the input.
constexpr char kFree[] = "\xEE\x80\x80";
constexpr char kSafe[] = "\xEE\x80\x81";
constexpr char kAsked[] = "\xEE\x80\x82";
constexpr char kMarks[] = "\xEE\x80";

void CheckPlaces(const std::string& html, const std::string& mark, bool address) {
  const std::string places = fuzz::PlacesIn(html);
  for (size_t at = html.find(mark); at != html.npos; at = html.find(mark, at + 1)) {
    const bool held = std::all_of(
        places.begin() + static_cast<std::ptrdiff_t>(at),
        places.begin() + static_cast<std::ptrdiff_t>(at + mark.size()), [&](char place) {
          return place == fuzz::kText || place == fuzz::kValue || (address && place == fuzz::kUrl);
        });
    Require(held, "a value stands where it stays a value");
  }
}

void CheckRendering(const Wording& wording, uint8_t bits, const std::string& value) {
  const std::string free = kFree;
  const std::string safe = kSafe;
  const Wording marked = Render(wording, ValuesOf(bits, free, safe, free));
  const Wording said = Render(wording, ValuesOf(bits, value, safe, value));
  Require(said.html == Put(marked.html, free, Escaped(value)), "HTML has values as text");
  for (const auto& [is, was] :
       {std::pair(&said.text, &marked.text), std::pair(&said.task, &marked.task),
        std::pair(&said.subject, &marked.subject)}) {
    Require(*is == Put(*was, free, OnOneLine(value)), "text has values on one line");
  }
  Require(said.subject.find_first_of("\r\n") == std::string::npos, "a subject is one line");
  // What an address may be made of is given for it alone.
  const Wording places = Render(wording, ValuesOf(bits, free, safe, safe));
  CheckPlaces(places.html, safe, /*address=*/true);
  CheckPlaces(places.html, free, /*address=*/false);
}

void CheckConsent(const Wording& wording, uint8_t bits) {
  Values values = ValuesOf(bits, "x", "x", kAsked);
  ForgetUnsaid(wording, values);
  LeaveOut(/*marketing=*/false, /*surveys=*/false, values);
  const Wording said = Render(wording, values);
  for (const std::string* part : {&said.subject, &said.text, &said.html, &said.task}) {
    Require(part->find(kAsked) == std::string::npos, "nothing is said that needs consent");
  }
}

void Check(uint8_t bits, std::string_view input) {
  const std::array<std::string, kParts> parts = Split(input);
  for (const std::string& part : parts) {
    // As the door has it.
    if (!base::IsValidUtf8(part) || part.find(kMarks) != part.npos) return;
  }
  const Template note{.code = "note",
                      .purpose = Purpose::kService,
                      .sender = "founder",
                      .default_language = "en",
                      .wordings = {{.language = "en",
                                    .subject = parts[1],
                                    .text = parts[2],
                                    .html = parts[3],
                                    .task = parts[4]}}};
  const absl::Status checked = CheckTemplate(note);
  if (!checked.ok()) {
    const Metadata metadata = MetadataOf(checked);
    const bool placed = std::any_of(metadata.begin(), metadata.end(),
                                    [](const auto& entry) { return entry.first == "where"; });
    Require(ReasonOf(checked) != Reason::kTemplateInvalid || placed, "an error says where");
    return;
  }
  const std::string value = parts[0].empty() ? "<" : parts[0];
  CheckRendering(note.wordings[0], bits, value);
  CheckRendering(note.wordings[0], 0, value);
  CheckConsent(note.wordings[0], bits);
}

}  // namespace
}  // namespace gratis::messages

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  gratis::messages::Check(data[0], gratis::fuzz::TextOf(data + 1, size - 1));
  return 0;
}
