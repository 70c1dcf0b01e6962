#include "services/messages/template_syntax.h"

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/messages/markup.h"

namespace gratis::messages {
namespace {

// A variable: which section it needs around it (empty: none), and whether it is made by the engine
// of characters that are safe within an address.
struct Known {
  std::string_view name;
  std::string_view section;
  bool address = false;
};
constexpr Known kVariables[] = {
    {"member.name", ""},
    {"program.name", ""},
    {"sender.name", ""},
    {"sender.title", ""},
    {"occurred.day", "", true},
    {"purchase.id", "", true},
    {"points", "gift", true},
    {"item", "gift"},
    {"choice.options", "choice"},
    {"restock.item", "restock"},
    {"voucher.code", "voucher", true},
    {"voucher.worth", "voucher"},
    {"voucher.ends", "voucher", true},
    {"feedback.url", "feedback", true},
    {"unsubscribe.url", "unsubscribe", true},
};

struct Section {
  std::string_view name;
  bool consent;
};
constexpr Section kSections[] = {{"gift", true},
                                 {"choice", true},
                                 {"voucher", true},
                                 {"restock", false},
                                 {"feedback", true},
                                 {"unsubscribe", false},
                                 {"complaint", false},
                                 // Of variables that may be empty.
                                 {"points", false},
                                 {"item", false},
                                 {"voucher.ends", false},
                                 {"member.name", false},
                                 {"purchase.id", false}};

template <class Table>
const auto* FindIn(const Table& table, std::string_view name) {
  const auto* found = std::find_if(std::begin(table), std::end(table),
                                   [&](const auto& entry) { return entry.name == name; });
  return found == std::end(table) ? nullptr : found;
}

// Why no variable may stand here; empty when this one may.
std::string WhyNot(const Markup& markup, const Known* variable) {
  switch (markup.place()) {
    case Markup::Place::kText:
      return "";
    case Markup::Place::kValue:
      break;
    case Markup::Place::kUnquoted:
      return "put the attribute's value in quotes";
    case Markup::Place::kTag:
      return "within a tag only a quoted value of an attribute may vary";
    case Markup::Place::kComment:
      return "nothing may vary within a comment";
    case Markup::Place::kRaw:
      return "nothing may vary within script and style";
  }
  const std::string& attribute = markup.attribute();
  if (absl::StartsWith(attribute, "on") || attribute == "style" || attribute == "srcdoc") {
    return absl::StrCat("nothing may vary in attribute ", attribute);
  }
  static constexpr std::string_view kAddresses[] = {"href",       "src",  "action", "background",
                                                    "formaction", "cite", "poster", "xlink:href"};
  const bool address =
      std::find(std::begin(kAddresses), std::end(kAddresses), attribute) != std::end(kAddresses);
  if (address && variable != nullptr && !variable->address) {
    return absl::StrCat("in attribute ", attribute, " only addresses and ids may vary");
  }
  return "";
}

struct Tag {
  char kind;  // '#', '^', '/', '!', or 'v' for a variable
  std::string_view name;
  size_t begin;
  size_t end;
};

class PartCheck {
 public:
  PartCheck(std::string_view part, bool html, const std::string& where, PartUse& use)
      : part_(part), html_(html), where_(where), use_(use) {}

  absl::Status Run() {
    size_t at = 0;
    while (true) {
      const size_t begin = part_.find("{{", at);
      if (html_) markup_.Read(part_.substr(at, begin == part_.npos ? begin : begin - at));
      if (begin == part_.npos) break;
      ASSIGN_OR_RETURN(const Tag tag, ReadTag(begin));
      RETURN_IF_ERROR(Take(tag));
      at = tag.end;
    }
    if (!open_.empty()) {
      return Wrong(open_.back().tag.begin,
                   absl::StrCat("section ", base::Abs(open_.back().tag.name), " is not closed"));
    }
    if (html_ && markup_.place() != Markup::Place::kText) {
      return Wrong(part_.size(), "a tag, a comment or a script is not closed");
    }
    // What the library itself would not read as it is meant.
    const kainjow::mustache::mustache parsed{std::string(part_)};
    if (!parsed.is_valid()) return Wrong(0, parsed.error_message());
    return absl::OkStatus();
  }

 private:
  struct Open {
    Tag tag;
    Markup markup;  // where it began
  };

  absl::Status Wrong(size_t at, std::string_view what) const {
    const std::string_view before = part_.substr(0, at);
    const size_t line = static_cast<size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    const size_t last = before.rfind('\n');
    const size_t column = last == before.npos ? at + 1 : at - last;
    const std::string place = absl::StrCat(where_, " line ", line, " column ", column);
    return Error(Reason::kTemplateInvalid, absl::StrCat(place, ": ", base::Abs(what)),
                 {{"where", place}});
  }

