// What a mirror has found out, over HTTP. Registered in a mirror only.
#pragma once

#include <functional>
#include <vector>

#include "domain/mirror/record.h"
#include "platform/rpc/endpoint.h"

namespace rondo::api {

class MirrorApi {
  public:
    MirrorApi(const mirror::Record& record, std::function<int64_t()> queued)
        : record_(record), queued_(std::move(queued)) {}
    std::vector<rpc::Row> rows();

    struct Query {
        std::string outcome, endpoint;
        int64_t limit = 100;
        static constexpr auto fields = std::tuple{
            json::field("outcome", &Query::outcome,
                        "Only these: differing, on_purpose, overlapped"),
            json::field("endpoint", &Query::endpoint, "Only those of this method and route"),
            json::field("limit", &Query::limit, "At most so many, 1 to 500")};
    };
    struct Found {
        std::vector<mirror::Difference> differences;
        static constexpr auto fields =
            std::tuple{json::field("differences", &Found::differences, "The newest first")};
    };

    Result<mirror::Report> report(rpc::None, rpc::Context);
    Result<Found> differences(Query, rpc::Context);

  private:
    const mirror::Record& record_;
    std::function<int64_t()> queued_;
};

}  // namespace rondo::api
