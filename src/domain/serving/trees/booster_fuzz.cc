// Any bytes are either refused or a model that answers rows without touching foreign memory. Seeds:
// real model files, JSON and UBJSON.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "domain/serving/trees/booster.h"

// Rows of a model that claims more values than this are not worth their memory here.
constexpr size_t kMaxValues = 1 << 16;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using rondo::serving::trees::Booster;
    const auto model = Booster::parse({reinterpret_cast<const char*>(data), size});
    if (!model || (*model)->features() > kMaxValues || (*model)->margins() > kMaxValues / 16)
        return 0;
    // More rows than lanes, so that both ways through the trees are taken.
    constexpr size_t kRows = 9;
    constexpr float kValues[] = {0, -1, 3, std::numeric_limits<float>::quiet_NaN(), 0.5F, 1e30F};
    std::vector<float> rows(kRows * (*model)->features());
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = kValues[i * 7 % std::size(kValues)];
    std::vector<float> out(kRows * (*model)->margins());
    (*model)->predict_margin(rows, out);
    out.resize(kRows * (*model)->outputs());
    (*model)->predict(rows, out);
    return 0;
}
