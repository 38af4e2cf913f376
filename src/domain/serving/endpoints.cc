#include "domain/serving/endpoints.h"

#include "base/log.h"
#include "base/text.h"
#include "domain/serving/store.h"

namespace rondo::serving {
namespace {

// Routes that a request can still fall under are few: the one in force and what follows.
constexpr int kRoutesInView = 16;
// A version that did not load waits for this many times what the try took.
constexpr int kFailurePause = 10;

}  // namespace

Result<ModelAlias> parse_model(std::string_view uri) {
    constexpr std::string_view kScheme = "models:/";
    const size_t at = uri.rfind('@');
    if (!uri.starts_with(kScheme) || at == std::string_view::npos || at == kScheme.size() ||
        at + 1 == uri.size())
        return fail(Code::invalid,
                    quoted(uri) +
                        " is no model with an alias; write it as "
                        "models:/NAME@ALIAS",
                    "model");
    return ModelAlias{std::string(uri.substr(kScheme.size(), at - kScheme.size())),
                      std::string(uri.substr(at + 1))};
}

Status check(const EndpointSpec& spec) {
    bool good = !spec.name.empty() && spec.name.size() <= 63;
    for (const char c : spec.name) {
        good = good && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '-' || c == '_');
    }
    if (!good)
        return fail(Code::invalid,
                    quoted(spec.name) +
                        " is no endpoint name: use letters, digits, "
                        "'-' and '_', at most 63",
                    "name");
    TRY(parse_model(spec.model));
    if (spec.tick_every < std::chrono::minutes{1} || spec.tick_every > std::chrono::hours{24 * 31})
        return fail(Code::invalid, "tick_every has to be 1m to 31d", "tick_every");
    if (spec.maturation > std::chrono::hours{24 * 400})
        return fail(Code::invalid, "maturation has to be at most 400d", "maturation");
    if (!(spec.min_label_coverage >= 0 && spec.min_label_coverage <= 1))
        return fail(Code::invalid, "min_label_coverage has to be in [0, 1]", "min_label_coverage");
    return ok();
}

Result<std::shared_ptr<predictions::EndpointLog>> Endpoints::open_log(const EndpointRow& row) {
    struct State {
        std::optional<Time> settled;
        std::optional<Day> sealed;
    };
    TRY_ASSIGN(const State state, parts_.db.read_now([&](store::Tx& tx) -> Result<State> {
        State found;
        TRY_ASSIGN(found.settled, sql::settled(tx, row.id));
        TRY_ASSIGN(found.sealed, predictions::sql::sealed_day(tx, row.id));
        return found;
    }));
    const auto keep =
        row.spec.clock == Clock::event ? predictions::KeepKeys::yes : predictions::KeepKeys::no;
    TRY_ASSIGN(
        std::shared_ptr<predictions::EndpointLog> log,
        predictions::EndpointLog::open(parts_.env, parts_.folder + "/" + std::to_string(row.id),
                                       row.id, state.settled.value_or(Time{}), keep));
    if (parts_.shipper != nullptr) {
        TRY(parts_.shipper->recall(*log, row.id));
        if (state.sealed) TRY(parts_.shipper->close_days(*log, row.id, *state.sealed));
    }
    // A kill between sealing a day and dropping its files left both.
    for (const Day day : log->open_days()) {
        if (state.sealed && day <= *state.sealed) TRY(log->drop_day(day));
    }
    TRY(parts_.db.write_now(store::Durability::full, [&](store::Tx& tx) {
        return parts_.predictions.account_losses(
            tx, *log, row.id, row.subject(),
            parts_.shipper != nullptr ? parts_.shipper->server() : "");
    }));
    return log;
}

Status Endpoints::load_all() {
    TRY_ASSIGN(const auto rows,
               parts_.db.read_now([](store::Tx& tx) { return sql::list_endpoints(tx, 1); }));
    for (const EndpointRow& row : rows) TRY(open(row));
    return ok();
}

