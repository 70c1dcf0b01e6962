#pragma once

#include <grpcpp/support/message_allocator.h>

namespace google::protobuf {
class Descriptor;
class Message;
}  // namespace google::protobuf

namespace gratis::rpc {

// How to get at the request of a call that gRPC answers by itself because protobuf could not parse
// it: gRPC 1.51 then calls no handler and says UNIMPLEMENTED, but keeps the message as far as it
// was parsed, and the types of its holder are known only where the handler is written. So each
// method that goes through a Shell puts its types into one list, before main begins.
class RequestAccess {
 public:
  using Type = const google::protobuf::Descriptor* (*)();
  using Request = const google::protobuf::Message* (*)(grpc::RpcAllocatorState*);

  template <class Req, class Resp>
  static const RequestAccess& Of() {
    return Entry<Req, Resp>::entry;
  }

  // The same for a streaming method, of whose request gRPC keeps nothing: an empty one stands for
  // it.
  template <class Req>
  static const RequestAccess& OfStream() {
    return StreamEntry<Req>::entry;
  }

  // The list; null after its end. Not to be read before main.
  static const RequestAccess* First() { return first_; }
  const RequestAccess* next() const { return next_; }

  const google::protobuf::Descriptor* type() const { return type_(); }
  // The request in a holder of this type.
  const google::protobuf::Message* RequestIn(grpc::RpcAllocatorState* holder) const {
    return request_(holder);
  }

 private:
  template <class Req, class Resp>
  struct Entry {
    static const google::protobuf::Message* RequestIn(grpc::RpcAllocatorState* holder) {
      return static_cast<grpc::MessageHolder<Req, Resp>*>(holder)->request();
    }
    static const RequestAccess entry;
  };

  template <class Req>
  struct StreamEntry {
    static const google::protobuf::Message* RequestIn(grpc::RpcAllocatorState*) {
      return &Req::default_instance();
    }
    static const RequestAccess entry;
  };

  RequestAccess(Type type_of, Request request_in)
      : type_(type_of), request_(request_in), next_(first_) {
    first_ = this;
  }

  static inline const RequestAccess* first_ = nullptr;  // constant-initialized, so always before

  const Type type_;
  const Request request_;
  const RequestAccess* const next_;
};

template <class Req, class Resp>
const RequestAccess RequestAccess::Entry<Req, Resp>::entry{&Req::descriptor, &RequestIn};

template <class Req>
const RequestAccess RequestAccess::StreamEntry<Req>::entry{&Req::descriptor, &RequestIn};

}  // namespace gratis::rpc
