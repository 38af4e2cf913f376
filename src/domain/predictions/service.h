// Use cases of the prediction log: labels come in, days are sealed, sealed days are read back.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/env.h"
#include "domain/predictions/format.h"
#include "domain/predictions/handover.h"
#include "domain/predictions/log.h"
#include "domain/predictions/store.h"
#include "platform/blob/blob.h"
#include "platform/events/events.h"

namespace rondo::predictions {

inline constexpr size_t kMaxSegmentBytes = size_t{2} << 30;

struct AcceptedLabels {
    int64_t accepted = 0;
    int64_t repeated = 0;       // the same label again: nothing changed
    int64_t contradictory = 0;  // another value for a labelled prediction: the first one counts
    int64_t late = 0;           // accepted, after its day was sealed: shown, and in no evidence
    static constexpr auto fields = std::tuple{
        json::field("accepted", &AcceptedLabels::accepted, "New labels"),
        json::field("repeated", &AcceptedLabels::repeated, "Labels that were known already"),
        json::field("contradictory", &AcceptedLabels::contradictory,
                    "Labels that contradict an earlier one, which stays"),
        json::field("late", &AcceptedLabels::late, "New labels whose day was decided already")};
};

// A day's rows in the order of evidence, with their labels.
struct SealedDay {
    Segment segment;
    Schema schema;
    std::vector<Row> rows;
};

class Service {
  public:
    Service(Env& env, const events::Events& events, blob::Store& blobs)
        : env_(env), events_(events), blobs_(blobs) {}

    // All of a batch or, on an error, nothing of it. `subject` is the endpoint's, for events.
    Result<AcceptedLabels> accept_labels(store::Tx& tx, int64_t endpoint_id,
                                         const std::string& subject,
                                         std::span<const Label> labels) const;

    // Joins the flushed rows of a day with the labels, sorts them by (event time, unit, sequence)
    // and stores them. Registering the segment (sql::insert_segment) and dropping the day's files
    // is the caller's next step; sealing again gives the same bytes.
    Result<SealedDay> seal(EndpointLog& log, int64_t endpoint_id, Day day,
                           std::span<const Label> labels) const;

    // The same from the pieces of several servers. A row that two of them have (it was played
    // again, or a retry went elsewhere) counts once, for the one that logged it first; `counts`
    // says by server what became of its rows.
    struct Joined {
        SealedDay day;
        std::vector<ServerSums> counts;
    };
    Result<Joined> seal_pieces(int64_t endpoint_id, Day day, std::span<const Chunk> chunks,
                               std::span<const Label> labels) const;

    // A sealed day back, checked against its digest.
    Result<SealedDay> read(const Segment& segment) const;

    // Rows that a kill took since the last call, by arm: answered, but neither in a file nor in a
    // segment. Adds them to the sums and publishes an event when there are any. At start only.
    // `server`: among several each has sums of its own; '' alone.
    Status account_losses(store::Tx& tx, EndpointLog& log, int64_t endpoint_id,
                          const std::string& subject, const std::string& server) const;

  private:
    Result<SealedDay> store_day(DecodedFile file, int64_t endpoint_id, Day day,
                                std::span<const Label> labels) const;

    Env& env_;
    const events::Events& events_;
    blob::Store& blobs_;
};

}  // namespace rondo::predictions
