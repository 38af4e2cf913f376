// `rondo mirror`: stands before an MLflow server and answers every client from there, while this
// server does the same requests after it and notes what it would have answered otherwise.
//
// Own are the paths of Rondo's interface (/api/rondo/), /metrics, /livez, /readyz and
// /openapi.json; all others are the upstream's. Made before what it copies into, and stopped before
// the network is destroyed.
#pragma once

#include <memory>
#include <string>

#include "app/mirror/forward.h"
#include "app/mirror/options.h"
#include "platform/net/server.h"

namespace rondo::app::mirror {

class Mirror final : public net::Application {
  public:
    // Asks the upstream for a sign of life. The error says what is wrong with the URL, the network
    // or the certificate. All outlive the mirror.
    static Result<std::unique_ptr<Mirror>> open(Env& env, store::Database& db, rpc::Guard& gate,
                                                Resolvers resolvers, Options options);
    ~Mirror() override;

    // What the services of the copy are made with.
    Env& clock() { return clock_; }
    rpc::Guard& guard() { return guard_; }
    store::Database& database() { return rehearsal_; }

    // From now on requests are served; the service has its rows by the time that the first comes.
    void stand_before(rpc::Service& service);
    const rondo::mirror::Record& record() const { return *record_; }
    int64_t queued() const { return replay_ ? replay_->queued() : 0; }
    // Writes down what was found since.
    Status flush() { return record_->flush(); }
    // Ends what is under way, answers what waits for a few seconds, and writes down the rest.
    void stop();

    std::expected<const net::Route*, net::Response> admit(net::Request& request) override;
    net::Response refuse(const net::Request& request, const Error& error) override;
    void finished(const net::Request& request, const net::Route* route, int status, uint64_t bytes,
                  Micros took) override;

  private:
    Mirror(Env& env, store::Database& db, rpc::Guard& gate, Resolvers resolvers, Options options);
    Status greet();

    Env& env_;
    const Options options_;
    client::Url upstream_;
    Clock clock_;
    store::Rehearsal rehearsal_;
    Guard guard_;
    std::unique_ptr<rondo::mirror::Record> record_;
    std::unique_ptr<client::Client> http_;
    rpc::Service* service_ = nullptr;
    std::unique_ptr<Replay> replay_;
    std::unique_ptr<Forwarder> forwarder_;
    bool stopped_ = false;
    net::Route route_;  // of all that is the upstream's
};

}  // namespace rondo::app::mirror
