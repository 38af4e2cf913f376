#include "domain/serving/trees/json_to_ubj.h"

#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "base/bytes.h"
#include "platform/json/parser.h"

namespace rondo::serving::trees {
namespace {

namespace dom = simdjson::dom;

void put_big_endian(std::string& out, int64_t value) {
    put(out, std::byteswap(static_cast<uint64_t>(value)));
}
void put_big_endian(std::string& out, float value) {
    put(out, std::byteswap(std::bit_cast<uint32_t>(value)));
}

void put_length(std::string& out, size_t length) {
    out += 'L';
    put_big_endian(out, static_cast<int64_t>(length));
}

// What the elements of a list have in common.
enum class ListKind { mixed, whole, real, boolean };

struct ListShape {
    size_t count = 0;  // simdjson's own count saturates at 2^24
    ListKind kind = ListKind::mixed;
};

ListShape shape_of(dom::array list) {
    bool all_whole = true, all_real = true, all_boolean = true;
    ListShape shape;
    for (const dom::element item : list) {
        ++shape.count;
        all_whole &= item.is_int64();
        all_real &= item.is_number() || item.is_null();
        all_boolean &= item.is_bool();
    }
    if (shape.count == 0) return shape;
    if (all_whole) {
        shape.kind = ListKind::whole;
    } else if (all_real) {
        shape.kind = ListKind::real;
    } else if (all_boolean) {
        shape.kind = ListKind::boolean;
    }
    return shape;
}

// Recursion ends at json::kMaxDepth, which the parser enforces.
class Writer {
  public:
    void value(dom::element in) {
        switch (in.type()) {
            case dom::element_type::OBJECT:
                object(in.get_object().value_unsafe());
                return;
            case dom::element_type::ARRAY:
                list(in.get_array().value_unsafe());
                return;
            case dom::element_type::STRING:
                out_ += 'S';
                text(in.get_string().value_unsafe());
                return;
            case dom::element_type::INT64:
                out_ += 'L';
                put_big_endian(out_, in.get_int64().value_unsafe());
                return;
            case dom::element_type::UINT64:
            case dom::element_type::DOUBLE:
                out_ += 'd';
                put_big_endian(out_, real(in));
                return;
            case dom::element_type::BOOL:
                out_ += in.get_bool().value_unsafe() ? 'T' : 'F';
                return;
            case dom::element_type::NULL_VALUE:
                out_ += 'Z';
                return;
        }
    }
    std::string take() { return std::move(out_); }

  private:
    void text(std::string_view text) {
        put_length(out_, text.size());
        out_ += text;
    }

    // A bare NaN has become null.
    static float real(dom::element in) {
        if (in.is_null()) return std::numeric_limits<float>::quiet_NaN();
        return static_cast<float>(in.get_double().value_unsafe());
    }

    void object(dom::object in) {
        out_ += '{';
        for (const auto [key, member] : in) {
            text(key);
            value(member);
        }
        out_ += '}';
    }

    void list(dom::array in) {
        const auto [count, kind] = shape_of(in);
        out_ += '[';
        switch (kind) {
            case ListKind::mixed:
                break;
            case ListKind::whole:
                out_ += "$L";
                break;
            case ListKind::real:
                out_ += "$d";
                break;
            case ListKind::boolean:
                out_ += "$U";
                break;
        }
        out_ += '#';
        put_length(out_, count);
        for (const dom::element item : in) {
            switch (kind) {
                case ListKind::mixed:
                    value(item);
                    break;
                case ListKind::whole:
                    put_big_endian(out_, item.get_int64().value_unsafe());
                    break;
                case ListKind::real:
                    put_big_endian(out_, real(item));
                    break;
                case ListKind::boolean:
                    out_ += item.get_bool().value_unsafe() ? '\1' : '\0';
                    break;
            }
        }
    }

    std::string out_;
};

// Puts JSON in place of the bare words: null for NaN, numbers beyond a float's range for the
// infinities. Text within quotes stays as it is.
std::string without_bare_words(std::string_view json) {
    using Word = std::pair<std::string_view, std::string_view>;
    static constexpr std::array<Word, 2> kWords{Word{"NaN", "null"}, Word{"Infinity", "1e300"}};
    std::string out;
    out.reserve(json.size());
    bool quoted = false;
    for (size_t i = 0; i < json.size(); ++i) {
        if (json[i] == '"') quoted = !quoted;
        if (quoted && json[i] == '\\') out += json[i++];
        if (i == json.size()) break;
        const Word* found = nullptr;
        for (const Word& word : kWords) {
            if (!quoted && json.substr(i).starts_with(word.first)) found = &word;
        }
        if (found == nullptr) {
            out += json[i];
        } else {
            out += found->second;
            i += found->first.size() - 1;
        }
    }
    return out;
}

}  // namespace

Result<std::string> json_to_ubj(std::string_view json) {
    std::string rewritten;
    if (json.contains("NaN") || json.contains("Infinity")) {
        rewritten = without_bare_words(json);
        json = rewritten;
    }
    return json::with_parsed(json, [](const dom::element& root) -> Result<std::string> {
        Writer writer;
        writer.value(root);
        return writer.take();
    });
}

}  // namespace rondo::serving::trees
