#include "base/text.h"
#include "platform/blob/blob.h"
#include "platform/crypto/crypto.h"

namespace rondo::blob {
namespace {

class LocalUpload final : public Upload {
  public:
    LocalUpload(Env& env, std::string folder, std::string path, std::unique_ptr<File> file)
        : env_(env), folder_(std::move(folder)), path_(std::move(path)), file_(std::move(file)) {}
    ~LocalUpload() override {
        if (!committed_) (void)env_.files().remove(path_);
    }
    LocalUpload(const LocalUpload&) = delete;
    LocalUpload& operator=(const LocalUpload&) = delete;

    Status write(std::string_view bytes) override {
        sum_.update(bytes);
        size_ += bytes.size();
        return file_->append(bytes);
    }
    Result<Stored> commit() override {
        TRY_ASSIGN(Digest digest, Digest::parse(sum_.hex()));
        FileSystem& files = env_.files();
        const std::string shelf = folder_ + "/objects/" + digest.hex().substr(0, 2);
        const std::string target = shelf + "/" + digest.hex();
        if (!files.exists(target)) {
            TRY(file_->sync());
            const bool new_shelf = !files.exists(shelf);
            TRY(files.make_directories(shelf));
            TRY(files.rename(path_, target));
            TRY(files.sync_directory(shelf));
            if (new_shelf) TRY(files.sync_directory(folder_ + "/objects"));
            committed_ = true;
        }
        return Stored{std::move(digest), size_};
    }

  private:
    Env& env_;
    std::string folder_, path_;
    std::unique_ptr<File> file_;
    Sha256 sum_;
    uint64_t size_ = 0;
    bool committed_ = false;
};

class LocalStore final : public Store {
  public:
    LocalStore(Env& env, std::string folder, std::string owner)
        : env_(env), folder_(std::move(folder)), owner_(std::move(owner)) {}

    Result<std::unique_ptr<Upload>> begin() override {
        std::string path = folder_ + "/tmp/" + owner_ + "-" + random_hex(env_, 12);
        TRY_ASSIGN(auto file, env_.files().open(path, FileSystem::Mode::create_new));
        return std::make_unique<LocalUpload>(env_, folder_, std::move(path), std::move(file));
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
            return fail(Code::not_found, "no stored bytes with digest " + digest.hex());
        return file;
    }
    Status remove(const Digest& digest) override { return env_.files().remove(path_of(digest)); }

  private:
    std::string path_of(const Digest& digest) const {
        return folder_ + "/objects/" + digest.hex().substr(0, 2) + "/" + digest.hex();
    }

    Env& env_;
    std::string folder_, owner_;
};

}  // namespace

Result<Digest> Digest::parse(std::string_view hex) {
    bool good = hex.size() == 64;
    for (const char c : hex) good = good && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    if (!good)
        return fail(Code::invalid, quoted(hex) + " is no sha256 digest (64 lower-case hex digits)");
    return Digest(std::string(hex));
}

Result<Stored> Store::put(std::string_view bytes) {
    TRY_ASSIGN(auto upload, begin());
    TRY(upload->write(bytes));
    return upload->commit();
}

Result<std::string> Store::read_all(const Digest& digest, size_t limit) {
    TRY_ASSIGN(auto file, open(digest));
    TRY_ASSIGN(const uint64_t bytes, file->size());
    if (bytes > limit)
        return fail(Code::too_large, "the stored file " + digest.hex().substr(0, 12) + " has " +
                                         std::to_string(bytes) + " bytes, the limit here is " +
                                         std::to_string(limit));
    TRY_ASSIGN(std::string content, file->read_at(0, bytes));
    if (sha256_hex(content) != digest.hex())
        return fail(Code::internal, "the stored bytes of " + digest.hex() +
                                        " are damaged: they have another digest; restore them "
                                        "from a backup");
    return content;
}

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

}  // namespace rondo::blob
