#include "platform/store/pg_session.h"

#include <poll.h>

#include <charconv>
#include <cmath>
#include <thread>

#include "base/bytes.h"
#include "base/check.h"
#include "base/text.h"
#include "platform/store/bulk.h"
#include "platform/store/pg_array.h"

namespace rondo::store {
namespace {

using Clock = std::chrono::steady_clock;

// The server ends what takes longer than kLimit; only one that answers nothing is left after it.
constexpr std::chrono::seconds kGrace{2};
constexpr std::chrono::seconds kRollbackLimit{2};
// Dynamic SQL (searches) makes new texts; beyond this many all are prepared anew.
constexpr size_t kMaxStatements = 256;
// Answers that nobody has taken yet, of statements that nobody waits for.
constexpr size_t kMaxSent = 256;

constexpr std::string_view kTrace = "SELECT pg_current_xact_id()::text";
// Metric points need not wait for the disk of the server.
constexpr std::string_view kTraceUnsynced =
    "SELECT pg_current_xact_id()::text, set_config('synchronous_commit', 'off', true)";

// One row of a result in text format; bytea comes as \x hex.
class PgRow final : public Row {
  public:
    PgRow(const Libpq& pq, const PGresult* result) : pq_(pq), result_(result) {}
    void move_to(int row) { row_ = row; }

    bool is_null(int column) const override { return pq_.getisnull(result_, row_, column) != 0; }
    // A sum is a numeric, a comparison a boolean: both read as SQLite's integers do.
    int64_t integer(int column) const override {
        const std::string_view value = text(column);
        if (const auto number = parse_int(value)) return *number;
        if (value == "t") return 1;
        const double real = parse_double(value).value_or(0);
        if (std::isnan(real)) return 0;
        if (real >= 0x1p63) return INT64_MAX;
        return real < -0x1p63 ? INT64_MIN : static_cast<int64_t>(real);
    }
    double real(int column) const override { return parse_double(text(column)).value_or(0); }
    std::string_view text(int column) const override {
        return {pq_.getvalue(result_, row_, column),
                static_cast<size_t>(pq_.getlength(result_, row_, column))};
    }
    std::string_view blob(int column) const override {
        const std::string_view hex = text(column);
        auto bytes = from_hex(hex.starts_with("\\x") ? hex.substr(2) : hex);
        CHECK(bytes.has_value(), "bytea_output is not hex");
        bytes_ = std::move(*bytes);
        return bytes_;
    }

