#include "domain/predictions/log.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <set>

#include "base/check.h"
#include "base/log.h"
#include "base/text.h"
#include "domain/predictions/schema.h"

namespace rondo::predictions {
namespace {

constexpr size_t kMaxDayBytes = size_t{8} << 30;

FirstAnswer first_answer(const Row& row) {
    const bool by_candidate = row.arm == Arm::candidate && !row.candidate_failed;
    return {row.served(), by_candidate ? row.candidate : row.champion, row.route, row.arm,
            row.share};
}

constexpr std::string_view kAside = ".damaged";

// "2013-04-01.0.log" -> day and generation
std::optional<std::pair<Day, int>> parse_name(std::string_view name) {
    if (name.size() < 16 || !name.ends_with(".log") || name[10] != '.') return std::nullopt;
    const auto time = parse_time(name.substr(0, 10));
    const auto generation = parse_int(name.substr(11, name.size() - 15));
    if (!time || !generation) return std::nullopt;
    return std::pair{day_of(*time), static_cast<int>(*generation)};
}

}  // namespace

// The counters as they lie in the file. Plain stores to a shared mapping reach the page cache at
// once, so the kernel keeps them when the process is killed.
struct EndpointLog::Mapping {
    struct Shared {
        std::atomic<uint64_t> answered[2];
        std::atomic<uint64_t> late;
        std::atomic<uint64_t> repeated;
    };
    std::unique_ptr<File> file;
    Shared* shared = nullptr;

    ~Mapping() {
        if (shared != nullptr) ::munmap(shared, sizeof(Shared));
    }
    static Result<std::unique_ptr<Mapping>> open(Env& env, const std::string& path) {
        auto out = std::make_unique<Mapping>();
        TRY_ASSIGN(out->file, env.files().open(path, FileSystem::Mode::append));
        TRY_ASSIGN(const uint64_t size, out->file->size());
        if (size < sizeof(Shared)) TRY(out->file->truncate(sizeof(Shared)));
        // A hole in a mapped file ends the process when the disk is full as it is first touched.
        const int error = ::posix_fallocate(out->file->descriptor(), 0, sizeof(Shared));
        if (error != 0)
            return fail(error == ENOSPC || error == EDQUOT ? Code::storage_full : Code::internal,
                        "no space for the counters '" + path + "': " + std::strerror(error));
        void* address = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED,
                               out->file->descriptor(), 0);
        if (address == MAP_FAILED)
            return fail(Code::internal, "cannot map the counters '" + path + "'");
        out->shared = static_cast<Shared*>(address);
        return out;
    }
};

EndpointLog::EndpointLog(Env& env, std::string folder, int64_t endpoint_id)
    : env_(env), folder_(std::move(folder)), endpoint_id_(endpoint_id) {}
EndpointLog::~EndpointLog() { (void)flush(); }

Result<std::unique_ptr<EndpointLog>> EndpointLog::open(Env& env, const std::string& folder,
                                                       int64_t endpoint_id, Time settled,
                                                       KeepKeys keep) {
    TRY(env.files().make_directories(folder));
    auto log = std::unique_ptr<EndpointLog>(new EndpointLog(env, folder, endpoint_id));
    TRY_ASSIGN(log->mapping_, Mapping::open(env, folder + "/counters"));
    TRY(log->recover(settled, keep));
    return log;
}

std::string EndpointLog::path_of(Day day, int generation) const {
    return folder_ + "/" + format_day(day) + "." + std::to_string(generation) + ".log";
}

// A day has one file for each schema, numbered; the number of one that was set aside is not used
// again, since parts of it may have been handed over under that number.
int EndpointLog::free_generation(Day day) const {
    for (int generation = 0;; ++generation) {
        const std::string path = path_of(day, generation);
        if (!env_.files().exists(path) && !env_.files().exists(path + std::string(kAside)))
            return generation;
    }
}

