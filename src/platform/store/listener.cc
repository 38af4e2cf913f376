#include "platform/store/listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/text.h"
#include "platform/store/libpq.h"

namespace rondo::store {
namespace {

constexpr int kRetryMs = 1000;
// A dead peer is noticed by the next look at the connection's status; this bounds how long that
// takes.
constexpr int kLookMs = 30'000;

}  // namespace

struct Listener::Connection {
    Connection(const Libpq& library, const std::string& url) : pq(library) {
        // The url comes last: what it says wins.
        const char* const names[] = {"connect_timeout",  "keepalives_idle",
                                     "tcp_user_timeout", "fallback_application_name",
                                     "dbname",           nullptr};
        const char* const values[] = {"5", "10", "10000", "rondo listener", url.c_str(), nullptr};
        db = pq.connectdbParams(names, values, 1);
    }
    ~Connection() { pq.finish(db); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    Status run(const char* sql) {
        PGresult* const result = pq.exec(db, sql);
        const bool good = pq.resultStatus(result) == PGRES_COMMAND_OK;
        pq.clear(result);
        if (good) return ok();
        return fail(Code::unavailable, std::string(trim(pq.errorMessage(db))));
    }
    const Libpq& pq;
    PGconn* db;
};

Listener::Listener(std::string url, std::function<void()> heard)
    : url_(std::move(url)),
      heard_(std::move(heard)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this] { run(); }) {
    CHECK(wake_ >= 0, "no descriptors left");
}

Listener::~Listener() {
    stop();
    ::close(wake_);
}

void Listener::announce() {
    announce_.store(true);
    (void)::eventfd_write(wake_, 1);
}

void Listener::stop() {
    stopping_.store(true);
    (void)::eventfd_write(wake_, 1);
    if (thread_.joinable()) thread_.join();
}

void Listener::run() {
    const auto library = libpq();
    if (!library) return;  // the database would not have opened
    bool complained = false;
    while (!stopping_.load()) {
        {
            Connection connection(**library, url_);
            const Status served = serve(connection);
            connected_.store(false);
            if (stopping_.load()) return;
            if (!served && !complained)
                log::warning("calls between servers are cut off; looking every 250 ms",
                             {{"error", served.error().message}});
            complained = true;
        }
        pollfd waiting{wake_, POLLIN, 0};
        (void)::poll(&waiting, 1, kRetryMs);
        // Nobody hears it now; the others look by themselves.
        eventfd_t ignored = 0;
        (void)::eventfd_read(wake_, &ignored);
    }
}

Status Listener::serve(Connection& connection) {
    const Libpq& pq = connection.pq;
    if (pq.status(connection.db) != CONNECTION_OK)
        return fail(Code::unavailable, std::string(trim(pq.errorMessage(connection.db))));
    TRY(connection.run("LISTEN rondo"));
    connected_.store(true);
    const int self = pq.backendPID(connection.db);
    heard_();
    while (!stopping_.load()) {
        if (announce_.exchange(false)) TRY(connection.run("NOTIFY rondo"));
        if (pq.consumeInput(connection.db) == 0)
            return fail(Code::unavailable, std::string(trim(pq.errorMessage(connection.db))));
        bool heard = false;
        while (PGnotify* const note = pq.notifies(connection.db)) {
            heard = heard || note->be_pid != self;
            pq.freemem(note);
        }
        if (heard) heard_();
        pollfd waiting[] = {{pq.socket(connection.db), POLLIN, 0}, {wake_, POLLIN, 0}};
        (void)::poll(waiting, 2, kLookMs);
        eventfd_t ignored = 0;
        (void)::eventfd_read(wake_, &ignored);
    }
    return ok();
}

}  // namespace rondo::store
