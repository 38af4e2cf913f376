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

// Only a path is a folder: "http://x" is no place, and is told so by who reads a bucket's.
bool is_folder(const Config& config) {
    return config.blobs.empty() || config.blobs.starts_with('/') || config.blobs.starts_with('.');
}
std::string folder_of(const Config& config, const std::string& local) {
    return config.blobs.empty() ? local : config.blobs;
}

Result<std::unique_ptr<blob::Store>> open_bucket(Env& env, client::Client& http,
                                                 const Config& config, const std::string& staging) {
    const std::string endpoint = config.s3_endpoint.empty()
                                     ? variable({"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"})
                                     : config.s3_endpoint;
    TRY_ASSIGN(auto settings,
               blob::parse_s3_location(
                   config.blobs, endpoint, variable({"AWS_REGION", "AWS_DEFAULT_REGION"}),
                   {variable({"AWS_ACCESS_KEY_ID"}), variable({"AWS_SECRET_ACCESS_KEY"}),
                    variable({"AWS_SESSION_TOKEN"})}));
    settings.client_endpoint = config.s3_client_endpoint;
    return blob::open_s3_store(env, http, std::move(settings), staging);
}

}  // namespace

Result<std::unique_ptr<blob::Store>> open_blobs(Env& env, client::Client& http,
                                                const Config& config, const DataFolder& folder) {
    const std::string local = folder.file("blobs");
    if (is_folder(config))
        return blob::open_local_store(env, folder_of(config, local), folder.server_id());
    TRY(check_nothing_local(env, local));
    return open_bucket(env, http, config, local + "/tmp");
}

Result<std::unique_ptr<blob::Store>> attach_blobs(Env& env, client::Client& http,
                                                  const Config& config) {
    const std::string local = config.data + "/blobs";
    if (is_folder(config)) return blob::attach_local_store(env, folder_of(config, local));
    return open_bucket(env, http, config, local + "/tmp-" + random_hex(env, 6));
}

}  // namespace rondo::app
