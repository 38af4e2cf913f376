// Metrics as charts need them, which MLflow's protocol does not offer: small, and with every peak.
#pragma once

#include "domain/tracking/service.h"
#include "platform/rpc/endpoint.h"
#include "platform/store/database.h"

namespace rondo::api {

class ChartsApi {
  public:
    ChartsApi(store::Database& db, const tracking::Service& tracking)
        : db_(db), tracking_(tracking) {}
    std::vector<rpc::Row> rows();

    struct Wanted {
        std::vector<std::string> run_ids;
        std::string metric_key;
        std::optional<int64_t> start_step, end_step;
        int64_t buckets = 1000;
        static constexpr auto fields = std::tuple{
            json::field("run_ids", &Wanted::run_ids, "At most 100 runs"),
            json::field("metric_key", &Wanted::metric_key, "Name of the metric", json::required),
            json::field("start_step", &Wanted::start_step, "First step"),
            json::field("end_step", &Wanted::end_step, "Last step"),
            json::field("buckets", &Wanted::buckets,
                        "Of each run: up to three points are told of each, all when they are few")};
    };
    struct Charts {
        std::vector<tracking::RunChart> runs;
        static constexpr auto fields =
            std::tuple{json::field("runs", &Charts::runs, "In the order of run_ids")};
    };
    Task<Result<Charts>> charts(Wanted message, rpc::Context);

  private:
    store::Database& db_;
    const tracking::Service& tracking_;
};

}  // namespace rondo::api
