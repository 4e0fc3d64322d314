// The door between JavaScript and the core: the one class that src/dispatcher.ts loads. No decision is made
// here.
#include <napi.h>
#include <sys/resource.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <unordered_map>

#include "commands.h"
#include "dispatcher.h"
#include "uv_host.h"

namespace evapid {

namespace {

// Words that both sides see. The numbers are known to src/dispatcher.ts.
enum State : size_t {
  kCommandWords = 0,     // how many words of commands wait
  kPendingMessages = 1,  // relays taken since the last flush
  kSendOffset = 2,       // how much of the send chunk is written
  kClients = 3,          // accepted and not yet closed
  kStateWords = 4,
};

// Clients that have gone, in the order of CloseReason.
constexpr std::array kCloseReasonNames{"closed_peer",      "closed_reset", "closed_route",
                                       "closed_bad_frame", "closed_slow",  "closed_shutdown"};

constexpr size_t kMaxCommandWords = 64 * 1024;
// Of deliveries to foreign clients that are handed over in one call.
constexpr size_t kDeliveryWords = 4096 * sizeof(Delivery) / sizeof(uint32_t);

// Memory that JavaScript sees as an ArrayBuffer and that lives as long as this.
class SharedWords {
 public:
  SharedWords(Napi::Env env, size_t words)
      : buffer_(Napi::Persistent(Napi::ArrayBuffer::New(env, words * sizeof(uint32_t)))),
        words_(static_cast<uint32_t*>(buffer_.Value().Data())) {
    std::memset(words_, 0, words * sizeof(uint32_t));
  }
  uint32_t& operator[](size_t i) { return words_[i]; }
  uint32_t* data() { return words_; }
  Napi::Value view(Napi::Env env) {
    const size_t length = buffer_.Value().ByteLength() / sizeof(uint32_t);
    return Napi::Uint32Array::New(env, length, buffer_.Value(), 0);
  }

