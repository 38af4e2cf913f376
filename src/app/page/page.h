// The web page over HTTP. One object for the process, read-only: any thread may ask it.
//
// Names under assets/ carry a hash of their content and are kept by browsers for a year; everything
// else is asked for again with its ETag. No script, style, frame or connection but the server's own
// is allowed (trust.md T26, T27).
#pragma once

#include <string>
#include <vector>

#include "base/env.h"
#include "platform/rpc/endpoint.h"

namespace rondo::app {

class Page {
  public:
    // With a folder, files are read from there at every request instead: for the page's developers.
    Page(Env& env, std::string folder) : env_(env), folder_(std::move(folder)) {}
    std::vector<rpc::Row> rows();

    struct AssetPath {
        std::string path;
        static constexpr auto fields =
            std::tuple{json::field("path", &AssetPath::path, "Name of the file")};
    };

    Result<net::Response> index(rpc::None, rpc::Context);
    Result<net::Response> icon(rpc::None, rpc::Context);
    Result<net::Response> licenses(rpc::None, rpc::Context);
    Result<net::Response> asset(AssetPath, rpc::Context);

  private:
    Result<net::Response> serve(const std::string& path, const net::Request& request) const;
    Result<net::Response> serve_from_folder(const std::string& path) const;

    Env& env_;
    std::string folder_;
};

}  // namespace rondo::app
