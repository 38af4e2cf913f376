#include "api/mlflow/multipart_api.h"

#include "base/text.h"
#include "domain/artifacts/path.h"
#include "domain/artifacts/upload_token.h"
#include "domain/tracking/objects.h"

namespace rondo::api::mlflow {
namespace {

using blob::DirectUploads;
using store::Durability;

constexpr rpc::Permission kWrite{"artifact.write", rpc::Reach::write, "artifact", "artifact_path"};
constexpr rpc::Permission kRead{"artifact.read", rpc::Reach::read, "artifact", "path"};

// Ten thousand parts, each with its signed address of up to 2 KB.
constexpr size_t kMaxCompleteBytes = 32 << 20;
constexpr uint64_t kMaxFileBytes = uint64_t{1} << 40;  // as of one PUT (artifacts_api.cc)
// What reads a bucket's objects, and how many may wait for that.
constexpr int kThreads = 2;
constexpr size_t kMaxUnderWay = 64;
// A client's patience with one request is two minutes; then it asks again.
constexpr Micros kPatience{60'000'000};
constexpr Micros kLookEvery{200'000};
// MLflow's own default.
constexpr Micros kSignedLasts{300'000'000};

// Where the file goes: the client names a folder, and its own path of the file, of which the last
// part counts; the separator may be another machine's.
Result<std::string> target_of(const std::string& folder, const std::string& local_file) {
    TRY_ASSIGN(const std::string clean, artifacts::clean_path(folder));
    const std::string name = local_file.substr(local_file.find_last_of("/\\") + 1);
    if (clean.empty()) return fail(Code::invalid, "an artifact needs a folder", "artifact_path");
    if (name.empty())
        return fail(Code::invalid, quoted(local_file) + " has no file's name", "path");
    return artifacts::clean_path(artifacts::join(clean, name));
}

Result<std::vector<std::string>> tags_of(std::vector<UploadedPart> parts, int64_t expected) {
    if (std::ssize(parts) != expected)
        return fail(Code::invalid,
                    "the upload has " + std::to_string(expected) + " parts, and " +
                        std::to_string(parts.size()) + " are named",
                    "parts");
    std::vector<std::string> tags;
    for (UploadedPart& part : parts) {
        if (part.part_number != std::ssize(tags) + 1)
            return fail(Code::invalid,
                        "parts are numbered from 1 and named in order; there is " +
                            std::to_string(part.part_number) + " in place of " +
                            std::to_string(tags.size() + 1),
                        "parts");
        tags.push_back(std::move(part.etag));
    }
    return tags;
}

}  // namespace

MultipartApi::MultipartApi(Parts parts) : parts_(std::move(parts)), pool_(kThreads) {}

std::vector<rpc::Row> MultipartApi::rows() {
    using Api = MultipartApi;
    const std::string proxy = "/api/2.0/mlflow-artifacts/";
    return {
        rpc::post<&Api::begin>(proxy + "mpu/create/{artifact_path...}", kWrite,
                               "Begin an upload in parts to the object store"),
        rpc::post<&Api::complete>(proxy + "mpu/complete/{artifact_path...}", kWrite,
                                  "Make a file of the parts")
            .takes(rpc::BodyKind::json, kMaxCompleteBytes),
        rpc::post<&Api::abort>(proxy + "mpu/abort/{artifact_path...}", kWrite,
                               "Remove what was uploaded"),
        rpc::get<&Api::sign_download>(proxy + "presigned/{path...}", kRead,
                                      "An address of the object store to read a file from"),
    };
}

Result<DirectUploads*> MultipartApi::uploads() const {
    DirectUploads* uploads = parts_.blobs.direct_uploads();
    if (uploads != nullptr) return uploads;
    return fail(Code::unsupported,
                "Multipart upload is not supported for the current artifact repository");
}

// The row's permission is about the folder, which is what the route names.
Task<Status> MultipartApi::check_place(std::string folder, std::string path) {
    co_return co_await parts_.db.read([this, folder, path](store::Tx& tx) -> Status {
        TRY_ASSIGN(const auto above, tracking::experiment_of_path(tx, parts_.workspace_id, folder));
        TRY_ASSIGN(const auto here, tracking::experiment_of_path(tx, parts_.workspace_id, path));
        if (above == here) return ok();
        return fail(Code::conflict,
                    quoted(path) + " is the folder of an experiment; a file needs another name");
    });
}

Task<Result<BegunUpload>> MultipartApi::begin(BeginUpload message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string path, target_of(message.artifact_path, message.path));
    CO_TRY_ASSIGN(DirectUploads* const uploads, uploads());
    CO_TRY(co_await check_place(message.artifact_path, path));
    if (message.num_parts < 1 || message.num_parts > blob::kMaxUploadParts)
        co_return fail(Code::invalid,
                       "num_parts is " + std::to_string(message.num_parts) + ", from 1 to " +
                           std::to_string(blob::kMaxUploadParts) +
                           " are possible; choose larger parts "
                           "(MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE)",
                       "num_parts");
    CO_TRY_ASSIGN(auto begun, co_await pool_.run([uploads, n = message.num_parts] {
        return uploads->begin(static_cast<int>(n));
    }));
    BegunUpload answer;
    answer.upload_id = artifacts::seal_upload({std::move(begun.id), path, message.num_parts,
                                               parts_.env.now() + DirectUploads::kUploadsLast},
                                              parts_.key);
    answer.credentials.reserve(begun.addresses.size());
    for (std::string& address : begun.addresses)
        answer.credentials.push_back(
            {std::move(address), static_cast<int64_t>(answer.credentials.size()) + 1});
    co_return answer;
}

Task<Status> MultipartApi::enter(std::string upload_id) {
    for (Micros waited{0};; waited += kLookEvery) {
        {
            const std::lock_guard lock(mutex_);
            if (under_way_.size() < kMaxUnderWay && under_way_.insert(upload_id).second)
                co_return ok();
        }
        if (waited >= kPatience)
            co_return fail(Code::unavailable,
                           "the parts are still being put together; ask again, nothing is lost");
        co_await sleep_for(kLookEvery);
    }
}

void MultipartApi::leave(const std::string& upload_id) {
    const std::lock_guard lock(mutex_);
    under_way_.erase(upload_id);
}

Task<Result<None>> MultipartApi::complete(CompleteUpload message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string path, target_of(message.artifact_path, message.path));
    CO_TRY_ASSIGN(DirectUploads* const uploads, uploads());
    CO_TRY_ASSIGN(const auto token,
                  artifacts::open_upload(message.upload_id, path, parts_.env.now(), parts_.key));
    CO_TRY_ASSIGN(auto tags, tags_of(std::move(message.parts), token.parts));
    CO_TRY(co_await check_place(message.artifact_path, path));
    CO_TRY(co_await enter(token.upload));
    // Leaves on the pool: the client may have gone by then, and the work goes on.
    CO_TRY_ASSIGN(const blob::Stored stored,
                  co_await pool_.run([this, uploads, id = token.upload, tags = std::move(tags)] {
                      auto made = uploads->complete(id, tags, kMaxFileBytes);
                      leave(id);
                      return made;
                  }));
    CO_TRY(co_await parts_.db.write(Durability::full, [this, path, stored](store::Tx& tx) {
        return parts_.artifacts.put(tx, path, stored);
    }));
    co_return None{};
}

