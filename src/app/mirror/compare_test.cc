#include "app/mirror/compare.h"

#include <doctest/doctest.h>

namespace rondo::app::mirror {
namespace {

Answer json(int status, std::string body) {
    return {.status = status, .content_type = "application/json", .body = std::move(body)};
}

Comparison of(const std::string& theirs, const std::string& ours,
              std::string endpoint = "GET /api/2.0/mlflow/runs/get") {
    return compare({std::move(endpoint), ""}, json(200, theirs), json(200, ours));
}

std::string paths(const Comparison& found) {
    std::string out;
    for (const Place& place : found.places) out += place.path + " ";
    return out;
}

}  // namespace

TEST_CASE("compare: what means the same is the same") {
    CHECK(of(R"({"a": 1, "b": [1, 2]})", R"({"b":[1,2],"a":1})").places.empty());
    CHECK(of(R"({"tags":[{"key":"a","value":"1"},{"key":"b","value":"2"}]})",
             R"({"tags":[{"key":"b","value":"2"},{"key":"a","value":"1"}]})")
              .places.empty());
    CHECK(of(R"({"e":{"creation_time":1700000000000}})", R"({"e":{"creation_time":1700000004000}})")
              .places.empty());
    CHECK(of(R"({"next_page_token":"abc"})", R"({"next_page_token":"xyz"})").places.empty());
    CHECK(of(R"({"tags":[{"key":"mlflow.log-model.history","value":"[{\"a\":1},{\"a\":1}]"}]})",
             R"({"tags":[{"key":"mlflow.log-model.history","value":"[{\"a\": 1}]"}]})")
              .places.empty());
    CHECK(of(R"({"value": 1})", R"({"value": 1.0})").places.empty());
}

TEST_CASE("compare: what differs is named by its path") {
    CHECK(paths(of(R"({"run":{"info":{"end_time":1}}})", R"({"run":{"info":{"end_time":2}}})")) ==
          "$.run.info.end_time ");
    CHECK(paths(of(R"({"e":{"creation_time":1}})", R"({"e":{"creation_time":99999}})")) ==
          "$.e.creation_time ");
    CHECK(paths(of(R"({"runs":[{"a":1},{"a":2}]})", R"({"runs":[{"a":2},{"a":1}]})")) ==
          "$.runs[0].a $.runs[1].a ");
    CHECK(paths(of(R"({"runs":[1]})", R"({"runs":[1,2]})")) == "$.runs ");
    CHECK(paths(of(R"({"a":1})", R"({"b":1})")) == "$.a $.b ");
    CHECK(paths(of(R"({"next_page_token":"abc"})", R"({"next_page_token":""})")) ==
          "$.next_page_token ");
    const auto status = compare({"GET /x", ""}, json(200, "{}"), json(404, "{}"));
    REQUIRE(status.places.size() == 1);
    CHECK(status.places[0].path == "status");
    CHECK(status.reason.empty());
}

TEST_CASE("compare: a file by its length and digest") {
    const Answer theirs{.status = 200, .is_file = true, .size = 5, .sha256 = "aa"};
    Answer ours = theirs;
    CHECK(compare({"GET /f", ""}, theirs, ours).places.empty());
    ours.sha256 = "bb";
    CHECK(paths(compare({"GET /f", ""}, theirs, ours)) == "sha256 ");
    ours.sha256.clear();  // a part has none
    ours.size = 6;
    CHECK(paths(compare({"GET /f", ""}, theirs, ours)) == "length ");
}

TEST_CASE("compare: differences that are meant have a reason, others have none") {
    const auto reason = [](int their_status, const std::string& theirs, int our_status,
                           const std::string& ours, const std::string& endpoint) {
        return compare({endpoint, ""}, json(their_status, theirs), json(our_status, ours)).reason;
    };
    const std::string wrong = R"({"error_code":"INVALID_PARAMETER_VALUE","message":"a"})";
    const std::string other = R"({"error_code":"INVALID_PARAMETER_VALUE","message":"b"})";
    const std::string missing = R"({"error_code":"RESOURCE_DOES_NOT_EXIST","message":"a"})";
    CHECK(reason(400, wrong, 400, other, "POST /x") == "the same error by other words");
    CHECK(reason(400, wrong, 400, missing, "POST /x").empty());
    CHECK(!reason(500, "oops", 400, wrong, "POST /x").empty());
    CHECK(reason(500, "oops", 200, "{}", "POST /x").empty());
    CHECK(reason(200, "{}", 400, wrong, "POST /x").empty());
    CHECK(!reason(200, "{}", 404, missing, "GET /api/2.0/mlflow/metrics/get-history").empty());
    CHECK(
        !of(R"({"model_version":{"name":"m"}})", R"({"model_version":{"name":"m","model_id":"x"}})")
             .reason.empty());
    CHECK(
        of(R"({"model_version":{"name":"m"}})", R"({"model_version":{"name":"n","model_id":"x"}})")
            .reason.empty());
}

TEST_CASE("compare: no secret is kept") {
    CHECK(kept_text(R"({"user":"a","password":"hush","deep":[{"api_key":"hush"}]})") ==
          R"({"user":"a","password":"***","deep":[{"api_key":"***"}]})");
    CHECK(kept_text(R"({"key":"my_token","value":"hush"})") ==
          R"({"key":"my_token","value":"***"})");
    CHECK(kept_text(R"({"page_token":"abc"})") == R"({"page_token":"abc"})");
    CHECK(kept_text("my password is hush").find("hush") == std::string::npos);
    CHECK(kept_target("/a?token=hush&b=1") == "/a?token=***&b=1");
    const auto found = of(R"({"tags":[{"key":"db_password","value":"hush"}]})",
                          R"({"tags":[{"key":"db_password","value":"hash"}]})");
    REQUIRE(found.places.size() == 1);
    CHECK(found.places[0].upstream == "***");
    CHECK(found.places[0].rondo == "***");
}

TEST_CASE("compare: what is kept is cut at a whole character") {
    std::string text;
    while (text.size() < 3000) text += "ä";
    const std::string kept = kept_text("x" + text);
    CHECK(kept.size() < 2060);
    CHECK(kept.ends_with("ä..."));
}

}  // namespace rondo::app::mirror
