#include "api/rondo/data_api.h"

#include "base/text.h"
#include "domain/data/store.h"
#include "platform/auth/accounts.h"
#include "platform/blob/checked.h"

namespace rondo::api {
namespace {

constexpr rpc::Permission kReadData{"read_dataset", rpc::Reach::read, "dataset", "dataset"};
constexpr rpc::Permission kListData{"list_datasets", rpc::Reach::search, "", ""};
constexpr rpc::Permission kWriteData{"write_dataset", rpc::Reach::write, "dataset", "dataset"};
constexpr rpc::Permission kUpload{"upload_bytes", rpc::Reach::create, "", ""};
constexpr rpc::Permission kKnown{"read_datasets", rpc::Reach::read, "", ""};

constexpr size_t kUploadLimit = size_t{1} << 40;
constexpr size_t kMaxDigests = 100'000;
constexpr ptrdiff_t kKnownStep = 500;  // in one transaction
constexpr size_t kPiece = 256 << 10;

// A stored file, read and checked piece by piece on the pool.
class FileProducer final : public net::BodyProducer {
  public:
    FileProducer(WorkerPool& pool, std::shared_ptr<blob::CheckedReader> reader)
        : pool_(pool), reader_(std::move(reader)) {}
    Task<Result<std::string>> next() override {
        co_return co_await pool_.run([reader = reader_] { return reader->next(kPiece); });
    }

