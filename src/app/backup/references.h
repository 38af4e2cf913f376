// What of the stored bytes a snapshot of the database refers to, by the one list of roots
// (domain/collection/roots.h), and what was uploaded and may be referred to any moment: for backup,
// which copies it, and for the scrub, which checks it.
#pragma once

#include "domain/collection/roots.h"
#include "platform/store/snapshot.h"

namespace rondo::app {

// The schema that knows what is garbage.
inline constexpr int64_t kCollectionSchema = 6;

using collection::Reference;
using VisitReference = std::function<Status(const Reference&)>;

// Visits each reference, some digests more than once. The files of a dataset's version stand in a
// stored tree; one that cannot be read is visited itself, and its files are left out. Rows that
// hold no digest at all are an error.
Status each_reference(store::Snapshot& snapshot, blob::Store& blobs, const VisitReference& visit);

}  // namespace rondo::app
