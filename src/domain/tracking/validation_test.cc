#include "domain/tracking/validation.h"

#include <doctest/doctest.h>

#include "domain/tracking/names.h"
#include "domain/tracking/uri.h"

namespace rondo::tracking {

TEST_CASE("keys of metrics, params and tags") {
    for (const std::string_view key :
         {"loss", "val loss", "a/b/c", "a.b-c_d:e", "größe", "損失", "x..y", "ª", "e\u0301"})
        CHECK_MESSAGE(check_key(key, "key"), std::string(key));
    for (const std::string_view key :
         {"",    "/a",   "a/",   "a//b", ".",   "..",     "../a",   "a/../b", "a/./b",    "..a",
          "a;b", "a\"b", "a\nb", "a\\b", "a%b", "\u200b", "\u202e", "😀",     "a\u00a0b", "×"})
        CHECK_MESSAGE(!check_key(key, "key"), std::string(key));
    CHECK(check_key(std::string(kMaxKeyLength, 'x'), "key"));
    CHECK(!check_key(std::string(kMaxKeyLength + 1, 'x'), "key"));
    CHECK(check_key("a b", "metrics[3].name"));
    CHECK(check_key("a;b", "metrics[3].name").error().field == "metrics[3].name");
}

TEST_CASE("lengths count characters") {
    CHECK(character_count("") == 0);
    CHECK(character_count("aä€😀") == 4);
    CHECK(first_characters("aä€😀", 4) == "aä€😀");
    CHECK(first_characters("aä€😀", 3) == "aä€");
    CHECK(first_characters("aä€😀", 0).empty());
    CHECK(check_length("x", "ääää", 4));
    CHECK(check_length("x", "äääää", 4).error().message ==
          "'x' exceeds the maximum length of 4 characters");
}

TEST_CASE("T3: where artifacts may lie") {
    for (const std::string_view uri :
         {"mlflow-artifacts:/", "mlflow-artifacts:/a/b", "s3://bucket/key", "gs://b", "S3://b/k",
          "abfss://c@account.dfs.core.windows.net/x"})
        CHECK_MESSAGE(check_artifact_uri(uri, "x"), std::string(uri));
    for (const std::string_view uri : {"",
                                       "/tmp",
                                       "tmp",
                                       "./x",
                                       "file:/tmp",
                                       "FILE:///tmp",
                                       "C:\\x",
                                       "\\\\host\\share",
                                       "http://h/x",
                                       "https://h/x",
                                       "ftp://h/x",
                                       "runs:/x",
                                       "models:/x",
                                       "s3://b/../x",
                                       "s3://b/%2e%2e/x",
                                       "s3://b?x",
                                       "s3://b#x",
                                       "s3://b\\x",
                                       "mlflow-artifacts:/..",
                                       "mlflow-artifacts://h/x",
                                       "data:,x",
                                       "sqlite:///x"})
        CHECK_MESSAGE(!check_artifact_uri(uri, "x"), std::string(uri));
}

TEST_CASE("ids") {
    CHECK(parse_experiment_id("12").value() == 12);
    CHECK(!parse_experiment_id("12a"));
    CHECK(!parse_experiment_id(""));
    CHECK(!parse_experiment_id("99999999999999999999"));
    CHECK(check_run_id("0123456789abcdef0123456789abcdef"));
    CHECK(check_run_id("my-run_1"));
    CHECK(!check_run_id("-x"));
    CHECK(!check_run_id("../x"));
    CHECK(!check_run_id(std::string(257, 'x')));
}

TEST_CASE("random names fit and vary") {
    std::string last;
    int same = 0;
    for (int i = 0; i < 100; ++i) {
        const std::string name = random_name(system_env());
        CHECK(name.size() <= 20);
        CHECK(check_key(name, "name"));
        CHECK(check_logged_model_name(name));
        same += name == last ? 1 : 0;
        last = name;
    }
    CHECK(same < 5);
}

TEST_CASE("locations of runs and models") {
    CHECK(!parse_run_uri("s3://b/k").value().has_value());
    CHECK(parse_run_uri("runs:/abc/model/x").value()->path == "model/x");
    CHECK(parse_run_uri("runs:/abc").value()->run_id == "abc");
    for (const std::string_view uri :
         {"runs:", "runs:/", "runs://abc/x", "runs:abc", "runs:/a/../b"})
        CHECK_MESSAGE(!parse_run_uri(uri), std::string(uri));
    CHECK(parse_model_uri("models:/m-1").value()->model_id == "m-1");
    CHECK(parse_model_uri("models:/n/3").value()->version == 3);
    CHECK(parse_model_uri("models:/n/Production").value()->stage == "Production");
    CHECK(parse_model_uri("models:/n@a").value()->alias == "a");
    CHECK(parse_model_uri("models:/a b@c@d").value()->name == "a b@c");
    for (const std::string_view uri :
         {"models:", "models:/", "models://h/m", "models:/n@", "models:/@a", "models:/a/b/c"})
        CHECK_MESSAGE(!parse_model_uri(uri), std::string(uri));
}

}  // namespace rondo::tracking
