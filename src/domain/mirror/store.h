// All SQL of the mirror's record.
#pragma once

#include <vector>

#include "domain/mirror/model.h"
#include "platform/store/tx.h"

namespace rondo::mirror::sql {

Result<std::vector<Tally>> list_tallies(store::Tx& tx);
// Counts replace what was counted before.
Status put_tallies(store::Tx& tx, const std::vector<Tally>& tallies);

// The newest ones that are kept, in order.
Result<std::vector<Difference>> list_differences(store::Tx& tx);
Status add_differences(store::Tx& tx, const std::vector<Difference>& differences);
Status remove_differences(store::Tx& tx, const std::vector<int64_t>& numbers);

// Notes that a mirror runs; how often one before has not said that it ended.
Result<int64_t> begin(store::Tx& tx);
Status end(store::Tx& tx);

}  // namespace rondo::mirror::sql
