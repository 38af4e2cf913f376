#include "base/files.h"

#include <sys/stat.h>

#include <algorithm>

namespace rondo {
namespace {

constexpr size_t kPiece = 1 << 20;

Status walk(const std::string& root, const std::string& below, std::vector<LocalFile>& out,
            std::vector<std::string>* others) {
    TRY_ASSIGN(auto names, system_env().files().list(root + "/" + below));
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
        const std::string path = below.empty() ? name : below + "/" + name;
        struct stat info{};
        if (::lstat((root + "/" + path).c_str(), &info) != 0) continue;
        if (S_ISDIR(info.st_mode))
            TRY(walk(root, path, out, others));
        else if (S_ISREG(info.st_mode))
            out.push_back({path, static_cast<uint64_t>(info.st_size)});
        else if (others != nullptr)
            others->push_back(path);
    }
    return ok();
}

}  // namespace

Result<std::vector<LocalFile>> walk_files(const std::string& root,
                                          std::vector<std::string>* others) {
    std::vector<LocalFile> files;
    TRY(walk(root, "", files, others));
    return files;
}

Status each_piece(File& file, uint64_t bytes,
                  const std::function<Status(std::string_view)>& visit) {
    for (uint64_t at = 0; at < bytes;) {
        const size_t want = static_cast<size_t>(std::min<uint64_t>(kPiece, bytes - at));
        TRY_ASSIGN(const std::string piece, file.read_at(at, want));
        if (piece.empty()) return ok();
        TRY(visit(piece));
        at += piece.size();
    }
    return ok();
}

}  // namespace rondo
