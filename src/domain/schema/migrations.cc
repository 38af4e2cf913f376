#include "domain/schema/migrations.h"

#include <array>

namespace rondo {
namespace {

constexpr char kInitial[] = {
#embed "0001_initial.sql"
};
constexpr char kPredictions[] = {
#embed "0002_predictions.sql"
};
constexpr char kLoop[] = {
#embed "0003_loop.sql"
};
constexpr char kAccounts[] = {
#embed "0004_accounts.sql"
};
constexpr char kServers[] = {
#embed "0005_servers.sql"
};
constexpr char kCollectionSteps[] = {
#embed "0006_collection.sql"
};
constexpr char kNotify[] = {
#embed "0007_notify.sql"
};
constexpr char kDescriptions[] = {
#embed "0008_webhook_descriptions.sql"
};
constexpr char kSeries[] = {
#embed "0009_series.sql"
};
constexpr char kRunIndex[] = {
#embed "0010_run_index.sql"
};
constexpr char kMirror[] = {
#embed "0011_mirror.sql"
};
constexpr char kCustomRoles[] = {
#embed "0012_roles.sql"
};

}  // namespace

std::span<const store::Migration> migrations() {
    static const std::array steps{
        store::Migration{1, "initial", std::string_view(kInitial, sizeof kInitial)},
        store::Migration{2, "predictions", std::string_view(kPredictions, sizeof kPredictions)},
        store::Migration{3, "loop", std::string_view(kLoop, sizeof kLoop)},
        store::Migration{4, "accounts", std::string_view(kAccounts, sizeof kAccounts)},
        store::Migration{5, "servers", std::string_view(kServers, sizeof kServers)},
        store::Migration{6, "collection",
                         std::string_view(kCollectionSteps, sizeof kCollectionSteps)},
        store::Migration{7, "notify", std::string_view(kNotify, sizeof kNotify)},
        store::Migration{8, "webhook descriptions",
                         std::string_view(kDescriptions, sizeof kDescriptions)},
        store::Migration{9, "series", std::string_view(kSeries, sizeof kSeries)},
        store::Migration{10, "run index", std::string_view(kRunIndex, sizeof kRunIndex)},
        store::Migration{11, "mirror", std::string_view(kMirror, sizeof kMirror)},
        store::Migration{12, "roles", std::string_view(kCustomRoles, sizeof kCustomRoles)},
    };
    return steps;
}

}  // namespace rondo
