#include "platform/notify/sender.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "platform/client/url.h"
#include "platform/json/value.h"
#include "platform/notify/retry.h"

namespace rondo::notify {
namespace {

constexpr auto kLookEvery = std::chrono::seconds{1};
constexpr Micros kBacklogEvery{5'000'000};
constexpr const char* kLookProblem = "webhooks wait";

std::string host_of(const Webhook& webhook) {
    const auto url = client::Url::parse(webhook.url);
    return url ? url->origin() : "";
}

}  // namespace

Sender::Sender(Env& env, store::Database& db, jobs::Leases& leases, client::Client& http,
               const Service& service)
    : env_(env), db_(db), leases_(leases), http_(http), service_(service) {
    leases_.want(kSenderLease);
}

Sender::~Sender() { stop(); }

void Sender::start() {
    thread_ = std::thread([this] { run(); });
}

void Sender::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    wake_.notify_one();
}

void Sender::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    cancel_->cancel();
    if (thread_.joinable()) thread_.join();
    pool_.stop();
}

void Sender::run() {
    while (true) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, kLookEvery, [&] { return stopping_ || woken_; });
            if (stopping_) return;
            woken_ = false;
        }
        if (const auto looked = look_at_backlog(); !looked)
            log::warning(kLookProblem, {{"error", looked.error().message}});
        if (const auto stepped = step(); !stepped)
            log::warning(kLookProblem, {{"error", stepped.error().message}});
    }
}

Status Sender::look_at_backlog() {
    const Micros now = env_.steady();
    {
        const std::lock_guard lock(mutex_);
        if (backlog_at_ >= Micros{0} && now - backlog_at_ < kBacklogEvery) return ok();
    }
    TRY_ASSIGN(auto found, db_.read_now([](store::Tx& tx) { return sql::backlog(tx); }));
    const std::lock_guard lock(mutex_);
    backlog_ = found;
    backlog_at_ = now;
    return ok();
}

// With the mutex held.
bool Sender::is_troubled(const Webhook& webhook) const {
    return webhook.failures > 0 || slow_.contains(webhook.id);
}

// With the mutex held.
bool Sender::has_room(const Webhook& webhook, const std::string& host) const {
    if (std::ssize(busy_) >= kThreads) return false;
    if (const auto found = hosts_.find(host); found != hosts_.end() && found->second >= kPerHost)
        return false;
    const auto held = std::ranges::count_if(busy_, [](const auto& one) { return one.second; });
    return !is_troubled(webhook) || held < kTroubledThreads;
}

Result<std::optional<Sender::Work>> Sender::next_of(store::Tx& tx, Webhook webhook,
                                                    const jobs::Fence& fence, Time now) const {
    if (webhook.state != WebhookState::active || webhook.resume > now) return std::nullopt;
    TRY_ASSIGN(auto delivery, sql::due_delivery(tx, webhook, now));
    if (!delivery) return std::nullopt;
    TRY_ASSIGN(auto event, sql::find_event(tx, delivery->event_id));
    std::string host = host_of(webhook);
    return Work{std::move(webhook), std::move(*delivery), std::move(event), fence, std::move(host)};
}

Result<int> Sender::step() {
    const auto fence = leases_.held(kSenderLease);
    if (!fence) return 0;
    const Time now = env_.now();
    std::map<int64_t, bool> busy;
    int64_t last_served = 0;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || std::ssize(busy_) >= kThreads) return 0;
        busy = busy_;
        last_served = last_served_;
        crowded_ = false;
    }
    // The oldest due delivery of each webhook that may have one sent.
    TRY_ASSIGN(auto due, db_.read_now([&](store::Tx& tx) -> Result<std::vector<Work>> {
        std::vector<Work> out;
        TRY_ASSIGN(const auto any, tx.one<int64_t>("SELECT 1 FROM webhook_deliveries WHERE state = "
                                                   "'pending' LIMIT 1"));
        if (!any) return out;
        TRY_ASSIGN(auto webhooks, sql::active_webhooks(tx));
        for (Webhook& webhook : webhooks) {
            if (busy.contains(webhook.id)) continue;
            TRY_ASSIGN(auto work, next_of(tx, std::move(webhook), *fence, now));
            if (work) out.push_back(std::move(*work));
        }
        return out;
    }));
    // Whoever was served last comes last.
    const auto next =
        std::ranges::find_if(due, [&](const Work& work) { return work.webhook.id > last_served; });
    std::ranges::rotate(due, next);
    int handed = 0;
    for (Work& work : due) {
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) break;
            if (!has_room(work.webhook, work.host)) {
                crowded_ = true;
                continue;
            }
            busy_[work.webhook.id] = is_troubled(work.webhook);
            ++hosts_[work.host];
            last_served_ = work.webhook.id;
        }
        pool_.post([this, work = std::move(work)]() mutable { do_work(std::move(work)); });
        ++handed;
    }
    return handed;
}

