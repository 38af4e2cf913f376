// One command's conversation with a server, and how it prints.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "platform/client/client.h"
#include "platform/json/value.h"

namespace rondo::app::cli {

// Flags that every command has.
struct Common {
    std::string url;         // always named
    std::string token_file;  // empty: ./rondo-data/token when it is there
    bool json = false;       // the server's answer as it is
    bool is_named = false;   // the URL, by a flag or a variable: it is not the default
};

class Session {
  public:
    static Result<Session> open(const Common& common);

    Result<json::Value> get(const std::string& path);
    Result<json::Value> send(const std::string& method, const std::string& path,
                             const json::Value& message);
    // A body that is no JSON message: a definition, bytes.
    Result<json::Value> send_raw(const std::string& method, const std::string& path,
                                 std::string body, const std::string& content_type);
    // The body itself, of at most `limit` bytes.
    Result<std::string> fetch(const std::string& path, uint64_t limit);

    bool json() const { return json_; }

  private:
    Session(std::unique_ptr<client::Client> http, std::string url, std::string token, bool json)
        : http_(std::move(http)), url_(std::move(url)), token_(std::move(token)), json_(json) {}
    // request.url is the path and query.
    Result<client::Response> exchange(client::Request request);

    std::unique_ptr<client::Client> http_;
    std::string url_;  // the server's origin
    std::string token_;
    bool json_;
};

// A segment of a path, encoded.
std::string segment(const std::string& text);

void print_line(const std::string& text);
void print_json(const json::Value& value);

// Columns aligned for people on a terminal, separated by tabs for programs.
class TablePrinter {
  public:
    explicit TablePrinter(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    void print() const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

// One line on stderr that overwrites itself on a terminal: how far, how fast, how long still. A
// total of 0 is not known. What is counted are bytes, or things of which the unit is the name.
class Progress {
  public:
    enum class Where { everywhere, terminal };  // terminal: nothing when stderr is none
    Progress(std::string what, uint64_t total, std::string unit = "MB",
             Where where = Where::everywhere);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    void add(uint64_t done);

  private:
    void show(bool last);
    // "1.5 MB", "1,500 rows"
    std::string amount(double done) const;

    std::string what_, unit_;
    uint64_t total_, done_ = 0;
    Micros start_, shown_;
    bool terminal_, shows_;
};

// A file's content; at most 4 GiB.
Result<std::string> read_local_file(const std::string& path);
// Whole or not at all; readable by whom the user's umask says, unlike what a server keeps.
Status write_local_file(const std::string& path, std::string_view content);
// The same of a file that is written already.
Status open_to_others(const std::string& path);

}  // namespace rondo::app::cli
