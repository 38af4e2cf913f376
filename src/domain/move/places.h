// Where the artifacts of imported things lie, and where they will: local folders come into our own
// store, other stores stay what they are. One thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "domain/move/model.h"

namespace rondo::move {

struct Place {
    std::string uri;     // from now on
    std::string path;    // below our artifact root; empty when the bytes stay where they are
    std::string folder;  // on this machine, with the files to take; empty when there are none
};

class Places {
  public:
    // base: what relative locations are below. served: the folder from which MLflow's server hands
    // out mlflow-artifacts:/ (empty: not named).
    Places(std::string base, std::string served)
        : base_(std::move(base)), served_(std::move(served)) {}

    // Of an experiment: nothing is taken from it, but new runs will be below.
    std::string of_experiment(int64_t id, const std::string& location);
    // Of a run or a logged model. Its folder is taken only when the location ends with `end`
    // ("<id>/artifacts"), as MLflow writes it: a source cannot ask for other folders of this
    // machine.
    Place of(const std::string& location, std::string path, const std::string& end);
    // Of a version: where a location, or a part of one, lies now.
    std::string moved(const std::string& location) const;
    // Files at that place that are no artifacts: links, names that no client could fetch.
    void skip(const Place& place, const std::string& file, std::string why);

    std::vector<Left> left() const;

  private:
    struct Count {
        int64_t count = 0;
        std::string example;
    };
    static void note(Count& count, const std::string& example);

    const std::string base_, served_;
    std::map<std::string, std::string, std::less<>> moved_;  // local folder -> our URI
    std::map<std::string, Count, std::less<>> kept_;         // by scheme and host
    Count without_folder_, foreign_folder_, not_named_;
    std::map<std::string, Count, std::less<>> skipped_;  // by the reason
};

}  // namespace rondo::move
