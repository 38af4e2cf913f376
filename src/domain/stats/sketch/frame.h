// The frame of a stored sketch: what it is and which version (docs/formats/sketches.md).
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace rondo::stats {

enum class SketchKind : uint8_t { kll = 1, hll, frequent, ddsketch, moments, reservoir, bins };

inline constexpr uint8_t kSketchVersion = 1;
inline constexpr size_t kMaxSketchBytes = 16 << 20;  // no sketch of ours grows so large

inline std::string begin_sketch(SketchKind kind) {
    std::string out = "RS";
    put(out, static_cast<uint8_t>(kind));
    put(out, kSketchVersion);
    return out;
}

inline std::unexpected<Error> broken_sketch(std::string_view what) {
    return fail(Code::invalid, "the bytes are no sketch of this kind: " + std::string(what));
}

// Reads past the frame; the body comes next.
inline Result<ByteReader> open_sketch(std::string_view bytes, SketchKind kind) {
    if (bytes.size() > kMaxSketchBytes) return broken_sketch("they are too many");
    ByteReader in(bytes);
    if (in.take(2) != "RS") return broken_sketch("the mark is missing");
    if (in.get<uint8_t>() != static_cast<uint8_t>(kind)) return broken_sketch("another kind");
    const auto version = in.get<uint8_t>();
    if (in.failed()) return broken_sketch("they are cut");
    if (version != kSketchVersion)
        return fail(Code::unsupported, "the sketch has version " + std::to_string(version) +
                                           ", which is newer than this server; upgrade it");
    return in;
}

}  // namespace rondo::stats
