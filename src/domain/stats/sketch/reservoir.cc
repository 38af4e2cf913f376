#include "domain/stats/sketch/reservoir.h"

#include <algorithm>

#include "domain/stats/random.h"
#include "domain/stats/sketch/frame.h"

namespace rondo::stats {

Reservoir::Reservoir(uint32_t rows, uint64_t seed)
    : rows_(std::clamp(rows, 1u, kMaxRows)), seed_(seed) {}

void Reservoir::keep(uint64_t hash, std::string_view row) {
    if (kept_.size() >= rows_ && hash >= kept_.rbegin()->first) return;
    const auto [at, is_new] = kept_.try_emplace(hash, row);
    if (!is_new) return;
    bytes_ += row.size();
    while (kept_.size() > rows_ || (bytes_ > kMaxBytes && kept_.size() > 1)) {
        bytes_ -= kept_.rbegin()->second.size();
        kept_.erase(std::prev(kept_.end()));
    }
}

Status Reservoir::add(uint64_t id, std::string_view row) {
    if (row.size() > kMaxRowBytes)
        return fail(Code::too_large,
                    "a sampled row has at most " + std::to_string(kMaxRowBytes) + " bytes", "row");
    ++seen_;
    // One to one, so different ids never meet.
    keep(Random::mix(Random::mix(id) ^ seed_), row);
    return ok();
}

Status Reservoir::merge(const Reservoir& other) {
    if (other.rows_ != rows_ || other.seed_ != seed_)
        return fail(Code::invalid, "samples of another size or seed do not merge");
    seen_ += other.seen_;
    for (const auto& [hash, row] : other.kept_) keep(hash, row);
    return ok();
}

std::string Reservoir::encode() const {
    std::string out = begin_sketch(SketchKind::reservoir);
    put(out, rows_);
    put(out, seed_);
    put(out, seen_);
    put(out, static_cast<uint32_t>(kept_.size()));
    for (const auto& [hash, row] : kept_) {
        put(out, hash);
        put_text(out, row);
    }
    return out;
}

Result<Reservoir> Reservoir::decode(std::string_view bytes) {
    TRY_ASSIGN(ByteReader in, open_sketch(bytes, SketchKind::reservoir));
    const auto rows = in.get<uint32_t>();
    const auto seed = in.get<uint64_t>();
    if (rows == 0 || rows > kMaxRows) return broken_sketch("the number of rows is out of range");
    Reservoir out(rows, seed);
    out.seen_ = in.get<uint64_t>();
    const auto size = in.get<uint32_t>();
    if (size > rows || size > out.seen_) return broken_sketch("too many rows");
    for (uint32_t i = 0; i < size; ++i) {
        const auto hash = in.get<uint64_t>();
        const auto length = in.get<uint32_t>();
        const std::string_view row = in.take(length);
        if (in.failed() || length > kMaxRowBytes) return broken_sketch("a row is cut");
        if (!out.kept_.empty() && hash <= out.kept_.rbegin()->first)
            return broken_sketch("the rows are out of order");
        out.kept_.emplace_hint(out.kept_.end(), hash, row);
        out.bytes_ += row.size();
    }
    if (in.failed() || in.left() != 0 || out.bytes_ > kMaxBytes)
        return broken_sketch("their length is wrong");
    return out;
}

}  // namespace rondo::stats
