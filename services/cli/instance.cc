#include "services/cli/instance.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::cli {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || fs::is_directory(path)) return absl::NotFoundError(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string TextOf(const google::protobuf::Struct& object, const std::string& key) {
  const auto found = object.fields().find(key);
  return found == object.fields().end() ? "" : found->second.string_value();
}

absl::Status ReadProcesses(const fs::path& folder, Instance& instance) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".json") continue;
    const absl::StatusOr<std::string> text = ReadWhole(entry.path().string());
    // A process that ends takes its file along; between the two lines above it may have.
    if (!text.ok()) continue;
    ASSIGN_OR_RETURN(Process process, ParseRunFile(entry.path().stem().string(), *text));
    process.alive = kill(static_cast<pid_t>(process.pid), 0) == 0 || errno == EPERM;
    instance.processes.push_back(std::move(process));
  }
  std::sort(instance.processes.begin(), instance.processes.end(),
            [](const Process& a, const Process& b) { return a.name < b.name; });
  for (const Process& process : instance.processes) {
    for (const std::string& service : process.services) {
      std::string& address = instance.address_of[service];
      if (process.alive || address.empty()) address = process.address;
    }
    if (instance.ca_path.empty()) instance.ca_path = process.ca_path;
  }
  return absl::OkStatus();
}

absl::Status ReadKey(Instance& instance) {
  const absl::StatusOr<std::string> text = ReadWhole(instance.key_path);
  if (!text.ok()) {
    std::error_code error;
    if (fs::exists(instance.key_path, error) || error) {
      return Error(Reason::kKeyMissing,
                   absl::StrCat("the key in ", instance.key_path,
                                " cannot be read; call as the user that runs the engine, or give "
                                "a key of your own with --key-file"));
    }
    return Error(Reason::kKeyMissing,
                 absl::StrCat("there is no key in ", instance.key_path,
                              "; name the instance's folder with --home, or give a key with "
                              "--key-file"));
  }
  instance.key = std::string(absl::StripAsciiWhitespace(*text));
  if (instance.key.empty()) {
    return Error(Reason::kKeyMissing, absl::StrCat(instance.key_path, " is empty"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Process> ParseRunFile(std::string_view name, std::string_view json) {
  google::protobuf::Struct object;
  if (!google::protobuf::util::JsonStringToMessage(std::string(json), &object).ok()) {
    return Error(Reason::kConfigInvalid,
                 absl::StrCat("the run file of ", base::Abs(name), " is not a JSON object"));
  }
  Process process;
  process.name = name;
  process.address = TextOf(object, "address");
  process.ca_path = TextOf(object, "ca");
  process.metrics_address = TextOf(object, "metrics");
  const auto& fields = object.fields();
  if (const auto pid = fields.find("pid"); pid != fields.end()) {
    process.pid = static_cast<int64_t>(pid->second.number_value());
  }
  if (const auto clock = fields.find("development_clock"); clock != fields.end()) {
    process.development_clock = clock->second.bool_value();
  }
  if (const auto services = fields.find("services"); services != fields.end()) {
    for (const auto& service : services->second.list_value().values()) {
      process.services.push_back(service.string_value());
    }
  }
  if (process.address.empty()) {
    return Error(Reason::kConfigInvalid,
                 absl::StrCat("the run file of ", base::Abs(name), " has no \"address\""));
  }
  return process;
}

absl::StatusOr<std::string> Instance::AddressOf(std::string_view service) const {
  if (!only_address.empty()) return only_address;
  const auto found = address_of.find(std::string(service));
  if (found != address_of.end()) return found->second;
  return Error(Reason::kPeerUnavailable,
               absl::StrCat("no process of the engine in ", home, " serves ", base::Abs(service),
                            "; is one of them down?"));
}

absl::Status Instance::Ready() const {
  if (only_address.empty() && processes.empty()) {
    return Error(Reason::kPeerUnavailable,
                 absl::StrCat("no engine is running in ", home,
                              "; start one with deploy/up, or name another's folder with --home or "
                              "its address with --address"));
  }
  return key_status;
}

absl::StatusOr<Instance> FindInstance(const InstanceOptions& options) {
  Instance instance;
  instance.home = options.home;
  instance.only_address = options.address;
  instance.ca_path = options.ca_path;
  instance.certificate_path = options.certificate_path;
  instance.certificate_key_path = options.certificate_key_path;
  const fs::path home(options.home);
  instance.key_path = options.key_file.empty() ? (home / "admin.key").string() : options.key_file;
  if (instance.only_address.empty()) RETURN_IF_ERROR(ReadProcesses(home / "run", instance));
  if (instance.ca_path.empty()) instance.ca_path = (home / "tls" / "ca.pem").string();
  instance.key_status = ReadKey(instance);
  return instance;
}

}  // namespace gratis::cli
