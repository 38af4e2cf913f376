// Computes a decision again from sealed bytes and says whether it comes out the same to the bit.
#pragma once

#include "domain/loop/parts.h"

namespace rondo::loop {

struct Why {
    int64_t decision = 0;
    std::string kind;
    Time tick{};
    bool recomputed = false;  // some decisions act on counts in memory and cannot be
    bool identical = false;
    int64_t rows_read = 0;
    int64_t segments_read = 0;
    std::string sentence;
    DecisionInputs inputs;
    json::Raw recorded, again;  // the evidence as it was stored, and as it comes out now
    static constexpr auto fields = std::tuple{
        json::field("decision", &Why::decision, "Number of the decision"),
        json::field("kind", &Why::kind, "What was decided"),
        json::field("tick", &Why::tick, "When, on the endpoint's clock"),
        json::field("recomputed", &Why::recomputed, "Whether it could be computed again"),
        json::field("identical", &Why::identical, "Whether every number is the same to the bit"),
        json::field("rows_read", &Why::rows_read, "Rows that were read for it"),
        json::field("segments_read", &Why::segments_read, "Sealed days that were read"),
        json::field("sentence", &Why::sentence, "The outcome in words"),
        json::field("inputs", &Why::inputs, "What the decision was made from"),
        json::field("recorded", &Why::recorded, "Evidence as it was recorded"),
        json::field("again", &Why::again, "Evidence as it comes out now")};
};

// Reads bytes and scores models: call it from a pool thread.
Result<Why> why(const Parts& parts, int64_t workspace_id, int64_t decision_id);

}  // namespace rondo::loop
