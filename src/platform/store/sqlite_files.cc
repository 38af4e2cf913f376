// SQLite's files from outside: a moment of one, and a new one in somebody else's form (snapshot.h).
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "platform/store/snapshot.h"
#include "platform/store/sqlite_connection.h"

namespace rondo::store {
namespace {

class SqliteSnapshot final : public Snapshot {
  public:
    explicit SqliteSnapshot(std::unique_ptr<Connection> connection)
        : connection_(std::move(connection)) {}
    std::string engine() const override { return "sqlite"; }
    Tx& tx() override { return *connection_; }
    Status stream(std::string_view sql, std::span<const Arg> args,
                  const RowVisitor& visit) override {
        TRY(connection_->run(sql, args, &visit));
        return ok();
    }

  private:
    std::unique_ptr<Connection> connection_;
};

// The path as a part of SQLite's URI.
std::string uri_of(const std::string& path) {
    std::string out = "file:";
    for (const char c : path) {
        constexpr std::string_view kHex = "0123456789ABCDEF";
        if (std::string_view("%?#").find(c) == std::string_view::npos) {
            out += c;
        } else {
            out += '%';
            out += kHex[static_cast<uint8_t>(c) >> 4];
            out += kHex[static_cast<uint8_t>(c) & 15];
        }
    }
    return out;
}

// True for a file that keeps a write-ahead log which was merged into it: a plain reader would make
// the log anew beside it.
bool is_merged(const std::string& path) {
    constexpr off_t kReadVersion = 19;  // in the file's header; 2 says that there is such a log
    struct stat info{};
    if (::stat((path + "-wal").c_str(), &info) == 0) return false;
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    char version = 0;
    const bool read = file >= 0 && ::pread(file, &version, 1, kReadVersion) == 1;
    if (file >= 0) ::close(file);
    return read && version == 2;
}

Result<std::unique_ptr<Connection>> open_foreign(const std::string& path) {
    if (!is_merged(path)) return Connection::open(path, SQLITE_OPEN_READONLY);
    return Connection::open(uri_of(path) + "?immutable=1", SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
}

class SqliteNewFile final : public NewFile {
  public:
    SqliteNewFile(Env& env, std::string path, std::unique_ptr<Connection> connection)
        : env_(env), path_(std::move(path)), connection_(std::move(connection)) {}
    ~SqliteNewFile() override {
        connection_.reset();
        if (!finished_) (void)env_.files().remove(part_of(path_));
    }
    SqliteNewFile(const SqliteNewFile&) = delete;
    SqliteNewFile& operator=(const SqliteNewFile&) = delete;

    static std::string part_of(const std::string& path) {
        return path + std::string(kTemporaryMark) + "new";
    }
    Tx& tx() override { return *connection_; }
    Status finish() override {
        TRY(connection_->exec("COMMIT"));
        connection_.reset();
        TRY_ASSIGN(const auto file, env_.files().open(part_of(path_), FileSystem::Mode::append));
        TRY(file->sync());
        TRY(env_.files().rename(part_of(path_), path_));
        finished_ = true;
        const size_t slash = path_.rfind('/');
        return env_.files().sync_directory(slash == std::string::npos ? "."
                                           : slash == 0               ? "/"
                                                                      : path_.substr(0, slash));
    }

  private:
    Env& env_;
    const std::string path_;
    std::unique_ptr<Connection> connection_;
    bool finished_ = false;
};

}  // namespace

Result<std::unique_ptr<Snapshot>> open_sqlite_snapshot(const std::string& path, Owner owner) {
    // Ours: read-write without CREATE. A read-only connection could not make the shared-memory file
    // that readers of a write-ahead log need, and falls back by itself where it may not write.
    TRY_ASSIGN(auto connection, owner == Owner::us ? Connection::open(path, SQLITE_OPEN_READWRITE)
                                                   : open_foreign(path));
    TRY(connection->script("PRAGMA query_only=ON; BEGIN"));
    // The moment is the first read's.
    TRY(connection->one<int64_t>("SELECT count(*) FROM sqlite_master"));
    return std::make_unique<SqliteSnapshot>(std::move(connection));
}

Result<std::unique_ptr<NewFile>> NewFile::create(Env& env, const std::string& path,
                                                 std::string_view script) {
    if (env.files().exists(path))
        return fail(Code::already_exists, quoted(path) + " exists already; name a new file");
    const std::string part = SqliteNewFile::part_of(path);
    if (env.files().exists(part)) TRY(env.files().remove(part));  // of a try that was killed
    TRY_ASSIGN(auto connection, Connection::open(part, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
    auto file = std::make_unique<SqliteNewFile>(env, path, std::move(connection));
    auto& made = static_cast<Connection&>(file->tx());
    // Nobody reads it before it is whole, so that nothing has to be taken back.
    TRY(made.script("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN"));
    TRY(made.script(std::string(script).c_str()));
    return file;
}

}  // namespace rondo::store
