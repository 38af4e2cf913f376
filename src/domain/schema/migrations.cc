#include "domain/schema/migrations.h"

#include <array>

namespace rondo {
namespace {

constexpr char kInitial[] = {
#embed "0001_initial.sql"
};

}  // namespace

std::span<const store::Migration> migrations() {
    static const std::array steps{
        store::Migration{1, "initial", std::string_view(kInitial, sizeof kInitial)},
    };
    return steps;
}

}  // namespace rondo
