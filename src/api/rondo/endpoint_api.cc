#include "api/rondo/endpoint_api.h"

#include <cmath>

#include "api/rondo/definition.h"
#include "base/text.h"
#include "domain/loop/store.h"
#include "domain/monitor/store.h"
#include "domain/rollout/store.h"
#include "domain/serving/store.h"
#include "platform/auth/readable.h"
#include "platform/json/value.h"

namespace rondo::api {
namespace {

constexpr rpc::Permission kDefine{"define_endpoint", rpc::Reach::operate, "endpoint", "name"};
constexpr rpc::Permission kRead{"read_endpoint", rpc::Reach::read, "endpoint", "name"};
constexpr rpc::Permission kList{"list_endpoints", rpc::Reach::search, "", ""};
constexpr rpc::Permission kLabel{"label_endpoint", rpc::Reach::invoke, "endpoint", "name"};
constexpr rpc::Permission kMove{"move_watermark", rpc::Reach::write, "endpoint", "name"};

constexpr size_t kMaxLabels = 10'000;
// Below the usual time-outs of clients and proxies; the caller asks again.
constexpr Micros kPatience{25'000'000};

EndpointApi::SettledAnswer to_answer(loop::Settled settled) {
    return {settled.at, settled.reached, std::move(settled.waiting_for),
            std::move(settled.session)};
}

struct ServerCount {
    predictions::ServerSums sums;
    bool runs = false;
};
Result<std::vector<ServerCount>> counts_of_servers(store::Tx& tx, int64_t endpoint_id) {
    TRY_ASSIGN(auto sums, predictions::sql::server_sums(tx, endpoint_id));
    std::vector<ServerCount> out;
    for (auto& of : sums) {
        TRY_ASSIGN(const auto row, jobs::find_server(tx, of.server));
        out.push_back({std::move(of), row && row->state == "running"});
    }
    return out;
}

// Sums over all servers. Of one that is gone, what it answered and did not hand over is lost until
// it comes back.
void count_servers(EndpointApi::Status& out, const std::vector<ServerCount>& servers,
                   const predictions::Counts& here, const std::string& self) {
    EndpointApi::ArmCounts* const arms[] = {&out.champion, &out.candidate};
    for (size_t arm = 0; arm < 2; ++arm) {
        int64_t twice = 0, too_late = 0;
        for (const ServerCount& of : servers) {
            const auto& s = of.sums;
            const int64_t answered =
                s.server == self ? static_cast<int64_t>(here.answered[arm]) : s.answered[arm];
            const int64_t found = s.sealed[arm] + s.twice[arm] + s.late[arm] + s.open[arm];
            const int64_t lost = of.runs ? s.lost[arm] : std::max(answered - found, s.lost[arm]);
            arms[arm]->answered += answered;
            arms[arm]->lost += lost;
            arms[arm]->logged += answered - lost;
            twice += s.twice[arm];
            too_late += s.late[arm];
        }
        if (twice > 0) arms[arm]->twice = twice;
        if (too_late > 0) arms[arm]->too_late = too_late;
    }
}

}  // namespace

std::vector<rpc::Row> EndpointApi::rows() {
    using rpc::get;
    using rpc::post;
    using rpc::put;
    return {
        put<&EndpointApi::put>("/api/rondo/v1/endpoints/{name}", kDefine,
                               "Create or redefine an endpoint (YAML or JSON)")
            .takes(rpc::BodyKind::raw, kDefinitionLimit),
        get<&EndpointApi::list>("/api/rondo/v1/endpoints", kList, "All endpoints"),
        get<&EndpointApi::get>("/api/rondo/v1/endpoints/{name}", kRead, "An endpoint's state"),
        post<&EndpointApi::feedback>("/api/rondo/v1/endpoints/{name}/feedback", kLabel,
                                     "Outcomes of predictions, all or none of a batch"),
        post<&EndpointApi::watermark>("/api/rondo/v1/endpoints/{name}/watermark", kMove,
                                      "Event clock: how far time has come"),
        get<&EndpointApi::settled>("/api/rondo/v1/endpoints/{name}/settled", kRead,
                                   "Up to when everything is decided"),
    };
}

Result<std::shared_ptr<serving::Endpoint>> EndpointApi::find(const std::string& name) const {
    auto found = parts_.endpoints.find(name);
    if (!found)
        return fail(Code::not_found,
                    "no endpoint " + quoted(name) + "; create it with `rondo endpoint apply`");
    return found;
}

Task<Result<EndpointApi::Status>> EndpointApi::put(Named named, rpc::Context context) {
    CO_TRY_ASSIGN(const auto spec, read_definition<serving::EndpointSpec>(*context.request));
    if (spec.name != named.name)
        co_return fail(
            Code::invalid,
            "the definition is of " + quoted(spec.name) + ", the path of " + quoted(named.name),
            "name");
    CO_TRY(serving::check(spec));
    const auto before = parts_.endpoints.find(spec.name);
    if (before && before->row().spec.clock != spec.clock)
        co_return fail(Code::conflict,
                       "the clock of an endpoint cannot change; its log is kept "
                       "by it",
                       "clock");
    CO_TRY_ASSIGN(
        const auto row,
        co_await parts_.db.write(
            store::Durability::full, [=, this](store::Tx& tx) -> Result<serving::EndpointRow> {
                TRY_ASSIGN(auto made, serving::sql::put_endpoint(tx, parts_.workspace_id, spec,
                                                                 parts_.env.now()));
                TRY(parts_.events.publish(
                    tx, {.kind = before ? "endpoint.changed" : "endpoint.created",
                         .subject = made.subject(),
                         .data = json::Value(json::Value::Object{{"model", spec.model}}).dump(),
                         .workspace_id = parts_.workspace_id}));
                return made;
            }));
    const rondo::Status opened =
        co_await parts_.pool.run([this, row] { return parts_.endpoints.open(row); });
    CO_TRY(opened);
    parts_.engine.wake();
    CO_TRY_ASSIGN(auto endpoint, find(spec.name));
    co_return co_await status_of(std::move(endpoint));
}

Task<Result<EndpointApi::Status>> EndpointApi::get(Named named, rpc::Context) {
    CO_TRY_ASSIGN(auto endpoint, find(named.name));
    co_return co_await status_of(std::move(endpoint));
}

Task<Result<EndpointApi::StatusList>> EndpointApi::list(rpc::None, rpc::Context context) {
    StatusList out;
    CO_TRY_ASSIGN(const auto open,
                  co_await parts_.db.read(
                      [readable = auth::readable_by(context.request->caller.get())](store::Tx& tx) {
                          return auth::ReadableSet::load(tx, readable, serving::kEndpointKind);
                      }));
    for (auto& endpoint : parts_.endpoints.all()) {
        if (!open.contains(endpoint->row().id)) continue;
        CO_TRY_ASSIGN(auto status, co_await status_of(endpoint));
        out.endpoints.push_back(std::move(status));
    }
    co_return out;
}

Task<Result<EndpointApi::Status>> EndpointApi::status_of(
    std::shared_ptr<serving::Endpoint> endpoint) {
    const serving::EndpointRow row = endpoint->row();
    Status out;
    out.spec = row.spec;
    out.spec_version = row.spec_version;
    struct Found {
        std::optional<serving::Route> route;
        predictions::sql::Sums sums;
        std::optional<monitor::Window> window;
        std::optional<rollout::Rollout> rollout;
        std::optional<loop::Case> latest_case;
        std::vector<ServerCount> servers;
    };
    const bool several = parts_.engine.parts().among_several();
    CO_TRY_ASSIGN(Found found,
                  co_await parts_.db.read([id = row.id, several](store::Tx& tx) -> Result<Found> {
                      Found f;
                      TRY_ASSIGN(f.route, serving::sql::latest_route(tx, id));
                      TRY_ASSIGN(f.sums, predictions::sql::sums(tx, id));
                      TRY_ASSIGN(f.window, monitor::sql::latest_window(tx, id));
                      TRY_ASSIGN(f.rollout, rollout::sql::find_open(tx, id));
                      TRY_ASSIGN(f.latest_case, loop::sql::latest_case(tx, id));
                      if (several) {
                          TRY_ASSIGN(f.servers, counts_of_servers(tx, id));
                      }
                      return f;
                  }));
    CO_TRY_ASSIGN(const auto settled,
                  co_await parts_.engine.settled(row.id, std::nullopt, Micros{0}));
    out.route = found.route;
    out.settled = settled.at;
    out.waiting_for = settled.waiting_for;
    out.window = std::move(found.window);
    out.rollout = std::move(found.rollout);
    out.latest_case = std::move(found.latest_case);
    const bool training = out.latest_case && out.latest_case->state != loop::CaseState::closed;
    if (!out.route && !training && out.waiting_for.empty())
        out.waiting_for = "no version of " + row.spec.model +
                          " is served yet; set the alias, or train one with "
                          "`rondo endpoint retrain " +
                          row.spec.name + "`";
    const auto counts = endpoint->log().counts();
    ArmCounts* const arms[] = {&out.champion, &out.candidate};
    if (parts_.engine.parts().among_several()) {
        count_servers(out, found.servers, counts, parts_.engine.parts().servers.self().id);
    } else {
        const auto unsealed = endpoint->log().unsealed_rows();
        for (size_t arm = 0; arm < 2; ++arm) {
            arms[arm]->answered = static_cast<int64_t>(counts.answered[arm]);
            arms[arm]->logged = found.sums.sealed[arm] + static_cast<int64_t>(unsealed[arm]);
            arms[arm]->lost = found.sums.lost[arm];
        }
    }
    out.late = static_cast<int64_t>(counts.late);
    out.repeated = static_cast<int64_t>(counts.repeated);
    out.labels_late = found.sums.labels_late;
    out.labels_contradictory = found.sums.labels_contradictory;
    out.labels_unmatched = found.sums.labels_unmatched;
    if (const auto table = endpoint->routes()) out.engine = table->routes.back().champion->kind();
    co_return out;
}

Result<std::vector<predictions::Label>> EndpointApi::to_labels(
    const serving::Endpoint& endpoint, const std::vector<LabelIn>& in) const {
    const bool event_clock = endpoint.row().spec.clock == serving::Clock::event;
    std::vector<predictions::Label> out;
    for (size_t i = 0; i < in.size(); ++i) {
        const LabelIn& given = in[i];
        const std::string where = "labels[" + std::to_string(i) + "]";
        predictions::Label label;
        if (!given.prediction_id.empty()) {
            auto parts = parts_.ids.decode(given.prediction_id);
            if (!parts) return fail(Code::invalid, where + ": " + parts.error().message, where);
            if (parts->endpoint_id != endpoint.row().id)
                return fail(Code::invalid, where + ": that prediction is of another endpoint",
                            where);
            label.key = parts->key;
        } else if (!given.unit_id.empty() && given.prediction_time && event_clock) {
            label.key = endpoint.key_of(given.unit_id, *given.prediction_time);
        } else {
            return fail(Code::invalid,
                        where + " needs a prediction_id" +
                            (event_clock ? ", or unit_id and prediction_time" : ""),
                        where);
        }
        if (!std::isfinite(given.value))
            return fail(Code::invalid, where + ".value has to be a finite number", where);
        if (event_clock && !given.event_time)
            return fail(Code::invalid,
                        where +
                            ".event_time is required: when the outcome became "
                            "known",
                        where);
        label.value = given.value;
        label.known = given.event_time.value_or(parts_.env.now());
        out.push_back(label);
    }
    return out;
}

Task<Result<predictions::AcceptedLabels>> EndpointApi::feedback(Feedback feedback, rpc::Context) {
    CO_TRY_ASSIGN(const auto endpoint, find(feedback.name));
    if (feedback.labels.size() > kMaxLabels)
        co_return fail(Code::too_large, "a batch has at most 10,000 labels", "labels");
    CO_TRY_ASSIGN(auto labels, to_labels(*endpoint, feedback.labels));
    co_return co_await parts_.db.write(
        store::Durability::full,
        [this, labels = std::move(labels), row = endpoint->row()](store::Tx& tx) {
            return parts_.predictions.accept_labels(tx, row.id, row.subject(), labels);
        });
}

Task<Result<EndpointApi::SettledAnswer>> EndpointApi::watermark(Watermark watermark, rpc::Context) {
    CO_TRY_ASSIGN(const auto endpoint, find(watermark.name));
    const rondo::Status promised = co_await parts_.pool.run([this, endpoint, watermark] {
        return parts_.engine.promise(*endpoint, watermark.event_time, watermark.session);
    });
    CO_TRY(promised);
    CO_TRY_ASSIGN(auto settled, co_await parts_.engine.settled(
                                    endpoint->row().id, watermark.event_time,
                                    watermark.wait ? kPatience : Micros{0}, watermark.session));
    // Nothing is decided by what was promised in it, unless it was before.
    if (settled.broken && watermark.wait) co_return fail(loop::session_ended(watermark.name));
    co_return to_answer(std::move(settled));
}

Task<Result<EndpointApi::SettledAnswer>> EndpointApi::settled(Named named, rpc::Context) {
    CO_TRY_ASSIGN(const auto endpoint, find(named.name));
    CO_TRY_ASSIGN(auto settled,
                  co_await parts_.engine.settled(endpoint->row().id, std::nullopt, kPatience));
    co_return to_answer(std::move(settled));
}

}  // namespace rondo::api
