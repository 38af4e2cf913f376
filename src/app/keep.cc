#include "app/keep.h"

#include "base/text.h"
#include "domain/collection/retention.h"
#include "domain/pipeline/attempts.h"

namespace rondo::app {
namespace {

// How soon a round that was asked for at another server begins.
constexpr Micros kLookEvery{1'000'000};
constexpr Micros kFoldersEvery = std::chrono::hours{1};
// An upload's way from its hold to its row takes seconds at most.
constexpr Micros kShortestHold{1'000'000};
// Folding looks that often.
constexpr Micros kShortestTail{100'000};

}  // namespace

Status set_keep(Config& config, std::string_view assignment) {
    struct Setting {
        std::string_view name;
        Micros* value;
        Micros least;
    };
    const Setting settings[] = {
        {"period", &config.collection.period, Micros{100'000}},
        {"grace", &config.collection.grace, Micros{0}},
        {"lease", &config.holds.lasting, kShortestHold},
        {"removal", &config.holds.removal, kShortestHold},
        {"events", &config.collection.events, Micros{0}},
        {"work", &config.collection.work, Micros{0}},
        {"tail", &config.series.tail, kShortestTail},
    };
    const size_t equals = assignment.find('=');
    std::string names;
    for (const Setting& setting : settings) {
        names.append(names.empty() ? "" : ", ").append(setting.name);
        if (equals == std::string_view::npos || setting.name != assignment.substr(0, equals))
            continue;
        const std::string_view text = assignment.substr(equals + 1);
        *setting.value = Micros{0};
        if (text != "0") {
            TRY_ASSIGN(*setting.value, parse_duration(text));
        }
        if (*setting.value < setting.least)
            return fail(Code::invalid, "--keep " + std::string(setting.name) + " has to be " +
                                           format_duration(setting.least) + " at least");
        return ok();
    }
    return fail(Code::invalid, "--keep knows no " + quoted(assignment) + "; there are " + names +
                                   " (NAME=DURATION)");
}

Keeping::Keeping(const Parts& parts, const Config& config)
    : parts_(parts),
      config_(config),
      collector_({parts.env, parts.db, parts.blobs, parts.artifacts, parts.workspace_id,
                  config.holds, config.collection}) {
    parts_.sliced.add(collector_.job());
    parts_.sliced.add(collection::retention(parts_.env, config.collection));
}

Status Keeping::begin() {
    // Nobody else has the folder, and files are removed at once.
    if (config_.database.empty() && config_.blobs.empty()) TRY(collector_.start_alone());
    TRY(collector_.look());
    return ok();
}

void Keeping::hurry() { parts_.sliced.hurry(std::string(collection::kJob)); }

void Keeping::add_to(jobs::Periodic& periodic) {
    periodic.add("look_at_collection", kLookEvery, [this]() -> Status {
        TRY_ASSIGN(const bool asked, collector_.look());
        if (asked) hurry();
        return ok();
    });
    periodic.add("remove_old_attempts", kFoldersEvery, [this]() -> Status {
        TRY(pipeline::remove_old_attempts(parts_.env, parts_.db, parts_.attempts,
                                          config_.collection.work));
        return ok();
    });
}

}  // namespace rondo::app
