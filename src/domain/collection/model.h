// What people see of collection of garbage, and how its state is kept.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/time.h"
#include "platform/json/json.h"

namespace rondo::collection {

struct Settings {
    Micros period = std::chrono::hours{24};  // from the end of a round to the next
    // Younger bytes are left alone, and so long hidden ones stay readable.
    Micros grace = std::chrono::hours{24};
    // Events that nothing refers to, and that every consumer has passed; zero keeps all.
    Micros events{0};
    // Folders of tasks after the end of their run.
    Micros work = std::chrono::hours{24 * 14};
};

struct Amount {
    int64_t objects = 0, bytes = 0;
    void add(int64_t size) {
        ++objects;
        bytes += size > 0 ? size : 0;
    }
    static constexpr auto fields = std::tuple{json::field("objects", &Amount::objects, "How many"),
                                              json::field("bytes", &Amount::bytes, "Their bytes")};
};

// What a round is asked to do.
struct Request {
    bool dry_run = false;
    std::optional<Micros> deleted_longer_than;
    static constexpr auto fields = std::tuple{
        json::field("dry_run", &Request::dry_run, "Only count what would go"),
        json::field("deleted_longer_than", &Request::deleted_longer_than,
                    "First delete for good the runs, logged models and experiments that were "
                    "deleted before that, such as 30d")};
};

struct Round {
    int64_t number = 0;
    int64_t serves = 0;  // the request that it answers; 0: none
    Request request;
    std::string phase = "done";
    Time began{};
    std::optional<Time> ended;
    std::optional<Micros> period;  // from this round's end to the next
    int64_t expected = 0;          // objects of the round before
    int64_t listed = 0, marked = 0, swept = 0;
    std::map<std::string, Amount> garbage;  // found in this round, by what last referred to it
    Amount held, young, hidden, removed;
    int64_t runs = 0, models = 0, experiments = 0, spared = 0;  // deleted for good, or not

    static constexpr auto fields = std::tuple{
        json::field("number", &Round::number, "Number of the round"),
        json::field("serves", &Round::serves, "Number of the request that it answers"),
        json::field("request", &Round::request, "What was asked for"),
        json::field("phase", &Round::phase, "purge, list, mark, sweep, remove or done"),
        json::field("began", &Round::began, "When it began"),
        json::field("ended", &Round::ended, "When it ended"),
        json::field("period", &Round::period, "From the end of this round to the next"),
        json::field("expected", &Round::expected, "Objects that the round before saw"),
        json::field("listed", &Round::listed, "Stored objects listed"),
        json::field("marked", &Round::marked, "Objects that something refers to"),
        json::field("swept", &Round::swept, "Objects looked at for what to do with them"),
        json::field("garbage", &Round::garbage,
                    "Found to be garbage in this round, by what last referred to it"),
        json::field("held", &Round::held, "Referred to by nothing, kept by a lease"),
        json::field("young", &Round::young, "Referred to by nothing, kept by their age"),
        json::field("hidden", &Round::hidden, "Garbage of earlier rounds, still readable"),
        json::field("removed", &Round::removed, "Removed by this round"),
        json::field("runs", &Round::runs, "Runs deleted for good"),
        json::field("models", &Round::models, "Logged models deleted for good"),
        json::field("experiments", &Round::experiments, "Experiments deleted for good"),
        json::field("spared", &Round::spared,
                    "Deleted ones that stay, because a registered model version stands on them")};
};

// Since the database was made.
struct Totals {
    int64_t rounds = 0;
    Amount hidden, removed;
    std::optional<Time> last_ended;  // of a round that was no dry run
    static constexpr auto fields =
        std::tuple{json::field("rounds", &Totals::rounds, "Rounds that ended"),
                   json::field("hidden", &Totals::hidden, "Found to be garbage"),
                   json::field("removed", &Totals::removed, "Removed"),
                   json::field("last_ended", &Totals::last_ended, "End of the last real round")};
};

struct State {
    int64_t asked = 0, served = 0;
    Round current, last;
    Totals totals;
    std::string problem;  // of the last step, when it failed
    int64_t failures = 0;
    static constexpr auto fields = std::tuple{
        json::field("asked", &State::asked, "Number of the newest request"),
        json::field("served", &State::served, "Number of the newest request that is done"),
        json::field("current", &State::current, "The round at hand, or the last one"),
        json::field("last", &State::last, "The last round that ended"),
        json::field("totals", &State::totals, "Sums of all rounds"),
        json::field("problem", &State::problem, "Why the last step failed; empty when it did not"),
        json::field("failures", &State::failures, "Steps that failed")};
};

}  // namespace rondo::collection
