#include "domain/move/places.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include "base/env.h"

namespace rondo::move {
namespace {

struct Folder {
    char path[32] = "/tmp/rondo-places-XXXXXX";
    Folder() { CHECK(::mkdtemp(path) != nullptr); }
    ~Folder() { CHECK(::system(("rm -r " + std::string(path)).c_str()) == 0); }
    std::string make(const std::string& below) const {
        const std::string whole = std::string(path) + "/" + below;
        CHECK(system_env().files().make_directories(whole).has_value());
        return whole;
    }
};

TEST_CASE("local locations become ours, in all their spellings") {
    const Folder folder;
    const std::string base = folder.path;
    const std::string artifacts = folder.make("a b/run/artifacts");
    for (const std::string& location :
         {artifacts, artifacts + "/", "file://" + base + "/a%20b/run/artifacts",
          "file://localhost" + artifacts, "file:" + artifacts, std::string("./a b/run/artifacts"),
          std::string("a b/run/artifacts")}) {
        CAPTURE(location);
        Places places(base, "");
        const Place place = places.of(location, "1/run/artifacts", "run/artifacts");
        CHECK(place.uri == "mlflow-artifacts:/1/run/artifacts");
        CHECK(place.path == "1/run/artifacts");
        CHECK(place.folder == artifacts);
        CHECK(places.left().empty());
        CHECK(places.moved(location) == place.uri);
        CHECK(places.moved(artifacts + "/model/x") == place.uri + "/model/x");
        CHECK(places.moved(artifacts + "2") == artifacts + "2");
    }
}

TEST_CASE("other stores keep what they have, and are counted by name") {
    Places places("/nowhere", "");
    for (const char* location :
         {"s3://bucket/a/run/artifacts", "s3://bucket/b/run/artifacts", "dbfs:/x/run/artifacts",
          "file://host/x/run/artifacts", "mlflow-artifacts://host:5000/1/run/artifacts"}) {
        CAPTURE(location);
        const Place place = places.of(location, "1/run/artifacts", "run/artifacts");
        CHECK(place.uri == location);
        CHECK(place.folder.empty());
        CHECK(places.moved(location) == location);
    }
    const auto left = places.left();
    REQUIRE(left.size() == 4);
    CHECK(left[3].what == "locations of artifacts in s3://bucket");
    CHECK(left[3].count == 2);
}

TEST_CASE("a folder is taken only when it is named as MLflow names it") {
    const Folder folder;
    for (const std::string& below :
         {std::string("secret"), std::string("runx/artifacts"), std::string("other/artifacts")}) {
        CAPTURE(below);
        Places places("/", "");
        const Place place = places.of(folder.make(below), "1/run/artifacts", "run/artifacts");
        CHECK(place.uri == "mlflow-artifacts:/1/run/artifacts");
        CHECK(place.folder.empty());
        REQUIRE(places.left().size() == 1);
        CHECK(places.left()[0].what.starts_with("local folders"));
    }
}

TEST_CASE("what MLflow's server hands out is looked for where it takes it from") {
    const Folder folder;
    const std::string artifacts = folder.make("7/run/artifacts");
    Places unnamed("/", "");
    CHECK(unnamed.of("mlflow-artifacts:/7/run/artifacts", "1/run/artifacts", "run/artifacts")
              .folder.empty());
    CHECK(unnamed.left().size() == 1);
    Places named("/", folder.path);
    const Place place =
        named.of("mlflow-artifacts:/7/run/artifacts", "1/run/artifacts", "run/artifacts");
    CHECK(place.uri == "mlflow-artifacts:/7/run/artifacts");
    CHECK(place.path == "7/run/artifacts");
    CHECK(place.folder == artifacts);
    // A path that would leave the folder is no location of ours.
    CHECK(named.of("mlflow-artifacts:/../etc/run/artifacts", "1/run/artifacts", "run/artifacts")
              .folder.empty());
}

}  // namespace
}  // namespace rondo::move
