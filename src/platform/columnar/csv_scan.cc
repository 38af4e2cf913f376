#include "platform/columnar/csv_scan.h"

#include <algorithm>
#include <array>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace rondo::columnar {

CsvBlock csv_block_plain(std::string_view text, size_t from, char separator) {
    CsvBlock out;
    const size_t bytes = std::min(CsvBlock::kBytes, text.size() - from);
    for (size_t i = 0; i < bytes; ++i) {
        const char c = text[from + i];
        const auto bit = [&](bool set) { return static_cast<uint64_t>(set) << i; };
        out.ends |= bit(c == separator || c == '\n' || c == '\r');
        out.lines |= bit(c == '\n');
        out.quotes |= bit(c == '"');
    }
    return out;
}

#ifdef __SSE2__
CsvBlock csv_block(std::string_view text, size_t from, char separator) {
    std::array<char, CsvBlock::kBytes> last;
    const char* at = text.data() + from;
    if (const size_t left = text.size() - from; left < CsvBlock::kBytes) {
        last.fill('\0');
        std::memcpy(last.data(), at, left);
        at = last.data();
    }
    const __m128i cell = _mm_set1_epi8(separator), line = _mm_set1_epi8('\n'),
                  back = _mm_set1_epi8('\r'), quote = _mm_set1_epi8('"');
    CsvBlock out;
    for (size_t i = 0; i < CsvBlock::kBytes; i += sizeof(__m128i)) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
        const auto bits = [i](__m128i equal) {
            return static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(equal))) << i;
        };
        const __m128i lines = _mm_cmpeq_epi8(bytes, line);
        out.ends |= bits(_mm_or_si128(
            lines, _mm_or_si128(_mm_cmpeq_epi8(bytes, cell), _mm_cmpeq_epi8(bytes, back))));
        out.lines |= bits(lines);
        out.quotes |= bits(_mm_cmpeq_epi8(bytes, quote));
    }
    return out;
}
#else
CsvBlock csv_block(std::string_view text, size_t from, char separator) {
    return csv_block_plain(text, from, separator);
}
#endif

}  // namespace rondo::columnar
