#include "domain/data/service.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"
#include "domain/data/store.h"
#include "platform/crypto/crypto.h"

namespace rondo::data {
namespace {

constexpr size_t kMaxPathBytes = 1024;
constexpr size_t kMaxNameBytes = 200;
constexpr size_t kMaxMessageBytes = 10'000;

std::string with_number(const std::string& dataset, int64_t number) {
    return quoted(dataset) + (number == 0 ? "" : " version " + std::to_string(number));
}

// A task gets the entries as files, so none may lie below another.
Status check_folders(const std::vector<Entry>& by_path, std::string_view path) {
    for (size_t at = path.find('/'); at != std::string_view::npos; at = path.find('/', at + 1)) {
        const std::string_view folder = path.substr(0, at);
        const auto found = std::lower_bound(
            by_path.begin(), by_path.end(), folder,
            [](const Entry& entry, std::string_view wanted) { return entry.path < wanted; });
        if (found != by_path.end() && found->path == folder)
            return fail(Code::invalid,
                        quoted(folder) + " is a file, and " + quoted(path) + " lies below it",
                        "entries");
    }
    return ok();
}

}  // namespace

Status check_path(std::string_view path) {
    const auto refuse = [&](std::string_view why) {
        return fail(Code::invalid, "the path " + quoted(path) + " " + std::string(why), "path");
    };
    if (path.empty() || path.size() > kMaxPathBytes) return refuse("has to have 1 to 1,024 bytes");
    if (!is_storable_text(path)) return refuse("has to be UTF-8 without NUL");
    if (path.find('\\') != std::string_view::npos) return refuse("has a backslash; use '/'");
    if (path.size() > 1 && path[1] == ':') return refuse("names a drive; it has to be relative");
    for (const char c : path) {
        if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) return refuse("has a control character");
    }
    for (const std::string_view part : split(path, '/')) {
        if (part.empty()) return refuse("has an empty part; it has to be relative, like a/b.csv");
        if (part == "." || part == "..") return refuse("has '.' or '..' in it");
    }
    return ok();
}

Status check_name(std::string_view name) {
    bool good = !name.empty() && name.size() <= kMaxNameBytes && name[0] != '.' && name[0] != '-';
    for (const char c : name) {
        good = good && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-');
    }
    if (!good)
        return fail(Code::invalid,
                    quoted(name) +
                        " is no name: use letters, digits, '.', '_' and '-', "
                        "at most 200, starting with a letter or digit",
                    "name");
    return ok();
}

std::string write_tree(std::vector<Entry> entries) {
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.path < b.path; });
    std::string out;
    for (const Entry& e : entries)
        out += e.digest + " " + std::to_string(e.size) + " " + e.path + "\n";
    return out;
}

Result<std::vector<Entry>> read_tree(std::string_view text) {
    std::vector<Entry> out;
    for (const std::string_view line : split(text, '\n')) {
        if (line.empty()) continue;
        const size_t first = line.find(' ');
        const size_t second = line.find(' ', first + 1);
        const auto size = second == std::string_view::npos
                              ? std::nullopt
                              : parse_int(line.substr(first + 1, second - first - 1));
        if (!size) return fail(Code::internal, "a stored tree is damaged");
        out.push_back(
            {std::string(line.substr(second + 1)), std::string(line.substr(0, first)), *size});
    }
    return out;
}

Result<Service::NewVersion> Service::complete(store::Tx& tx, int64_t workspace_id,
                                              NewVersion request) const {
    TRY(check_name(request.dataset));
    if (request.entries.empty())
        return fail(Code::invalid, "a version needs at least one file", "entries");
    if (request.entries.size() > kMaxFiles)
        return fail(Code::too_large, "a version has at most 1,000,000 files", "entries");
    if (request.parent) TRY(get_version(tx, workspace_id, request.dataset, *request.parent));
    if (request.message.size() > kMaxMessageBytes || !is_storable_text(request.message))
        return fail(Code::invalid, "the message has to be text of at most 10,000 bytes", "message");
    std::sort(request.entries.begin(), request.entries.end(),
              [](const Entry& a, const Entry& b) { return a.path < b.path; });
    for (size_t i = 0; i < request.entries.size(); ++i) {
        Entry& entry = request.entries[i];
        TRY(check_path(entry.path));
        if (i > 0 && request.entries[i - 1].path == entry.path)
            return fail(Code::invalid, "the path " + quoted(entry.path) + " is given twice",
                        "entries");
        TRY(check_folders(request.entries, entry.path));
        TRY_ASSIGN(const auto digest, blob::Digest::parse(entry.digest));
        TRY_ASSIGN(const auto size, sql::granted_size(tx, workspace_id, digest.hex()));
        if (!size)
            return fail(Code::not_found, "the bytes of " + quoted(entry.path) + " (" +
                                             entry.digest.substr(0, 12) +
                                             "...) are not stored; upload them first");
        entry.size = *size;
    }
    return request;
}

