// What stats_cases computes: one row a function, in the file of its part.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/stats/interval.h"

namespace rondo::stats::cases {

// A line: a name and arguments between tabs, each a list of numbers or words between spaces.
class Case {
  public:
    explicit Case(std::string_view line);
    std::string_view name() const { return name_; }
    std::string_view text(size_t i) const { return i < arguments_.size() ? arguments_[i] : ""; }
    double number(size_t i) const;
    int64_t whole(size_t i) const { return static_cast<int64_t>(number(i)); }
    std::vector<double> numbers(size_t i) const;
    std::vector<int64_t> wholes(size_t i) const;
    size_t size() const { return arguments_.size(); }

  private:
    std::string_view name_;
    std::vector<std::string_view> arguments_;
};

using Answer = Result<std::vector<double>>;
inline Answer tell(const Result<double>& result) {
    TRY(result);
    return std::vector{*result};
}
inline Answer tell(const Result<Bounds>& result) {
    TRY(result);
    return std::vector{result->lower, result->upper};
}

using Function = Answer (*)(const Case&);
using Table = std::map<std::string_view, Function>;

void add_distributions(Table& table);
void add_two_sample(Table& table);
void add_metrics(Table& table);
void add_sketches(Table& table);
void add_sequential(Table& table);

}  // namespace rondo::stats::cases
