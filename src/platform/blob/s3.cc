#include "platform/blob/s3.h"

#include <algorithm>
#include <condition_variable>

#include "base/log.h"
#include "base/text.h"
#include "platform/async/pool.h"
#include "platform/blob/s3_direct.h"
#include "platform/crypto/crypto.h"

namespace rondo::blob {
namespace {

constexpr size_t kInMemory = 1 << 20;
// S3 takes parts of 5 MiB and more, at most 10,000 of them.
constexpr uint64_t kPart = 8 << 20;
constexpr uint64_t kMaxParts = 10'000;
constexpr uint64_t kMaxPart = 128 << 20;
constexpr int kPartThreads = 4;
// How much a reader is ahead: small at first, because many files are small.
constexpr size_t kFirstWindow = 256 << 10;
constexpr size_t kWindow = 2 << 20;
constexpr Micros kLeftoverAge{int64_t{24} * 3'600'000'000};

std::string key_of(const Digest& digest) {
    return "objects/" + digest.hex().substr(0, 2) + "/" + digest.hex();
}

std::unexpected<Error> name_missing(Error error, const Digest& digest) {
    if (error.code == Code::not_found)
        return fail(Code::not_found, "no stored bytes with digest " + digest.hex());
    return fail(std::move(error));
}

// One upload in parts, worked on by several threads.
class PartsUpload {
  public:
    PartsUpload(Bucket& bucket, std::string key, File& file, uint64_t size)
        : bucket_(bucket),
          key_(std::move(key)),
          file_(file),
          size_(size),
          part_(std::max(kPart, (size + kMaxParts - 1) / kMaxParts)),
          tags_((size + part_ - 1) / part_) {}

    Status run(WorkerPool& pool) {
        if (part_ > kMaxPart)
            return fail(Code::too_large, "a file of more than 1.3 TB does not go into a bucket");
        TRY_ASSIGN(upload_, bucket_.begin_parts(key_));
        working_ = static_cast<int>(std::min<size_t>(tags_.size(), kPartThreads));
        for (int i = working_; i > 0; --i) pool.post([this] { work(); });
        {
            std::unique_lock lock(mutex_);
            done_.wait(lock, [&] { return working_ == 0; });
        }
        Status made = error_ ? Status(fail(*error_)) : complete();
        if (!made) {
            const Status aborted = bucket_.abort_parts(key_, upload_);
            if (!aborted) log::warning("parts left behind", {{"error", aborted.error().message}});
        }
        return made;
    }

  private:
    Status complete() {
        const auto made = bucket_.complete_parts(key_, upload_, tags_);
        if (!made) return fail(made.error());
        // Somebody else was faster: these parts are of no use.
        if (*made == Bucket::Made::before) return bucket_.abort_parts(key_, upload_);
        return ok();
    }

    void work() {
        while (true) {
            size_t index = 0;
            {
                const std::lock_guard lock(mutex_);
                if (error_ || next_ == tags_.size()) break;
                index = next_++;
            }
            auto tag = put(index);
            const std::lock_guard lock(mutex_);
            if (tag)
                tags_[index] = std::move(*tag);
            else if (!error_)
                error_ = tag.error();
        }
        const std::lock_guard lock(mutex_);
        --working_;
        done_.notify_one();
    }

    Result<std::string> put(size_t index) {
        const uint64_t at = index * part_;
        TRY_ASSIGN(std::string bytes, file_.read_at(at, std::min(part_, size_ - at)));
        return bucket_.put_part(key_, upload_, static_cast<int>(index + 1), std::move(bytes));
    }

    Bucket& bucket_;
    std::string key_;
    File& file_;
    uint64_t size_, part_;
    std::string upload_;
    std::mutex mutex_;
    std::condition_variable done_;
    std::vector<std::string> tags_;
    size_t next_ = 0;
    int working_ = 0;
    std::optional<Error> error_;
};

class S3Upload final : public Upload {
  public:
    S3Upload(Env& env, Bucket& bucket, WorkerPool& pool, std::string path,
             const BeforeCommit& before)
        : env_(env), bucket_(bucket), pool_(pool), path_(std::move(path)), before_(before) {}
    ~S3Upload() override {
        if (file_) (void)env_.files().remove(path_);
    }
    S3Upload(const S3Upload&) = delete;
    S3Upload& operator=(const S3Upload&) = delete;

    Status write(std::string_view bytes) override {
        sum_.update(bytes);
        size_ += bytes.size();
        if (!file_ && size_ > kInMemory) {
            TRY_ASSIGN(file_, env_.files().open(path_, FileSystem::Mode::create_new));
            TRY(file_->append(std::exchange(memory_, {})));
        }
        if (file_) return file_->append(bytes);
        memory_ += bytes;
        return ok();
    }

    Result<Stored> commit() override {
        TRY_ASSIGN(Digest digest, Digest::parse(sum_.hex()));
        TRY(before_({digest, size_}));
        const std::string key = key_of(digest);
        if (!file_) {
            TRY(bucket_.put_new(key, std::move(memory_), digest.hex()));
            return Stored{std::move(digest), size_};
        }
        // Worth a question: the bytes may be there.
        const auto there = bucket_.size(key);
        if (there && *there == size_) return Stored{std::move(digest), size_};
        if (!there && there.error().code != Code::not_found) return fail(there.error());
        if (size_ <= kPart) {
            TRY_ASSIGN(std::string bytes, file_->read_at(0, size_));
            TRY(bucket_.put_new(key, std::move(bytes), digest.hex()));
        } else {
            TRY(PartsUpload(bucket_, key, *file_, size_).run(pool_));
        }
        return Stored{std::move(digest), size_};
    }

  private:
    Env& env_;
    Bucket& bucket_;
    WorkerPool& pool_;
    std::string path_, memory_;
    std::unique_ptr<File> file_;  // of what is too large for memory
    const BeforeCommit& before_;  // the store's
    Sha256 sum_;
    uint64_t size_ = 0;
};

// Reads windows of a blob, growing with a reader who reads in order.
class RemoteFile final : public File {
  public:
    RemoteFile(Bucket& bucket, Digest digest) : bucket_(bucket), digest_(std::move(digest)) {}

    Status begin() { return fetch(0, kFirstWindow); }

    Result<std::string> read_at(uint64_t offset, size_t n) override {
        const std::lock_guard lock(mutex_);
        if (offset >= size_) return std::string();
        n = static_cast<size_t>(std::min<uint64_t>(n, size_ - offset));
        if (!holds(offset, n)) {
            const bool in_order = offset >= at_ && offset <= at_ + window_.size();
            TRY(fetch(offset, std::max(n, in_order ? kWindow : kFirstWindow)));
            if (!holds(offset, n))
                return fail(Code::unavailable,
                            "the stored bytes of " + digest_.hex() + " are shorter than they were");
        }
        return window_.substr(offset - at_, n);
    }
    Result<uint64_t> size() override { return size_; }
    Status append(std::string_view) override { return read_only(); }
    Status sync() override { return read_only(); }
    Status truncate(uint64_t) override { return read_only(); }
    int descriptor() const override { return -1; }

  private:
    static Status read_only() { return fail(Code::unsupported, "stored bytes never change"); }
    bool holds(uint64_t offset, size_t n) const {
        return offset >= at_ && offset + n <= at_ + window_.size();
    }
    Status fetch(uint64_t offset, size_t n) {
        window_.clear();
        at_ = offset;
        const auto size = bucket_.get(key_of(digest_), offset, n, [&](std::string_view piece) {
            window_ += piece;
            return ok();
        });
        if (!size) return name_missing(size.error(), digest_);
        size_ = *size;
        return ok();
    }

    Bucket& bucket_;
    Digest digest_;
    std::mutex mutex_;
    std::string window_;
    uint64_t at_ = 0, size_ = 0;
};

class S3Store final : public Store {
  public:
    S3Store(Env& env, Bucket bucket, std::string folder)
        : env_(env),
          bucket_(std::move(bucket)),
          folder_(std::move(folder)),
          pool_(kPartThreads),
          direct_(env, bucket_, before_commit()) {}

    Status check() {
        const std::string key = "check/" + random_hex(env_, 8);
        const std::string content = "written by a start of the server; may be removed\n";
        TRY(bucket_.put_new(key, content, sha256_hex(content)));
        std::string found;
        const auto read = bucket_.get(key, 0, UINT64_MAX, [&](std::string_view piece) {
            found += piece;
            return ok();
        });
        TRY(bucket_.remove(key));
        TRY(read);
        if (found != content)
            return fail(Code::unavailable, bucket_.name() + " does not give back what was put in");
        // Not worth a refusal: some services cannot list uploads, and some may not be asked.
        const auto ended = bucket_.abort_leftovers("objects/", env_.now() - kLeftoverAge);
        if (!ended)
            log::warning("unfinished uploads", {{"error", ended.error().message}});
        else if (*ended > 0)
            log::info("unfinished uploads ended", {{"count", *ended}});
        return ok();
    }

    Result<std::unique_ptr<Upload>> begin() override {
        return std::make_unique<S3Upload>(env_, bucket_, pool_,
                                          folder_ + "/" + random_hex(env_, 12), before_commit());
    }
    Result<std::string> read(const Digest& digest, uint64_t offset, size_t n) override {
        std::string out;
        const auto size = bucket_.get(key_of(digest), offset, n, [&](std::string_view piece) {
            out += piece;
            return ok();
        });
        if (!size) return name_missing(size.error(), digest);
        return out;
    }
    Result<uint64_t> size(const Digest& digest) override {
        auto size = bucket_.size(key_of(digest));
        if (!size) return name_missing(size.error(), digest);
        return size;
    }
    Result<std::unique_ptr<File>> open(const Digest& digest) override {
        auto file = std::make_unique<RemoteFile>(bucket_, digest);
        TRY(file->begin());
        return file;
    }
    Status remove(const Digest& digest) override {
        TRY(size(digest));
        return bucket_.remove(key_of(digest));
    }
    Result<std::vector<Stored>> list(const std::string& after, size_t limit) override {
        const std::string from = after.empty() ? "" : "objects/" + after.substr(0, 2) + "/" + after;
        TRY_ASSIGN(const auto objects, bucket_.list("objects/", from, limit));
        std::vector<Stored> out;
        for (const Bucket::Object& object : objects) {
            auto digest = Digest::parse(object.key.substr(object.key.rfind('/') + 1));
            if (digest && key_of(*digest) == object.key)
                out.push_back({std::move(*digest), object.size});
        }
        return out;
    }
    Result<std::string> presign(const Digest& digest, Micros lifetime,
                                const Presentation& as) override {
        TRY(size(digest));
        Pairs query;
        if (!as.content_type.empty()) query.emplace_back("response-content-type", as.content_type);
        if (!as.content_disposition.empty())
            query.emplace_back("response-content-disposition", as.content_disposition);
        return bucket_.presign("GET", key_of(digest), std::move(query), lifetime);
    }
    DirectUploads* direct_uploads() override { return &direct_; }

  protected:
    Result<uint64_t> stream(const Digest& digest, uint64_t limit, const Taker& take) override {
        uint64_t whole = 0;
        const auto size =
            bucket_.get(key_of(digest), 0, UINT64_MAX, take, [&](uint64_t bytes) -> Status {
                whole = bytes;
                if (bytes > limit) return fail(Code::too_large, "");
                return ok();
            });
        if (!size && whole > limit) return whole;
        if (!size) return name_missing(size.error(), digest);
        return *size;
    }

  private:
    Env& env_;
    Bucket bucket_;
    std::string folder_;
    WorkerPool pool_;
    S3DirectUploads direct_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_s3_store(Env& env, client::Client& http, S3Settings settings,
                                             const std::string& staging_folder) {
    FileSystem& files = env.files();
    TRY(files.make_directories(staging_folder));
    TRY_ASSIGN(const auto leftovers, files.list(staging_folder));
    for (const std::string& name : leftovers) TRY(files.remove(staging_folder + "/" + name));
    TRY_ASSIGN(Bucket bucket, Bucket::make(env, http, std::move(settings)));
    auto store = std::make_unique<S3Store>(env, std::move(bucket), staging_folder);
    TRY(store->check());
    return store;
}

}  // namespace rondo::blob
