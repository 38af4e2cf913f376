// The words of the prediction log.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "platform/json/shape.h"

namespace rondo::predictions {

// The columns of a model's input, as its signature names them.
enum class ColumnType : uint8_t { float32, float64, int64, text };

struct Column {
    std::string name;
    ColumnType type = ColumnType::float64;
    static constexpr auto fields =
        std::tuple{json::field("name", &Column::name, "Name of the column"),
                   json::field("type", &Column::type, "Type of its values")};
    friend bool operator==(const Column&, const Column&) = default;
};

struct Schema {
    std::vector<Column> columns;
    static constexpr auto fields =
        std::tuple{json::field("columns", &Schema::columns, "The columns, in the model's order")};
    friend bool operator==(const Schema&, const Schema&) = default;
};

// One value; which member holds it is the column's type. A missing real is NaN; text is an index
// into the row's (or frame's) texts.
union Cell {
    double real;
    int64_t integer;
    uint32_t text;
};

// Who answered: the endpoint's champion, or the candidate of a rollout.
enum class Arm : uint8_t { champion = 0, candidate = 1 };

// A share of units in ten-thousandths, so that it is exact in every format.
using Share = uint16_t;
inline constexpr Share kWhole = 10'000;
inline double probability(Share share) { return share / 10'000.0; }

// What makes a prediction unique within its endpoint. On the event clock (unit, event time) alone
// does, and sequence is 0 for the first row of a request.
struct Key {
    int64_t event_us = 0;
    uint64_t unit_hash = 0;
    uint32_t sequence = 0;
    friend auto operator<=>(const Key&, const Key&) = default;
};

// What a model's numbers were before they became doubles, so that they are shown alike each time.
enum class NumberKind : uint8_t { float64, float32, int64 };

// What a model said: numbers, or text for models whose answer is none.
struct Answer {
    NumberKind kind = NumberKind::float64;
    std::vector<double> values;
    std::string text;
    bool empty() const { return values.empty() && text.empty(); }
    // The one number that a loss is computed on; NaN when there is none.
    double scalar() const { return values.size() == 1 ? values[0] : std::nan(""); }
};

struct Row {
    Key key;
    std::string unit;
    int64_t arrived_us = 0;
    uint32_t route = 0;       // number of the route that was in force
    Arm arm = Arm::champion;  // who answered
    Share share = 0;          // probability of the candidate's arm at that moment
    int32_t champion = 0;     // model version of the primary
    int32_t candidate = 0;    // of the other one, 0: none
    Answer champion_answer;   // empty when that model did not score the row
    Answer candidate_answer;
    bool champion_failed = false;
    bool candidate_failed = false;
    uint32_t champion_us = 0;  // time the model took
    uint32_t candidate_us = 0;
    std::vector<Cell> features;
    std::vector<std::string> texts;

    // The joined label, in sealed segments.
    bool labelled = false;
    double label = 0;
    int64_t known_us = 0;

    // What the caller was told: the arm's own answer, or the champion's when the candidate failed.
    const Answer& served() const {
        return arm == Arm::candidate && !candidate_failed ? candidate_answer : champion_answer;
    }
    // The answer of a model version to this row, or nullptr when it did not score it.
    const Answer* answer_of(int32_t version) const {
        if (version == champion && !champion_answer.empty()) return &champion_answer;
        if (version == candidate && !candidate_answer.empty()) return &candidate_answer;
        return nullptr;
    }
};

// A label (ground truth, feedback) for one prediction.
struct Label {
    Key key;
    double value = 0;
    Time known{};  // when the outcome became known, on the endpoint's clock
};

// A sealed day.
struct Segment {
    int64_t endpoint_id = 0;
    Day day{};
    std::string digest;
    int64_t rows = 0;
    int64_t labelled = 0;
    int64_t candidate_rows = 0;  // answered by the candidate
    int64_t unmatched = 0;       // labels without a prediction
};

}  // namespace rondo::predictions

template <>
inline constexpr auto rondo::json::enum_names<rondo::predictions::ColumnType> =
    std::array{std::pair{rondo::predictions::ColumnType::float32, std::string_view("float32")},
               std::pair{rondo::predictions::ColumnType::float64, std::string_view("float64")},
               std::pair{rondo::predictions::ColumnType::int64, std::string_view("int64")},
               std::pair{rondo::predictions::ColumnType::text, std::string_view("text")}};
