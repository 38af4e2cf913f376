#include "platform/blob/checked_files.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "domain/schema/test_env.h"
#include "platform/crypto/crypto.h"

using namespace rondo;
using namespace rondo::blob;

namespace {

struct Fixture {
    std::string path =
        std::filesystem::temp_directory_path() / ("rondo-" + random_hex(system_env(), 8));
    Digest digest = Digest::parse(sha256_hex("content")).value();
    TestEnv env;
    CheckedFiles checked{env};

    Fixture() { write("content"); }
    ~Fixture() { std::filesystem::remove(path); }
    void write(const std::string& content) const {
        CHECK(write_file_atomically(system_env(), path, content));
    }
    std::unique_ptr<File> open() const {
        return system_env().files().open(path, FileSystem::Mode::read).value();
    }
    void note() {
        const auto file = open();
        checked.note(digest, *file, *CheckedFiles::identity(*file));
    }
};

}  // namespace

TEST_CASE("checked files: what was checked is known for a while") {
    Fixture f;
    CHECK(!f.checked.holds(f.digest, *f.open()));
    f.note();
    CHECK(f.checked.holds(f.digest, *f.open()));
    CHECK(!f.checked.holds(Digest::parse(sha256_hex("other")).value(), *f.open()));
    f.env.pass(CheckedFiles::kLasting - Micros{1});
    CHECK(f.checked.holds(f.digest, *f.open()));
    f.env.pass(Micros{1});
    CHECK(!f.checked.holds(f.digest, *f.open()));
}

TEST_CASE("checked files: a file that changed is another") {
    Fixture f;
    f.note();
    f.write("CONTENT");  // another inode
    CHECK(!f.checked.holds(f.digest, *f.open()));
    f.note();
    CHECK(f.checked.holds(f.digest, *f.open()));
    // The same inode and size.
    std::filesystem::last_write_time(f.path, std::filesystem::file_time_type{});
    CHECK(!f.checked.holds(f.digest, *f.open()));
}

TEST_CASE("checked files: what changes while it is read is not noted") {
    Fixture f;
    const auto file = f.open();
    const auto before = CheckedFiles::identity(*file);
    CHECK(system_env().files().open(f.path, FileSystem::Mode::append).value()->append("more"));
    f.checked.note(f.digest, *file, *before);
    CHECK(!f.checked.holds(f.digest, *f.open()));
}
