// Collection of garbage over HTTP: how it goes, and a round now.
#pragma once

#include <functional>
#include <vector>

#include "domain/collection/model.h"
#include "platform/rpc/endpoint.h"
#include "platform/store/database.h"

namespace rondo::api {

class CollectionApi {
  public:
    struct Parts {
        store::Database& db;
        std::function<void()> hurry;  // the round that was asked for may begin
    };
    explicit CollectionApi(Parts parts) : parts_(std::move(parts)) {}
    std::vector<rpc::Row> rows();

    struct Asked {
        int64_t number = 0;
        static constexpr auto fields = std::tuple{json::field(
            "number", &Asked::number, "Number of the request; done when `served` has reached it")};
    };

    Task<Result<collection::State>> show(rpc::None, rpc::Context);
    Task<Result<Asked>> begin(collection::Request, rpc::Context);

  private:
    Parts parts_;
};

}  // namespace rondo::api
