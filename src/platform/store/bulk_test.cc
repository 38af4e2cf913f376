#include "platform/store/bulk.h"

#include "domain/schema/test_database.h"

#include <doctest/doctest.h>

namespace rondo::store {

TEST_CASE("any number of rows goes in and comes out") {
    TestDatabase db;
    for (const int n : {0, 1, 7, 8, 9, 63, 64, 65, 200}) {
        const auto seen = db.write([&](Tx& tx) -> Result<std::vector<int64_t>> {
            TRY(tx.exec("DELETE FROM workspaces"));
            std::vector<std::string> names;
            for (int i = 0; i < n; ++i) names.push_back("n" + std::to_string(i));
            Rows rows(3);
            for (int i = 0; i < n; ++i) rows.add(i + 1, names[static_cast<size_t>(i)], 7);
            constexpr std::string_view kHead =
                "INSERT INTO workspaces (id, name, created_at) VALUES ";
            TRY_ASSIGN(const int64_t added,
                       insert_many(tx, kHead, rows, " ON CONFLICT DO NOTHING"));
            CHECK(added == n);
            TRY_ASSIGN(const int64_t again,
                       insert_many(tx, kHead, rows, " ON CONFLICT DO NOTHING"));
            CHECK(again == 0);
            std::vector<Arg> keys;
            for (int i = 0; i < n; i += 2) keys.emplace_back(int64_t{i + 1});
            std::vector<int64_t> found;
            TRY(each_of(tx, "SELECT id FROM workspaces WHERE id IN ", keys, " ORDER BY id",
                        [&](const Row& row) {
                            found.push_back(row.integer(0));
                            return true;
                        }));
            return found;
        });
        REQUIRE(seen);
        CHECK(std::ssize(*seen) == (n + 1) / 2);
        for (size_t i = 0; i < seen->size(); ++i)
            CHECK((*seen)[i] == static_cast<int64_t>(2 * i + 1));
    }
}

}  // namespace rondo::store
