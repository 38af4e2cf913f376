// MLflow's webhooks over our notify: those of its dialect, by its names of events. Sending,
// signing, retries, the log and the dead letters are those of all webhooks; so is the egress
// policy. For administrators. A webhook's id is its number; its secret is told to nobody.
#pragma once

#include <vector>

#include "api/mlflow/wire.h"
#include "platform/auth/desk.h"
#include "platform/notify/sender.h"

namespace rondo::api::mlflow {

struct WebhookEvent {
    std::string entity, action;  // MODEL_VERSION, CREATED
    static constexpr auto fields =
        std::tuple{field("entity", &WebhookEvent::entity, "Such as MODEL_VERSION", required),
                   field("action", &WebhookEvent::action, "Such as CREATED", required)};
};
struct WebhookMessage {
    std::string webhook_id, name;
    std::optional<std::string> description;
    std::string url;
    std::vector<WebhookEvent> events;
    std::string status;
    int64_t creation_timestamp = 0, last_updated_timestamp = 0;
    static constexpr auto fields = std::tuple{
        field("webhook_id", &WebhookMessage::webhook_id, "Number"),
        field("name", &WebhookMessage::name, "Name"),
        field("description", &WebhookMessage::description, "Description"),
        field("url", &WebhookMessage::url, "Where messages go, without its query"),
        field("events", &WebhookMessage::events, "What it asks for"),
        field("status", &WebhookMessage::status, "ACTIVE or DISABLED"),
        field("creation_timestamp", &WebhookMessage::creation_timestamp, "ms since 1970"),
        field("last_updated_timestamp", &WebhookMessage::last_updated_timestamp, "ms since 1970")};
};
struct WebhookAnswer {
    WebhookMessage webhook;
    static constexpr auto fields =
        std::tuple{field("webhook", &WebhookAnswer::webhook, "The webhook")};
};
struct NewWebhook {
    std::string name, url;
    std::vector<WebhookEvent> events;
    std::string description, secret;
    std::optional<std::string> status;
    static constexpr auto fields = std::tuple{
        field("name", &NewWebhook::name, "Name, not taken", required),
        field("url", &NewWebhook::url, "http or https", required),
        field("events", &NewWebhook::events, "What it asks for", required),
        field("description", &NewWebhook::description, "Description"),
        field("secret", &NewWebhook::secret, "Signs messages; without one none is signed"),
        field("status", &NewWebhook::status, "ACTIVE or DISABLED")};
};
struct WebhookRef {
    std::string webhook_id;
    static constexpr auto fields =
        std::tuple{field("webhook_id", &WebhookRef::webhook_id, "Number")};
};
struct WebhookChange {
    std::string webhook_id, name, url;
    std::vector<WebhookEvent> events;
    std::optional<std::string> description, secret, status;
    static constexpr auto fields =
        std::tuple{field("webhook_id", &WebhookChange::webhook_id, "Number"),
                   field("name", &WebhookChange::name, "Another name"),
                   field("url", &WebhookChange::url, "Another host needs the secret with it"),
                   field("events", &WebhookChange::events, "What it asks for"),
                   field("description", &WebhookChange::description, "Description"),
                   field("secret", &WebhookChange::secret, "Counts at once; empty: none"),
                   field("status", &WebhookChange::status, "ACTIVE or DISABLED")};
};
struct WebhooksQuery {
    int64_t max_results = 0;
    std::string page_token;
    static constexpr auto fields = std::tuple{
        field("max_results", &WebhooksQuery::max_results, "Webhooks of a page, up to 1,000"),
        field("page_token", &WebhooksQuery::page_token, "From the page before")};
};
struct WebhookPage {
    std::vector<WebhookMessage> webhooks;
    std::optional<std::string> next_page_token;
    static constexpr auto fields =
        std::tuple{field("webhooks", &WebhookPage::webhooks, "The newest first"),
                   field("next_page_token", &WebhookPage::next_page_token, "For the next one")};
};
struct WebhookTest {
    std::string webhook_id;
    std::optional<WebhookEvent> event;
    static constexpr auto fields =
        std::tuple{field("webhook_id", &WebhookTest::webhook_id, "Number"),
                   field("event", &WebhookTest::event, "Its first one when absent")};
};
struct WebhookTestResult {
    bool success = false;
    std::optional<int32_t> response_status;
    std::optional<std::string> response_body, error_message;
    static constexpr auto fields = std::tuple{
        field("success", &WebhookTestResult::success, "Whether the receiver took it"),
        field("response_status", &WebhookTestResult::response_status, "Of its answer"),
        field("response_body", &WebhookTestResult::response_body, "The first 1,024 bytes"),
        field("error_message", &WebhookTestResult::error_message, "Why there was no answer")};
};
struct WebhookTestAnswer {
    WebhookTestResult result;
    static constexpr auto fields =
        std::tuple{field("result", &WebhookTestAnswer::result, "How it went")};
};

class WebhooksApi {
  public:
    struct Parts {
        store::Database& db;
        auth::Desk& desk;
        const notify::Service& service;
        notify::Sender& sender;
    };
    explicit WebhooksApi(const Parts& parts) : parts_(parts) {}
    std::vector<rpc::Row> rows();

    Task<Result<WebhookAnswer>> create(NewWebhook, rpc::Context);
    Task<Result<WebhookPage>> list(WebhooksQuery, rpc::Context);
    Task<Result<WebhookAnswer>> get(WebhookRef, rpc::Context);
    Task<Result<WebhookAnswer>> update(WebhookChange, rpc::Context);
    Task<Result<None>> remove(WebhookRef, rpc::Context);
    Task<Result<WebhookTestAnswer>> test(WebhookTest, rpc::Context);

  private:
    // Of MLflow's dialect; the others' messages are nothing that MLflow's clients know.
    Result<notify::Webhook> need(store::Tx& tx, const std::string& id) const;

    Parts parts_;
};

}  // namespace rondo::api::mlflow
