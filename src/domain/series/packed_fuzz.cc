// Any bytes are refused, or points that are the same when they are packed and read again.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "domain/series/packed.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace rondo::series;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    std::vector<Point> points, again;
    if (unpack(bytes, points)) {
        std::string packed;
        pack(packed, points);
        CHECK(unpack(packed, again) && points == again, "points that are not read as written");
    }
    BatchReader batch(bytes);
    BatchReader::Part part;
    size_t read = 0;
    while (batch.next(part)) read += part.points.size();
    CHECK(read <= size, "more points than bytes");
    return 0;
}
