// Runs and their points (importer.h).
#include <algorithm>

#include "base/text.h"
#include "domain/move/importer.h"
#include "domain/tracking/run_index.h"
#include "domain/tracking/validation.h"

namespace rondo::move {
namespace {

using tracking::Metric;

// Points of one transaction, and points of ours that are compared at once.
constexpr size_t kPointsAtOnce = 10'000;
// When they were logged, so that they are folded at once.
constexpr int64_t kLongAgo = 0;

bool same_row(const tracking::RunRow& a, const tracking::RunRow& b) {
    return a.run.experiment_id == b.run.experiment_id && a.run.name == b.run.name &&
           a.run.user_id == b.run.user_id && a.run.status == b.run.status &&
           a.run.start_ms == b.run.start_ms && a.run.end_ms == b.run.end_ms &&
           a.run.stage == b.run.stage && a.deleted_ms == b.deleted_ms &&
           a.run.artifact_uri == b.run.artifact_uri;
}

using DatasetKey = std::pair<std::string_view, std::string_view>;
DatasetKey key_of(const tracking::DatasetInput& input) {
    return {input.dataset.name, input.dataset.digest};
}

std::vector<tracking::DatasetInput> missing_inputs(const tracking::Run& wanted,
                                                   const tracking::Run& have) {
    std::set<DatasetKey> known;
    for (const auto& input : have.dataset_inputs) known.insert(key_of(input));
    std::vector<tracking::DatasetInput> out;
    for (const auto& input : wanted.dataset_inputs) {
        if (!known.contains(key_of(input))) out.push_back(input);
    }
    return out;
}

// With the step, where there is one.
template <class Model>
std::vector<tracking::ModelOutput> missing_models(const std::vector<Model>& wanted,
                                                  const std::vector<Model>& have) {
    const auto with_step = [](const Model& model) {
        if constexpr (std::is_same_v<Model, tracking::ModelOutput>)
            return model;
        else
            return tracking::ModelOutput{model.model_id, 0};
    };
    std::set<std::pair<std::string, int64_t>> known;
    for (const Model& model : have) known.emplace(model.model_id, with_step(model).step);
    std::vector<tracking::ModelOutput> out;
    for (const Model& model : wanted) {
        if (!known.contains({model.model_id, with_step(model).step}))
            out.push_back(with_step(model));
    }
    return out;
}

using Order = std::tuple<int64_t, int64_t, double, bool>;
Order order_of(const Metric& metric) {
    const tracking::Point point = tracking::stored_point(metric);
    return {point.timestamp, point.step, point.value, point.is_nan};
}

// Our points of a run, read along with the source's in the same order: a point is asked for once,
// and tells whether it is here.
class OurPoints {
  public:
    OurPoints(Target& target, int64_t run) : target_(target), run_(run) {}

    Result<bool> has(const Metric& metric) {
        if (metric.key != key_ || !begun_) {
            key_ = metric.key;
            begun_ = true;
            page_.clear();
            at_ = 0;
            TRY(fetch(std::nullopt));
        }
        while (at_ < page_.size() && order_of(page_[at_]) < order_of(metric)) {
            if (++at_ < page_.size() || page_.size() < kPointsAtOnce) continue;
            const tracking::Point last = tracking::stored_point(page_.back());
            TRY(fetch(last));
        }
        return at_ < page_.size() && order_of(page_[at_]) == order_of(metric);
    }

  private:
    Status fetch(const std::optional<tracking::Point>& after) {
        TRY_ASSIGN(page_, target_.read([&](store::Tx& tx) {
            return tracking::select_history(tx, run_, key_, after, int64_t{kPointsAtOnce});
        }));
        at_ = 0;
        return ok();
    }

    Target& target_;
    const int64_t run_;
    std::string key_;
    bool begun_ = false;
    std::vector<Metric> page_;
    size_t at_ = 0;
};

}  // namespace

struct Importer::RunChange {
    const tracking::RunRow* wanted;
    int64_t key = 0;  // of ours; 0: there is none yet
    bool row = false;
    std::vector<tracking::Param> params;
    std::vector<tracking::Tag> tags;
    std::vector<tracking::DatasetInput> inputs;
    std::vector<tracking::ModelOutput> read, made;

