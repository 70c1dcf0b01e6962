#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/birthdays/v1/birthdays.pb.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "gratis/ledger/v1/statements.pb.h"
#include "gratis/ledger/v1/vouchers.pb.h"
#include "gratis/members/v1/cards.pb.h"
#include "gratis/members/v1/groups.pb.h"
#include "gratis/members/v1/merging.pb.h"
#include "gratis/members/v1/privacy.pb.h"
#include "gratis/messages/v1/deliveries.pb.h"
#include "gratis/messages/v1/messages.pb.h"
#include "gratis/messages/v1/suppressions.pb.h"
#include "gratis/thanks/v1/complaints.pb.h"
#include "gratis/thanks/v1/surprises.pb.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "gratis/thanks/v1/triggers.pb.h"
#include "gratis/thanks/v1/wishes.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/paging.h"
#include "services/cli/parts_writer.h"
#include "services/cli/proto_values.h"

namespace gratis::cli {
namespace export_command {
namespace {

// Said in every document; a change that a reader must know of makes another.
constexpr char kSchema[] = "gratis.export/1";

// Members may be merged into each other one after another: so many steps, as the ledger goes.
constexpr int kMaxMerges = 64;

struct ExportOptions {
  MemberName member;
  std::string out;
};

// Asks a service for its part of the document, all pages of it, and writes it under `key`. `all` is
// what it has.
template <class Request, class Response, class Items>
absl::Status WritePart(Context& context, Engine& engine, const std::string& member_id,
                       std::string_view key, Items items, PartsWriter& json, Response& all) {
  const PageOptions all_of_it{.limit = std::numeric_limits<int64_t>::max(), .page_token = ""};
  Request request;
  request.set_member_id(member_id);
  const absl::Status read = ReadPages(context, engine, all_of_it, std::move(request), all, items);
  if (json.LeftOut(read, key)) return absl::OkStatus();
  RETURN_IF_ERROR(read);
  json.Key(key).BeginArray();
  for (const auto& item : *items(all)) json.Message(item);
  json.EndArray();
  return absl::OkStatus();
}

template <class Request, class Response, class Items>
absl::Status WritePart(Context& context, Engine& engine, const std::string& member_id,
                       std::string_view key, Items items, PartsWriter& json) {
  Response all;
  return WritePart<Request>(context, engine, member_id, key, items, json, all);
}

absl::Status WriteLedgersPart(Context& context, Engine& engine, const std::string& member_id,
                              const ledger::v1::GetBalancesResponse& balances, PartsWriter& json) {
  json.Key("balances").BeginArray();
  for (const ledger::v1::UnitBalance& unit : balances.units()) json.Message(unit);
  json.EndArray();
  RETURN_IF_ERROR((WritePart<ledger::v1::ListLotsRequest, ledger::v1::ListLotsResponse>(
      context, engine, member_id, "lots",
      [](ledger::v1::ListLotsResponse& page) { return page.mutable_lots(); }, json)));
  RETURN_IF_ERROR((WritePart<ledger::v1::ListVouchersRequest, ledger::v1::ListVouchersResponse>(
      context, engine, member_id, "vouchers",
      [](ledger::v1::ListVouchersResponse& page) { return page.mutable_vouchers(); }, json)));
  return WritePart<ledger::v1::ListEntriesRequest, ledger::v1::ListEntriesResponse>(
      context, engine, member_id, "journal",
      [](ledger::v1::ListEntriesResponse& page) { return page.mutable_entries(); }, json);
}

absl::Status WriteThanksPart(Context& context, Engine& engine, const std::string& member_id,
                             PartsWriter& json) {
  RETURN_IF_ERROR((WritePart<thanks::v1::ListPurchasesRequest, thanks::v1::ListPurchasesResponse>(
      context, engine, member_id, "purchases",
      [](thanks::v1::ListPurchasesResponse& page) { return page.mutable_purchases(); }, json)));
  RETURN_IF_ERROR(
      (WritePart<thanks::v1::ListTriggerResultsRequest, thanks::v1::ListTriggerResultsResponse>(
          context, engine, member_id, "thank_yous",
          [](thanks::v1::ListTriggerResultsResponse& page) { return page.mutable_results(); },
          json)));
  RETURN_IF_ERROR((WritePart<thanks::v1::ListComplaintsRequest, thanks::v1::ListComplaintsResponse>(
      context, engine, member_id, "complaints",
      [](thanks::v1::ListComplaintsResponse& page) { return page.mutable_complaints(); }, json)));
  RETURN_IF_ERROR((WritePart<thanks::v1::ListWishesRequest, thanks::v1::ListWishesResponse>(
      context, engine, member_id, "wishes",
      [](thanks::v1::ListWishesResponse& page) { return page.mutable_wishes(); }, json)));
  return WritePart<thanks::v1::ListMemberSurprisesRequest, thanks::v1::ListMemberSurprisesResponse>(
      context, engine, member_id, "surprises",
      [](thanks::v1::ListMemberSurprisesResponse& page) { return page.mutable_surprises(); }, json);
}

// Whether their address is written to no more. The list has no members, only addresses; one that
// no letter could be sent to is not on it.
absl::Status WriteSuppressions(Context& context, Engine& engine, const std::string& address,
                               PartsWriter& json) {
  std::optional<messages::v1::Suppression> kept;
  if (!address.empty()) {
    messages::v1::GetSuppressionRequest request;
    request.set_address(address);
    messages::v1::GetSuppressionResponse found;
    const absl::Status status = context.Call(engine, request, found);
    const std::optional<Reason> reason = ReasonOf(status);
    if (json.LeftOut(status, "suppressions")) return absl::OkStatus();
    if (status.ok()) {
      kept = found.suppression();
    } else if (reason != Reason::kSuppressionNotFound && reason != Reason::kInvalidEmail) {
      return status;
    }
  }
  json.Key("suppressions").BeginArray();
  if (kept) json.Message(*kept);
  json.EndArray();
  return absl::OkStatus();
}

absl::Status WriteMessagesPart(Context& context, Engine& engine, const std::string& member_id,
                               PartsWriter& json) {
  RETURN_IF_ERROR((WritePart<messages::v1::ListMessagesRequest, messages::v1::ListMessagesResponse>(
      context, engine, member_id, "messages",
      [](messages::v1::ListMessagesResponse& page) { return page.mutable_messages(); }, json)));
  RETURN_IF_ERROR(
      (WritePart<messages::v1::ExportMessagesRequest, messages::v1::ExportMessagesResponse>(
          context, engine, member_id, "message_texts",
          [](messages::v1::ExportMessagesResponse& page) { return page.mutable_messages(); },
          json)));
  return WritePart<messages::v1::ListDeliveriesRequest, messages::v1::ListDeliveriesResponse>(
      context, engine, member_id, "deliveries",
      [](messages::v1::ListDeliveriesResponse& page) { return page.mutable_deliveries(); }, json);
}

absl::Status AskBalances(Context& context, Engine& engine, const std::string& member_id,
                         ledger::v1::GetBalancesResponse& balances) {
  ledger::v1::GetBalancesRequest request;
  request.set_member_id(member_id);
  return context.Call(engine, request, balances);
}

// Once for each member: the engine keeps who asked for whom.
absl::Status AskPerson(Context& context, Engine& engine, const std::string& member_id,
                       members::v1::ExportMemberResponse& person) {
  members::v1::ExportMemberRequest request;
  request.set_member_id(member_id);
  return context.Call(engine, request, person);
}

absl::Status WriteMember(Context& context, RemoteEngine& engine,
                         const members::v1::ExportMemberResponse& person,
                         const ledger::v1::GetBalancesResponse& balances, int merges_left,
                         PartsWriter& json);

// Whom the member was taken for, also where somebody said that it is another.
absl::Status WriteProposedMerges(Context& context, Engine& engine, const std::string& member_id,
                                 PartsWriter& json) {
  const PageOptions all_of_it{.limit = std::numeric_limits<int64_t>::max(), .page_token = ""};
  members::v1::ListProposedMergesRequest request;
  request.set_member_id(member_id);
  request.set_include_dismissed(true);
  members::v1::ListProposedMergesResponse all;
  const absl::Status read = ReadPages(
      context, engine, all_of_it, std::move(request), all,
      [](members::v1::ListProposedMergesResponse& page) { return page.mutable_proposed_merges(); });
  if (json.LeftOut(read, "proposed_merges")) return absl::OkStatus();
  RETURN_IF_ERROR(read);
  json.Key("proposed_merges").BeginArray();
  for (const members::v1::ProposedMerge& pair : all.proposed_merges()) json.Message(pair);
  json.EndArray();
  return absl::OkStatus();
}

// Who became part of the member, and what stayed under the old id of each of them.
absl::Status WriteMerges(Context& context, RemoteEngine& engine, const std::string& member_id,
                         int merges_left, PartsWriter& json) {
  members::v1::ListMergesResponse merges;
  RETURN_IF_ERROR(WritePart<members::v1::ListMergesRequest>(
      context, engine, member_id, "merges",
      [](members::v1::ListMergesResponse& page) { return page.mutable_merges(); }, json, merges));
  json.Key("merged_members").BeginArray();
  for (const members::v1::Merge& merge : merges.merges()) {
    if (merge.has_undone_at() || merges_left == 0) continue;
    ledger::v1::GetBalancesResponse balances;
    RETURN_IF_ERROR(AskBalances(context, engine, merge.duplicate_id(), balances));
    members::v1::ExportMemberResponse person;
    RETURN_IF_ERROR(AskPerson(context, engine, merge.duplicate_id(), person));
    json.BeginObject();
    RETURN_IF_ERROR(WriteMember(context, engine, person, balances, merges_left - 1, json));
    json.EndObject();
  }
  json.EndArray();
  return absl::OkStatus();
}

absl::Status WriteMember(Context& context, RemoteEngine& engine,
                         const members::v1::ExportMemberResponse& person,
                         const ledger::v1::GetBalancesResponse& balances, int merges_left,
                         PartsWriter& json) {
  const std::string& member_id = person.member().member_id();
  json.Key("person").Message(person);
  RETURN_IF_ERROR((WritePart<members::v1::ListCardsRequest, members::v1::ListCardsResponse>(
      context, engine, member_id, "cards",
      [](members::v1::ListCardsResponse& page) { return page.mutable_cards(); }, json)));
  RETURN_IF_ERROR(WriteLedgersPart(context, engine, member_id, balances, json));
  RETURN_IF_ERROR(WriteThanksPart(context, engine, member_id, json));
  RETURN_IF_ERROR((WritePart<members::v1::ListGroupsRequest, members::v1::ListGroupsResponse>(
      context, engine, member_id, "groups",
      [](members::v1::ListGroupsResponse& page) { return page.mutable_groups(); }, json)));
  RETURN_IF_ERROR((WritePart<birthdays::v1::ListGiftsRequest, birthdays::v1::ListGiftsResponse>(
      context, engine, member_id, "birthday_gifts",
      [](birthdays::v1::ListGiftsResponse& page) { return page.mutable_gifts(); }, json)));
  RETURN_IF_ERROR(WriteMessagesPart(context, engine, member_id, json));
  RETURN_IF_ERROR(WriteSuppressions(context, engine, person.member().profile().email(), json));
  RETURN_IF_ERROR(WriteProposedMerges(context, engine, member_id, json));
  return WriteMerges(context, engine, member_id, merges_left, json);
}

absl::Status WriteAll(Context& context, RemoteEngine& engine, const std::string& named,
                      PartsWriter& json) {
  // Of whom they became, if they were merged.
  members::v1::ExportMemberResponse person;
  RETURN_IF_ERROR(AskPerson(context, engine, named, person));
  const std::string& member_id = person.member().member_id();
  // Each part is of the one member that is asked for: what became theirs by merges comes once, with
  // those who were merged.
  engine.set_as_named(true);
  ledger::v1::GetBalancesResponse balances;
  RETURN_IF_ERROR(AskBalances(context, engine, member_id, balances));
  json.BeginObject()
      .Field("schema", kSchema)
      .Field("exported_at", base::FormatTime(FromProto(balances.read_at())))
      .Field("program", engine.program());
  RETURN_IF_ERROR(WriteMember(context, engine, person, balances, kMaxMerges, json));
  json.Key("left_out").BeginArray();
  for (const std::string& part : json.left_out) json.Text(part);
  json.EndArray().EndObject();
  return absl::OkStatus();
}

// A new file that only its owner may read.
absl::Status WriteDocument(const std::string& path, const std::string& document) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    return UsageError("--out", absl::StrCat("cannot make ", path, ": ", std::strerror(errno)));
  }
  size_t written = 0;
  while (written < document.size()) {
    const ssize_t count = write(file, document.data() + written, document.size() - written);
    if (count <= 0) break;
    written += static_cast<size_t>(count);
  }
  const bool whole = written == document.size() && fsync(file) == 0;
  close(file);
  if (whole) return absl::OkStatus();
  unlink(path.c_str());
  return UsageError("--out", absl::StrCat("cannot write ", path, ": ", std::strerror(errno)));
}

absl::Status Export(Context& context, const ExportOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(const std::string member_id, ResolveMember(context, *engine, options.member));
  PartsWriter parts;
  RETURN_IF_ERROR(WriteAll(context, *engine, member_id, parts));
  const std::string document = parts.text();
  const std::string left_out = parts.LeftOutWords();
  if (!left_out.empty()) context.Remark(left_out);
  if (options.out.empty()) {
    context.Show(document, absl::StrCat(document, "\n"));
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(WriteDocument(options.out, document + "\n"));
  JsonWriter json;
  json.BeginObject().Field("member_id", member_id).Field("out", options.out).EndObject();
  const char* has = left_out.empty() ? " has all" : " has not all";
  context.Show(json.text(), absl::StrCat(options.out, has, " that is known of ", member_id,
                                         ", in the clear; only you may read it.\n"));
  return absl::OkStatus();
}

}  // namespace
}  // namespace export_command

void AddExportCommand(CLI::App& family, Context& context) {
  using namespace export_command;
  AddCommand<ExportOptions>(
      family, context, "export", "Write down everything that is known of a member, as JSON",
      [](CLI::App& command, ExportOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_option("--out", options.out, "A new file to write it to; else standard output")
            ->type_name("FILE");
      },
      Export);
}

}  // namespace gratis::cli
