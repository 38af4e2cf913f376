#include "domain/artifacts/service.h"

#include "domain/schema/test_database.h"

#include <doctest/doctest.h>

#include <random>
#include <set>

#include "domain/artifacts/path.h"

namespace rondo::artifacts {
namespace {

blob::Stored stored(uint64_t size) {
    return {blob::Digest::parse(std::string(64, 'a')).value(), size};
}

}  // namespace

TEST_CASE("listing equals the naive listing, for random trees and big folders") {
    TestDatabase db;
    const Service service(system_env(), 1);
    std::mt19937 random(11);
    // Names around the slash in byte order, where prefixes are easily taken for folders.
    const std::vector<std::string> names{"a", "a-", "a.b", "a0", "b", "ü", "\U0010FFFEx", "z"};
    std::map<std::string, uint64_t> files;
    const auto put = [&](const std::string& path, uint64_t size) {
        const bool done = db.write([&](store::Tx& tx) {
                                return service.put(tx, path, stored(size));
                            }).has_value();
        if (done) files[path] = size;
    };
    for (int i = 0; i < 300; ++i) {
        std::string path = names[random() % names.size()];
        for (int depth = static_cast<int>(random() % 4); depth > 0; --depth)
            path += "/" + names[random() % names.size()];
        put(path, i);
    }
    for (int i = 0; i < 700; ++i) put("big/x" + std::to_string(i), 1);
    for (int i = 0; i < 700; ++i) put("big/sub/x" + std::to_string(i), 1);
    put("big/sub0", 1);
    put("big/sub-", 1);

    std::set<std::string> folders{""};
    for (const auto& [path, size] : files) {
        for (size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1))
            folders.insert(path.substr(0, at));
    }
    for (const std::string& folder : folders) {
        std::map<std::string, std::optional<int64_t>> expected;
        const std::string prefix = folder.empty() ? "" : folder + "/";
        for (const auto& [path, size] : files) {
            if (!path.starts_with(prefix)) continue;
            const std::string rest = path.substr(prefix.size());
            const size_t slash = rest.find('/');
            if (slash == std::string::npos)
                expected[rest] = static_cast<int64_t>(size);
            else
                expected[rest.substr(0, slash)] = std::nullopt;
        }
        const auto listed =
            db.write([&](store::Tx& tx) { return service.list(tx, folder); }).value();
        std::map<std::string, std::optional<int64_t>> got;
        for (const Entry& entry : listed) {
            CHECK(entry.is_dir == !entry.file_size.has_value());
            CHECK(got.emplace(entry.path, entry.file_size).second);
        }
        CHECK(got == expected);
    }
}

TEST_CASE("a path is a file or a folder") {
    TestDatabase db;
    const Service service(system_env(), 1);
    const auto put = [&](const std::string& path) {
        return db.write([&](store::Tx& tx) { return service.put(tx, path, stored(1)); });
    };
    CHECK(put("a/b/c"));
    CHECK(put("a/b/c"));
    CHECK(put("a/b").error().code == Code::conflict);
    CHECK(put("a").error().code == Code::conflict);
    CHECK(put("a/b/c/d").error().code == Code::conflict);
    CHECK(put("a/b-"));
    const auto get = [&](const std::string& path) {
        return db.write([&](store::Tx& tx) { return service.get(tx, path); });
    };
    CHECK(get("a/b/c")->size == 1);
    CHECK(get("a/b").error().code == Code::invalid);
    CHECK(get("a/x").error().code == Code::not_found);
}

TEST_CASE("removal goes in slices and takes nothing beside") {
    TestDatabase db;
    const Service service(system_env(), 1);
    const int64_t many = Service::kRemoveSlice + 50;
    CHECK(db.write([&](store::Tx& tx) -> Status {
        for (int64_t i = 0; i < many; ++i)
            TRY(service.put(tx, "d/" + std::to_string(i), stored(1)));
        TRY(service.put(tx, "d-", stored(1)));
        return service.put(tx, "d0", stored(1));
    }));
    const auto remove = [&](const std::string& path) {
        return db.write([&](store::Tx& tx) { return service.remove(tx, path); }).value();
    };
    CHECK(remove("d") == Service::kRemoveSlice);
    CHECK(remove("d") == 50);
    CHECK(remove("d") == 0);
    const auto left = db.write([&](store::Tx& tx) { return service.list(tx, ""); }).value();
    CHECK(left.size() == 2);
}

TEST_CASE("files of another workspace are not there") {
    TestDatabase db;
    const Service one(system_env(), 1), two(system_env(), 2);
    CHECK(db.write([&](store::Tx& tx) { return one.put(tx, "x", stored(1)); }));
    CHECK(!db.write([&](store::Tx& tx) { return two.get(tx, "x"); }));
    CHECK(db.write([&](store::Tx& tx) { return two.list(tx, ""); }).value().empty());
}

}  // namespace rondo::artifacts
