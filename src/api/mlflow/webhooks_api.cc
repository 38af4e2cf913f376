#include "api/mlflow/webhooks_api.h"

#include <algorithm>

#include "api/mlflow/auth_api.h"
#include "base/text.h"
#include "domain/search/page.h"
#include "platform/client/url.h"
#include "platform/notify/mlflow_words.h"
#include "platform/notify/pattern.h"

namespace rondo::api::mlflow {
namespace {

constexpr rpc::Permission kWebhooks{"webhooks", rpc::Reach::admin, "", ""};
constexpr int64_t kDefaultPage = 100, kMostOfAPage = 1000;
constexpr std::string_view kActive = "ACTIVE", kDisabled = "DISABLED";

Result<std::string> kind_of(const WebhookEvent& event) {
    for (const notify::MlflowEvent& known : notify::mlflow_events()) {
        if (equals_ignoring_case(known.entity, event.entity) &&
            equals_ignoring_case(known.action, event.action))
            return std::string(known.kind);
    }
    std::string all;
    for (const notify::MlflowEvent& known : notify::mlflow_events())
        all.append(all.empty() ? "" : ", ").append(known.entity).append(".").append(known.action);
    return fail(Code::invalid,
                "there are no events " + quoted(event.entity + "." + event.action) +
                    " here; those that can be asked for are: " + all,
                "events");
}

Result<std::vector<std::string>> kinds_of(const std::vector<WebhookEvent>& events) {
    std::vector<std::string> out;
    for (const WebhookEvent& event : events) {
        TRY_ASSIGN(std::string kind, kind_of(event));
        if (std::ranges::find(out, kind) == out.end()) out.push_back(std::move(kind));
    }
    return out;
}

Result<std::optional<notify::WebhookState>> state_of(const std::optional<std::string>& status) {
    if (!status) return std::optional<notify::WebhookState>();
    if (*status == kActive) return std::optional(notify::WebhookState::active);
    if (*status == kDisabled) return std::optional(notify::WebhookState::disabled);
    return fail(Code::invalid, "a webhook's status is ACTIVE or DISABLED, not " + quoted(*status),
                "status");
}

std::string in_capitals(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return out;
}

WebhookMessage to_message(const notify::Webhook& w) {
    WebhookMessage out{
        .webhook_id = std::to_string(w.id),
        .name = w.name,
        .description = if_any(w.description),
        .url = notify::Service::shown_url(w),
        .status = std::string(w.state == notify::WebhookState::active ? kActive : kDisabled),
        .creation_timestamp = to_millis(w.created),
        .last_updated_timestamp = to_millis(w.updated)};
    // In the order they were asked for, which clients compare.
    std::vector<std::string_view> told;
    for (const std::string& pattern : w.events) {
        for (const notify::MlflowEvent& event : notify::mlflow_events()) {
            if (!notify::matches(pattern, event.kind) ||
                std::ranges::find(told, event.kind) != told.end())
                continue;
            told.push_back(event.kind);
            out.events.push_back({in_capitals(event.entity), in_capitals(event.action)});
        }
    }
    return out;
}

// MLflow's words in front of ours, which say what is wrong.
Status check_url(const std::string& url) {
    if (trim(url).empty())
        return fail(Code::invalid,
                    "Webhook URL cannot be empty or just whitespace: give an https:// address",
                    "url");
    if (url.find("://") != std::string::npos && !url.starts_with("http://") &&
        !url.starts_with("https://"))
        return fail(Code::invalid,
                    "Invalid webhook URL scheme: " + quoted(url.substr(0, url.find("://"))) +
                        " is neither https nor http",
                    "url");
    if (const auto parsed = client::Url::parse(url); !parsed)
        return fail(Code::invalid, "Invalid webhook URL: " + parsed.error().message, "url");
    return ok();
}

}  // namespace

std::vector<rpc::Row> WebhooksApi::rows() {
    using Api = WebhooksApi;
    const std::string all = "/api/2.0/mlflow/webhooks", one = all + "/{webhook_id}";
    return {
        rpc::post<&Api::create>(all, kWebhooks, "Subscribe a receiver to events of the registry"),
        rpc::get<&Api::list>(all, kWebhooks, "Webhooks in MLflow's form"),
        rpc::get<&Api::get>(one, kWebhooks, "A webhook"),
        rpc::patch<&Api::update>(one, kWebhooks, "Change, enable or disable a webhook"),
        rpc::del<&Api::remove>(one, kWebhooks, "Delete a webhook with its deliveries"),
        rpc::post<&Api::test>(one + "/test", kWebhooks, "Send a test event now"),
    };
}

Result<notify::Webhook> WebhooksApi::need(store::Tx& tx, const std::string& id) const {
    if (const auto number = parse_int(id)) {
        TRY_ASSIGN(auto found, parts_.service.find(tx, *number));
        if (found && found->dialect == notify::Dialect::mlflow) return std::move(*found);
    }
    return fail(Code::not_found, "Webhook with ID " + id + " not found.");
}

Task<Result<WebhookAnswer>> WebhooksApi::create(NewWebhook wanted, rpc::Context context) {
    CO_TRY(check_url(wanted.url));
    CO_TRY_ASSIGN(auto kinds, kinds_of(wanted.events));
    CO_TRY_ASSIGN(const auto state, state_of(wanted.status));
    notify::Service::NewWebhook made{.name = wanted.name,
                                     .url = std::move(wanted.url),
                                     .secret = std::move(wanted.secret),
                                     .dialect = notify::Dialect::mlflow,
                                     .events = std::move(kinds),
                                     .description = std::move(wanted.description),
                                     .state = state.value_or(notify::WebhookState::active),
                                     .unsigned_if_no_secret = true};
    co_return co_await parts_.desk.audited(
        actor_of(context), "create_webhook", "webhook " + wanted.name,
        [this, made = std::move(made)](store::Tx& tx) -> Result<WebhookAnswer> {
            TRY_ASSIGN(const auto done, parts_.service.create(tx, made));
            return WebhookAnswer{to_message(done.webhook)};
        });
}

Task<Result<WebhookPage>> WebhooksApi::list(WebhooksQuery query, rpc::Context) {
    const int64_t most = query.max_results == 0 ? kDefaultPage : query.max_results;
    if (most < 1 || most > kMostOfAPage)
        co_return fail(Code::invalid, "max_results must be between 1 and 1000.", "max_results");
    const std::string parts[] = {"webhooks"};
    const uint64_t fingerprint = search::fingerprint(parts);
    CO_TRY_ASSIGN(const int64_t offset, search::read_page_token(query.page_token, fingerprint));
    co_return co_await parts_.db.read([=, this](store::Tx& tx) -> Result<WebhookPage> {
        TRY_ASSIGN(auto found, parts_.service.list(tx));
        std::erase_if(found, [](const auto& w) { return w.dialect != notify::Dialect::mlflow; });
        std::ranges::sort(found, std::greater<>(), [](const auto& w) { return w.id; });
        WebhookPage page;
        const int64_t end = std::min(std::ssize(found), offset + most);
        for (int64_t i = offset; i < end; ++i)
            page.webhooks.push_back(to_message(found[static_cast<size_t>(i)]));
        if (end < std::ssize(found))
            page.next_page_token = search::make_page_token(end, fingerprint);
        return page;
    });
}

Task<Result<WebhookAnswer>> WebhooksApi::get(WebhookRef ref, rpc::Context) {
    co_return co_await parts_.db.read([=, this](store::Tx& tx) -> Result<WebhookAnswer> {
        TRY_ASSIGN(const auto webhook, need(tx, ref.webhook_id));
        return WebhookAnswer{to_message(webhook)};
    });
}

Task<Result<WebhookAnswer>> WebhooksApi::update(WebhookChange wanted, rpc::Context context) {
    notify::Service::Change change;
    if (!wanted.events.empty()) {
        CO_TRY_ASSIGN(change.events, kinds_of(wanted.events));
    }
    CO_TRY_ASSIGN(change.state, state_of(wanted.status));
    change.name = if_any(std::move(wanted.name));
    change.url = if_any(std::move(wanted.url));
    if (change.url) CO_TRY(check_url(*change.url));
    change.secret = std::move(wanted.secret);
    change.description = std::move(wanted.description);
    auto changed = co_await parts_.desk.audited(
        actor_of(context), "change_webhook", "webhook " + wanted.webhook_id,
        [this, change, id = wanted.webhook_id](store::Tx& tx) -> Result<WebhookAnswer> {
            TRY_ASSIGN(const auto before, need(tx, id));
            TRY_ASSIGN(const auto after, parts_.service.change(tx, before.name, change));
            return WebhookAnswer{to_message(after)};
        });
    if (changed) parts_.sender.wake();
    co_return changed;
}

Task<Result<None>> WebhooksApi::remove(WebhookRef ref, rpc::Context context) {
    CO_TRY(co_await parts_.desk.audited(
        actor_of(context), "delete_webhook", "webhook " + ref.webhook_id,
        [this, ref](store::Tx& tx) -> Status {
            TRY_ASSIGN(const auto webhook, need(tx, ref.webhook_id));
            return parts_.service.remove(tx, webhook.name);
        }));
    co_return None{};
}

Task<Result<WebhookTestAnswer>> WebhooksApi::test(WebhookTest wanted, rpc::Context context) {
    CO_TRY_ASSIGN(auto webhook,
                  co_await parts_.desk.audited(
                      actor_of(context), "test_webhook", "webhook " + wanted.webhook_id,
                      [this, wanted](store::Tx& tx) { return need(tx, wanted.webhook_id); }));
    const WebhookMessage shown = to_message(webhook);
    CO_TRY_ASSIGN(const std::string kind,
                  kind_of(wanted.event ? *wanted.event : shown.events.at(0)));
    CO_TRY_ASSIGN(auto outcome, co_await parts_.sender.send_test(std::move(webhook), kind));
    WebhookTestResult result{.success = outcome.taken()};
    if (outcome.status != 0) {
        result.response_status = outcome.status;
        result.response_body = std::move(outcome.answer);
    } else {
        result.error_message = "Failed to test webhook: " + outcome.problem;
    }
    co_return WebhookTestAnswer{std::move(result)};
}

}  // namespace rondo::api::mlflow
