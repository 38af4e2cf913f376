#include "domain/tracking/metric_keys.h"

namespace rondo::tracking {

std::optional<int64_t> MetricKeys::find(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    const auto found = ids_.find(name);
    if (found == ids_.end()) return std::nullopt;
    return found->second;
}

void MetricKeys::note(const KeyIds& committed) {
    const std::lock_guard lock(mutex_);
    if (ids_.size() + committed.size() > kMostNames) ids_.clear();
    if (committed.size() <= kMostNames) ids_.insert(committed.begin(), committed.end());
}

}  // namespace rondo::tracking
