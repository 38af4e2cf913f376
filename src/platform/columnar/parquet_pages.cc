#include "platform/columnar/parquet_pages.h"

#include <cmath>

#include "base/bytes.h"
#include "platform/columnar/bit_runs.h"
#include "platform/columnar/parquet_values.h"
#include "platform/columnar/thrift.h"

namespace rondo::columnar {
namespace {

enum class PageKind : int64_t { data = 0, index = 1, dictionary = 2, data_v2 = 3 };
constexpr int64_t kPlain = 0, kPlainDictionary = 2, kRle = 3, kRleDictionary = 8;

struct PageHeader {
    int64_t kind = -1, size = -1, packed_size = -1;
    int64_t values = -1, encoding = kPlain;
    int64_t nulls = 0, levels = 0, repetition = 0;  // bytes of levels, version 2
    bool packed = true;
};

std::unexpected<Error> damaged() { return fail(Code::invalid, "a page of it is damaged"); }

// The bytes that the header takes are put into `length`.
Result<PageHeader> read_header(std::string_view bytes, size_t& length) {
    PageHeader out;
    ThriftReader in(bytes);
    in.each_field([&](const ThriftReader::Field& field) {
        if (field.id == 1) {
            out.kind = in.integer(field);
        } else if (field.id == 2) {
            out.size = in.integer(field);
        } else if (field.id == 3) {
            out.packed_size = in.integer(field);
        } else if ((field.id == 5 || field.id == 7 || field.id == 8) &&
                   field.kind == ThriftReader::structure) {
            const bool v2 = field.id == 8;
            in.each_field([&](const ThriftReader::Field& inner) {
                if (inner.id == 1)
                    out.values = in.integer(inner);
                else if (inner.id == (v2 ? 4 : 2))
                    out.encoding = in.integer(inner);
                else if (v2 && inner.id == 2)
                    out.nulls = in.integer(inner);
                else if (v2 && inner.id == 5)
                    out.levels = in.integer(inner);
                else if (v2 && inner.id == 6)
                    out.repetition = in.integer(inner);
                else if (v2 && inner.id == 7)
                    out.packed = in.boolean(inner);
                else
                    in.skip(inner);
            });
        } else {
            in.skip(field);
        }
    });
    if (in.failed() || out.size < 0 || out.packed_size < 0) return damaged();
    length = in.position();
    return out;
}

class ChunkReader {
  public:
    ChunkReader(const ParquetColumn& what, const ParquetChunk& chunk, const Limits& limits,
                Column& out)
        : what_(what), chunk_(chunk), limits_(limits), out_(out), values_(what) {}

    Status read(std::string_view bytes) {
        uint64_t left = chunk_.values;
        while (left > 0) {
            size_t length = 0;
            TRY_ASSIGN(const PageHeader header, read_header(bytes, length));
            bytes.remove_prefix(length);
            const auto packed = static_cast<size_t>(header.packed_size);
            if (packed > bytes.size()) return damaged();
            if (static_cast<uint64_t>(header.size) > limits_.page_bytes)
                return fail(Code::too_large, "a page of it is larger than 256 MiB");
            const std::string_view body = bytes.substr(0, packed);
            bytes.remove_prefix(packed);
            const auto kind = static_cast<PageKind>(header.kind);
            if (kind == PageKind::dictionary) {
                TRY(read_dictionary(header, body));
            } else if (kind == PageKind::data || kind == PageKind::data_v2) {
                if (header.values < 0 || static_cast<uint64_t>(header.values) > left)
                    return damaged();
                left -= static_cast<uint64_t>(header.values);
                TRY(read_data(header, body, kind == PageKind::data_v2));
            }
        }
        return ok();
    }

  private:
    Status read_dictionary(const PageHeader& header, std::string_view body) {
        if (header.values < 0 || (header.encoding != kPlain && header.encoding != kPlainDictionary))
            return damaged();
        TRY_ASSIGN(const std::string page,
                   unpack(chunk_.codec, body, static_cast<size_t>(header.size)));
        return values_.set_dictionary(page, static_cast<size_t>(header.values), out_);
    }

    Status read_data(const PageHeader& header, std::string_view body, bool v2) {
        std::string_view levels;
        std::string held;
        std::string_view page;
        if (v2) {
            if (header.levels < 0 || header.repetition != 0 ||
                static_cast<uint64_t>(header.levels) > body.size() || header.levels > header.size)
                return damaged();
            levels = body.substr(0, static_cast<size_t>(header.levels));
            page = body.substr(levels.size());
            if (header.packed && chunk_.codec != Codec::none) {
                TRY_ASSIGN(held, unpack(chunk_.codec, page,
                                        static_cast<size_t>(header.size - header.levels)));
                page = held;
            }
        } else {
            page = body;
            if (chunk_.codec != Codec::none) {
                TRY_ASSIGN(held, unpack(chunk_.codec, body, static_cast<size_t>(header.size)));
                page = held;
            }
            if (what_.optional) {
                ByteReader in(page);
                levels = in.get_text();
                if (in.failed()) return damaged();
                page.remove_prefix(in.position());
            }
        }
        return read_values(header, levels, page);
    }

    Status read_values(const PageHeader& header, std::string_view levels, std::string_view page) {
        const auto count = static_cast<size_t>(header.values);
        if (count == 0) return ok();
        if (count > limits_.page_values || out_.rows() + count > limits_.rows)
            return fail(Code::too_large, "it has more rows than a table may have");
        size_t present = count;
        present_.clear();
        if (what_.optional) {
            BitRuns runs(levels, 1);
            if (!runs.next_all(1, count)) {
                present_.resize(count);
                if (!runs.read(present_.data(), count)) return damaged();
                present = 0;
                for (const uint32_t p : present_) present += p;
            }
        }
        const size_t begin = out_.rows();
        if (header.encoding == kPlainDictionary || header.encoding == kRleDictionary)
            TRY(values_.append_numbered(page, present, out_));
        else if (header.encoding == kPlain)
            TRY(values_.append_plain(page, present, out_));
        else if (header.encoding == kRle && what_.physical == Physical::boolean)
            TRY(values_.append_boolean_runs(page, present, out_));
        else
            return fail(Code::unsupported,
                        "it is delta or split encoded; write it with plain or dictionary encoding");
        if (present != count) spread(begin, present);
        return ok();
    }

    // Moves the values that are there to their rows, from the back, and marks the others.
    void spread(size_t begin, size_t present) {
        out_.missing += present_.size() - present;
        const auto move = [&](auto& cells, auto nothing) {
            cells.resize(begin + present_.size());
            size_t from = begin + present;
            for (size_t i = present_.size(); i-- > 0;)
                cells[begin + i] = present_[i] != 0 ? cells[--from] : nothing;
        };
        if (out_.type == Type::text)
            move(out_.codes, kMissingCode);
        else
            move(out_.numbers, std::nan(""));
    }

    const ParquetColumn& what_;
    const ParquetChunk& chunk_;
    const Limits& limits_;
    Column& out_;
    ParquetValues values_;
    std::vector<uint32_t> present_;
};

}  // namespace

Status read_parquet_chunk(File& file, const ParquetColumn& column, const ParquetChunk& chunk,
                          const Limits& limits, Column& out) {
    TRY_ASSIGN(const std::string bytes, file.read_at(chunk.start, chunk.bytes));
    if (bytes.size() != chunk.bytes) return damaged();
    return ChunkReader(column, chunk, limits, out).read(bytes);
}

}  // namespace rondo::columnar
