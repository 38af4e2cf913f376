// Where things come from: a store of MLflow's as it is at one moment. Read only, by one thread;
// memory for a page of things at a time. Code::invalid names what is broken in the source.
#pragma once

#include <memory>

#include "base/env.h"
#include "domain/move/model.h"

namespace rondo::move {

class Source {
  public:
    virtual ~Source() = default;
    // About how many rows runs() and points() will bring; 0 when nobody knows.
    virtual Result<int64_t> rows() = 0;
    virtual Result<std::vector<tracking::Experiment>> experiments() = 0;
    // Pages of runs with all but their points. Visitors may write to what they are given.
    virtual Status runs(const std::function<Status(std::vector<tracking::RunRow>&)>& visit) = 0;
    // In order of key, then as tracking orders a history: timestamp, step, value, NaN behind.
    virtual Status points(const tracking::Run& run,
                          const std::function<Status(const tracking::Metric&)>& visit) = 0;
    // Pages, with the latest metric of each dataset and run only.
    virtual Status logged_models(
        const std::function<Status(std::vector<tracking::LoggedModel>&)>& visit) = 0;
    virtual Status registered_models(const std::function<Status(RegisteredModel&)>& visit) = 0;
    // What the source holds beside that.
    virtual Result<std::vector<Left>> left() = 0;
    // Relative locations of artifacts are below this folder.
    virtual std::string folder() const = 0;
};

// "sqlite:PATH" or "postgresql://...": a database whose schema is one of those understood, which
// Code::conflict says otherwise. PostgreSQL is read in one READ ONLY transaction.
Result<std::unique_ptr<Source>> open_mlflow_database(Env& env, const std::string& url);
// A folder of files ("mlruns").
Result<std::unique_ptr<Source>> open_mlflow_folder(Env& env, const std::string& path);

// Keeps of the metrics of a logged model the latest of each key, dataset and run.
void keep_latest(std::vector<tracking::Metric>& metrics);

}  // namespace rondo::move
