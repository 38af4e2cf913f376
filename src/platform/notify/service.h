// The rules of subscriptions, and which events they get. Synchronous over a transaction; any
// thread. Errors that a caller can cause are Code::invalid, not_found, already_exists or conflict.
//
// Secrets are sealed for the scheme, host and port of their URL: whoever may change a URL cannot
// lead a secret elsewhere. They are told to nobody; one that the server makes is told once, to its
// maker.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/client/egress.h"
#include "platform/notify/dialects.h"
#include "platform/notify/store.h"

namespace rondo::notify {

inline constexpr int64_t kMostWebhooks = 100;    // of a workspace: each event meets each of them
inline constexpr int64_t kMostPending = 10'000;  // of one webhook; what comes then is dead at once
inline constexpr int64_t kMostReset = 1'000;     // deliveries that one request sends again

class Service {
  public:
    struct Parts {
        Env& env;
        const events::Events& events;
        std::string key;  // seals secrets
        std::shared_ptr<const client::EgressPolicy> egress;
        std::vector<EventKind> kinds;  // that there are
        std::function<Words(const events::Event&)> words;
        int64_t workspace_id = 1;
    };
    explicit Service(Parts parts) : parts_(std::move(parts)) {}

    struct NewWebhook {
        std::string name, url, secret;
        Dialect dialect = Dialect::rondo;
        std::vector<std::string> events;
        std::string subject;
        bool only_alarms = false;
        int64_t attempts = 0;  // 0: as many as there may be
        std::string description;
        WebhookState state = WebhookState::active;
        // Without a secret the server makes none, where the dialect can do without.
        bool unsigned_if_no_secret = false;
    };
    struct Made {
        Webhook webhook;
        std::string secret;  // when the server made it
    };
    Result<Made> create(store::Tx& tx, const NewWebhook& wanted) const;

    struct Change {
        std::optional<std::string> url, secret, subject;
        std::optional<std::vector<std::string>> events;
        std::optional<bool> only_alarms;
        std::optional<int64_t> attempts;
        std::optional<WebhookState> state;
        std::optional<std::string> name, description;
    };
    // A URL of another host needs the secret with it. An empty secret ends MLflow's signing, where
    // a dialect can do without.
    Result<Webhook> change(store::Tx& tx, const std::string& name, const Change& wanted) const;
    // Another secret, an own one or one of the server's; the old one signs as well until then.
    Result<Made> rotate(store::Tx& tx, const std::string& name, const std::string& secret,
                        Micros overlap) const;
    Status remove(store::Tx& tx, const std::string& name) const;

    Result<std::vector<Webhook>> list(store::Tx& tx) const;
    Result<Webhook> get(store::Tx& tx, const std::string& name) const;
    // Nothing when there is none of that number.
    Result<std::optional<Webhook>> find(store::Tx& tx, int64_t id) const;
    Result<std::vector<Delivery>> deliveries(store::Tx& tx, const std::string& name,
                                             const sql::DeliveryQuery& query) const;
    // Pending anew, with all attempts before it and the same message id.
    Result<Delivery> redeliver(store::Tx& tx, int64_t id) const;
    // The dead ones of a webhook, the oldest first, up to kMostReset; how many.
    Result<int64_t> redeliver_dead(store::Tx& tx, const std::string& name) const;

    // The effect of the outbox's consumer: pending rows for those that ask for these events. May
    // run more than once over the same events.
    Status fan_out(store::Tx& tx, const std::vector<events::Event>& events) const;
    // Whether the subscription asks for the event.
    bool wants(const Webhook& webhook, const events::Event& event) const;

    // Ready to be sent. Code::invalid when a secret does not open.
    struct Letter {
        std::string url;
        Form form;
        std::vector<std::string> secrets;  // in clear; to sign with, and never to be shown
    };
    Result<Letter> letter(const Webhook& webhook, const std::string& message_id,
                          const events::Event& event, Time now) const;
    // An event that never happened, for trying a subscription: of this kind, or when it is empty of
    // one that the dialect has words for.
    events::Event example(const Webhook& webhook, const std::string& kind) const;
    std::string new_message_id() const;

    const Parts& parts() const { return parts_; }
    // The address without what may be secret in it.
    static std::string shown_url(const Webhook& webhook);

  private:
    Result<Webhook> need(store::Tx& tx, const std::string& name) const;
    Status set_url(Webhook& webhook, const std::string& url, std::string& secret) const;
    Status check_filters(const Webhook& webhook) const;
    Result<std::string> sealed(const Webhook& webhook, const std::string& secret) const;
    Result<std::string> opened(const Webhook& webhook, const std::string& sealed) const;

    const Parts parts_;
};

}  // namespace rondo::notify
