#include "domain/artifacts/service.h"

#include "base/text.h"
#include "domain/artifacts/path.h"
#include "domain/artifacts/store.h"

namespace rondo::artifacts {
namespace {

// Rows fetched at once while listing: most folders need one fetch.
constexpr int64_t kListStep = 256;

// The greatest character, which no name starts with: behind every path below a folder.
constexpr std::string_view kLast = "\U0010FFFF";

// All paths below a folder lie strictly between these two.
std::string first_below(const std::string& folder) { return folder.empty() ? "" : folder + "/"; }
std::string end_below(const std::string& folder) { return first_below(folder).append(kLast); }

}  // namespace

Status Service::put(store::Tx& tx, const std::string& path, const blob::Stored& stored) const {
    const File file{path, stored.digest.hex(), static_cast<int64_t>(stored.size)};
    for (size_t slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
        const std::string parent = path.substr(0, slash);
        TRY_ASSIGN(const auto blocking, select_file(tx, workspace_id_, parent));
        if (blocking)
            return fail(Code::conflict,
                        quoted(parent) + " is a file, so " + quoted(path) + " cannot lie below it");
    }
    TRY_ASSIGN(const auto below,
               select_files(tx, workspace_id_, first_below(path), end_below(path), 1));
    if (!below.empty())
        return fail(Code::conflict, quoted(path) + " is a folder; a file needs another name");
    const int64_t now_us = to_micros(env_.now());
    TRY(upsert_file(tx, workspace_id_, file, now_us));
    return grant_blob(tx, workspace_id_, file, now_us);
}

Result<std::optional<File>> Service::find(store::Tx& tx, const std::string& path) const {
    return select_file(tx, workspace_id_, path);
}

Result<File> Service::get(store::Tx& tx, const std::string& path) const {
    TRY_ASSIGN(auto file, find(tx, path));
    if (file) return std::move(*file);
    TRY_ASSIGN(const auto below, walk(tx, path, "", 1));
    if (below.empty()) return fail(Code::not_found, "no artifact " + quoted(path));
    return fail(Code::invalid,
                "the artifact " + quoted(path) + " is a folder; list it and fetch its files",
                "path");
}

Result<std::vector<Entry>> Service::list(store::Tx& tx, const std::string& folder) const {
    const std::string prefix = first_below(folder);
    const std::string end = end_below(folder);
    std::string after = prefix;
    std::vector<Entry> entries;
    while (true) {
        TRY_ASSIGN(const auto files, select_files(tx, workspace_id_, after, end, kListStep));
        for (const File& file : files) {
            const std::string_view rest = std::string_view(file.path).substr(prefix.size());
            const size_t slash = rest.find('/');
            const std::string_view name = rest.substr(0, slash);
            if (slash == std::string_view::npos) {
                entries.push_back({std::string(name), false, file.size});
            } else if (entries.empty() || entries.back().path != name) {
                entries.push_back({std::string(name), true, std::nullopt});
            }
            if (entries.size() > kMaxEntries)
                return fail(Code::too_large, "the folder " + quoted(folder) + " has more than " +
                                                 std::to_string(kMaxEntries) + " entries");
        }
        if (std::ssize(files) < kListStep) break;
        // The rest of a big sub-folder is skipped, not read.
        after = entries.back().is_dir ? end_below(prefix + entries.back().path) : files.back().path;
    }
    std::ranges::sort(entries, {}, &Entry::path);
    return entries;
}

Result<std::vector<File>> Service::walk(store::Tx& tx, const std::string& folder,
                                        const std::string& after, int64_t limit) const {
    const std::string start = std::max(first_below(folder), after);
    return select_files(tx, workspace_id_, start, end_below(folder), limit);
}

Result<int64_t> Service::remove(store::Tx& tx, const std::string& path) const {
    return delete_files(tx, workspace_id_, path, first_below(path), end_below(path), kRemoveSlice);
}

}  // namespace rondo::artifacts
