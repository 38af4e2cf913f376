#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "app/doctor/checks.h"
#include "base/text.h"
#include "platform/net/certificate.h"

namespace rondo::app {
namespace {

constexpr size_t kMaxProcFile = 1 << 20;
constexpr int64_t kFewFiles = 1024;
constexpr Micros kSoon = std::chrono::hours{24 * 14};

// Files of /proc say no size; a bounded number of bytes is read.
std::string read_proc(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text(kMaxProcFile, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(std::max<std::streamsize>(0, in.gcount())));
    return text;
}

// The holder of an exclusive lock on the file, by the kernel's list.
int holder_of(const std::string& path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return 0;
    const std::string inode = ":" + std::to_string(info.st_ino);
    const std::string locks = read_proc("/proc/locks");
    for (const std::string_view line : split(locks, '\n')) {
        std::vector<std::string_view> words;
        for (const std::string_view word : split(line, ' ')) {
            if (!word.empty()) words.push_back(word);
        }
        if (words.size() >= 6 && words[1] == "FLOCK" && words[3] == "WRITE" &&
            words[5].ends_with(inode))
            return static_cast<int>(parse_int(words[4]).value_or(0));
    }
    return 0;
}

// "postgresql://user:secret@host/..." or "... password=..."
bool has_password(std::string_view url) {
    const size_t scheme = url.find("://");
    const size_t at = url.find('@');
    if (scheme != std::string_view::npos && at != std::string_view::npos &&
        url.substr(scheme + 3, at - scheme - 3).find(':') != std::string_view::npos)
        return true;
    return url.find("password=") != std::string_view::npos;
}

void add_setting(RunningServer& server, std::string name, std::string_view value) {
    for (const std::string_view part : split(value, name == "environment" ? ',' : '\n'))
        server.settings[name].emplace_back(trim(part));
}

void read_arguments(RunningServer& server, const std::string& text) {
    std::vector<std::string_view> words = split(text, '\0');
    for (size_t i = 1; i < words.size(); ++i) {
        if (!words[i].starts_with("--")) continue;
        const size_t equals = words[i].find('=');
        const std::string name(words[i].substr(2, equals == words[i].npos ? equals : equals - 2));
        const std::string_view value = equals != std::string_view::npos
                                           ? words[i].substr(equals + 1)
                                       : i + 1 < words.size() ? words[++i]
                                                              : std::string_view();
        if (has_password(value)) server.secret_arguments.push_back("--" + name);
        add_setting(server, name, value);
    }
}

void read_variables(RunningServer& server, const std::string& text) {
    constexpr std::string_view kPrefix = "RONDO_";
    for (const std::string_view line : split(text, '\0')) {
        const size_t equals = line.find('=');
        if (!line.starts_with(kPrefix) || equals == std::string_view::npos) continue;
        const std::string variable(line.substr(0, equals));
        const std::string_view value = line.substr(equals + 1);
        if (has_password(value)) server.secret_variables.push_back(variable);
        std::string name = to_lower(variable.substr(kPrefix.size()));
        std::replace(name.begin(), name.end(), '_', '-');
        if (!server.settings.contains(name)) add_setting(server, name, value);
    }
}

// The lines "name = value" of the server's file; what else it may hold matters to no look here.
void read_file_of_settings(RunningServer& server) {
    const std::string text = read_proc(server.setting("config"));
    std::map<std::string, std::vector<std::string>> more;
    for (const std::string_view line : split(text, '\n')) {
        const size_t equals = line.find('=');
        if (line.starts_with("#") || equals == std::string_view::npos) continue;
        std::string bare;
        for (const char c : line.substr(equals + 1)) {
            if (c != '"' && c != '\'' && c != '[' && c != ']') bare += c;
        }
        const std::string name(trim(line.substr(0, equals)));
        if (server.settings.contains(name)) continue;
        for (const std::string_view part : split(bare, ',')) more[name].emplace_back(trim(part));
    }
    server.settings.merge(more);
}

void check_open_files(const RunningServer& server, Findings& out) {
    const std::string proc = "/proc/" + std::to_string(server.pid);
    const std::string limits = read_proc(proc + "/limits");
    const size_t at = limits.find("Max open files");
    if (at == std::string::npos) return;
    const auto words = split(std::string_view(limits).substr(at + 14, 60), ' ');
    int64_t limit = 0;
    for (const std::string_view word : words) {
        if (limit == 0) limit = parse_int(word).value_or(0);
    }
    int64_t used = 0;
    if (const auto open = system_env().files().list(proc + "/fd"))
        used = static_cast<int64_t>(open->size());
    const std::string text = grouped(used) + " of " + grouped(limit) + " are open";
    if (limit > 0 && (limit < kFewFiles || used * 10 > limit * 8))
        out.problem("open-files", "open files", text,
                    "raise the limit: LimitNOFILE= in the unit, or `ulimit -n` before the start");
    else if (limit > 0)
        out.good("open-files", "open files", text);
}

void check_secrets(const RunningServer& server, Findings& out) {
    for (const std::string& name : server.secret_arguments)
        out.problem("secret-in-arguments", "secret",
                    "a password stands in " + name + ", which every user of this machine can read",
                    "put it into the file of --config with mode 0600, or into ~/.pgpass");
    for (const std::string& name : server.secret_variables)
        out.note(
            "secret-in-environment", "secret", "a password stands in " + name,
            "put it into the file of --config with mode 0600, or into ~/.pgpass: programs that "
            "are started inherit variables, and crash reports show them");
    struct stat info{};
    const std::string config = server.setting("config");
    if (!config.empty() && has_password(read_proc(config)) && ::stat(config.c_str(), &info) == 0 &&
        (info.st_mode & 07) != 0)
        out.problem("secret-in-file", "secret", "everybody can read the password in " + config,
                    "chmod 640 " + config);
}

void check_environments(const RunningServer& server, Findings& out) {
    const auto found = server.settings.find("environment");
    if (found == server.settings.end()) return;
    for (const std::string& text : found->second) {
        const size_t equals = text.find('=');
        if (equals == std::string::npos) continue;
        const std::string name = text.substr(0, equals), path = text.substr(equals + 1);
        if (::access(path.c_str(), X_OK) == 0)
            out.good("environment", "environment " + name, path);
        else
            out.problem("environment", "environment " + name,
                        path + " is not there, or cannot be executed",
                        "make that Python environment again, or name another interpreter with "
                        "--environment");
    }
}

void check_exposure(Env& env, const RunningServer& server, Findings& out) {
    const std::string certificate = server.setting("tls-cert");
    const std::string host = server.setting("host");
    const bool loopback = host.empty() || host == "127.0.0.1" || host == "::1";
    if (!loopback && certificate.empty())
        out.problem("exposure", "network", "the server listens on " + host + " without TLS",
                    "give it --tls-cert and --tls-key, or let a proxy do that and listen on "
                    "loopback");
    else
        out.good("exposure", "network",
                 loopback ? "loopback only" : "listens on " + host + " with TLS");
    if (certificate.empty()) return;
    const auto info = net::read_certificate(certificate);
    if (!info) {
        out.problem("certificate", "certificate", info.error().message, "put a good one there");
        return;
    }
    const std::string how = certificate + " is valid until " + format_time(info->not_after);
    if (info->not_after - env.now() < kSoon)
        out.problem("certificate", "certificate", how,
                    "put a new one in its place, then send the server SIGHUP");
    else
        out.good("certificate", "certificate", how);
}

}  // namespace

std::string RunningServer::setting(const std::string& name) const {
    const auto found = settings.find(name);
    return found == settings.end() || found->second.empty() ? "" : found->second.front();
}

std::optional<RunningServer> find_server(const std::string& data) {
    RunningServer server;
    server.pid = holder_of(data + "/lock");
    if (server.pid == 0) return std::nullopt;
    const std::string proc = "/proc/" + std::to_string(server.pid);
    read_arguments(server, read_proc(proc + "/cmdline"));
    read_variables(server, read_proc(proc + "/environ"));
    if (!server.setting("config").empty()) read_file_of_settings(server);
    return server;
}

void check_process(Env& env, const RunningServer& server, Findings& out) {
    out.good("process", "server process", "number " + std::to_string(server.pid));
    check_open_files(server, out);
    check_secrets(server, out);
    check_environments(server, out);
    check_exposure(env, server, out);
}

}  // namespace rondo::app
