#include "platform/process/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/env.h"
#include "base/text.h"
#include "platform/json/json.h"

namespace rondo::process {
namespace {

constexpr size_t kMaxStatBytes = 4096;

// Start time of a live process; nothing for a dead one or a zombie.
std::optional<int64_t> start_ticks_of(int64_t pid) {
    const int descriptor =
        ::open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return std::nullopt;
    char buffer[kMaxStatBytes];
    const ssize_t n = ::read(descriptor, buffer, sizeof buffer);
    ::close(descriptor);
    if (n <= 0) return std::nullopt;
    // The command's name may hold anything; fields count from after its last parenthesis.
    std::string_view text(buffer, static_cast<size_t>(n));
    const size_t close = text.rfind(')');
    if (close == std::string_view::npos) return std::nullopt;
    const auto fields = split(trim(text.substr(close + 1)), ' ');
    if (fields.size() < 20 || fields[0] == "Z" || fields[0] == "X") return std::nullopt;
    return parse_int(fields[19]);
}

int open_pidfd(int64_t pid) {
    return static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0));
}

}  // namespace

std::optional<Identity> identify(int64_t pid) {
    const auto ticks = start_ticks_of(pid);
    if (!ticks) return std::nullopt;
    return Identity{pid, *ticks};
}

Result<Identity> start(const Spec& spec) {
    const int memory = ::memfd_create("rondo-spec", 0);  // inherited on purpose
    if (memory < 0) return fail(Code::unavailable, "no file descriptors left");
    const std::string text = json::write(spec);
    if (::write(memory, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        ::close(memory);
        return fail(Code::unavailable, "no memory for the description of a process");
    }
    for (const int32_t kept : spec.descriptors) ::fcntl(kept, F_SETFD, 0);
    const std::string number = std::to_string(memory);
    const char* argv[] = {"rondo", "__shim", number.c_str(), nullptr};
    // An empty environment: not even the shim sees the server's.
    char* const no_env[] = {nullptr};
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr,
                                    const_cast<char* const*>(argv), no_env);
    ::close(memory);
    for (const int32_t kept : spec.descriptors) ::fcntl(kept, F_SETFD, FD_CLOEXEC);
    if (error != 0)
        return fail(Code::unavailable,
                    std::string("cannot start a process: ") + std::strerror(error));
    return Identity{pid, start_ticks_of(pid).value_or(0)};
}

bool is_alive(const Identity& identity) {
    errno = 0;
    const auto ticks = start_ticks_of(identity.pid);
    // Without a descriptor to look with nothing is known of who has the pid: better taken for
    // alive, and looked at again, than started a second time.
    if (!ticks && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
        return ::kill(static_cast<pid_t>(identity.pid), 0) == 0 || errno == EPERM;
    // Without a time of start (there was no descriptor then) the pid has to do.
    return ticks && (identity.start_ticks == 0 || *ticks == identity.start_ticks);
}

void send_signal(const Identity& identity, int signal) {
    const int descriptor = open_pidfd(identity.pid);
    if (descriptor < 0) return;
    // Checked after opening: from here on the descriptor means one process for good.
    if (is_alive(identity)) (void)::syscall(SYS_pidfd_send_signal, descriptor, signal, nullptr, 0);
    ::close(descriptor);
}

void end_child(const Identity& identity) {
    // Not by a descriptor: there may be none left.
    if (is_alive(identity)) ::kill(static_cast<pid_t>(identity.pid), SIGKILL);
    while (::waitpid(static_cast<pid_t>(identity.pid), nullptr, 0) < 0 && errno == EINTR) {
    }
}

Watcher::Watcher() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), thread_([this] { run(); }) {}

void Watcher::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    (void)::eventfd_write(wake_, 1);
    if (thread_.joinable()) thread_.join();
}

Watcher::~Watcher() {
    stop();
    for (const auto& [descriptor, entry] : watched_) ::close(descriptor);
    ::close(wake_);
}

void Watcher::watch(const Identity& identity, std::function<void()> ended) {
    const int descriptor = open_pidfd(identity.pid);
    if (descriptor < 0 || !is_alive(identity)) {
        if (descriptor >= 0) ::close(descriptor);
        ::waitpid(static_cast<pid_t>(identity.pid), nullptr, WNOHANG);
        ended();
        return;
    }
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    {
        const std::lock_guard lock(mutex_);
        watched_.emplace(descriptor, std::pair{identity.pid, std::move(ended)});
    }
    (void)::eventfd_write(wake_, 1);
}

void Watcher::run() {
    while (true) {
        std::vector<pollfd> polled{{wake_, POLLIN, 0}};
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) return;
            for (const auto& [descriptor, entry] : watched_)
                polled.push_back({descriptor, POLLIN, 0});
        }
        if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) return;
        eventfd_t ignored = 0;
        (void)::eventfd_read(wake_, &ignored);
        for (size_t i = 1; i < polled.size(); ++i) {
            if (polled[i].revents == 0) continue;
            std::pair<int64_t, std::function<void()>> entry;
            {
                const std::lock_guard lock(mutex_);
                entry = std::move(watched_.at(polled[i].fd));
                watched_.erase(polled[i].fd);
            }
            ::waitpid(static_cast<pid_t>(entry.first), nullptr, WNOHANG);  // when it is our child
            ::close(polled[i].fd);
            entry.second();
        }
    }
}

}  // namespace rondo::process
