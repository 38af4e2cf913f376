// Traffic that a team has recorded, played again: whole days drawn with repetition, so that rows
// of one day go on hanging together. Each run draws its days, and the units' arms, anew.
#pragma once

#include "domain/gates/model.h"
#include "domain/simulate/source.h"
#include "domain/stats/loss.h"
#include "platform/columnar/table.h"

namespace rondo::simulate {

struct Recorded {
    std::vector<std::vector<Row>> days;  // rows in the order of event time
    uint64_t units = 0;
    int64_t rows = 0;
    bool has_candidate = false;
    double base_rate = 0;  // share of labelled rows on which the champion errs
    double gain = 0;       // mean loss of the champion less the candidate's
};

// A file with the policy's columns of event time, unit and label, the champion's answer in
// `champion`, and, if there is one, a candidate's answer to the same rows in `candidate`. A missing
// label is one that came too late. Errors name the column or the row, the first of which is 1.
// Fails on fewer than two days.
Result<Recorded> read_recorded(const columnar::Table& table, const gates::DataColumns& columns,
                               stats::Loss loss);

// What the candidate is in a replay.
enum class Stand : uint8_t {
    equal_rows,   // champion and candidate are swapped at random on each row: equally good
    equal_days,   // on each day: equal on average, with whole good and bad days
    as_recorded,  // the candidate as it was
};

class Replayed : public Source {
  public:
    Replayed(const Recorded& recorded, Stand stand, Draw draw);
    std::span<const Row> day(int64_t day) override;
    uint64_t units() const override { return coins_.size(); }

  private:
    const Recorded& recorded_;
    Stand stand_;
    Draw draw_;
    std::vector<double> coins_;
    std::vector<Row> rows_;
};

}  // namespace rondo::simulate

template <>
inline constexpr auto rondo::json::enum_names<rondo::simulate::Stand> =
    std::array{std::pair{rondo::simulate::Stand::equal_rows, std::string_view("equal_rows")},
               std::pair{rondo::simulate::Stand::equal_days, std::string_view("equal_days")},
               std::pair{rondo::simulate::Stand::as_recorded, std::string_view("as_recorded")}};
