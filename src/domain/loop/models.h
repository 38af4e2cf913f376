// What the loop asks of registered models: their facts for a gate, their reference, their answers
// to the rows of a table, and their files.
#pragma once

#include "domain/loop/parts.h"

namespace rondo::loop {

// What the run of a version says about its split (tags rondo.split, rondo.trained_until; a tag of
// the version itself wins over one of its run).
Result<gates::ModelFacts> facts_of(const Parts& parts, store::Tx& tx, const std::string& model,
                                   int32_t version);

// A metric of the run that made a version. Code::not_found names what is missing.
Result<double> metric_of(const Parts& parts, store::Tx& tx, const std::string& model,
                         int32_t version, const std::string& metric);

// The files of a version, for loading it.
Result<serving::ModelPackage> package_of(const registry::Service& registry,
                                         const artifacts::Service& artifacts, store::Tx& tx,
                                         const std::string& model, int64_t version);

// Registers what a pipeline run made: its task's outputs name the logged model ("model_uri", and
// "run_id" beside it). In the transaction that completes the run.
Result<pipeline::Outcome> publish_model(const registry::Service& registry, store::Tx& tx,
                                        const pipeline::Run& run, const std::string& outputs);

// Scores by the engines of an endpoint's model.
class EngineScorer final : public gates::Scorer {
  public:
    EngineScorer(serving::Endpoints& endpoints, int64_t workspace_id, std::string model)
        : endpoints_(endpoints), workspace_id_(workspace_id), model_(std::move(model)) {}
    Result<std::vector<double>> score(int32_t version, const data::Table& table,
                                      std::span<const size_t> rows) override;

  private:
    serving::Endpoints& endpoints_;
    int64_t workspace_id_;
    std::string model_;
};

// The reference of a version: its value by the policy's metric, its cells by the reference rows of
// a data version (or the rows a model may train on, where the policy names no reference file).
Result<monitor::Reference> make_reference(const Parts& parts, const serving::EndpointRow& endpoint,
                                          const PolicySpec& policy, int32_t version,
                                          std::optional<int64_t> data_version);

}  // namespace rondo::loop
