#include "platform/store/wal.h"

#include <bit>
#include <cstring>

namespace rondo::store {
namespace {

// Its form: sqlite.org/fileformat2.html, "The Write-Ahead Log".
constexpr size_t kHeaderBytes = 32, kFrameHeaderBytes = 24;
constexpr uint32_t kMagic = 0x377f0682;  // the last bit: sums over big-endian words
// Beyond what checkpoints leave by far; such a log is not looked at.
constexpr size_t kMaxBytes = size_t{1} << 30;

uint32_t big_endian(std::string_view bytes, size_t at) {
    uint32_t value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return std::byteswap(value);
}

// The running sum of the log, over words of one byte order.
struct Sum {
    bool big = false;
    uint32_t first = 0, second = 0;

    void add(std::string_view bytes) {
        for (size_t at = 0; at + 8 <= bytes.size(); at += 8) {
            first += word(bytes, at) + second;
            second += word(bytes, at + 4) + first;
        }
    }
    bool is_at(std::string_view bytes, size_t at) const {
        return big_endian(bytes, at) == first && big_endian(bytes, at + 4) == second;
    }

  private:
    uint32_t word(std::string_view bytes, size_t at) const {
        const uint32_t value = big_endian(bytes, at);
        return big ? value : std::byteswap(value);
    }
};

}  // namespace

std::optional<std::string> find_damage(std::string_view log) {
    if (log.size() < kHeaderBytes) return std::nullopt;
    const size_t page = big_endian(log, 8);
    const size_t frame = kFrameHeaderBytes + (page == 1 ? 65536 : page);
    Sum sum{.big = (big_endian(log, 0) & 1) != 0};
    sum.add(log.substr(0, 24));
    if ((big_endian(log, 0) & ~1U) != kMagic || !sum.is_at(log, 24)) return "in its header";
    const std::string_view salts = log.substr(16, 8);
    const size_t frames = (log.size() - kHeaderBytes) / frame;
    bool whole = true;
    size_t broken = 0;
    for (size_t i = 0; i < frames; ++i) {
        const std::string_view bytes = log.substr(kHeaderBytes + i * frame, frame);
        // Frames of an older round have other salts: the log was begun anew over them.
        const bool ours = bytes.substr(8, 8) == salts;
        if (whole) {
            sum.add(bytes.substr(0, 8));
            sum.add(bytes.substr(kFrameHeaderBytes));
            whole = ours && sum.is_at(bytes, 16);
            broken = i;
        }
        // What was rolled back leaves frames behind, but no commit.
        if (!whole && ours && big_endian(bytes, 4) != 0)
            return "at frame " + std::to_string(broken + 1) + " of " + std::to_string(frames);
    }
    return std::nullopt;
}

Result<std::optional<std::string>> check_write_ahead_log(Env& env, const std::string& path) {
    if (!env.files().exists(path)) return std::nullopt;
    auto log = read_file(env.files(), path, kMaxBytes);
    if (!log && log.error().code == Code::too_large) return std::nullopt;
    if (!log) return fail(log.error());
    const auto where = find_damage(*log);
    if (!where) return std::nullopt;
    TRY(write_file_atomically(env, path + ".damaged", *log));
    return "the write-ahead log of the database is damaged " + *where +
           "; what was written after it is lost, unless that was a write which a kill cut short. "
           "Restore a backup if something is missing; the log as it was is kept as '" +
           path + ".damaged'";
}

}  // namespace rondo::store
