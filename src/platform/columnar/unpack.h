// Packed bytes back to plain ones: pages of Parquet files, whole streams of CSV files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/env.h"

namespace rondo::columnar {

// Parquet's numbers of codecs.
enum class Codec : int32_t {
    none = 0,
    snappy = 1,
    gzip = 2,
    lzo = 3,
    brotli = 4,
    lz4 = 5,
    zstd = 6,
    lz4_raw = 7
};

// Exactly `size` bytes, or an error: a page that unpacks to another length lies. Takes memory for
// `size` bytes, so the caller bounds it first.
Result<std::string> unpack(Codec codec, std::string_view packed, size_t size);

// A file's bytes from its begin, unpacked when they begin as gzip or zstd do (several members one
// after another are one stream).
class TextSource {
  public:
    static Result<std::unique_ptr<TextSource>> open(std::shared_ptr<File> file);
    virtual ~TextSource() = default;
    // Appends up to about `most` bytes; nothing at the end.
    virtual Status read(std::string& out, size_t most) = 0;
    uint64_t consumed() const { return consumed_; }  // bytes of the file itself

  protected:
    explicit TextSource(std::shared_ptr<File> file) : file_(std::move(file)) {}
    std::shared_ptr<File> file_;
    uint64_t consumed_ = 0;
};

}  // namespace rondo::columnar
