#include "domain/gates/service.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "domain/stats/interval.h"

namespace rondo::gates {
namespace {

int days_of(Micros duration) { return static_cast<int>(duration / std::chrono::hours{24}); }

// Who the candidate is compared with: the champion, or, before there is one, the base rate of the
// rows that a model may train on.
class Opponent {
  public:
    Opponent(const GateInput& input, Scorer& scorer, double base_rate)
        : version_(input.champion ? input.champion->version : 0),
          scorer_(scorer),
          base_rate_(base_rate) {}
    Result<std::vector<double>> score(const data::Table& table, std::span<const size_t> rows) {
        if (version_ != 0) return scorer_.score(version_, table, rows);
        return std::vector<double>(rows.size(), base_rate_);
    }

  private:
    int32_t version_;
    Scorer& scorer_;
    double base_rate_;
};

double base_rate(std::span<const LabelledTable> tables, Time until) {
    double sum = 0, count = 0;
    for (const LabelledTable& t : tables) {
        for (size_t i = 0; i < t.label.size(); ++i) {
            if (t.event_time[i] >= until || std::isnan(t.label[i])) continue;
            sum += t.label[i];
            count += 1;
        }
    }
    return count == 0 ? 0.5 : sum / count;
}

// Whether a model may be judged on this hold-out at all.
Check check_split(const ModelFacts& facts, const Holdout& holdout, std::string_view who) {
    Check check;
    check.name = std::string(who) + "_saw_no_holdout_row";
    const std::string model = std::string(who) + " (version " + std::to_string(facts.version) + ")";
    if (facts.split != "forward") {
        check.reason = model + " declares a " + (facts.split.empty() ? "missing" : facts.split) +
                       " split: only a forward hold-out says how a model does on what comes "
                       "after it; train on rows before RONDO_PARAM_TRAIN_UNTIL and set the tag "
                       "rondo.split=forward";
        return check;
    }
    if (!facts.trained_until) {
        check.reason = model +
                       " does not say until when it was trained: set the tag "
                       "rondo.trained_until to the last event time of its training rows";
        return check;
    }
    check.value = static_cast<double>(to_micros(*facts.trained_until));
    check.limit = static_cast<double>(to_micros(holdout.train_until));
    check.passed = *facts.trained_until <= holdout.train_until;
    check.reason = model + " was trained until " + format_time(*facts.trained_until) +
                   (check.passed ? ", before " : ", not before ") +
                   format_time(holdout.train_until) + " (the hold-out starts on " +
                   format_day(holdout.from) + ", labels need time)";
    return check;
}

// Mean losses by day of the hold-out.
struct DaySum {
    double gain = 0, rows = 0;
};

struct Comparison {
    std::map<Day, DaySum> days;
    double candidate = 0, opponent = 0;  // sums of losses
    int64_t rows = 0;
};

Status compare(Comparison& out, const GateInput& input, const LabelledTable& table,
               const std::vector<size_t>& rows, Scorer& scorer, Opponent& opponent) {
    if (rows.empty()) return ok();
    TRY_ASSIGN(const auto ours, scorer.score(input.candidate.version, table.table, rows));
    TRY_ASSIGN(const auto theirs, opponent.score(table.table, rows));
    for (size_t i = 0; i < rows.size(); ++i) {
        const double label = table.label[rows[i]];
        const auto a = stats::loss_of(input.spec.metric, theirs[i], label);
        const auto b = stats::loss_of(input.spec.metric, ours[i], label);
        if (!a || !b) continue;
        DaySum& day = out.days[day_of(table.event_time[rows[i]])];
        day.gain += *a - *b;
        day.rows += 1;
        out.opponent += *a;
        out.candidate += *b;
        ++out.rows;
    }
    return ok();
}

Check check_gain(const GateInput& input, GateVerdict& verdict, const Comparison& found) {
    for (const auto& [day, sum] : found.days) verdict.day_gains.push_back(sum.gain / sum.rows);
    const auto estimate = stats::mean_with_limit(verdict.day_gains, input.spec.confidence);
    verdict.gain = estimate.mean;
    verdict.standard_error = estimate.standard_error;
    verdict.lower = estimate.lower;
    verdict.rows = found.rows;
    if (found.rows > 0) {
        verdict.candidate_loss = found.candidate / static_cast<double>(found.rows);
        verdict.champion_loss = found.opponent / static_cast<double>(found.rows);
    }
    Check check;
    check.name = "gain_on_forward_holdout";
    check.value = estimate.lower;
    check.limit = input.spec.min_gain;
    check.passed = estimate.lower > input.spec.min_gain;
    check.reason = "mean daily gain " + shown(estimate.mean) + " (standard error over " +
                   counted(estimate.count, "day") + " " + shown(estimate.standard_error) +
                   "), its " + shown(100 * input.spec.confidence) + " % lower limit " +
                   shown(estimate.lower) + (check.passed ? " is above " : " is not above ") +
                   shown(input.spec.min_gain);
    return check;
}

Check check_reference(const GateInput& input, const Comparison& found) {
    Check check;
    check.name = "quality_on_frozen_reference";
    const double loss =
        found.rows == 0 ? 0 : (found.candidate - found.opponent) / static_cast<double>(found.rows);
    check.value = loss;
    check.limit = input.spec.reference_tolerance;
    check.passed = found.rows > 0 && loss <= input.spec.reference_tolerance;
    check.reason = found.rows == 0
                       ? "the reference file has no labelled rows"
                       : "its loss on the frozen reference is " + shown(std::abs(loss)) +
                             (loss > 0 ? " higher" : " lower") + " than the champion's over " +
                             counted(found.rows, "row") + "; " +
                             shown(input.spec.reference_tolerance) + " higher is tolerated";
    return check;
}

void conclude(GateVerdict& verdict) {
    verdict.passed = std::all_of(verdict.checks.begin(), verdict.checks.end(),
                                 [](const Check& c) { return c.passed; });
    for (const Check& check : verdict.checks) {
        if (verdict.passed || check.passed) continue;
        verdict.reason += (verdict.reason.empty() ? "" : "; ") + check.reason;
    }
    if (verdict.passed) {
        for (const Check& check : verdict.checks) {
            if (check.name == "gain_on_forward_holdout") verdict.reason = check.reason;
        }
    }
}

}  // namespace

Status check(const GateSpec& spec, const DataColumns& columns) {
    if (spec.holdout < std::chrono::hours{48} || spec.holdout % std::chrono::hours{24} != Micros{0})
        return fail(Code::invalid, "the hold-out has to be whole days, at least 2d",
                    "gate.holdout");
    if (!(spec.confidence > 0.5 && spec.confidence < 1))
        return fail(Code::invalid, "the confidence has to be in (0.5, 1)", "gate.confidence");
    if (columns.rows.empty())
        return fail(Code::invalid, "data.rows has to name at least one file", "data.rows");
    return ok();
}

Result<Holdout> holdout_of(std::span<const LabelledTable> tables, const GateSpec& spec,
                           Micros label_delay) {
    std::optional<Time> first, last;
    for (const LabelledTable& t : tables) {
        for (size_t i = 0; i < t.event_time.size(); ++i) {
            if (std::isnan(t.label[i])) continue;
            if (!first || t.event_time[i] < *first) first = t.event_time[i];
            if (!last || t.event_time[i] > *last) last = t.event_time[i];
        }
    }
    if (!last) return fail(Code::invalid, "the data have no labelled row");
    Holdout out;
    out.to = day_of(*last);
    out.from = out.to - std::chrono::days{days_of(spec.holdout) - 1};
    out.train_until = Time{out.from} - label_delay;
    if (*first >= out.train_until)
        return fail(Code::invalid, "the data reach from " + format_time(*first) + " to " +
                                       format_time(*last) +
                                       ": nothing is left to train on before a hold-out of " +
                                       format_duration(spec.holdout));
    return out;
}

Result<GateVerdict> evaluate(const GateInput& input, blob::Store& blobs,
                             const std::vector<data::Entry>& entries, Scorer& scorer) {
    GateVerdict verdict;
    verdict.candidate = input.candidate.version;
    verdict.champion = input.champion ? input.champion->version : 0;
    verdict.dataset = input.dataset;
    verdict.data_version = input.data_version;
    TRY_ASSIGN(const auto tables, read_tables(blobs, entries, input.columns.rows, input.columns));
    TRY_ASSIGN(const Holdout holdout, holdout_of(tables, input.spec, input.label_delay));
    verdict.holdout_from = format_day(holdout.from);
    verdict.holdout_to = format_day(holdout.to);
    verdict.checks.push_back(check_split(input.candidate, holdout, "candidate"));
    if (input.champion) verdict.checks.push_back(check_split(*input.champion, holdout, "champion"));
    for (const Check& check : verdict.checks) {
        if (!check.passed) {  // numbers on rows that a model has seen would only mislead
            conclude(verdict);
            return verdict;
        }
    }

    Opponent opponent(input, scorer, base_rate(tables, holdout.train_until));
    Comparison on_holdout;
    for (const LabelledTable& table : tables) {
        std::vector<size_t> rows;
        for (size_t i = 0; i < table.event_time.size(); ++i) {
            if (table.event_time[i] >= Time{holdout.from}) rows.push_back(i);
        }
        TRY(compare(on_holdout, input, table, rows, scorer, opponent));
    }
    verdict.checks.push_back(check_gain(input, verdict, on_holdout));

    if (input.champion && !input.columns.reference.empty()) {
        TRY_ASSIGN(const auto references,
                   read_tables(blobs, entries, {input.columns.reference}, input.columns));
        Comparison on_reference;
        for (const LabelledTable& table : references) {
            std::vector<size_t> rows(table.table.rows);
            for (size_t i = 0; i < rows.size(); ++i) rows[i] = i;
            TRY(compare(on_reference, input, table, rows, scorer, opponent));
        }
        verdict.checks.push_back(check_reference(input, on_reference));
    }
    conclude(verdict);
    return verdict;
}

}  // namespace rondo::gates
