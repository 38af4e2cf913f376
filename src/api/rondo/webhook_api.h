// Webhooks over HTTP: for administrators, because a subscription carries what happens here to
// somebody else.
#pragma once

#include <vector>

#include "platform/auth/desk.h"
#include "platform/notify/sender.h"
#include "platform/rpc/endpoint.h"

namespace rondo::api {

class WebhookApi {
  public:
    struct Parts {
        Env& env;
        store::Database& db;
        auth::Desk& desk;
        const notify::Service& service;
        notify::Sender& sender;
    };
    explicit WebhookApi(const Parts& parts) : parts_(parts) {}
    std::vector<rpc::Row> rows();

    struct Shown {
        std::string name, url;
        notify::Dialect dialect{};
        std::vector<std::string> events;
        std::string subject;
        bool only_alarms = false;
        notify::WebhookState state{};
        std::string reason;
        int64_t attempts = 0;
        bool has_secret = false;
        std::optional<Time> old_secret_until, rests_until;
        int64_t failures = 0, pending = 0, dead = 0;
        Time created{}, updated{};
        std::optional<std::string> secret;
        static constexpr auto fields = std::tuple{
            json::field("name", &Shown::name, "Its name"),
            json::field("url", &Shown::url, "Where messages go, without what may be secret"),
            json::field("dialect", &Shown::dialect, "Form of the messages"),
            json::field("events", &Shown::events, "Patterns of kinds"),
            json::field("subject", &Shown::subject, "Pattern of subjects; empty: all"),
            json::field("only_alarms", &Shown::only_alarms, "Alarms, and what clears them"),
            json::field("state", &Shown::state, "active or disabled"),
            json::field("reason", &Shown::reason, "Why it is disabled"),
            json::field("attempts", &Shown::attempts, "For each delivery"),
            json::field("has_secret", &Shown::has_secret, "Whether it has one"),
            json::field("old_secret_until", &Shown::old_secret_until,
                        "Until then the secret before signs as well"),
            json::field("failures", &Shown::failures, "Attempts that failed in a row"),
            json::field("rests_until", &Shown::rests_until, "Nothing is sent before"),
            json::field("pending", &Shown::pending, "Deliveries that wait"),
            json::field("dead", &Shown::dead, "Deliveries that were given up"),
            json::field("created", &Shown::created, "When it was made"),
            json::field("updated", &Shown::updated, "When it was changed last"),
            json::field("secret", &Shown::secret, "Made by the server; shown this once")};
    };
    struct List {
        std::vector<Shown> webhooks;
        static constexpr auto fields =
            std::tuple{json::field("webhooks", &List::webhooks, "By name")};
    };
    struct Named {
        std::string name;
        static constexpr auto fields =
            std::tuple{json::field("name", &Named::name, "Name of the webhook")};
    };
    struct New {
        std::string name, url, secret;
        notify::Dialect dialect = notify::Dialect::rondo;
        std::vector<std::string> events;
        std::string subject;
        bool only_alarms = false;
        int64_t attempts = 0;
        static constexpr auto fields = std::tuple{
            json::field("name", &New::name, "Name, not taken", json::required),
            json::field("url", &New::url, "http or https", json::required),
            json::field("events", &New::events, "Patterns such as rollout.*", json::required),
            json::field("dialect", &New::dialect, "Form of the messages"),
            json::field("subject", &New::subject, "Pattern such as endpoint/flights"),
            json::field("only_alarms", &New::only_alarms, "Alarms, and what clears them"),
            json::field("secret", &New::secret, "Made by the server when absent"),
            json::field("attempts", &New::attempts, "1 to 20, for each delivery")};
    };
    struct Change {
        std::string name;
        std::optional<std::string> url, secret, subject;
        std::optional<std::vector<std::string>> events;
        std::optional<bool> only_alarms;
        std::optional<int64_t> attempts;
        std::optional<notify::WebhookState> state;
        static constexpr auto fields = std::tuple{
            json::field("name", &Change::name, "Name of the webhook"),
            json::field("url", &Change::url, "Another host needs the secret with it"),
            json::field("secret", &Change::secret, "Counts at once; see .../secret"),
            json::field("events", &Change::events, "Patterns of kinds"),
            json::field("subject", &Change::subject, "Pattern of subjects; empty: all"),
            json::field("only_alarms", &Change::only_alarms, "Alarms, and what clears them"),
            json::field("attempts", &Change::attempts, "1 to 20, for each delivery"),
            json::field("state", &Change::state, "active or disabled")};
    };
    struct NewSecret {
        std::string name, secret;
        Micros overlap = std::chrono::hours{24};
        static constexpr auto fields = std::tuple{
            json::field("name", &NewSecret::name, "Name of the webhook"),
            json::field("secret", &NewSecret::secret, "Made by the server when absent"),
            json::field("overlap", &NewSecret::overlap, "How long the old one signs as well")};
    };
    struct Tested {
        bool delivered = false;
        std::optional<int64_t> status;
        double latency_ms = 0;
        std::string problem, answer;
        static constexpr auto fields =
            std::tuple{json::field("delivered", &Tested::delivered, "Whether the receiver took it"),
                       json::field("status", &Tested::status, "HTTP status of its answer"),
                       json::field("latency_ms", &Tested::latency_ms, "How long it took"),
                       json::field("problem", &Tested::problem, "Why it was not taken"),
                       json::field("answer", &Tested::answer, "First 1,024 bytes of the answer")};
    };
    struct DeliveriesQuery {
        std::string name;
        std::optional<notify::DeliveryState> state;
        int64_t before = 0;
        int32_t limit = 100;
        static constexpr auto fields = std::tuple{
            json::field("name", &DeliveriesQuery::name, "Name of the webhook"),
            json::field("state", &DeliveriesQuery::state, "pending, delivered or dead"),
            json::field("before", &DeliveriesQuery::before, "Only those before this number"),
            json::field("limit", &DeliveriesQuery::limit, "At most this many, up to 1,000")};
    };
    struct DeliveryList {
        std::vector<notify::Delivery> deliveries;
        static constexpr auto fields =
            std::tuple{json::field("deliveries", &DeliveryList::deliveries, "Newest first")};
    };
    struct DeliveryId {
        int64_t id = 0;
        static constexpr auto fields =
            std::tuple{json::field("id", &DeliveryId::id, "Number of the delivery")};
    };
    struct Count {
        int64_t deliveries = 0;
        static constexpr auto fields =
            std::tuple{json::field("deliveries", &Count::deliveries, "How many; 1,000 at most")};
    };
    struct Kinds {
        std::vector<notify::EventKind> kinds;
        static constexpr auto fields =
            std::tuple{json::field("kinds", &Kinds::kinds, "What can be subscribed to")};
    };

    Task<Result<List>> list(rpc::None, rpc::Context);
    Task<Result<Shown>> create(New, rpc::Context);
    Task<Result<Shown>> get(Named, rpc::Context);
    Task<Result<Shown>> change(Change, rpc::Context);
    Task<Result<rpc::None>> remove(Named, rpc::Context);
    Task<Result<Shown>> rotate(NewSecret, rpc::Context);
    Task<Result<Tested>> test(Named, rpc::Context);
    Task<Result<DeliveryList>> deliveries(DeliveriesQuery, rpc::Context);
    Task<Result<notify::Delivery>> redeliver(DeliveryId, rpc::Context);
    Task<Result<Count>> redeliver_dead(Named, rpc::Context);
    Result<Kinds> kinds(rpc::None, rpc::Context);

  private:
    // Runs a change in a transaction, with the audit row before it.
    template <class F>
    auto audited(const rpc::Context& context, std::string action, std::string object, F fn)
        -> Task<std::invoke_result_t<F&, store::Tx&>>;

    Parts parts_;
};

}  // namespace rondo::api
