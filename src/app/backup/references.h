// What of the stored bytes the database refers to, and by what name people know it: for backup,
// which copies it, and for the scrub, which checks it.
#pragma once

#include <functional>
#include <string>

#include "platform/blob/blob.h"
#include "platform/store/snapshot.h"

namespace rondo::app {

struct Reference {
    std::string digest;
    int64_t size = -1;  // -1: the row does not say
    std::string what;   // "dataset homes version 3: history.csv"
};

// Visits each reference, some digests more than once. The files of a dataset's version stand in a
// stored tree; one that cannot be read is visited itself, and its files are left out. Rows that
// hold no digest at all are an error.
Status each_reference(store::Snapshot& snapshot, blob::Store& blobs,
                      const std::function<Status(const Reference&)>& visit);

}  // namespace rondo::app
