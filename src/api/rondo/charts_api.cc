#include "api/rondo/charts_api.h"

namespace rondo::api {
namespace {

constexpr rpc::Permission kRead{"run.read", rpc::Reach::read, "run", "run_ids"};

}  // namespace

std::vector<rpc::Row> ChartsApi::rows() {
    return {rpc::get<&ChartsApi::charts>("/api/rondo/v1/metrics/chart", kRead,
                                         "A metric of several runs, drawn small")};
}

Task<Result<ChartsApi::Charts>> ChartsApi::charts(Wanted message, rpc::Context) {
    tracking::ChartQuery query{.run_ids = std::move(message.run_ids),
                               .key = std::move(message.metric_key),
                               .buckets = message.buckets,
                               .start_step = message.start_step,
                               .end_step = message.end_step};
    co_return co_await db_.read([this, query = std::move(query)](store::Tx& tx) -> Result<Charts> {
        TRY_ASSIGN(auto runs, tracking_.charts(tx, query));
        return Charts{std::move(runs)};
    });
}

}  // namespace rondo::api
