#include "domain/collection/roots.h"

#include <vector>

#include "base/time.h"
#include "domain/data/service.h"
#include "platform/json/value.h"

namespace rondo::collection {
namespace {

using store::Row;
using Visit = std::function<Status(Reference)>;

// Lines of a tree read at once: some hundred, a transaction's worth.
constexpr size_t kPieceBytes = 64 << 10;

std::string day_text(int64_t day) { return format_day(day_from_number(static_cast<int32_t>(day))); }

Status visit_files(const std::string& whose, std::string_view spec, const Visit& visit) {
    TRY_ASSIGN(const auto parsed, json::Value::parse(spec));
    for (const auto& [path, digest] : parsed["files"].object())
        TRY(visit({std::string(digest.text()), -1, whose + ": " + path}));
    return ok();
}

Status visit_artifact(const Row& row, const Visit& visit) {
    return visit(
        {std::string(row.text(2)), row.integer(3), "artifact '" + std::string(row.text(1)) + "'"});
}

Status visit_version(const Row& row, const Visit& visit) {
    return visit(
        {std::string(row.text(2)), -1,
         "dataset " + std::string(row.text(3)) + " version " + std::to_string(row.integer(1))});
}

Status visit_segment(const Row& row, const Visit& visit) {
    return visit(
        {std::string(row.text(2)), -1,
         "endpoint " + std::string(row.text(3)) + " sealed day " + day_text(row.integer(1))});
}

Status visit_chunk(const Row& row, const Visit& visit) {
    return visit({std::string(row.text(5)), -1,
                  "endpoint " + std::to_string(row.integer(0)) + " predictions of " +
                      day_text(row.integer(1)) + " at server " + std::string(row.text(2))});
}

Status visit_pipeline(const Row& row, const Visit& visit) {
    return visit_files("pipeline " + std::string(row.text(1)), row.text(2), visit);
}

Status visit_run(const Row& row, const Visit& visit) {
    return visit_files("pipeline run " + std::to_string(row.integer(0)), row.text(1), visit);
}

Status visit_decision(const Row& row, const Visit& visit) {
    TRY_ASSIGN(const auto inputs, json::Value::parse(row.text(1)));
    for (const auto& segment : inputs["segments"].list())
        TRY(visit({std::string(segment.text()), -1, "decision " + std::to_string(row.integer(0))}));
    return ok();
}

constexpr Root kRoots[] = {
    {"artifact", 1, "workspace_id, path, digest, size", "artifact_files", "workspace_id, path", 2,
     visit_artifact},
    {"dataset", 3, "v.dataset_id, v.number, v.digest, d.name",
     "dataset_versions v LEFT JOIN datasets d ON d.id = v.dataset_id", "v.dataset_id, v.number", 2,
     visit_version, true},
    {"sealed day", 2, "s.endpoint_id, s.day, s.digest, e.name",
     "prediction_segments s LEFT JOIN endpoints e ON e.id = s.endpoint_id", "s.endpoint_id, s.day",
     2, visit_segment},
    {"predictions", 5, "endpoint_id, day, server, generation, begin_at, digest",
     "prediction_chunks", "endpoint_id, day, server, generation, begin_at", 5, visit_chunk},
    {"pipeline", 3, "id, name, spec", "pipelines", "id", 1, visit_pipeline},
    {"pipeline run", 3, "id, spec", "pipeline_runs", "id", 1, visit_run},
    {"decision", 3, "id, inputs", "decisions", "id", 1, visit_decision},
};

json::Value key_part(const Row& row, int column, bool is_text) {
    if (is_text) return std::string(row.text(column));
    return row.integer(column);
}

bool is_text_key(std::string_view key, int part) {
    for (int at = 0; at < part; ++at) key.remove_prefix(key.find(',') + 2);
    key = key.substr(0, key.find(','));
    return key == "path" || key == "server";
}

}  // namespace

std::span<const Root> roots() { return kRoots; }

Result<std::string> visit_page(store::Tx& tx, const Root& root, const std::string& place,
                               int64_t limit, const Visit& visit) {
    std::string sql = "SELECT " + std::string(root.columns) + " FROM " + std::string(root.from);
    std::vector<store::Arg> args;
    json::Value after;
    if (!place.empty()) {
        TRY_ASSIGN(after, json::Value::parse(place));
        sql += " WHERE (" + std::string(root.key) + ") > (";
        for (const auto& part : after.list()) {
            args.push_back(is_text_key(root.key, static_cast<int>(args.size()))
                               ? store::to_arg(part.text())
                               : store::to_arg(part.integer()));
            sql += (args.size() > 1 ? ", $" : "$") + std::to_string(args.size());
        }
        sql += ")";
    }
    args.push_back(store::to_arg(limit));
    sql += " ORDER BY " + std::string(root.key) + " LIMIT $" + std::to_string(args.size());
    json::Value::List last;
    int64_t rows = 0;
    Status good = ok();
    const store::RowVisitor each = [&](const Row& row) {
        good = root.visit(row, visit);
        last.clear();
        for (int part = 0; part < root.key_columns; ++part)
            last.push_back(key_part(row, part, is_text_key(root.key, part)));
        ++rows;
        return good.has_value();
    };
    TRY(tx.run(sql, args, &each));
    TRY(good);
    if (rows < limit) return std::string();
    return json::Value(std::move(last)).dump();
}

Result<uint64_t> visit_tree_piece(blob::Store& blobs, const Reference& tree, uint64_t offset,
                                  const Visit& visit) {
    TRY_ASSIGN(const auto digest, blob::Digest::parse(tree.digest));
    // Whole or not at all: a digest that rotted in a tree would hide what it stands for.
    if (offset == 0) TRY(blobs.get(digest, [](std::string_view) { return ok(); }));
    TRY_ASSIGN(const std::string piece, blobs.read(digest, offset, kPieceBytes));
    const size_t end = piece.rfind('\n');
    if (end == std::string::npos) {
        if (piece.empty()) return 0;
        return fail(Code::internal, "the stored tree of " + tree.what + " is damaged");
    }
    TRY_ASSIGN(const auto entries, data::read_tree(std::string_view(piece).substr(0, end + 1)));
    for (const auto& entry : entries)
        TRY(visit({entry.digest, entry.size, tree.what + ": " + entry.path}));
    return piece.size() < kPieceBytes ? 0 : offset + end + 1;
}

}  // namespace rondo::collection
