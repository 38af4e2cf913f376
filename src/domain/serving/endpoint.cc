#include "domain/serving/endpoint.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"

namespace rondo::serving {
namespace {

using predictions::Arm;
using predictions::Key;

// Far beyond any replay step, close enough to notice a wrong unit (milliseconds as seconds).
constexpr Micros kMaxAhead = std::chrono::hours{24 * 400};

}  // namespace

LiveRoute make_live(Route route, std::shared_ptr<Engine> champion,
                    std::shared_ptr<Engine> candidate) {
    LiveRoute live{route, std::move(champion), std::move(candidate), nullptr};
    const ModelDescription& first = live.champion->description();
    if (live.candidate == nullptr || !first.has_signature ||
        live.candidate->description().inputs == first.inputs) {
        live.front = {live.champion, &first};  // shares the engine's life
        return live;
    }
    auto both = std::make_shared<ModelDescription>(first);
    for (const auto& column : live.candidate->description().inputs.columns) {
        const auto& known = first.inputs.columns;
        if (std::any_of(known.begin(), known.end(),
                        [&](const auto& c) { return c.name == column.name; }))
            continue;
        // Callers need not send what only the candidate wants; without it the candidate fails.
        both->inputs.columns.push_back(
            {column.name, column.type == ColumnType::int64 ? ColumnType::float64 : column.type});
        both->required.push_back(false);
    }
    live.front = std::move(both);
    return live;
}

const LiveRoute& RouteTable::at(Time moment) const {
    for (auto it = routes.rbegin(); it != routes.rend(); ++it) {
        if (it->route.effective <= moment) return *it;
    }
    return routes.front();
}

bool TripCounts::beyond_limits() const {
    const auto n = asked.load(std::memory_order_relaxed);
    if (n < min_requests) return false;
    const auto share = [&](const std::atomic<int64_t>& count) {
        return static_cast<double>(count.load(std::memory_order_relaxed)) / static_cast<double>(n);
    };
    return share(failed) > max_failed_share || share(slow) > max_slow_share;
}

Endpoint::Endpoint(Parts parts, EndpointRow row) : parts_(std::move(parts)), row_(std::move(row)) {
    next_sequence_ = parts_.first_sequence;
}

void Endpoint::set_routes(std::shared_ptr<const RouteTable> routes) {
    routes_.store(std::move(routes));
}

void Endpoint::set_watermark(Time watermark) {
    int64_t current = watermark_us_.load();
    while (current < to_micros(watermark) &&
           !watermark_us_.compare_exchange_weak(current, to_micros(watermark))) {
    }
}

void Endpoint::put_watermark(Time watermark) { watermark_us_.store(to_micros(watermark)); }

std::optional<Time> Endpoint::watermark() const {
    const int64_t at = watermark_us_.load();
    return at == INT64_MIN ? std::nullopt : std::optional(from_micros(at));
}

std::shared_ptr<const ModelDescription> Endpoint::front() const {
    const auto table = routes_.load();
    return table ? table->routes.back().front : nullptr;
}

uint64_t Endpoint::unit_hash(const std::string& unit) const {
    std::string text;
    put(text, row_.id);
    text += unit;
    return siphash(parts_.assignment_key, text);
}

bool Endpoint::falls_in(const std::string& unit, int64_t rollout, Share share) const {
    if (share == 0) return false;
    std::string text;
    put(text, row_.id);
    put(text, rollout);
    text += unit;
    // The hash as a fraction of 2^64 against the share: a larger share only adds units.
    const auto bucket =
        static_cast<Share>(static_cast<unsigned __int128>(siphash(parts_.assignment_key, text)) *
                               predictions::kWhole >>
                           64);
    return bucket < share;
}

Key Endpoint::key_of(const std::string& unit, Time event_time) const {
    return {to_micros(event_time), unit_hash(unit), 0};
}

// Days up to the watermark are decided. A wall clock that was ahead and was set back is waited for
// at that edge, a microsecond a request, also over restarts.
Time Endpoint::arrival() const {
    const Time now = parts_.env.now();
    const auto decided = watermark();
    if (!decided || now >= *decided) return now;
    const auto newest = parts_.log->newest();
    return std::max(*decided, newest ? *newest + Micros{1} : *decided);
}

Result<Time> Endpoint::moment_of(const Labels& labels, std::optional<Time> watermark) const {
    if (row_.spec.clock == Clock::arrival) return arrival();
    if (!labels.event_time || labels.unit.empty())
        return fail(Code::invalid,
                    "endpoint " + quoted(row_.spec.name) +
                        " runs on event time: send the headers x-rondo-event-time and "
                        "x-rondo-unit-id with every prediction",
                    labels.unit.empty() ? "unit_id" : "event_time");
    if (watermark && *labels.event_time > *watermark + kMaxAhead)
        return fail(Code::invalid,
                    "event time " + format_time(*labels.event_time) +
                        " is more than 400 days ahead of the watermark " + format_time(*watermark) +
                        "; is the unit of time right?",
                    "event_time");
    return *labels.event_time;
}

Task<Endpoint::Scored> Endpoint::score(std::shared_ptr<Engine> engine,
                                       std::shared_ptr<const Frame> frame) {
    Scored out;
    out.asked = true;
    const ModelDescription& wanted = engine->description();
    if (wanted.has_signature && frame->schema != &wanted.inputs &&
        *frame->schema != wanted.inputs) {
        auto projected = project(*frame, wanted.inputs);
        if (!projected) {
            out.answers = fail(projected.error());
            co_return out;
        }
        frame = std::make_shared<const Frame>(std::move(*projected));
    }
    const Micros start = parts_.env.steady();
    if (engine->blocks()) {
        out.answers = co_await parts_.pool.run(
            [engine, frame]() -> Result<Answers> { return engine->predict(*frame); });
    } else {
        out.answers = engine->predict(*frame);
    }
    if (out.answers && out.answers->width > predictions::kMaxAnswerValues)
        out.answers = fail(Code::invalid, "the model gives " + std::to_string(out.answers->width) +
                                              " numbers a row; 16,383 are the most");
    out.took_us =
        static_cast<uint32_t>(std::min<int64_t>((parts_.env.steady() - start).count(), UINT32_MAX));
    co_return out;
}

void Endpoint::count_candidate(const Scored& scored) {
    const auto trips = trips_.load();
    if (!trips || !scored.asked) return;
    trips->asked.fetch_add(1, std::memory_order_relaxed);
    if (!scored.answers) trips->failed.fetch_add(1, std::memory_order_relaxed);
    if (scored.took_us > trips->slow_above_us) trips->slow.fetch_add(1, std::memory_order_relaxed);
    if (trips->beyond_limits() && !trips->tripped.exchange(true)) parts_.tripped();
}

std::string Endpoint::id_of(const Key& key, Arm arm, Share share, uint32_t route) const {
    return parts_.ids.encode({row_.id, key, route, arm, share});
}

// The answers that were given when the same rows came before; nothing unless all are known.
std::optional<Served> Endpoint::first_answers(const Flight& flight) {
    if (row_.spec.clock == Clock::arrival) return std::nullopt;
    Served served;
    served.answers.rows = flight.frame->rows;
    const uint64_t unit = unit_hash(flight.unit);
    for (size_t i = 0; i < flight.frame->rows; ++i) {
        const Key key{to_micros(flight.moment), unit, static_cast<uint32_t>(i)};
        const auto first = parts_.log->lookup(key);
        if (!first) return std::nullopt;
        served.version = first->version;
        served.answers.kind = first->answer.kind;
        if (first->answer.text.empty()) {
            served.answers.width = first->answer.values.size();
            served.answers.values.insert(served.answers.values.end(), first->answer.values.begin(),
                                         first->answer.values.end());
        } else {
            served.answers.texts.push_back(first->answer.text);
        }
        served.prediction_ids.push_back(id_of(key, first->arm, first->share, first->route));
    }
    parts_.log->count_repeated();
    return served;
}

Task<Result<Served>> Endpoint::predict(std::shared_ptr<const Frame> frame, Labels labels) {
    Flight flight;
    flight.frame = std::move(frame);
    flight.table = routes_.load();
    if (!flight.table)
        co_return fail(Code::unavailable, "endpoint " + quoted(row_.spec.name) +
                                              " has no model yet: " + row_.spec.model +
                                              " names no version; train and register one first");
    // On the event clock what was answered is in the evidence, or the session changes. The others
    // may have begun a session without this server.
    if (row_.spec.clock == Clock::event && parts_.counts && !parts_.counts())
        co_return fail(
            Code::unavailable,
            "this server is cut off from its database and may have been taken for dead: a "
            "prediction would not count; ask another server, or again soon");
    const auto watermark = row_.spec.clock == Clock::event ? this->watermark() : std::nullopt;
    CO_TRY_ASSIGN(flight.moment, moment_of(labels, watermark));
    const bool late = watermark && flight.moment < *watermark;
    flight.live = &flight.table->at(flight.moment);
    const Route& route = flight.live->route;
    flight.sequence = row_.spec.clock == Clock::event
                          ? 0
                          : next_sequence_.fetch_add(static_cast<uint32_t>(flight.frame->rows));
    flight.unit = !labels.unit.empty() ? std::move(labels.unit)
                                       : "request-" + std::to_string(to_micros(flight.moment)) +
                                             "-" + std::to_string(flight.sequence);
    if (!late) {
        if (auto first = first_answers(flight)) co_return std::move(*first);
    }

    const int64_t rollout = route.rollout_id.value_or(0);
    flight.arm = route.mode == RouteMode::canary && falls_in(flight.unit, rollout, route.share)
                     ? Arm::candidate
                     : Arm::champion;
    const bool both = flight.live->candidate != nullptr && !late &&
                      falls_in(flight.unit, rollout, route.scored_by_both);
    if (flight.live->candidate != nullptr && (flight.arm == Arm::candidate || both)) {
        flight.candidate = co_await score(flight.live->candidate, flight.frame);
        count_candidate(flight.candidate);
    }
    const bool covered = flight.arm == Arm::candidate && !flight.candidate.answers;
    if (flight.arm == Arm::champion || both || covered)
        flight.champion = co_await score(flight.live->champion, flight.frame);
    // The champion's failure is the caller's answer only where nothing else can answer.
    const bool needs_champion = flight.arm == Arm::champion || covered;
    if (needs_champion && !flight.champion.answers) co_return fail(flight.champion.answers.error());

    if (late) {
        parts_.log->count_late();
        Served served;
        served.late = true;
        served.version = route.champion;
        served.answers = std::move(*flight.champion.answers);
        co_return served;
    }
    co_return log_and_answer(flight);
}

Result<Served> Endpoint::log_and_answer(const Flight& flight) {
    const Route& route = flight.live->route;
    const bool by_candidate = flight.arm == Arm::candidate && flight.candidate.answers.has_value();
    Served served;
    served.version = by_candidate ? route.candidate : route.champion;
    served.answers = by_candidate ? *flight.candidate.answers : *flight.champion.answers;

    predictions::Row row;
    row.unit = flight.unit;
    row.arrived_us = to_micros(parts_.env.now());
    row.route = static_cast<uint32_t>(route.number);
    row.arm = flight.arm;
    row.share = route.mode == RouteMode::canary ? route.share : 0;
    row.champion = route.champion;
    row.candidate = route.candidate;
    row.champion_failed = flight.champion.asked && !flight.champion.answers;
    row.candidate_failed = flight.candidate.asked && !flight.candidate.answers;
    row.champion_us = flight.champion.took_us;
    row.candidate_us = flight.candidate.took_us;
    row.key.event_us = to_micros(flight.moment);
    row.key.unit_hash = unit_hash(flight.unit);
    row.texts = flight.frame->texts;
    for (size_t i = 0; i < flight.frame->rows; ++i) {
        row.key.sequence = flight.sequence + static_cast<uint32_t>(i);
        row.champion_answer = flight.champion.answers ? flight.champion.answers->row(i) : Answer{};
        row.candidate_answer =
            flight.candidate.answers ? flight.candidate.answers->row(i) : Answer{};
        const auto cells = flight.frame->row(i);
        row.features.assign(cells.begin(), cells.end());
        TRY_ASSIGN(const auto first, parts_.log->append(*flight.frame->schema, row));
        if (first) {  // another connection sent the same row at the same moment
            served.prediction_ids.push_back(id_of(row.key, first->arm, first->share, first->route));
            served.version = first->version;
            if (!served.answers.texts.empty())
                served.answers.texts[i] = first->answer.text;
            else
                std::copy(first->answer.values.begin(), first->answer.values.end(),
                          served.answers.values.begin() +
                              static_cast<std::ptrdiff_t>(i * served.answers.width));
            continue;
        }
        served.prediction_ids.push_back(id_of(row.key, row.arm, row.share, row.route));
    }
    return served;
}

}  // namespace rondo::serving
