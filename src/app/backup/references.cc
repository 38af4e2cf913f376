#include "app/backup/references.h"

namespace rondo::app {
namespace {

constexpr int64_t kPage = 1000;

Status visit_tree(blob::Store& blobs, const Reference& tree, const VisitReference& visit) {
    uint64_t offset = 0;
    while (true) {
        Status visited = ok();
        const auto next = collection::visit_tree_piece(blobs, tree, offset, [&](Reference entry) {
            visited = visit(entry);
            return visited;
        });
        TRY(visited);
        if (!next || *next == 0) return ok();  // one that cannot be read was visited itself
        offset = *next;
    }
}

// Uploads that nothing refers to yet, but for garbage, which may go at any moment.
Status visit_uploads(store::Snapshot& snapshot, bool has_objects, const VisitReference& visit) {
    Status good = ok();
    TRY(snapshot.stream(has_objects
                            ? "SELECT g.digest, g.size FROM blob_grants g LEFT JOIN blob_objects o "
                              "ON o.digest = g.digest WHERE o.state IS NULL OR o.state = 0"
                            : "SELECT digest, size FROM blob_grants",
                        [&](const store::Row& row) {
                            good = visit({std::string(row.text(0)), row.integer(1), "an upload"});
                            return good.has_value();
                        }));
    return good;
}

}  // namespace

Status each_reference(store::Snapshot& snapshot, blob::Store& blobs, const VisitReference& visit) {
    TRY_ASSIGN(const auto applied, store::applied_migrations(snapshot));
    const int64_t schema = applied.empty() ? 0 : applied.back().number;
    for (const collection::Root& root : collection::roots()) {
        if (root.since > schema) continue;
        std::string place;
        do {
            TRY_ASSIGN(place, collection::visit_page(snapshot.tx(), root, place, kPage,
                                                     [&](Reference reference) -> Status {
                                                         TRY(visit(reference));
                                                         if (!root.of_trees) return ok();
                                                         return visit_tree(blobs, reference, visit);
                                                     }));
        } while (!place.empty());
    }
    return visit_uploads(snapshot, schema >= kCollectionSchema, visit);
}

}  // namespace rondo::app
