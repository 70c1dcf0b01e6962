#include "services/cli/order_file.h"

#include <algorithm>
#include <filesystem>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::cli {
namespace {

constexpr size_t kLongestSource = 40;

}  // namespace

absl::StatusOr<OrderFile> OrderFile::Open(const std::string& path, char separator,
                                          const std::map<std::string, std::string>& mapping) {
  ASSIGN_OR_RETURN(CsvReader reader, CsvReader::Open(path, {.separator = separator}));
  CsvRecord header;
  if (!reader.Next(header)) {
    return FieldError(Reason::kFieldInvalid, "FILE", "the file is empty; it needs a header");
  }
  RETURN_IF_ERROR(InField(header.error, "FILE"));
  ASSIGN_OR_RETURN(const OrderColumns columns, OrderColumns::FromHeader(header.fields, mapping));
  return OrderFile(std::move(reader), columns, std::string(header.text));
}

bool OrderFile::Next(const OrderDefaults& defaults, RejectsFile& rejects, Order& order) {
  while (reader_.Next(record_)) {
    absl::StatusOr<Order> read = ReadOrder(record_, columns_, defaults);
    if (read.ok()) {
      order = *std::move(read);
      return true;
    }
    const bool well_formed = record_.error.ok() && record_.fields.size() == columns_.count();
    rejects.Add(record_.line, record_.text, well_formed, read.status());
  }
  return false;
}

std::vector<OrderFile::Place> OrderFile::PlacesByTime(const OrderDefaults& defaults,
                                                      RejectsFile& rejects) {
  std::vector<Place> places;
  Order order;
  while (Next(defaults, rejects, order)) {
    places.push_back({absl::ToUnixSeconds(order.purchased_at), record_.offset, record_.line});
  }
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return std::tie(a.at_seconds, a.offset) < std::tie(b.at_seconds, b.offset);
  });
  return places;
}

absl::StatusOr<Order> OrderFile::At(const Place& place, const OrderDefaults& defaults) {
  reader_.Seek(place.offset, place.line);
  if (!reader_.Next(record_)) {
    return FieldError(Reason::kFieldInvalid, "FILE", "the file became shorter while it was read");
  }
  return ReadOrder(record_, columns_, defaults);
}

std::string SourceNamed(const std::string& path) {
  std::string stem = std::filesystem::path(path).stem().string();
  constexpr std::string_view kRejects = ".rejects";
  if (stem.ends_with(kRejects)) stem.resize(stem.size() - kRejects.size());
  std::string source;
  for (const char c : stem) {
    const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
    const bool fits = absl::ascii_isalnum(static_cast<unsigned char>(lower)) || lower == '_';
    if (fits) {
      source += lower;
    } else if (!source.empty() && source.back() != '-') {
      source += '-';
    }
  }
  if (source.size() > kLongestSource) source.resize(kLongestSource);
  while (source.ends_with('-')) source.pop_back();
  return source.empty() ? "orders" : source;
}

std::string ProgramNamed(std::string_view source) {
  constexpr size_t kLongestCode = 40;
  std::string code(source);
  std::replace(code.begin(), code.end(), '_', '-');
  const bool begins_well =
      !code.empty() && absl::ascii_islower(static_cast<unsigned char>(code[0]));
  if (!begins_well || code.size() < 2) code.insert(0, "replay-");
  if (code.size() > kLongestCode) code.resize(kLongestCode);
  return code;
}

std::string RejectsPathOf(const std::string& path) {
  std::filesystem::path rejects(path);
  rejects.replace_extension(".rejects.csv");
  return rejects.string();
}

}  // namespace gratis::cli
