#include "platform/notify/service.h"

#include <algorithm>

#include "base/text.h"
#include "platform/client/url.h"
#include "platform/crypto/sealed.h"
#include "platform/json/enums.h"
#include "platform/notify/pattern.h"
#include "platform/notify/retry.h"
#include "platform/notify/signature.h"

namespace rondo::notify {
namespace {

constexpr size_t kMaxName = 63, kMaxUrl = 2048, kMaxPatterns = 20, kMaxDescription = 5000;
constexpr Micros kLongestOverlap = std::chrono::hours{24 * 30};
constexpr size_t kMessageIdBytes = 12;
// Dialects whose secret the server makes when none is given.
bool makes_secret(SecretUse use) { return use == SecretUse::signs || use == SecretUse::mlflow; }
bool needs_secret(SecretUse use) { return use == SecretUse::path || use == SecretUse::routing; }

Status check_name(std::string_view name) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    const bool good = std::ranges::all_of(
        name, [&](char c) { return is_plain(c) || c == '-' || c == '_' || c == '.'; });
    if (good && !name.empty() && name.size() <= kMaxName && is_plain(name.front()) &&
        is_plain(name.back()))
        return ok();
    return fail(Code::invalid,
                "a webhook's name has 1 to 63 letters, digits, '.', '_' or '-' and begins and ends "
                "with a letter or digit, not " +
                    quoted(name),
                "name");
}

Status check_attempts(int64_t attempts) {
    if (attempts >= 1 && attempts <= kMostAttempts) return ok();
    return fail(Code::invalid, "attempts are 1 to " + std::to_string(kMostAttempts), "attempts");
}

Status check_description(const std::string& text) {
    if (text.size() <= kMaxDescription) return ok();
    return fail(Code::invalid, "a description has at most 5,000 bytes", "description");
}

// Of a URL that was checked when it was stored.
std::string origin_of(const std::string& url) {
    const auto parsed = client::Url::parse(url);
    return parsed ? parsed->origin() : "";
}

Error not_found(const std::string& name) {
    return {Code::not_found,
            "webhook " + quoted(name) + " not found; `rondo webhook list` shows all of them"};
}

}  // namespace

// --- subscriptions -----------------------------------------------------------------------------

Status Service::set_url(Webhook& webhook, const std::string& url, std::string& secret) const {
    if (url.size() > kMaxUrl) return fail(Code::invalid, "a URL has at most 2,048 bytes", "url");
    auto parsed = client::Url::parse(url);
    if (!parsed) return fail(Code::invalid, parsed.error().message, "url");
    // A name is looked up when it is connected to; an address can be refused now.
    if (const auto address = client::IpAddress::parse(parsed->host)) {
        if (const Status may = parts_.egress->check(parsed->host, parsed->port, *address); !may)
            return fail(Code::invalid, may.error().message + " (--egress-allow of the server)",
                        "url");
    }
    const DialectRow& row = dialect_row(webhook.dialect);
    if (row.secret == SecretUse::path && parsed->target != "/") {
        if (!secret.empty())
            return fail(Code::invalid, "the path of the URL is the secret: give one of the two",
                        "secret");
        secret = parsed->target;
        parsed->target = "/";
    }
    if (parsed->target == "/" && !row.path.empty()) parsed->target = row.path;
    webhook.url = parsed->origin() + parsed->target;
    return ok();
}

Status Service::check_filters(const Webhook& webhook) const {
    if (webhook.events.empty() || webhook.events.size() > kMaxPatterns)
        return fail(Code::invalid, "name 1 to 20 kinds of events, such as 'rollout.*'", "events");
    const DialectRow& row = dialect_row(webhook.dialect);
    for (const std::string& pattern : webhook.events) {
        TRY(check_pattern(pattern, "events"));
        const bool known = std::ranges::any_of(parts_.kinds, [&](const EventKind& kind) {
            return matches(pattern, kind.kind) && row.speaks(kind.kind);
        });
        if (!known)
            return fail(Code::invalid,
                        quoted(pattern) + " matches no kind of event that the dialect '" +
                            std::string(json::text_of(webhook.dialect)) +
                            "' has words for; `rondo webhook events` lists them",
                        "events");
    }
    if (webhook.subject.empty()) return ok();
    return check_pattern(webhook.subject, "subject");
}