    bool any() const {
        return row || !params.empty() || !tags.empty() || !inputs.empty() || !read.empty() ||
               !made.empty();
    }
    Status write(store::Tx& tx) const {
        const tracking::Run& run = wanted->run;
        TRY_ASSIGN(const int64_t id, row ? tracking::put_run(tx, *wanted) : Result<int64_t>(key));
        TRY(tracking::unindex_run(tx, id));
        TRY(tracking::insert_params(tx, id, params));
        TRY(tracking::upsert_run_tags(tx, id, tags));
        const tracking::RunState state{id, run.experiment_id, run.stage, tracking::Stage::active};
        for (const auto& input : inputs) TRY(tracking::insert_dataset_input(tx, state, input));
        TRY(tracking::upsert_run_models(tx, id, tracking::Direction::input, read));
        return tracking::upsert_run_models(tx, id, tracking::Direction::output, made);
    }
};

Status Importer::import_runs() {
    TRY_ASSIGN(const int64_t rows, source_.rows());
    watch_.step("runs", static_cast<uint64_t>(rows), kRowsUnit);
    TRY(source_.runs([&](std::vector<tracking::RunRow>& page) { return import_page(page); }));
    return flush_points();
}

Status Importer::import_page(std::vector<tracking::RunRow>& page) {
    for (tracking::RunRow& row : page) {
        tracking::Run& run = row.run;
        TRY(tracking::check_run_id(run.run_id));
        const std::string end = run.run_id + "/artifacts";
        Place place =
            places_.of(run.artifact_uri, std::to_string(run.experiment_id) + "/" + end, end);
        run.artifact_uri = place.uri;
        if (!place.folder.empty()) folders_.push_back(std::move(place));
    }
    std::vector<RunChange> changes;
    TRY(compare_runs(page, changes));
    TRY(target_.write([&](store::Tx& tx) -> Status {
        for (const RunChange& change : changes) {
            if (change.any()) TRY(about("run " + change.wanted->run.run_id, change.write(tx)));
        }
        return ok();
    }));
    for (const RunChange& change : changes) {
        count(Kind::runs, change.key == 0, change.any());
        TRY(about("run " + change.wanted->run.run_id,
                  import_points(change.wanted->run, change.key)));
        watch_.done(1);
    }
    return ok();
}

Status Importer::compare_runs(std::vector<tracking::RunRow>& page,
                              std::vector<RunChange>& changes) {
    std::vector<std::string> ids;
    for (const tracking::RunRow& row : page) ids.push_back(row.run.run_id);
    TRY_ASSIGN(const auto rows,
               target_.read([&](store::Tx& tx) -> Result<std::vector<tracking::RunRow>> {
                   TRY_ASSIGN(auto found, tracking::select_runs(tx, parts_.workspace_id, ids));
                   TRY(tracking::load_details(tx, found));
                   return found;
               }));
    std::map<std::string_view, const tracking::RunRow*> ours;
    for (const tracking::RunRow& row : rows) ours.emplace(row.run.run_id, &row);
    const tracking::RunRow none;
    for (const tracking::RunRow& row : page) {
        const auto found = ours.find(row.run.run_id);
        const bool is_new = found == ours.end();
        const tracking::RunRow& have = is_new ? none : *found->second;
        const tracking::Run& wanted = row.run;
        RunChange change{.wanted = &row, .key = have.id};
        change.row = is_new || !same_row(row, have);
        change.params = differing(wanted.params, have.run.params);
        for (const tracking::Param& param : change.params) {
            if (std::ranges::any_of(have.run.params, [&](const tracking::Param& ours) {
                    return ours.key == param.key;
                }))
                return fail(Code::conflict,
                            "the param " + quoted(param.key) + " of run " + wanted.run_id +
                                " has another value here than in the source, and params never "
                                "change; import into a data folder of its own (--data)");
        }
        change.tags = differing(wanted.tags, have.run.tags);
        change.inputs = missing_inputs(wanted, have.run);
        change.read = missing_models(wanted.model_inputs, have.run.model_inputs);
        change.made = missing_models(wanted.model_outputs, have.run.model_outputs);
        changes.push_back(std::move(change));
    }
    return ok();
}

// key: of our run as it was before; 0 when it is new, and has no points to compare with.
Status Importer::import_points(const tracking::Run& run, int64_t key) {
    OurPoints ours(target_, key);
    return source_.points(run, [&](const Metric& metric) -> Status {
        if (key != 0) {
            TRY_ASSIGN(const bool known, ours.has(metric));
            if (known) {
                ++report_.of(Kind::points).same;
                watch_.done(1);
                return ok();
            }
        }
        ++report_.of(Kind::points).added;
        return add_point(run.run_id, metric);
    });
}

Status Importer::add_point(const std::string& run_id, const Metric& metric) {
    if (target_.dry()) {
        watch_.done(1);
        return ok();
    }
    if (points_.empty() || points_.back().first != run_id) points_.push_back({run_id, {}});
    points_.back().second.push_back(metric);
    return ++waiting_points_ < kPointsAtOnce ? ok() : flush_points();
}

Status Importer::flush_points() {
    if (points_.empty()) return ok();
    TRY(target_.write([&](store::Tx& tx) -> Status {
        for (const auto& [run_id, metrics] : points_) {
            TRY_ASSIGN(const auto state,
                       tracking::select_run_state(tx, parts_.workspace_id, run_id));
            if (!state) return fail(Code::conflict, "the run " + run_id + " was deleted meanwhile");
            if (state->indexed) TRY(tracking::unindex_run(tx, state->id));
            TRY(tracking::add_metrics(tx, state->id, metrics, kLongAgo, nullptr));
        }
        return ok();
    }));
    watch_.done(waiting_points_);
    points_.clear();
    waiting_points_ = 0;
    return ok();
}

}  // namespace rondo::move
