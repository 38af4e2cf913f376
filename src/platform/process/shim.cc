#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/env.h"
#include "platform/json/json.h"
#include "platform/process/child.h"
#include "platform/process/spec.h"
#include "platform/process/walls.h"

namespace rondo::process {
namespace {

constexpr int kCannotStart = 127;
// Between the polite signal and the other one.
constexpr std::chrono::seconds kGrace{5};

Result<Spec> read_spec(int descriptor) {
    std::string text;
    char buffer[4096];
    ssize_t n = 0;
    (void)::lseek(descriptor, 0, SEEK_SET);
    while ((n = ::read(descriptor, buffer, sizeof buffer)) > 0)
        text.append(buffer, static_cast<size_t>(n));
    ::close(descriptor);
    return json::read<Spec>(text);
}

Status redirect_output(const Spec& spec) {
    const int in = ::open("/dev/null", O_RDONLY);
    if (in >= 0) {
        ::dup2(in, STDIN_FILENO);
        ::close(in);
    }
    if (spec.output_file.empty()) return ok();
    const int out = ::open(spec.output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (out < 0)
        return fail(Code::internal,
                    "cannot write '" + spec.output_file + "': " + std::strerror(errno));
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    ::close(out);
    return ok();
}

// Only what the spec lists survives exec; everything else of the server stays out of reach.
void close_other_descriptors(const Spec& spec) {
    std::vector<int32_t> keep = spec.descriptors;
    keep.insert(keep.end(), {0, 1, 2});
    std::sort(keep.begin(), keep.end());
    unsigned next = 0;
    for (const int32_t kept : keep) {
        if (static_cast<unsigned>(kept) > next)
            ::syscall(SYS_close_range, next, static_cast<unsigned>(kept) - 1, 0);
        next = static_cast<unsigned>(kept) + 1;
        ::fcntl(kept, F_SETFD, 0);
    }
    ::syscall(SYS_close_range, next, ~0U, 0);
}

// Walls, then exec. Returns only with the reason why not.
Error become(const Spec& spec) {
    if (::chdir(spec.folder.c_str()) != 0)
        return {Code::internal, "cannot enter '" + spec.folder + "': " + std::strerror(errno)};
    if (Status walls = build_walls(spec); !walls) return walls.error();
    std::vector<std::string> env_texts;
    for (const auto& [name, value] : spec.env) env_texts.push_back(name + "=" + value);
    std::vector<char*> argv, env;
    for (const std::string& text : spec.argv) argv.push_back(const_cast<char*>(text.c_str()));
    for (const std::string& text : env_texts) env.push_back(const_cast<char*>(text.c_str()));
    argv.push_back(nullptr);
    env.push_back(nullptr);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::execve(argv[0], argv.data(), env.data());
    return {Code::internal, "cannot run '" + spec.argv[0] + "': " + std::strerror(errno)};
}

// Ends the program and everything it started (it leads its own session and process group).
void end_group(pid_t group, int signal) { ::kill(-group, signal); }

// Waits for the program until its time limit; passes a SIGTERM on.
int wait_for(pid_t child, const Spec& spec, Outcome& outcome) {
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigaddset(&watched, SIGTERM);
    using Clock = std::chrono::steady_clock;
    Clock::time_point deadline =
        spec.time_limit ? Clock::now() + *spec.time_limit : Clock::time_point::max();
    bool asked_to_end = false;
    while (true) {
        int status = 0;
        rusage usage{};
        if (::wait4(child, &status, WNOHANG, &usage) == child) {
            outcome.max_rss_bytes = int64_t{usage.ru_maxrss} * 1024;
            end_group(child, SIGKILL);  // what it left behind
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        const auto left = std::clamp<Clock::duration>(deadline - Clock::now(), Clock::duration{0},
                                                      std::chrono::hours{1});
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
        const timespec patience{seconds.count(), std::chrono::nanoseconds(left - seconds).count()};
        const int signal = sigtimedwait(&watched, nullptr, &patience);
        const bool expired = Clock::now() >= deadline;
        if (signal == SIGTERM || (expired && !asked_to_end)) {
            outcome.timed_out = outcome.timed_out || expired;
            asked_to_end = true;
            end_group(child, SIGTERM);
            deadline = Clock::now() + kGrace;
        } else if (expired) {
            end_group(child, SIGKILL);
            deadline = Clock::now() + kGrace;
        }
    }
}

void announce(const Spec& spec) {
    const auto self = identify(::getpid());
    if (!self) return;
    (void)write_file_atomically(
        system_env(), spec.result_file + ".pid",
        std::to_string(self->pid) + " " + std::to_string(self->start_ticks) + "\n");
}

int watch(const Spec& spec) {
    announce(spec);
    Outcome outcome;
    outcome.attempt = spec.attempt;
    outcome.started = system_env().now();
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, nullptr);
    ::signal(SIGINT, SIG_IGN);  // Ctrl-C on the server's terminal is not for tasks
    const pid_t child = ::fork();
    if (child == 0) {
        ::setsid();
        ::signal(SIGINT, SIG_DFL);
        const Error error = become(spec);
        const std::string line = "rondo: " + error.message + "\n";
        (void)!::write(STDERR_FILENO, line.data(), line.size());
        ::_exit(kCannotStart);
    }
    if (child < 0) {
        outcome.problem = std::string("cannot fork: ") + std::strerror(errno);
        outcome.exit_code = kCannotStart;
    } else {
        outcome.exit_code = wait_for(child, spec, outcome);
    }
    outcome.ended = system_env().now();
    const Status written =
        write_file_atomically(system_env(), spec.result_file, json::write(outcome));
    return written ? 0 : 1;
}

}  // namespace

int run_shim(int spec_descriptor) {
    auto spec = read_spec(spec_descriptor);
    if (!spec || spec->argv.empty()) return kCannotStart;
    // At once, in the shim itself: one that outlives the server and keeps its listening socket
    // would keep its port.
    close_other_descriptors(*spec);
    if (Status redirected = redirect_output(*spec); !redirected) return kCannotStart;
    if (!spec->result_file.empty()) {
        ::setsid();  // outlives the server's terminal and its process group
        return watch(*spec);
    }
    // A worker has no life of its own: it ends with the server.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const Error error = become(*spec);
    const std::string line = "rondo: " + error.message + "\n";
    (void)!::write(STDERR_FILENO, line.data(), line.size());
    return kCannotStart;
}

}  // namespace rondo::process
