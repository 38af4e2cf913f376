#include "domain/experiment/service.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace rondo::experiment {
namespace {

using predictions::Arm;
using predictions::Row;

// loss(champion) - loss(candidate) of a row that both scored.
std::optional<std::pair<double, double>> losses_of(const Row& row, const Rules& rules,
                                                   Variants variants) {
    const auto* champion = row.answer_of(variants.champion);
    const auto* candidate = row.answer_of(variants.candidate);
    if (champion == nullptr || candidate == nullptr || !row.labelled) return std::nullopt;
    const auto a = stats::loss_of(rules.loss, champion->scalar(), row.label);
    const auto b = stats::loss_of(rules.loss, candidate->scalar(), row.label);
    if (!a || !b) return std::nullopt;
    return std::pair{*a, *b};
}

std::string gain_text(const Evidence& evidence, const Rules& rules) {
    if (!rules.paired) return "fewer errors by unit over " + counted(evidence.labelled, "label");
    return "mean daily gain " + shown(evidence.days.bets.mean() * rules.clip) + " over " +
           counted(evidence.days.days(), "day") + " and " + counted(evidence.pairs, "pair");
}

// The stronger of the two safety processes, in words.
std::string harm_text(const Evidence& evidence, double limit) {
    const std::string bar = " reached " + shown(limit);
    if (evidence.worse_rows_peak >= evidence.worse_units_peak)
        return "the candidate was worse: e-value " + shown(evidence.worse_rows_peak) +
               " over rows" + bar + " within " + counted(evidence.pairs, "pair");
    return "the candidate's units had more errors: e-value " + shown(evidence.worse_units_peak) +
           bar + " within " + counted(evidence.worse_units.candidate_units, "unit") + " of its own";
}

// Raises a peak to the e-value of a process. A mixture is at most its largest part, which mostly
// shows, with one exponential instead of all, that nothing can be raised.
template <class Process>
void raise(double& peak, const Process& process) {
    const double largest = std::ranges::max(process.log_wealth);
    if (std::exp(largest) * (1 + 1e-12) < peak) return;
    peak = std::max(peak, process.e_value());
}

}  // namespace

Status check(const Rules& rules) {
    if (!(rules.clip > 0 && rules.clip <= 1))
        return fail(Code::invalid, "clip has to be in (0, 1]", "rollout.clip");
    if (!(rules.promote_evidence > 1))
        return fail(Code::invalid, "the evidence for a promotion has to be above 1",
                    "rollout.promote.evidence");
    if (!(rules.safety_alpha > 0 && rules.safety_alpha < 1))
        return fail(Code::invalid, "the error rate has to be in (0, 1)", "rollout.safety.alpha");
    if (rules.min_days < 1 || rules.min_rows < 1)
        return fail(Code::invalid, "min_days and min_rows have to be at least 1",
                    "rollout.promote");
    return ok();
}

void DayFold::pair(double champion_loss, double candidate_loss) {
    const double difference = champion_loss - candidate_loss;
    ++evidence_.pairs;
    evidence_.champion_loss += champion_loss;
    evidence_.candidate_loss += candidate_loss;
    differences_.push_back(difference);
    evidence_.worse_rows.update(-difference);
    raise(evidence_.worse_rows_peak, evidence_.worse_rows);
}

void DayFold::unit(stats::UnitEvidence::Entry entry) {
    evidence_.worse_units.update(entry, stats::Direction::worse);
    raise(evidence_.worse_units_peak, evidence_.worse_units);
    evidence_.better_units.update(entry, stats::Direction::better);
    raise(evidence_.better_units_peak, evidence_.better_units);
}

