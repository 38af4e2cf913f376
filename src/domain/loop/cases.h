// A case from its opening to the start of its rollout: collect data, train, gate, roll out. Each
// step is a compare-and-set on the case with its events in the same transaction, so that a step
// that was cut short is simply done again. Called by the engine's thread only.
#pragma once

#include "domain/loop/parts.h"

namespace rondo::loop {

enum class Progress : uint8_t {
    moved,    // call again
    waiting,  // for the pipeline; somebody will wake the engine
    none,     // no open case, or it is in the hands of its rollout
};

Result<Progress> drive_case(const Parts& parts, serving::Endpoint& endpoint);

// Opens a case by a person's word. Code::conflict when one is open.
Result<int64_t> open_by_hand(const Parts& parts, store::Tx& tx,
                             const serving::EndpointRow& endpoint, Time at);

// The gate's input for a candidate, from what is stored: the same for the verdict and for `why`.
struct GateQuestion {
    gates::GateInput input;
    std::vector<data::Entry> entries;
};
Result<GateQuestion> gate_question(const Parts& parts, const serving::EndpointRow& endpoint,
                                   const gates::GateSpec& gate, const gates::DataColumns& columns,
                                   const std::string& dataset, int64_t data_version,
                                   int32_t candidate, int32_t champion);

// From which moment a decision made now is in force.
Time effective_now(const Parts& parts, const serving::EndpointRow& endpoint,
                   std::optional<Time> settled);

// The part of a policy that rules a gate, as decisions keep it.
struct GateRules {
    gates::GateSpec gate;
    gates::DataColumns data;
    std::string dataset;
    int64_t candidate = 0, champion = 0;
    static constexpr auto fields =
        std::tuple{json::field("gate", &GateRules::gate, "The gate"),
                   json::field("data", &GateRules::data, "Columns of the data"),
                   json::field("dataset", &GateRules::dataset, "Dataset"),
                   json::field("candidate", &GateRules::candidate, "Version at the gate"),
                   json::field("champion", &GateRules::champion, "Its opponent, 0: none")};
};

}  // namespace rondo::loop