Status EndpointLog::recover(Time settled, KeepKeys keep) {
    keeps_keys_ = keep == KeepKeys::yes;
    TRY_ASSIGN(auto names, env_.files().list(folder_));
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
        if (name.find(kTemporaryMark) != std::string::npos)  // a kill during a repair
            TRY(env_.files().remove(folder_ + "/" + name));
        const auto parsed = parse_name(name);
        if (!parsed) continue;
        TRY_ASSIGN(auto found, recover_file(folder_ + "/" + name));
        if (!found) continue;
        for (const Row& row : found->rows) {
            newest_us_ = std::max(newest_us_.value_or(INT64_MIN), row.key.event_us);
            ++file_rows_[parsed->first][static_cast<size_t>(row.arm)];
            if (keeps_keys_ && row.key.event_us >= to_micros(settled))
                known_.try_emplace(row.key, first_answer(row));
        }
        found->open.generation = parsed->second;
        files_[parsed->first].push_back(std::move(found->open));
    }
    return ok();
}

Result<std::optional<EndpointLog::Recovered>> EndpointLog::recover_file(const std::string& path) {
    TRY_ASSIGN(const std::string bytes, read_file(env_.files(), path, kMaxDayBytes));
    if (bytes.empty()) {  // killed before the header was written
        TRY(env_.files().remove(path));
        return std::nullopt;
    }
    auto decoded = salvage_file(bytes);
    if (!decoded || decoded->damaged_bytes > 0) {
        const std::string aside = path + std::string(kAside);
        log::error(
            "a prediction log is damaged: rows that cannot be read count as lost, and a copy is "
            "set aside; restore it from a backup",
            {{"file", aside}});
        if (!decoded) {
            TRY(env_.files().rename(path, aside));
            return std::nullopt;
        }
        TRY(write_file_atomically(env_, aside, bytes));
        std::string whole;
        append_header(whole, decoded->header);
        for (const Row& row : decoded->rows) append_record(whole, decoded->header.schema, row);
        TRY(write_file_atomically(env_, path, whole));
        decoded->whole_bytes = whole.size();
    }
    TRY_ASSIGN(auto file, env_.files().open(path, FileSystem::Mode::append));
    TRY_ASSIGN(const uint64_t size, file->size());
    if (decoded->whole_bytes < size) TRY(file->truncate(decoded->whole_bytes));
    return Recovered{
        {.file = std::move(file), .path = path, .schema = std::move(decoded->header.schema)},
        std::move(decoded->rows)};
}

std::optional<FirstAnswer> EndpointLog::lookup(const Key& key) {
    if (!keeps_keys_) return std::nullopt;
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(key);
    if (found == known_.end()) return std::nullopt;
    return found->second;
}

Result<std::optional<FirstAnswer>> EndpointLog::append(const Schema& schema, const Row& row) {
    const Day day = day_of(from_micros(row.key.event_us));
    const std::lock_guard lock(mutex_);
    if (keeps_keys_) {
        if (const auto found = known_.find(row.key); found != known_.end()) return found->second;
        if (known_.size() >= kMaxOpenRows)
            return fail(Code::exhausted, "more than " + std::to_string(kMaxOpenRows) +
                                             " predictions since the watermark; move the "
                                             "watermark on, then repeat this request");
        known_.emplace(row.key, first_answer(row));
    }
    // Counted before the answer leaves: what is counted and never written was lost.
    mapping_->shared->answered[static_cast<size_t>(row.arm)].fetch_add(1,
                                                                       std::memory_order_relaxed);
    if (pending_bytes_ >= kMaxBufferedBytes) return std::nullopt;
    if (pending_.empty() || pending_.back().day != day || pending_.back().schema != schema) {
        const auto same = std::find_if(pending_.begin(), pending_.end(), [&](const Pending& p) {
            return p.day == day && p.schema == schema;
        });
        if (same == pending_.end())
            pending_.push_back({day, schema, {}, {}});
        else
            std::iter_swap(same, pending_.end() - 1);
    }
    newest_us_ = std::max(newest_us_.value_or(INT64_MIN), row.key.event_us);
    Pending& pending = pending_.back();
    const size_t before = pending.bytes.size();
    append_record(pending.bytes, schema, row);
    ++pending.rows[static_cast<size_t>(row.arm)];
    pending_bytes_ += pending.bytes.size() - before;
    return std::nullopt;
}

