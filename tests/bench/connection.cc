#include "tests/bench/connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"

namespace gratis::bench {
namespace {

constexpr size_t kChunk = 64 << 10;    // read at once
constexpr size_t kRecord = 16 << 10;   // sent at once: the most that fits a record of TLS
constexpr int32_t kWindow = 16 << 20;  // of answers on their way
constexpr size_t kPrefix = 5;          // before a gRPC message: whether compressed, and its length

struct FreeSsl {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};

absl::Status Unreachable(const Target& target, std::string_view why) {
  return absl::UnavailableError(
      absl::StrCat(target.address, ": ", absl::string_view(why.data(), why.size())));
}

// The two parts of host:port.
std::pair<std::string, std::string> HostAndPort(const std::string& address) {
  const size_t colon = address.rfind(':');
  return {address.substr(0, colon), address.substr(colon + 1)};
}

absl::StatusOr<int> ConnectSocket(const Target& target) {
  const auto [host, port] = HostAndPort(target.address);
  const addrinfo hints{.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) {
    return Unreachable(target, "no such host");
  }
  int connected = -1;
  for (const addrinfo* at = found; at != nullptr && connected < 0; at = at->ai_next) {
    const int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    if (connect(fd, at->ai_addr, at->ai_addrlen) == 0) {
      connected = fd;
    } else {
      close(fd);
    }
  }
  freeaddrinfo(found);
  if (connected < 0) return Unreachable(target, "nobody listens");
  const int on = 1;
  setsockopt(connected, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return connected;
}

bool TrustOnly(SSL_CTX& context, const std::string& ca_pem) {
  const std::unique_ptr<BIO, FreeSsl> pem(
      BIO_new_mem_buf(ca_pem.data(), static_cast<int>(ca_pem.size())));
  bool any = false;
  while (true) {
    const std::unique_ptr<X509, FreeSsl> one(
        PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr));
    if (one == nullptr) return any;
    any = X509_STORE_add_cert(SSL_CTX_get_cert_store(&context), one.get()) == 1;
  }
}

nghttp2_nv Header(std::string_view name, std::string_view value) {
  // The library copies both, and changes neither.
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

class Connection::Session {
 public:
  Session(const Target& target, int fd)
      : authorization_(absl::StrCat("Bearer ", target.api_key)),
        authority_(target.address),
        fd_(fd) {}
  ~Session() {
    if (http_ != nullptr) nghttp2_session_del(http_);
    ssl_.reset();
    close(fd_);
  }

  absl::Status Greet(const Target& target);
  void Call(std::string_view path, std::string_view request, Told told, Answered answered);
  bool Turn(Ticks::time_point until);
  int open() const { return static_cast<int>(streams_.size() + answered_.size()); }

 private:
  struct Stream {
    std::string request;
    size_t sent = 0;
    Answer answer;
    Told told;  // of a stream
    Answered answered;
  };

  static ssize_t ReadRequest(nghttp2_session*, int32_t, uint8_t* to, size_t room, uint32_t* flags,
                             nghttp2_data_source* source, void*);
  static int OnHeader(nghttp2_session* http, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t, void*);
  static int OnData(nghttp2_session* http, uint8_t, int32_t id, const uint8_t* bytes, size_t size,
                    void*);
  static int OnClose(nghttp2_session*, int32_t id, uint32_t, void* self);
  static Stream* StreamOf(nghttp2_session* http, int32_t id) {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(http, id));
  }

  static void GiveOutMessages(Stream& stream);
  void Gather();
  bool Send();
  // Whether anything came; nothing when the connection is lost.
  std::optional<bool> Receive();
  void GiveOut();

  const std::string authorization_;
  const std::string authority_;
  const int fd_;
  std::unique_ptr<SSL_CTX, FreeSsl> context_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  nghttp2_session* http_ = nullptr;
  std::unordered_map<int32_t, std::unique_ptr<Stream>> streams_;
  std::vector<std::unique_ptr<Stream>> answered_;
  std::string out_;    // on its way to the socket
  bool full_ = false;  // the socket takes no more
  std::vector<uint8_t> in_ = std::vector<uint8_t>(kChunk);
};

absl::Status Connection::Session::Greet(const Target& target) {
  context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context_.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // One look at the socket brings many small records.
  SSL_CTX_set_read_ahead(context_.get(), 1);
  SSL_CTX_set_default_read_buffer_len(context_.get(), kChunk);
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  if (!TrustOnly(*context_, target.ca_pem)) return Unreachable(target, "no certificates to trust");
  ssl_.reset(SSL_new(context_.get()));
  const std::string host = HostAndPort(target.address).first;
  constexpr unsigned char kHttp2[] = {2, 'h', '2'};
  SSL_set_alpn_protos(ssl_.get(), kHttp2, sizeof kHttp2);
  SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
  SSL_set1_host(ssl_.get(), host.c_str());
  SSL_set_fd(ssl_.get(), fd_);
  if (SSL_connect(ssl_.get()) != 1) return Unreachable(target, "no handshake");
  fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);

  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
  nghttp2_session_client_new(&http_, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindow};
  nghttp2_submit_settings(http_, NGHTTP2_FLAG_NONE, &window, 1);
  nghttp2_session_set_local_window_size(http_, NGHTTP2_FLAG_NONE, 0, kWindow);
  return absl::OkStatus();
}

ssize_t Connection::Session::ReadRequest(nghttp2_session*, int32_t, uint8_t* to, size_t room,
                                         uint32_t* flags, nghttp2_data_source* source, void*) {
  auto& stream = *static_cast<Stream*>(source->ptr);
  const size_t size = std::min(room, stream.request.size() - stream.sent);
  std::memcpy(to, stream.request.data() + stream.sent, size);
  stream.sent += size;
  if (stream.sent == stream.request.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(size);
}

int Connection::Session::OnHeader(nghttp2_session* http, const nghttp2_frame* frame,
                                  const uint8_t* name, size_t name_size, const uint8_t* value,
                                  size_t value_size, uint8_t, void*) {
  Stream* const stream = StreamOf(http, frame->hd.stream_id);
  if (stream == nullptr) return 0;
  const std::string_view key(reinterpret_cast<const char*>(name), name_size);
  const std::string_view text(reinterpret_cast<const char*>(value), value_size);
  if (key == "grpc-status") {
    std::from_chars(text.data(), text.data() + text.size(), stream->answer.status);
  } else if (key == "grpc-message") {
    stream->answer.message = text;
  } else if (key == "grpc-status-details-bin") {
    absl::Base64Unescape({text.data(), text.size()}, &stream->answer.details);
  }
  return 0;
}

int Connection::Session::OnData(nghttp2_session* http, uint8_t, int32_t id, const uint8_t* bytes,
                                size_t size, void*) {
  if (Stream* const stream = StreamOf(http, id)) {
    stream->answer.body.append(reinterpret_cast<const char*>(bytes), size);
    if (stream->told) GiveOutMessages(*stream);
  }
  return 0;
}

// Those that have come whole.
void Connection::Session::GiveOutMessages(Stream& stream) {
  std::string& body = stream.answer.body;
  size_t begin = 0;
  while (body.size() - begin >= kPrefix) {
    size_t size = 0;
    for (size_t i = begin + 1; i < begin + kPrefix; ++i) {
      size = size << 8 | static_cast<uint8_t>(body[i]);
    }
    if (body.size() - begin - kPrefix < size) break;
    stream.told(body.substr(begin + kPrefix, size));
    begin += kPrefix + size;
  }
  body.erase(0, begin);
}

int Connection::Session::OnClose(nghttp2_session*, int32_t id, uint32_t, void* self) {
  auto& session = *static_cast<Session*>(self);
  const auto stream = session.streams_.find(id);
  if (stream == session.streams_.end()) return 0;
  session.answered_.push_back(std::move(stream->second));
  session.streams_.erase(stream);
  return 0;
}

void Connection::Session::Call(std::string_view path, std::string_view request, Told told,
                               Answered answered) {
  auto stream = std::make_unique<Stream>();
  const auto size = static_cast<uint32_t>(request.size());
  stream->request.reserve(kPrefix + request.size());
  stream->request = {0, static_cast<char>(size >> 24), static_cast<char>(size >> 16),
                     static_cast<char>(size >> 8), static_cast<char>(size)};
  stream->request += request;
  stream->told = std::move(told);
  stream->answered = std::move(answered);
  const nghttp2_nv headers[] = {
      Header(":method", "POST"),
      Header(":scheme", "https"),
      Header(":path", path),
      Header(":authority", authority_),
      Header("te", "trailers"),
      Header("content-type", "application/grpc"),
      Header("authorization", authorization_),
  };
  const nghttp2_data_provider body{.source = {.ptr = stream.get()}, .read_callback = ReadRequest};
  const int32_t id =
      nghttp2_submit_request(http_, nullptr, headers, std::size(headers), &body, stream.get());
  if (id > 0) streams_.emplace(id, std::move(stream));
}

void Connection::Session::Gather() {
  while (out_.size() < kRecord) {
    const uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(http_, &bytes);
    if (size <= 0) return;
    out_.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  }
}

bool Connection::Session::Send() {
  full_ = false;
  for (Gather(); !out_.empty(); Gather()) {
    const int sent =
        SSL_write(ssl_.get(), out_.data(), static_cast<int>(std::min(out_.size(), kRecord)));
    if (sent <= 0) {
      full_ = SSL_get_error(ssl_.get(), sent) == SSL_ERROR_WANT_WRITE;
      return full_;
    }
    out_.erase(0, static_cast<size_t>(sent));
  }
  return true;
}

std::optional<bool> Connection::Session::Receive() {
  bool any = false;
  for (size_t total = 0; total < kChunk;) {
    const int size = SSL_read(ssl_.get(), in_.data(), static_cast<int>(in_.size()));
    if (size <= 0) {
      if (SSL_get_error(ssl_.get(), size) == SSL_ERROR_WANT_READ) return any;
      return std::nullopt;
    }
    any = true;
    total += static_cast<size_t>(size);
    if (nghttp2_session_mem_recv(http_, in_.data(), static_cast<size_t>(size)) < 0)
      return std::nullopt;
  }
  return any;
}

void Connection::Session::GiveOut() {
  for (const auto& stream : std::exchange(answered_, {})) {
    std::string& body = stream->answer.body;
    if (body.size() >= kPrefix) body.erase(0, kPrefix);
    stream->answered(stream->answer);
  }
}

bool Connection::Session::Turn(Ticks::time_point until) {
  if (!Send()) return false;
  std::optional<bool> came = Receive();
  if (came == false) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - Ticks::now());
    const int64_t nanos = std::max<int64_t>(left.count(), 0);
    const timespec patience{.tv_sec = nanos / 1'000'000'000, .tv_nsec = nanos % 1'000'000'000};
    pollfd socket{
        .fd = fd_, .events = static_cast<short>(POLLIN | (full_ ? POLLOUT : 0)), .revents = 0};
    if (ppoll(&socket, 1, &patience, nullptr) > 0) came = Receive();
  }
  GiveOut();
  return came.has_value();
}

Connection::Connection(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Connection::~Connection() = default;

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const Target& target) {
  ASSIGN_OR_RETURN(const int fd, ConnectSocket(target));
  auto session = std::make_unique<Session>(target, fd);
  RETURN_IF_ERROR(session->Greet(target));
  return std::unique_ptr<Connection>(new Connection(std::move(session)));
}

void Connection::Call(std::string_view path, std::string_view request, Answered answered) {
  session_->Call(path, request, nullptr, std::move(answered));
}

void Connection::Follow(std::string_view path, std::string_view request, Told told,
                        Answered ended) {
  session_->Call(path, request, std::move(told), std::move(ended));
}

bool Connection::Turn(Ticks::time_point until) { return session_->Turn(until); }

int Connection::open() const { return session_->open(); }

}  // namespace gratis::bench
