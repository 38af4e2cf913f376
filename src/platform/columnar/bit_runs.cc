#include "platform/columnar/bit_runs.h"

#include <algorithm>
#include <cstring>

namespace rondo::columnar {

bool BitRuns::open_run() {
    uint64_t head = 0;
    int shift = 0;
    while (true) {
        if (pos_ >= bytes_.size() || shift > 35) return false;
        const auto byte = static_cast<uint8_t>(bytes_[pos_++]);
        head |= static_cast<uint64_t>(byte & 0x7f) << shift;
        shift += 7;
        if ((byte & 0x80) == 0) break;
    }
    const uint64_t count = head >> 1;
    if (count == 0) return false;
    if ((head & 1) != 0) {  // groups of eight, packed
        const uint64_t size = count * static_cast<uint64_t>(width_);
        const uint64_t there = std::min<uint64_t>(size, bytes_.size() - pos_);
        // The last group may be cut after its last value.
        packed_ = width_ == 0 ? count * 8 : there * 8 / static_cast<uint64_t>(width_);
        packed_at_ = pos_;
        packed_done_ = 0;
        pos_ += there;
        return packed_ > 0;
    }
    const size_t size = static_cast<size_t>(width_ + 7) / 8;
    if (bytes_.size() - pos_ < size) return false;
    value_ = 0;
    std::memcpy(&value_, bytes_.data() + pos_, size);
    if (width_ < 32 && (value_ >> width_) != 0) return false;
    pos_ += size;
    repeated_ = count;
    return true;
}

bool BitRuns::read(uint32_t* out, size_t count) {
    while (count > 0) {
        if (repeated_ == 0 && packed_ == 0 && !open_run()) return false;
        if (repeated_ > 0) {
            const size_t n = std::min<uint64_t>(count, repeated_);
            std::fill_n(out, n, value_);
            repeated_ -= n;
            out += n;
            count -= n;
            continue;
        }
        const size_t n = std::min<uint64_t>(count, packed_);
        const uint64_t mask = width_ == 32 ? UINT32_MAX : (uint64_t{1} << width_) - 1;
        const char* const start = bytes_.data() + packed_at_;
        const size_t last = bytes_.size() - packed_at_;
        uint64_t bit = packed_done_ * static_cast<uint64_t>(width_);
        for (size_t i = 0; i < n; ++i, bit += static_cast<uint64_t>(width_)) {
            uint64_t word = 0;
            const size_t at = bit / 8;
            if (at + 8 <= last)
                std::memcpy(&word, start + at, 8);
            else
                std::memcpy(&word, start + at, last - at);
            out[i] = static_cast<uint32_t>((word >> (bit % 8)) & mask);
        }
        packed_ -= n;
        packed_done_ += n;
        out += n;
        count -= n;
    }
    return true;
}

bool BitRuns::next_all(uint32_t value, size_t count) const {
    BitRuns ahead(*this);
    if (ahead.repeated_ == 0 && ahead.packed_ == 0 && !ahead.open_run()) return false;
    return ahead.repeated_ >= count && ahead.value_ == value;
}

}  // namespace rondo::columnar
