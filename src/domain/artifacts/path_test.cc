#include "domain/artifacts/path.h"

#include <doctest/doctest.h>

namespace rondo::artifacts {

TEST_CASE("paths that are possible") {
    CHECK(clean_path("").value().empty());
    CHECK(clean_path("a/b.txt").value() == "a/b.txt");
    CHECK(clean_path("a/b/").value() == "a/b");
    CHECK(clean_path("ä ö/100%.txt").value() == "ä ö/100%.txt");
    CHECK(clean_path("a;v=1/..b/c..").value() == "a;v=1/..b/c..");
    CHECK(clean_path("%41").value() == "%41");
    CHECK(clean_path("C:x").value() == "C:x");
    // Images of MLflow 2 clients: key, step and time with '%' between.
    for (const std::string_view image :
         {"images/loss%step%0%timestamp%1795814907116%y81b658a.png", "x%step%10%timestamp%1.png",
          "x%step%46%timestamp%1.png", "x%0d%0ay"})
        CHECK(clean_path(image).value() == image);
}

TEST_CASE("T1, T2: paths that lead elsewhere, in any encoding") {
    for (const std::string_view path :
         {"..",         ".",         "a/..",       "../a",       "a/../b",         "a/./b",
          "/a",         "//a",       "a//b",       "\\a",        "a\\..\\b",       "C:",
          "C:/x",       "%2e%2e",    "a/%2E%2e/b", "%252e%252e", "%25252e%25252e", "a%2f..%2fb",
          "%5c",        "a%00",      "a%2500b",    "a\nb",       "a\x7f",          "%2%65",
          "%%32e%2e/x", "%25%32%65."}) {
        CHECK_MESSAGE(!clean_path(path), std::string(path));
    }
    // Escapes that complete each other: "%2%65" is "%2e" is ".".
    CHECK(!clean_path("a/%2%65%2%65/b"));
    CHECK(!clean_path(std::string("a\0b", 3)));
    CHECK(!clean_path("\xc0\xae\xc0\xae"));
    CHECK(!clean_path("\xff"));
}

TEST_CASE("lengths have limits") {
    CHECK(clean_path(std::string(kMaxPartBytes, 'x')));
    CHECK(!clean_path(std::string(kMaxPartBytes + 1, 'x')));
    std::string deep = "x";
    for (size_t i = 1; i < kMaxParts; ++i) deep += "/x";
    CHECK(clean_path(deep));
    CHECK(!clean_path(deep + "/x"));
    std::string escapes;
    while (escapes.size() < kMaxPathBytes - 2) escapes += "%25";
    CHECK(!clean_path(escapes));  // one part of that length is too long; and it takes no time
}

TEST_CASE("locations on this server") {
    CHECK(path_of_uri("mlflow-artifacts:/0/x").value() == "0/x");
    CHECK(path_of_uri("mlflow-artifacts:///0/x").value() == "0/x");
    CHECK(path_of_uri("MLFLOW-ARTIFACTS:/").value().empty());
    CHECK(path_of_uri("mlflow-artifacts://host/0").error().code == Code::invalid);
    CHECK(path_of_uri("mlflow-artifacts:/a/../b").error().code == Code::invalid);
    CHECK(path_of_uri("mlflow-artifacts:/a?b").error().code == Code::invalid);
    CHECK(path_of_uri("s3://bucket/key").error().code == Code::unsupported);
    CHECK(path_of_uri("/etc/passwd").error().code == Code::unsupported);
    CHECK(join("a", "b") == "a/b");
    CHECK(join("", "b") == "b");
    CHECK(join("a", "") == "a");
    CHECK(join("mlflow-artifacts:/", "0") == "mlflow-artifacts:/0");
    CHECK(base_name("a/b") == "b");
    CHECK(base_name("b") == "b");
}

}  // namespace rondo::artifacts
