#include "domain/simulate/study.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

#include "domain/stats/interval.h"

namespace rondo::simulate {

void for_each_run(int64_t runs, int threads, const std::function<void(int64_t)>& run,
                  const Done& done) {
    std::atomic<int64_t> next{0}, finished{0};
    const auto work = [&](bool tells) {
        int64_t told = 0;
        for (int64_t i = next++; i < runs; i = next++) {
            run(i);
            const int64_t now = ++finished;
            if (tells && done) {
                done(static_cast<uint64_t>(now - told));
                told = now;
            }
        }
        return told;
    };
    std::vector<std::thread> helpers;
    for (int i = 1; i < threads; ++i) helpers.emplace_back([&] { work(false); });
    const int64_t told = work(true);
    for (std::thread& helper : helpers) helper.join();
    if (done && runs > told) done(static_cast<uint64_t>(runs - told));
}

Share share_of(int64_t count, int64_t runs) {
    Share out;
    out.count = count;
    out.runs = runs;
    if (runs == 0) return out;
    out.share = static_cast<double>(count) / static_cast<double>(runs);
    const auto limits = stats::clopper_pearson_interval(static_cast<double>(count),
                                                        static_cast<double>(runs), 0.999);
    if (limits) {
        out.lower = limits->lower;
        out.upper = limits->upper;
    }
    return out;
}

double time_by(std::vector<double> times, int64_t runs, double share) {
    const auto place = static_cast<size_t>(std::ceil(share * static_cast<double>(runs)));
    if (place == 0 || place > times.size()) return std::nan("");
    std::ranges::nth_element(times, times.begin() + static_cast<ptrdiff_t>(place - 1));
    return times[place - 1];
}

Summary summary_of(const std::vector<Trial>& trials) {
    Summary out;
    const auto runs = static_cast<int64_t>(trials.size());
    std::vector<double> promoted, rolled_back, harm;
    int64_t inconclusive = 0, open = 0;
    for (const Trial& trial : trials) {
        if (trial.promoted_day) promoted.push_back(static_cast<double>(*trial.promoted_day));
        if (trial.rolled_back_day)
            rolled_back.push_back(static_cast<double>(*trial.rolled_back_day));
        inconclusive += trial.ending == rollout::Ending::inconclusive ? 1 : 0;
        open += trial.ending == rollout::Ending::open ? 1 : 0;
        out.days_mean += static_cast<double>(trial.days) / static_cast<double>(runs);
        out.harm_mean += trial.harm / static_cast<double>(runs);
        harm.push_back(trial.harm);
    }
    out.promoted = share_of(static_cast<int64_t>(promoted.size()), runs);
    out.rolled_back = share_of(static_cast<int64_t>(rolled_back.size()), runs);
    out.inconclusive = share_of(inconclusive, runs);
    out.open = share_of(open, runs);
    out.promoted_median = time_by(promoted, runs, 0.5);
    out.promoted_80 = time_by(promoted, runs, 0.8);
    out.rolled_back_median = time_by(rolled_back, runs, 0.5);
    out.rolled_back_80 = time_by(rolled_back, runs, 0.8);
    out.harm_80 = time_by(harm, runs, 0.8);
    return out;
}

}  // namespace rondo::simulate