Result<std::string> Service::sealed(const Webhook& webhook, const std::string& secret) const {
    const SecretUse use = dialect_row(webhook.dialect).secret;
    if (use == SecretUse::path) {
        if (!secret.starts_with("/") || !client::Url::parse(origin_of(webhook.url) + secret))
            return fail(Code::invalid, "the secret is the path of the URL, such as /services/...",
                        "secret");
    } else if (use == SecretUse::mlflow) {
        TRY(check_mlflow_secret(secret));
    } else {
        TRY(check_secret(secret));
    }
    return seal(parts_.env, parts_.key, secret, "webhook " + origin_of(webhook.url));
}

Result<std::string> Service::opened(const Webhook& webhook, const std::string& sealed) const {
    auto secret = unseal(parts_.key, sealed, "webhook " + origin_of(webhook.url));
    if (!secret)
        return fail(Code::invalid,
                    "the stored secret of webhook " + quoted(webhook.name) +
                        " does not open with this server's key (keys/webhooks): restore the key, "
                        "or give the secret again with `rondo webhook rotate`");
    return secret;
}

Result<Service::Made> Service::create(store::Tx& tx, const NewWebhook& wanted) const {
    TRY(check_name(wanted.name));
    Webhook made;
    made.workspace_id = parts_.workspace_id;
    made.name = wanted.name;
    made.dialect = wanted.dialect;
    made.events = wanted.events;
    made.subject = wanted.subject;
    made.only_alarms = wanted.only_alarms;
    made.description = wanted.description;
    made.state = wanted.state;
    TRY(check_description(made.description));
    made.attempts = wanted.attempts == 0 ? kMostAttempts : wanted.attempts;
    TRY(check_attempts(made.attempts));
    TRY(check_filters(made));
    std::string secret = wanted.secret, told;
    TRY(set_url(made, wanted.url, secret));
    const SecretUse use = dialect_row(made.dialect).secret;
    const bool bare = use == SecretUse::mlflow && wanted.unsigned_if_no_secret;
    if (secret.empty() && makes_secret(use) && !bare) secret = told = make_secret(parts_.env);
    if (secret.empty() && needs_secret(use))
        return fail(Code::invalid,
                    use == SecretUse::path
                        ? "this dialect needs the whole URL, or its path as the secret"
                        : "this dialect needs its routing key as the secret",
                    "secret");
    if (!secret.empty()) {
        TRY_ASSIGN(made.secret, sealed(made, secret));
    }
    made.created = made.updated = parts_.env.now();
    TRY_ASSIGN(const auto others, sql::list_webhooks(tx, parts_.workspace_id, kMostWebhooks));
    if (std::ssize(others) >= kMostWebhooks)
        return fail(Code::exhausted, "there are " + std::to_string(kMostWebhooks) +
                                         " webhooks already, as many as there may be: delete one");
    TRY_ASSIGN(made.id, sql::insert_webhook(tx, made));
    return Made{std::move(made), std::move(told)};
}

Result<Webhook> Service::need(store::Tx& tx, const std::string& name) const {
    TRY_ASSIGN(auto found, sql::find_webhook(tx, parts_.workspace_id, name));
    if (!found) return fail(not_found(name));
    return std::move(*found);
}

Result<Webhook> Service::change(store::Tx& tx, const std::string& name,
                                const Change& wanted) const {
    TRY_ASSIGN(Webhook webhook, need(tx, name));
    std::string secret = wanted.secret.value_or("");
    if (wanted.url) {
        const std::string before = origin_of(webhook.url);
        TRY(set_url(webhook, *wanted.url, secret));
        if (origin_of(webhook.url) != before && webhook.has_secret()) {
            if (secret.empty())
                return fail(Code::invalid,
                            "a secret is bound to its host: give it again with the new URL",
                            "secret");
        }
    }
    if (!secret.empty()) {
        TRY_ASSIGN(webhook.secret, sealed(webhook, secret));
        webhook.old_secret.clear();
    } else if (wanted.secret && dialect_row(webhook.dialect).secret == SecretUse::mlflow) {
        webhook.secret.clear();
        webhook.old_secret.clear();
    }
    if (wanted.description) {
        TRY(check_description(*wanted.description));
        webhook.description = *wanted.description;
    }
    if (wanted.name && *wanted.name != webhook.name) {
        TRY(check_name(*wanted.name));
        TRY_ASSIGN(const auto other, sql::find_webhook(tx, parts_.workspace_id, *wanted.name));
        if (other)
            return fail(Code::already_exists, "webhook " + quoted(*wanted.name) + " exists already",
                        "name");
        webhook.name = *wanted.name;
    }
    if (wanted.events) webhook.events = *wanted.events;
    if (wanted.subject) webhook.subject = *wanted.subject;
    if (wanted.only_alarms) webhook.only_alarms = *wanted.only_alarms;
    if (wanted.events || wanted.subject) TRY(check_filters(webhook));
    if (wanted.attempts) {
        webhook.attempts = *wanted.attempts;
        TRY(check_attempts(webhook.attempts));
    }
    if (wanted.state) {
        webhook.state = *wanted.state;
        webhook.reason = *wanted.state == WebhookState::disabled ? "by hand" : "";
    }
    webhook.updated = parts_.env.now();
    TRY(sql::update_webhook(tx, webhook));
    if (wanted.state == WebhookState::active || wanted.url) {  // a fresh start
        webhook.failures = 0;
        webhook.resume = {};
        webhook.recovered = webhook.updated;
        TRY(sql::update_health(tx, webhook));
    }
    return webhook;
}

