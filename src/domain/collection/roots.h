// What of the stored bytes the database refers to: the one list, for collection of garbage, which
// keeps it, for backup, which copies it, and for the scrub, which checks it. Read in pages, each
// from where the last one ended, within a transaction or a snapshot.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "platform/blob/blob.h"
#include "platform/store/tx.h"

namespace rondo::collection {

struct Reference {
    std::string digest;
    int64_t size = -1;  // -1: the row does not say
    std::string what;   // "dataset homes version 3: history.csv"
};

// Rows of one table, in the order of its key, which stands first among the columns.
struct Root {
    std::string_view kind;  // "artifact"
    int since;              // the migration that made the table
    std::string_view columns, from, key;
    int key_columns;
    // What a row refers to; an error when it cannot be read.
    Status (*visit)(const store::Row&, const std::function<Status(Reference)>&);
    // The digests name trees: what stands in them is referred to as well (data::read_tree).
    bool of_trees = false;
};

std::span<const Root> roots();

// The next `limit` rows after `place` ("" at first). Returns the place of the last one; "" when
// there are no more.
Result<std::string> visit_page(store::Tx& tx, const Root& root, const std::string& place,
                               int64_t limit, const std::function<Status(Reference)>& visit);

// A piece of a tree, from an offset: some hundred lines. Returns the offset after them; 0 at the
// end. The first piece costs a check of the whole. Reads the blob store, so not inside a
// transaction; a tree that is missing or damaged is an error.
Result<uint64_t> visit_tree_piece(blob::Store& blobs, const Reference& tree, uint64_t offset,
                                  const std::function<Status(Reference)>& visit);

}  // namespace rondo::collection
