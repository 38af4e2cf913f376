#include "app/cli/session.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/env.h"
#include "base/text.h"
#include "platform/client/url.h"
#include "platform/net/http.h"

namespace rondo::app::cli {
namespace {

constexpr Micros kPatience{120'000'000};
constexpr uint64_t kAnswerLimit = 64 << 20;
constexpr size_t kFileLimit = size_t{4} << 30;
constexpr std::string_view kDefaultToken = "./rondo-data/token";

Code code_of(int status) {
    switch (status) {
        case 401:
            return Code::unauthenticated;
        case 403:
            return Code::permission_denied;
        case 404:
            return Code::not_found;
        case 409:
            return Code::conflict;
        case 503:
            return Code::unavailable;
        case 504:
            return Code::deadline_exceeded;
        case 507:
            return Code::storage_full;
        default:
            return status >= 500 ? Code::internal : Code::invalid;
    }
}

// The server's own words, in whichever protocol's form.
std::string message_of(const client::Response& response) {
    const auto parsed = json::Value::parse(response.body);
    if (parsed) {
        const json::Value& error = (*parsed)["error"];
        for (const json::Value* value : {&error["message"], &(*parsed)["message"], &error}) {
            if (value->is_text()) return std::string(value->text());
        }
    }
    return "the server answered " + std::to_string(response.status);
}

}  // namespace

Result<Session> Session::open(const Common& common) {
    TRY_ASSIGN(const client::Url url, client::Url::parse(common.url));
    if (url.target != "/")
        return fail(Code::invalid,
                    quoted(common.url) + " has a path; write the server as " + url.origin());
    TRY_ASSIGN(auto http, client::Client::open(system_env()));
    FileSystem& files = system_env().files();
    std::string file = common.token_file;
    const char* given = std::getenv("RONDO_TOKEN");
    if (file.empty() && given != nullptr && *given != '\0')
        return Session(std::move(http), url.origin(), given, common.json);
    if (file.empty() && files.exists(std::string(kDefaultToken))) file = kDefaultToken;
    std::string token;
    if (!file.empty()) {
        TRY_ASSIGN(const std::string text, read_file(files, file, 4096));
        token = trim(text);
    }
    return Session(std::move(http), url.origin(), std::move(token), common.json);
}

Result<client::Response> Session::exchange(client::Request request) {
    request.url = url_ + request.url;
    if (!token_.empty()) request.headers.emplace_back("authorization", "Bearer " + token_);
    request.timeouts.first_byte = request.timeouts.whole = kPatience;
    request.egress = client::EgressPolicy::anywhere();  // named by whoever typed it
    auto response = http_->send(request);
    if (!response && response.error().code == Code::unavailable)
        return fail(Code::unavailable,
                    response.error().message + "; is the server running? (`rondo server`)");
    TRY(response);
    if (response->status >= 300) return fail(code_of(response->status), message_of(*response));
    return response;
}

Result<json::Value> Session::get(const std::string& path) {
    TRY_ASSIGN(const auto response, exchange({.url = path, .limit = kAnswerLimit}));
    return json::Value::parse(response.body);
}

Result<json::Value> Session::send(const std::string& method, const std::string& path,
                                  const json::Value& message) {
    return send_raw(method, path, message.dump(), "application/json");
}

Result<json::Value> Session::send_raw(const std::string& method, const std::string& path,
                                      std::string body, const std::string& content_type) {
    TRY_ASSIGN(const auto response, exchange({.method = method,
                                              .url = path,
                                              .headers = {{"content-type", content_type}},
                                              .body = std::move(body),
                                              .limit = kAnswerLimit}));
    return json::Value::parse(response.body);
}

Result<std::string> Session::fetch(const std::string& path, uint64_t limit) {
    TRY_ASSIGN(auto response, exchange({.url = path, .limit = limit}));
    return std::move(response.body);
}

std::string segment(const std::string& text) { return net::percent_encode(text); }

void print_line(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fputc('\n', stdout);
}

void print_json(const json::Value& value) { print_line(value.pretty()); }

void TablePrinter::print() const {
    const bool terminal = ::isatty(STDOUT_FILENO) != 0;
    std::vector<size_t> widths(rows_[0].size(), 0);
    for (const auto& row : rows_) {
        for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows_) {
        std::string line;
        for (size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 == row.size()) break;
            if (terminal)
                line.append(widths[i] - row[i].size() + 2, ' ');
            else
                line += '\t';
        }
        print_line(line);
    }
}

Progress::Progress(std::string what, uint64_t total, std::string unit, Where where)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      total_(total),
      start_(system_env().steady()),
      shown_(start_),
      terminal_(::isatty(STDERR_FILENO) != 0),
      shows_(terminal_ || where == Where::everywhere) {}

Progress::~Progress() { show(true); }

void Progress::add(uint64_t done) {
    done_ += done;
    const Micros every = terminal_ ? Micros{200'000} : Micros{10'000'000};
    if (system_env().steady() - shown_ >= every) show(false);
}

std::string Progress::amount(double done) const {
    if (unit_ != "MB") return grouped(static_cast<int64_t>(done)) + " " + unit_;
    char text[32];
    std::snprintf(text, sizeof text, "%.1f MB", done / 1e6);
    return text;
}

void Progress::show(bool last) {
    if (!shows_) return;
    shown_ = system_env().steady();
    const double seconds = std::max(1e-3, static_cast<double>((shown_ - start_).count()) / 1e6);
    if (last && seconds < 0.5) return;  // nobody waited
    const double rate = static_cast<double>(done_) / seconds;
    std::string line = (terminal_ ? "\r" : "") + what_ + ": " + amount(static_cast<double>(done_));
    if (total_ > 0) line += " of " + amount(static_cast<double>(total_));
    line += ", " + amount(rate) + "/s";
    if (total_ > 0) {
        const double left =
            rate > 0 ? static_cast<double>(total_ - std::min(done_, total_)) / rate : 0;
        line += ", " + grouped(static_cast<int64_t>(left + 0.5)) + " s left";
    }
    std::fprintf(stderr, "%s%s", line.c_str(), terminal_ && !last ? "   " : "\n");
}

Result<std::string> read_local_file(const std::string& path) {
    return read_file(system_env().files(), path, kFileLimit);
}

Status write_local_file(const std::string& path, std::string_view content) {
    TRY(write_file_atomically(system_env(), path, content));
    return open_to_others(path);
}

Status open_to_others(const std::string& path) {
    const mode_t kept = ::umask(0);  // there is no other way to read it
    ::umask(kept);
    if (::chmod(path.c_str(), 0666 & ~kept) == 0) return ok();
    return fail(Code::internal,
                "cannot set the mode of " + quoted(path) + ": " + std::strerror(errno));
}

}  // namespace rondo::app::cli
