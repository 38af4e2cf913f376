// Work on several threads at once, for programs that have the machine to themselves.
#pragma once

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace rondo {

// Calls work(i) for each i below `count`, on at most `threads` threads, the caller's among them;
// returns when all are done. Work must not throw. Which thread does what is not settled, so work
// writes only to places of its own i.
template <class Work>
void parallel_for(size_t count, size_t threads, const Work& work) {
    std::atomic<size_t> next = 0;
    const auto run = [&] {
        for (size_t i = next++; i < count; i = next++) work(i);
    };
    std::vector<std::thread> others;
    for (size_t i = 1; i < threads && i < count; ++i) others.emplace_back(run);
    run();
    for (std::thread& other : others) other.join();
}

}  // namespace rondo
