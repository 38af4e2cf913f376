#include "domain/registry/service.h"

#include "domain/schema/test_database.h"

#include <doctest/doctest.h>

#include "platform/json/value.h"

namespace rondo::registry {
namespace {

struct Fixture {
    TestDatabase db;
    events::Hub hub;
    events::Events events{system_env(), hub};
    artifacts::Service artifacts{system_env(), 1};
    tracking::Service tracking{{system_env(), artifacts, 1}};
    Service registry{{system_env(), events, tracking, 1}};

    Fixture() {
        REQUIRE(db.write([&](store::Tx& tx) -> Status {
            TRY(tracking.ensure_default_experiment(tx));
            return registry.ensure_model(tx, "m");
        }));
    }
    ModelVersion register_from(const std::string& source) {
        return db
            .write([&](store::Tx& tx) {
                return registry.create_version(tx, {.name = "m", .source = source});
            })
            .value();
    }
    std::vector<events::Event> events_of_model() {
        return db
            .write([&](store::Tx& tx) { return events::Events::after(tx, 1, "model/m", 0, 100); })
            .value();
    }
};

}  // namespace

TEST_CASE("every change is an event of the model, in the same transaction") {
    Fixture f;
    f.register_from("s3://b/1");
    f.register_from("s3://b/2");
    CHECK(f.db.write([&](store::Tx& tx) -> Status {
        TRY(f.registry.set_alias(tx, "m", "prod", 1));
        TRY(f.registry.set_alias(tx, "m", "prod", 2));
        TRY(f.registry.set_alias(tx, "m", "prod", 2));  // nothing changes
        TRY(f.registry.set_version_tag(tx, "m", 1, {"k", "v"}));
        TRY(f.registry.move_to_stage(tx, "m", 1, "Staging", Service::Others::stay));
        TRY(f.registry.delete_alias(tx, "m", "prod"));
        TRY(f.registry.delete_alias(tx, "m", "prod"));
        return f.registry.delete_version(tx, "m", 1);
    }));
    std::vector<std::string> kinds;
    for (const events::Event& event : f.events_of_model()) kinds.push_back(event.kind);
    CHECK(kinds == std::vector<std::string>{"registry.model_created", "registry.version_created",
                                            "registry.version_created", "registry.alias_set",
                                            "registry.alias_set", "registry.version_tag_set",
                                            "registry.stage_set", "registry.alias_deleted",
                                            "registry.version_deleted"});
    const auto moved = json::Value::parse(f.events_of_model()[4].data).value();
    CHECK(moved["version"].integer() == 2);
    CHECK(moved["previous_version"].integer() == 1);
    CHECK(moved["alias"].text() == "prod");
    // What fails says nothing.
    const size_t before = f.events_of_model().size();
    CHECK(!f.db.write([&](store::Tx& tx) -> Status {
        TRY(f.registry.set_alias(tx, "m", "prod", 2));
        return f.registry.set_alias(tx, "m", "prod", 99);
    }));
    CHECK(f.events_of_model().size() == before);
}

TEST_CASE("a number is never used twice") {
    Fixture f;
    CHECK(f.register_from("s3://b/1").version == 1);
    CHECK(f.register_from("s3://b/2").version == 2);
    CHECK(f.db.write([&](store::Tx& tx) { return f.registry.delete_version(tx, "m", 2); }));
    CHECK(f.register_from("s3://b/3").version == 3);
}

TEST_CASE("locations of every kind lead to the same files") {
    Fixture f;
    const auto run =
        f.db.write([&](store::Tx& tx) { return f.tracking.create_run(tx, {}); }).value();
    const auto logged = f.db.write([&](store::Tx& tx) {
                                return f.tracking.create_logged_model(
                                    tx, {.name = "net", .source_run_id = run.run_id});
                            })
                            .value();
    const ModelVersion version = f.register_from("models:/" + logged.model_id);
    CHECK(version.run_id == run.run_id);
    CHECK(f.db.write([&](store::Tx& tx) { return f.registry.set_alias(tx, "m", "prod", 1); }));
    const std::string path = "0/models/" + logged.model_id + "/artifacts";
    for (const std::string& uri :
         {logged.artifact_uri, "models:/" + logged.model_id, "runs:/" + run.run_id + "/net",
          std::string("models:/m/1"), std::string("models:/m@prod"),
          std::string("models:/m/latest"), std::string("models:/m/None")}) {
        const auto found =
            f.db.write([&](store::Tx& tx) { return f.registry.artifact_path(tx, uri); });
        REQUIRE_MESSAGE(found.has_value(), uri << ": " << found.error().message);
        CHECK_MESSAGE(*found == path, uri);
    }
    const auto inside = f.db.write([&](store::Tx& tx) {
        return f.registry.artifact_path(tx, "runs:/" + run.run_id + "/net/data/x");
    });
    CHECK(*inside == path + "/data/x");
    f.register_from("s3://bucket/x");
    CHECK(f.db.write([&](store::Tx& tx) { return f.registry.artifact_path(tx, "models:/m/2"); })
              .error()
              .code == Code::unsupported);
}

}  // namespace rondo::registry
