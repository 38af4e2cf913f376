// Files of artifacts (importer.h).
#include "base/files.h"
#include "base/text.h"
#include "domain/artifacts/path.h"
#include "domain/move/importer.h"
#include "platform/crypto/file_digest.h"

namespace rondo::move {
namespace {

// Files of one transaction, and files of ours that are looked up at once.
constexpr size_t kFilesAtOnce = 200;
constexpr int64_t kKnownAtOnce = 1000;

}  // namespace

Status Importer::import_files() {
    uint64_t bytes = 0;
    for (const Place& place : folders_) {
        TRY_ASSIGN(const auto files, walk_files(place.folder));
        for (const LocalFile& file : files) bytes += file.size;
    }
    watch_.step("artifacts", bytes, kBytesUnit);
    for (const Place& place : folders_)
        TRY(about("artifacts of " + quoted(place.folder), import_folder(place)));
    return flush_files();
}

Status Importer::import_folder(const Place& place) {
    std::vector<std::string> others;
    TRY_ASSIGN(const auto files, walk_files(place.folder, &others));
    for (const std::string& other : others)
        places_.skip(place, other, "a link or a device is no file, and is not followed");
    std::map<std::string, artifacts::File> known;
    for (std::string after;;) {
        TRY_ASSIGN(const auto page, target_.read([&](store::Tx& tx) {
            return parts_.artifacts.walk(tx, place.path, after, kKnownAtOnce);
        }));
        for (const artifacts::File& file : page) known.emplace(file.path, file);
        if (std::ssize(page) < kKnownAtOnce) break;
        after = page.back().path;
    }
    for (const LocalFile& file : files) {
        const auto path = artifacts::clean_path(artifacts::join(place.path, file.path));
        if (!path)
            places_.skip(place, file.path, "no client could fetch a file of such a name");
        else
            TRY(import_file(place, file.path, *path, known));
        watch_.done(file.size);
    }
    return ok();
}

Status Importer::import_file(const Place& place, const std::string& name, const std::string& path,
                             const std::map<std::string, artifacts::File>& known) {
    TRY_ASSIGN(auto file,
               parts_.env.files().open(place.folder + "/" + name, FileSystem::Mode::read));
    TRY_ASSIGN(const uint64_t size, file->size());
    const auto ours = known.find(path);
    if (ours != known.end() && static_cast<uint64_t>(ours->second.size) == size) {
        TRY_ASSIGN(const std::string digest, sha256_of(*file));
        if (digest == ours->second.digest) {
            count(Kind::files, false, false);
            return ok();
        }
    }
    count(Kind::files, ours == known.end(), true);
    report_.bytes += static_cast<int64_t>(size);
    if (target_.dry()) return ok();
    TRY_ASSIGN(auto upload, parts_.blobs->begin());
    TRY(each_piece(*file, size, [&](std::string_view piece) { return upload->write(piece); }));
    TRY_ASSIGN(const blob::Stored stored, upload->commit());
    files_.emplace_back(path, stored);
    return files_.size() < kFilesAtOnce ? ok() : flush_files();
}

Status Importer::flush_files() {
    if (files_.empty()) return ok();
    TRY(target_.write([&](store::Tx& tx) -> Status {
        for (const auto& [path, stored] : files_) TRY(parts_.artifacts.put(tx, path, stored));
        return ok();
    }));
    files_.clear();
    return ok();
}

}  // namespace rondo::move
