#include "app/mirror/mirror.h"

#include <array>

#include "base/log.h"
#include "base/text.h"

namespace rondo::app::mirror {
namespace {

// Requests that clients have at once; each is one to the upstream.
constexpr size_t kConnections = 512;
constexpr size_t kWaiting = 8192;
// Shorter than servers keep idle connections (the usual Python ones: 5 s), so that a request rarely
// meets one that is just being closed.
constexpr Micros kIdle{2'000'000};
constexpr Micros kGreeting{10'000'000};
constexpr Micros kLastWords{15'000'000};
constexpr size_t kMaxBody = size_t{1} << 40;

bool is_own(const net::Request& request) {
    constexpr std::array<std::string_view, 4> kPaths{"/metrics", "/livez", "/readyz",
                                                     "/openapi.json"};
    return request.is_grpc || request.path.starts_with("/api/rondo/") ||
           std::ranges::find(kPaths, request.path) != kPaths.end();
}

}  // namespace

Mirror::Mirror(Env& env, store::Database& db, rpc::Guard& gate, Resolvers resolvers,
               Options options)
    : env_(env),
      options_(std::move(options)),
      clock_(env),
      rehearsal_(db),
      guard_(gate, db, std::move(resolvers)) {}

Mirror::~Mirror() { stop(); }

Result<std::unique_ptr<Mirror>> Mirror::open(Env& env, store::Database& db, rpc::Guard& gate,
                                             Resolvers resolvers, Options options) {
    std::unique_ptr<Mirror> mirror(
        new Mirror(env, db, gate, std::move(resolvers), std::move(options)));
    auto upstream = client::Url::parse(mirror->options_.upstream);
    if (!upstream) return fail(Code::invalid, "--upstream: " + upstream.error().message);
    if (upstream->target.find('?') != std::string::npos)
        return fail(Code::invalid,
                    "--upstream has no place for a query: name the address that "
                    "clients have as MLFLOW_TRACKING_URI");
    while (upstream->target.size() > 1 && upstream->target.ends_with('/'))
        upstream->target.pop_back();
    mirror->upstream_ = std::move(*upstream);
    auto http = client::Client::open(env, {.authorities = mirror->options_.authorities,
                                           .connections = kConnections,
                                           .connections_per_host = kConnections,
                                           .waiting = kWaiting,
                                           .idle = kIdle});
    if (!http) return fail(http.error().code, "--upstream-ca: " + http.error().message);
    mirror->http_ = std::move(*http);
    TRY(mirror->greet());
    TRY_ASSIGN(mirror->record_, rondo::mirror::Record::open(env, db, mirror->options_.upstream));
    return mirror;
}

Status Mirror::greet() {
    client::Request request;
    const std::string base = upstream_.target == "/" ? "" : upstream_.target;
    request.url = upstream_.origin() + base + "/version";
    request.timeouts = {kGreeting, kGreeting, kGreeting, kGreeting};
    request.egress = client::EgressPolicy::anywhere();  // the operator named it
    const auto answer = http_->send(request);
    if (!answer)
        return fail(answer.error().code,
                    "the upstream " + options_.upstream +
                        " cannot be used: " + answer.error().message +
                        "; --upstream is the address that clients have as MLFLOW_TRACKING_URI" +
                        (upstream_.secure ? ", and --upstream-ca FILE names the authorities of a "
                                            "certificate that is your own"
                                          : ""));
    const std::string version{trim(answer->body)};
    if (answer->status == 200 && !version.empty() && version.size() < 40)
        log::info("upstream", {{"url", options_.upstream}, {"mlflow", version}});
    else
        log::warning("upstream", {{"url", options_.upstream},
                                  {"status", answer->status},
                                  {"because",
                                   "it does not tell its version as MLflow's servers "
                                   "do at /version; requests are passed on all the "
                                   "same"}});
    return ok();
}

void Mirror::stand_before(rpc::Service& service) {
    service_ = &service;
    replay_ = std::make_unique<Replay>(
        Replay::Parts{env_, service, rehearsal_, clock_, guard_, *record_}, options_.queue);
    forwarder_ = std::make_unique<Forwarder>(
        Forwarder::Parts{env_, *http_, service, *replay_, *record_, upstream_, options_.artifacts});
    route_.pattern = "upstream";
    route_.body_mode = net::BodyMode::streamed;
    route_.body_limit = kMaxBody;
    route_.handle = [this](net::Request& request) { return forwarder_->forward(request); };
}

void Mirror::stop() {
    http_.reset();  // ends what is under way
    if (replay_) replay_->stop(kLastWords);
    if (!record_ || std::exchange(stopped_, true)) return;
    if (const Status ended = record_->end(); !ended)
        log::warning("mirror", {{"counts of the last second lost", ended.error().message}});
}

std::expected<const net::Route*, net::Response> Mirror::admit(net::Request& request) {
    if (is_own(request)) return service_->admit(request);
    // The upstream sees its own name: nobody else could tell that a page comes from elsewhere.
    if (Status border = service_->check_border(request); !border)
        return std::unexpected(service_->refuse(request, border.error()));
    if (request.verb == net::Verb::other) {
        auto response =
            service_->refuse(request, {Code::invalid, "a method that is not passed on"});
        response.status = 405;
        return std::unexpected(std::move(response));
    }
    return &route_;
}

net::Response Mirror::refuse(const net::Request& request, const Error& error) {
    return service_->refuse(request, error);
}

void Mirror::finished(const net::Request& request, const net::Route* route, int status,
                      uint64_t bytes, Micros took) {
    if (route != &route_) return service_->finished(request, route, status, bytes, took);
    if (log::enabled(log::Level::debug))
        log::debug("passed on", {{"id", request.id},
                                 {"verb", net::name_of(request.verb)},
                                 {"path", request.path},
                                 {"status", status},
                                 {"bytes", bytes},
                                 {"us", took.count()}});
}

}  // namespace rondo::app::mirror
