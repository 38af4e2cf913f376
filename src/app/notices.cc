#include "app/notices.h"

#include "domain/loop/timeline.h"
#include "platform/json/value.h"

namespace rondo::app {
namespace {

using enum notify::Meaning;

}  // namespace

const std::vector<notify::EventKind>& event_kinds() {
    static const std::vector<notify::EventKind> kinds{
        {"monitor.breach", alarms, "A monitored metric is beyond its threshold, with evidence"},
        {"retrain.due", informs, "The schedule asks for a retraining"},
        {"retrain.asked", informs, "Somebody asked for a retraining"},
        {"retrain.started", informs, "A retraining has started"},
        {"retrain.failed", alarms, "A retraining came to no candidate"},
        {"retrain.candidate", informs, "A retraining has made a model version"},
        {"gate.passed", informs, "A candidate passed its gate"},
        {"gate.failed", alarms, "A candidate did not pass its gate"},
        {"rollout.started", informs, "A candidate gets traffic, or shadows the champion"},
        {"rollout.next_stage", informs, "A rollout has reached its next stage"},
        {"rollout.promoted", informs, "A candidate became the champion"},
        {"rollout.rolled_back", alarms, "A candidate was worse, and gets no traffic any more"},
        {"rollout.tripped", alarms, "A candidate failed at once, and gets no traffic any more"},
        {"rollout.inconclusive", informs, "A rollout ended without evidence for either side"},
        {"rollout.aborted", alarms, "A rollout was ended from outside"},
        {"rollout.watch_passed", clears, "The new champion kept what its rollout promised"},
        {"rollout.watch_rolled_back", alarms, "The new champion did not, and the old one is back"},
        {"champion.set", clears, "An endpoint has another champion"},
        {"endpoint.created", informs, "An endpoint was made"},
        {"endpoint.changed", informs, "An endpoint was defined anew"},
        {"policy.applied", informs, "What runs by itself on an endpoint was defined"},
        {"predictions.lost", alarms, "A crash took predictions before they were logged"},
        {"labels.contradictory", informs, "Labels contradict earlier ones"},
        {"pipeline.defined", informs, "A pipeline was defined"},
        {"pipeline.run_queued", informs, "A run of a pipeline was asked for"},
        {"pipeline.run_ended", informs, "A run of a pipeline has ended; an alarm when it failed"},
        {"data.version_created", informs, "A dataset has a new version"},
        {"registry.model_created", informs, "A registered model was made"},
        {"registry.model_renamed", informs, "A registered model has another name"},
        {"registry.model_updated", informs, "A registered model was described"},
        {"registry.model_deleted", informs, "A registered model was deleted"},
        {"registry.model_tag_set", informs, "A tag of a registered model was set"},
        {"registry.model_tag_deleted", informs, "A tag of a registered model was deleted"},
        {"registry.version_created", informs, "A model version was registered"},
        {"registry.version_updated", informs, "A model version was described"},
        {"registry.version_deleted", informs, "A model version was deleted"},
        {"registry.version_tag_set", informs, "A tag of a model version was set"},
        {"registry.version_tag_deleted", informs, "A tag of a model version was deleted"},
        {"registry.stage_set", informs, "A model version has another stage"},
        {"registry.alias_set", informs, "An alias points to a model version"},
        {"registry.alias_deleted", informs, "An alias was deleted"},
        {"registry.prompt_created", informs, "A prompt was made"},
        {"registry.prompt_tag_set", informs, "A tag of a prompt was set"},
        {"registry.prompt_tag_deleted", informs, "A tag of a prompt was deleted"},
        {"registry.prompt_version_created", informs, "A version of a prompt was made"},
        {"registry.prompt_version_tag_set", informs, "A tag of a version of a prompt was set"},
        {"registry.prompt_version_tag_deleted", informs,
         "A tag of a version of a prompt was deleted"},
        {"registry.prompt_alias_set", informs, "An alias points to a version of a prompt"},
        {"registry.prompt_alias_deleted", informs, "An alias of a prompt was deleted"},
        {"server.died", alarms, "A server on the database was taken for dead"},
        {"server.returned", clears, "A server that was taken for dead is back"},
        {"webhook.disabled", alarms, "A receiver of webhooks is gone for good"},
    };
    return kinds;
}

notify::Words words_of(const events::Event& event) {
    notify::Words out;
    for (const notify::EventKind& kind : event_kinds()) {
        if (kind.kind != event.kind) continue;
        out.title = kind.what;
        out.meaning = kind.meaning;
    }
    loop::sql::Entry entry;
    entry.kind = event.kind;
    entry.data = event.data;
    const loop::TimelineEntry told = loop::describe(entry);
    if (told.title != event.kind)
        out.title = told.title + (told.detail.empty() ? "" : ": " + told.detail);
    const auto data = json::Value::parse(event.data);
    if (event.kind == "pipeline.run_ended" && data && (*data)["state"].text() == "failed") {
        out.meaning = alarms;
        out.title = "run " + std::to_string((*data)["run"].integer()) +
                    " failed: " + std::string((*data)["problem"].text());
    }
    if (out.title.empty()) out.title = event.kind;
    return out;
}

}  // namespace rondo::app
