// Any bytes are refused, or a description whose columns are told to be required or not, each.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "domain/serving/signature.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto model = rondo::serving::parse_mlmodel({reinterpret_cast<const char*>(data), size});
    if (model && model->has_signature)
        CHECK(model->required.size() == model->inputs.columns.size(), "a column without a word");
    return 0;
}
