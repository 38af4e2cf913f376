#include "platform/jobs/sliced.h"

#include <algorithm>

#include "base/log.h"

namespace rondo::jobs {
namespace {

// How often a server that does not own a job looks whether it does by now.
constexpr Micros kLookEvery{1'000'000};

constexpr std::string_view kColumns =
    "SELECT name, place, problem, rounds, slices, items, failures, round_began_at, "
    "round_ended_at FROM job_progress ";

JobProgress progress_from(const store::Row& row) {
    return {row.get<std::string>(0),
            row.get<std::string>(1),
            row.get<std::string>(2),
            row.integer(3),
            row.integer(4),
            row.integer(5),
            row.integer(6),
            from_micros(row.integer(7)),
            from_micros(row.integer(8))};
}

Result<JobProgress> progress_of(store::Tx& tx, const std::string& name) {
    JobProgress found;
    found.name = name;
    TRY(tx.each(
        std::string(kColumns) + "WHERE name = $1",
        [&](const store::Row& row) {
            found = progress_from(row);
            return false;
        },
        name));
    return found;
}

Status put_progress(store::Tx& tx, const JobProgress& p) {
    TRY(
        tx.exec("INSERT INTO job_progress (name, place, problem, rounds, slices, items, failures, "
                "round_began_at, round_ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
                "ON CONFLICT (name) DO UPDATE SET place = excluded.place, "
                "problem = excluded.problem, rounds = excluded.rounds, slices = excluded.slices, "
                "items = excluded.items, failures = excluded.failures, "
                "round_began_at = excluded.round_began_at, "
                "round_ended_at = excluded.round_ended_at",
                p.name, p.place, p.problem, p.rounds, p.slices, p.items, p.failures,
                to_micros(p.round_began), to_micros(p.round_ended)));
    return ok();
}

}  // namespace

Result<std::vector<JobProgress>> all_progress(store::Tx& tx) {
    std::vector<JobProgress> rows;
    TRY(tx.each(std::string(kColumns) + "ORDER BY name", [&](const store::Row& row) {
        rows.push_back(progress_from(row));
        return true;
    }));
    return rows;
}

Sliced::~Sliced() { stop(); }

void Sliced::add(SlicedJob job) {
    leases_.want(job.name);
    State state;
    state.job = std::move(job);
    states_.push_back(std::move(state));
}

void Sliced::start() {
    thread_ = std::thread([this] { run(); });
}

void Sliced::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Sliced::hurry(const std::string& name) {
    {
        const std::lock_guard lock(mutex_);
        for (State& state : states_) {
            if (state.job.name == name) state.due = Micros{0};
        }
    }
    wake_.notify_all();
}

Result<bool> Sliced::step(const std::string& name) {
    for (State& state : states_) {
        if (state.job.name == name) return slice_of(state);
    }
    return fail(Code::not_found, "no job " + name);
}

void Sliced::run() {
    while (true) {
        Micros next = env_.steady() + kLookEvery;
        for (State& state : states_) {
            {
                const std::lock_guard lock(mutex_);
                if (stopping_) return;
            }
            if (auto done = slice_of(state); !done)
                log::warning("job failed",
                             {{"job", state.job.name}, {"error", done.error().message}});
            const std::lock_guard lock(mutex_);
            if (state.fence != 0) next = std::min(next, state.due);
        }
        std::unique_lock lock(mutex_);
        const Micros left = next - env_.steady();
        if (!stopping_ && left > Micros{0}) wake_.wait_for(lock, left);
        if (stopping_) return;
    }
}

// A new owner goes on where the last one was, and keeps its pause.
Status Sliced::learn(State& state, const Fence& fence) {
    TRY_ASSIGN(const JobProgress progress,
               db_.read_now([&](store::Tx& tx) { return progress_of(tx, state.job.name); }));
    const std::lock_guard lock(mutex_);
    state.fence = fence.number;
    state.in_round = !progress.place.empty();
    state.due = env_.steady();
    if (state.in_round || progress.rounds == 0) return ok();
    // The times of another machine's clock are a hint only: never wait longer than one pause.
    const Micros since = env_.now() - progress.round_ended;
    state.due += std::clamp(state.job.every - since, Micros{0}, state.job.every);
    return ok();
}

Result<bool> Sliced::slice_of(State& state) {
    const auto fence = leases_.held(state.job.name);
    if (!fence) {
        const std::lock_guard lock(mutex_);
        state.fence = 0;
        return false;
    }
    if (state.fence != fence->number) TRY(learn(state, *fence));
    {
        const std::lock_guard lock(mutex_);
        if (env_.steady() < state.due) return false;
    }
    const auto work = [&]() -> Status {
        TRY_ASSIGN(const JobProgress before,
                   db_.read_now([&](store::Tx& tx) { return progress_of(tx, state.job.name); }));
        const Slice slice{*fence, before.place, db_};
        const Time began = before.place.empty() ? env_.now() : before.round_began;
        TRY_ASSIGN(const Next next, state.job.work(slice));
        JobProgress after = before;
        after.place = next.place;
        after.problem = "";
        after.slices += 1;
        after.items += next.items;
        after.round_began = began;
        if (next.ended) {
            after.rounds += 1;
            after.round_ended = env_.now();
        }
        const bool idle = before.place.empty() && before.problem.empty() && next.ended &&
                          next.items == 0 && after.round_ended - before.round_ended < kTellIdle;
        if (!idle) TRY(slice.write([&](store::Tx& tx) { return put_progress(tx, after); }));
        const std::lock_guard lock(mutex_);
        state.in_round = !next.ended;
        state.due = env_.steady() + (next.ended ? state.job.every : Micros{0});
        ++state.slices;
        state.problem.clear();
        return ok();
    };
    Status done = work();
    if (done) return true;
    {
        const std::lock_guard lock(mutex_);
        state.due = env_.steady() + kRetryPause;
        ++state.failures;
        state.problem = done.error().message;
    }
    // Shown to everybody; that it cannot be written down changes nothing.
    (void)db_.write_now(store::Durability::normal, [&](store::Tx& tx) -> Status {
        TRY(fence->check(tx));
        TRY_ASSIGN(JobProgress progress, progress_of(tx, state.job.name));
        progress.failures += 1;
        progress.problem = done.error().message;
        return put_progress(tx, progress);
    });
    return std::unexpected(std::move(done).error());
}

void Sliced::write_metrics(std::string& out) const {
    const std::lock_guard lock(mutex_);
    out +=
        "# HELP rondo_job_slices_total Slices of long jobs done by this server.\n"
        "# TYPE rondo_job_slices_total counter\n";
    for (const State& state : states_) {
        out += "rondo_job_slices_total{job=\"" + state.job.name + "\",result=\"done\"} " +
               std::to_string(state.slices) + "\n";
        out += "rondo_job_slices_total{job=\"" + state.job.name + "\",result=\"failed\"} " +
               std::to_string(state.failures) + "\n";
    }
}

}  // namespace rondo::jobs
