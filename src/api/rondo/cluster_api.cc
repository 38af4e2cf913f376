#include "api/rondo/cluster_api.h"

namespace rondo::api {
namespace {

constexpr rpc::Permission kRead{"read_cluster", rpc::Reach::read, "", ""};

}  // namespace

std::vector<rpc::Row> ClusterApi::rows() {
    return {rpc::get<&ClusterApi::cluster>("/api/rondo/v1/cluster", kRead,
                                           "Servers, leases and long jobs")};
}

Task<Result<ClusterApi::Cluster>> ClusterApi::cluster(rpc::None, rpc::Context) {
    const std::string self = servers_.self().id;
    co_return co_await db_.read([self](store::Tx& tx) -> Result<Cluster> {
        Cluster out;
        TRY_ASSIGN(const auto servers, jobs::all_servers(tx));
        for (const auto& s : servers)
            out.servers.push_back(
                {s.id, s.state, s.address, s.incarnation, s.started, s.heartbeat, s.id == self});
        TRY_ASSIGN(const auto leases, jobs::all_leases(tx));
        for (const auto& l : leases) out.leases.push_back({l.name, l.owner, l.fence, l.owner_runs});
        TRY_ASSIGN(const auto jobs, jobs::all_progress(tx));
        for (const auto& j : jobs)
            out.jobs.push_back(
                {j.name, j.place, j.problem, j.rounds, j.slices, j.items, j.failures});
        TRY_ASSIGN(const auto consumers, events::consumer_progress(tx));
        for (const auto& c : consumers) out.consumers.push_back({c.name, c.waiting});
        return out;
    });
}

}  // namespace rondo::api
