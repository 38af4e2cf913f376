#include "api/rondo/mirror_api.h"

#include <algorithm>

#include "base/text.h"

namespace rondo::api {
namespace {

// Who may read everything: what differs tells of all experiments.
constexpr rpc::Permission kRead{"read_mirror", rpc::Reach::read, "", ""};

}  // namespace

std::vector<rpc::Row> MirrorApi::rows() {
    const std::string path = "/api/rondo/v1/mirror";
    return {
        rpc::get<&MirrorApi::report>(path, kRead, "What came of the requests that passed"),
        rpc::get<&MirrorApi::differences>(path + "/differences", kRead,
                                          "The newest answers that differ from the upstream's"),
    };
}

Result<mirror::Report> MirrorApi::report(rpc::None, rpc::Context) {
    return record_.report(queued_());
}

Result<MirrorApi::Found> MirrorApi::differences(Query query, rpc::Context) {
    const auto most = static_cast<int64_t>(mirror::kKeptDifferences);
    if (query.limit < 1 || query.limit > most)
        return fail(Code::invalid, "limit has to be 1 to " + std::to_string(most), "limit");
    if (!query.outcome.empty() &&
        std::ranges::find(mirror::kOutcomeNames, query.outcome) == mirror::kOutcomeNames.end())
        return fail(Code::invalid,
                    quoted(query.outcome) +
                        " is no outcome; differing, on_purpose and overlapped "
                        "are kept",
                    "outcome");
    return Found{
        record_.differences(query.outcome, query.endpoint, static_cast<size_t>(query.limit))};
}

}  // namespace rondo::api
