#include "api/mlflow/transfer.h"

#include <doctest/doctest.h>

namespace rondo::api::mlflow {

TEST_CASE("T8: ranges") {
    struct Case {
        std::string_view header;
        uint64_t first, length;
        bool partial, satisfiable;
    };
    for (const Case& c : {
             Case{"", 0, 100, false, true},
             Case{"bytes=0-0", 0, 1, true, true},
             Case{"bytes=0-99", 0, 100, true, true},
             Case{"bytes=0-100", 0, 100, true, true},
             Case{"BYTES=99-", 99, 1, true, true},
             Case{"bytes=-1", 99, 1, true, true},
             Case{"bytes=-1000", 0, 100, true, true},
             Case{"bytes=10-18446744073709551616", 10, 90, true, true},
             Case{"bytes=100-", 0, 0, true, false},
             Case{"bytes=18446744073709551615-", 0, 0, true, false},
             Case{"bytes=18446744073709551616-", 0, 0, true, false},
             Case{"bytes=-0", 100, 0, true, false},
             Case{"bytes=5-4", 0, 100, false, true},
             Case{"bytes=-", 0, 100, false, true},
             Case{"bytes=", 0, 100, false, true},
             Case{"bytes=1-2,3-4", 0, 100, false, true},
             Case{"bytes=a-b", 0, 100, false, true},
             Case{"bytes=-1-2", 0, 100, false, true},
             Case{"bytes= 1-2", 1, 2, true, true},
             Case{"rows=1-2", 0, 100, false, true},
         }) {
        const ByteRange range = parse_range(c.header, 100);
        CHECK_MESSAGE(range.first == c.first, std::string(c.header));
        CHECK_MESSAGE(range.length == c.length, std::string(c.header));
        CHECK_MESSAGE(range.partial == c.partial, std::string(c.header));
        CHECK_MESSAGE(range.satisfiable == c.satisfiable, std::string(c.header));
    }
    CHECK(!parse_range("bytes=0-", 0).satisfiable);
    CHECK(parse_range("", 0).satisfiable);
}

TEST_CASE("T9: names in headers") {
    CHECK(attachment("dog+step+20.png") == "attachment; filename=dog+step+20.png");
    CHECK(attachment("a b.txt") == "attachment; filename=\"a b.txt\"");
    CHECK(attachment("a\"b\\c") == "attachment; filename=\"a\\\"b\\\\c\"");
    CHECK(attachment("a\r\nX: y") == "attachment; filename=\"aX: y\"");
    CHECK(attachment("ü") == "attachment; filename=download; filename*=UTF-8''%C3%BC");
    CHECK(attachment("ü';.txt") ==
          "attachment; filename=\"';.txt\"; filename*=UTF-8''%C3%BC%27%3B.txt");
}

TEST_CASE("types are ours") {
    CHECK(media_type("MLmodel") == "text/plain");
    CHECK(media_type("mlproject") == "text/plain");
    CHECK(media_type("x.PNG") == "image/png");
    CHECK(media_type("x.js") == "text/plain");
    CHECK(media_type("x.pkl") == "application/octet-stream");
    CHECK(media_type("noextension") == "application/octet-stream");
    CHECK(media_type("x.") == "application/octet-stream");
}

}  // namespace rondo::api::mlflow
