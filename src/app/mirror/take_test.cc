#include "app/mirror/take.h"

#include <doctest/doctest.h>

namespace rondo::app::mirror {
namespace {

using json::Value;

Value parse(const char* text) { return Value::parse(text).value(); }

}  // namespace

TEST_CASE("take: what the upstream chose for new things") {
    const std::string base = "/ajax-api/2.0/mlflow/";
    CHECK(chosen_by(base + "experiments/create", parse(R"({"experiment_id":"17"})")).id == "17");
    const auto run = chosen_by(
        base + "runs/create",
        parse(R"({"run":{"info":{"run_id":"ab","run_name":"n","artifact_uri":"s3://b/x"}}})"));
    CHECK(run.id == "ab");
    CHECK(run.name == "n");
    CHECK(run.location == "s3://b/x");
    const auto model =
        chosen_by(base + "logged-models",
                  parse(R"({"model":{"info":{"model_id":"m-1","name":"n","artifact_uri":"u"}}})"));
    CHECK(model.id == "m-1");
    CHECK(chosen_by(base + "model-versions/create", parse(R"({"model_version":{"version":"7"}})"))
              .number == 7);
    CHECK(chosen_by(base + "runs/get", parse(R"({"run":{"info":{"run_id":"ab"}}})")).id.empty());
    CHECK(chosen_by(base + "runs/create", Value()).id.empty());
}

TEST_CASE("take: the upstream's clock") {
    CHECK(clock_of(parse(
              R"({"model_version":{"creation_timestamp":5,"last_updated_timestamp":9}})")) == 9);
    CHECK(!clock_of(parse(R"({"run":{"info":{"start_time":5}}})")));
    // Not of what is listed: of older things.
    CHECK(!clock_of(parse(R"({"models":[{"creation_timestamp":5}]})")));
}

TEST_CASE("take: experiments that are told of whole") {
    const auto found = experiments_in(
        "/api/2.0/mlflow/experiments/get-by-name",
        parse(
            R"({"experiment":{"experiment_id":"3","name":"n","artifact_location":"mlflow-artifacts:/3",
                  "lifecycle_stage":"deleted","creation_time":4,"last_update_time":5,
                  "tags":[{"key":"k","value":"v"}]}})"));
    REQUIRE(found.size() == 1);
    CHECK(found[0].id == 3);
    CHECK(found[0].stage == tracking::Stage::deleted);
    CHECK(found[0].created_ms == 4);
    CHECK(found[0].tags[0].value == "v");
    CHECK(experiments_in("/api/2.0/mlflow/experiments/get", parse(R"({"experiment":{}})")).empty());
}

TEST_CASE("take: what an answer names") {
    const auto found =
        named_in(parse(R"({"runs":[{"info":{"run_id":"a","run_uuid":"a","experiment_id":"1"}}],
                  "model_versions":[{"name":"m","model_id":"m-1"}],"other":[{"name":"no"}]})"));
    CHECK(found == std::vector<Named>{
                       {"experiment", "1"}, {"logged_model", "m-1"}, {"model", "m"}, {"run", "a"}});
}

TEST_CASE("take: page tokens are exchanged") {
    CHECK(page_token_in("a=1&page_token=x%2Fy", Value()) == "x/y");
    CHECK(page_token_in("", parse(R"({"page_token":"z"})")) == "z");
    CHECK(query_with_page("a=1&page_token=x&b=2", "o/k") == "a=1&page_token=o%2Fk&b=2");
    CHECK(message_with_page(parse(R"({"page_token":"x","n":1})"), "k")["page_token"].text() == "k");
}

}  // namespace rondo::app::mirror
