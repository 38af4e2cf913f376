#include "domain/experiment/service.h"

#include <doctest/doctest.h>

namespace rondo::experiment {
namespace {

constexpr Micros kDay = std::chrono::hours{24};

TEST_CASE("a trial that is short of labels goes on until its horizon, and ends there undecided") {
    Rules rules;
    rules.min_coverage = 0.8;
    rules.horizon = 14 * kDay;
    Evidence evidence;
    evidence.rows = 100;
    evidence.labelled = 50;
    CHECK(judge_trial(evidence, rules, 13 * kDay).outcome == Outcome::go_on);
    const Verdict at_the_end = judge_trial(evidence, rules, 14 * kDay);
    CHECK(at_the_end.outcome == Outcome::inconclusive);
    CHECK(at_the_end.reason.find("only 50 % of the rows have a label") != std::string::npos);
    CHECK(at_the_end.reason.find("the champion stays") != std::string::npos);
}

}  // namespace
}  // namespace rondo::experiment
