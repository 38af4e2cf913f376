#include <algorithm>

#include "base/bytes.h"
#include "domain/tracking/service.h"
#include "domain/tracking/validation.h"

namespace rondo::tracking {
namespace {

// The last point of a page, and which history it belongs to.
std::string make_token(const Metric& last, uint64_t history) {
    const Point point = stored_point(last);
    std::string bytes;
    put(bytes, history);
    put(bytes, point.timestamp);
    put(bytes, point.step);
    put(bytes, point.value);
    put(bytes, static_cast<uint8_t>(point.is_nan));
    return to_base64url(bytes);
}

Result<std::optional<Point>> read_token(const std::string& token, uint64_t history) {
    if (token.empty()) return std::nullopt;
    const auto bytes = from_base64url(token);
    ByteReader reader(bytes ? std::string_view(*bytes) : "");
    const auto from = reader.get<uint64_t>();
    Point point;
    point.timestamp = reader.get<int64_t>();
    point.step = reader.get<int64_t>();
    point.value = reader.get<double>();
    point.is_nan = reader.get<uint8_t>() != 0;
    const bool number = point.value - point.value == 0;  // neither NaN nor infinite
    if (reader.failed() || reader.left() > 0 || from != history || !number)
        return fail(Code::invalid,
                    "Invalid page token: it has to be the next_page_token of the same history, "
                    "unchanged",
                    "page_token");
    return point;
}

Result<series::StepRange> steps_between(const std::optional<int64_t>& start,
                                        const std::optional<int64_t>& end) {
    if (start.has_value() != end.has_value())
        return fail(Code::invalid,
                    "If either start step or end step are specified, both must be specified.");
    if (!start) return series::StepRange{};
    if (*start > *end)
        return fail(Code::invalid, "end_step must be greater than start_step. Found start_step=" +
                                       std::to_string(*start) +
                                       " and end_step=" + std::to_string(*end) + ".");
    return series::StepRange{*start, *end};
}

Status check_run_count(size_t count) {
    if (count == 0)
        return fail(Code::invalid, "a bulk history request must specify at least one run id");
    if (count > kMaxRunsPerHistory)
        return fail(Code::invalid, "a bulk history request must specify at most " +
                                       std::to_string(kMaxRunsPerHistory) + " run ids. Received " +
                                       std::to_string(count) + ".");
    return ok();
}

}  // namespace

Result<Page<Metric>> Service::metric_history(store::Tx& tx, const HistoryQuery& query) const {
    if (query.max_results && *query.max_results < 1)
        TRY(search::check_max_results(*query.max_results, kMaxHistoryPage));
    const int64_t limit = std::min(query.max_results.value_or(kMaxHistoryPage), kMaxHistoryPage);
    const std::vector<std::string> parts{"history", query.run_id, query.key};
    const uint64_t fingerprint = search::fingerprint(parts);
    TRY_ASSIGN(const auto after, read_token(query.page_token, fingerprint));
    TRY_ASSIGN(const RunState run, need_run(tx, query.run_id));
    Page<Metric> page;
    TRY_ASSIGN(page.items, select_history(tx, run.id, query.key, after, limit + 1));
    if (std::ssize(page.items) > limit) {
        page.items.pop_back();
        page.next_token = make_token(page.items.back(), fingerprint);
    }
    return page;
}

Result<std::vector<Metric>> Service::bulk_history(store::Tx& tx,
                                                  const BulkHistoryQuery& query) const {
    TRY(check_run_count(query.run_ids.size()));
    TRY(search::check_max_results(query.max_results, kMaxHistoryPage));
    std::vector<std::string> run_ids = query.run_ids;
    std::ranges::sort(run_ids);
    run_ids.erase(std::ranges::unique(run_ids).begin(), run_ids.end());
    std::vector<Metric> found;
    for (const std::string& run_id : run_ids) {
        TRY_ASSIGN(const RunState run, need_run(tx, run_id));
        TRY_ASSIGN(auto points, select_history(tx, run.id, query.key, {},
                                               query.max_results - std::ssize(found)));
        for (Metric& point : points) {
            point.run_id = run_id;
            found.push_back(std::move(point));
        }
        if (std::ssize(found) == query.max_results) break;
    }
    return found;
}

Result<std::vector<Metric>> Service::sampled_history(store::Tx& tx,
                                                     const BulkHistoryQuery& query) const {
    TRY(check_run_count(query.run_ids.size()));
    if (query.max_results < 1 || query.max_results > kMaxSampledPoints)
        return fail(Code::invalid,
                    "max_results must be between 1 and " + std::to_string(kMaxSampledPoints) +
                        ". See the API docs for more information about request parameters.",
                    "max_results");
    TRY_ASSIGN(const auto range, steps_between(query.start_step, query.end_step));
    std::vector<Metric> found;
    for (const std::string& run_id : query.run_ids) {
        TRY_ASSIGN(const RunState run, need_run(tx, run_id));
        TRY_ASSIGN(auto points, sample_history(tx, run.id, query.key, range, query.max_results));
        for (Metric& point : points) {
            point.run_id = run_id;
            found.push_back(std::move(point));
        }
    }
    return found;
}

Result<std::vector<RunChart>> Service::charts(store::Tx& tx, const ChartQuery& query) const {
    TRY(check_run_count(query.run_ids.size()));
    if (query.buckets < 1 || query.buckets > kMaxBuckets)
        return fail(Code::invalid, "buckets has to be between 1 and " + std::to_string(kMaxBuckets),
                    "buckets");
    TRY_ASSIGN(const auto range, steps_between(query.start_step, query.end_step));
    std::vector<RunChart> found;
    for (const std::string& run_id : query.run_ids) {
        TRY_ASSIGN(const RunState run, need_run(tx, run_id));
        TRY_ASSIGN(const series::Chart drawn,
                   draw_history(tx, run.id, query.key, range, query.buckets));
        RunChart chart{.run_id = run_id, .total = drawn.total};
        for (const Point& point : drawn.points) {
            chart.steps.push_back(point.step);
            chart.timestamps.push_back(point.timestamp);
            chart.values.push_back(metric_of("", point).value);
        }
        found.push_back(std::move(chart));
    }
    return found;
}

Result<std::vector<DatasetSummary>> Service::search_datasets(
    store::Tx& tx, const std::vector<int64_t>& experiment_ids,
    const auth::Readable& readable) const {
    constexpr size_t kMaxExperiments = 20;
    if (experiment_ids.empty() || experiment_ids.size() > kMaxExperiments)
        return fail(Code::invalid, "a dataset search must name between 1 and " +
                                       std::to_string(kMaxExperiments) + " experiments");
    TRY_ASSIGN(const auto stages, select_stages(tx, parts_.workspace_id, experiment_ids, readable));
    return select_datasets(tx, stages, kMaxDatasetSummaries);
}

}  // namespace rondo::tracking
