#include "domain/schema/test_database.h"
#include "domain/schema/test_env.h"
#include "platform/auth/audit.h"
#include "platform/auth/throttle.h"
#include "platform/auth/token.h"

#include <doctest/doctest.h>

namespace rondo::auth {
namespace {

TEST_CASE("a token is known by its form, and by no other") {
    const std::string token = make_token(system_env(), TokenKind::personal);
    CHECK(token.starts_with("rondo_pat_"));
    CHECK(is_token(token));
    CHECK(make_token(system_env(), TokenKind::session) != token);
    for (size_t i = 0; i < token.size(); ++i) {
        std::string wrong = token;
        wrong[i] = wrong[i] == 'x' ? 'y' : 'x';
        CHECK_FALSE(is_token(wrong));
    }
    CHECK_FALSE(is_token(token.substr(1)));
    CHECK_FALSE(is_token(token + "0"));
    CHECK_FALSE(is_token(""));
}

TEST_CASE("T17 what is shown to be let in") {
    const auto read = [](std::string_view authorization, std::string_view key = "",
                         std::string_view cookie = "") {
        return read_credentials({authorization, key, cookie});
    };
    CHECK(read("Bearer abc")->token == "abc");
    CHECK(read("bearer  abc ")->token == "abc");
    CHECK(read("Basic YWRhOnBhc3M6d29yZA==")->name == "ada");
    CHECK(read("Basic YWRhOnBhc3M6d29yZA==")->password == "pass:word");
    CHECK(read("Basic YWRhOnBhc3M6d29yZA")->password == "pass:word");
    CHECK(read("Basic eDpyb25kb19wYXRfMQ==")->token == "rondo_pat_1");  // x:rondo_pat_1
    CHECK(read("", "key")->token == "key");
    CHECK(read("", "", "a=b; rondo=c; rondox=d")->token == "c");
    CHECK(read("", "", "rondo=c; __Host-rondo=d")->token == "d");
    CHECK(read("", "", "xrondo=c")->token.empty());
    CHECK(read("Bearer a", "key", "rondo=c")->token == "a");
    CHECK(read("")->token.empty());
    for (const char* wrong : {"Bearer", "Bearer ", "Digest a", "Basic", "Basic !", "Basic YQ==",
                              "Basic Og==", "Basic YTo=", "Basic OmE=", "Basic /zo=", "abc"})
        CHECK_MESSAGE(!read(wrong), wrong);
    CHECK_FALSE(read("Bearer " + std::string(5000, 'x')));
}

TEST_CASE("T20 who guesses waits, who knows does not") {
    TestEnv clock;
    Throttle throttle(clock);
    for (int i = 0; i < 5; ++i) {
        CHECK(throttle.wait("ada", "a") == Micros{0});
        throttle.failed("ada", "a");
    }
    CHECK(throttle.wait("ada", "a") == Micros{1'000'000});
    CHECK(throttle.wait("ada", "b") == Micros{0});  // from elsewhere
    CHECK(throttle.wait("bob", "a") == Micros{0});  // another name
    clock.pass(Micros{1'000'000});
    CHECK(throttle.wait("ada", "a") == Micros{0});
    throttle.failed("ada", "a");
    CHECK(throttle.wait("ada", "a") == Micros{2'000'000});
    for (int i = 0; i < 20; ++i) throttle.failed("ada", "a");
    CHECK(throttle.wait("ada", "a") == Micros{60'000'000});
    // The address has failed often enough: other names wait, too, but not who was right from there.
    CHECK(throttle.wait("bob", "a") > Micros{0});
    throttle.succeeded("bob", "a");
    CHECK(throttle.wait("bob", "a") == Micros{0});
    clock.pass(Micros{60'000'000});
    throttle.succeeded("ada", "a");
    CHECK(throttle.wait("ada", "a") == Micros{0});
    // A flood of names is forgotten before it costs memory.
    for (int i = 0; i < 50'000; ++i) throttle.failed("name" + std::to_string(i), "c");
    CHECK(throttle.wait("name49999", "c") > Micros{0});
}

TEST_CASE("a row of the trail that is changed or missing is noticed") {
    TestDatabase database;
    const auto write = [&](const std::string& actor) {
        return database.write([&](store::Tx& tx) {
            return write_audit(tx, {.at = system_env().now(), .actor = actor, .action = "act"});
        });
    };
    for (int i = 0; i < 10; ++i) REQUIRE(write("ada" + std::to_string(i)));
    const auto check = [&](int32_t slice) {
        AuditCheck at;
        int64_t rows = 0;
        do {
            at = *database.write(
                [&](store::Tx& tx) { return check_audit(tx, at.last_id, at.last_hash, slice); });
            rows += at.rows;
        } while (!at.broken_at && at.rows == slice);
        return at.broken_at.value_or(rows == 10 ? 0 : -rows);
    };
    CHECK(check(100) == 0);
    CHECK(check(3) == 0);
    const auto exec = [&](const char* sql) {
        return database.write([&](store::Tx& tx) -> Status {
            TRY(tx.exec(sql));
            return ok();
        });
    };
    REQUIRE(exec("UPDATE audit SET detail = 'x' WHERE id = 4"));
    CHECK(check(3) == 4);
    REQUIRE(exec("UPDATE audit SET detail = '' WHERE id = 4"));
    CHECK(check(3) == 0);
    REQUIRE(exec("DELETE FROM audit WHERE id = 7"));
    CHECK(check(3) == 8);
    CHECK(check(100) == 8);
}

}  // namespace
}  // namespace rondo::auth