Result<Service::Made> Service::rotate(store::Tx& tx, const std::string& name,
                                      const std::string& secret, Micros overlap) const {
    TRY_ASSIGN(Webhook webhook, need(tx, name));
    const SecretUse use = dialect_row(webhook.dialect).secret;
    if (overlap < Micros{0} || overlap > kLongestOverlap)
        return fail(Code::invalid, "the overlap is 30d at most", "overlap");
    if (secret.empty() && needs_secret(use))
        return fail(Code::invalid, "this dialect's secret is the receiver's to make: give it",
                    "secret");
    const std::string told = secret.empty() ? make_secret(parts_.env) : "";
    const Time now = parts_.env.now();
    // One that does not open any more signs nothing.
    const bool keeps =
        webhook.has_secret() && !needs_secret(use) && opened(webhook, webhook.secret);
    webhook.old_secret = keeps ? webhook.secret : "";
    webhook.old_secret_until = now + overlap;
    TRY_ASSIGN(webhook.secret, sealed(webhook, told.empty() ? secret : told));
    webhook.updated = now;
    TRY(sql::update_webhook(tx, webhook));
    return Made{std::move(webhook), told};
}

Status Service::remove(store::Tx& tx, const std::string& name) const {
    TRY_ASSIGN(const Webhook webhook, need(tx, name));
    return sql::delete_webhook(tx, webhook.id, parts_.env.now());
}

Result<std::vector<Webhook>> Service::list(store::Tx& tx) const {
    TRY_ASSIGN(auto found, sql::list_webhooks(tx, parts_.workspace_id, kMostWebhooks));
    for (Webhook& webhook : found) TRY(sql::count_deliveries(tx, webhook));
    return found;
}

Result<Webhook> Service::get(store::Tx& tx, const std::string& name) const {
    return need(tx, name);
}

Result<std::optional<Webhook>> Service::find(store::Tx& tx, int64_t id) const {
    return sql::find_webhook_by_id(tx, parts_.workspace_id, id);
}

Result<std::vector<Delivery>> Service::deliveries(store::Tx& tx, const std::string& name,
                                                  const sql::DeliveryQuery& query) const {
    TRY_ASSIGN(const Webhook webhook, need(tx, name));
    return sql::list_deliveries(tx, webhook.id, query);
}

Result<Delivery> Service::redeliver(store::Tx& tx, int64_t id) const {
    TRY_ASSIGN(auto found, sql::find_delivery(tx, parts_.workspace_id, id));
    if (!found)
        return fail(Code::not_found, "delivery " + std::to_string(id) +
                                         " not found; `rondo webhook deliveries NAME` lists them");
    if (found->webhook.state != WebhookState::active)
        return fail(Code::conflict, "webhook " + quoted(found->webhook.name) +
                                        " is disabled; `rondo webhook enable` it first");
    TRY_ASSIGN(const bool changed, sql::reset_delivery(tx, id, parts_.env.now()));
    if (!changed)
        return fail(Code::conflict, "delivery " + std::to_string(id) + " is on its way already");
    TRY_ASSIGN(found, sql::find_delivery(tx, parts_.workspace_id, id));
    return std::move(found->delivery);
}

Result<int64_t> Service::redeliver_dead(store::Tx& tx, const std::string& name) const {
    TRY_ASSIGN(const Webhook webhook, need(tx, name));
    if (webhook.state != WebhookState::active)
        return fail(Code::conflict,
                    "webhook " + quoted(name) + " is disabled; `rondo webhook enable` it first");
    return sql::reset_dead(tx, webhook.id, parts_.env.now(), kMostReset);
}

// --- events --------------------------------------------------------------------------------------

