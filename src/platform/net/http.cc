#include "platform/net/http.h"

#include <array>

#include "base/bytes.h"
#include "base/text.h"

namespace rondo::net {
namespace {

constexpr std::array<std::string_view, 7> kVerbs{"GET",   "HEAD",   "POST",   "PUT",
                                                 "PATCH", "DELETE", "OPTIONS"};
constexpr size_t kMaxQueryPairs = 1000;

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

Result<std::string> decode(std::string_view text, bool plus_is_blank) {
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0) return fail(Code::invalid, "a broken %-escape in the URL");
            out += static_cast<char>(high << 4 | low);
            i += 2;
        } else {
            out += text[i] == '+' && plus_is_blank ? ' ' : text[i];
        }
    }
    if (!is_storable_text(out))
        return fail(Code::invalid, "the URL holds a NUL byte or text that is not UTF-8");
    return out;
}

}  // namespace

std::string_view name_of(Verb verb) {
    const auto index = static_cast<size_t>(verb);
    return index < kVerbs.size() ? kVerbs[index] : "OTHER";
}

Verb verb_of(std::string_view name) {
    for (size_t i = 0; i < kVerbs.size(); ++i) {
        if (kVerbs[i] == name) return static_cast<Verb>(i);
    }
    return Verb::other;
}

void Headers::add(std::string_view name, std::string_view value) {
    const auto start = static_cast<uint32_t>(text_.size());
    text_.append(name).append(value);
    fields_.push_back({start, static_cast<uint32_t>(name.size()),
                       start + static_cast<uint32_t>(name.size()),
                       static_cast<uint32_t>(value.size())});
}

std::pair<std::string_view, std::string_view> Headers::at(size_t index) const {
    const Span& f = fields_[index];
    const std::string_view text = text_;
    return {text.substr(f.name, f.name_size), text.substr(f.value, f.value_size)};
}

std::string_view Headers::get(std::string_view name) const {
    for (size_t i = 0; i < fields_.size(); ++i) {
        if (fields_[i].name_size != name.size()) continue;
        const auto [key, value] = at(i);
        if (equals_ignoring_case(key, name)) return value;
    }
    return {};
}

size_t Headers::count(std::string_view name) const {
    size_t n = 0;
    for (size_t i = 0; i < fields_.size(); ++i) n += equals_ignoring_case(at(i).first, name) ? 1 : 0;
    return n;
}

bool Headers::has(std::string_view name) const { return count(name) > 0; }

void Headers::clear() {
    text_.clear();
    fields_.clear();
}

std::string_view Request::param(std::string_view name) const {
    for (const auto& [key, value] : params) {
        if (key == name) return value;
    }
    return {};
}

std::string_view reason_of(int status) {
    switch (status) {
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 304: return "Not Modified";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 415: return "Unsupported Media Type";
        case 416: return "Range Not Satisfiable";
        case 421: return "Misdirected Request";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 499: return "Client Closed Request";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 507: return "Insufficient Storage";
        default: return "Status";
    }
}

Result<std::string> percent_decode(std::string_view text) { return decode(text, false); }

Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> out;
    if (query.empty()) return out;
    for (const std::string_view part : split(query, '&')) {
        if (part.empty()) continue;
        if (out.size() == kMaxQueryPairs)
            return fail(Code::invalid, "the query has more than 1,000 parameters");
        const size_t equals = part.find('=');
        TRY_ASSIGN(std::string name, decode(part.substr(0, equals), true));
        std::string value;
        if (equals != std::string_view::npos) {
            TRY_ASSIGN(value, decode(part.substr(equals + 1), true));
        }
        out.emplace_back(std::move(name), std::move(value));
    }
    return out;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
        if (plain) {
            out += c;
        } else {
            out += '%';
            out += hex[static_cast<uint8_t>(c) >> 4];
            out += hex[static_cast<uint8_t>(c) & 15];
        }
    }
    return out;
}

}  // namespace rondo::net