Task<Result<None>> MultipartApi::abort(AbortUpload message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string path, target_of(message.artifact_path, message.path));
    CO_TRY_ASSIGN(DirectUploads* const uploads, uploads());
    CO_TRY_ASSIGN(const auto token,
                  artifacts::open_upload(message.upload_id, path, parts_.env.now(), parts_.key));
    CO_TRY(co_await pool_.run([uploads, id = token.upload] { return uploads->abort(id); }));
    co_return None{};
}

Task<Result<SignedDownload>> MultipartApi::sign_download(ArtifactPath message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string path, artifacts::clean_file_path(message.path));
    if (parts_.blobs.direct_uploads() == nullptr)
        co_return fail(Code::unsupported,
                       "Multipart download is not supported for the current artifact repository");
    CO_TRY_ASSIGN(const artifacts::File file, co_await parts_.db.read([this, path](store::Tx& tx) {
        return parts_.artifacts.get(tx, path);
    }));
    CO_TRY_ASSIGN(std::string url, co_await pool_.run([this, file]() -> Result<std::string> {
        const std::string name(artifacts::base_name(file.path));
        TRY_ASSIGN(const auto digest, blob::Digest::parse(file.digest));
        return parts_.blobs.presign(digest, kSignedLasts,
                                    {std::string(media_type(name)), attachment(name)});
    }));
    co_return SignedDownload{std::move(url), {}, file.size};
}

}  // namespace rondo::api::mlflow
