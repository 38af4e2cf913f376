#include "platform/notify/signature.h"

#include <doctest/doctest.h>

namespace rondo::notify {

TEST_CASE("signatures are those of Standard Webhooks and of MLflow") {
    // The example of Standard Webhooks' own libraries.
    CHECK(signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
                    1614265330, R"({"test": 2432232314})") ==
          "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    // Computed with Python's hmac as MLflow does.
    CHECK(signature_by_text("my-webhook-secret-key", "id-1", 1700000000, R"({"a":1})") ==
          "v1,ApOr9++Uc+Hns+o6264MhDku3V88zhV/0wG4ACTKQsc=");
}

TEST_CASE("both secrets sign during a rotation, and everything signed counts") {
    const std::string a = make_secret(system_env()), b = make_secret(system_env());
    CHECK(a != b);
    CHECK(signatures({a, b}, "id", 1, "body") ==
          signature(a, "id", 1, "body") + " " + signature(b, "id", 1, "body"));
    CHECK(signature(a, "id", 1, "body") != signature(b, "id", 1, "body"));
    CHECK(signature(a, "id", 1, "body") != signature(a, "ie", 1, "body"));
    CHECK(signature(a, "id", 1, "body") != signature(a, "id", 2, "body"));
    CHECK(signature(a, "id", 1, "body") != signature(a, "id", 1, "bodz"));
}

TEST_CASE("secrets that are too short, too long or unprintable are refused") {
    CHECK(check_secret(make_secret(system_env())));
    CHECK(check_secret("my-webhook-secret-key"));
    for (const std::string& bad :
         {std::string(), std::string("short"), std::string(1025, 'a'), std::string(20, ' '),
          std::string(20, '\n'), std::string("whsec_not base64 at all!"),
          std::string("whsec_c2hvcnQ=AAAAAAAA"), std::string("whsec_c2hvcnRzZWNyZXQ=")})
        CHECK_MESSAGE(!check_secret(bad), bad);
}

}  // namespace rondo::notify
