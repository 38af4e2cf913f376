// The steps of a long work on this machine, each with a line of progress on stderr.
#pragma once

#include <optional>

#include "app/backup/backup.h"
#include "app/cli/session.h"

namespace rondo::app::cli {

// Outlives the watches it hands out.
class Steps {
  public:
    Watch watch() {
        return {[this](const std::string& what, uint64_t total_bytes) {
                    line_.reset();
                    line_.emplace(what, total_bytes);
                },
                [this](uint64_t bytes) {
                    if (line_) line_->add(bytes);
                }};
    }
    void end() { line_.reset(); }

  private:
    std::optional<Progress> line_;
};

}  // namespace rondo::app::cli