bool Sender::may_go_on(const Webhook& webhook) {
    const std::lock_guard lock(mutex_);
    busy_[webhook.id] = is_troubled(webhook);
    return !stopping_ && !crowded_;
}

// One message after the other, as long as nobody else needs the thread.
void Sender::do_work(Work work) {
    const int64_t id = work.webhook.id;
    const std::string host = work.host;
    for (int sent = 0; sent < kInARow; ++sent) {
        if (const Status done = send_and_record(work); !done) {
            if (done.error().code != Code::cancelled)
                log::warning("a message was sent and not written down: it is sent again",
                             {{"webhook", work.webhook.name},
                              {"message", work.delivery.message_id},
                              {"error", done.error().message}});
            break;
        }
        auto next = db_.read_now([&](store::Tx& tx) -> Result<std::optional<Work>> {
            TRY_ASSIGN(auto webhook, sql::find_webhook_by_id(tx, work.webhook.workspace_id, id));
            if (!webhook) return std::nullopt;
            return next_of(tx, std::move(*webhook), work.fence, env_.now());
        });
        if (!next || !*next || (*next)->host != host || !may_go_on((*next)->webhook)) break;
        work = std::move(**next);
    }
    const std::lock_guard lock(mutex_);
    busy_.erase(id);
    if (--hosts_[host] == 0) hosts_.erase(host);
    woken_ = true;
    // Under the lock: whoever waits may go on to end this object.
    wake_.notify_one();
    idle_.notify_all();
}

Status Sender::send_and_record(const Work& work) {
    Outcome outcome;
    if (!work.event) {
        outcome.problem = "its event is not kept any more";
    } else if (const auto letter = service_.letter(work.webhook, work.delivery.message_id,
                                                   *work.event, env_.now())) {
        outcome = attempt(env_, http_, *letter, service_.parts().egress, cancel_);
    } else {
        outcome.problem = letter.error().message;
    }
    if (outcome.cancelled) return fail(Code::cancelled, "the server stops");
    return record(work, outcome);
}

Status Sender::record(const Work& work, const Outcome& outcome) {
    const Time now = env_.now();
    const uint64_t chance = random_u64(env_), rest = random_u64(env_);
    Delivery after = work.delivery;
    ++after.attempts;
    after.attempted = now;
    after.next.reset();
    after.status = outcome.status == 0 ? std::nullopt : std::optional<int64_t>(outcome.status);
    after.latency_ms = static_cast<double>(outcome.latency.count()) / 1000;
    after.problem = outcome.problem;
    after.answer = outcome.answer;
    if (outcome.taken()) {
        after.state = DeliveryState::delivered;
        after.ended = now;
    } else if (const auto pause =
                   pause_after(after.attempts, work.webhook.attempts, outcome.wish, chance);
               pause && !outcome.gone()) {
        after.next = now + *pause;
    } else {
        after.state = DeliveryState::dead;
        after.ended = now;
    }
    const Status written = db_.write_now(store::Durability::normal, [&](store::Tx& tx) -> Status {
        TRY(work.fence.check(tx));
        TRY_ASSIGN(const bool moved, sql::move_delivery(tx, work.delivery, after));
        if (!moved) return ok();  // deleted meanwhile
        // As it is now, not as it was read: it may have been enabled or disabled meanwhile.
        TRY_ASSIGN(auto health, sql::find_delivery(tx, work.webhook.workspace_id, after.id));
        if (!health) return ok();
        Webhook webhook = std::move(health->webhook);
        if (outcome.taken()) {
            if (webhook.failures == 0) return ok();
            if (webhook.failures >= kFailuresToRest) webhook.recovered = now;
            webhook.failures = 0;
            webhook.resume = {};
            return sql::update_health(tx, webhook);
        }
        ++webhook.failures;
        webhook.resume = now + rest_after(webhook.failures, rest);
        if (outcome.gone() && webhook.state == WebhookState::active) {
            webhook.state = WebhookState::disabled;
            webhook.reason = "the receiver answered 410 Gone";
            TRY(service_.parts().events.publish(
                tx, {.kind = "webhook.disabled",
                     .subject = "webhook/" + webhook.name,
                     .data = json::Value(json::Value::Object{{"name", webhook.name},
                                                             {"reason", webhook.reason}})
                                 .dump(),
                     .workspace_id = webhook.workspace_id}));
        }
        return sql::update_health(tx, webhook);
    });
    const std::lock_guard lock(mutex_);
    if (outcome.latency > kSlow)
        slow_.insert(work.webhook.id);
    else
        slow_.erase(work.webhook.id);
    if (!written) return written;
    latency_us_ += static_cast<uint64_t>(outcome.latency.count());
    ++latencies_;
    delivered_ += after.state == DeliveryState::delivered ? 1 : 0;
    failed_ += outcome.taken() ? 0 : 1;
    died_ += after.state == DeliveryState::dead ? 1 : 0;
    disabled_ += outcome.gone() ? 1 : 0;
    return ok();
}

