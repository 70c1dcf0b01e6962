#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "services/messages/circuit.h"
#include "services/messages/delivery_rules.h"
#include "services/messages/plain_text.h"
#include "services/messages/smtp_reply.h"
#include "tests/fuzz/fuzz.h"

// What the servers that mail and webhooks are sent to answer: whatever they say, it is fit for a
// log, and neither a delivery nor an endpoint waits for longer than is meant.
namespace gratis::messages {
namespace {

using fuzz::Require;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

void CheckSaid(std::string_view line) {
  const int32_t code = SmtpCodeOf(line);
  Require(code == 0 || (code >= 100 && code < 600), "a code is one, or none");
  Require(code == 0 || line.substr(0, 3) == std::to_string(code), "and is what the line says");
  const std::string plain = PlainText(line);
  Require(plain.size() <= line.size(), "nothing is made up");
  Require(std::all_of(plain.begin(), plain.end(), [](char c) { return c >= ' ' && c <= '~'; }),
          "one line of printable ASCII");
  Require(PlainText(plain) == plain, "the one form is its own");
}

void CheckWait(int64_t seconds, int32_t attempt, uint64_t random) {
  Verdict verdict = Verdict::Retry("http_503");
  verdict.retry_after = absl::Seconds(seconds);
  const absl::Time give_up_at = kNow + kTryingLimit;
  const Settlement settled = Settle(verdict, attempt, kNow, give_up_at, random);
  Require(settled.status == DeliveryStatus::kWaiting, "another attempt is still in time");
  Require(settled.next_at > kNow && settled.next_at <= give_up_at, "and is made in time");
}

// Each byte says how long after the one before something befell it, and what.
void CheckEndpoint(std::string_view events, int64_t seconds) {
  Circuit circuit;
  absl::Time now = kNow;
  for (const char event : events) {
    const auto bits = static_cast<uint8_t>(event);
    now += absl::Seconds(bits >> 2);
    switch (bits & 3) {
      case 0:
        circuit.Succeeded(now);
        break;
      case 1:
        circuit.HoldUntil(now + absl::Seconds(seconds), now);
        break;
      default:
        circuit.Failed(now, bits);
    }
    Require(circuit.Lets(8, 0, now + Circuit::kLongestPause) >= 1,
            "no endpoint is left alone for longer than the longest pause");
  }
}

}  // namespace
}  // namespace gratis::messages

// Eight bytes of Retry-After, as libcurl has read it; then a line, or what befell an endpoint.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  int64_t seconds = 0;
  const size_t head = std::min(size, sizeof(seconds));
  std::memcpy(&seconds, data, head);
  const std::string_view rest = gratis::fuzz::TextOf(data + head, size - head);
  gratis::messages::CheckSaid(gratis::fuzz::TextOf(data, size));
  gratis::messages::CheckSaid(rest);
  gratis::messages::CheckWait(seconds, 1 + static_cast<int32_t>(rest.size() % 6), rest.size());
  gratis::messages::CheckEndpoint(rest, seconds);
  return 0;
}
