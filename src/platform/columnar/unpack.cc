#include "platform/columnar/unpack.h"

#include <lz4.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

namespace rondo::columnar {
namespace {

constexpr size_t kPiece = 1 << 20;
constexpr int kGzipOrZlib = 15 + 32;  // windowBits: the largest window, either header

std::unexpected<Error> damaged(std::string_view what) {
    return fail(Code::invalid, "its " + std::string(what) + " bytes are damaged or cut");
}

Result<std::string> unpack_gzip(std::string_view packed, size_t size) {
    std::string out(size, '\0');
    z_stream stream{};
    if (inflateInit2(&stream, kGzipOrZlib) != Z_OK) return damaged("gzip");
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int code = inflate(&stream, Z_FINISH);
    const bool whole = code == Z_STREAM_END && stream.avail_out == 0;
    inflateEnd(&stream);
    if (!whole) return damaged("gzip");
    return out;
}

class Plain : public TextSource {
  public:
    explicit Plain(std::shared_ptr<File> file) : TextSource(std::move(file)) {}
    Status read(std::string& out, size_t most) override {
        TRY_ASSIGN(const std::string piece, file_->read_at(consumed_, most));
        consumed_ += piece.size();
        out += piece;
        return ok();
    }
};

// What the streams have in common: packed bytes are fetched by pieces.
class Packed : public TextSource {
  protected:
    using TextSource::TextSource;
    // False at the end of the file.
    Result<bool> fetch() {
        if (used_ < piece_.size()) return true;
        TRY_ASSIGN(piece_, file_->read_at(consumed_, kPiece));
        consumed_ += piece_.size();
        used_ = 0;
        return !piece_.empty();
    }
    std::string piece_;
    size_t used_ = 0;
};

class Gzip : public Packed {
  public:
    explicit Gzip(std::shared_ptr<File> file) : Packed(std::move(file)) {
        open_ = inflateInit2(&stream_, kGzipOrZlib) == Z_OK;
    }
    ~Gzip() override {
        if (open_) inflateEnd(&stream_);
    }
    Status read(std::string& out, size_t most) override {
        if (!open_) return damaged("gzip");
        const size_t start = out.size();
        out.resize(start + most);
        size_t filled = 0;
        while (filled < most) {
            TRY_ASSIGN(const bool more, fetch());
            if (!more) {
                if (inside_) return damaged("gzip");
                break;
            }
            stream_.next_in = reinterpret_cast<Bytef*>(piece_.data() + used_);
            stream_.avail_in = static_cast<uInt>(piece_.size() - used_);
            stream_.next_out = reinterpret_cast<Bytef*>(out.data() + start + filled);
            stream_.avail_out = static_cast<uInt>(most - filled);
            const int code = inflate(&stream_, Z_NO_FLUSH);
            used_ = piece_.size() - stream_.avail_in;
            filled = most - stream_.avail_out;
            inside_ = code != Z_STREAM_END;
            if (code == Z_STREAM_END)
                inflateReset(&stream_);
            else if (code != Z_OK && code != Z_BUF_ERROR)
                return damaged("gzip");
        }
        out.resize(start + filled);
        return ok();
    }

  private:
    z_stream stream_{};
    bool open_ = false, inside_ = false;
};

class Zstd : public Packed {
  public:
    explicit Zstd(std::shared_ptr<File> file)
        : Packed(std::move(file)), stream_(ZSTD_createDStream(), ZSTD_freeDStream) {}
    Status read(std::string& out, size_t most) override {
        if (!stream_) return fail(Code::exhausted, "no memory to unpack zstd");
        const size_t start = out.size();
        out.resize(start + most);
        ZSTD_outBuffer into{out.data() + start, most, 0};
        while (into.pos < most) {
            TRY_ASSIGN(const bool more, fetch());
            if (!more) {
                if (inside_) return damaged("zstd");
                break;
            }
            ZSTD_inBuffer from{piece_.data(), piece_.size(), used_};
            const size_t left = ZSTD_decompressStream(stream_.get(), &into, &from);
            if (ZSTD_isError(left)) return damaged("zstd");
            used_ = from.pos;
            inside_ = left != 0;
        }
        out.resize(start + into.pos);
        return ok();
    }

  private:
    std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream_;
    bool inside_ = false;
};

}  // namespace

Result<std::string> unpack(Codec codec, std::string_view packed, size_t size) {
    switch (codec) {
        case Codec::none:
            if (packed.size() != size)
                return fail(Code::invalid, "a page is not as long as it says");
            return std::string(packed);
        case Codec::snappy: {
            size_t says = 0;
            std::string out(size, '\0');
            if (!snappy::GetUncompressedLength(packed.data(), packed.size(), &says) ||
                says != size || !snappy::RawUncompress(packed.data(), packed.size(), out.data()))
                return damaged("snappy");
            return out;
        }
        case Codec::gzip:
            return unpack_gzip(packed, size);
        case Codec::zstd: {
            std::string out(size, '\0');
            if (ZSTD_decompress(out.data(), size, packed.data(), packed.size()) != size)
                return damaged("zstd");
            return out;
        }
        case Codec::lz4_raw: {
            std::string out(size, '\0');
            const int got = LZ4_decompress_safe(
                packed.data(), out.data(), static_cast<int>(packed.size()), static_cast<int>(size));
            if (got < 0 || static_cast<size_t>(got) != size) return damaged("LZ4");
            return out;
        }
        default:
            return fail(Code::unsupported,
                        "it is packed by LZO, Brotli or the old form of LZ4; write it with snappy, "
                        "zstd or gzip");
    }
}

Result<std::unique_ptr<TextSource>> TextSource::open(std::shared_ptr<File> file) {
    TRY_ASSIGN(const std::string head, file->read_at(0, 4));
    if (head.starts_with("\x1f\x8b")) return std::make_unique<Gzip>(std::move(file));
    if (head == "\x28\xb5\x2f\xfd") return std::make_unique<Zstd>(std::move(file));
    return std::make_unique<Plain>(std::move(file));
}

}  // namespace rondo::columnar
