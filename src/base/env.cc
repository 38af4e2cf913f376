#include "base/env.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "base/check.h"

namespace rondo {
namespace {

std::unexpected<Error> system_error(std::string_view doing, const std::string& path, int error) {
    const Code code = error == ENOSPC || error == EDQUOT || error == EFBIG ? Code::storage_full
                      : error == ENOENT                                    ? Code::not_found
                      : error == EEXIST                                    ? Code::already_exists
                      : error == EACCES || error == EPERM || error == EROFS
                          ? Code::permission_denied
                      : error == EMFILE || error == ENFILE ? Code::unavailable
                                                           : Code::internal;
    std::string message = std::string(doing) + " '" + path + "': " + std::strerror(error);
    if (code == Code::storage_full) message += "; free some space, writing resumes by itself";
    return fail(code, std::move(message));
}

// A signal is no reason to fail.
template <class F>
int until_uninterrupted(F call) {
    while (true) {
        const int result = call();
        if (result >= 0 || errno != EINTR) return result;
    }
}

class SystemFile final : public File {
  public:
    SystemFile(int descriptor, std::string path)
        : descriptor_(descriptor), path_(std::move(path)) {}
    ~SystemFile() override { ::close(descriptor_); }
    SystemFile(const SystemFile&) = delete;
    SystemFile& operator=(const SystemFile&) = delete;

    Status append(std::string_view bytes) override {
        while (!bytes.empty()) {
            const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
            if (n < 0) {
                if (errno == EINTR) continue;
                return system_error("cannot write", path_, errno);
            }
            bytes.remove_prefix(static_cast<size_t>(n));
        }
        return ok();
    }
    Result<std::string> read_at(uint64_t offset, size_t n) override {
        std::string out;  // not filled with zeros first
        out.resize_and_overwrite(n, [](char*, size_t all) { return all; });
        size_t got = 0;
        while (got < n) {
            const ssize_t k =
                ::pread(descriptor_, out.data() + got, n - got, static_cast<off_t>(offset + got));
            if (k < 0) {
                if (errno == EINTR) continue;
                return system_error("cannot read", path_, errno);
            }
            if (k == 0) break;
            got += static_cast<size_t>(k);
        }
        out.resize(got);
        return out;
    }
    Status sync() override {
        if (until_uninterrupted([&] { return ::fdatasync(descriptor_); }) != 0)
            return system_error("cannot sync", path_, errno);
        return ok();
    }
    Status truncate(uint64_t size) override {
        if (until_uninterrupted(
                [&] { return ::ftruncate(descriptor_, static_cast<off_t>(size)); }) != 0)
            return system_error("cannot truncate", path_, errno);
        return ok();
    }
    Result<uint64_t> size() override {
        struct stat info{};
        if (::fstat(descriptor_, &info) != 0) return system_error("cannot stat", path_, errno);
        return static_cast<uint64_t>(info.st_size);
    }
    int descriptor() const override { return descriptor_; }

