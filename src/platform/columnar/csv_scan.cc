#include "platform/columnar/csv_scan.h"

#include <algorithm>
#include <array>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace rondo::columnar {
namespace {

// Ones for the first of 64 bytes.
uint64_t first_bytes(size_t count) {
    return count < CsvBlock::kBytes ? (uint64_t{1} << count) - 1 : ~uint64_t{0};
}

// Each bit the sum of all up to it, modulo two.
uint64_t running_parity(uint64_t bits) {
    for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
    return bits;
}

}  // namespace

CsvBlock csv_block_plain(std::string_view text, size_t from, char separator) {
    CsvBlock out;
    const size_t bytes = std::min(CsvBlock::kBytes, text.size() - from);
    out.within = first_bytes(bytes);
    for (size_t i = 0; i < bytes; ++i) {
        const char c = text[from + i];
        const auto bit = [&](bool set) { return static_cast<uint64_t>(set) << i; };
        out.ends |= bit(c == separator || c == '\n' || c == '\r');
        out.lines |= bit(c == '\n');
        out.returns |= bit(c == '\r');
        out.quotes |= bit(c == '"');
    }
    return out;
}

#ifdef __SSE2__
CsvBlock csv_block(std::string_view text, size_t from, char separator) {
    CsvBlock out;
    std::array<char, CsvBlock::kBytes> last;
    const char* at = text.data() + from;
    if (const size_t left = text.size() - from; left < CsvBlock::kBytes) {
        last.fill('\0');
        std::memcpy(last.data(), at, left);
        at = last.data();
        out.within = first_bytes(left);
    }
    const __m128i cell = _mm_set1_epi8(separator), line = _mm_set1_epi8('\n'),
                  back = _mm_set1_epi8('\r'), quote = _mm_set1_epi8('"');
    for (size_t i = 0; i < CsvBlock::kBytes; i += sizeof(__m128i)) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
        const auto bits = [i](__m128i equal) {
            return static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(equal))) << i;
        };
        out.ends |= bits(_mm_cmpeq_epi8(bytes, cell));
        out.lines |= bits(_mm_cmpeq_epi8(bytes, line));
        out.returns |= bits(_mm_cmpeq_epi8(bytes, back));
        out.quotes |= bits(_mm_cmpeq_epi8(bytes, quote));
    }
    out.ends |= out.lines | out.returns;
    return out;
}
#else
CsvBlock csv_block(std::string_view text, size_t from, char separator) {
    return csv_block_plain(text, from, separator);
}
#endif

uint64_t CsvQuotes::open(const CsvBlock& block) {
    const uint64_t may_follow = block.ends | block.quotes;
    const uint64_t open = (block.quotes == 0 ? 0 : running_parity(block.quotes)) ^ inside_;
    const uint64_t closing = block.quotes & ~open;
    odd_ |= (block.quotes & open & ~((may_follow << 1) | before_)) != 0 ||
            (((closing << 1) | closed_) & ~may_follow & block.within) != 0;
    inside_ = (open >> 63) != 0 ? ~uint64_t{0} : 0;
    before_ = may_follow >> 63;
    closed_ = closing >> 63;
    return open;
}

}  // namespace rondo::columnar
