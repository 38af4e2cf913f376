// What goes by itself after a while: garbage among stored bytes, old rows, old folders. The jobs of
// it, and its settings on the command line.
#pragma once

#include "app/config.h"
#include "domain/collection/collector.h"
#include "platform/jobs/periodic.h"

namespace rondo::app {

// "grace=24h"; the error lists the names.
Status set_keep(Config& config, std::string_view assignment);

class Keeping {
  public:
    struct Parts {
        Env& env;
        store::Database& db;
        blob::Store& blobs;
        const artifacts::Service& artifacts;
        jobs::Sliced& sliced;
        int64_t workspace_id;
        std::string attempts;  // folder of
    };
    // Adds the jobs that one server does for all.
    Keeping(const Parts& parts, const Config& config);
    // Before the jobs start.
    Status begin();
    // What each server does for itself.
    void add_to(jobs::Periodic& periodic);
    // A round was asked for. Thread-safe.
    void hurry();
    void write_metrics(std::string& out) const { collector_.write_metrics(out); }

  private:
    Parts parts_;
    const Config& config_;
    collection::Collector collector_;
};

}  // namespace rondo::app