 private:
  Napi::Reference<Napi::ArrayBuffer> buffer_;
  uint32_t* words_;
};

// A byte string: one char per byte.
std::string byte_string(const Napi::Value& value) {
  size_t length = 0;
  napi_get_value_string_latin1(value.Env(), value, nullptr, 0, &length);
  std::string text(length, '\0');
  napi_get_value_string_latin1(value.Env(), value, text.data(), length + 1, &length);
  return text;
}

// A text that is no network leaves an exception pending.
AccessList read_access_list(const Napi::Array& texts) {
  std::vector<Network> networks;
  for (uint32_t i = 0; i < texts.Length(); ++i) {
    const std::string text = byte_string(texts.Get(i));
    const auto parsed = parse_network(text);
    if (const auto* const network = std::get_if<Network>(&parsed)) {
      networks.push_back(*network);
      continue;
    }
    Napi::TypeError::New(texts.Env(), text + ' ' + std::get<std::string>(parsed))
        .ThrowAsJavaScriptException();
    break;
  }
  return AccessList(networks);
}

Options read_options(const Napi::Object& from) {
  const auto number = [&from](const char* name) { return from.Get(name).As<Napi::Number>().Int64Value(); };
  const auto flag = [&from](const char* name) { return from.Get(name).As<Napi::Boolean>().Value(); };
  Options options;
  options.netstring = flag("netstring");
  options.allow = read_access_list(from.Get("allow").As<Napi::Array>());
  options.max_clients = static_cast<uint32_t>(number("maxClients"));
  options.address_limits = {.clients = static_cast<uint32_t>(number("maxClientsPerAddress")),
                            .rate = static_cast<uint32_t>(number("rateLimit")),
                            .burst = static_cast<uint32_t>(number("rateLimitBurst"))};
  options.max_message_size = static_cast<size_t>(number("maxMessageSize"));
  options.discard_bad_frame = flag("discardBadFrame");
  options.send_buffer_limit = static_cast<size_t>(number("sendBufferLimit"));
  options.send_data_timeout = std::chrono::microseconds(number("sendDataTimeout"));
  options.slow_client = static_cast<SlowClient>(number("slowClient"));
  options.drain_timeout = std::chrono::microseconds(number("drainTimeout"));
  options.max_running_routes = static_cast<uint32_t>(number("maxRunningRoutes"));
  options.busy_poll = std::chrono::microseconds(number("busyPoll"));
  options.io_uring = flag("ioUring");
  options.context_mlimit = static_cast<uint32_t>(number("contextMlimit"));
  options.tell_connection_new = flag("tellConnectionNew");
  options.tell_message = flag("tellMessage");
  options.tell_connection_closed = flag("tellConnectionClosed");
  return options;
}

std::optional<Plan> read_plan(const Napi::Object& from, const char* name, PlanEvent event) {
  if (from.Get(name).IsUndefined()) return std::nullopt;
  const auto program = from.Get(name).As<Napi::Object>();
  const auto words = program.Get("words").As<Napi::Uint32Array>();
  const auto bytes = program.Get("bytes").As<Napi::Uint8Array>();
  std::optional<Plan> plan = Plan::load(event, {words.Data(), words.ElementLength()},
                                        {reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength()});
  if (!plan) Napi::TypeError::New(from.Env(), "a plan that makes no sense").ThrowAsJavaScriptException();
  return plan;
}

Plans read_plans(const Napi::Object& from) {
  return {read_plan(from, "connectionNew", PlanEvent::kConnectionNew),
          read_plan(from, "messageReceived", PlanEvent::kMessage),
          read_plan(from, "connectionClosed", PlanEvent::kConnectionClosed)};
}

Napi::Value byte_string(Napi::Env env, std::string_view text) {
  napi_value value = nullptr;
  napi_create_string_latin1(env, text.data(), text.size(), &value);
  return {env, value};
}

}  // namespace

class NativeDispatcher final : public Napi::ObjectWrap<NativeDispatcher>,
                               private Routes,
                               private ForeignDoor {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "NativeDispatcher",
                       {
                           InstanceMethod<&NativeDispatcher::listen_tcp>("listenTcp"),
                           InstanceMethod<&NativeDispatcher::listen_unix>("listenUnix"),
                           InstanceMethod<&NativeDispatcher::adopt>("adopt"),
                           InstanceMethod<&NativeDispatcher::open_datagram_socket>("openDatagramSocket"),
                           InstanceMethod<&NativeDispatcher::stop_reading_datagrams>("stopReadingDatagrams"),
                           InstanceMethod<&NativeDispatcher::close_datagram_socket>("closeDatagramSocket"),
                           InstanceMethod<&NativeDispatcher::stop_listening>("stopListening"),
                           InstanceMethod<&NativeDispatcher::stop_reading>("stopReading"),
                           InstanceMethod<&NativeDispatcher::exchange>("exchange"),
                           InstanceMethod<&NativeDispatcher::shutdown>("shutdown"),
                           InstanceMethod<&NativeDispatcher::destroy>("destroy"),
                           InstanceMethod<&NativeDispatcher::execute_commands>("execute"),
                           InstanceMethod<&NativeDispatcher::settle>("settle"),
                           InstanceMethod<&NativeDispatcher::chunk>("chunk"),
                           InstanceMethod<&NativeDispatcher::send_chunk>("sendChunk"),
                           InstanceMethod<&NativeDispatcher::peer>("peer"),
                           InstanceMethod<&NativeDispatcher::reaches>("reaches"),
                           InstanceMethod<&NativeDispatcher::audience>("audience"),
                           InstanceMethod<&NativeDispatcher::tag>("tag"),
                           InstanceMethod<&NativeDispatcher::stats>("stats"),
                           InstanceMethod<&NativeDispatcher::clients>("clients"),
                           InstanceMethod<&NativeDispatcher::tap>("tap"),
                           InstanceMethod<&NativeDispatcher::admits>("admits"),
                           InstanceMethod<&NativeDispatcher::take_token>("takeToken"),
                           InstanceMethod<&NativeDispatcher::open_door>("openDoor"),
                           InstanceMethod<&NativeDispatcher::add_foreign>("addForeign"),
                           InstanceMethod<&NativeDispatcher::receive_foreign>("receiveForeign"),
                           InstanceMethod<&NativeDispatcher::end_foreign>("endForeign"),
                           InstanceMethod<&NativeDispatcher::foreign_slow>("foreignSlow"),
                           InstanceMethod<&NativeDispatcher::foreign_caught_up>("foreignCaughtUp"),
                           InstanceMethod<&NativeDispatcher::foreign_waits>("foreignWaits"),
                           InstanceMethod<&NativeDispatcher::shared>("shared"),
                       });
  }

  // new NativeDispatcher(options, onEvents, plans)
  explicit NativeDispatcher(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<NativeDispatcher>(info),
        state_(info.Env(), kStateWords),
        commands_(info.Env(), kMaxCommandWords),
        events_{SharedWords(info.Env(), EventRing::kCapacity * sizeof(Event) / sizeof(uint32_t)),
                SharedWords(info.Env(), EventRing::kCapacity * sizeof(Event) / sizeof(uint32_t))},
        on_events_(Napi::Persistent(info[1].As<Napi::Function>())),
        async_context_(info.Env(), "evapid") {
    Routes& routes = *this;
    const Options options = read_options(info[0].As<Napi::Object>());
    dispatcher_.emplace(options, routes, read_plans(info[2].As<Napi::Object>()));
    for (size_t i = 0; i < 2; ++i)
      dispatcher_->ring(i).use_memory(reinterpret_cast<Event*>(events_[i].data()));
    dispatcher_->pool().set_free_hook(
        [](void* self, Chunk& freed) { static_cast<NativeDispatcher*>(self)->hide(freed); }, this);

    uv_loop_t* uv = nullptr;
    napi_get_uv_event_loop(info.Env(), &uv);
    host_ = UvHost::open(uv, dispatcher_->loop(), options.busy_poll,
                         {[this](int timeout_ms) { return turn(timeout_ms); }, [this] { before_sleep(); }});
    host_->keep_alive(false);
    Ref();  // libuv refers to this object until destroy()
    napi_add_async_cleanup_hook(
        info.Env(),
        [](napi_async_cleanup_hook_handle, void* self) { static_cast<NativeDispatcher*>(self)->close(); },
        this, &cleanup_);
  }

 private:
  // --- the loop

  // No handle is made here but in on_events(): opening a scope asks for memory, and a turn need not enter
  // JavaScript.
  int turn(int timeout_ms) {
    run_commands(nullptr);
    const int called = dispatcher_->turn(timeout_ms);
    after_turn();
    return called;
  }

  // Commands that were given outside of a turn (by a timer, say) leave before Node sleeps.
  void before_sleep() {
    if (state_[kCommandWords] == 0 && !dispatcher_->unsettled()) return;
    run_commands(nullptr);
    dispatcher_->settle();
    after_turn();
  }

  void publish_state() {
    state_[kPendingMessages] = dispatcher_->fan_out().pending_messages();
    state_[kClients] = static_cast<uint32_t>(dispatcher_->connections());
  }

  void after_turn() {
    publish_state();
    keep_alive();
    if (send_chunk_ && send_chunk_->references() == 1 && state_[kCommandWords] == 0) state_[kSendOffset] = 0;
  }

  // Routes: one call for all events of a turn.
  void on_events(const EventRing& ring) override {
    const Napi::Env env = Env();
    const Napi::HandleScope scope(env);
    current_ = &ring;
    const size_t which = &ring == &dispatcher_->ring(0) ? 0 : 1;
    publish_state();
    // A handler that was ended from outside (a watchdog) took the rest of the call with it: JavaScript goes
    // on behind it, so that nobody else's events are lost. Each call gets at least one event further.
    for (size_t calls = 0; calls < ring.size(); ++calls) {
      if (call_routes(env, which, ring.size())) break;
    }
    run_commands(current_);
    current_ = nullptr;
  }

  bool call_routes(napi_env env, size_t ring, size_t events) {
    const std::array<napi_value, 2> arguments{Napi::Number::New(env, static_cast<double>(ring)),
                                              Napi::Number::New(env, static_cast<double>(events))};
    return call(env, on_events_, arguments);
  }

  // Foreign clients: what they are to get and what becomes of them, in one call for a flush, unless it is
  // very much.
  void on_deliveries(const Deliveries& deliveries) override {
    const Napi::Env env = Env();
    const Napi::HandleScope scope(env);
    const std::span<const Delivery> list(deliveries.list());
    constexpr size_t kMost = kDeliveryWords * sizeof(uint32_t) / sizeof(Delivery);
    for (size_t first = 0; first < list.size(); first += kMost) {
      const auto some = list.subspan(first, std::min(kMost, list.size() - first));
      std::memcpy(deliveries_->data(), some.data(), some.size_bytes());
      const std::array<napi_value, 1> arguments{Napi::Number::New(env, static_cast<double>(some.size()))};
      call(env, on_deliveries_, arguments);
    }
  }

  // Not through Napi::FunctionReference: that throws, which ends the process, when JavaScript may not run any
  // more because its thread is being terminated. Then there is nothing to do but to come to an end.
  // Returns false when the function did not come to its end, and may be called again.
  bool call(napi_env env, const Napi::FunctionReference& function, std::span<const napi_value> arguments) {
    napi_value result = nullptr;
    napi_make_callback(env, async_context_, Value(), function.Value(), arguments.size(), arguments.data(),
                       &result);
    bool thrown = false;
    napi_value error = nullptr;
    if (napi_is_exception_pending(env, &thrown) != napi_ok || !thrown ||
        napi_get_and_clear_last_exception(env, &error) != napi_ok) {
      return true;
    }
    // What was ended from outside has thrown nothing that anybody could deal with: whoever ended it says so.
    napi_valuetype type = napi_undefined;
    if (napi_typeof(env, error, &type) != napi_ok || type != napi_null) napi_fatal_exception(env, error);
    return false;
  }

  void run_commands(const EventRing* ring) {
    const size_t words = std::exchange(state_[kCommandWords], 0);
    if (words > 0) execute(*dispatcher_, ring, {commands_.data(), words});
  }

  // --- methods

  Napi::Value listening(Napi::Env env, Opened opened) {
    Napi::Object result = Napi::Object::New(env);
    int error = opened.error;
    Bound bound;
    if (error == 0) {
      bound = bound_to(opened.fd.get());
      error = bound.error;
    }
    if (error == 0) error = dispatcher_->listen(std::move(opened.fd));
    result.Set("errno", error);
    if (error != 0) return result;
    listening_ = true;
    keep_alive();
    result.Set("unix", bound.address.family == Family::kUnix);
    result.Set("ipv6", bound.address.family == Family::kIpv6);
    result.Set("address", bound.address.family == Family::kUnix ? bound.path : bound.address.ip_text());
    result.Set("port", bound.address.port);
    return result;
  }

  Napi::Value listen_tcp(const Napi::CallbackInfo& info) {
    return listening(info.Env(),
                     evapid::listen_tcp(info[0].As<Napi::String>().Utf8Value(),
                                        static_cast<uint16_t>(info[1].As<Napi::Number>().Uint32Value())));
  }

  Napi::Value listen_unix(const Napi::CallbackInfo& info) {
    return listening(info.Env(), evapid::listen_unix(info[0].As<Napi::String>().Utf8Value()));
  }

  Napi::Value adopt(const Napi::CallbackInfo& info) {
    const int fd = info[0].As<Napi::Number>().Int32Value();
    if (const int error = set_nonblocking(fd)) return listening(info.Env(), {Fd(), error});
    return listening(info.Env(), {Fd(fd), 0});
  }

  Napi::Value open_datagram_socket(const Napi::CallbackInfo& info) {
    Napi::Object result = Napi::Object::New(info.Env());
    Opened opened =
        evapid::open_datagram_socket(info[0].As<Napi::String>().Utf8Value(),
                                     static_cast<uint16_t>(info[1].As<Napi::Number>().Uint32Value()));
    int error = dispatcher_ ? opened.error : EBADF;
    const Bound bound = error == 0 ? bound_to(opened.fd.get()) : Bound{};
    Dispatcher::AddedSocket added{error != 0 ? error : bound.error, 0};
    if (added.error == 0) added = dispatcher_->add_datagram_socket(std::move(opened.fd));
    result.Set("errno", added.error);
    if (added.error != 0) return result;
    keep_alive();
    result.Set("id", added.id);
    result.Set("ipv6", bound.address.family == Family::kIpv6);
    result.Set("address", bound.address.ip_text());
    result.Set("port", bound.address.port);
    result.Set("wildcard", bound.address.ip == decltype(bound.address.ip){});
    result.Set("block", dispatcher_->datagram_block()->id());
    return result;
  }

  void stop_reading_datagrams(const Napi::CallbackInfo& info) {
    if (dispatcher_) dispatcher_->stop_reading_datagrams(info[0].As<Napi::Number>().Uint32Value());
  }

  // What was sent before is sent before.
  void close_datagram_socket(const Napi::CallbackInfo& info) {
    if (!dispatcher_) return;
    run_commands(current_);
    dispatcher_->close_datagram_socket(info[0].As<Napi::Number>().Uint32Value());
    after_turn();
  }

  // Listening keeps the process running, for good; an open datagram socket as long as it is open.
  void keep_alive() {
    const bool keep = dispatcher_ && (listening_ || dispatcher_->datagram_sockets() > 0);
    if (host_ != nullptr && keep != std::exchange(kept_alive_, keep)) host_->keep_alive(keep);
  }

  void stop_listening(const Napi::CallbackInfo&) {
    if (dispatcher_) dispatcher_->stop_listening();
  }

  void stop_reading(const Napi::CallbackInfo&) {
    if (dispatcher_) dispatcher_->stop_reading();
  }

  // exchange(options, plans): an event tells when it has come into effect. Throws for a plan that makes no
  // sense; nothing has changed then.
  void exchange(const Napi::CallbackInfo& info) {
    if (!dispatcher_) return;
    Plans plans = read_plans(info[1].As<Napi::Object>());
    if (info.Env().IsExceptionPending()) return;
    const Options options = read_options(info[0].As<Napi::Object>());
    if (info.Env().IsExceptionPending()) return;
    dispatcher_->exchange(options, std::move(plans));
  }

  // Returns whether events follow before it is over.
  Napi::Value shutdown(const Napi::CallbackInfo& info) {
    if (!dispatcher_) return Napi::Boolean::New(info.Env(), false);
    run_commands(current_);
    dispatcher_->shutdown();
    after_turn();
    return Napi::Boolean::New(info.Env(), dispatcher_->connections() > 0 || dispatcher_->owes_events());
  }

  void destroy(const Napi::CallbackInfo&) { close(); }

  void close() {
    if (host_ == nullptr) return;
    std::exchange(host_, nullptr)->close([this] {
      const Napi::HandleScope scope(Env());
      // Now that nothing calls in any more; destroying frees chunks, which detaches what JavaScript saw of
      // them.
      send_chunk_.reset();
      dispatcher_.reset();
      for (auto& [id, view] : views_) detach(view.Value());
      views_.clear();
      napi_remove_async_cleanup_hook(cleanup_);
      Unref();
    });
  }

  // Carries out what has been asked for so far: the command words are used up, or a send chunk is full.
  void execute_commands(const Napi::CallbackInfo&) {
    if (!dispatcher_) return;
    run_commands(current_);
    publish_state();
  }

  // The same, and sends it.
  void settle(const Napi::CallbackInfo&) {
    if (!dispatcher_) return;
    run_commands(current_);
    dispatcher_->settle();
    after_turn();
  }

  Napi::Value peer(const Napi::CallbackInfo& info) {
    const Client* const client = dispatcher_ ? dispatcher_->find({info[0].As<Napi::Number>().Uint32Value(),
                                                                  info[1].As<Napi::Number>().Uint32Value()})
                                             : nullptr;
    if (client == nullptr) return info.Env().Undefined();
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("address", client->peer.ip_text());
    result.Set("port", client->peer.port);
    return result;
  }

  Napi::Value reaches(const Napi::CallbackInfo& info) {
    if (!dispatcher_) return Napi::Boolean::New(info.Env(), false);
    run_commands(current_);
    publish_state();
    return Napi::Boolean::New(info.Env(), dispatcher_->fan_out().reaches(byte_string(info[0])));
  }

  Napi::Value audience(const Napi::CallbackInfo& info) {
    if (!dispatcher_) return Napi::Number::New(info.Env(), 0);
    run_commands(current_);
    publish_state();
    const FanOut& fan_out = dispatcher_->fan_out();
    const size_t clients = info[0].IsString() ? fan_out.audience(byte_string(info[0])) : fan_out.audience();
    return Napi::Number::New(info.Env(), static_cast<double>(clients));
  }

  Napi::Value tag(const Napi::CallbackInfo& info) {
    if (!dispatcher_) return info.Env().Undefined();
    run_commands(current_);
    publish_state();
    const Client* const client = dispatcher_->find(
        {info[0].As<Napi::Number>().Uint32Value(), info[1].As<Napi::Number>().Uint32Value()});
    if (client == nullptr) return info.Env().Undefined();
    return byte_string(info.Env(), dispatcher_->tag(*client));
  }

  Napi::Value shared(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    Napi::Object result = Napi::Object::New(env);
    result.Set("state", state_.view(env));
    result.Set("commands", commands_.view(env));
    Napi::Array events = Napi::Array::New(env, 2);
    for (uint32_t i = 0; i < 2; ++i) events.Set(i, events_[i].view(env));
    result.Set("events", events);
    return result;
  }

  Napi::Value stats(const Napi::CallbackInfo& info) {
    Napi::Object result = Napi::Object::New(info.Env());
    if (!dispatcher_) return result;
    const auto set = [&result](const char* name, uint64_t value) {
      result.Set(name, static_cast<double>(value));
    };
    const Stats& stats = dispatcher_->stats();
    set("clients", stats.clients);
    set("foreign_clients", stats.foreign_clients);
    set("accepted", stats.accepted);
    set("foreign_accepted", stats.foreign_accepted);
    set("rejected", stats.rejected);
    set("clients_not_allowed", stats.clients_not_allowed);
    set("clients_over_address_limit", stats.clients_over_address_limit);
    set("accept_failures", stats.accept_failures);
    set("messages_received", stats.messages_received);
    set("bytes_received", stats.bytes_received);
    set("messages_relayed", stats.messages_relayed);
    set("relays_refused", stats.relays_refused);
    set("deliveries", stats.deliveries);
    const auto& [plans_new, plans_message, plans_closed] = stats.plans_run;
    set("plans_run", plans_new + plans_message + plans_closed);
    set("plans_run_connection_new", plans_new);
    set("plans_run_message_received", plans_message);
    set("plans_run_connection_closed", plans_closed);
    set("ring_sends", stats.ring_sends);
    set("bytes_sent", stats.bytes_sent);
    set("bytes_copied", stats.bytes_copied);
    set("bad_frames", stats.bad_frames);
    set("slow_clients", stats.slow_clients);
    set("slow_now", stats.slow_now);
    set("slow_closed", stats.slow_closed);
    for (size_t reason = 0; reason < kCloseReasonNames.size(); ++reason) {
      set(kCloseReasonNames[reason], stats.closed[reason]);
    }
    set("bytes_waiting", dispatcher_->waiting_bytes());
    set("bytes_abandoned", stats.bytes_abandoned);
    set("messages_dropped", stats.messages_dropped);
    set("reads_paused", stats.reads_paused);
    set("rate_limited", stats.rate_limited);
    set("rate_limited_clients", dispatcher_->addresses().waiting());
    set("requests_not_allowed", stats.requests_not_allowed);
    set("requests_rate_limited", stats.requests_rate_limited);
    set("addresses", dispatcher_->addresses().size());
    set("waiting_clients", stats.waiting_clients);
    set("drain_timeouts", stats.drain_timeouts);
    set("datagrams_received", stats.datagrams_received);
    set("datagram_bytes_received", stats.datagram_bytes_received);
    set("datagrams_lost", dispatcher_->datagrams_lost());
    set("datagrams_truncated", stats.datagrams_truncated);
    set("datagram_receive_errors", stats.datagram_receive_errors);
    set("datagrams_sent", stats.datagrams_sent);
    set("datagram_bytes_sent", stats.datagram_bytes_sent);
    set("datagrams_dropped", stats.datagrams_dropped);
    set("datagram_sockets", dispatcher_->datagram_sockets());
    set("turns", stats.turns);
    set("flushes", stats.flushes);
    set("lingering_sockets", dispatcher_->lingering());
    set("groups", dispatcher_->fan_out().group_count());
    set("chunk_bytes", dispatcher_->pool().allocated_bytes());
    set("chunk_bytes_kept", dispatcher_->pool().kept_bytes());
    set("chunk_allocations", dispatcher_->pool().allocations());
    return result;
  }

  // clients(first, count): those with so many indexes from the first on, and whether there are more. For
  // people who look at the bus: asked for seldom, so that objects may be made.
  Napi::Value clients(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    Napi::Object result = Napi::Object::New(env);
    Napi::Array list = Napi::Array::New(env);
    result.Set("clients", list);
    result.Set("more", false);
    if (!dispatcher_) return result;
    run_commands(current_);
    publish_state();
    uint32_t count = 0;
    const bool more = dispatcher_->each_client(size(info[0]), size(info[1]), [&](const Client& client) {
      Napi::Object entry = Napi::Object::New(env);
      const auto set = [&entry](const char* name, uint64_t value) {
        entry.Set(name, static_cast<double>(value));
      };
      const Traffic addressed = dispatcher_->fan_out().addressed_to(client);
      const auto age = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - client.connected);
      entry.Set("index", client.id.index);
      entry.Set("generation", client.id.generation);
      entry.Set("tag", byte_string(env, dispatcher_->tag(client)));
      entry.Set("state", static_cast<uint32_t>(client.state));
      entry.Set("slow", client.slow);
      entry.Set("rateLimited", client.waits);
      entry.Set("foreign", client.foreign);
      set("age", static_cast<uint64_t>(age.count()));
      set("messagesReceived", client.messages_received);
      set("bytesReceived", client.bytes_received);
      set("messagesAddressed", addressed.messages);
      set("bytesAddressed", addressed.bytes);
      set("bytesSent", client.foreign ? addressed.bytes : client.bytes_sent);
      set("waiting", client.foreign ? client.foreign_waiting : client.outbox ? client.outbox->bytes() : 0);
      set("dropped", client.dropped);
      list.Set(count++, entry);
    });
    result.Set("more", more);
    return result;
  }

  // tap(messages): what was seen since the last call, and how many came or went beyond; up to so many
  // messages are seen from now on. tap(): nothing more is.
  Napi::Value tap(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    Napi::Object result = Napi::Object::New(env);
    Napi::Array list = Napi::Array::New(env);
    result.Set("sightings", list);
    result.Set("missed", 0);
    if (!dispatcher_) return result;
    run_commands(current_);
    publish_state();
    Tap& tap = dispatcher_->tap();
    uint32_t count = 0;
    for (const Sighting& sighting : tap.sightings()) {
      const Client* const client = dispatcher_->find(sighting.client);
      Napi::Object entry = Napi::Object::New(env);
      entry.Set("kind", static_cast<uint32_t>(sighting.kind));
      entry.Set("index", sighting.client.index);
      entry.Set("port", sighting.peer.port);
      entry.Set("at", static_cast<double>(sighting.at));
      entry.Set("detail", static_cast<double>(sighting.detail));
      entry.Set("address", sighting.peer.family == Family::kUnix ? dispatcher_->unix_address()
                                                                 : sighting.peer.ip_text());
      entry.Set("tag", byte_string(env, client != nullptr ? dispatcher_->tag(*client) : std::string_view()));
      if (sighting.kind == SightingKind::kMessage) {
        const auto bytes = tap.bytes(sighting);
        entry.Set("bytes", Napi::Buffer<std::byte>::Copy(env, bytes.data(), bytes.size()));
      }
      list.Set(count++, entry);
    }
    result.Set("missed", static_cast<double>(tap.missed()));
    if (info.Length() > 0) {
      tap.open(size(info[0]));
    } else {
      tap.shut();
    }
    return result;
  }

  // --- those who are no clients

  Napi::Value admits(const Napi::CallbackInfo& info) {
    const bool admitted = dispatcher_ && dispatcher_->admits(parse_address(byte_string(info[0])));
    return Napi::Boolean::New(info.Env(), admitted);
  }

  Napi::Value take_token(const Napi::CallbackInfo& info) {
    // All those without an address share one.
    const Address address = parse_address(byte_string(info[0])).value_or(Address{});
    return Napi::Boolean::New(info.Env(), dispatcher_ && dispatcher_->take_token(address));
  }

  // --- foreign clients

  // openDoor(onDeliveries): returns the words that deliveries stand in.
  Napi::Value open_door(const Napi::CallbackInfo& info) {
    if (!dispatcher_) return info.Env().Undefined();
    if (!deliveries_) deliveries_.emplace(info.Env(), kDeliveryWords);
    on_deliveries_ = Napi::Persistent(info[0].As<Napi::Function>());
    ForeignDoor* const door = this;
    dispatcher_->use_door(door);
    return deliveries_->view(info.Env());
  }

  // addForeign(ip, port): { index, generation }, or undefined when it may not come. Its connection-new has
  // begun when this returns.
  Napi::Value add_foreign(const Napi::CallbackInfo& info) {
    if (!dispatcher_) return info.Env().Undefined();
    Address peer = parse_address(byte_string(info[0])).value_or(Address{});
    peer.port = static_cast<uint16_t>(info[1].As<Napi::Number>().Uint32Value());
    run_commands(current_);
    const auto id = dispatcher_->add_foreign(peer);
    dispatcher_->settle();
    after_turn();
    if (!id) return info.Env().Undefined();
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("index", id->index);
    result.Set("generation", id->generation);
    return result;
  }

  static ClientId client_id(const Napi::CallbackInfo& info) {
    return {info[0].As<Napi::Number>().Uint32Value(), info[1].As<Napi::Number>().Uint32Value()};
  }

  // receiveForeign(index, generation, bytes): whether it was taken.
  Napi::Value receive_foreign(const Napi::CallbackInfo& info) {
    if (!dispatcher_) return Napi::Boolean::New(info.Env(), false);
    run_commands(current_);
    const auto bytes = info[2].As<Napi::Uint8Array>();
    const std::span payload(reinterpret_cast<const std::byte*>(bytes.Data()), bytes.ByteLength());
    const bool taken = dispatcher_->receive_foreign(client_id(info), payload);
    publish_state();
    return Napi::Boolean::New(info.Env(), taken);
  }

  void end_foreign(const Napi::CallbackInfo& info) {
    if (!dispatcher_) return;
    run_commands(current_);
    dispatcher_->end_foreign(client_id(info),
                             static_cast<CloseReason>(info[2].As<Napi::Number>().Uint32Value()));
    publish_state();
  }

  void foreign_slow(const Napi::CallbackInfo& info) {
    if (dispatcher_) dispatcher_->foreign_slow(client_id(info), size(info[2]));
  }

  void foreign_caught_up(const Napi::CallbackInfo& info) {
    if (dispatcher_) dispatcher_->foreign_caught_up(client_id(info), size(info[2]));
  }

  void foreign_waits(const Napi::CallbackInfo& info) {
    if (dispatcher_) dispatcher_->foreign_waits(client_id(info), size(info[2]), size(info[3]));
  }

  static size_t size(const Napi::Value& value) {
    return static_cast<size_t>(value.As<Napi::Number>().Int64Value());
  }

  // --- chunks that JavaScript sees

  // An ArrayBuffer over the chunk's own memory: no copy. It is detached when the chunk is freed.
  Napi::Value chunk(const Napi::CallbackInfo& info) {
    const uint32_t id = info[0].As<Napi::Number>().Uint32Value();
    Chunk* const found = dispatcher_ ? dispatcher_->pool().find(id) : nullptr;
    if (found == nullptr) return info.Env().Undefined();
    if (const auto view = views_.find(id); view != views_.end()) return view->second.Value();
    Napi::ArrayBuffer view = Napi::ArrayBuffer::New(info.Env(), found->data(), found->capacity());
    views_.emplace(id, Napi::Persistent(view));
    return view;
  }

  void hide(const Chunk& freed) {
    const auto view = views_.find(freed.id());
    if (view == views_.end()) return;
    const Napi::HandleScope scope(Env());
    detach(view->second.Value());
    views_.erase(view);
  }

  static void detach(Napi::ArrayBuffer view) {
    if (!view.IsDetached()) view.Detach();
  }

  // A chunk with at least so many bytes for data made in JavaScript. What is in the old one must be on its
  // way first.
  Napi::Value send_chunk(const Napi::CallbackInfo& info) {
    const size_t needed = info[0].As<Napi::Number>().Uint32Value();
    if (!dispatcher_) return info.Env().Undefined();
    run_commands(current_);
    publish_state();
    ChunkPool& pool = dispatcher_->pool();
    send_chunk_ = needed > ChunkPool::kChunkSize ? pool.take_large(needed) : pool.take();
    state_[kSendOffset] = 0;
    return Napi::Number::New(info.Env(), send_chunk_->id());
  }

  SharedWords state_;
  SharedWords commands_;
  std::array<SharedWords, 2> events_;
  Napi::FunctionReference on_events_;
  std::optional<SharedWords> deliveries_;
  Napi::FunctionReference on_deliveries_;
  Napi::AsyncContext async_context_;
  std::optional<Dispatcher> dispatcher_;
  ChunkRef send_chunk_;
  const EventRing* current_ = nullptr;
  std::unordered_map<uint32_t, Napi::Reference<Napi::ArrayBuffer>> views_;
  UvHost* host_ = nullptr;
  bool listening_ = false;
  bool kept_alive_ = false;
  napi_async_cleanup_hook_handle cleanup_ = nullptr;
};

