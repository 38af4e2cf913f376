#include "app/mirror/forward.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include <array>

#include "base/text.h"
#include "platform/crypto/crypto.h"

namespace rondo::app::mirror {

namespace asio = boost::asio;
using rondo::mirror::Outcome;

namespace {

// A body up to this size travels whole; of a larger one this much waits at most.
constexpr size_t kWhole = 256 << 10;
// Of an answer that is compared.
constexpr size_t kComparedBytes = 8 << 20;
// The client's patience counts, not ours: an answer may take very long.
constexpr Micros kFirstByte{600'000'000}, kStall{300'000'000}, kLongest{86'400'000'000};
constexpr std::string_view kMarkHeader = "x-rondo-mirror";

// About one connection, or made anew on the other side.
constexpr std::array<std::string_view, 12> kOfConnection{
    "connection",          "keep-alive", "proxy-connection",
    "proxy-authenticate",  "te",         "trailer",
    "proxy-authorization", "upgrade",    "transfer-encoding",
    "content-length",      "expect",     "host"};

bool is_of_connection(std::string_view name, std::string_view connection) {
    const auto same = [&](std::string_view other) {
        return equals_ignoring_case(name, trim(other));
    };
    return std::ranges::any_of(kOfConnection, same) ||
           std::ranges::any_of(split(connection, ','), same);
}

// Kinds of rows whose effects stay with the upstream.
bool is_left_alone(const rpc::Row& row) {
    constexpr std::array<std::string_view, 5> kNames{"accounts", "accounts.read", "share",
                                                     "own_account", "webhooks"};
    return std::ranges::find(kNames, row.permission.name) != kNames.end();
}

bool is_api(std::string_view path) {
    return path.starts_with("/api/") || path.starts_with("/ajax-api/") || path == "/graphql";
}
// Of MLflow's interface, not a page and no file of one.
bool is_mlflows(std::string_view path) {
    return is_api(path) || path == "/get-artifact" || path == "/model-versions/get-artifact";
}

// A route's shape of a path that has no row: parts with digits or of great length are ids.
std::string shape_of(std::string_view path) {
    std::string out;
    constexpr size_t kMostParts = 8, kLongestPart = 40;
    size_t parts = 0;
    for (const std::string_view part : split(path.substr(path.starts_with('/')), '/')) {
        if (++parts > kMostParts) return out + "/...";
        const bool version = parts <= 2;  // "2.0"
        const auto is_plain = [&](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
                   (version && ((c >= '0' && c <= '9') || c == '.'));
        };
        const bool is_id = part.size() > kLongestPart || !std::ranges::all_of(part, is_plain);
        out += "/";
        out += is_id ? "{id}" : part;
    }
    return out;
}

}  // namespace

// One request on its way. The sink's methods run on the client's thread, the rest on the
// connection's.
class Forwarder::Passage final : public client::AsyncSink, public client::AsyncSource {
  public:
    Passage(Forwarder& forwarder, const net::Request& request, Plan plan)
        : forwarder_(forwarder), plan_(std::move(plan)), up_(kWhole), down_(kWhole) {
        item_.row = plan_.row;
        item_.verb = request.verb;
        item_.endpoint = plan_.endpoint;
        item_.target = std::string(request.path);
        if (!request.query.empty()) item_.target += "?" + std::string(request.query);
        item_.content_type = request.headers.get("content-type");
        item_.range = request.headers.get("range");
        is_compared_ = plan_.kind == Plan::Kind::message || plan_.kind == Plan::Kind::upload;
        item_.upstream.is_file = is_compared_ && plan_.row->answer == nullptr;
    }
    ~Passage() override {
        if (item_.upload) item_.upload->drop();
        if (ticket_ != 0) (void)forwarder_.overlaps_.end(ticket_);
    }

    // Its way begins; this much of its body has come.
    void begin_with(std::string_view body) {
        started_ = forwarder_.parts_.env.steady();
        if (plan_.kind == Plan::Kind::upload && forwarder_.parts_.artifacts)
            item_.upload = forwarder_.parts_.replay.begin_upload(item_.target);
        see_request(body);
        if (is_compared_)
            ticket_ = forwarder_.overlaps_.begin(
                item_.writes() ? Overlaps::Kind::write : Overlaps::Kind::read,
                item_.target + " " + item_.body);
    }
    // What the request carries, piece by piece, as it passes.
    void see_request(std::string_view piece) {
        const std::lock_guard lock(mutex_);
        if (completed_) return;  // answered before all of it had come
        if (item_.upload) item_.upload->bring(piece);
        if (plan_.kind != Plan::Kind::message || too_large_) return;
        too_large_ = item_.body.size() + piece.size() > plan_.row->body_limit;
        if (!too_large_) item_.body += piece;
    }