  private:
    WorkerPool& pool_;
    std::shared_ptr<blob::CheckedReader> reader_;
};

// "latest" or a number from 1.
Result<int64_t> parse_number(const std::string& text) {
    if (text == "latest") return 0;
    const auto number = parse_int(text);
    if (!number || *number < 1)
        return fail(Code::invalid, quoted(text) + " is no version: a number from 1, or latest",
                    "number");
    return *number;
}

}  // namespace

std::vector<rpc::Row> DataApi::rows() {
    using rpc::get;
    using rpc::post;
    return {
        post<&DataApi::upload>("/api/rondo/v1/blobs", kUpload, "Store bytes")
            .takes(rpc::BodyKind::streamed, kUploadLimit),
        post<&DataApi::known>("/api/rondo/v1/blobs/known", kKnown,
                              "Which bytes are stored already and may be built on"),
        get<&DataApi::list>("/api/rondo/v1/datasets", kListData, "Names of all datasets"),
        post<&DataApi::create_version>("/api/rondo/v1/datasets/{dataset}/versions", kWriteData,
                                       "Make a version of stored bytes"),
        get<&DataApi::list_versions>("/api/rondo/v1/datasets/{dataset}/versions", kReadData,
                                     "Versions of a dataset, newest first"),
        get<&DataApi::get_version>("/api/rondo/v1/datasets/{dataset}/versions/{number}", kReadData,
                                   "A version and its files"),
        get<&DataApi::get_file>(
            "/api/rondo/v1/datasets/{dataset}/versions/{number}/files/{path...}", kReadData,
            "A file of a version"),
    };
}

Task<Result<DataApi::StoredBytes>> DataApi::upload(rpc::None, rpc::Context context) {
    auto begun = co_await parts_.pool.run([this] { return parts_.blobs.begin(); });
    CO_TRY(begun);
    const std::shared_ptr<blob::Upload> upload = std::move(*begun);
    while (true) {
        CO_TRY_ASSIGN(const auto piece, co_await context.request->stream->next());
        if (piece.empty()) break;
        const Status written = co_await parts_.pool.run(
            [upload, text = std::string(piece)] { return upload->write(text); });
        CO_TRY(written);
    }
    CO_TRY_ASSIGN(const blob::Stored stored,
                  co_await parts_.pool.run([upload] { return upload->commit(); }));
    const StoredBytes out{stored.digest.hex(), static_cast<int64_t>(stored.size)};
    const Status granted = co_await parts_.db.write(store::Durability::full, [=,
                                                                              this](store::Tx& tx) {
        return data::sql::grant(tx, parts_.workspace_id, out.digest, out.size, parts_.env.now());
    });
    CO_TRY(granted);
    co_return out;
}

Task<Result<DataApi::Digests>> DataApi::known(Digests asked, rpc::Context context) {
    if (asked.digests.size() > kMaxDigests)
        co_return fail(Code::too_large, "ask for at most 100,000 digests at once", "digests");
    Digests known;
    // To who may not read every dataset, nothing is known: its bytes are proven by sending them.
    if (auth::readable_by(context.request->caller.get()).kind != auth::Readable::Kind::all)
        co_return known;
    for (size_t at = 0; at < asked.digests.size(); at += kKnownStep) {
        const auto first = asked.digests.begin() + static_cast<ptrdiff_t>(at);
        const auto last = first + std::min<ptrdiff_t>(kKnownStep, asked.digests.end() - first);
        // What a power cut takes of the holds leaves a client that asks again.
        CO_TRY_ASSIGN(
            const auto some,
            co_await parts_.db.write(store::Durability::normal,
                                     [this, part = std::vector(first, last)](store::Tx& tx) {
                                         return parts_.data.known(tx, parts_.workspace_id, part);
                                     }));
        known.digests.insert(known.digests.end(), some.begin(), some.end());
    }
    co_return known;
}

Task<Result<DataApi::DatasetList>> DataApi::list(rpc::None, rpc::Context context) {
    co_return co_await parts_.db.read(
        [this, readable = auth::readable_by(context.request->caller.get())](
            store::Tx& tx) -> Result<DatasetList> {
            TRY_ASSIGN(auto names, data::sql::list_datasets(tx, parts_.workspace_id, readable));
            return DatasetList{std::move(names)};
        });
}

Task<Result<data::Version>> DataApi::create_version(NewVersion wanted, rpc::Context context) {
    const data::Service::NewVersion request{wanted.dataset, wanted.entries, wanted.message,
                                            wanted.parent, std::nullopt};
    CO_TRY_ASSIGN(std::string tree, co_await parts_.db.read([this, request](store::Tx& tx) {
        return parts_.data.tree_of(tx, parts_.workspace_id, request);
    }));
    CO_TRY_ASSIGN(const blob::Stored stored,
                  co_await parts_.pool.run(
                      [this, tree = std::move(tree)] { return parts_.blobs.put(tree); }));
    co_return co_await parts_.db.write(
        store::Durability::full,
        [this, request, stored,
         caller = context.request->caller](store::Tx& tx) -> Result<data::Version> {
            TRY_ASSIGN(auto made,
                       parts_.data.create_version(tx, parts_.workspace_id, request, stored));
            if (made.number == 1)
                TRY(auth::own(tx, caller.get(),
                              {std::string(data::kDatasetKind), made.dataset_id}));
            return made;
        });
}

Task<Result<DataApi::VersionList>> DataApi::list_versions(VersionsQuery query, rpc::Context) {
    if (query.limit < 1 || query.limit > 1000)
        co_return fail(Code::invalid, "limit has to be 1 to 1,000", "limit");
    co_return co_await parts_.db.read([this, query = std::move(query)](
                                          store::Tx& tx) -> Result<VersionList> {
        TRY(parts_.data.get_version(tx, parts_.workspace_id, query.dataset, 0));
        TRY_ASSIGN(auto versions, data::sql::list_versions(tx, parts_.workspace_id, query.dataset,
                                                           query.before, query.limit));
        return VersionList{std::move(versions)};
    });
}

Task<Result<DataApi::VersionWithFiles>> DataApi::find(VersionPath path) {
    CO_TRY_ASSIGN(const int64_t number, parse_number(path.number));
    CO_TRY_ASSIGN(const auto version, co_await parts_.db.read([=, this](store::Tx& tx) {
        return parts_.data.get_version(tx, parts_.workspace_id, path.dataset, number);
    }));
    CO_TRY_ASSIGN(auto entries,
                  co_await parts_.pool.run([=, this] { return parts_.data.entries(version); }));
    co_return VersionWithFiles{version, std::move(entries)};
}

Task<Result<DataApi::VersionWithFiles>> DataApi::get_version(VersionPath path, rpc::Context) {
    return find(std::move(path));
}

Task<Result<net::Response>> DataApi::get_file(VersionPath path, rpc::Context) {
    CO_TRY(data::check_path(path.path));
    CO_TRY_ASSIGN(const VersionWithFiles found, co_await find(path));
    for (const data::Entry& entry : found.entries) {
        if (entry.path != path.path) continue;
        CO_TRY_ASSIGN(const auto digest, blob::Digest::parse(entry.digest));
        auto opened = co_await parts_.pool.run([=, this] { return parts_.blobs.open(digest); });
        CO_TRY(opened);
        net::Response response;
        response.content_type = "application/octet-stream";
        response.header("x-content-type-options", "nosniff");
        response.header("content-disposition", "attachment");
        response.header("etag", "\"" + entry.digest + "\"");
        response.stream_length = static_cast<uint64_t>(entry.size);
        response.stream = std::make_unique<FileProducer>(
            parts_.pool, std::make_shared<blob::CheckedReader>(std::move(*opened), digest,
                                                               static_cast<uint64_t>(entry.size)));
        co_return response;
    }
    co_return fail(Code::not_found, "version " + path.number + " of " + quoted(path.dataset) +
                                        " has no file " + quoted(path.path));
}

}  // namespace rondo::api
