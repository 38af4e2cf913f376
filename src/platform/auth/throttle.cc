#include "platform/auth/throttle.h"

#include <algorithm>

namespace rondo::auth {
namespace {

constexpr int kFreeTries = 5;            // people mistype
constexpr int kFreeTriesOfAddress = 20;  // an office behind one address
constexpr Micros kFirstWait{1'000'000};
constexpr Micros kLongestWait{60'000'000};
constexpr Micros kForgetAfter{15 * 60'000'000LL};
constexpr size_t kMaxEntries = 20'000;

Micros wait_after(int failures, int free_tries) {
    if (failures < free_tries) return Micros{0};
    const int doublings = std::min(failures - free_tries, 6);
    return std::min(kFirstWait * (1 << doublings), kLongestWait);
}

}  // namespace

Micros Throttle::wait(const std::string& name, const std::string& address) {
    const std::lock_guard lock(mutex_);
    const Micros now = env_.steady();
    const auto pair = by_pair_.find(address + " " + name);
    const bool trusted = pair != by_pair_.end() && pair->second.trusted;
    Micros open_at{0};
    if (pair != by_pair_.end()) open_at = pair->second.open_at;
    const auto whole = by_address_.find(address);
    if (whole != by_address_.end() && !trusted) open_at = std::max(open_at, whole->second.open_at);
    return std::max(Micros{0}, open_at - now);
}

void Throttle::failed(const std::string& name, const std::string& address) {
    const std::lock_guard lock(mutex_);
    const Micros now = env_.steady();
    forget_old(by_pair_);
    forget_old(by_address_);
    Entry& pair = by_pair_[address + " " + name];
    pair.last = now;
    pair.open_at = now + wait_after(++pair.failures, kFreeTries);
    Entry& whole = by_address_[address];
    whole.last = now;
    whole.open_at = now + wait_after(++whole.failures, kFreeTriesOfAddress);
}

void Throttle::succeeded(const std::string& name, const std::string& address) {
    const std::lock_guard lock(mutex_);
    forget_old(by_pair_);
    Entry& pair = by_pair_[address + " " + name];
    pair = Entry{.trusted = true, .last = env_.steady()};
}

void Throttle::forget_old(std::map<std::string, Entry>& entries) {
    if (entries.size() < kMaxEntries) return;
    const Micros now = env_.steady();
    std::erase_if(entries, [&](const auto& e) { return now - e.second.last > kForgetAfter; });
    // A flood of fresh names: those that failed least go first, for they wait least.
    if (entries.size() >= kMaxEntries)
        std::erase_if(entries, [](const auto& e) { return e.second.failures <= kFreeTries; });
    if (entries.size() >= kMaxEntries) entries.clear();
}

}  // namespace rondo::auth