Task<Result<Outcome>> Sender::send_test(Webhook webhook, std::string kind) {
    if (tests_.fetch_add(1) >= kTests) {
        tests_.fetch_sub(1);
        co_return fail(Code::exhausted, "other test messages are under way; try again in a moment");
    }
    auto sent = co_await pool_.run([this, webhook = std::move(webhook),
                                    kind = std::move(kind)]() -> Result<Outcome> {
        TRY_ASSIGN(const auto letter, service_.letter(webhook, service_.new_message_id(),
                                                      service_.example(webhook, kind), env_.now()));
        return attempt(env_, http_, letter, service_.parts().egress, cancel_);
    });
    tests_.fetch_sub(1);
    co_return sent;
}

void Sender::wait_idle() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return busy_.empty(); });
}

void Sender::write_metrics(std::string& out) const {
    const std::lock_guard lock(mutex_);
    out +=
        "# HELP rondo_webhook_attempts_total Messages sent by this server, by how it went.\n"
        "# TYPE rondo_webhook_attempts_total counter\n";
    const std::pair<const char*, uint64_t> outcomes[] = {{"delivered", delivered_},
                                                         {"failed", failed_}};
    for (const auto& [name, value] : outcomes)
        out += "rondo_webhook_attempts_total{outcome=\"" + std::string(name) + "\"} " +
               std::to_string(value) + "\n";
    struct Line {
        std::string_view name, type, help;
        double value;
    };
    const double oldest =
        backlog_.oldest
            ? std::max(0.0, static_cast<double>((env_.now() - *backlog_.oldest).count()) / 1e6)
            : 0;
    const Line lines[] = {
        {"dead_letters_total", "counter", "Deliveries given up by this server.",
         static_cast<double>(died_)},
        {"gone_total", "counter", "Webhooks disabled because their receiver is gone.",
         static_cast<double>(disabled_)},
        {"seconds_sum", "counter", "Time that receivers took to answer.",
         static_cast<double>(latency_us_) / 1e6},
        {"seconds_count", "counter", "Answers in that sum.", static_cast<double>(latencies_)},
        {"in_flight", "gauge", "Messages under way.", static_cast<double>(busy_.size())},
        {"queue", "gauge", "Deliveries that wait, of all servers.",
         static_cast<double>(backlog_.pending)},
        {"queue_oldest_seconds", "gauge", "Age of the oldest that waits.", oldest},
        {"dead_letters", "gauge", "Deliveries that were given up and are kept.",
         static_cast<double>(backlog_.dead)},
    };
    for (const auto& [name, type, help, value] : lines) {
        const std::string full = "rondo_webhook_" + std::string(name);
        out.append("# HELP ").append(full).append(" ").append(help);
        out.append("\n# TYPE ").append(full).append(" ").append(type).append("\n");
        out.append(full).append(" ");
        append_json_double(out, value);
        out += "\n";
    }
}

}  // namespace rondo::notify
