#include "services/messages/dispatcher.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "common/obs/log.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "services/messages/delivery_rules.h"
#include "services/messages/ways.h"

namespace gratis::messages {
namespace {

constexpr int32_t kMaxLines = 10'000;
constexpr int32_t kMaxRooms = 256;      // endpoints taken from at a time
constexpr int32_t kMaxRecovered = 500;  // at a time; the same of each endpoint given up
constexpr absl::Duration kLastRun = absl::Milliseconds(20);

std::string_view NameOf(AttemptOutcome outcome) {
  switch (outcome) {
    case AttemptOutcome::kDelivered:
      return "delivered";
    case AttemptOutcome::kFailed:
      return "failed";
    case AttemptOutcome::kRefused:
      return "refused";
    case AttemptOutcome::kLost:
      return "lost";
    case AttemptOutcome::kInDoubt:
      return "in_doubt";
  }
  return "";
}

// RFC 3463: the mailbox or its domain is not there. 5.1.7 and 5.1.8 are about the sender's.
bool IsBounce(const Verdict& verdict) {
  if (verdict.reason != "mailbox_rejected") return false;
  const size_t at = verdict.answer.find(" 5.1.");
  return at != std::string::npos && verdict.answer.compare(at, 6, " 5.1.7") != 0 &&
         verdict.answer.compare(at, 6, " 5.1.8") != 0;
}

}  // namespace

Dispatcher::Dispatcher(DispatcherOptions options, pg::Pool& pool,
                       std::vector<std::unique_ptr<Channel>> channels, Bounced bounced,
                       const base::Clock& clock, obs::Log& log, obs::Metrics& metrics)
    : options_(options),
      pool_(pool),
      channels_(std::move(channels)),
      bounced_(std::move(bounced)),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      random_(options.seed) {}

Dispatcher::~Dispatcher() { Stop(); }

void Dispatcher::Start() {
  thread_ = std::thread([this] { Work(); });
}

void Dispatcher::Stop() {
  stopping_ = true;
  wire_.Wake();
  if (thread_.joinable()) thread_.join();
}

void Dispatcher::Wake() {
  if (!woken_.exchange(true)) wire_.Wake();
}

void Dispatcher::AskToHandOver(CURL* easy) {
  {
    const std::lock_guard lock(asked_mutex_);
    asked_.push_back(easy);
  }
  wire_.Wake();
}

Channel* Dispatcher::ChannelOf(ChannelKind kind) const {
  for (const auto& channel : channels_) {
    if (channel->kind() == kind) return channel.get();
  }
  return nullptr;
}

Channel* Dispatcher::ChannelAt(const Uuid& endpoint) const {
  const Way* const way = WayOfLine(endpoint);
  return ChannelOf(way == nullptr ? ChannelKind::kWebhook : way->kind);
}

void Dispatcher::Work() {
  while (!stopping_) {
    absl::Time now = clock_.Now();
    // The machine's clock may be set back.
    if (now < exchanged_at_) hold_until_ = exchanged_at_ = looked_at_ = tidied_at_ = now;
    const bool may = now >= hold_until_ && now >= exchanged_at_ + options_.gather;
    if (may && HasWork(now)) {
      const absl::Status status = Exchange(now, /*take=*/true);
      if (!status.ok()) {
        hold_until_ = now + options_.retry_pause;
        if (!failing_) log_.Warning("deliveries wait for the database", {{"error", status}});
      }
      failing_ = !status.ok();
      now = clock_.Now();
    }
    RunWires(Patience(now));
  }
  Drain();
}

void Dispatcher::RunWires(absl::Duration wait) {
  for (const Wire::Finished& finished : wire_.Run(wait)) {
    Land(finished.easy, finished.result, clock_.Now());
  }
  {
    const std::lock_guard lock(asked_mutex_);
    asking_.insert(asking_.end(), asked_.begin(), asked_.end());
    asked_.clear();
  }
  for (const Wire::Finished& finished : slow_wire_.TakeFinished()) {
    Land(finished.easy, finished.result, clock_.Now());
  }
}

void Dispatcher::Return(CURL* easy, bool slow) {
  slow ? slow_wire_.Return(easy) : wire_.Return(easy);
}

bool Dispatcher::HasWork(absl::Time now) const {
  return !ended_.empty() || !asking_.empty() || woken_ || now >= looked_at_ + options_.look_every ||
         !Rooms(now).empty();
}

absl::Duration Dispatcher::Patience(absl::Time now) const {
  const absl::Time next = HasWork(now) ? std::max(exchanged_at_ + options_.gather, hold_until_)
                                       : looked_at_ + options_.look_every;
  // In whole milliseconds, as libcurl counts: rounded up, or the last of them would be spent awake.
  const absl::Duration wait = absl::Ceil(next - now, absl::Milliseconds(1));
  return std::clamp(wait, absl::ZeroDuration(), options_.look_every);
}

std::vector<Room> Dispatcher::Rooms(absl::Time now) const {
  std::vector<Room> rooms;
  auto used = static_cast<int32_t>(flights_.size());
  for (const auto& [endpoint, line] : lines_) {
    if (line.paused || line.due > now || std::ssize(rooms) >= kMaxRooms) continue;
    const Channel* const channel = ChannelAt(endpoint);
    if (channel == nullptr) continue;
    const int32_t limit = line.max_in_flight == 0 ? channel->max_in_flight() : line.max_in_flight;
    const auto under_way = in_flight_.find(endpoint);
    const int32_t in_flight = under_way == in_flight_.end() ? 0 : under_way->second;
    int32_t free = RoomFor(limit, in_flight, used, options_.max_in_flight);
    if (const auto circuit = circuits_.find(endpoint); circuit != circuits_.end()) {
      free = circuit->second.Lets(free, in_flight, now);
    }
    if (free <= 0) continue;
    rooms.push_back({endpoint, free, now + channel->lease()});
    used += free;
  }
  return rooms;
}

absl::Status Dispatcher::Exchange(absl::Time now, bool take) {
  const bool woken = woken_.exchange(false);
  const bool look = take && (woken || !ended_.empty() || now >= looked_at_ + options_.look_every);
  const bool tidy = take && now >= tidied_at_ + options_.tidy_every;
  const std::vector<Room> rooms = take ? Rooms(now) : std::vector<Room>();
  Exchanged exchanged;
  const absl::Status written =
      pg::RunTx(pool_, {.deadline = now + options_.write_limit}, [&](pg::Tx& tx) {
        exchanged = {};
        return RunExchange(tx, now, rooms, look, tidy, exchanged);
      });
  exchanged_at_ = now;
  if (!written.ok()) {
    if (woken) woken_ = true;
    return written;
  }
  ended_.clear();
  rewritten_.clear();
  if (tidy) tidied_at_ = now;
  ReleaseLetters(exchanged.marked);
  if (look) {
    lines_.clear();
    for (const Line& line : exchanged.lines) lines_[line.endpoint] = line;
    looked_at_ = now;
  }
  NoteTaken(rooms, exchanged.taken);
  for (Parcel& parcel : exchanged.taken) Begin(std::move(parcel), now);
  return absl::OkStatus();
}

absl::Status Dispatcher::RunExchange(pg::Tx& tx, absl::Time now, const std::vector<Room>& rooms,
                                     bool look, bool tidy, Exchanged& exchanged) {
  if (!circuits_read_) {
    ASSIGN_OR_RETURN(const std::vector<EndpointCircuit> known, ReadCircuits(tx, kMaxLines));
    for (const EndpointCircuit& one : known) circuits_[one.endpoint] = one.circuit;
    circuits_read_ = true;
  }
  if (!ended_.empty()) WriteEnded(tx, ended_, now);
  std::vector<EndpointCircuit> circuits;
  for (const auto& [endpoint, circuit] : rewritten_) circuits.push_back({endpoint, circuit});
  WriteCircuits(tx, circuits);
  if (tidy) {
    RecoverLost(tx, now, kMaxRecovered);
    std::vector<Uuid> endpoints;
    for (const auto& [endpoint, line] : lines_) {
      if (!line.paused) endpoints.push_back(endpoint);
    }
    GiveUpLate(tx, endpoints, now, kMaxRecovered);
  }
  std::optional<pg::Tx::Asked> marking, claim, lines;
  if (!asking_.empty()) {
    std::vector<Handover> letters;
    for (CURL* easy : asking_) {
      const Parcel& parcel = flights_.at(easy).parcel;
      letters.push_back({parcel.key, parcel.attempt});
    }
    marking = AskMarkHandingOver(tx, letters, now);
  }
  if (!rooms.empty()) {
    claim = AskClaim(tx, rooms, now);
  }
  if (look) lines = AskLines(tx, kMaxLines);
  if (marking) {
    ASSIGN_OR_RETURN(exchanged.marked, TakeMarked(tx, *marking));
  }
  if (claim) {
    ASSIGN_OR_RETURN(exchanged.taken, TakeClaim(tx, *claim));
  }
  if (lines) {
    ASSIGN_OR_RETURN(exchanged.lines, TakeLines(tx, *lines));
  }
  return LoadContents(tx, exchanged.taken);
}

absl::Status Dispatcher::LoadContents(pg::Tx& tx, std::vector<Parcel>& parcels) {
  for (const auto& channel : channels_) {
    std::vector<Parcel*> own;
    for (Parcel& parcel : parcels) {
      if (parcel.channel == channel->kind() && !parcel.suppressed) own.push_back(&parcel);
    }
    if (!own.empty()) RETURN_IF_ERROR(channel->Load(tx, own));
  }
  return absl::OkStatus();
}

void Dispatcher::NoteTaken(const std::vector<Room>& rooms, const std::vector<Parcel>& taken) {
  std::map<Uuid, int32_t> count;
  for (const Parcel& parcel : taken) ++count[parcel.endpoint];
  for (const Room& room : rooms) {
    // A line that gave less than there was room for has nothing more just now.
    if (count[room.endpoint] < room.free) lines_.erase(room.endpoint);
  }
}

void Dispatcher::Begin(Parcel parcel, absl::Time now) {
  Channel* const channel = ChannelOf(parcel.channel);
  if (parcel.suppressed) return Settle(parcel, Verdict::Dead("suppressed"), {}, now);
  if (channel == nullptr || parcel.contents == nullptr) {
    return Settle(parcel, Verdict::Dead("gone"), {}, now);
  }
  const bool slow = channel->blocks();
  CURL* const easy = slow ? slow_wire_.Take() : wire_.Take();
  auto sent = channel->Send(parcel, easy, *this);
  if (auto* verdict = std::get_if<Verdict>(&sent)) {
    Return(easy, slow);
    return Settle(parcel, std::move(*verdict), {}, now);
  }
  ++in_flight_[parcel.endpoint];
  flights_[easy] = {std::move(parcel), std::move(std::get<std::unique_ptr<Attempt>>(sent)), now,
                    slow};
  slow ? slow_wire_.Start(easy) : wire_.Start(easy);
}

void Dispatcher::ReleaseLetters(const std::vector<DeliveryKey>& marked) {
  const std::set<DeliveryKey> may(marked.begin(), marked.end());
  for (CURL* easy : std::exchange(asking_, {})) {
    Flight& flight = flights_.at(easy);
    // One whose lease went to another meanwhile is not handed over by this process.
    if (may.contains(flight.parcel.key)) {
      flight.attempt->HandOver();
    } else {
      flight.attempt->Abandon();
    }
  }
}

void Dispatcher::Land(CURL* easy, CURLcode result, absl::Time now) {
  std::erase(asking_, easy);
  auto found = flights_.extract(easy);
  Flight& flight = found.mapped();
  if (--in_flight_[flight.parcel.endpoint] == 0) in_flight_.erase(flight.parcel.endpoint);
  Settle(flight.parcel, flight.attempt->Judge(result), now - flight.begun_at, now);
  flight.attempt.reset();
  Return(easy, flight.slow);
}

void Dispatcher::Settle(const Parcel& parcel, Verdict verdict, absl::Duration elapsed,
                        absl::Time now) {
  const Settlement settlement =
      messages::Settle(verdict, parcel.attempt, now, parcel.give_up_at, random_.Next());
  NoteEndpoint(parcel, verdict, now);
  Count(parcel, verdict, now);
  if (IsBounce(verdict)) bounced_(parcel);
  ended_.push_back({.key = parcel.key,
                    .attempt = parcel.attempt,
                    .status = settlement.status,
                    .next_at = settlement.next_at,
                    .outcome = verdict.outcome,
                    .reason = std::move(verdict.reason),
                    .answer_code = verdict.answer_code,
                    .answer = std::move(verdict.answer),
                    .elapsed_ms = static_cast<int32_t>(absl::ToInt64Milliseconds(elapsed))});
}

void Dispatcher::NoteEndpoint(const Parcel& parcel, const Verdict& verdict, absl::Time now) {
  const bool well = verdict.outcome == AttemptOutcome::kDelivered;
  if (!well && !verdict.endpoint_failed) return;
  auto known = circuits_.find(parcel.endpoint);
  if (known == circuits_.end()) {
    if (well) return;
    known = circuits_.emplace(parcel.endpoint, Circuit()).first;
  }
  Circuit& circuit = known->second;
  if (well) {
    circuit.Succeeded(now);
  } else {
    circuit.Failed(now, random_.Next());
    if (verdict.retry_after) circuit.HoldUntil(now + *verdict.retry_after, now);
  }
  rewritten_[parcel.endpoint] = circuit;
  if (!circuit.troubled()) circuits_.erase(known);
}

void Dispatcher::Count(const Parcel& parcel, const Verdict& verdict, absl::Time now) {
  const Channel* const by = ChannelOf(parcel.channel);
  const std::string channel(by == nullptr ? "none" : by->name());
  auto counter = counters_.find({parcel.channel, verdict.outcome});
  if (counter == counters_.end()) {
    counter = counters_
                  .emplace(std::pair(parcel.channel, verdict.outcome),
                           metrics_.CounterOf("gratis_delivery_attempts_total",
                                              "Attempts to send, by what they came to.",
                                              {{"channel", channel},
                                               {"outcome", std::string(NameOf(verdict.outcome))}}))
                  .first;
  }
  counter->second.Add();
  if (verdict.outcome != AttemptOutcome::kDelivered) return;
  auto delay = delays_.find(parcel.channel);
  if (delay == delays_.end()) {
    delay = delays_
                .emplace(parcel.channel,
                         metrics_.DurationsOf("gratis_delivery_delay_seconds",
                                              "From being put in line to having arrived.",
                                              {{"channel", channel}}))
                .first;
  }
  delay->second.Observe(now - parcel.created_at);
}

void Dispatcher::Drain() {
  const absl::Time until = clock_.Now() + options_.drain_limit;
  while (!flights_.empty() && clock_.Now() < until) {
    if (!asking_.empty() && !Exchange(clock_.Now(), /*take=*/false).ok()) break;
    RunWires(kLastRun);
  }
  for (auto& [easy, flight] : flights_) {
    const absl::Time now = clock_.Now();
    Settle(flight.parcel, flight.attempt->Abandon(), now - flight.begun_at, now);
  }
  asking_.clear();
  const absl::Status written = ended_.empty() ? absl::OkStatus() : Exchange(clock_.Now(), false);
  if (!written.ok()) {
    log_.Warning("what came of the last deliveries is not written down", {{"error", written}});
  }
  slow_wire_.Cut();
  for (auto& [easy, flight] : flights_) {
    if (flight.slow) continue;
    wire_.Cut(easy);
    wire_.Return(easy);
  }
  flights_.clear();
}

}  // namespace gratis::messages