  private:
    const Libpq& pq_;
    const PGresult* result_;
    int row_ = 0;
    mutable std::string bytes_;
};

std::string to_text(const Arg& arg) {
    char buffer[40];
    char* end = nullptr;
    if (const auto* integer = std::get_if<int64_t>(&arg))
        end = std::to_chars(buffer, buffer + sizeof buffer, *integer).ptr;
    else if (const auto* real = std::get_if<double>(&arg))  // SQLite has no negative zero
        end = std::to_chars(buffer, buffer + sizeof buffer, *real + 0.0).ptr;
    else
        return std::string(std::get<std::string_view>(arg));
    return {buffer, static_cast<size_t>(end - buffer)};
}

// libpq's messages have lines of their own; ours are one line.
std::string one_line(std::string_view text) {
    std::string out;
    for (const std::string_view line : split(trim(text), '\n')) {
        if (!out.empty()) out += "; ";
        out += trim(line);
    }
    return out;
}

}  // namespace

Status PgSession::connect() {
    if (connected()) return ok();
    disconnect();
    // What the URL says comes last, and wins. A peer that is gone without a word is noticed.
    const char* const names[] = {"application_name",
                                 "connect_timeout",
                                 "keepalives_idle",
                                 "keepalives_count",
                                 "keepalives_interval",
                                 "tcp_user_timeout",
                                 "client_encoding",
                                 "dbname",
                                 nullptr};
    const char* const values[] = {"rondo", "3",    "10",         "3",    "5",
                                  "10000", "UTF8", url_.c_str(), nullptr};
    db_ = pq_.connectdbParams(names, values, 1);
    if (pq_.status(db_) != CONNECTION_OK) {
        std::string message = one_line(pq_.errorMessage(db_));
        disconnect();
        return fail(Code::unavailable, "cannot reach PostgreSQL: " + message);
    }
    pq_.setNoticeProcessor(db_, [](void*, const char*) {}, nullptr);
    const std::string limit = std::to_string(std::chrono::milliseconds(kLimit).count());
    TRY(script(("SET TIME ZONE 'UTC'; SET bytea_output = 'hex'; SET extra_float_digits = 1; "
                "SET client_min_messages = warning; SET statement_timeout = " +
                limit + "; SET lock_timeout = " + limit +
                "; SET idle_in_transaction_session_timeout = " + limit)
                   .c_str()));
    // Statistics are begun anew after a crash, and so may be the numbers of transactions that had
    // not reached the disk.
    const Answer era(pq_.exec(db_, "SELECT coalesce(stats_reset::text, '') FROM pg_stat_bgwriter"),
                     {&pq_});
    trace_ = {.backend = pq_.backendPID(db_)};
    if (pq_.ntuples(era.get()) == 1) trace_.era = pq_.getvalue(era.get(), 0, 0);
    if (pq_.setnonblocking(db_, 1) != 0 || pq_.enterPipelineMode(db_) != 1) {
        disconnect();
        return fail(Code::unavailable, "PostgreSQL's library takes no pipeline");
    }
    return ok();
}

void PgSession::disconnect() {
    if (db_ != nullptr) pq_.finish(db_);
    db_ = nullptr;
    names_.clear();
    sent_.clear();
    forget_names_ = false;
}

bool PgSession::connected() const { return db_ != nullptr && pq_.status(db_) == CONNECTION_OK; }

// Before the pipeline begins.
Status PgSession::script(const char* sql) {
    const Answer answer(pq_.exec(db_, sql), {&pq_});
    const ExecStatusType status = pq_.resultStatus(answer.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return ok();
    Error error = to_failure(answer.get(), {}).error;
    disconnect();
    return fail(std::move(error));
}

void PgSession::begin(Kind kind, Durability durability) {
    failure_.reset();
    const bool loads = kind == Kind::write && durability == Durability::load;
    unbounded_ = kind == Kind::migrate || kind == Kind::snapshot || loads;
    member_ = -1;
    member_wrote_ = false;
    trace_.transaction.clear();
    deadline_ = Clock::now() + kLimit + kGrace;
    if (forget_names_ || names_.size() >= kMaxStatements) {
        if (push("DEALLOCATE ALL", {}, Sent::What::ignored)) push_sync();
        drain();
        names_.clear();
        forget_names_ = false;
    }
    const auto put = [&](std::initializer_list<std::string_view> statements) -> Status {
        for (const std::string_view sql : statements) TRY(push(sql, {}, Sent::What::statement));
        if (!unbounded_) return ok();
        for (const char* limit : {"SET LOCAL statement_timeout = 0", "SET LOCAL lock_timeout = 0",
                                  "SET LOCAL idle_in_transaction_session_timeout = 0"})
            TRY(push(limit, {}, Sent::What::statement));
        return ok();
    };
    const auto open = [&]() -> Status {
        switch (kind) {
            case Kind::read:
                return put({"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"});
            case Kind::write:
                TRY(put({"BEGIN ISOLATION LEVEL SERIALIZABLE"}));
                return push(durability == Durability::normal ? kTraceUnsynced : kTrace, {},
                            Sent::What::trace);
            case Kind::migrate:
                TRY(put({"BEGIN ISOLATION LEVEL READ COMMITTED"}));
                return push(kTrace, {}, Sent::What::trace);
            case Kind::snapshot:
                return put({"BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE"});
        }
        return ok();
    };
    (void)open();  // failure_ has what went wrong
}

void PgSession::enter_member(int index) {
    member_ = index;
    member_wrote_ = false;
}

PgSession::Answer PgSession::ask() {
    if (pq_.sendFlushRequest(db_) != 1) lose("it takes no more");
    return drain();
}

void PgSession::show(const PGresult* result, const RowVisitor& visit) const {
    PgRow row(pq_, result);
    const int rows = pq_.ntuples(result);
    for (int i = 0; i < rows; ++i) {
        row.move_to(i);
        if (!visit(row)) return;
    }
}

Result<int64_t> PgSession::run(std::string_view sql, std::span<const Arg> args,
                               const RowVisitor* visit) {
    TRY(push(sql, args, Sent::What::statement));
    sent_.back().visit = visit;
    const Answer answer = ask();
    if (failure_) return failed();
    return parse_int(pq_.cmdTuples(answer.get())).value_or(0);
}

Status PgSession::run_all(std::span<const Question> questions) {
    for (size_t i = 0; i < questions.size(); ++i) {
        if (Status sent = push(questions[i].sql, questions[i].args, Sent::What::statement); !sent) {
            // Those before it are answered later, when their visitors are gone.
            for (Sent& before : sent_) before.visit = nullptr;
            return sent;
        }
        sent_.back().visit = &questions[i].visit;
        if (i + 1 < questions.size() && sent_.size() < kMaxSent) continue;
        ask();
        if (failure_) return failed();
    }
    return ok();
}

Status PgSession::send(std::string_view sql, std::span<const Arg> args) {
    TRY(push(sql, args, Sent::What::statement));
    if (sent_.size() < kMaxSent) return ok();
    ask();
    if (failure_) return failed();
    return ok();
}

Result<int64_t> PgSession::insert(std::string_view head, const Rows& rows, std::string_view tail) {
    if (rows.count() == 0) return 0;
    auto bulk = unnested(head, rows, tail);
    TRY(check_storable(rows.values()));
    if (!bulk) return insert_values(*this, head, rows, tail);
    return run(bulk->sql, bulk->args, nullptr);
}

Status PgSession::send_rows(std::string_view head, const Rows& rows, std::string_view tail) {
    if (rows.count() == 0) return ok();
    auto bulk = unnested(head, rows, tail);
    TRY(check_storable(rows.values()));
    if (bulk) return send(bulk->sql, bulk->args);
    TRY(insert_values(*this, head, rows, tail));
    return ok();
}

// Prepares what is new, and sends; nothing is flushed.
Status PgSession::push(std::string_view sql, std::span<const Arg> args, Sent::What what) {
    if (failure_) return failed();
    TRY(check_storable(args));
    if (!connected()) {
        lose("there is no connection");
        return failed();
    }
    auto found = names_.find(sql);
    if (found == names_.end()) {
        found = names_.emplace(std::string(sql), Prepared{"s" + std::to_string(++prepared_)}).first;
        const auto& [text, prepared] = *found;
        if (pq_.sendPrepare(db_, prepared.name.c_str(), text.c_str(), 0, nullptr) != 1) {
            lose("it takes no more");
            return failed();
        }
        sent_.push_back({Sent::What::prepare, member_, &found->first, &found->second});
    }
    // The texts of the parameters; reserved, so that pointers into it stay valid.
    std::vector<std::string> texts;
    texts.reserve(args.size());
    std::vector<const char*> values(args.size(), nullptr);
    std::vector<int> lengths(args.size(), 0), formats(args.size(), 0);
    for (size_t i = 0; i < args.size(); ++i) {
        if (std::holds_alternative<std::monostate>(args[i])) continue;
        if (const auto* blob = std::get_if<Blob>(&args[i])) {
            values[i] = blob->bytes.data() == nullptr ? "" : blob->bytes.data();
            lengths[i] = static_cast<int>(blob->bytes.size());
            formats[i] = 1;
            continue;
        }
        texts.push_back(to_text(args[i]));
        values[i] = texts.back().c_str();
    }
    if (pq_.sendQueryPrepared(db_, found->second.name.c_str(), static_cast<int>(args.size()),
                              values.data(), lengths.data(), formats.data(), 0) != 1) {
        lose("it takes no more");
        return failed();
    }
    if (!sql.starts_with("SELECT")) member_wrote_ = true;
    sent_.push_back({what, member_, &found->first});
    return ok();
}

void PgSession::push_sync() {
    if (pq_.pipelineSync(db_) != 1) return lose("it takes no more");
    sent_.push_back({Sent::What::sync});
}

std::optional<PgSession::Answer> PgSession::next_result() {
    while (true) {
        const int unsent = pq_.flush(db_);
        if (unsent < 0) break;
        if (unsent == 0 && pq_.isBusy(db_) == 0) return Answer(pq_.getResult(db_), {&pq_});
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
        if (!unbounded_ && left <= 0) {
            lose("it has not answered for " + std::to_string((kLimit + kGrace).count()) + " s");
            failure_->late = true;
            return std::nullopt;
        }
        pollfd look{pq_.socket(db_), static_cast<short>(POLLIN | (unsent > 0 ? POLLOUT : 0)), 0};
        if (::poll(&look, 1, unbounded_ ? -1 : static_cast<int>(left)) <= 0) continue;
        if ((look.revents & (POLLIN | POLLERR | POLLHUP)) != 0 && pq_.consumeInput(db_) != 1) break;
    }
    lose(one_line(pq_.errorMessage(db_)));
    return std::nullopt;
}

PgSession::Answer PgSession::drain() {
    Answer last(nullptr, {&pq_});
    while (!sent_.empty()) {
        const Sent sent = sent_.front();
        auto answer = next_result();
        if (!answer) return Answer(nullptr, {&pq_});
        sent_.pop_front();
        // Nothing at all comes for what a lost connection has not answered.
        if (!*answer) {
            lose(one_line(pq_.errorMessage(db_)));
            return Answer(nullptr, {&pq_});
        }
        take(sent, answer->get());
        if (failure_ && failure_->lost) return Answer(nullptr, {&pq_});
        if (sent.visit != nullptr && !failure_) show(answer->get(), *sent.visit);
        if (sent.what == Sent::What::statement) last = std::move(*answer);
        if (sent.what == Sent::What::sync) continue;
        while (true) {  // up to the end of the command
            auto more = next_result();
            if (!more) return Answer(nullptr, {&pq_});
            if (!*more) break;
        }
    }
    return last;
}

void PgSession::take(const Sent& sent, const PGresult* result) {
    switch (pq_.resultStatus(result)) {
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
            if (sent.prepared != nullptr) sent.prepared->confirmed = true;
            if (sent.what == Sent::What::trace) trace_.transaction = pq_.getvalue(result, 0, 0);
            return;
        case PGRES_PIPELINE_SYNC:
            return;
        case PGRES_PIPELINE_ABORTED:
            // Nobody knows any more which names the server has.
            if (sent.prepared != nullptr) forget_names_ = true;
            return;
        default:
            if (sent.prepared != nullptr) forget_names_ = true;
            Failure failure = to_failure(result, sent);
            if (failure.lost) {
                lose(failure.error.message);
                return;
            }
            if (sent.what != Sent::What::ignored && !failure_) failure_ = std::move(failure);
    }
}

void PgSession::lose(std::string why) {
    if (why.empty()) why = "the connection was closed";
    if (!failure_ || !failure_->lost)
        failure_ = Failure{{Code::unavailable, "PostgreSQL cannot be reached: " + why},
                           /*conflict=*/false,
                           /*lost=*/true};
    disconnect();
}

PgSession::Failure PgSession::to_failure(const PGresult* result, const Sent& sent) const {
    const auto field = [&](int which) {
        const char* text = pq_.resultErrorField(result, which);
        return std::string_view(text == nullptr ? "" : text);
    };
    const std::string_view state = field(PG_DIAG_SQLSTATE);
    const std::string_view severity = field(PG_DIAG_SEVERITY_NONLOCALIZED);
    std::string message(field(PG_DIAG_MESSAGE_PRIMARY));
    if (message.empty()) message = one_line(pq_.errorMessage(db_));
    Failure failure;
    failure.member = sent.member;
    failure.conflict = state == "40001" || state == "40P01" || state == "55P03";
    failure.lost = state.empty() || state.starts_with("08") || severity == "FATAL" ||
                   severity == "PANIC" || !connected();
    Error& error = failure.error;
    if (failure.lost)
        error = {Code::unavailable, message};
    else if (failure.conflict)
        error = {Code::unavailable,
                 "PostgreSQL is busy with others' writes; try again soon (" + message + ")"};
    else if (state == "57014")
        error = {Code::deadline_exceeded, "the query took too long"};
    else if (state == "53100")
        error = {Code::storage_full, "the disk of PostgreSQL is full"};
    else if (state == "42501" || state == "25006" || state.starts_with("57"))
        error = {Code::unavailable, "PostgreSQL: " + message};
    else if (state.starts_with("23"))
        error = {Code::already_exists, "a row like this exists already (" + message + ")"};
    else
        error = {Code::internal,
                 "PostgreSQL: " + message +
                     (sent.sql == nullptr ? "" : " in: " + sent.sql->substr(0, 200))};
    return failure;
}

PgSession::Commit PgSession::commit() {
    if (failure_) return Commit::failed;
    if (trace_.transaction.empty()) {
        // Who cannot name a transaction cannot ask about it.
        if (pq_.sendFlushRequest(db_) != 1) lose("it takes no more");
        drain();
        if (failure_) return Commit::failed;
    }
    if (!push("COMMIT", {}, Sent::What::statement)) return Commit::failed;
    push_sync();
    const Answer answer = drain();
    if (failure_) return failure_->lost ? Commit::unknown : Commit::failed;
    if (std::string_view(pq_.cmdStatus(const_cast<PGresult*>(answer.get()))) == "COMMIT")
        return Commit::done;
    failure_ = Failure{{Code::internal, "PostgreSQL has rolled a transaction back at its end"}};
    return Commit::failed;
}

void PgSession::end_read() {
    if (failure_ || !connected()) return rollback();
    if (!push("COMMIT", {}, Sent::What::ignored)) return rollback();
    push_sync();
    if (connected()) (void)pq_.flush(db_);
}

void PgSession::rollback() {
    if (!connected()) return disconnect();
    deadline_ = Clock::now() + kRollbackLimit;
    unbounded_ = false;
    const auto kept = std::move(failure_);
    failure_.reset();
    // What failed before is answered up to the first mark; the second one ends the pipeline.
    push_sync();
    if (connected()) (void)push("ROLLBACK", {}, Sent::What::ignored);
    if (connected()) push_sync();
    for (Sent& sent : sent_) {
        if (sent.what == Sent::What::statement) sent.what = Sent::What::ignored;
    }
    if (connected()) drain();
    failure_ = kept;
}

Result<std::optional<PgSession::Fate>> PgSession::fate_of(const Trace& trace) {
    TRY(connect());
    const bool same_era = trace_.era == trace.era && !trace.era.empty();
    begin(Kind::read, Durability::full);
    // Numbers that the server has not given out make it an error: then ours was lost in a crash.
    const auto ask = [&]() -> Result<std::optional<Fate>> {
        TRY_ASSIGN(
            const auto known,
            one<int64_t>("SELECT CASE WHEN $1::xid8 < pg_snapshot_xmax(pg_current_snapshot()) "
                         "THEN 1 ELSE 0 END",
                         trace.transaction));
        if (known == 0 && !same_era) return Fate::not_done;
        TRY_ASSIGN(const auto status, one<std::optional<std::string>>(
                                          "SELECT pg_xact_status($1::xid8)", trace.transaction));
        if (!status || !*status) return Fate::unknown;
        // After a crash another transaction may have got the number of one that was lost.
        if (**status == "committed") return same_era ? Fate::done : Fate::unknown;
        if (**status == "aborted" || !same_era) return Fate::not_done;
        TRY(one<std::optional<std::string>>(
            "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity "
            "WHERE pid = $1 AND backend_xid::text = ($2::xid8)::xid::text",
            trace.backend, trace.transaction));
        return std::nullopt;
    };
    auto fate = ask();
    end_read();
    return fate;
}

}  // namespace rondo::store
