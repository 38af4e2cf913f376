#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "domain/schema/test_database.h"

namespace rondo::store {

TEST_CASE("a read sees every write that was answered before it was asked for") {
    TestDatabase db;
    constexpr int kClients = 12, kRounds = 150;
    std::atomic<int> stale = 0, failed = 0;
    const auto go_on = [&](int client) {
        const std::string name = "lease " + std::to_string(client);
        const auto raise = [&](Tx& tx) {
            return tx.exec(
                "INSERT INTO leases (name, owner, fence, expires_at) VALUES ($1, '', 1, 0) "
                "ON CONFLICT (name) DO UPDATE SET fence = leases.fence + 1",
                name);
        };
        const auto look = [&](Tx& tx) {
            return tx.one<int64_t>("SELECT fence FROM leases WHERE name = $1", name);
        };
        for (int64_t round = 1; round <= kRounds; ++round) {
            const auto written = (*db).write_now(Durability::normal, raise);
            const auto seen = (*db).read_now(look);
            if (!written || !seen) ++failed;
            if (seen && *seen != round) ++stale;
        }
    };
    std::vector<std::jthread> clients;
    for (int i = 0; i < kClients; ++i) clients.emplace_back(go_on, i);
    clients.clear();
    CHECK(failed == 0);
    CHECK(stale == 0);
}

}  // namespace rondo::store
