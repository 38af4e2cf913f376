#include "domain/stats/sample.h"

#include <algorithm>
#include <cmath>

#include "domain/stats/sort_numbers.h"

namespace rondo::stats {
namespace {

Status too_few(size_t have, size_t least, std::string_view name) {
    return fail(Code::invalid,
                std::string(name) + " has " + std::to_string(have) + " values; this needs " +
                    std::to_string(least) + " or more",
                std::string(name));
}

}  // namespace

Sample::Sample(std::span<const double> values, Missing missing) {
    values_.reserve(values.size());
    for (const double v : values) {
        if (!std::isnan(v)) values_.push_back(v);
    }
    poisoned_ = missing == Missing::propagate && values_.size() != values.size();
    sort_numbers(values_);
}

Sample Sample::taking(std::vector<double> values) {
    Sample out;
    out.values_ = std::move(values);
    if (!std::is_sorted(out.values_.begin(), out.values_.end())) sort_numbers(out.values_);
    return out;
}

Sample Sample::ascending(std::vector<double> values) {
    Sample out;
    out.values_ = std::move(values);
    return out;
}

Status need_values(const Sample& sample, size_t least, std::string_view name) {
    if (sample.size() >= least || sample.poisoned()) return ok();
    return too_few(sample.size(), least, name);
}

Status need_values(std::span<const double> values, size_t least, std::string_view name) {
    if (values.size() >= least) return ok();
    return too_few(values.size(), least, name);
}

std::vector<double> sorted(std::span<const double> values) {
    const Sample numbers(values);
    std::vector<double> out(numbers.values().begin(), numbers.values().end());
    out.resize(values.size(), std::nan(""));
    return out;
}

}  // namespace rondo::stats
