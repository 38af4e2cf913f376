#include <fcntl.h>

#include <algorithm>

#include "base/text.h"
#include "platform/blob/blob.h"
#include "platform/blob/checked.h"
#include "platform/crypto/crypto.h"

namespace rondo::blob {
namespace {

// Read at once while stored bytes are compared.
constexpr size_t kPieceBytes = 1 << 20;
// Of an upload; what is written goes to the disk while more comes in, so that the sync at its end
// has little left to wait for.
constexpr uint64_t kFlushBytes = 8 << 20;

class LocalUpload final : public Upload {
  public:
    LocalUpload(Env& env, std::string folder, std::string path, std::unique_ptr<File> file,
                const BeforeCommit& before)
        : env_(env),
          folder_(std::move(folder)),
          path_(std::move(path)),
          file_(std::move(file)),
          before_(before) {}
    ~LocalUpload() override {
        if (!committed_) (void)env_.files().remove(path_);
    }
    LocalUpload(const LocalUpload&) = delete;
    LocalUpload& operator=(const LocalUpload&) = delete;

    Status write(std::string_view bytes) override {
        sum_.update(bytes);
        size_ += bytes.size();
        TRY(file_->append(bytes));
        if (size_ - flushed_ >= kFlushBytes && file_->descriptor() >= 0) {
            // A hint; what goes wrong is told by the sync.
            (void)::sync_file_range(file_->descriptor(), static_cast<off_t>(flushed_),
                                    static_cast<off_t>(size_ - flushed_), SYNC_FILE_RANGE_WRITE);
            flushed_ = size_;
        }
        return ok();
    }
    Result<Stored> commit() override {
        TRY_ASSIGN(Digest digest, Digest::parse(sum_.hex()));
        TRY(before_({digest, size_}));
        FileSystem& files = env_.files();
        const std::string shelf = folder_ + "/objects/" + digest.hex().substr(0, 2);
        const std::string target = shelf + "/" + digest.hex();
        // Stored bytes that are damaged are mended by storing them again.
        if (!is_stored(digest, target)) {
            TRY(file_->sync());
            TRY(files.make_directories(shelf));
            TRY(files.rename(path_, target));
            committed_ = true;
        }
        // Also for what was there: whoever stored it may not have come as far as this.
        TRY(files.sync_directory(shelf));
        TRY(files.sync_directory(folder_ + "/objects"));
        return Stored{std::move(digest), size_};
    }

  private:
    bool is_stored(const Digest& digest, const std::string& target) {
        auto file = env_.files().open(target, FileSystem::Mode::read);
        if (!file) return false;
        const auto size = (*file)->size();
        if (!size || *size != size_) return false;
        CheckedReader reader(std::move(*file), digest, size_);
        while (true) {
            const auto piece = reader.next(kPieceBytes);
            if (!piece) return false;
            if (piece->empty()) return true;
        }
    }

    Env& env_;
    std::string folder_, path_;
    std::unique_ptr<File> file_;
    const BeforeCommit& before_;  // the store's
    Sha256 sum_;
    uint64_t size_ = 0, flushed_ = 0;
    bool committed_ = false;
};

class LocalStore final : public Store {
  public:
    LocalStore(Env& env, std::string folder, std::string owner)
        : env_(env), folder_(std::move(folder)), owner_(std::move(owner)) {}

    Result<std::unique_ptr<Upload>> begin() override {
        std::string path = folder_ + "/tmp/" + owner_ + "-" + random_hex(env_, 12);
        TRY_ASSIGN(auto file, env_.files().open(path, FileSystem::Mode::create_new));
        return std::make_unique<LocalUpload>(env_, folder_, std::move(path), std::move(file),
                                             before_commit());
    }
    Result<std::string> read(const Digest& digest, uint64_t offset, size_t n) override {
        TRY_ASSIGN(auto file, open(digest));
        return file->read_at(offset, n);
    }
    Result<uint64_t> size(const Digest& digest) override {
        TRY_ASSIGN(auto file, open(digest));
        return file->size();
    }
    Result<std::unique_ptr<File>> open(const Digest& digest) override {
        auto file = env_.files().open(path_of(digest), FileSystem::Mode::read);
        if (!file && file.error().code == Code::not_found)
            return fail(Code::not_found, "no stored bytes with digest " + digest.hex() +
                                             "; `rondo doctor --scrub` says what refers to them, "
                                             "restore them from a backup");
        return file;
    }
    Status remove(const Digest& digest) override { return env_.files().remove(path_of(digest)); }
    std::optional<std::string> local_path(const Digest& digest) const override {
        return path_of(digest);
    }

    Result<std::vector<Stored>> list(const std::string& after, size_t limit) override {
        std::vector<Stored> out;
        TRY_ASSIGN(auto shelves, env_.files().list(folder_ + "/objects"));
        std::ranges::sort(shelves);
        for (const std::string& shelf : shelves) {
            if (shelf < after.substr(0, 2)) continue;
            TRY_ASSIGN(auto names, env_.files().list(folder_ + "/objects/" + shelf));
            std::ranges::sort(names);
            for (const std::string& name : names) {
                if (out.size() == limit) return out;
                auto digest = Digest::parse(name);
                if (!digest || name <= after) continue;  // not ours, or told already
                const auto bytes = size(*digest);
                if (bytes) out.push_back({std::move(*digest), *bytes});  // else removed meanwhile
            }
        }
        return out;
    }
    Result<std::string> presign(const Digest&, Micros, const Presentation&) override {
        return fail(Code::unsupported, "stored files have no address of their own on a local disk");
    }

  protected:
    Result<uint64_t> stream(const Digest& digest, uint64_t limit, const Taker& take) override {
        TRY_ASSIGN(auto file, open(digest));
        TRY_ASSIGN(const uint64_t bytes, file->size());
        if (bytes > limit) return bytes;
        for (uint64_t at = 0; at < bytes; at += kPiece) {
            TRY_ASSIGN(const std::string piece, file->read_at(at, kPiece));
            TRY(take(piece));
        }
        return bytes;
    }

  private:
    static constexpr size_t kPiece = 1 << 20;

    std::string path_of(const Digest& digest) const {
        return folder_ + "/objects/" + digest.hex().substr(0, 2) + "/" + digest.hex();
    }

    Env& env_;
    std::string folder_, owner_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_local_store(Env& env, const std::string& folder,
                                                const std::string& owner) {
    FileSystem& files = env.files();
    TRY(files.make_directories(folder + "/objects"));
    TRY(files.make_directories(folder + "/tmp"));
    TRY_ASSIGN(const auto leftovers, files.list(folder + "/tmp"));
    for (const std::string& name : leftovers) {
        // Names without an owner are of a time when nobody shared the folder.
        if (name.starts_with(owner + "-") || name.find('-') == std::string::npos)
            TRY(files.remove(folder + "/tmp/" + name));
    }
    return std::make_unique<LocalStore>(env, folder, owner);
}

std::unique_ptr<Store> attach_local_store(Env& env, const std::string& folder) {
    return std::make_unique<LocalStore>(env, folder, "");
}

}  // namespace rondo::blob
