#include "app/blobs.h"

#include <cstdlib>

#include "base/log.h"
#include "platform/blob/s3.h"

namespace rondo::app {
namespace {

// The first of the variables that is set.
std::string variable(std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const char* value = std::getenv(name);
        if (value != nullptr && *value != '\0') return value;
    }
    return {};
}

// A server that kept its blobs here before finds none of them in a bucket.
Status check_nothing_local(Env& env, const std::string& folder) {
    TRY_ASSIGN(const auto shelves, env.files().list(folder + "/objects"));
    if (shelves.empty()) return ok();
    return fail(Code::conflict,
                "'" + folder +
                    "' holds blobs already; copy its folder objects "
                    "into the bucket below the prefix, move it away, and start again");
}

}  // namespace

Result<std::unique_ptr<blob::Store>> open_blobs(Env& env, client::Client& http,
                                                const Config& config, const DataFolder& folder) {
    const std::string local = folder.file("blobs");
    // Only a path is a folder: "http://x" is no place, and is told so below.
    const bool is_path = config.blobs.starts_with('/') || config.blobs.starts_with('.');
    if (config.blobs.empty() || is_path)
        return blob::open_local_store(env, config.blobs.empty() ? local : config.blobs,
                                      folder.server_id());
    TRY(check_nothing_local(env, local));
    const std::string endpoint = config.s3_endpoint.empty()
                                     ? variable({"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"})
                                     : config.s3_endpoint;
    TRY_ASSIGN(auto settings,
               blob::parse_s3_location(
                   config.blobs, endpoint, variable({"AWS_REGION", "AWS_DEFAULT_REGION"}),
                   {variable({"AWS_ACCESS_KEY_ID"}), variable({"AWS_SECRET_ACCESS_KEY"}),
                    variable({"AWS_SESSION_TOKEN"})}));
    return blob::open_s3_store(env, http, std::move(settings), local + "/tmp");
}

}  // namespace rondo::app