std::optional<Time> EndpointLog::newest() {
    const std::lock_guard lock(mutex_);
    if (!newest_us_) return std::nullopt;
    return from_micros(*newest_us_);
}

void EndpointLog::count_late() { mapping_->shared->late.fetch_add(1, std::memory_order_relaxed); }
void EndpointLog::count_repeated() {
    mapping_->shared->repeated.fetch_add(1, std::memory_order_relaxed);
}

Status EndpointLog::flush() {
    const std::lock_guard file_lock(file_mutex_);
    std::vector<Pending> taken;
    {
        const std::lock_guard lock(mutex_);
        taken.swap(pending_);
        pending_bytes_ = 0;
    }
    for (size_t i = 0; i < taken.size(); ++i) {
        if (Status written = write_pending(taken[i].day, taken[i].schema, taken[i].bytes);
            !written) {
            // Back in front of what came meanwhile; nothing of this piece is in the file.
            const std::lock_guard lock(mutex_);
            for (size_t k = i; k < taken.size(); ++k) pending_bytes_ += taken[k].bytes.size();
            pending_.insert(pending_.begin(), std::make_move_iterator(taken.begin() + i),
                            std::make_move_iterator(taken.end()));
            return written;
        }
        for (size_t arm = 0; arm < 2; ++arm) file_rows_[taken[i].day][arm] += taken[i].rows[arm];
    }
    return ok();
}

Status EndpointLog::write_pending(Day day, const Schema& schema, const std::string& bytes) {
    auto& files = files_[day];
    auto fitting = std::find_if(files.begin(), files.end(),
                                [&](const OpenFile& f) { return !f.closed && f.schema == schema; });
    if (fitting == files.end()) {
        const int generation = free_generation(day);
        const std::string path = path_of(day, generation);
        TRY_ASSIGN(auto file, env_.files().open(path, FileSystem::Mode::create_new));
        std::string header;
        append_header(header, {endpoint_id_, format_day(day), schema});
        if (Status written = file->append(header); !written) {
            file.reset();
            (void)env_.files().remove(path);
            return written;
        }
        files.push_back(
            {.file = std::move(file), .path = path, .schema = schema, .generation = generation});
        fitting = files.end() - 1;
    }
    TRY(cut_torn_end(*fitting));
    TRY_ASSIGN(const uint64_t before, fitting->file->size());
    if (Status written = fitting->file->append(bytes); !written) {
        fitting->torn_from = before;  // or the next try would follow a torn record
        TRY(cut_torn_end(*fitting));
        return written;
    }
    return ok();
}

Status EndpointLog::cut_torn_end(OpenFile& open) {
    if (!open.torn_from) return ok();
    TRY(open.file->truncate(*open.torn_from));
    open.torn_from.reset();
    return ok();
}

Result<DecodedFile> EndpointLog::read_day(Day day) {
    const std::lock_guard lock(file_mutex_);
    DecodedFile all;
    all.header = {endpoint_id_, format_day(day), {}};
    const auto found = files_.find(day);
    if (found == files_.end()) return all;
    for (OpenFile& open : found->second) {
        TRY(cut_torn_end(open));
        TRY_ASSIGN(const uint64_t size, open.file->size());
        if (size > kMaxDayBytes) return fail(Code::too_large, "a day of predictions is too large");
        TRY_ASSIGN(const std::string bytes, open.file->read_at(0, size));
        TRY_ASSIGN(DecodedFile part, decode_file(bytes));
        if (part.whole_bytes != bytes.size())
            return fail(Code::internal, "the prediction log '" + open.path +
                                            "' is damaged; `rondo doctor --scrub` says where");
        append_part(all, std::move(part));
    }
    return all;
}

std::vector<Day> EndpointLog::open_days() {
    const std::lock_guard lock(file_mutex_);
    std::vector<Day> days;
    for (const auto& [day, files] : files_) days.push_back(day);
    return days;
}

