// The servers of the database, who owns which job, and how far long jobs are.
#pragma once

#include <vector>

#include "platform/events/consumer.h"
#include "platform/jobs/sliced.h"
#include "platform/rpc/endpoint.h"

namespace rondo::api {

class ClusterApi {
  public:
    ClusterApi(store::Database& db, const jobs::Servers& servers) : db_(db), servers_(servers) {}
    std::vector<rpc::Row> rows();

    struct Server {
        std::string id, state, address;
        int64_t incarnation = 0;
        Time started{}, heartbeat{};
        bool self = false;
        static constexpr auto fields = std::tuple{
            json::field("id", &Server::id, "Of its data folder"),
            json::field("state", &Server::state, "running, stopped, or dead"),
            json::field("address", &Server::address, "Where it listens"),
            json::field("incarnation", &Server::incarnation, "Grows with each start"),
            json::field("started", &Server::started, "When, on its own clock"),
            json::field("heartbeat", &Server::heartbeat, "The last one, on its own clock"),
            json::field("self", &Server::self, "Whether it is the one that answers")};
    };
    struct Lease {
        std::string job, owner;
        int64_t fence = 0;
        bool held = false;
        static constexpr auto fields =
            std::tuple{json::field("job", &Lease::job, "Name of the job"),
                       json::field("owner", &Lease::owner, "Server and incarnation; empty: nobody"),
                       json::field("fence", &Lease::fence, "Grows with each owner"),
                       json::field("held", &Lease::held, "Whether its owner lives")};
    };
    struct Job {
        std::string name, place, problem;
        int64_t rounds = 0, slices = 0, items = 0, failures = 0;
        static constexpr auto fields = std::tuple{
            json::field("name", &Job::name, "Name of the job"),
            json::field("place", &Job::place, "Where its round is; empty between rounds"),
            json::field("problem", &Job::problem, "Of the last slice, if it failed"),
            json::field("rounds", &Job::rounds, "Rounds done"),
            json::field("slices", &Job::slices, "Slices done"),
            json::field("items", &Job::items, "What it did, in its own unit"),
            json::field("failures", &Job::failures, "Slices that failed")};
    };
    struct Consumer {
        std::string name;
        int64_t waiting = 0;
        static constexpr auto fields = std::tuple{
            json::field("name", &Consumer::name, "Who reads the events"),
            json::field("waiting", &Consumer::waiting, "Events it has not seen, 10,000 at most")};
    };
    struct Cluster {
        std::vector<Server> servers;
        std::vector<Lease> leases;
        std::vector<Job> jobs;
        std::vector<Consumer> consumers;
        static constexpr auto fields = std::tuple{
            json::field("servers", &Cluster::servers, "Newest start first"),
            json::field("leases", &Cluster::leases, "Jobs that one server at a time does"),
            json::field("jobs", &Cluster::jobs, "Long jobs in slices"),
            json::field("consumers", &Cluster::consumers, "Readers of the events")};
    };
    Task<Result<Cluster>> cluster(rpc::None, rpc::Context);

  private:
    store::Database& db_;
    const jobs::Servers& servers_;
};

}  // namespace rondo::api
