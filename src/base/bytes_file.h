// Bytes in memory as a file to read: what decoders of files are tried with.
#pragma once

#include <string>
#include <string_view>

#include "base/env.h"

namespace rondo {

// The bytes have to outlive it. What would change them does nothing.
class BytesFile final : public File {
  public:
    explicit BytesFile(std::string_view bytes) : bytes_(bytes) {}
    Result<std::string> read_at(uint64_t offset, size_t n) override {
        if (offset >= bytes_.size()) return std::string();
        return std::string(bytes_.substr(offset, n));
    }
    Result<uint64_t> size() override { return bytes_.size(); }
    Status append(std::string_view) override { return ok(); }
    Status sync() override { return ok(); }
    Status truncate(uint64_t) override { return ok(); }
    int descriptor() const override { return -1; }

  private:
    std::string_view bytes_;
};

}  // namespace rondo