  private:
    int descriptor_;
    std::string path_;
};

class SystemFiles final : public FileSystem {
  public:
    Result<std::unique_ptr<File>> open(const std::string& path, Mode mode) override {
        const int flags = mode == Mode::read     ? O_RDONLY
                          : mode == Mode::append ? O_RDWR | O_CREAT | O_APPEND
                                                 : O_RDWR | O_CREAT | O_EXCL | O_APPEND;
        const int descriptor =
            until_uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0600); });
        if (descriptor < 0) return system_error("cannot open", path, errno);
        return std::make_unique<SystemFile>(descriptor, path);
    }
    Status rename(const std::string& from, const std::string& to) override {
        if (::rename(from.c_str(), to.c_str()) != 0)
            return system_error("cannot rename to", to, errno);
        return ok();
    }
    Status remove(const std::string& path) override {
        if (::unlink(path.c_str()) != 0 && ::rmdir(path.c_str()) != 0)
            return system_error("cannot remove", path, errno);
        return ok();
    }
    Status make_directories(const std::string& path) override {
        for (size_t i = 1; i <= path.size(); ++i) {
            if (i < path.size() && path[i] != '/') continue;
            const std::string prefix = path.substr(0, i);
            if (::mkdir(prefix.c_str(), 0700) != 0 && errno != EEXIST)
                return system_error("cannot create folder", prefix, errno);
        }
        return ok();
    }
    Status sync_directory(const std::string& path) override {
        const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (descriptor < 0) return system_error("cannot open folder", path, errno);
        const int result = ::fsync(descriptor);
        const int error = errno;
        ::close(descriptor);
        if (result != 0) return system_error("cannot sync folder", path, error);
        return ok();
    }
    bool exists(const std::string& path) override { return ::access(path.c_str(), F_OK) == 0; }
    Result<std::vector<std::string>> list(const std::string& path) override {
        std::vector<std::string> names;
        DIR* directory = ::opendir(path.c_str());
        if (directory == nullptr) {
            if (errno == ENOENT) return names;
            return system_error("cannot list", path, errno);
        }
        while (const dirent* entry = ::readdir(directory)) {
            const std::string_view name = entry->d_name;
            if (name != "." && name != "..") names.emplace_back(name);
        }
        ::closedir(directory);
        return names;
    }
};

Micros read_clock(clockid_t id) {
    timespec t{};
    ::clock_gettime(id, &t);
    return Micros{static_cast<int64_t>(t.tv_sec) * 1'000'000 + t.tv_nsec / 1000};
}

class SystemEnv final : public Env {
  public:
    Time now() override { return Time{read_clock(CLOCK_REALTIME)}; }
    Micros steady() override { return read_clock(CLOCK_MONOTONIC); }
    void random(std::span<char> bytes) override {
        size_t got = 0;
        while (got < bytes.size()) {
            const ssize_t n = ::getrandom(bytes.data() + got, bytes.size() - got, 0);
            if (n < 0 && errno == EINTR) continue;
            CHECK(n > 0, "the kernel gives no random bytes");
            got += static_cast<size_t>(n);
        }
    }
    FileSystem& files() override { return files_; }

  private:
    SystemFiles files_;
};

}  // namespace

Env& system_env() {
    // Not a singleton of ours: the process has one machine, and tests pass another Env.
    static SystemEnv env;
    return env;
}

std::string random_hex(Env& env, size_t n) {
    std::string bytes(n, '\0');
    env.random(bytes);
    return to_hex(bytes);
}

uint64_t random_u64(Env& env) {
    uint64_t value = 0;
    env.random({reinterpret_cast<char*>(&value), sizeof value});
    return value;
}

Result<std::string> read_file(FileSystem& files, const std::string& path, size_t limit) {
    TRY_ASSIGN(auto file, files.open(path, FileSystem::Mode::read));
    TRY_ASSIGN(const uint64_t size, file->size());
    if (size > limit)
        return fail(Code::too_large, "'" + path + "' has " + std::to_string(size) +
                                         " bytes, the limit is " + std::to_string(limit));
    return file->read_at(0, size);
}

Status write_file_atomically(Env& env, const std::string& path, std::string_view content) {
    FileSystem& files = env.files();
    const std::string temporary = path + std::string(kTemporaryMark) + random_hex(env, 6);
    const auto write = [&]() -> Status {
        TRY_ASSIGN(auto file, files.open(temporary, FileSystem::Mode::create_new));
        TRY(file->append(content));
        TRY(file->sync());
        return files.rename(temporary, path);
    };
    if (Status done = write(); !done) {
        (void)files.remove(temporary);
        return done;
    }
    const size_t slash = path.rfind('/');
    return files.sync_directory(slash == std::string::npos ? "." : path.substr(0, slash));
}

}  // namespace rondo
