#include "services/cli/member_name.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/members.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"

namespace gratis::cli {
namespace {

constexpr std::string_view kIdPrefix = "mem_";

// A number with its +, or as one writes it at home.
bool LooksLikePhone(std::string_view text) {
  return text.front() == '+' ||
         text.find_first_not_of("0123456789 .-()/") == std::string_view::npos;
}

// Sorts out what a bare name is, by its look.
absl::StatusOr<MemberName> SortOut(const MemberName& name) {
  MemberName sorted = name;
  if (name.any.empty() || name.any.starts_with(kIdPrefix)) return sorted;
  sorted.any.clear();
  if (LooksLikePhone(name.any)) {
    sorted.phone = name.any;
  } else if (name.any.find('@') != std::string::npos) {
    sorted.email = name.any;
  } else if (name.any.find(':') != std::string::npos) {
    sorted.external_id = name.any;
  } else {
    return UsageError("MEMBER", absl::StrCat("\"", name.any,
                                             "\" names nobody; write mem_…, source:id, an e-mail "
                                             "address, or a phone number"));
  }
  return sorted;
}

}  // namespace

void DeclareMember(CLI::App& command, MemberName& name, const std::string& positional) {
  if (!positional.empty()) {
    command.add_option(positional, name.any,
                       "Who: mem_…, source:id, an e-mail address, or a phone number");
  }
  command.add_option("--external-id", name.external_id, "Their id in another system")
      ->type_name("SOURCE:ID");
  command.add_option("--email", name.email, "Their e-mail address");
  command.add_option("--phone", name.phone, "Their phone number");
}

absl::StatusOr<std::pair<std::string, std::string>> SplitSourceAndId(std::string_view option,
                                                                     std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) {
    return UsageError(option, absl::StrCat("\"", base::Abs(text),
                                           "\" is not of the form SOURCE:ID, as in webshop:A-17"));
  }
  return std::pair(std::string(text.substr(0, colon)), std::string(text.substr(colon + 1)));
}

absl::StatusOr<members::v1::IdentifyMemberRequest> ToIdentifyRequest(const MemberName& name) {
  ASSIGN_OR_RETURN(const MemberName sorted, SortOut(name));
  members::v1::IdentifyMemberRequest request;
  if (!sorted.external_id.empty()) {
    ASSIGN_OR_RETURN(auto parts, SplitSourceAndId("--external-id", sorted.external_id));
    request.mutable_external_id()->set_source(parts.first);
    request.mutable_external_id()->set_id(parts.second);
  }
  request.set_email(sorted.email);
  request.set_phone(sorted.phone);
  return request;
}

absl::StatusOr<std::string> ResolveMember(Context& context, Engine& engine,
                                          const MemberName& name) {
  if (name.empty()) {
    return AsUsage(FieldError(Reason::kFieldMissing, "MEMBER",
                              "say who: mem_…, --external-id SOURCE:ID, --email or --phone"));
  }
  if (name.any.starts_with(kIdPrefix)) return name.any;
  ASSIGN_OR_RETURN(const members::v1::IdentifyMemberRequest request, ToIdentifyRequest(name));
  members::v1::IdentifyMemberResponse answer;
  RETURN_IF_ERROR(context.Call(engine, request, answer));
  return answer.member_id();
}

}  // namespace gratis::cli
