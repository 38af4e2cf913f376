#include "domain/loop/timeline.h"

#include "base/text.h"
#include "platform/json/value.h"

namespace rondo::loop {
namespace {

using json::Value;

std::string number(const Value& value) { return shown(value.number()); }
std::string whole(const Value& value) { return std::to_string(value.integer()); }
std::string count(const Value& value, std::string_view noun) {
    return counted(value.integer(), noun);
}
std::string text(const Value& value) { return std::string(value.text()); }
std::string version(const Value& value) { return "version " + whole(value); }

std::string names(const Value& list) {
    std::string out;
    for (const Value& name : list.list()) out += (out.empty() ? "" : ", ") + text(name);
    return out.empty() ? "none" : out;
}

struct Words {
    std::string title, detail;
};

std::string share_text(const Value& d) { return shown(100 * d["share"].number()) + " %"; }

Words breach(const Value& d) {
    return {"breach: " + text(d["metric"]) + " " + number(d["mean"]) + " is above " +
                number(d["threshold"]),
            version(d["version"]) + ", " + count(d["labels"], "label") + " from " +
                text(d["first_day"]) + " to " + text(d["last_day"]) + ", reference " +
                number(d["reference"]) + ", e-value " + number(d["e_value"]) +
                " against \"at most the threshold\"; drifted features: " + names(d["drifted"])};
}

Words retrain_started(const Value& d) {
    return {"retraining started (" + text(d["reason"]) + ")",
            "pipeline " + text(d["pipeline"]) + " run " + whole(d["run"]) + " on " +
                text(d["dataset"]) + " version " + whole(d["data_version"]) + " (" +
                text(d["data_digest"]).substr(0, 12) + "), trains on rows before " +
                text(d["train_until"]) + ", forward hold-out " + text(d["holdout_from"]) + " to " +
                text(d["holdout_to"])};
}

Words rollout_started(const Value& d) {
    if (d["mode"].text() == "shadow")
        return {
            "shadow: " + version(d["candidate"]) + " scores along with " + version(d["champion"]),
            "rollout " + whole(d["rollout"]) + ", " + share_text(d) +
                " of units, the champion answers; started " +
                (d["origin"].text() == "loop" ? "by the loop" : text(d["origin"]))};
    return {share_text(d) + " of units go to " + version(d["candidate"]),
            "rollout " + whole(d["rollout"]) + " against " + version(d["champion"]) + "; started " +
                (d["origin"].text() == "loop" ? "by the loop" : text(d["origin"]))};
}

Words verdict(std::string title, const Value& d) {
    return {std::move(title), text(d["reason"]) + " (rollout " + whole(d["rollout"]) + ": " +
                                  count(d["days"], "day") + ", " + count(d["pairs"], "pair") +
                                  ", daily gain " + number(d["mean_gain"]) + " in [" +
                                  number(d["lower"]) + ", " + number(d["upper"]) + "])"};
}

Words describe_kind(const std::string& kind, const Value& d) {
    if (kind == "endpoint.created") return {"endpoint created", "serves " + text(d["model"])};
    if (kind == "endpoint.changed") return {"endpoint redefined", "serves " + text(d["model"])};
    if (kind == "policy.applied") return {"policy applied", "version " + whole(d["version"])};
    if (kind == "monitor.breach") return breach(d);
    if (kind == "retrain.due") return {"retraining is due", "every " + text(d["every"])};
    if (kind == "retrain.asked") return {"retraining asked for by hand", ""};
    if (kind == "retrain.started") return retrain_started(d);
    if (kind == "retrain.failed") return {"retraining failed", text(d["problem"])};
    if (kind == "retrain.candidate")
        return {"candidate: " + text(d["model"]) + " " + version(d["version"]),
                "made by pipeline run " + whole(d["pipeline_run"]) + ", tracking run " +
                    text(d["run_id"])};
    if (kind == "gate.passed" || kind == "gate.failed")
        return {std::string("gate ") + (kind == "gate.passed" ? "passed" : "failed") + " for " +
                    version(d["candidate"]),
                text(d["reason"]) + "; hold-out " + text(d["holdout_from"]) + " to " +
                    text(d["holdout_to"]) + ", " + count(d["rows"], "row") + ", against " +
                    (d["champion"].integer() == 0 ? std::string("the base rate")
                                                  : version(d["champion"]))};
    if (kind == "champion.set")
        return {version(d["version"]) + " is champion",
                text(d["reason"]) + ", alias " + text(d["alias"])};
    if (kind == "rollout.started") return rollout_started(d);
    if (kind == "rollout.next_stage")
        return verdict("next stage for " + version(d["candidate"]), d);
    if (kind == "rollout.promoted") return verdict(version(d["candidate"]) + " promoted", d);
    if (kind == "rollout.rolled_back") return verdict(version(d["candidate"]) + " rolled back", d);
    if (kind == "rollout.inconclusive")
        return verdict("inconclusive: " + version(d["champion"]) + " stays", d);
    if (kind == "rollout.watch_passed") return verdict("watch passed", d);
    if (kind == "rollout.watch_rolled_back")
        return verdict("rolled back in the watch: " + version(d["champion"]) + " returns", d);
    if (kind == "rollout.tripped")
        return {version(d["candidate"]) + " rolled back at once", text(d["reason"])};
    if (kind == "rollout.aborted")
        return {"rollout of " + version(d["candidate"]) + " aborted", text(d["reason"])};
    if (kind == "predictions.lost")
        return {"predictions lost in a crash",
                grouped(d["champion"].integer()) + " of the champion's arm, " +
                    grouped(d["candidate"].integer()) +
                    " of the candidate's: answered, and not in the log"};
    if (kind == "labels.contradictory")
        return {"contradictory labels",
                d["labels"].integer() == 1
                    ? "a label contradicts an earlier one, which stays"
                    : count(d["labels"], "label") + " contradict earlier ones, which stay"};
    return {kind, ""};
}

}  // namespace

TimelineEntry describe(const sql::Entry& entry) {
    TimelineEntry out;
    out.id = entry.event_id;
    out.cause = entry.cause;
    out.decision = entry.decision_id;
    out.happened = entry.happened;
    out.recorded = entry.recorded;
    out.kind = entry.kind;
    out.data.text = entry.data;
    const auto data = Value::parse(entry.data);
    Words words = describe_kind(entry.kind, data ? *data : Value());
    out.title = std::move(words.title);
    out.detail = std::move(words.detail);
    return out;
}

}  // namespace rondo::loop
