// All live endpoints of this process, and the engines they share.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "domain/predictions/service.h"
#include "domain/serving/endpoint.h"
#include "platform/store/database.h"

namespace rondo::serving {

// "models:/NAME@ALIAS", taken apart.
struct ModelAlias {
    std::string name, alias;
};
Result<ModelAlias> parse_model(std::string_view uri);

Status check(const EndpointSpec& spec);

class Endpoints {
  public:
    struct Parts {
        Env& env;
        store::Database& db;
        const predictions::IdCodec& ids;
        const SipKey& assignment_key;
        WorkerPool& pool;
        const predictions::Service& predictions;
        predictions::Flusher& flusher;
        Loader& loader;
        std::string folder;  // of the prediction logs
        // The files of a registered version.
        std::function<Result<ModelPackage>(store::Tx&, int64_t workspace_id,
                                           const std::string& name, int64_t version)>
            fetch;
        // A candidate fails or dawdles beyond its hard limits. Called on any thread.
        std::function<void(int64_t endpoint_id)> tripped;
        // Among several servers: what hands the logs over to the one that decides. Null alone.
        const predictions::Shipper* shipper = nullptr;
        std::function<bool()> counts = nullptr;  // see Endpoint::Parts
    };
    explicit Endpoints(Parts parts) : parts_(std::move(parts)) {}

    // Opens every endpoint of the database and counts what a kill took. One that cannot load its
    // model stays without one; the log says why.
    Status load_all();
    // Opens an endpoint that was created or redefined.
    Status open(const EndpointRow& row);
    // Reads the routes again, loads what they need, and switches. The routes stay as they are when
    // a model does not load. Blocks while models load.
    Status refresh(int64_t endpoint_id);

    std::shared_ptr<Endpoint> find(const std::string& name) const;
    std::shared_ptr<Endpoint> find(int64_t id) const;
    std::vector<std::shared_ptr<Endpoint>> all() const;

    // A loaded version, from the cache or freshly. One that did not load is tried again after ten
    // times as long as it took: a Python model that cannot start would keep a core busy.
    Result<std::shared_ptr<Engine>> engine(int64_t workspace_id, const std::string& model,
                                           int64_t version);

  private:
    Result<std::shared_ptr<predictions::EndpointLog>> open_log(const EndpointRow& row);

    Parts parts_;
    mutable std::mutex mutex_;  // guards the maps
    std::map<std::string, std::shared_ptr<Endpoint>> by_name_;
    std::map<std::pair<std::string, int64_t>, std::weak_ptr<Engine>> engines_;
    std::mutex opening_;     // one log for an endpoint
    std::mutex refreshing_;  // routes that were read later are set later
    std::mutex loading_;     // one load at a time: models are large
    struct Failure {
        Micros again{};  // on the steady clock
        Error error;
    };
    std::map<std::pair<std::string, int64_t>, Failure> failed_;  // guarded by loading_
};

}  // namespace rondo::serving