    Task<Result<std::string>> next() override { co_return co_await up_.read(); }
    bool wants(int) const override { return true; }
    Task<Status> begin(const client::Response& head) override {
        begun_ = true;
        take_head(head);
        if (length_ && *length_ <= kWhole && *length_ > 0) co_return ok();  // comes as a whole
        if (length_ && *length_ == 0) complete();
        tell_head();
        co_return ok();
    }
    Task<Status> take(std::string_view piece) override {
        received_ += piece.size();
        see_answer(piece);
        const bool whole = length_ && *length_ <= kWhole;
        if (whole) whole_ += piece;
        // Before the client gets the last byte: what it asks for next comes after this one.
        if (length_ && received_ == *length_) complete();
        if (whole && received_ == *length_) tell_head();
        if (whole || co_await down_.write(std::string(piece))) co_return ok();
        co_return fail(Code::cancelled, "the client left");
    }

    // The end of it.
    void land(const Result<client::Response>& result) {
        up_.abandon();
        if (!result) {
            item_.whole = false;
            if (begun_)
                complete();  // what was done is done, though the answer broke off
            else
                leave_out("the upstream did not answer");
            answered_.set(std::unexpected(result.error()));
            down_.fail(result.error());
            return;
        }
        if (!begun_) {  // it has no body
            take_head(*result);
            if (outgoing.method != "HEAD") length_ = 0;
        }
        complete();
        tell_head();
        down_.close();
    }

    Pipe& up() { return up_; }
    Pipe& down() { return down_; }
    Task<Result<net::Response>> answered() { co_return co_await answered_.get(); }
    // Whether the body of the answer comes by down().
    bool streams() const { return streams_; }
    client::Request outgoing;

  private:
    void take_head(const client::Response& head) {
        item_.upstream.status = head.status;
        item_.upstream.content_type = head.header("content-type");
        if (const auto length = parse_int(head.header("content-length")); length && *length >= 0)
            length_ = static_cast<uint64_t>(*length);
        const std::string origin = forwarder_.parts_.upstream.origin();
        for (const auto& [name, value] : head.headers) {
            // The date and the id are those of the connection's own answer.
            if (is_of_connection(name, head.header("connection")) || name == "content-type" ||
                name == "date" || name == "x-request-id")
                continue;
            const bool leads_past = name == "location" && value.starts_with(origin + "/");
            head_.header(name, leads_past ? value.substr(origin.size()) : value);
        }
        head_.status = head.status;
        head_.content_type = item_.upstream.content_type;
        is_encoded_ = !head.header("content-encoding").empty() &&
                      head.header("content-encoding") != "identity";
    }
    void tell_head();
    void see_answer(std::string_view piece) {
        if (!is_compared_) return;
        if (item_.upstream.is_file && head_.status < 300) {
            if (head_.status == 200) digest_.update(piece);
            item_.upstream.size += piece.size();
        } else if (item_.upstream.body.size() + piece.size() <= kComparedBytes) {
            item_.upstream.body += piece;
        } else {
            item_.whole = false;
        }
    }
    void leave_out(const std::string& reason) {
        const std::lock_guard lock(mutex_);
        if (std::exchange(completed_, true) || !is_compared_) return;
        forwarder_.parts_.replay.leave_out(item_, reason);
    }
    // Hands the request to its copy, once.
    void complete() {
        const std::lock_guard lock(mutex_);
        if (std::exchange(completed_, true)) return;
        Parts& parts = forwarder_.parts_;
        parts.record.note_passed_on(true);
        if (plan_.kind == Plan::Kind::not_offered)
            parts.record.count(plan_.endpoint, Outcome::not_offered);
        if (plan_.kind == Plan::Kind::left_alone)
            parts.record.count(plan_.endpoint, Outcome::not_mirrored,
                               "accounts and webhooks stay with the upstream");
        if (!is_compared_) return;
        item_.overlapped = forwarder_.overlaps_.end(std::exchange(ticket_, 0));
        item_.answered = parts.env.now();
        item_.took = parts.env.steady() - started_;
        if (item_.upstream.is_file) item_.upstream.sha256 = digest_.hex();
        if (is_encoded_) item_.whole = false;
        const auto left_out = [&](const char* reason) { parts.replay.leave_out(item_, reason); };
        const bool refused = item_.upstream.status >= 300;
        if (item_.upstream.status == 304)
            left_out("the client has the file already");
        else if (too_large_)
            left_out("the request is larger than this route takes");
        else if (plan_.kind == Plan::Kind::upload && !parts.artifacts)
            left_out("artifacts are left out (--no-artifacts)");
        else if (plan_.kind == Plan::Kind::upload && refused)
            left_out("the upstream refused the upload");
        else if (plan_.kind == Plan::Kind::upload && !item_.upload)
            left_out("too many uploads at once");
        else
            parts.replay.offer(std::exchange(item_, Item{}));
    }
    Forwarder& forwarder_;
    const Plan plan_;
    Pipe up_, down_;
    Promised<Result<net::Response>> answered_;
    Item item_;
    net::Response head_;
    std::optional<uint64_t> length_;
    uint64_t received_ = 0, ticket_ = 0;
    std::string whole_;
    Sha256 digest_;
    Micros started_{};
    bool is_compared_ = false, begun_ = false, told_ = false, is_encoded_ = false;
    bool streams_ = false;
    std::mutex mutex_;  // guards item_ and these
    bool too_large_ = false, completed_ = false;

