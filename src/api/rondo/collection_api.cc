#include "api/rondo/collection_api.h"

#include "domain/collection/store.h"

namespace rondo::api {
namespace {

constexpr rpc::Permission kRead{"read_collection", rpc::Reach::read, "", ""};
constexpr rpc::Permission kCollect{"collect_garbage", rpc::Reach::operate, "", ""};

}  // namespace

std::vector<rpc::Row> CollectionApi::rows() {
    using rpc::get;
    using rpc::post;
    const std::string path = "/api/rondo/v1/collection";
    return {
        get<&CollectionApi::show>(path, kRead, "How collection of garbage goes"),
        post<&CollectionApi::begin>(path, kCollect, "Begin a round of collection of garbage"),
    };
}

Task<Result<collection::State>> CollectionApi::show(rpc::None, rpc::Context) {
    co_return co_await parts_.db.read([](store::Tx& tx) -> Result<collection::State> {
        TRY_ASSIGN(auto kept, collection::sql::get(tx));
        return std::move(kept.state);
    });
}

Task<Result<CollectionApi::Asked>> CollectionApi::begin(collection::Request request, rpc::Context) {
    CO_TRY_ASSIGN(const int64_t number,
                  co_await parts_.db.write(store::Durability::full, [request](store::Tx& tx) {
                      return collection::sql::ask(tx, request);
                  }));
    parts_.hurry();
    co_return Asked{number};
}

}  // namespace rondo::api
