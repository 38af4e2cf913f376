// The commands, one function each. Data goes to stdout, everything else to stderr.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "app/cli/session.h"

namespace rondo::app::cli {

// loop.cc
Status timeline(const Common& common, const std::string& endpoint);
Status why(const Common& common, int64_t decision);

// data.cc
Status data_push(const Common& common, const std::string& dataset, const std::string& folder,
                 const std::string& message);
Status data_list(const Common& common, const std::string& dataset);
Status data_get(const Common& common, const std::string& dataset, const std::string& version,
                const std::string& folder);

// pipeline.cc
Status pipeline_apply(const Common& common, const std::string& file);
Status pipeline_list(const Common& common);
struct RunOptions {
    std::string dataset;
    int64_t data_version = 0;
    std::map<std::string, std::string> params;
    std::string idempotency_key;
    bool wait = false;
};
Status pipeline_run(const Common& common, const std::string& name, const RunOptions& options);
Status run_list(const Common& common, const std::string& pipeline);
Status run_show(const Common& common, int64_t id);
Status run_log(const Common& common, int64_t id, const std::string& task);
Status run_cancel(const Common& common, int64_t id);

// model.cc
Status model_list(const Common& common);
Status model_show(const Common& common, const std::string& name);

// endpoint.cc
Status endpoint_apply(const Common& common, const std::string& file);
Status endpoint_list(const Common& common);
Status endpoint_show(const Common& common, const std::string& name);
Status endpoint_policy(const Common& common, const std::string& file);
Status endpoint_retrain(const Common& common, const std::string& name);
Status endpoint_rollout(const Common& common, const std::string& name, int64_t version,
                        const std::string& spec_file);
Status endpoint_abort(const Common& common, const std::string& name, const std::string& reason);

// doctor.cc: checks the data folder of this machine and the server; the number of findings that
// need a hand.
Result<int> doctor(const Common& common, const std::string& data_folder);

}  // namespace rondo::app::cli
