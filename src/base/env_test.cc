#include "base/env.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <doctest/doctest.h>

namespace rondo {
namespace {

// A folder for one test.
struct Folder {
    std::string path;
    Folder() {
        char name[] = "/tmp/rondo-env-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~Folder() {
        FileSystem& files = system_env().files();
        for (const std::string& name : *files.list(path)) (void)files.remove(path + "/" + name);
        (void)files.remove(path);
    }
    std::string operator/(const char* name) const { return path + "/" + name; }
};

TEST_CASE("a file written atomically is the old one or the new one") {
    const Folder folder;
    FileSystem& files = system_env().files();
    const std::string path = folder / "file";
    REQUIRE(write_file_atomically(system_env(), path, "old"));
    REQUIRE(write_file_atomically(system_env(), path, "newer"));
    CHECK(*read_file(files, path, 100) == "newer");
    CHECK(files.list(folder.path)->size() == 1);
    struct stat info{};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    // A write that fails leaves the old one, and no rubbish.
    REQUIRE(files.make_directories(folder / "taken"));
    CHECK(!write_file_atomically(system_env(), folder / "taken", "x"));
    CHECK(!write_file_atomically(system_env(), folder / "none/file", "x"));
    CHECK(files.list(folder.path)->size() == 2);
}

TEST_CASE("files") {
    const Folder folder;
    FileSystem& files = system_env().files();
    auto file = files.open(folder / "file", FileSystem::Mode::create_new);
    REQUIRE(file);
    REQUIRE((*file)->append("hello"));
    REQUIRE((*file)->append(" world"));
    CHECK(*(*file)->size() == 11);
    CHECK(*(*file)->read_at(6, 100) == "world");
    CHECK((*file)->read_at(100, 5)->empty());
    REQUIRE((*file)->truncate(5));
    REQUIRE((*file)->append("!"));
    CHECK(*read_file(files, folder / "file", 6) == "hello!");
    CHECK(read_file(files, folder / "file", 5).error().code == Code::too_large);
    CHECK(files.open(folder / "file", FileSystem::Mode::create_new).error().code ==
          Code::already_exists);
    const auto missing = files.open(folder / "none", FileSystem::Mode::read);
    CHECK(missing.error().code == Code::not_found);
    CHECK(missing.error().message.find(folder / "none") != std::string::npos);
    CHECK(files.list(folder / "none")->empty());
    CHECK(files.make_directories(folder / "file/x").error().code != Code::storage_full);
}

TEST_CASE("randomness and clocks") {
    CHECK(random_hex(system_env(), 16).size() == 32);
    CHECK(random_hex(system_env(), 16) != random_hex(system_env(), 16));
    CHECK(random_u64(system_env()) != random_u64(system_env()));
    const Micros before = system_env().steady();
    CHECK(system_env().steady() >= before);
}

}  // namespace
}  // namespace rondo