// notify(path, text): one datagram to a Unix socket; '@' begins an abstract name. Node has no such sockets,
// systemd wants one.
Napi::Value notify(const Napi::CallbackInfo& info) {
  const std::string path = info[0].As<Napi::String>().Utf8Value();
  const std::string text = info[1].As<Napi::String>().Utf8Value();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return Napi::Boolean::New(info.Env(), false);
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path[0] == '@') address.sun_path[0] = '\0';
  const Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const ssize_t sent = sendto(fd.get(), text.data(), text.size(), MSG_NOSIGNAL,
                              reinterpret_cast<const sockaddr*>(&address), length);
  return Napi::Boolean::New(info.Env(), sent == static_cast<ssize_t>(text.size()));
}

// raiseDescriptorLimit(wanted): lets this process have so many descriptors, or as many as the hard limit
// allows if it may not go above it; 0: as many as the hard limit allows. Never lowers anything. Returns the
// limit there is now. Node cannot change limits after it has started.
Napi::Value raise_descriptor_limit(const Napi::CallbackInfo& info) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const auto wanted = static_cast<rlim_t>(info[0].As<Napi::Number>().Int64Value());
  const rlim_t target = wanted == 0 ? limit.rlim_max : wanted;
  if (target > limit.rlim_cur) {
    const rlimit higher{.rlim_cur = target, .rlim_max = std::max(target, limit.rlim_max)};
    const rlimit highest{.rlim_cur = std::min(target, limit.rlim_max), .rlim_max = limit.rlim_max};
    // Above the hard limit is for the privileged.
    if (setrlimit(RLIMIT_NOFILE, &higher) != 0) setrlimit(RLIMIT_NOFILE, &highest);
    getrlimit(RLIMIT_NOFILE, &limit);
  }
  return Napi::Number::New(info.Env(), static_cast<double>(limit.rlim_cur));
}