Result<std::string> Service::tree_of(store::Tx& tx, int64_t workspace_id,
                                     NewVersion request) const {
    TRY_ASSIGN(NewVersion complete_one, complete(tx, workspace_id, std::move(request)));
    return write_tree(std::move(complete_one.entries));
}

Result<Version> Service::create_version(store::Tx& tx, int64_t workspace_id, NewVersion request,
                                        const blob::Stored& tree) const {
    TRY_ASSIGN(request, complete(tx, workspace_id, std::move(request)));
    Version version;
    std::vector<holds::Bytes> bytes{{tree.digest.hex(), static_cast<int64_t>(tree.size)}};
    for (const Entry& entry : request.entries) {
        version.bytes += entry.size;
        bytes.push_back({entry.digest, entry.size});
    }
    // The collection of garbage may have read the versions already, and what held these before.
    TRY(holds::hold(tx, bytes, env_.now(), terms_));
    version.files = static_cast<int64_t>(request.entries.size());
    if (sha256_hex(write_tree(std::move(request.entries))) != tree.digest.hex())
        return fail(Code::conflict, "the files of " + quoted(request.dataset) +
                                        " changed while the version was made; try again");
    const Time now = env_.now();
    TRY(sql::grant(tx, workspace_id, tree.digest.hex(), static_cast<int64_t>(tree.size), now));
    version.dataset = request.dataset;
    version.digest = tree.digest.hex();
    version.parent = request.parent;
    version.message = std::move(request.message);
    version.created = now;
    TRY_ASSIGN(version.dataset_id, sql::ensure_dataset(tx, workspace_id, request.dataset, now));
    TRY_ASSIGN(Version made, sql::insert_version(tx, std::move(version)));
    TRY(events_.publish(tx, {.kind = "data.version_created",
                             .subject = "dataset/" + made.dataset,
                             .cause = request.cause,
                             .data = json::write(made),
                             .workspace_id = workspace_id}));
    return made;
}

Result<Version> Service::get_version(store::Tx& tx, int64_t workspace_id,
                                     const std::string& dataset, int64_t number) const {
    TRY_ASSIGN(auto found, number == 0 ? sql::latest_version(tx, workspace_id, dataset)
                                       : sql::find_version(tx, workspace_id, dataset, number));
    if (!found)
        return fail(Code::not_found, "no dataset " + with_number(dataset, number) +
                                         "; push one with `rondo data push`");
    return std::move(*found);
}

Result<std::vector<Entry>> Service::entries(const Version& version) const {
    TRY_ASSIGN(const auto digest, blob::Digest::parse(version.digest));
    TRY_ASSIGN(const std::string tree, blobs_.read_all(digest, kMaxTreeBytes));
    return read_tree(tree);
}

Result<std::vector<std::string>> Service::known(store::Tx& tx, int64_t workspace_id,
                                                std::span<const std::string> digests) const {
    TRY_ASSIGN(const auto hidden, holds::hidden_of(tx, digests));
    std::vector<std::string> out;
    std::vector<holds::Bytes> bytes;
    for (const std::string& digest : digests) {
        TRY_ASSIGN(const auto size, sql::granted_size(tx, workspace_id, digest));
        if (!size || std::ranges::find(hidden, digest) != hidden.end()) continue;
        out.push_back(digest);
        bytes.push_back({digest, *size});
    }
    TRY(holds::hold(tx, bytes, env_.now(), terms_));
    return out;
}

}  // namespace rondo::data
