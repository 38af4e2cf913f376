#include "platform/net/http.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "base/bytes.h"
#include "base/text.h"

namespace rondo::net {
namespace {

constexpr std::array<std::string_view, 7> kVerbs{"GET",   "HEAD",   "POST",   "PUT",
                                                 "PATCH", "DELETE", "OPTIONS"};
constexpr size_t kMaxQueryPairs = 1024;

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
    constexpr size_t kUsual = 8;  // fields that a client sends
    if (fields_.empty()) fields_.reserve(kUsual);
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
    for (size_t i = 0; i < fields_.size(); ++i) {
        if (fields_[i].name_size == name.size() && equals_ignoring_case(at(i).first, name)) ++n;
    }
    return n;
}

std::string_view Request::param(std::string_view name) const {
    for (const auto& [key, value] : params) {
        if (key == name) return value;
    }
    return {};
}

std::string_view reason_of(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 411:
            return "Length Required";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 416:
            return "Range Not Satisfiable";
        case 421:
            return "Misdirected Request";
        case 422:
            return "Unprocessable Content";
        case 423:
            return "Locked";
        case 424:
            return "Failed Dependency";
        case 428:
            return "Precondition Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 499:
            return "Client Closed Request";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 507:
            return "Insufficient Storage";
        default:
            return "Status";
    }
}

Result<std::string> percent_decode(std::string_view text) { return decode(text, false); }

Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> out;
    if (query.empty()) return out;
    for (const std::string_view part : split(query, '&')) {
        if (part.empty()) continue;
        if (out.size() == kMaxQueryPairs)
            return fail(Code::invalid, "the query has more than 1,024 parameters");
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

std::string_view safe_value(std::string_view value, std::string& scratch) {
    const auto is_control = [](char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7f; };
    if (std::ranges::none_of(value, is_control)) return value;
    scratch = value;
    std::ranges::replace_if(scratch, is_control, '_');
    return scratch;
}

std::string_view http_date(Env& env) {
    thread_local int64_t made_for = -1;
    thread_local char text[32];
    const Time now = env.now();
    const int64_t second = to_micros(now) / 1'000'000;
    if (second != made_for) {
        made_for = second;
        const std::time_t t = second;
        std::tm parts{};
        gmtime_r(&t, &parts);
        // No strftime: names of days and months are English whatever the locale.
        constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                      days[static_cast<size_t>(parts.tm_wday)], parts.tm_mday,
                      months[static_cast<size_t>(parts.tm_mon)], parts.tm_year + 1900,
                      parts.tm_hour, parts.tm_min, parts.tm_sec);
    }
    return text;
}

}  // namespace rondo::net
