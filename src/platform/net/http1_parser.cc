#include "platform/net/http1_parser.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace rondo::net {
namespace {

// Nothing of ours uses extensions of chunks or trailers, so few bytes of them are skipped.
constexpr size_t kMaxSkipped = 16 << 10;
constexpr int kMaxSizeDigits = 15;  // hex: below 2^60, so sums never overflow
constexpr size_t kMaxLengthDigits = 18;

constexpr auto kTokenChars = [] {
    std::array<bool, 256> table{};
    for (int c = 'a'; c <= 'z'; ++c) table[static_cast<size_t>(c)] = true;
    for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<size_t>(c)] = true;
    for (int c = '0'; c <= '9'; ++c) table[static_cast<size_t>(c)] = true;
    for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<uint8_t>(c)] = true;
    return table;
}();

bool is_token_char(char c) { return kTokenChars[static_cast<uint8_t>(c)]; }
bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_token_char);
}
bool is_control(char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7f; }
bool is_target_char(char c) { return !is_control(c) && c != ' '; }
bool is_value_char(char c) { return !is_control(c) || c == '\t'; }

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::unexpected<Error> malformed(std::string_view what) {
    return fail(Code::invalid, "malformed HTTP: " + std::string(what));
}

// Cuts the text up to the next CRLF off `rest`. The scanner has seen that there is one.
std::string_view take_line(std::string_view& rest) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end - 1);
    rest.remove_prefix(end + 1);
    return line;
}

Status parse_request_line(std::string_view line, Head& head, Request& request) {
    const size_t first = line.find(' ');
    const size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last)
        return malformed("the first line has to be METHOD TARGET HTTP/1.1");
    const std::string_view method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (!is_token(method)) return malformed("the method is no word");
    if (target.empty() || !std::ranges::all_of(target, is_target_char))
        return malformed("the target holds a blank or a control character");
    if (version != "HTTP/1.1" && version != "HTTP/1.0")
        return malformed("the version is neither HTTP/1.1 nor HTTP/1.0");
    head.minor_version = version.back() - '0';
    head.keep_alive = head.minor_version == 1;
    request.verb = verb_of(method);
    request.target = target;
    return ok();
}

Status parse_field(std::string_view line, Headers& headers) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
        return malformed("a header line is not NAME: VALUE");
    const std::string_view value = line.substr(colon + 1);
    if (!std::ranges::all_of(value, is_value_char))
        return malformed("a header's value holds a control character");
    headers.add(line.substr(0, colon), trim(value));
    return ok();
}

Status read_framing(const Headers& headers, Head& head) {
    const size_t lengths = headers.count("content-length");
    const size_t codings = headers.count("transfer-encoding");
    if (lengths + codings > 1) return malformed("more than one length of the body");
    if (codings == 1) {
        if (head.minor_version == 0) return malformed("transfer-encoding in HTTP/1.0");
        if (!equals_ignoring_case(headers.get("transfer-encoding"), "chunked"))
            return malformed("the only transfer-encoding served is 'chunked'");
        head.chunked = true;
    }
    if (lengths == 1) {
        const std::string_view text = headers.get("content-length");
        const bool digits = !text.empty() && text.size() <= kMaxLengthDigits &&
                            std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
        if (!digits) return malformed("content-length is no number");
        head.length = static_cast<uint64_t>(*parse_int(text));
    }
    return ok();
}

Status read_connection(const Headers& headers, Head& head) {
    bool close = false;
    for (size_t i = 0; i < headers.size(); ++i) {
        const auto [name, value] = headers.at(i);
        if (!equals_ignoring_case(name, "connection")) continue;
        for (std::string_view option : split(value, ',')) {
            option = trim(option);
            if (!std::ranges::all_of(option, is_token_char))
                return malformed("the Connection header is no list of words");
            if (equals_ignoring_case(option, "close")) close = true;
            if (equals_ignoring_case(option, "keep-alive")) head.keep_alive = true;
        }
    }
    if (close) head.keep_alive = false;
    return ok();
}

// The header fields up to the empty line, and what they say of the message.
Status parse_fields(std::string_view rest, size_t max_fields, Headers& headers, Head& head) {
    headers.reserve(rest.size());
    for (std::string_view line = take_line(rest); !line.empty(); line = take_line(rest)) {
        if (headers.size() == max_fields)
            return fail(Code::too_large, "the message has more than " + std::to_string(max_fields) +
                                             " header fields");
        TRY(parse_field(line, headers));
    }
    TRY(read_framing(headers, head));
    return read_connection(headers, head);
}

// "HTTP/1.1 200 OK"; the words may be missing, and so may the blank before them.
Status parse_status_line(std::string_view line, ResponseHead& out) {
    const bool known = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
    if (!known || line.size() < 12 || (line.size() > 12 && line[12] != ' '))
        return malformed("the first line has to be HTTP/1.1 STATUS REASON");
    const std::string_view status = line.substr(9, 3);
    const bool digits = std::ranges::all_of(status, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits || status[0] == '0') return malformed("the status is no number from 100");
    if (!std::ranges::all_of(line, is_value_char))
        return malformed("the first line holds a control character");
    out.head.minor_version = line[7] - '0';
    out.head.keep_alive = out.head.minor_version == 1;
    out.status = static_cast<int>(*parse_int(status));
    return ok();
}

}  // namespace

