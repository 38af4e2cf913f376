// Reads Thrift's compact protocol, in which Parquet describes itself: fields by number, varints,
// lists with their length in front. Bounds are checked at each step; after the first bad byte every
// read yields zeros and failed() is true, so a decoder asks once at its end.
#pragma once

#include <cstdint>
#include <string_view>

namespace rondo::columnar {

class ThriftReader {
  public:
    enum Kind : uint8_t {
        stop = 0,
        yes = 1,
        no = 2,
        i8 = 3,
        i16 = 4,
        i32 = 5,
        i64 = 6,
        real = 7,
        binary = 8,
        list = 9,
        set = 10,
        map = 11,
        structure = 12,
    };
    struct Field {
        int16_t id = 0;
        uint8_t kind = stop;
    };
    struct List {
        uint32_t size = 0;
        uint8_t kind = stop;
    };

    explicit ThriftReader(std::string_view bytes) : bytes_(bytes) {}

    // Calls visit(field) for each field of a structure; visit reads its value or skips it.
    template <class Visit>
    void each_field(Visit&& visit) {
        if (++depth_ > kMaxDepth) return fail();
        int16_t last = 0;
        for (Field field = next_field(last); field.kind != stop; field = next_field(last))
            visit(field);
        --depth_;
    }
    // Calls visit() for each element of a list of structures.
    template <class Visit>
    void each_element(const Field& field, Visit&& visit) {
        if (field.kind != list) return fail();
        const List found = list_header();
        if (found.kind != structure) return fail();
        for (uint32_t i = 0; i < found.size && !failed_; ++i) visit();
    }

    int64_t integer(const Field& field);  // of any width
    bool boolean(const Field& field);
    std::string_view text(const Field& field);
    void skip(const Field& field) { skip_kind(field.kind, false); }

    bool failed() const { return failed_; }
    size_t position() const { return pos_; }

  private:
    static constexpr int kMaxDepth = 32;
    Field next_field(int16_t& last);
    List list_header();
    uint8_t byte();
    uint64_t varint();
    int64_t zigzag();
    void skip_kind(uint8_t kind, bool in_list);
    void fail() {
        failed_ = true;
        pos_ = bytes_.size();
    }

    std::string_view bytes_;
    size_t pos_ = 0;
    int depth_ = 0;
    bool failed_ = false;
};

}  // namespace rondo::columnar
