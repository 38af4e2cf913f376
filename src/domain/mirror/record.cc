#include "domain/mirror/record.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "domain/mirror/store.h"

namespace rondo::mirror {
namespace {

constexpr double kFirstUs = 10, kGrowth = 1.2;

double upper_us(size_t bucket) { return kFirstUs * std::pow(kGrowth, static_cast<double>(bucket)); }

Outcome outcome_of(std::string_view name) {
    const auto found = std::ranges::find(kOutcomeNames, name);
    return found == kOutcomeNames.end() ? Outcome::not_mirrored
                                        : static_cast<Outcome>(found - kOutcomeNames.begin());
}

void write_metric(std::string& out, std::string_view name, std::string_view type,
                  std::string_view help, int64_t value) {
    const std::string full = "rondo_mirror_" + std::string(name);
    out += "# HELP " + full + " " + std::string(help) + "\n# TYPE " + full + " " +
           std::string(type) + "\n" + full + " " + std::to_string(value) + "\n";
}

void write_latency(std::string& out, std::string_view side, const Latency& latency) {
    for (const auto& [quantile, ms] :
         {std::pair{"0.5", latency.p50_ms}, std::pair{"0.99", latency.p99_ms}}) {
        out += "rondo_mirror_latency_seconds{side=\"" + std::string(side) + "\",quantile=\"" +
               quantile + "\"} ";
        append_json_double(out, ms / 1e3);
        out += "\n";
    }
    const std::string labels = "{side=\"" + std::string(side) + "\"} ";
    out += "rondo_mirror_latency_seconds_sum" + labels;
    append_json_double(out, latency.mean_ms * static_cast<double>(latency.count) / 1e3);
    out += "\nrondo_mirror_latency_seconds_count" + labels + std::to_string(latency.count) + "\n";
}

}  // namespace

void Durations::add(Micros took) {
    const double us = static_cast<double>(std::max<int64_t>(took.count(), 1));
    const double place = std::ceil(std::log(us / kFirstUs) / std::log(kGrowth));
    ++buckets_[static_cast<size_t>(
        std::clamp(place, 0.0, static_cast<double>(buckets_.size() - 1)))];
    ++count_;
    total_us_ += took.count();
}

Latency Durations::summary() const {
    Latency out;
    out.count = count_;
    if (count_ == 0) return out;
    out.mean_ms = static_cast<double>(total_us_) / static_cast<double>(count_) / 1e3;
    // The middle of the bucket, on its own scale, where the n-th one lies.
    const auto at = [&](double share) {
        const auto wanted = static_cast<int64_t>(std::ceil(share * static_cast<double>(count_)));
        int64_t seen = 0;
        for (size_t i = 0; i < buckets_.size(); ++i) {
            seen += buckets_[i];
            if (seen >= wanted) return upper_us(i) / std::sqrt(kGrowth) / 1e3;
        }
        return upper_us(buckets_.size()) / 1e3;
    };
    out.p50_ms = at(0.5);
    out.p99_ms = at(0.99);
    return out;
}

Record::Record(Env& env, store::Database& db, std::string upstream)
    : db_(db), upstream_(std::move(upstream)), since_(env.now()) {}

Result<std::unique_ptr<Record>> Record::open(Env& env, store::Database& db, std::string upstream) {
    std::unique_ptr<Record> record(new Record(env, db, std::move(upstream)));
    TRY(db.write_now(store::Durability::full, [&record](store::Tx& tx) -> Status {
        TRY_ASSIGN(record->cut_off_, sql::begin(tx));
        TRY_ASSIGN(const auto tallies, sql::list_tallies(tx));
        record->counts_.clear();
        for (const Tally& tally : tallies)
            record->counts_[{tally.endpoint, outcome_of(tally.outcome), tally.reason}] = {
                tally.count, tally.count};
        TRY_ASSIGN(auto differences, sql::list_differences(tx));
        record->newest_.assign(std::make_move_iterator(differences.begin()),
                               std::make_move_iterator(differences.end()));
        return ok();
    }));
    if (!record->newest_.empty())
        record->last_number_ = record->written_number_ = record->newest_.back().number;
    return record;
}

void Record::add(const std::string& endpoint, Outcome outcome, const std::string& reason) {
    Key key{endpoint, outcome, reason};
    if (counts_.size() >= kMaxTallies && !counts_.contains(key)) key = {"other", outcome, ""};
    ++counts_[key].count;
}

void Record::count(const std::string& endpoint, Outcome outcome, const std::string& reason) {
    const std::lock_guard lock(mutex_);
    add(endpoint, outcome, reason);
}

void Record::keep(Difference difference, Outcome outcome, const std::string& reason) {
    const std::lock_guard lock(mutex_);
    add(difference.endpoint, outcome, reason);
    difference.number = ++last_number_;
    difference.outcome = name_of(outcome);
    difference.reason = reason;
    newest_.push_back(std::move(difference));
    // What is meant or overlapped leaves room for what is not.
    const auto is_excused = [](const Difference& one) {
        return one.outcome != name_of(Outcome::differing);
    };
    auto oldest = newest_.end();
    if (std::ranges::count_if(newest_, is_excused) > static_cast<int64_t>(kKeptExcused))
        oldest = std::ranges::find_if(newest_, is_excused);
    else if (newest_.size() > kKeptDifferences)
        oldest = newest_.begin();
    if (oldest == newest_.end()) return;
    dropped_.push_back(oldest->number);
    newest_.erase(oldest);
}

void Record::note_passed_on(bool answered) {
    const std::lock_guard lock(mutex_);
    ++passed_on_;
    if (!answered) ++unreachable_;
}

void Record::note_latency(Micros upstream, Micros rondo) {
    const std::lock_guard lock(mutex_);
    upstream_latency_.add(upstream);
    rondo_latency_.add(rondo);
}

Report Record::report(int64_t queued) const {
    const std::lock_guard lock(mutex_);
    Report out;
    out.upstream = upstream_;
    out.since = since_;
    std::array<int64_t, kOutcomes> sums{};
    for (const auto& [key, count] : counts_) {
        const auto& [endpoint, outcome, reason] = key;
        sums[static_cast<size_t>(outcome)] += count.count;
        out.tallies.push_back({endpoint, name_of(outcome), reason, count.count});
    }
    const auto of = [&](Outcome outcome) { return sums[static_cast<size_t>(outcome)]; };
    out.equal = of(Outcome::equal);
    out.differing = of(Outcome::differing);
    out.on_purpose = of(Outcome::on_purpose);
    out.overlapped = of(Outcome::overlapped);
    out.unknown_here = of(Outcome::unknown_here);
    out.not_offered = of(Outcome::not_offered);
    out.not_mirrored = of(Outcome::not_mirrored);
    out.mirrored = out.equal + out.differing + out.on_purpose + out.overlapped + out.unknown_here;
    out.passed_on = passed_on_;
    out.unreachable = unreachable_;
    out.queued = queued;
    out.cut_off = cut_off_;
    out.upstream_latency = upstream_latency_.summary();
    out.rondo_latency = rondo_latency_.summary();
    if (out.unknown_here + out.not_mirrored + out.cut_off > 0)
        out.hint =
            "what was there before the mirror, or did not pass it, is unknown here: stop the "
            "mirror, run `rondo import mlflow` from the upstream's store into this data folder, "
            "and start it again";
    return out;
}

std::vector<Difference> Record::differences(const std::string& outcome, const std::string& endpoint,
                                            size_t limit) const {
    const std::lock_guard lock(mutex_);
    std::vector<Difference> out;
    for (auto one = newest_.rbegin(); one != newest_.rend() && out.size() < limit; ++one) {
        if (!outcome.empty() && one->outcome != outcome) continue;
        if (!endpoint.empty() && one->endpoint != endpoint) continue;
        out.push_back(*one);
    }
    return out;
}

void Record::write_metrics(std::string& out, int64_t queued) const {
    const Report now = report(queued);
    out +=
        "# HELP rondo_mirror_requests_total Requests that passed the mirror, by route and by what "
        "came of them here.\n# TYPE rondo_mirror_requests_total counter\n";
    std::map<std::pair<std::string, std::string>, int64_t> sums;
    for (const Tally& tally : now.tallies) sums[{tally.endpoint, tally.outcome}] += tally.count;
    for (const auto& [key, count] : sums) {
        out += "rondo_mirror_requests_total{endpoint=";
        append_json_string(out, key.first);
        out += ",outcome=\"" + key.second + "\"} " + std::to_string(count) + "\n";
    }
    write_metric(out, "passed_on_total", "counter", "Requests passed on to the upstream.",
                 now.passed_on);
    write_metric(out, "unreachable_total", "counter",
                 "Requests that the upstream did not answer (502).", now.unreachable);
    write_metric(out, "queued", "gauge", "Requests that wait to be answered here.", queued);
    out +=
        "# HELP rondo_mirror_latency_seconds Time to an answer, of the upstream and of Rondo.\n"
        "# TYPE rondo_mirror_latency_seconds summary\n";
    write_latency(out, "upstream", now.upstream_latency);
    write_latency(out, "rondo", now.rondo_latency);
}

Status Record::flush() {
    std::vector<Tally> changed;
    std::vector<Difference> fresh;
    std::vector<int64_t> dropped;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [key, count] : counts_) {
            if (count.count == count.written) continue;
            const auto& [endpoint, outcome, reason] = key;
            changed.push_back({endpoint, name_of(outcome), reason, count.count});
        }
        for (const Difference& one : newest_) {
            if (one.number > written_number_) fresh.push_back(one);
        }
        dropped = std::exchange(dropped_, {});
    }
    if (changed.empty() && fresh.empty()) return ok();
    TRY(db_.write_now(store::Durability::normal, [&](store::Tx& tx) -> Status {
        TRY(sql::put_tallies(tx, changed));
        TRY(sql::add_differences(tx, fresh));
        return sql::remove_differences(tx, dropped);
    }));
    const std::lock_guard lock(mutex_);
    for (const Tally& tally : changed)
        counts_[{tally.endpoint, outcome_of(tally.outcome), tally.reason}].written = tally.count;
    if (!fresh.empty()) written_number_ = fresh.back().number;
    return ok();
}

Status Record::end() {
    TRY(flush());
    return db_.write_now(store::Durability::full, [](store::Tx& tx) { return sql::end(tx); });
}

}  // namespace rondo::mirror
