// The files of the page as they are built into the program: web/dist, each with its gzip and
// brotli form where that is smaller. cmake/embed_page.cmake writes the table.
#pragma once

#include <span>
#include <string_view>

namespace rondo::app::page {

struct File {
    std::string_view path;    // "index.html", "assets/page-3fa2.js"
    std::string_view digest;  // sha256 of the plain bytes, hex
    std::string_view plain;
    std::string_view gzip, brotli;  // empty: there is no such form
};

std::span<const File> built_in();

}  // namespace rondo::app::page
