#include "domain/monitor/service.h"

#include <algorithm>

#include "base/text.h"
#include "domain/predictions/schema.h"

namespace rondo::monitor {
namespace {

int64_t days_needed(const MonitorSpec& spec) { return spec.min_days.value_or(window_days(spec)); }

std::string explain(const Window& window, const MonitorSpec& spec, double min_coverage) {
    if (window.days < days_needed(spec))
        return "the window has " + std::to_string(window.days) + " of " +
               counted(days_needed(spec), "day") + " so far";
    if (window.labelled < spec.min_labels)
        return counted(window.labelled, "label") + ", " + grouped(spec.min_labels) + " are needed";
    if (window.coverage < min_coverage)
        return "only " + shown(100 * window.coverage) + " % of the predictions have a label, " +
               shown(100 * min_coverage) + " % are needed: nothing is decided";
    const std::string facts = "mean loss " + shown(window.mean) + " over " +
                              counted(window.labelled, "label") + ", threshold " +
                              shown(window.threshold) + ", e-value " + shown(window.e_value);
    if (window.breached) return "breach: " + facts;
    if (window.mean > window.threshold)
        return "above the threshold, evidence not yet at " + shown(spec.evidence) + ": " + facts;
    return "quiet: " + facts;
}

}  // namespace

Status check(const MonitorSpec& spec) {
    if (spec.window < std::chrono::hours{24} || spec.window > std::chrono::hours{24 * 366})
        return fail(Code::invalid, "the window has to be 1d to 366d", "monitor.window");
    if (spec.window % std::chrono::hours{24} != Micros{0})
        return fail(Code::invalid, "the window has to be whole days", "monitor.window");
    if (!(spec.margin >= 0 && spec.margin < 1))
        return fail(Code::invalid, "the margin has to be in [0, 1)", "monitor.margin");
    if (!(spec.evidence >= 1))
        return fail(Code::invalid, "the evidence has to be at least 1", "monitor.evidence");
    if (spec.min_days && (*spec.min_days < 1 || *spec.min_days > window_days(spec)))
        return fail(Code::invalid, "min_days has to be 1 to the days of the window",
                    "monitor.min_days");
    if (spec.min_labels < 1)
        return fail(Code::invalid, "min_labels has to be at least 1", "monitor.min_labels");
    if (!(spec.drift_alpha > 0 && spec.drift_alpha < 0.5))
        return fail(Code::invalid, "drift_alpha has to be in (0, 0.5)", "monitor.drift_alpha");
    return ok();
}

int window_days(const MonitorSpec& spec) {
    return static_cast<int>(spec.window / std::chrono::hours{24});
}

double threshold_of(const MonitorSpec& spec, const Reference& reference) {
    // Betting against a level of 0 or 1 says nothing; the ends are cut off.
    return std::clamp(reference.value + spec.margin, 1e-6, 1 - 1e-6);
}

DayStats fold_day(const predictions::SealedDay& day, int32_t version, const MonitorSpec& spec,
                  const Reference& reference) {
    DayStats out;
    out.day = day.segment.day;
    out.version = version;
    out.level = threshold_of(spec, reference);
    std::vector<std::optional<size_t>> columns;
    for (const stats::Cells& cells : reference.cells) {
        out.cell_counts.emplace_back(cells.size(), 0);
        std::optional<size_t> column;
        for (size_t i = 0; i < day.schema.columns.size(); ++i) {
            if (day.schema.columns[i].name == cells.feature) column = i;
        }
        columns.push_back(column);
    }
    for (const predictions::Row& row : day.rows) {
        const predictions::Answer* answer = row.answer_of(version);
        if (answer == nullptr) continue;
        ++out.rows;
        for (size_t f = 0; f < columns.size(); ++f) {
            if (!columns[f]) continue;
            const double value = predictions::number_of(row, day.schema, *columns[f]);
            ++out.cell_counts[f][reference.cells[f].cell_of(value)];
        }
        if (!row.labelled) continue;
        const auto loss = stats::loss_of(spec.metric, answer->scalar(), row.label);
        if (!loss) continue;
        ++out.labelled;
        out.loss_sum += *loss;
        out.bets.update(*loss, out.level);
    }
    return out;
}

Weight weigh(const MonitorSpec& spec, double threshold, std::span<const DayStats* const> days,
             double min_coverage) {
    Weight w;
    w.threshold = threshold;
    double loss_sum = 0;
    stats::LevelBets bets;
    for (const DayStats* day : days) {
        w.days += day->rows > 0 ? 1 : 0;
        w.rows += day->rows;
        w.labelled += day->labelled;
        loss_sum += day->loss_sum;
        bets.add(day->bets);
    }
    if (w.rows > 0) w.coverage = static_cast<double>(w.labelled) / static_cast<double>(w.rows);
    if (w.labelled > 0) w.mean = loss_sum / static_cast<double>(w.labelled);
    w.e_value = bets.e_value();
    w.enough =
        w.days >= days_needed(spec) && w.labelled >= spec.min_labels && w.coverage >= min_coverage;
    w.breached = w.enough && w.mean > threshold && w.e_value >= spec.evidence;
    return w;
}

Window judge(const MonitorSpec& spec, const Reference& reference, std::span<const DayStats> days,
             int32_t version, Day last_day, Time tick, double min_coverage) {
    Window window;
    window.tick = tick;
    window.version = version;
    window.first_day = format_day(last_day - std::chrono::days{window_days(spec) - 1});
    window.last_day = format_day(last_day);
    window.reference = reference.value;
    window.threshold = threshold_of(spec, reference);
    std::vector<const DayStats*> pointers;
    std::vector<std::vector<int64_t>> counts;
    for (const stats::Cells& cells : reference.cells) counts.emplace_back(cells.size(), 0);
    for (const DayStats& day : days) {
        pointers.push_back(&day);
        for (size_t f = 0; f < counts.size() && f < day.cell_counts.size(); ++f) {
            for (size_t c = 0; c < counts[f].size(); ++c) counts[f][c] += day.cell_counts[f][c];
        }
    }
    const Weight w = weigh(spec, window.threshold, pointers, min_coverage);
    window.days = w.days;
    window.rows = w.rows;
    window.labelled = w.labelled;
    window.coverage = w.coverage;
    window.mean = w.mean;
    window.e_value = w.e_value;
    window.enough = w.enough;
    window.breached = w.breached;
    // All features share one level: the chance that any quiet one is flagged stays below it.
    const double alpha = spec.drift_alpha / std::max<double>(1, static_cast<double>(counts.size()));
    for (size_t f = 0; f < counts.size(); ++f)
        window.drift.push_back(stats::measure(reference.cells[f], counts[f], alpha));
    window.reason = explain(window, spec, min_coverage);
    return window;
}

}  // namespace rondo::monitor
