// stats_cases: computes the cases on stdin, one a line, and prints the numbers of each answer on
// a line, or "error" and the message. For tests that compare domain/stats with its peers.
#include <charconv>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <limits>

#include "cases.h"

namespace rondo::stats::cases {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> out;
    for (size_t at = 0; at <= text.size();) {
        const size_t end = std::min(text.find(separator, at), text.size());
        out.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

double parse(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range)
        return std::strtod(std::string(text).c_str(), nullptr);
    if (error != std::errc() || end != text.data() + text.size()) {
        std::fprintf(stderr, "stats_cases: '%s' is not a number\n", std::string(text).c_str());
        std::exit(2);
    }
    return value;
}

}  // namespace

Case::Case(std::string_view line) {
    arguments_ = split(line, '\t');
    name_ = arguments_.front();
    arguments_.erase(arguments_.begin());
}

double Case::number(size_t i) const { return parse(text(i)); }

std::vector<double> Case::numbers(size_t i) const {
    std::vector<double> out;
    if (text(i).empty()) return out;
    for (const auto part : split(text(i), ' ')) out.push_back(parse(part));
    return out;
}

std::vector<int64_t> Case::wholes(size_t i) const {
    std::vector<int64_t> out;
    for (const double v : numbers(i)) out.push_back(static_cast<int64_t>(v));
    return out;
}

}  // namespace rondo::stats::cases

int main() {
    using namespace rondo::stats::cases;
    Table table;
    add_distributions(table);
    add_two_sample(table);
    add_metrics(table);
    add_sketches(table);
    add_sequential(table);
    std::ios::sync_with_stdio(false);
    std::string line;
    while (std::getline(std::cin, line)) {
        const Case one(line);
        const auto found = table.find(one.name());
        if (found == table.end()) {
            std::fprintf(stderr, "stats_cases: no function '%s'\n",
                         std::string(one.name()).c_str());
            return 2;
        }
        const Answer answer = found->second(one);
        if (!answer) {
            std::printf("error %s\n", answer.error().message.c_str());
            continue;
        }
        for (size_t i = 0; i < answer->size(); ++i)
            std::printf(i == 0 ? "%.17g" : " %.17g", (*answer)[i]);
        std::printf("\n");
    }
    return 0;
}