bool Service::wants(const Webhook& webhook, const events::Event& event) const {
    if (webhook.workspace_id != event.workspace_id) return false;
    if (!webhook.subject.empty() && !matches(webhook.subject, event.subject)) return false;
    if (std::ranges::none_of(webhook.events, [&](const std::string& pattern) {
            return matches(pattern, event.kind);
        }))
        return false;
    if (!dialect_row(webhook.dialect).speaks(event.kind)) return false;
    return !webhook.only_alarms || parts_.words(event).meaning != Meaning::informs;
}

std::string Service::new_message_id() const {
    return "msg_" + random_hex(parts_.env, kMessageIdBytes);
}

Status Service::fan_out(store::Tx& tx, const std::vector<events::Event>& events) const {
    TRY_ASSIGN(const auto webhooks, sql::active_webhooks(tx));
    std::vector<sql::NewDelivery> rows;
    for (const Webhook& webhook : webhooks) {
        std::optional<int64_t> room;  // counted when there is something to put there
        for (const events::Event& event : events) {
            if (!wants(webhook, event)) continue;
            if (!room) {
                TRY_ASSIGN(const int64_t pending, sql::count_pending(tx, webhook.id, kMostPending));
                room = kMostPending - pending;
            }
            sql::NewDelivery row{webhook.id, event.id, new_message_id(), event.kind, event.subject};
            if ((*room)-- <= 0) {
                row.state = DeliveryState::dead;
                row.problem = "not sent: " + std::to_string(kMostPending) +
                              " deliveries waited for this receiver already";
            }
            rows.push_back(std::move(row));
        }
    }
    TRY(sql::insert_deliveries(tx, rows, parts_.env.now()));
    return ok();
}

events::Event Service::example(const Webhook& webhook, const std::string& kind) const {
    const DialectRow& row = dialect_row(webhook.dialect);
    events::Event event;
    event.recorded = event.happened = parts_.env.now();
    event.workspace_id = webhook.workspace_id;
    event.subject = "webhook/" + webhook.name;
    event.kind = kind.empty() ? "webhook.test" : kind;
    event.data = row.example;
    // A dialect without words for a test shows one of its own events.
    for (const EventKind& known : parts_.kinds) {
        if (row.speaks(event.kind)) break;
        event.kind = known.kind;
    }
    return event;
}

Result<Service::Letter> Service::letter(const Webhook& webhook, const std::string& message_id,
                                        const events::Event& event, Time now) const {
    const DialectRow& row = dialect_row(webhook.dialect);
    Letter out;
    out.url = webhook.url;
    if (webhook.has_secret()) {
        TRY_ASSIGN(std::string secret, opened(webhook, webhook.secret));
        out.secrets.push_back(std::move(secret));
    }
    if (!webhook.old_secret.empty() && now < webhook.old_secret_until) {
        TRY_ASSIGN(std::string secret, opened(webhook, webhook.old_secret));
        out.secrets.push_back(std::move(secret));
    }
    const std::string main = out.secrets.empty() ? "" : out.secrets.front();
    out.form = row.write({message_id, event, parts_.words(event)}, main);
    const int64_t seconds = to_micros(now) / 1'000'000;
    client::Fields& headers = out.form.headers;
    switch (row.secret) {
        case SecretUse::signs:
        case SecretUse::may_sign:
            headers.emplace_back("webhook-id", message_id);
            headers.emplace_back("webhook-timestamp", std::to_string(seconds));
            if (!out.secrets.empty())
                headers.emplace_back("webhook-signature",
                                     signatures(out.secrets, message_id, seconds, out.form.body));
            break;
        case SecretUse::mlflow:
            headers.emplace_back("x-mlflow-delivery-id", message_id);
            headers.emplace_back("x-mlflow-timestamp", std::to_string(seconds));
            if (!main.empty())
                headers.emplace_back("x-mlflow-signature",
                                     signature_by_text(main, message_id, seconds, out.form.body));
            break;
        case SecretUse::path:
            out.url = origin_of(webhook.url) + main;
            break;
        case SecretUse::routing:
            break;
    }
    return out;
}

std::string Service::shown_url(const Webhook& webhook) {
    // Queries often carry a key.
    const size_t query = webhook.url.find('?');
    std::string out =
        query == webhook.url.npos ? webhook.url : webhook.url.substr(0, query + 1) + "...";
    if (dialect_row(webhook.dialect).secret == SecretUse::path) out += "...";
    return out;
}

}  // namespace rondo::notify
