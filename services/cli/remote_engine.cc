#include "services/cli/remote_engine.h"

#include <google/protobuf/message.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/client_callback.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/rpc/channel.h"
#include "common/rpc/error.h"
#include "common/rpc/metadata.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::cli {
namespace {

using google::protobuf::Message;
using AnyStub = grpc::TemplatedGenericStub<Message, Message>;

// One streaming call, read by one thread, a message at a time.
class StreamReader final : public grpc::ClientBidiReactor<Message, Message> {
 public:
  explicit StreamReader(Message& message) : message_(message) {}

  void Start(const Message& request) {
    // Reads are begun from outside of gRPC's threads.
    AddHold();
    StartWriteLast(&request, grpc::WriteOptions());
    StartRead(&message_);
    StartCall();
  }
  // Whether the next message is there; false at the end.
  bool Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return read_.has_value(); });
    const bool ok = *std::exchange(read_, std::nullopt);
    lock.unlock();
    if (!ok) RemoveHold();
    return ok;
  }
  void ReadOn() {
    message_.Clear();
    StartRead(&message_);
  }
  // Instead of ReadOn.
  void GiveUp() { RemoveHold(); }
  // After Wait has said that it is the end, or GiveUp.
  grpc::Status Finish() { return finished_.get_future().get(); }

  void OnReadDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    read_ = ok;
    changed_.notify_one();
  }
  void OnDone(const grpc::Status& status) override { finished_.set_value(status); }

 private:
  Message& message_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<bool> read_;
  std::promise<grpc::Status> finished_;
};

absl::StatusOr<std::string> ReadPem(const std::string& path, std::string_view option) {
  std::ifstream file(path, std::ios::binary);
  std::string pem;
  if (file && !std::filesystem::is_directory(path))
    pem.assign(std::istreambuf_iterator<char>(file), {});
  if (!pem.empty()) return pem;
  return Error(Reason::kConfigInvalid,
               absl::StrCat(path, " cannot be read; name it with ", base::Abs(option)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<RemoteEngine>> RemoteEngine::Connect(Instance instance,
                                                                    absl::Duration timeout) {
  RETURN_IF_ERROR(instance.Ready());
  Credentials credentials;
  ASSIGN_OR_RETURN(credentials.ca_pem, ReadPem(instance.ca_path, "--ca"));
  if (!instance.certificate_path.empty()) {
    ASSIGN_OR_RETURN(credentials.certificate_pem,
                     ReadPem(instance.certificate_path, "--certificate"));
    ASSIGN_OR_RETURN(credentials.private_key_pem,
                     ReadPem(instance.certificate_key_path, "--certificate-key"));
  }
  return std::unique_ptr<RemoteEngine>(
      new RemoteEngine(std::move(instance), timeout, std::move(credentials)));
}

RemoteEngine::RemoteEngine(Instance instance, absl::Duration timeout, Credentials credentials)
    : instance_(std::move(instance)), timeout_(timeout), credentials_(std::move(credentials)) {}

RemoteEngine::~RemoteEngine() = default;

std::shared_ptr<grpc::Channel> RemoteEngine::ChannelTo(const std::string& address) {
  const std::scoped_lock lock(mutex_);
  std::shared_ptr<grpc::Channel>& channel = channels_[address];
  if (!channel) {
    channel = rpc::MakeChannel({.address = address,
                                .ca_pem = credentials_.ca_pem,
                                .authorization = rpc::KeyAuthorization(instance_.key),
                                .server_name = "",
                                .certificate_pem = credentials_.certificate_pem,
                                .private_key_pem = credentials_.private_key_pem});
  }
  return channel;
}

absl::Status RemoteEngine::Call(const google::protobuf::Message& request,
                                google::protobuf::Message& answer) {
  const MethodPath method = MethodTaking(request);
  ASSIGN_OR_RETURN(const std::string address, instance_.AddressOf(method.service));
  AnyStub stub(ChannelTo(address));
  grpc::ClientContext context;
  rpc::Begin(program_, base::SystemClock().Now() + timeout_, context);
  if (!proof_.empty()) context.AddMetadata(rpc::kProofKey, proof_);
  if (as_named_) context.AddMetadata(rpc::kAsNamedKey, "true");
  std::promise<grpc::Status> finished;
  stub.UnaryCall(&context, method.path, {}, &request, &answer,
                 [&](grpc::Status status) { finished.set_value(std::move(status)); });
  return rpc::FromGrpc(finished.get_future().get());
}

absl::Status RemoteEngine::Stream(const google::protobuf::Message& request,
                                  google::protobuf::Message& message,
                                  const std::function<absl::Status()>& use) {
  const MethodPath method = MethodTaking(request);
  ASSIGN_OR_RETURN(const std::string address, instance_.AddressOf(method.service));
  AnyStub stub(ChannelTo(address));
  grpc::ClientContext context;
  rpc::Begin(program_, absl::InfiniteFuture(), context);
  StreamReader reader(message);
  message.Clear();
  stub.PrepareBidiStreamingCall(&context, method.path, {}, &reader);
  reader.Start(request);
  while (reader.Wait()) {
    if (absl::Status status = use(); !status.ok()) {
      context.TryCancel();
      reader.GiveUp();
      reader.Finish();
      return status;
    }
    reader.ReadOn();
  }
  return rpc::FromGrpc(reader.Finish());
}

}  // namespace gratis::cli
