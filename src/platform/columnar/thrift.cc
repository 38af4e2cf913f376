#include "platform/columnar/thrift.h"

namespace rondo::columnar {

uint8_t ThriftReader::byte() {
    if (pos_ >= bytes_.size()) {
        fail();
        return 0;
    }
    return static_cast<uint8_t>(bytes_[pos_++]);
}

uint64_t ThriftReader::varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        const uint8_t next = byte();
        value |= static_cast<uint64_t>(next & 0x7f) << shift;
        if ((next & 0x80) == 0) return value;
    }
    fail();  // longer than 64 bits
    return 0;
}

int64_t ThriftReader::zigzag() {
    const uint64_t value = varint();
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

ThriftReader::Field ThriftReader::next_field(int16_t& last) {
    const uint8_t head = byte();
    if (failed_ || (head & 0x0f) == stop) return {};
    Field field{0, static_cast<uint8_t>(head & 0x0f)};
    const int64_t id = (head >> 4) != 0 ? last + (head >> 4) : zigzag();
    if (failed_ || id < 0 || id > INT16_MAX) {
        fail();
        return {};
    }
    field.id = last = static_cast<int16_t>(id);
    return field;
}

ThriftReader::List ThriftReader::list_header() {
    const uint8_t head = byte();
    List found{static_cast<uint32_t>(head >> 4), static_cast<uint8_t>(head & 0x0f)};
    if (found.size == 15) {
        const uint64_t size = varint();
        // An element is a byte at least.
        if (size > bytes_.size() - pos_) {
            fail();
            return {};
        }
        found.size = static_cast<uint32_t>(size);
    }
    return found;
}

int64_t ThriftReader::integer(const Field& field) {
    if (field.kind == i8) return static_cast<int8_t>(byte());
    if (field.kind == i16 || field.kind == i32 || field.kind == i64) return zigzag();
    fail();
    return 0;
}

bool ThriftReader::boolean(const Field& field) {
    if (field.kind != yes && field.kind != no) fail();
    return field.kind == yes;
}

std::string_view ThriftReader::text(const Field& field) {
    if (field.kind != binary) {
        fail();
        return {};
    }
    const uint64_t size = varint();
    if (failed_ || size > bytes_.size() - pos_) {
        fail();
        return {};
    }
    pos_ += size;
    return bytes_.substr(pos_ - size, size);
}

void ThriftReader::skip_kind(uint8_t kind, bool in_list) {
    switch (kind) {
        case yes:
        case no:
            if (in_list) byte();
            return;
        case i8:
            byte();
            return;
        case i16:
        case i32:
        case i64:
            varint();
            return;
        case real:
            for (int i = 0; i < 8; ++i) byte();
            return;
        case binary:
            text({0, binary});
            return;
        case list:
        case set: {
            if (++depth_ > kMaxDepth) return fail();
            const List found = list_header();
            for (uint32_t i = 0; i < found.size && !failed_; ++i) skip_kind(found.kind, true);
            --depth_;
            return;
        }
        case map: {
            if (++depth_ > kMaxDepth) return fail();
            const uint64_t size = varint();
            if (size > bytes_.size() - pos_) return fail();
            const uint8_t kinds = size > 0 ? byte() : 0;
            for (uint64_t i = 0; i < size && !failed_; ++i) {
                skip_kind(kinds >> 4, true);
                skip_kind(kinds & 0x0f, true);
            }
            --depth_;
            return;
        }
        case structure:
            each_field([this](const Field& field) { skip(field); });
            return;
        default:
            fail();
    }
}

}  // namespace rondo::columnar
