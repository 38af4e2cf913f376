// One live endpoint: the loaded versions, the routes in force, and the way of a request through
// them. Thread-safe. A request takes a snapshot of the routes and never blocks on a switch.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/hash.h"
#include "base/published.h"
#include "domain/predictions/id.h"
#include "domain/predictions/log.h"
#include "domain/serving/engine.h"
#include "domain/serving/model.h"
#include "platform/async/pool.h"

namespace rondo::serving {

// A route with its engines loaded.
struct LiveRoute {
    Route route;
    std::shared_ptr<Engine> champion, candidate;  // candidate may be null
    // What requests are decoded by: the champion's inputs, and those of the candidate beside them.
    std::shared_ptr<const ModelDescription> front;
};
LiveRoute make_live(Route route, std::shared_ptr<Engine> champion,
                    std::shared_ptr<Engine> candidate);

// The routes that a request may still fall under, by the moment they take effect. Immutable.
struct RouteTable {
    std::vector<LiveRoute> routes;  // oldest first, never empty
    // The route in force at a moment of the endpoint's clock.
    const LiveRoute& at(Time moment) const;
};

// What the caller says about a request beside its features.
struct Labels {
    std::string unit;                // empty: every row is its own unit
    std::optional<Time> event_time;  // required on the event clock
};

struct Served {
    Answers answers;
    std::vector<std::string> prediction_ids;  // one a row; empty for late rows
    int32_t version = 0;                      // that answered
    bool late = false;
};

// Failures and slowness of the candidate in the rollout at hand, and what they must not exceed.
struct TripCounts {
    int64_t rollout_id = 0;
    int64_t min_requests = 20;
    double max_failed_share = 1, max_slow_share = 1;
    int64_t slow_above_us = INT64_MAX;
    std::atomic<int64_t> asked{0}, failed{0}, slow{0};
    std::atomic<bool> tripped{false};  // once is enough

    bool beyond_limits() const;
};

class Endpoint {
  public:
    struct Parts {
        Env& env;
        const predictions::IdCodec& ids;
        const SipKey& assignment_key;
        WorkerPool& pool;  // for engines that block
        std::shared_ptr<predictions::EndpointLog> log;
        std::function<void()> tripped;  // the candidate passed a hard limit
        uint32_t first_sequence = 0;    // on the arrival clock
        // Among several servers: false while this one may have been taken for dead. Null alone.
        std::function<bool()> counts;
    };
    Endpoint(Parts parts, EndpointRow row);

    const EndpointRow& row() const { return row_; }
    predictions::EndpointLog& log() { return *parts_.log; }
    std::shared_ptr<predictions::EndpointLog> shared_log() { return parts_.log; }

    std::shared_ptr<const RouteTable> routes() const { return routes_.load(); }
    void set_routes(std::shared_ptr<const RouteTable> routes);
    // Event clock: promises that no row before this moment follows; such rows are marked late. Only
    // forward, and kept apart from the routes, because it may be promised before there are any.
    void set_watermark(Time watermark);
    std::optional<Time> watermark() const;
    // Several servers: what was promised may not hold any more, because one of them died and its
    // rows are played again. Backward too.
    void put_watermark(Time watermark);
    // Answers nothing any more until it gets routes again: what it has is older than it may be.
    void clear_routes() { routes_.store(nullptr); }

    // What requests are decoded by, of the newest route; null without a model.
    std::shared_ptr<const ModelDescription> front() const;

    // Answers, scores by both where the route says so, logs. Code::unavailable without a model.
    Task<Result<Served>> predict(std::shared_ptr<const Frame> frame, Labels labels);

    // Splits units between arms: keyed by a secret, the endpoint and the rollout, so that nobody
    // can pick an arm and every rollout draws anew.
    uint64_t unit_hash(const std::string& unit) const;
    bool falls_in(const std::string& unit, int64_t rollout, Share share) const;

    // The key of a prediction named by its unit and event time, for feedback without an id.
    predictions::Key key_of(const std::string& unit, Time event_time) const;

    // Starts counting for a rollout; null stops it.
    void count_trips(std::shared_ptr<TripCounts> counts) { trips_.store(std::move(counts)); }
    std::shared_ptr<TripCounts> trip_counts() const { return trips_.load(); }

  private:
    struct Scored {
        Result<Answers> answers = std::unexpected(Error{});
        bool asked = false;
        uint32_t took_us = 0;
    };
    // One request on its way.
    struct Flight {
        std::shared_ptr<const Frame> frame;
        std::shared_ptr<const RouteTable> table;  // keeps the route alive
        const LiveRoute* live;
        std::string unit;
        Time moment;
        uint32_t sequence;  // of the first row
        predictions::Arm arm;
        Scored champion, candidate;
    };
    Time arrival() const;
    Result<Time> moment_of(const Labels& labels, std::optional<Time> watermark) const;
    std::optional<Served> first_answers(const Flight& flight);
    Task<Scored> score(std::shared_ptr<Engine> engine, std::shared_ptr<const Frame> frame);
    void count_candidate(const Scored& scored);
    Result<Served> log_and_answer(const Flight& flight);
    std::string id_of(const predictions::Key& key, predictions::Arm arm, Share share,
                      uint32_t route) const;

    Parts parts_;
    const EndpointRow row_;
    Published<const RouteTable> routes_;
    Published<TripCounts> trips_;
    std::atomic<int64_t> watermark_us_{INT64_MIN};  // INT64_MIN: none yet
    std::atomic<uint32_t> next_sequence_{0};
};

}  // namespace rondo::serving
