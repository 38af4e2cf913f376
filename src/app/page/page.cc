#include "app/page/page.h"

#include <algorithm>
#include <array>

#include "app/page/encoding.h"
#include "app/page/files.h"
#include "base/text.h"

namespace rondo::app {
namespace {

using page::File;

// A folder of the page's developers holds nothing larger.
constexpr size_t kMaxFileBytes = 16 << 20;
constexpr std::string_view kAssets = "assets/";

constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'";

std::string type_of(std::string_view path) {
    constexpr std::array kTypes{
        std::pair{std::string_view(".html"), "text/html; charset=utf-8"},
        std::pair{std::string_view(".js"), "text/javascript; charset=utf-8"},
        std::pair{std::string_view(".css"), "text/css; charset=utf-8"},
        std::pair{std::string_view(".svg"), "image/svg+xml"},
        std::pair{std::string_view(".txt"), "text/plain; charset=utf-8"}};
    for (const auto& [ending, type] : kTypes) {
        if (path.ends_with(ending)) return type;
    }
    return "application/octet-stream";
}

net::Response response_for(std::string_view path) {
    net::Response response;
    response.content_type = type_of(path);
    response.header("content-security-policy", std::string(kPolicy));
    response.header("x-content-type-options", "nosniff");
    response.header("x-frame-options", "DENY");
    response.header("referrer-policy", "no-referrer");
    response.header("cross-origin-opener-policy", "same-origin");
    response.header("cross-origin-resource-policy", "same-origin");
    return response;
}

// The smallest form that the client takes.
struct Form {
    std::string_view name;  // empty: as it is
    std::string_view bytes;
};

Form form_of(const File& file, std::string_view accepted) {
    if (!file.brotli.empty() && page::accepts(accepted, "br")) return {"br", file.brotli};
    if (!file.gzip.empty() && page::accepts(accepted, "gzip")) return {"gzip", file.gzip};
    return {"", file.plain};
}

Error no_such_file(std::string_view path) {
    return {Code::not_found, "the page has no file " + quoted(path) + "; load it again", ""};
}

// Names of files and folders below the page's own; nothing that leads out of it.
bool is_plain_path(std::string_view path) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.' || c == '/';
    };
    return std::ranges::all_of(path, is_plain) && !path.starts_with('/') &&
           path.find("..") == std::string_view::npos;
}

}  // namespace

std::vector<rpc::Row> Page::rows() {
    using rpc::get;
    using rpc::kOpen;
    return {
        get<&Page::index>("/", kOpen, "The page"),
        get<&Page::icon>("/favicon.svg", kOpen, "Its icon"),
        get<&Page::licenses>("/licenses.txt", kOpen, "Licences of what the page is made with"),
        get<&Page::asset>("/assets/{path...}", kOpen, "Its scripts and styles"),
    };
}

Result<net::Response> Page::index(rpc::None, rpc::Context context) {
    return serve("index.html", *context.request);
}

Result<net::Response> Page::icon(rpc::None, rpc::Context context) {
    return serve("favicon.svg", *context.request);
}

Result<net::Response> Page::licenses(rpc::None, rpc::Context context) {
    return serve("licenses.txt", *context.request);
}

Result<net::Response> Page::asset(AssetPath asset, rpc::Context context) {
    return serve(std::string(kAssets) + asset.path, *context.request);
}

Result<net::Response> Page::serve(const std::string& path, const net::Request& request) const {
    if (!folder_.empty()) return serve_from_folder(path);
    const auto files = page::built_in();
    const auto file = std::ranges::find(files, path, &File::path);
    if (file == files.end()) return std::unexpected(no_such_file(path));

    net::Response response = response_for(path);
    const Form form = form_of(*file, request.headers.get("accept-encoding"));
    response.header("vary", "accept-encoding");
    if (path.starts_with(kAssets)) {
        response.header("cache-control", "public, max-age=31536000, immutable");
    } else {
        std::string tag = "\"" + std::string(file->digest.substr(0, 32));
        if (!form.name.empty()) tag.append("-").append(form.name);
        tag += '"';
        response.header("cache-control", "no-cache");
        response.header("etag", tag);
        if (page::lists_tag(request.headers.get("if-none-match"), tag)) {
            response.status = 304;
            return response;
        }
    }
    if (!form.name.empty()) response.header("content-encoding", std::string(form.name));
    response.body = form.bytes;
    return response;
}

Result<net::Response> Page::serve_from_folder(const std::string& path) const {
    const std::string full = folder_ + "/" + path;
    if (!is_plain_path(path) || !env_.files().exists(full))
        return std::unexpected(no_such_file(path));
    net::Response response = response_for(path);
    TRY_ASSIGN(response.body, read_file(env_.files(), full, kMaxFileBytes));
    response.header("cache-control", "no-store");
    return response;
}

}  // namespace rondo::app
