#include "domain/simulate/quiet.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "domain/monitor/service.h"

namespace rondo::simulate {
namespace {

// A rule of one window and margin, with each reference day as the server folds it.
struct Rule {
    monitor::MonitorSpec spec;
    double threshold = 0;
    const std::vector<monitor::DayStats>* days = nullptr;
};

// The days of one stream, as numbers of reference days.
std::vector<size_t> draw_stream(const QuietSpec& spec, size_t days, Draw draw) {
    std::vector<size_t> stream;
    const auto length = static_cast<size_t>(spec.stream_days);
    const auto block = static_cast<size_t>(spec.block_days);
    while (stream.size() < length) {
        const size_t first = draw.below(days - block + 1);
        for (size_t i = 0; i < block && stream.size() < length; ++i) stream.push_back(first + i);
    }
    return stream;
}

struct Alarms {
    bool rule = false, mean = false;
};
Alarms watch(const Rule& rule, std::span<const size_t> stream, double min_coverage) {
    Alarms out;
    const auto window = static_cast<size_t>(monitor::window_days(rule.spec));
    std::vector<const monitor::DayStats*> days;
    for (size_t last = 0; last < stream.size() && !out.rule; ++last) {
        days.clear();
        for (size_t i = last + 1 >= window ? last + 1 - window : 0; i <= last; ++i)
            days.push_back(&(*rule.days)[stream[i]]);
        const auto weight = monitor::weigh(rule.spec, rule.threshold, days, min_coverage);
        out.rule = weight.breached;
        out.mean = out.mean || (weight.enough && weight.mean > weight.threshold);
    }
    return out;
}

monitor::DayStats fold(const std::vector<double>& losses, double level) {
    monitor::DayStats out;
    out.level = level;
    out.rows = out.labelled = static_cast<int64_t>(losses.size());
    for (const double loss : losses) {
        out.loss_sum += loss;
        out.bets.update(loss, level);
    }
    return out;
}

}  // namespace

Status check(const QuietSpec& spec, const ReferenceDays& days) {
    TRY(monitor::check(spec.rule));
    if (!(spec.reference > 0 && spec.reference < 1))
        return fail(Code::invalid, "the reference value has to be between 0 and 1", "reference");
    if (spec.stream_days < 2 || spec.stream_days > 3660)
        return fail(Code::invalid, "a stream has to be 2 to 3,660 days", "days");
    if (spec.block_days < 1) return fail(Code::invalid, "a block has at least one day", "block");
    const auto needed = static_cast<size_t>(std::max<int64_t>(7, 2 * spec.block_days));
    if (days.losses.size() < needed)
        return fail(Code::invalid, "the reference has labelled rows on " +
                                       counted(static_cast<int64_t>(days.losses.size()), "day") +
                                       " only; days are what is drawn anew, and at least " +
                                       std::to_string(needed) + " are needed");
    for (const int64_t window : spec.windows) {
        if (window < 1 || window > spec.stream_days)
            return fail(Code::invalid,
                        "a window of " + counted(window, "day") + " does not fit into streams of " +
                            counted(spec.stream_days, "day"),
                        "window");
    }
    for (const double margin : spec.margins) {
        if (!(margin >= 0 && spec.reference + margin < 1))
            return fail(Code::invalid, "a margin has to be at least 0, and the threshold below 1",
                        "margin");
    }
    if (!(spec.level > 0 && spec.level < 1))
        return fail(Code::invalid, "the level has to be between 0 and 1", "level");
    if (spec.runs < 20 || spec.runs > 1'000'000)
        return fail(Code::invalid, "the number of runs has to be 20 to 1,000,000", "runs");
    return ok();
}

std::vector<QuietCell> quiet_cells(const QuietSpec& spec, const ReferenceDays& days, int threads,
                                   const Done& done) {
    std::map<double, std::vector<monitor::DayStats>> folded;  // by threshold
    std::vector<Rule> rules;
    std::vector<QuietCell> cells;
    for (const int64_t window : spec.windows) {
        for (const double margin : spec.margins) {
            Rule rule;
            rule.spec = spec.rule;
            rule.spec.window = window * Micros{std::chrono::hours{24}};
            rule.spec.margin = margin;
            const int64_t own = monitor::window_days(spec.rule);
            rule.spec.min_labels = std::max<int64_t>(1, spec.rule.min_labels * window / own);
            if (spec.rule.min_days)
                rule.spec.min_days = std::max<int64_t>(1, *spec.rule.min_days * window / own);
            rule.threshold = monitor::threshold_of(rule.spec, {spec.reference, {}});
            auto& of_threshold = folded[rule.threshold];
            if (of_threshold.empty()) {
                for (const auto& losses : days.losses)
                    of_threshold.push_back(fold(losses, rule.threshold));
            }
            rule.days = &of_threshold;
            rules.push_back(rule);
            cells.push_back({window, margin, {}, {}});
        }
    }
    std::vector<std::vector<Alarms>> alarms(static_cast<size_t>(spec.runs));
    for_each_run(
        spec.runs, threads,
        [&](int64_t run) {
            const auto stream = draw_stream(spec, days.losses.size(),
                                            Draw(spec.seed, 0, static_cast<uint64_t>(run)));
            auto& out = alarms[static_cast<size_t>(run)];
            for (const Rule& rule : rules) out.push_back(watch(rule, stream, spec.min_coverage));
        },
        done);
    for (size_t c = 0; c < cells.size(); ++c) {
        int64_t by_rule = 0, by_mean = 0;
        for (const auto& run : alarms) {
            by_rule += run[c].rule ? 1 : 0;
            by_mean += run[c].mean ? 1 : 0;
        }
        cells[c].alarms = share_of(by_rule, spec.runs);
        cells[c].by_mean = share_of(by_mean, spec.runs);
    }
    return cells;
}

std::optional<double> smallest_margin(const std::vector<QuietCell>& cells, int64_t window_days,
                                      double level) {
    std::optional<double> smallest;
    for (const QuietCell& cell : cells) {
        if (cell.window_days != window_days) continue;
        if (cell.alarms.share > level)
            smallest.reset();
        else if (!smallest)
            smallest = cell.margin;
    }
    return smallest;
}

}  // namespace rondo::simulate