    friend class Forwarder;
};

namespace {

// An answer's body on its way to the client; ends the upstream's when the client leaves.
class Down final : public net::BodyProducer {
  public:
    Down(std::shared_ptr<void> passage, Pipe& pipe, std::shared_ptr<client::Cancel> cancel)
        : passage_(std::move(passage)), pipe_(pipe), cancel_(std::move(cancel)) {}
    ~Down() override {
        if (ended_) return;
        pipe_.abandon();
        cancel_->cancel();
    }
    Down(const Down&) = delete;
    Down& operator=(const Down&) = delete;
    Task<Result<std::string>> next() override {
        auto piece = co_await pipe_.read();
        ended_ = !piece || piece->empty();
        co_return piece;
    }

  private:
    const std::shared_ptr<void> passage_;
    Pipe& pipe_;
    const std::shared_ptr<client::Cancel> cancel_;
    bool ended_ = false;
};

// The body of an answer to HEAD: only its length is told.
class NoBody final : public net::BodyProducer {
  public:
    Task<Result<std::string>> next() override { co_return std::string{}; }
};

}  // namespace

// The handler adds the stream, on its own thread.
void Forwarder::Passage::tell_head() {
    if (std::exchange(told_, true)) return;
    net::Response response = std::move(head_);
    if (outgoing.method == "HEAD") {
        response.stream = std::make_unique<NoBody>();
        response.stream_length = length_;
    } else if (length_ && *length_ <= kWhole) {
        response.body = std::move(whole_);
    } else {
        streams_ = true;
        response.stream_length = length_;
    }
    answered_.set(std::move(response));
}

Forwarder::Forwarder(Parts parts)
    : parts_(std::move(parts)),
      base_(parts_.upstream.target == "/" ? "" : parts_.upstream.target),
      mark_(random_hex(parts_.env, 8)) {}

Plan Forwarder::plan_for(net::Request& request) const {
    Plan plan;
    const auto match = parts_.service.router().find(request);
    const bool found = match && match->route != nullptr;
    if (found) plan.row = parts_.service.rows()[match->route->index].get();
    if (plan.row != nullptr && (plan.row->style != rpc::Style::mlflow || !is_mlflows(request.path)))
        plan.row = nullptr;
    if (plan.row == nullptr) {
        if (!is_api(request.path)) return plan;
        plan.kind = Plan::Kind::not_offered;
        plan.endpoint = std::string(net::name_of(request.verb)) + " " + shape_of(request.path);
        return plan;
    }
    plan.endpoint = std::string(net::name_of(request.verb)) + " " + plan.row->path;
    if (is_left_alone(*plan.row))
        plan.kind = Plan::Kind::left_alone;
    else if (plan.row->body == rpc::BodyKind::streamed)
        plan.kind = Plan::Kind::upload;
    else
        plan.kind = Plan::Kind::message;
    return plan;
}

client::Request Forwarder::outgoing(const net::Request& request, const Plan& plan) const {
    client::Request out;
    out.method = net::name_of(request.verb);
    out.url = parts_.upstream.origin();
    out.target = base_ + std::string(request.path);
    if (!request.query.empty()) out.target += "?" + std::string(request.query);
    out.limit = UINT64_MAX;
    out.timeouts = {.first_byte = kFirstByte, .stall = kStall, .whole = kLongest};
    out.egress = client::EgressPolicy::anywhere();  // the operator named it
    out.cancel = std::make_shared<client::Cancel>();
    const std::string_view connection = request.headers.get("connection");
    const bool compared = plan.kind == Plan::Kind::message;
    std::string forwarded;
    for (size_t i = 0; i < request.headers.size(); ++i) {
        const auto [name, value] = request.headers.at(i);
        if (is_of_connection(name, connection)) continue;
        if (equals_ignoring_case(name, "x-forwarded-for")) {
            forwarded += std::string(value) + ", ";
        } else if (compared && equals_ignoring_case(name, "accept-encoding")) {
            continue;  // what is compared comes as it is
        } else if (equals_ignoring_case(name, "origin")) {
            // The service has seen that the page is of this very server.
            out.headers.emplace_back("origin", parts_.upstream.origin());
        } else {
            out.headers.emplace_back(name, value);
        }
    }
    if (compared) out.headers.emplace_back("accept-encoding", "identity");
    out.headers.emplace_back("x-forwarded-for", forwarded + request.peer);
    out.headers.emplace_back(kMarkHeader, mark_);
    return out;
}

net::Response Forwarder::refuse(const net::Request& request, const Error& error) const {
    net::Response response = parts_.service.refuse(request, error);
    const bool late = error.code == Code::deadline_exceeded;
    response.status = late ? 504 : 502;
    response.content_type = "application/json";
    response.body = R"({"error_code":"TEMPORARILY_UNAVAILABLE","message":)";
    append_json_string(response.body, "the upstream " + parts_.upstream.origin() + base_ +
                                          " did not answer: " + error.message +
                                          " (this is rondo mirror, which passes requests on)");
    response.body += '}';
    return response;
}

Task<net::Response> Forwarder::forward(net::Request& request) {
    if (request.headers.get(kMarkHeader) == mark_)
        co_return refuse(request, {Code::unavailable, "it leads back to this mirror"});
    const auto passage = std::make_shared<Passage>(*this, request, plan_for(request));
    passage->outgoing = outgoing(request, passage->plan_);
    // A small body goes as a whole, so that it can be sent again when a kept connection swallows
    // it.
    std::string body;
    bool whole = false;
    while (!whole && body.size() < kWhole) {
        const auto piece = co_await request.stream->next();
        if (!piece) co_return parts_.service.refuse(request, piece.error());
        whole = piece->empty();
        body += *piece;
    }
    passage->begin_with(body);
    const auto fly = [](std::shared_ptr<Passage> one, client::Client* http,
                        client::AsyncSource* source) -> Task<void> {
        const auto result = co_await http->send_async(one->outgoing, source, one.get());
        one->land(result);
    };
    if (whole) {
        passage->outgoing.body = std::move(body);
    } else {
        if (const auto length = parse_int(request.headers.get("content-length")))
            passage->length = static_cast<uint64_t>(*length);
        (void)passage->up().offer(std::move(body));
    }
    asio::co_spawn(co_await asio::this_coro::executor,
                   fly(passage, &parts_.http, whole ? nullptr : passage.get()), asio::detached);
    while (!whole) {
        const auto piece = co_await request.stream->next();
        if (!piece) {
            passage->up().fail(piece.error());
            break;
        }
        if (piece->empty()) {
            passage->up().close();
            break;
        }
        passage->see_request(*piece);
        if (!co_await passage->up().write(std::string(*piece))) break;  // answered already
    }
    auto response = co_await passage->answered();
    if (!response) {
        parts_.record.note_passed_on(false);
        co_return refuse(request, response.error());
    }
    if (passage->streams())
        response->stream =
            std::make_unique<Down>(passage, passage->down(), passage->outgoing.cancel);
    co_return std::move(*response);
}

}  // namespace rondo::app::mirror
