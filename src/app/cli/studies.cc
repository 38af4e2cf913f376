#include "app/cli/studies.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <thread>

#include "base/text.h"
#include "domain/monitor/service.h"
#include "domain/rollout/course.h"

namespace rondo::app::cli {

Result<PolicyFile> read_policy(const std::string& path) {
    TRY_ASSIGN(const std::string text, read_local_file(path));
    TRY_ASSIGN(const json::Value parsed, json::parse_yaml(text));
    if (!parsed.is_object())
        return fail(Code::invalid, quoted(path) + " is no policy: it has no fields");
    PolicyFile out;
    // A rollout on its own has neither an endpoint nor a part of that name.
    if (parsed["endpoint"].is_null() && parsed["rollout"].is_null() &&
        parsed["monitor"].is_null()) {
        TRY_ASSIGN(out.rollout, json::read<rollout::RolloutSpec>(parsed.dump()));
    } else {
        TRY_ASSIGN(auto policy, json::read<loop::PolicySpec>(parsed.dump()));
        out.rollout = std::move(policy.rollout);
        out.data = std::move(policy.data);
        TRY(monitor::check(policy.monitor));
        out.monitor = std::move(policy.monitor);
    }
    TRY(rollout::check(out.rollout));
    return out;
}

Result<std::unique_ptr<columnar::Table>> open_rows(const std::string& path) {
    columnar::ReadOptions options;
    options.threads = static_cast<size_t>(all_threads());
    return columnar::open_table(system_env(), path, options);
}

Result<int> usage_code(Result<int> code) {
    if (code) return code;
    const int reported = report(std::unexpected(code.error()));
    return code.error().code == Code::not_found ? reported : 2;
}

Flag TrafficFlags::add_to(Verb& verb, const char* deviation_help) {
    verb.option("--base-rate", base_rate, "Share of requests the champion gets wrong");
    verb.option("--discordance", discordance,
                "Share of requests on which one of both is wrong; 0.6 of the base rate");
    verb.option("--loss-deviation", deviation, deviation_help);
    return verb.option("--requests", rows_per_day, "Requests a day");
}

simulate::Traffic TrafficFlags::traffic() const {
    simulate::Traffic out;
    out.rows_per_day = rows_per_day;
    out.base_rate = base_rate;
    out.discordance = discordance != 0 ? discordance : 0.6 * base_rate;
    return out;
}

int all_threads() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

std::string percent(double share) {
    char text[32];
    std::snprintf(text, sizeof text, "%.*f %%", share < 0.1 && share > 0 ? 2 : 1, 100 * share);
    return text;
}

std::string in_words(const simulate::Share& share) {
    return grouped(share.count) + " of " + grouped(share.runs) + " runs (" + percent(share.share) +
           "; 99.9 % limits " + percent(share.lower) + " to " + percent(share.upper) + ")";
}

std::string days_text(double days) {
    if (!std::isfinite(days)) return "-";
    char text[32];
    std::snprintf(text, sizeof text, days < 10 && days != std::floor(days) ? "%.1f" : "%.0f", days);
    return text;
}

}  // namespace rondo::app::cli
