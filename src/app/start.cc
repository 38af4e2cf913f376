#include "app/start.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "base/log.h"
#include "base/text.h"

namespace rondo::app {
namespace {

// Machines that share a database may differ by this much before anybody needs to know.
constexpr Micros kClockTolerance{60'000'000};

}  // namespace

Status warn_of_clock(Env& env, store::Database& db) {
    TRY_ASSIGN(const auto newest, db.read_now([](store::Tx& tx) {
        return tx.one<std::optional<int64_t>>("SELECT max(recorded_at) FROM events");
    }));
    if (!newest || !*newest) return ok();
    const Micros ahead{**newest - to_micros(env.now())};
    if (ahead > kClockTolerance)
        log::warning("clock", {{"because",
                                "the newest event was recorded in the future: this clock "
                                "is behind, or another one was ahead; set it, and keep "
                                "it by NTP"},
                               {"seconds_ahead", ahead.count() / 1'000'000}});
    return ok();
}

void tell_supervisor(std::string_view state) {
    const char* path = std::getenv("NOTIFY_SOCKET");
    if (path == nullptr || *path == '\0') return;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const size_t length = std::strlen(path);
    if (length >= sizeof address.sun_path) return;
    std::memcpy(address.sun_path, path, length);
    if (*path == '@') address.sun_path[0] = '\0';  // an abstract name
    const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return;
    (void)::sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL,
                   reinterpret_cast<const sockaddr*>(&address),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
    ::close(descriptor);
}

void add_watchdog(jobs::Periodic& periodic) {
    const char* text = std::getenv("WATCHDOG_USEC");
    const auto interval = text == nullptr ? std::nullopt : parse_int(text);
    if (!interval || *interval < 2) return;
    periodic.add("watchdog", Micros{*interval / 2}, []() -> Status {
        tell_supervisor("WATCHDOG=1");
        return ok();
    });
}

}  // namespace rondo::app
