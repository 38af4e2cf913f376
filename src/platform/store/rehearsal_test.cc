#include "platform/store/rehearsal.h"

#include <doctest/doctest.h>

#include "domain/schema/test_database.h"

namespace rondo::store {

TEST_CASE("a rehearsed write is taken back, and others are kept") {
    TestDatabase db;
    Rehearsal rehearsal(*db);
    const auto add = [&](int64_t id) {
        return rehearsal.write_now(Durability::normal, [id](Tx& tx) {
            return tx.exec(
                "INSERT INTO leases (name, owner, fence, expires_at) "
                "VALUES ($1, '', 0, 0)",
                std::to_string(id));
        });
    };
    const auto count = [&] {
        return rehearsal
            .read_now([](Tx& tx) { return tx.one<int64_t>("SELECT count(*) FROM leases"); })
            .value()
            .value();
    };
    REQUIRE(add(1));
    rehearsal.rehearse(true);
    const auto refused = add(2);
    REQUIRE(!refused);
    CHECK(refused.error().code == Code::cancelled);
    CHECK(rehearsal.taken_back() >= 1);
    const uint64_t before = rehearsal.taken_back();
    CHECK(!add(1));  // fails by itself: nothing to take back
    CHECK(rehearsal.taken_back() == before);
    rehearsal.rehearse(false);
    REQUIRE(add(3));
    CHECK(count() == 2);
}

}  // namespace rondo::store