Result<std::vector<Piece>> EndpointLog::pieces(size_t limit) {
    const std::lock_guard lock(file_mutex_);
    std::vector<Piece> out;
    for (auto& [day, files] : files_) {
        for (OpenFile& open : files) {
            TRY_ASSIGN(const uint64_t size, open.file->size());
            if (size <= open.handed_over) continue;
            Piece piece{day, open.generation, open.handed_over, size, {}, {}};
            if (piece.begin > 0)
                append_header(piece.bytes, {endpoint_id_, format_day(day), open.schema});
            const size_t added = piece.bytes.size();
            const auto take = std::min<uint64_t>(size - piece.begin, limit);
            TRY_ASSIGN(const std::string read, open.file->read_at(piece.begin, take));
            piece.bytes += read;
            TRY_ASSIGN(const DecodedFile decoded, decode_file(piece.bytes));
            // A record that the limit cut comes with the next piece.
            piece.bytes.resize(decoded.whole_bytes);
            piece.end = piece.begin + decoded.whole_bytes - added;
            piece.cut = piece.end < size;
            for (const Row& row : decoded.rows) ++piece.rows[static_cast<size_t>(row.arm)];
            if (decoded.rows.empty()) continue;
            out.push_back(std::move(piece));
        }
    }
    return out;
}

void EndpointLog::mark_handed_over(Day day, int generation, uint64_t end) {
    const std::lock_guard lock(file_mutex_);
    const auto found = files_.find(day);
    if (found == files_.end()) return;
    for (OpenFile& open : found->second) {
        if (open.generation != generation) continue;
        const auto size = open.file->size();
        if (!size) continue;
        open.handed_over = std::max(open.handed_over, std::min(end, *size));
        open.closed = open.closed || end > *size;
    }
}

Status EndpointLog::drop_day(Day day) {
    const std::lock_guard file_lock(file_mutex_);
    Status removed = ok();
    if (const auto found = files_.find(day); found != files_.end()) {
        for (OpenFile& open : found->second) {
            open.file.reset();
            if (Status done = env_.files().remove(open.path); !done) removed = std::move(done);
        }
        // Also a file that stays is forgotten, or its rows would count twice; the next start tries
        // again.
        files_.erase(found);
        file_rows_.erase(day);
    }
    const std::lock_guard lock(mutex_);
    const int64_t end = to_micros(Time{day + std::chrono::days{1}});
    std::erase_if(known_, [&](const auto& entry) { return entry.first.event_us < end; });
    return removed;
}

Counts EndpointLog::counts() const {
    const auto& s = *mapping_->shared;
    return {{s.answered[0].load(), s.answered[1].load()}, s.late.load(), s.repeated.load()};
}

std::array<uint64_t, 2> EndpointLog::unsealed_rows() {
    const std::lock_guard lock(file_mutex_);
    std::array<uint64_t, 2> sum{};
    for (const auto& [day, rows] : file_rows_) {
        sum[0] += rows[0];
        sum[1] += rows[1];
    }
    return sum;
}

Flusher::Flusher() : thread_([this] { run(); }) {}

Flusher::~Flusher() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void Flusher::add(std::shared_ptr<EndpointLog> log) {
    const std::lock_guard lock(mutex_);
    logs_.push_back(std::move(log));
}

void Flusher::remove(const EndpointLog* log) {
    const std::lock_guard lock(mutex_);
    std::erase_if(logs_, [&](const auto& held) { return held.get() == log; });
}

void Flusher::hurry() {
    {
        const std::lock_guard lock(mutex_);
        hurry_ = true;
    }
    wake_.notify_one();
}

void Flusher::run() {
    bool stopping = false;
    std::set<const EndpointLog*> waiting;  // said once, not ten times a second
    while (!stopping) {
        std::vector<std::shared_ptr<EndpointLog>> logs;
        {
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, kFlushEvery, [&] { return stopping_ || hurry_; });
            hurry_ = false;
            stopping = stopping_;
            logs = logs_;
        }
        for (const auto& each : logs) {
            const Status flushed = each->flush();
            if (flushed && waiting.erase(each.get()) > 0)
                log::info("the prediction log is written again");
            if (!flushed && waiting.insert(each.get()).second)
                log::warning("the prediction log waits", {{"error", flushed.error().message}});
        }
    }
}

}  // namespace rondo::predictions
