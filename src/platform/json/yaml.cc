#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <sstream>
#include <unordered_set>

#include "base/text.h"
#include "platform/json/value.h"

namespace rondo::json {
namespace {

constexpr size_t kMaxYamlBytes = 4U << 20;
constexpr size_t kMaxTextBytes = 32U << 20;
constexpr size_t kMaxYamlDepth = 64;

// A refusal on the way through the document; caught in parse_yaml, never leaves this file.
struct Refused {
    std::string why;
    YAML::Mark mark;
};

// "0x1F" or "0o17"; text when it is no such number.
Value radix_integer(const std::string& text, int radix) {
    int64_t value = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data() + 2, last, value, radix);
    const bool whole = error == std::errc{} && end == last && text[2] != '-';
    return whole ? Value(value) : Value(text);
}

// A plain scalar by YAML 1.2's core schema. Quoted scalars never come here.
Value plain_scalar(const std::string& text) {
    if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
        return {};
    if (text == "true" || text == "True" || text == "TRUE") return true;
    if (text == "false" || text == "False" || text == "FALSE") return false;
    if (text == ".nan" || text == ".NaN" || text == ".NAN")
        return std::numeric_limits<double>::quiet_NaN();
    if (text.starts_with("0x")) return radix_integer(text, 16);
    if (text.starts_with("0o")) return radix_integer(text, 8);
    const bool has_sign = text[0] == '-' || text[0] == '+';
    const std::string_view digits = std::string_view(text).substr(has_sign ? 1 : 0);
    if (digits == ".inf" || digits == ".Inf" || digits == ".INF")
        return std::copysign(std::numeric_limits<double>::infinity(), text[0] == '-' ? -1.0 : 1.0);
    if (!digits.empty() && ((digits[0] >= '0' && digits[0] <= '9') || digits[0] == '.')) {
        if (const auto integer = parse_int(text[0] == '+' ? digits : text)) return *integer;
        if (const auto real = parse_double(text)) return *real;
    }
    return text;
}

// Builds the tree from parser events, so that tags, anchors and depth are seen before any node is
// made: an alias bomb never gets to grow.
class Builder final : public YAML::EventHandler {
  public:
    explicit Builder(Scalars scalars) : scalars_(scalars) {}

    Value root;

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (documents_++ > 0) throw Refused{"more than one document", mark};
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        no_anchor(mark, anchor);
        put({}, mark);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        throw Refused{"aliases are not allowed", mark};
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& text) override {
        no_anchor(mark, anchor);
        // yaml-cpp marks plain scalars "?" and quoted ones "!"; anything else was written.
        if (tag != "?" && tag != "!" && !tag.empty()) throw Refused{"tags are not allowed", mark};
        put(tag == "?" ? plain(text) : Value(text), mark);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, Value(Value::List{}));
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, Value(Value::Object{}));
    }
    void OnMapEnd() override { close(); }

  private:
    struct Level {
        Value value;
        std::string key;
        bool has_key = false;
        std::unordered_set<std::string> keys{};  // all so far
    };

    Value plain(const std::string& text) const {
        Value value = plain_scalar(text);
        return scalars_ == Scalars::typed || value.is_null() ? value : Value(text);
    }
    static void no_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
        if (anchor != 0) throw Refused{"anchors are not allowed", mark};
    }
    void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Value empty) {
        no_anchor(mark, anchor);
        if (tag != "?" && !tag.empty()) throw Refused{"tags are not allowed", mark};
        if (levels_.size() >= kMaxYamlDepth) throw Refused{"nested too deeply", mark};
        if (!levels_.empty() && levels_.back().value.is_object() && !levels_.back().has_key)
            throw Refused{"a key has to be a plain word", mark};
        levels_.push_back({std::move(empty), {}, false});
        mark_ = mark;
    }
    void close() {
        Value done = std::move(levels_.back().value);
        levels_.pop_back();
        put(std::move(done), mark_);
    }
    void put(Value value, const YAML::Mark& mark) {
        if (levels_.empty()) {
            root = std::move(value);
            return;
        }
        Level& top = levels_.back();
        if (top.value.is_list()) {
            top.value.make_list().push_back(std::move(value));
        } else if (!top.has_key) {
            top.key = value.is_text() ? std::string(value.text()) : value.dump();
            top.has_key = true;
            if (!top.keys.insert(top.key).second)
                throw Refused{"the key " + quoted(top.key) + " is given twice", mark};
        } else {
            top.value.make_object().emplace_back(std::move(top.key), std::move(value));
            top.has_key = false;
        }
    }

    const Scalars scalars_;
    std::vector<Level> levels_;
    YAML::Mark mark_;
    int documents_ = 0;
};

std::string at(const YAML::Mark& mark) {
    return "line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1);
}

}  // namespace

Result<Value> parse_yaml(std::string_view text, Scalars scalars) {
    const size_t most = scalars == Scalars::typed ? kMaxYamlBytes : kMaxTextBytes;
    if (text.size() > most)
        return fail(Code::too_large,
                    "the YAML is larger than " + std::to_string(most >> 20) + " MiB");
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        Builder builder(scalars);
        while (parser.HandleNextDocument(builder)) {
        }
        return std::move(builder.root);
    } catch (const Refused& refused) {
        return fail(Code::invalid, "YAML, " + at(refused.mark) + ": " + refused.why);
    } catch (const YAML::ParserException& e) {
        return fail(Code::invalid, "YAML, " + at(e.mark) + ": " + e.msg);
    } catch (const std::exception& e) {
        return fail(Code::invalid, std::string("YAML: ") + e.what());
    }
}

}  // namespace rondo::json
