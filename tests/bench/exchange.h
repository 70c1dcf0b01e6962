#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tests/bench/connection.h"

namespace gratis::bench {

// A unary method: "/package.Service/Method", with what it takes and gives.
template <class Request, class Response>
struct Method {
  std::string_view path;
};

// One call, from its request to its answer.
class Exchange {
 public:
  Exchange(std::string_view path, std::string request)
      : path_(path), request_(std::move(request)) {}
  virtual ~Exchange() = default;

  std::string_view path() const { return path_; }
  const std::string& request() const { return request_; }
  // Looks at the answer, once: how many mutations were accepted with it.
  int64_t Settle(const Answer& answer) { return answer.ok() ? Accepted(answer.body) : 0; }

  Ticks::time_point due;  // when it was to be sent
  int lane = 0;           // whose turn it is afterwards

 protected:
  virtual int64_t Accepted(const std::string& body) = 0;

 private:
  const std::string_view path_;
  const std::string request_;
};

// A call of `method`; `accepted` looks at its response.
template <class Request, class Response, class Look>
std::unique_ptr<Exchange> NewExchange(const Method<Request, Response>& method,
                                      const Request& request, Look accepted) {
  class Typed final : public Exchange {
   public:
    Typed(std::string_view path, std::string bytes, Look accepted)
        : Exchange(path, std::move(bytes)), accepted_(std::move(accepted)) {}

   private:
    int64_t Accepted(const std::string& body) override {
      Response response;
      return response.ParseFromString(body) ? accepted_(response) : 0;
    }
    Look accepted_;
  };
  return std::make_unique<Typed>(method.path, request.SerializeAsString(), std::move(accepted));
}

}  // namespace gratis::bench
