// Write-ahead logs of any form are looked at without harm.
#include "platform/store/wal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    (void)rondo::store::find_damage({reinterpret_cast<const char*>(data), size});
    return 0;
}
