#include "api/rondo/webhook_api.h"

namespace rondo::api {
namespace {

constexpr rpc::Permission kWebhooks{"webhooks", rpc::Reach::admin, "", ""};
constexpr int32_t kMostListed = 1000;

WebhookApi::Shown shown(const notify::Webhook& w, Time now) {
    WebhookApi::Shown out;
    out.name = w.name;
    out.url = notify::Service::shown_url(w);
    out.dialect = w.dialect;
    out.events = w.events;
    out.subject = w.subject;
    out.only_alarms = w.only_alarms;
    out.state = w.state;
    out.reason = w.reason;
    out.attempts = w.attempts;
    out.has_secret = w.has_secret();
    if (!w.old_secret.empty() && w.old_secret_until > now)
        out.old_secret_until = w.old_secret_until;
    out.failures = w.failures;
    if (w.resume > now) out.rests_until = w.resume;
    out.pending = w.pending;
    out.dead = w.dead;
    out.created = w.created;
    out.updated = w.updated;
    return out;
}

WebhookApi::Shown shown(notify::Service::Made made, Time now) {
    WebhookApi::Shown out = shown(made.webhook, now);
    if (!made.secret.empty()) out.secret = std::move(made.secret);
    return out;
}

}  // namespace

std::vector<rpc::Row> WebhookApi::rows() {
    using rpc::del;
    using rpc::get;
    using rpc::patch;
    using rpc::post;
    using Api = WebhookApi;
    const std::string all = "/api/rondo/v1/webhooks", one = all + "/{name}";
    return {
        get<&Api::list>(all, kWebhooks, "All webhooks"),
        post<&Api::create>(all, kWebhooks, "Subscribe a receiver to events"),
        get<&Api::get>(one, kWebhooks, "A webhook"),
        patch<&Api::change>(one, kWebhooks, "Change, enable or disable a webhook"),
        del<&Api::remove>(one, kWebhooks, "Delete a webhook with its deliveries"),
        post<&Api::rotate>(one + "/secret", kWebhooks, "Give a webhook another secret"),
        post<&Api::test>(one + "/test", kWebhooks, "Send a test event now"),
        get<&Api::deliveries>(one + "/deliveries", kWebhooks, "What was sent, newest first"),
        post<&Api::redeliver_dead>(one + "/redeliver", kWebhooks,
                                   "Send again what was given up, the oldest first"),
        post<&Api::redeliver>("/api/rondo/v1/webhook-deliveries/{id}/redeliver", kWebhooks,
                              "Send a delivery again"),
        get<&Api::kinds>("/api/rondo/v1/event-kinds", kWebhooks, "Kinds of events that there are"),
    };
}

template <class F>
auto WebhookApi::audited(const rpc::Context& context, std::string action, std::string object, F fn)
    -> Task<std::invoke_result_t<F&, store::Tx&>> {
    return parts_.desk.audited({*context.request->caller, context.request->peer}, std::move(action),
                               "webhook " + std::move(object), std::move(fn));
}

Task<Result<WebhookApi::List>> WebhookApi::list(rpc::None, rpc::Context) {
    co_return co_await parts_.db.read([this](store::Tx& tx) -> Result<List> {
        TRY_ASSIGN(const auto found, parts_.service.list(tx));
        List out;
        for (const auto& webhook : found) out.webhooks.push_back(shown(webhook, parts_.env.now()));
        return out;
    });
}

Task<Result<WebhookApi::Shown>> WebhookApi::create(New wanted, rpc::Context context) {
    const std::string name = wanted.name;
    co_return co_await audited(
        context, "create_webhook", name, [this, wanted](store::Tx& tx) -> Result<Shown> {
            TRY_ASSIGN(auto made,
                       parts_.service.create(tx, {wanted.name, wanted.url, wanted.secret,
                                                  wanted.dialect, wanted.events, wanted.subject,
                                                  wanted.only_alarms, wanted.attempts}));
            return shown(std::move(made), parts_.env.now());
        });
}

Task<Result<WebhookApi::Shown>> WebhookApi::get(Named named, rpc::Context) {
    co_return co_await parts_.db.read([this, named](store::Tx& tx) -> Result<Shown> {
        TRY_ASSIGN(const auto webhook, parts_.service.get(tx, named.name));
        return shown(webhook, parts_.env.now());
    });
}

Task<Result<WebhookApi::Shown>> WebhookApi::change(Change wanted, rpc::Context context) {
    const std::string name = wanted.name;
    auto changed = co_await audited(
        context, "change_webhook", name, [this, wanted](store::Tx& tx) -> Result<Shown> {
            TRY_ASSIGN(
                const auto webhook,
                parts_.service.change(tx, wanted.name,
                                      {wanted.url, wanted.secret, wanted.subject, wanted.events,
                                       wanted.only_alarms, wanted.attempts, wanted.state}));
            return shown(webhook, parts_.env.now());
        });
    if (changed) parts_.sender.wake();
    co_return changed;
}

Task<Result<rpc::None>> WebhookApi::remove(Named named, rpc::Context context) {
    CO_TRY(co_await audited(context, "delete_webhook", named.name, [this, named](store::Tx& tx) {
        return parts_.service.remove(tx, named.name);
    }));
    co_return rpc::None{};
}

Task<Result<WebhookApi::Shown>> WebhookApi::rotate(NewSecret wanted, rpc::Context context) {
    const std::string name = wanted.name;
    co_return co_await audited(
        context, "rotate_webhook", name, [this, wanted](store::Tx& tx) -> Result<Shown> {
            TRY_ASSIGN(auto made,
                       parts_.service.rotate(tx, wanted.name, wanted.secret, wanted.overlap));
            return shown(std::move(made), parts_.env.now());
        });
}

Task<Result<WebhookApi::Tested>> WebhookApi::test(Named named, rpc::Context context) {
    CO_TRY_ASSIGN(auto webhook, co_await audited(context, "test_webhook", named.name,
                                                 [this, named](store::Tx& tx) {
                                                     return parts_.service.get(tx, named.name);
                                                 }));
    CO_TRY_ASSIGN(auto outcome, co_await parts_.sender.send_test(std::move(webhook)));
    Tested out;
    out.delivered = outcome.taken();
    if (outcome.status != 0) out.status = outcome.status;
    out.latency_ms = static_cast<double>(outcome.latency.count()) / 1000;
    out.problem = std::move(outcome.problem);
    out.answer = std::move(outcome.answer);
    co_return out;
}

Task<Result<WebhookApi::DeliveryList>> WebhookApi::deliveries(DeliveriesQuery query, rpc::Context) {
    if (query.limit < 1 || query.limit > kMostListed)
        co_return fail(Code::invalid, "limit has to be 1 to 1,000", "limit");
    co_return co_await parts_.db.read([this, query](store::Tx& tx) -> Result<DeliveryList> {
        TRY_ASSIGN(auto found, parts_.service.deliveries(tx, query.name,
                                                         {query.state, query.before, query.limit}));
        return DeliveryList{std::move(found)};
    });
}

Task<Result<notify::Delivery>> WebhookApi::redeliver(DeliveryId wanted, rpc::Context context) {
    auto again = co_await audited(
        context, "redeliver", "delivery " + std::to_string(wanted.id),
        [this, wanted](store::Tx& tx) { return parts_.service.redeliver(tx, wanted.id); });
    if (again) parts_.sender.wake();
    co_return again;
}

Task<Result<WebhookApi::Count>> WebhookApi::redeliver_dead(Named named, rpc::Context context) {
    auto again = co_await audited(
        context, "redeliver", named.name, [this, named](store::Tx& tx) -> Result<Count> {
            TRY_ASSIGN(const int64_t count, parts_.service.redeliver_dead(tx, named.name));
            return Count{count};
        });
    if (again) parts_.sender.wake();
    co_return again;
}

Result<WebhookApi::Kinds> WebhookApi::kinds(rpc::None, rpc::Context) {
    return Kinds{parts_.service.parts().kinds};
}

}  // namespace rondo::api