Status fold_day(Evidence& evidence, const predictions::SealedDay& day, const Rules& rules,
                Variants variants, const Belongs& belongs, const FirstTime& first_time) {
    DayFold fold(evidence, rules);
    for (const Row& row : day.rows) {
        if (!belongs(row)) continue;
        fold.row(row.labelled);
        if (!row.labelled) continue;
        if (rules.paired) {
            if (const auto losses = losses_of(row, rules, variants))
                fold.pair(losses->first, losses->second);
        }
        if (row.share == 0) continue;  // not assigned at random: says nothing by units
        const auto error = stats::loss_of(stats::Loss::zero_one, row.served().scalar(), row.label);
        if (!error) continue;
        TRY_ASSIGN(const bool first, first_time(row.key.unit_hash));
        if (!first) continue;
        fold.unit({row.arm == Arm::candidate, *error > 0.5, predictions::probability(row.share)});
    }
    fold.close();
    return ok();
}

Verdict judge_trial(const Evidence& evidence, const Rules& rules, Micros running) {
    const double safety = 1 / rules.safety_alpha;
    if (std::max(evidence.worse_rows_peak, evidence.worse_units_peak) >= safety)
        return {Outcome::roll_back, harm_text(evidence, safety)};
    if (evidence.rows > 0 && evidence.coverage() < rules.min_coverage) {
        const std::string few =
            "only " + shown(100 * evidence.coverage()) + " % of the rows have a label: no decision";
        if (running < rules.horizon) return {Outcome::go_on, few};
        return {Outcome::inconclusive,
                few + " within " + format_duration(rules.horizon) + "; the champion stays"};
    }
    const double e = rules.paired ? evidence.days.e_value() : evidence.better_units_peak;
    const bool long_enough = !rules.paired || evidence.days.days() >= rules.min_days;
    const int64_t rows = rules.paired ? evidence.pairs : evidence.labelled;
    if (e >= rules.promote_evidence && long_enough && rows >= rules.min_rows &&
        running >= rules.min_days * std::chrono::hours{24})
        return {Outcome::promote, "e-value " + shown(e) + " reached " +
                                      shown(rules.promote_evidence) + ": " +
                                      gain_text(evidence, rules)};
    if (running >= rules.horizon)
        return {Outcome::inconclusive, "no proof either way within " +
                                           format_duration(rules.horizon) + ": e-value " +
                                           shown(e) + " for better; the champion stays"};
    return {Outcome::go_on, "e-value " + shown(e) + " for better, " +
                                shown(evidence.worse_rows_peak) + " for worse"};
}

Verdict judge_watch(const Evidence& evidence, const Rules& rules, Micros running,
                    Micros watch_time) {
    // In the watch the old champion scores along as the second variant: its gain is our loss.
    const double limit = 1 / rules.safety_alpha;
    const double e = evidence.days.e_value();
    if (e >= limit)
        return {Outcome::roll_back, "the old champion would have been better: e-value " + shown(e) +
                                        " over days reached " + shown(limit)};
    if (running >= watch_time)
        return {Outcome::promote, "watched for " + format_duration(watch_time) +
                                      ": the old champion was not better (e-value " + shown(e) +
                                      ")"};
    return {Outcome::go_on, "e-value " + shown(e) + " for the old champion"};
}

Point point_of(const Evidence& evidence, const Rules& rules, Time tick, Verdict verdict) {
    Point point;
    point.tick = tick;
    point.days = evidence.days.days();
    point.pairs = evidence.pairs;
    point.rows = evidence.rows;
    point.coverage = evidence.coverage();
    point.promote_e = rules.paired ? evidence.days.e_value() : evidence.better_units_peak;
    point.promote_limit = rules.promote_evidence;
    point.safety_rows_e = evidence.worse_rows_peak;
    point.safety_units_e = evidence.worse_units_peak;
    point.safety_limit = 1 / rules.safety_alpha;
    point.mean_gain = evidence.days.bets.mean() * rules.clip;
    point.row_gain = evidence.days.row_mean();
    const stats::Interval interval = evidence.days.interval(rules.clip, 0.05);
    point.lower = interval.lower;
    point.upper = interval.upper;
    point.verdict = std::move(verdict);
    return point;
}

}  // namespace rondo::experiment
