#include "app/mirror/overlaps.h"

#include <algorithm>

namespace rondo::app::mirror {
namespace {

constexpr size_t kLookedAt = 64 << 10;
constexpr size_t kMostNames = 64;
constexpr size_t kIdLength = 32;
constexpr size_t kMostWrites = 4096;

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

Overlaps::Names Overlaps::names_in(std::string_view text) {
    Names out;
    text = text.substr(0, kLookedAt);
    size_t run = 0;
    for (size_t i = 0; i <= text.size() && out.size() < kMostNames; ++i) {
        if (i < text.size() && is_hex(text[i])) {
            ++run;
            continue;
        }
        if (run == kIdLength) out.emplace_back(text.substr(i - kIdLength, kIdLength));
        run = 0;
    }
    std::ranges::sort(out);
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

bool Overlaps::share(const Names& a, const Names& b) {
    if (a.empty() || b.empty()) return true;
    return std::ranges::any_of(
        a, [&](const std::string& name) { return std::ranges::binary_search(b, name); });
}

uint64_t Overlaps::begin(Kind kind, std::string_view text) {
    Flight flight{kind, names_in(text)};
    const std::lock_guard lock(mutex_);
    const uint64_t ticket = ++clock_;
    flights_.emplace(ticket, std::move(flight));
    return ticket;
}

bool Overlaps::end(uint64_t ticket) {
    const std::lock_guard lock(mutex_);
    const auto found = flights_.find(ticket);
    if (found == flights_.end()) return false;
    const Flight flight = std::move(found->second);
    flights_.erase(found);
    bool overlapped = ticket <= forgotten_;
    for (const auto& [begun, other] : flights_)
        overlapped = overlapped || (other.kind == Kind::write && share(flight.names, other.names));
    for (const Done& done : writes_)
        overlapped = overlapped || (done.ended > ticket && share(flight.names, done.names));
    if (flight.kind == Kind::write) writes_.push_back({++clock_, flight.names});
    forget();
    return overlapped;
}

// Writes that ended before everything that is under way began.
void Overlaps::forget() {
    const uint64_t oldest = flights_.empty() ? UINT64_MAX : flights_.begin()->first;
    while (!writes_.empty() && writes_.front().ended < oldest) writes_.pop_front();
    while (writes_.size() > kMostWrites) {
        forgotten_ = writes_.front().ended;
        writes_.pop_front();
    }
}

}  // namespace rondo::app::mirror
