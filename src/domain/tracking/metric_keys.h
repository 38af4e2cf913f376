// The ids of metrics' names, remembered.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace rondo::tracking {

using KeyIds = std::map<std::string, int64_t, std::less<>>;

// What was seen in committed transactions. A name keeps its id for ever, so it is asked for once.
// At most kMostNames; thread-safe.
class MetricKeys {
  public:
    static constexpr size_t kMostNames = 10'000;

    std::optional<int64_t> find(std::string_view name) const;
    void note(const KeyIds& committed);

  private:
    mutable std::mutex mutex_;
    KeyIds ids_;
};

}  // namespace rondo::tracking
