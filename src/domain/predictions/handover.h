// How the predictions of several servers reach one sealed day (docs/adr/0005). Each server hands
// the rows of its own log over: as pieces in the blob store, registered in the database in the
// transaction that also says how far it has come. Whoever decides seals a day from the registered
// pieces, once every living server has come past the tick. What is registered later is late:
// counted, and in no evidence.
//
// This file has the SQL and the steps; which server does them when is domain/loop/follower.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/predictions/log.h"
#include "platform/blob/blob.h"
#include "platform/store/database.h"

namespace rondo::predictions {

// How far a server has handed over, and under which session: no row before `until` follows from it.
struct Handover {
    std::string session;  // '' on the arrival clock, and for promises without one
    Time until{};
};

// Sums of one server by arm. answered = sealed + twice + late + lost + what is in open days.
struct ServerSums {
    std::string server;
    std::array<int64_t, 2> answered{}, sealed{}, twice{}, late{}, lost{};
    std::array<int64_t, 2> open{};  // registered pieces of days that are not sealed
};

// A registered piece. digest is empty when its day is sealed or the rows were late.
struct Chunk {
    Day day{};
    std::string server;
    int generation = 0;
    uint64_t begin = 0, end = 0;
    std::string digest;
    std::array<int64_t, 2> rows{};
    friend bool operator==(const Chunk&, const Chunk&) = default;
};

namespace sql {

// Of an endpoint, with day in [first, last] and not sealed, in a fixed order.
Result<std::vector<Chunk>> open_chunks(store::Tx& tx, int64_t endpoint_id, Day first, Day last);
Result<std::optional<Day>> first_open_day(store::Tx& tx, int64_t endpoint_id);
Result<std::vector<Chunk>> chunks_of_server(store::Tx& tx, int64_t endpoint_id,
                                            const std::string& server);
// The pieces of a day are in its segment now.
Status close_chunks(store::Tx& tx, int64_t endpoint_id, Day day);
Result<std::vector<ServerSums>> server_sums(store::Tx& tx, int64_t endpoint_id);
// Adds to a server's sealed and twice.
Status add_sealed(store::Tx& tx, int64_t endpoint_id, const ServerSums& more);
// Adds to what a kill took of a server. Makes its row for the endpoint.
Status add_lost(store::Tx& tx, int64_t endpoint_id, const std::string& server,
                std::array<int64_t, 2> lost);
// Says which routes a server answers by at least. Makes its row for the endpoint.
Status put_route_seen(store::Tx& tx, int64_t endpoint_id, const std::string& server,
                      int64_t route_number);
// Running servers that have not handed over up to `until` in `session`; their addresses.
Result<std::vector<std::string>> behind(store::Tx& tx, int64_t endpoint_id, const Handover& wanted);
// Running servers that may still answer by an older route than the newest, or do not keep to the
// watermarks of the session; their addresses.
Result<std::vector<std::string>> not_following(store::Tx& tx, int64_t endpoint_id,
                                               const std::string& session);

}  // namespace sql

// The steps of one server. Called by one thread; blocks on disk, blob store and database.
class Shipper {
  public:
    Shipper(store::Database& db, blob::Store& blobs, std::string server)
        : db_(db), blobs_(blobs), server_(std::move(server)) {}

    // After the log was opened: what of it is handed over already.
    Status recall(EndpointLog& log, int64_t endpoint_id) const;
    // Flushes and hands over everything; then `done` holds. Without `done` only the pieces and
    // sums.
    Status hand_over(EndpointLog& log, int64_t endpoint_id,
                     const std::optional<Handover>& done) const;
    // Forgets the log's days up to `sealed`; rows of theirs that were not handed over are counted
    // as late.
    Status close_days(EndpointLog& log, int64_t endpoint_id, Day sealed) const;
    const std::string& server() const { return server_; }

  private:
    Status register_pieces(store::Tx& tx, int64_t endpoint_id, const std::vector<Chunk>& chunks,
                           const Counts& counts, const std::optional<Handover>& done) const;

    store::Database& db_;
    blob::Store& blobs_;
    const std::string server_;
};

}  // namespace rondo::predictions