// ipText(ipv6, word, word, word, word): the address of a DatagramPath, as text.
Napi::Value address_text(const Napi::CallbackInfo& info) {
  std::array<uint32_t, 4> ip;
  for (size_t i = 0; i < ip.size(); ++i) ip[i] = info[i + 1].As<Napi::Number>().Uint32Value();
  const Family family = info[0].As<Napi::Boolean>().Value() ? Family::kIpv6 : Family::kIpv4;
  return Napi::String::New(info.Env(), ip_text(family, ip));
}

// parseIp(text): the other way round, { ipv6, words }; undefined if it is no literal address.
Napi::Value address_words(const Napi::CallbackInfo& info) {
  const auto literal = parse_ip(info[0].As<Napi::String>().Utf8Value());
  if (!literal) return info.Env().Undefined();
  Napi::Object result = Napi::Object::New(info.Env());
  Napi::Array words = Napi::Array::New(info.Env(), literal->ip.size());
  for (uint32_t i = 0; i < literal->ip.size(); ++i) {
    words.Set(i, static_cast<double>(static_cast<int32_t>(literal->ip[i])));
  }
  result.Set("ipv6", literal->family == Family::kIpv6);
  result.Set("words", words);
  return result;
}

// networkMistake(text): what is wrong with a network of `allow`, as the end of a sentence; undefined:
// nothing.
Napi::Value network_mistake(const Napi::CallbackInfo& info) {
  const auto parsed = parse_network(byte_string(info[0]));
  const auto* const mistake = std::get_if<std::string>(&parsed);
  return mistake == nullptr ? info.Env().Undefined() : Napi::String::New(info.Env(), *mistake);
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("NativeDispatcher", NativeDispatcher::define(env));
  exports.Set("notify", Napi::Function::New(env, notify));
  exports.Set("ipText", Napi::Function::New<address_text>(env));
  exports.Set("networkMistake", Napi::Function::New<network_mistake>(env));
  exports.Set("parseIp", Napi::Function::New<address_words>(env));
  exports.Set("raiseDescriptorLimit", Napi::Function::New(env, raise_descriptor_limit));
  return exports;
}

NODE_API_MODULE(evapid, init)

}  // namespace evapid
