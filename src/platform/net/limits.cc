#include "platform/net/limits.h"

#include <sys/resource.h>

#include <array>
#include <string>

#include "base/text.h"

namespace rondo::net {
namespace {

struct Count {
    std::string_view name;
    size_t Limits::* member;
};
struct Duration {
    std::string_view name;
    Micros Limits::* member;
};
constexpr std::array kCounts{
    Count{"header-bytes", &Limits::header_bytes},
    Count{"header-fields", &Limits::header_fields},
    Count{"connections", &Limits::connections},
    Count{"streams", &Limits::streams_per_connection},
    Count{"buffered-bytes", &Limits::buffered_bytes},
};
constexpr std::array kDurations{
    Duration{"idle", &Limits::idle},
    Duration{"header", &Limits::header},
    Duration{"progress", &Limits::progress},
};

}  // namespace

Status check_descriptors() {
    // With fewer it would listen and have none left for who comes.
    constexpr rlim_t kFewest = 64;  // what an idle server holds, twice
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return ok();
    if (limit.rlim_cur < kFewest && limit.rlim_max >= kFewest) {
        limit.rlim_cur = kFewest;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= kFewest) return ok();
    return fail(Code::unavailable, "the system grants " + std::to_string(limit.rlim_cur) +
                                       " file descriptors; at least " + std::to_string(kFewest) +
                                       " are needed (ulimit -n, LimitNOFILE)");
}

Status set_limit(Limits& limits, std::string_view assignment) {
    const size_t equals = assignment.find('=');
    const std::string_view name = assignment.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : assignment.substr(equals + 1);
    for (const Count& count : kCounts) {
        if (count.name != name) continue;
        const auto number = parse_int(value);
        if (!number || *number < 1 || *number > UINT32_MAX)
            return fail(Code::invalid, "the limit " + quoted(name) + " needs a positive number");
        limits.*count.member = static_cast<size_t>(*number);
        return ok();
    }
    for (const Duration& duration : kDurations) {
        if (duration.name != name) continue;
        TRY_ASSIGN(limits.*duration.member, parse_duration(value));
        return ok();
    }
    std::string names;
    for (const Count& count : kCounts) names.append(count.name) += ", ";
    for (const Duration& duration : kDurations) names.append(duration.name) += ", ";
    names.resize(names.size() - 2);
    return fail(Code::invalid,
                "no limit is called " + quoted(name) + "; there are " + names + " (NAME=VALUE)");
}

}  // namespace rondo::net
