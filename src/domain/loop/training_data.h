// Sealed predictions as training rows: the file that a retraining adds to the dataset.
#pragma once

#include <span>

#include "domain/data/service.h"
#include "domain/gates/model.h"
#include "domain/predictions/service.h"

namespace rondo::loop {

// "log/2013-04-01_2013-07-01.csv"
std::string training_file_name(Day first, Day last);
// The last day of such a name; nothing for another file.
std::optional<Day> last_day_of(std::string_view path);

// Labelled rows as CSV: event time, unit, label under the policy's column names, then the features.
// Numbers are written so that they read back as the same bits.
class TrainingFile {
  public:
    TrainingFile(const gates::DataColumns& columns, blob::Upload& upload)
        : columns_(columns), upload_(upload) {}
    Status add(const predictions::SealedDay& day);
    int64_t rows() const { return rows_; }

  private:
    const gates::DataColumns& columns_;
    blob::Upload& upload_;
    predictions::Schema schema_;  // of the header; later days are converted to it
    bool has_header_ = false;
    int64_t rows_ = 0;
};

}  // namespace rondo::loop
