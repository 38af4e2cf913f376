#include "app/local_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

namespace rondo::app {

Status remove_tree(Env& env, const std::string& path) {
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0) return ok();
    if (S_ISDIR(info.st_mode)) {
        TRY_ASSIGN(const auto names, env.files().list(path));
        for (const std::string& name : names) TRY(remove_tree(env, path + "/" + name));
    }
    return env.files().remove(path);
}

Status sync_file_system(const std::string& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool good = descriptor >= 0 && ::syncfs(descriptor) == 0;
    const int error = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (good) return ok();
    return fail(Code::internal, "cannot sync '" + folder + "': " + std::strerror(error));
}

void Throttle::wait(uint64_t bytes) {
    if (rate_ == 0) return;
    if (bytes_ == 0) begun_ = env_.steady();
    bytes_ += bytes;
    const Micros due{
        static_cast<int64_t>(static_cast<double>(bytes_) * 1e6 / static_cast<double>(rate_))};
    const Micros ahead = due - (env_.steady() - begun_);
    if (ahead > Micros{}) std::this_thread::sleep_for(ahead);
}

Result<DigestFile> DigestFile::create(Env& env, const std::string& path) {
    TRY_ASSIGN(auto file, env.files().open(path, FileSystem::Mode::create_new));
    return DigestFile(std::move(file));
}

Status DigestFile::write(std::string_view bytes) {
    sum_->update(bytes);
    size_ += bytes.size();
    return file_->append(bytes);
}

Status each_line(File& file, uint64_t bytes, const std::function<Status(std::string_view)>& visit) {
    std::string begun;  // of a line that the last piece cut
    TRY(each_piece(file, bytes, [&](std::string_view piece) -> Status {
        size_t at = 0;
        for (size_t end; (end = piece.find('\n', at)) != std::string_view::npos; at = end + 1) {
            if (begun.empty()) {
                TRY(visit(piece.substr(at, end - at)));
                continue;
            }
            begun += piece.substr(at, end - at);
            TRY(visit(begun));
            begun.clear();
        }
        begun += piece.substr(at);
        if (begun.size() > kMaxLine) return fail(Code::too_large, "a line is too long");
        return ok();
    }));
    return begun.empty() ? ok() : visit(begun);
}

Result<FileDigest> digest_of_file(Env& env, const std::string& path, const Meter& meter) {
    TRY_ASSIGN(auto file, env.files().open(path, FileSystem::Mode::read));
    FileDigest out;
    TRY_ASSIGN(out.size, file->size());
    Sha256 sum;
    TRY(each_piece(*file, out.size, [&](std::string_view piece) {
        sum.update(piece);
        meter(piece.size());
        return ok();
    }));
    out.sha256 = sum.hex();
    return out;
}

}  // namespace rondo::app
