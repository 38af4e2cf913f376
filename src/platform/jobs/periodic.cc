#include "platform/jobs/periodic.h"

#include <algorithm>

#include "base/log.h"

namespace rondo::jobs {

Periodic::~Periodic() { stop(); }

void Periodic::add(std::string name, Micros every, std::function<Status()> work) {
    jobs_.push_back({std::move(name), every, std::move(work), env_.steady() + every});
}

void Periodic::start() {
    thread_ = std::thread([this] { run(); });
}

void Periodic::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Periodic::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_ && !jobs_.empty()) {
        const auto next = std::min_element(
            jobs_.begin(), jobs_.end(), [](const Job& a, const Job& b) { return a.due < b.due; });
        const Micros left = next->due - env_.steady();
        if (left > Micros{0}) {
            wake_.wait_for(lock, left);
            continue;
        }
        lock.unlock();
        const Status done = next->work();
        lock.lock();
        ++next->runs;
        next->failures += done ? 0 : 1;
        next->due = env_.steady() + next->every;
        if (!done)
            log::warning("job failed", {{"job", next->name}, {"error", done.error().message}});
    }
}

void Periodic::write_metrics(std::string& out) const {
    const std::lock_guard lock(mutex_);
    out +=
        "# HELP rondo_job_runs_total Runs of periodic jobs.\n"
        "# TYPE rondo_job_runs_total counter\n";
    for (const Job& job : jobs_) {
        out += "rondo_job_runs_total{job=\"" + job.name + "\",result=\"done\"} " +
               std::to_string(job.runs - job.failures) + "\n";
        out += "rondo_job_runs_total{job=\"" + job.name + "\",result=\"failed\"} " +
               std::to_string(job.failures) + "\n";
    }
}

}  // namespace rondo::jobs
