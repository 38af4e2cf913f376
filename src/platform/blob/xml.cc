#include "platform/blob/xml.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"

namespace rondo::blob {
namespace {

constexpr size_t kMaxDepth = 16;
constexpr size_t kMaxElements = 100'000;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name(char c) {
    return starts_name(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
}

void append_utf8(std::string& out, uint32_t c) {
    if (c < 0x80) {
        out += static_cast<char>(c);
        return;
    }
    const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    constexpr uint8_t kLead[] = {0, 0xc0, 0xe0, 0xf0};
    out += static_cast<char>(kLead[more] | c >> (6 * more));
    for (int i = more - 1; i >= 0; --i) out += static_cast<char>(0x80 | (c >> (6 * i) & 0x3f));
}

class Parser {
  public:
    explicit Parser(std::string_view text) : rest_(text) {}

    Result<Xml> document() {
        skip_blanks();
        if (rest_.starts_with("<?xml")) {
            const size_t end = rest_.find("?>");
            if (end == std::string_view::npos) return wrong("its declaration has no end");
            rest_.remove_prefix(end + 2);
        }
        skip_blanks();
        TRY_ASSIGN(Xml root, element(0));
        skip_blanks();
        if (!rest_.empty()) return wrong("something follows its root element");
        return root;
    }

  private:
    static std::unexpected<Error> wrong(std::string_view what) {
        return fail(Code::invalid, "malformed XML: " + std::string(what));
    }
    void skip_blanks() {
        while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
    }
    bool take(std::string_view text) {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }

    Result<std::string_view> name() {
        if (rest_.empty() || !starts_name(rest_.front())) return wrong("a name is missing");
        const auto end = std::ranges::find_if_not(rest_, is_name);
        const std::string_view out = rest_.substr(0, static_cast<size_t>(end - rest_.begin()));
        rest_.remove_prefix(out.size());
        return out;
    }

    Status skip_attributes() {
        while (true) {
            const size_t before = rest_.size();
            skip_blanks();
            if (rest_.empty() || rest_.front() == '>' || rest_.front() == '/') return ok();
            if (rest_.size() == before) return wrong("no blank before an attribute");
            TRY(name());
            skip_blanks();
            if (!take("=")) return wrong("an attribute has no value");
            skip_blanks();
            if (rest_.empty() || (rest_.front() != '"' && rest_.front() != '\''))
                return wrong("an attribute's value has no quotes");
            const char quote = rest_.front();
            rest_.remove_prefix(1);
            const size_t end = rest_.find(quote);
            if (end == std::string_view::npos || rest_.substr(0, end).find('<') != rest_.npos)
                return wrong("an attribute's value has no end");
            rest_.remove_prefix(end + 1);
        }
    }

    Result<Xml> element(size_t depth) {
        if (depth == kMaxDepth) return wrong("it is too deep");
        if (++elements_ > kMaxElements) return wrong("it has too many elements");
        if (!take("<")) return wrong("an element is missing");
        Xml out;
        TRY_ASSIGN(out.name, name());
        TRY(skip_attributes());
        if (take("/>")) return out;
        if (!take(">")) return wrong("a tag has no end");
        while (true) {
            const size_t markup = rest_.find('<');
            if (markup == std::string_view::npos) return wrong("an element has no end");
            TRY(append_text(out.text, rest_.substr(0, markup)));
            rest_.remove_prefix(markup);
            if (take("</")) {
                TRY_ASSIGN(const std::string_view closed, name());
                skip_blanks();
                if (closed != out.name || !take(">")) return wrong("tags do not match");
                return out;
            }
            if (take("<!--")) {
                const size_t end = rest_.find("-->");
                if (end == std::string_view::npos) return wrong("a comment has no end");
                rest_.remove_prefix(end + 3);
                continue;
            }
            TRY_ASSIGN(Xml child, element(depth + 1));
            out.children.push_back(std::move(child));
        }
    }

    static Status append_text(std::string& out, std::string_view text) {
        while (!text.empty()) {
            const size_t mark = text.find('&');
            const std::string_view plain = text.substr(0, mark);
            if (!is_storable_text(plain)) return wrong("its text is not UTF-8");
            out += plain;
            if (mark == std::string_view::npos) return ok();
            text.remove_prefix(mark + 1);
            const size_t end = text.find(';');
            if (end == std::string_view::npos || end > 8) return wrong("a reference has no end");
            TRY(append_reference(out, text.substr(0, end)));
            text.remove_prefix(end + 1);
        }
        return ok();
    }

    static Status append_reference(std::string& out, std::string_view name) {
        constexpr std::pair<std::string_view, char> kNamed[] = {
            {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
        for (const auto& [known, c] : kNamed) {
            if (name == known) {
                out += c;
                return ok();
            }
        }
        if (!name.starts_with('#')) return wrong("a reference is not known");
        const bool hex = name.starts_with("#x");
        const std::string digits(name.substr(hex ? 2 : 1));
        char* end = nullptr;
        const bool good = !digits.empty() && std::ranges::all_of(digits, [&](char c) {
            return (c >= '0' && c <= '9') ||
                   (hex && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
        });
        const unsigned long c = good ? std::strtoul(digits.c_str(), &end, hex ? 16 : 10) : 0;
        if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
            return wrong("a reference is no character");
        append_utf8(out, static_cast<uint32_t>(c));
        return ok();
    }

    std::string_view rest_;
    size_t elements_ = 0;
};

}  // namespace

const Xml& Xml::operator[](std::string_view child) const {
    static const Xml kNone;
    for (const Xml& one : children) {
        if (one.name == child) return one;
    }
    return kNone;
}

Result<Xml> Xml::parse(std::string_view document) { return Parser(document).document(); }

std::string xml_escape(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&apos;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

}  // namespace rondo::blob
