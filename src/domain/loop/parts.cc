#include "domain/loop/parts.h"

#include "domain/loop/store.h"

namespace rondo::loop {

Result<int64_t> announce(const Parts& parts, store::Tx& tx, const serving::EndpointRow& endpoint,
                         const std::string& kind, Time happened, std::optional<int64_t> cause,
                         std::string data) {
    return parts.events.publish(tx, {.kind = kind,
                                     .subject = endpoint.subject(),
                                     .cause = cause,
                                     .data = std::move(data),
                                     .happened = happened,
                                     .workspace_id = endpoint.workspace_id});
}

Result<int64_t> record(const Parts& parts, store::Tx& tx, const serving::EndpointRow& endpoint,
                       Record record) {
    TRY_ASSIGN(const int64_t event, announce(parts, tx, endpoint, record.event, record.tick,
                                             record.cause, std::move(record.data)));
    Decision decision;
    decision.endpoint_id = endpoint.id;
    decision.kind = std::move(record.decision);
    decision.tick = record.tick;
    decision.inputs = std::move(record.inputs);
    decision.inputs.min_label_coverage = endpoint.spec.min_label_coverage;
    decision.evidence.text = std::move(record.evidence);
    decision.event_id = event;
    TRY(sql::insert_decision(tx, endpoint.workspace_id, decision, parts.env.now()));
    return event;
}

Result<std::vector<std::string>> digests_between(store::Tx& tx, int64_t endpoint_id, Day first,
                                                 Day last) {
    TRY_ASSIGN(const auto segments,
               predictions::sql::segments_between(tx, endpoint_id, first, last));
    std::vector<std::string> out;
    for (const auto& segment : segments) out.push_back(segment.digest);
    return out;
}

}  // namespace rondo::loop
