#include "app/backup/references.h"

#include "base/time.h"
#include "domain/data/service.h"
#include "platform/json/value.h"

namespace rondo::app {
namespace {

using store::Row;
using Visit = std::function<Status(const Reference&)>;

constexpr size_t kMaxTree = size_t{1} << 30;

// Rows of a query, each turned into references until one fails.
Status each_row(store::Snapshot& snapshot, std::string_view sql,
                const std::function<Status(const Row&)>& turn) {
    Status good = ok();
    TRY(snapshot.stream(sql, [&](const Row& row) {
        good = turn(row);
        return good.has_value();
    }));
    return good;
}

Status visit_files(const std::string& whose, std::string_view spec, const Visit& visit) {
    TRY_ASSIGN(const auto parsed, json::Value::parse(spec));
    for (const auto& [path, digest] : parsed["files"].object())
        TRY(visit({std::string(digest.text()), -1, whose + ": " + path}));
    return ok();
}

// What servers have handed over of days that are not sealed yet.
Status visit_pieces(store::Snapshot& snapshot, const Visit& visit) {
    constexpr int64_t kSchemaOfPieces = 5;
    TRY_ASSIGN(const auto applied, store::applied_migrations(snapshot));
    if (applied.empty() || applied.back().number < kSchemaOfPieces) return ok();
    return each_row(
        snapshot,
        "SELECT e.name, c.day, c.digest FROM prediction_chunks c "
        "JOIN endpoints e ON e.id = c.endpoint_id WHERE c.digest <> ''",
        [&](const Row& row) {
            const Day day = day_from_number(static_cast<int32_t>(row.integer(1)));
            return visit({std::string(row.text(2)), -1,
                          "endpoint " + std::string(row.text(0)) + " open day " + format_day(day)});
        });
}

Status visit_version(const Row& row, blob::Store& blobs, const Visit& visit) {
    const std::string whose =
        "dataset " + std::string(row.text(0)) + " version " + std::to_string(row.integer(1));
    const Reference tree{std::string(row.text(2)), -1, whose};
    TRY(visit(tree));
    TRY_ASSIGN(const auto digest, blob::Digest::parse(tree.digest));
    const auto text = blobs.read_all(digest, kMaxTree);
    if (!text) return ok();
    TRY_ASSIGN(const auto entries, data::read_tree(*text));
    for (const auto& entry : entries)
        TRY(visit({entry.digest, entry.size, whose + ": " + entry.path}));
    return ok();
}

}  // namespace

Status each_reference(store::Snapshot& snapshot, blob::Store& blobs, const Visit& visit) {
    TRY(each_row(snapshot, "SELECT path, digest, size FROM artifact_files", [&](const Row& row) {
        return visit({std::string(row.text(1)), row.integer(2),
                      "artifact '" + std::string(row.text(0)) + "'"});
    }));
    TRY(each_row(snapshot,
                 "SELECT d.name, v.number, v.digest FROM dataset_versions v "
                 "JOIN datasets d ON d.id = v.dataset_id",
                 [&](const Row& row) { return visit_version(row, blobs, visit); }));
    TRY(each_row(snapshot,
                 "SELECT e.name, s.day, s.digest FROM prediction_segments s "
                 "JOIN endpoints e ON e.id = s.endpoint_id",
                 [&](const Row& row) {
                     const Day day = day_from_number(static_cast<int32_t>(row.integer(1)));
                     return visit({std::string(row.text(2)), -1,
                                   "endpoint " + std::string(row.text(0)) + " sealed day " +
                                       format_day(day)});
                 }));
    TRY(visit_pieces(snapshot, visit));
    TRY(each_row(snapshot, "SELECT name, spec FROM pipelines", [&](const Row& row) {
        return visit_files("pipeline " + std::string(row.text(0)), row.text(1), visit);
    }));
    TRY(each_row(snapshot, "SELECT id, spec FROM pipeline_runs", [&](const Row& row) {
        return visit_files("pipeline run " + std::to_string(row.integer(0)), row.text(1), visit);
    }));
    TRY(each_row(snapshot, "SELECT id, inputs FROM decisions", [&](const Row& row) -> Status {
        TRY_ASSIGN(const auto inputs, json::Value::parse(row.text(1)));
        for (const auto& segment : inputs["segments"].list())
            TRY(visit(
                {std::string(segment.text()), -1, "decision " + std::to_string(row.integer(0))}));
        return ok();
    }));
    return each_row(snapshot, "SELECT digest, size FROM blob_grants", [&](const Row& row) {
        return visit({std::string(row.text(0)), row.integer(1), "an upload"});
    });
}

}  // namespace rondo::app