Status Endpoints::open(const EndpointRow& row) {
    const std::lock_guard opening(opening_);
    std::shared_ptr<predictions::EndpointLog> log;
    const auto before = find(row.id);
    if (before && before->row().spec_version > row.spec_version) return ok();  // overtaken
    if (before) {
        log = before->shared_log();
    } else {
        TRY_ASSIGN(log, open_log(row));
        parts_.flusher.add(log);
    }
    auto endpoint = std::make_shared<Endpoint>(
        Endpoint::Parts{
            parts_.env, parts_.ids, parts_.assignment_key, parts_.pool, log,
            [this, id = row.id] { parts_.tripped(id); },
            // Keys of rows of different servers differ.
            parts_.shipper != nullptr ? static_cast<uint32_t>(random_u64(parts_.env)) : 0,
            parts_.counts},
        row);
    if (before) {
        endpoint->set_routes(before->routes());
        if (const auto watermark = before->watermark()) endpoint->set_watermark(*watermark);
    }
    {
        const std::lock_guard lock(mutex_);
        by_name_[row.spec.name] = endpoint;
    }
    if (Status refreshed = refresh(row.id); !refreshed)
        log::warning("endpoint without a model",
                     {{"endpoint", row.spec.name}, {"because", refreshed.error().message}});
    return ok();
}

Status Endpoints::refresh(int64_t endpoint_id) {
    const std::lock_guard refreshing(refreshing_);
    const auto endpoint = find(endpoint_id);
    if (!endpoint) return fail(Code::not_found, "no such endpoint");
    struct State {
        std::optional<Time> settled;
        std::vector<Route> routes;
    };
    TRY_ASSIGN(State state, parts_.db.read_now([&](store::Tx& tx) -> Result<State> {
        State found;
        TRY_ASSIGN(found.settled, sql::settled(tx, endpoint_id));
        TRY_ASSIGN(found.routes, sql::latest_routes(tx, endpoint_id, kRoutesInView));
        return found;
    }));
    if (state.settled) endpoint->set_watermark(*state.settled);
    if (state.routes.empty()) return ok();
    const Time settled = state.settled.value_or(Time::min());
    // Of the routes that have begun only the newest is still in force.
    while (state.routes.size() > 1 && state.routes[1].effective <= settled)
        state.routes.erase(state.routes.begin());

    TRY_ASSIGN(const ModelAlias model, parse_model(endpoint->row().spec.model));
    auto table = std::make_shared<RouteTable>();
    for (const Route& route : state.routes) {
        TRY_ASSIGN(auto champion, engine(endpoint->row().workspace_id, model.name, route.champion));
        std::shared_ptr<Engine> candidate;
        if (route.candidate != 0) {
            TRY_ASSIGN(candidate,
                       engine(endpoint->row().workspace_id, model.name, route.candidate));
        }
        table->routes.push_back(make_live(route, std::move(champion), std::move(candidate)));
    }
    endpoint->set_routes(std::move(table));
    return ok();
}

Result<std::shared_ptr<Engine>> Endpoints::engine(int64_t workspace_id, const std::string& model,
                                                  int64_t version) {
    const std::lock_guard loading(loading_);
    const std::pair key{model, version};
    {
        const std::lock_guard lock(mutex_);
        if (const auto held = engines_[key].lock()) return held;
    }
    const Micros begun = parts_.env.steady();
    if (const auto found = failed_.find(key); found != failed_.end()) {
        if (begun < found->second.again) return fail(found->second.error);
        failed_.erase(found);
    }
    TRY_ASSIGN(const ModelPackage package, parts_.db.read_now([&](store::Tx& tx) {
        return parts_.fetch(tx, workspace_id, model, version);
    }));
    auto loaded = parts_.loader.load(package);
    if (!loaded) {
        const Micros ended = parts_.env.steady();
        failed_[key] = {ended + kFailurePause * (ended - begun), loaded.error()};
        return loaded;
    }
    log::info("model loaded", {{"model", model}, {"version", version}, {"by", (*loaded)->kind()}});
    const std::lock_guard lock(mutex_);
    engines_[key] = *loaded;
    return loaded;
}

std::shared_ptr<Endpoint> Endpoints::find(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
}

std::shared_ptr<Endpoint> Endpoints::find(int64_t id) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, endpoint] : by_name_) {
        if (endpoint->row().id == id) return endpoint;
    }
    return nullptr;
}

std::vector<std::shared_ptr<Endpoint>> Endpoints::all() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<Endpoint>> out;
    for (const auto& [name, endpoint] : by_name_) out.push_back(endpoint);
    return out;
}

}  // namespace rondo::serving