Result<size_t> HeadScanner::scan(std::string_view bytes) {
    while (scanned_ < bytes.size()) {
        // What is no HTTP at all (a TLS handshake, say) is told so at its first byte.
        if (!is_token_char(bytes[line_]) && bytes[line_] != '\r')
            return malformed("a line starts with a character that no line starts with");
        const size_t lf = bytes.find('\n', scanned_);
        if (lf == std::string_view::npos) {
            scanned_ = bytes.size();
            break;
        }
        if (bytes[lf - 1] != '\r') return malformed("a line ends without CR");
        const bool empty = lf == line_ + 1;
        // RFC 9112 2.2: one empty line before a request is forgiven.
        if (empty && line_ > 0) return lf + 1;
        scanned_ = line_ = lf + 1;
    }
    return 0;
}

Result<Head> parse_head(std::string_view head, size_t max_fields, Request& request) {
    if (head.starts_with("\r\n")) head.remove_prefix(2);
    Head out;
    TRY(parse_request_line(take_line(head), out, request));
    TRY(parse_fields(head, max_fields, request.headers, out));
    out.expects_continue = out.minor_version == 1 &&
                           equals_ignoring_case(request.headers.get("expect"), "100-continue");
    return out;
}

Result<ResponseHead> parse_response_head(std::string_view head, size_t max_fields,
                                         Headers& headers) {
    ResponseHead out;
    TRY(parse_status_line(take_line(head), out));
    TRY(parse_fields(head, max_fields, headers, out.head));
    out.has_length = headers.has("content-length");
    return out;
}

BodyDecoder::BodyDecoder(const Head& head) : state_(State::length), left_(head.length) {
    if (head.chunked)
        state_ = State::size_start;
    else if (head.length == 0)
        state_ = State::done;
}

std::optional<uint64_t> BodyDecoder::left() const {
    if (state_ == State::done || state_ == State::length) return left_;
    return std::nullopt;
}

std::optional<BodyDecoder::State> BodyDecoder::after(char c) {
    switch (state_) {
        case State::size_start:
        case State::size:
            if (const int digit = hex_digit(c); digit >= 0) {
                if (++digits_ > kMaxSizeDigits) return std::nullopt;
                left_ = left_ << 4 | static_cast<uint64_t>(digit);
                return State::size;
            }
            if (state_ == State::size_start) return std::nullopt;
            if (c == ';') return State::extension;
            if (c == '\r') return State::size_lf;
            return std::nullopt;
        case State::extension:
            if (c == '\r') return State::size_lf;
            if (!is_value_char(c) || ++skipped_ > kMaxSkipped) return std::nullopt;
            return State::extension;
        case State::size_lf:
            digits_ = 0;
            if (c != '\n') return std::nullopt;
            return left_ > 0 ? State::data : State::trailer_start;
        case State::data_cr:
            return c == '\r' ? std::optional(State::data_lf) : std::nullopt;
        case State::data_lf:
            return c == '\n' ? std::optional(State::size_start) : std::nullopt;
        case State::trailer_start:
            if (c == '\r') return State::last_lf;
            [[fallthrough]];
        case State::trailer_name:
            if (c == ':' && state_ == State::trailer_name) return State::trailer;
            if (!is_token_char(c) || ++skipped_ > kMaxSkipped) return std::nullopt;
            return State::trailer_name;
        case State::trailer:
            if (c == '\r') return State::trailer_lf;
            if (!is_value_char(c) || ++skipped_ > kMaxSkipped) return std::nullopt;
            return State::trailer;
        case State::trailer_lf:
            return c == '\n' ? std::optional(State::trailer_start) : std::nullopt;
        case State::last_lf:
            return c == '\n' ? std::optional(State::done) : std::nullopt;
        case State::length:
        case State::data:
        case State::done:
            break;
    }
    return std::nullopt;
}

Result<BodyDecoder::Step> BodyDecoder::decode(char* data, size_t size) {
    Step step{0, 0};
    while (step.used < size && !done()) {
        if (state_ != State::data && state_ != State::length) {
            const auto next = after(data[step.used++]);
            if (!next) return malformed("the chunks of the body are broken");
            state_ = *next;
            continue;
        }
        const auto n = static_cast<size_t>(std::min<uint64_t>(left_, size - step.used));
        if (step.made != step.used) std::memmove(data + step.made, data + step.used, n);
        step.used += n;
        step.made += n;
        left_ -= n;
        if (left_ == 0) state_ = state_ == State::length ? State::done : State::data_cr;
    }
    return step;
}

}  // namespace rondo::net