  absl::StatusOr<Tag> ReadTag(size_t begin) const {
    const size_t end = part_.find("}}", begin + 2);
    if (end == part_.npos) return Wrong(begin, "{{ without }}");
    std::string_view inner =
        base::Std(absl::StripAsciiWhitespace(base::Abs(part_.substr(begin + 2, end - begin - 2))));
    char kind = 'v';
    if (!inner.empty() && !absl::ascii_isalpha(static_cast<unsigned char>(inner[0]))) {
      kind = inner[0];
      inner = base::Std(absl::StripAsciiWhitespace(base::Abs(inner.substr(1))));
    }
    switch (kind) {
      case '{':
      case '&':
        return Wrong(begin, "nothing is put in unescaped: write {{name}}");
      case 'v':
      case '#':
      case '^':
      case '/':
      case '!':
        return Tag{kind, inner, begin, end + 2};
      default:
        return Wrong(begin, "only {{name}}, {{#name}}, {{^name}}, {{/name}} and {{! remark}}");
    }
  }

  absl::Status Take(const Tag& tag) {
    switch (tag.kind) {
      case '!':
        return absl::OkStatus();
      case '/':
        return Close(tag);
      case 'v':
        return TakeVariable(tag);
      default:
        return BeginSection(tag);
    }
  }

  absl::Status TakeVariable(const Tag& tag) {
    const Known* variable = FindIn(kVariables, tag.name);
    if (variable == nullptr) {
      return Wrong(tag.begin, absl::StrCat("there is no variable ", base::Abs(tag.name)));
    }
    if (!variable->section.empty() && !Within(variable->section)) {
      return Wrong(tag.begin, absl::StrCat(base::Abs(tag.name), " is not always there: write it ",
                                           "between {{#", base::Abs(variable->section),
                                           "}} and {{/", base::Abs(variable->section), "}}"));
    }
    if (html_) {
      if (const std::string why = WhyNot(markup_, variable); !why.empty()) {
        return Wrong(tag.begin, why);
      }
    }
    if (tag.name == "unsubscribe.url" && IsAlwaysSaid()) use_.unsubscribe = true;
    return absl::OkStatus();
  }

  absl::Status BeginSection(const Tag& tag) {
    const Section* section = FindIn(kSections, tag.name);
    if (section == nullptr) {
      return Wrong(tag.begin, absl::StrCat("there is no section ", base::Abs(tag.name)));
    }
    const Known* variable = FindIn(kVariables, tag.name);
    if (variable != nullptr && !variable->section.empty() && !Within(variable->section)) {
      return Wrong(tag.begin, absl::StrCat("section ", base::Abs(tag.name), " belongs within ",
                                           base::Abs(variable->section)));
    }
    if (html_) {
      if (const std::string why = WhyNot(markup_, nullptr); !why.empty()) {
        return Wrong(tag.begin, why);
      }
    }
    if (section->consent && tag.kind == '#') use_.consent = true;
    open_.push_back({tag, markup_});
    return absl::OkStatus();
  }

  absl::Status Close(const Tag& tag) {
    if (open_.empty() || open_.back().tag.name != tag.name) {
      return Wrong(tag.begin, absl::StrCat("{{/", base::Abs(tag.name), "}} closes nothing here"));
    }
    if (html_ && !(open_.back().markup == markup_)) {
      return Wrong(tag.begin, "the section ends in another place of the HTML than it began in");
    }
    open_.pop_back();
    return absl::OkStatus();
  }

  // Whether the way out is here whenever there is one: in no section but its own.
  bool IsAlwaysSaid() const {
    return std::all_of(open_.begin(), open_.end(), [](const Open& open) {
      return open.tag.kind == '#' && open.tag.name == "unsubscribe";
    });
  }

  bool Within(std::string_view section) const {
    return std::any_of(open_.begin(), open_.end(), [&](const Open& open) {
      return open.tag.kind == '#' && open.tag.name == section;
    });
  }

  const std::string_view part_;
  const bool html_;
  const std::string& where_;
  PartUse& use_;
  Markup markup_;
  std::vector<Open> open_;
};

}  // namespace

absl::Status CheckPart(std::string_view part, bool html, const std::string& where, PartUse& use) {
  return PartCheck(part, html, where, use).Run();
}

bool HasSection(std::string_view part, std::string_view section) {
  for (size_t at = part.find("{{#"); at != part.npos; at = part.find("{{#", at + 3)) {
    const size_t end = part.find("}}", at);
    if (end == part.npos) return false;
    if (base::Std(absl::StripAsciiWhitespace(base::Abs(part.substr(at + 3, end - at - 3)))) ==
        section) {
      return true;
    }
  }
  return false;
}

}  // namespace gratis::messages
