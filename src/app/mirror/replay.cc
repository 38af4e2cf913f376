#include "app/mirror/replay.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "app/mirror/overlaps.h"
#include "base/text.h"
#include "domain/tracking/store.h"
#include "platform/auth/model.h"
#include "platform/store/snapshot.h"

namespace rondo::app::mirror {

namespace asio = boost::asio;
using json::Value;
using rondo::mirror::Outcome;

namespace {

constexpr int64_t kWorkspace = 1;  // the one there is
constexpr size_t kMostPages = 10'000;
constexpr size_t kMostGaps = 10'000;
// A time that the upstream tells is taken for its clock's when it is this near.
constexpr int64_t kNearMs = 600'000;

bool is_good(int status) { return status >= 200 && status < 300; }

void set_target(net::Request& request, std::string target) {
    request.target = std::move(target);
    const std::string_view whole = request.target;
    const size_t question = whole.find('?');
    request.path = whole.substr(0, question);
    request.query = question == std::string_view::npos ? "" : whole.substr(question + 1);
}

// A file's etag is its digest; its bytes are not read.
Answer answer_of(net::Response response, bool is_file) {
    Answer out{.status = response.status, .content_type = std::move(response.content_type)};
    out.is_file = is_file && is_good(response.status);
    if (!out.is_file) {
        out.body = std::move(response.body);
        return out;
    }
    out.size = response.stream_length.value_or(response.body.size());
    if (response.status != 200) return out;  // a part has no digest of its own
    for (const auto& [name, value] : response.headers) {
        if (name == "etag" && value.size() > 2) out.sha256 = value.substr(1, value.size() - 2);
    }
    return out;
}

// "run 5f3..." in words that are the same for all runs.
std::string words_for(const std::string& missing) {
    const std::string_view kind = std::string_view(missing).substr(0, missing.find(' '));
    if (kind == "artifact" || kind == "artifact_uri" || kind == "source") return "a file";
    if (kind == "experiment" || kind == "experiment_name") return "an experiment";
    if (kind == "logged_model") return "a logged model";
    return kind == "model" ? "a registered model" : "a " + std::string(kind);
}

// A list of files that tells of some that are not in ours.
bool lists_more(const Value& theirs, const Value& ours) {
    for (const Value& file : theirs["files"].list()) {
        bool here = false;
        for (const Value& other : ours["files"].list())
            here = here || other["path"].text() == file["path"].text();
        if (!here) return true;
    }
    return false;
}

}  // namespace

bool Item::writes() const {
    const rpc::Reach reach = row->permission.reach;
    return reach != rpc::Reach::read && reach != rpc::Reach::search && reach != rpc::Reach::open;
}

void Upload::bring(std::string_view piece) {
    if (spilt_ || pipe_.offer(std::string(piece))) return;
    spilt_ = true;
    drop();
}

Task<Answer> Upload::finish() {
    pipe_.close();
    co_return co_await answer_.get();
}

Task<Result<std::string_view>> Upload::next() {
    CO_TRY_ASSIGN(piece_, co_await pipe_.read());
    co_return std::string_view(piece_);
}

Replay::Replay(Parts parts, QueueLimits limits)
    : parts_(parts),
      limits_(limits),
      caller_(std::make_shared<const auth::Caller>(
          auth::Caller{.name = "mirror", .role = auth::Role::admin, .is_admin = true})),
      work_(context_.get_executor()) {
    asio::co_spawn(context_, run(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
}

Replay::~Replay() { stop(Micros{0}); }

void Replay::offer(Item item) {
    std::string refused;
    Resume sleeper;
    {
        const std::lock_guard lock(mutex_);
        const size_t bytes = item.bytes();
        if (stopping_)
            refused = "the mirror is stopping";
        else if (queue_.size() >= limits_.requests || queued_bytes_ + bytes > limits_.bytes)
            refused = "the queue was full";
        if (refused.empty()) {
            queued_bytes_ += bytes;
            queue_.push_back(std::move(item));
            sleeper = std::exchange(sleeper_, {});
        }
    }
    if (!refused.empty()) drop(item, refused);
    if (sleeper) sleeper();
}

std::shared_ptr<Upload> Replay::begin_upload(const std::string& target) {
    const auto upload = std::make_shared<Upload>(limits_.upload_bytes);
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(uploads_, [](const auto& one) { return one.expired(); });
        if (stopping_ || uploads_.size() >= limits_.uploads) return nullptr;
        uploads_.push_back(upload);
    }
    asio::co_spawn(context_, keep_upload(upload, target), asio::detached);
    return upload;
}

int64_t Replay::queued() const {
    const std::lock_guard lock(mutex_);
    return std::ssize(queue_) + static_cast<int64_t>(answering_);
}

void Replay::stop(Micros patience) {
    if (!thread_.joinable()) return;
    const Micros until = parts_.env.steady() + patience;
    while (queued() > 0 && parts_.env.steady() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    std::deque<Item> left;
    std::vector<std::weak_ptr<Upload>> uploads;
    Resume sleeper;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        left.swap(queue_);
        uploads.swap(uploads_);
        sleeper = std::exchange(sleeper_, {});
    }
    for (const Item& item : left) drop(item, "the mirror was stopped");
    for (const auto& one : uploads) {
        if (const auto upload = one.lock()) upload->drop();
    }
    if (sleeper) sleeper();
    work_.reset();
    thread_.join();
}

void Replay::drop(const Item& item, const std::string& reason) {
    if (item.upload) item.upload->drop();
    note_gap(item);
    parts_.record.count(item.endpoint, Outcome::not_mirrored, reason);
}

void Replay::note_gap(const Item& item) {
    if (!item.writes()) return;
    const std::lock_guard lock(mutex_);
    for (const std::string* text : {&item.target, &item.body, &item.upstream.body}) {
        for (std::string& name : Overlaps::names_in(*text)) {
            if (gaps_.size() < kMostGaps) gaps_.insert(std::move(name));
        }
    }
}

bool Replay::touches_gap(const Item& item) const {
    const std::lock_guard lock(mutex_);
    if (gaps_.empty()) return false;
    if (gaps_.size() >= kMostGaps) return true;
    for (const std::string* text : {&item.target, &item.body, &item.upstream.body}) {
        for (const std::string& name : Overlaps::names_in(*text)) {
            if (gaps_.contains(name)) return true;
        }
    }
    return false;
}

Task<void> Replay::run() {
    while (auto item = co_await next()) {
        co_await answer(std::move(*item));
        const std::lock_guard lock(mutex_);
        answering_ = 0;
    }
}

Task<std::optional<Item>> Replay::next() {
    while (true) {
        {
            const std::lock_guard lock(mutex_);
            if (!queue_.empty()) {
                Item item = std::move(queue_.front());
                queue_.pop_front();
                queued_bytes_ -= item.bytes();
                answering_ = 1;
                co_return item;
            }
            if (stopping_) co_return std::nullopt;
        }
        co_await hop([this](Resume resume) {
            {
                const std::lock_guard lock(mutex_);
                if (queue_.empty() && !stopping_) {
                    sleeper_ = std::move(resume);
                    return;
                }
            }
            resume();
        });
    }
}

Task<void> Replay::keep_upload(std::shared_ptr<Upload> upload, std::string target) {
    net::Request request;
    request.verb = net::Verb::put;
    set_target(request, std::move(target));
    request.caller = caller_;
    request.chosen = std::make_shared<const net::Chosen>();
    request.stream = upload.get();
    Answer answer;
    if (const auto match = parts_.service.router().find(request); match && match->route != nullptr)
        answer = answer_of(co_await net::call(*match->route, request, parts_.service), false);
    (void)parts_.guard.take_missing(request.chosen.get());
    upload->answered(std::move(answer));
}

Task<void> Replay::answer(Item item) {
    const bool taken = is_good(item.upstream.status);
    const auto parsed = Value::parse(item.upstream.body);
    const Value upstream = parsed && taken ? *parsed : Value();
    int64_t clock = to_micros(item.answered);
    if (const auto told = clock_of(upstream);
        told && item.writes() && std::abs(*told - clock / 1000) < kNearMs)
        clock = *told * 1000;
    if (!item.writes()) co_await adopt(experiments_in(item.row->path, upstream));
    parts_.clock.show(clock);
    const auto chosen = std::make_shared<const net::Chosen>(chosen_by(item.row->path, upstream));
    parts_.database.rehearse(item.writes() && !taken);
    const uint64_t before = parts_.database.taken_back();
    const Micros begun = parts_.env.steady();
    Answer ours;
    if (item.upload)
        ours = co_await item.upload->finish();
    else
        ours = co_await ask_here(&item, chosen);
    parts_.database.rehearse(false);
    parts_.clock.show(0);
    parts_.record.note_latency(item.took, parts_.env.steady() - begun);
    if (parts_.database.taken_back() != before) ours = {.status = 200};
    if (item.upload && item.upload->spilt()) {
        drop(item, "its bytes came faster than they could be stored");
        co_return;
    }
    // Ids that were given out elsewhere are not given out again.
    if (const auto id = parse_int(chosen->id); id && is_good(ours.status))
        (void)co_await parts_.database.write(
            store::Durability::normal,
            [id = *id, engine = parts_.database.health().engine](store::Tx& tx) {
                return store::raise_last_id(tx, engine, "experiments", id);
            });
    co_await judge(std::move(item), std::move(ours), chosen);
}

// Experiments that were there before the mirror, so that what is done in them from now on is here.
Task<void> Replay::adopt(std::vector<tracking::Experiment> experiments) {
    if (experiments.empty()) co_return;
    const auto adopted = co_await parts_.database.write(
        store::Durability::normal,
        [experiments = std::move(experiments),
         engine = parts_.database.health().engine](store::Tx& tx) -> Status {
            for (const tracking::Experiment& told : experiments) {
                TRY_ASSIGN(const auto known, tracking::select_experiment(tx, kWorkspace, told.id));
                TRY_ASSIGN(const auto named,
                           tracking::select_experiment(tx, kWorkspace, told.name));
                if (named && named->id != told.id) continue;  // it has another id here
                if (known && known->artifact_location == told.artifact_location &&
                    known->created_ms == told.created_ms)
                    continue;
                if (!known) {
                    TRY(tracking::put_experiment(tx, kWorkspace, told));
                    TRY(tracking::upsert_experiment_tags(tx, told.id, told.tags));
                    TRY(store::raise_last_id(tx, engine, "experiments", told.id));
                    continue;
                }
                tracking::Experiment changed = *known;
                changed.artifact_location = told.artifact_location;
                changed.created_ms = told.created_ms;
                changed.updated_ms = told.updated_ms;
                TRY(tracking::put_experiment(tx, kWorkspace, changed));
            }
            return ok();
        });
    if (!adopted) log::warning("mirror", {{"experiments not taken over", adopted.error().message}});
}

Task<Answer> Replay::ask_here(const Item* item, std::shared_ptr<const net::Chosen> chosen) {
    net::Request request;
    request.verb = item->verb;
    request.id = "mirror";
    request.caller = caller_;
    request.chosen = std::move(chosen);
    if (!item->content_type.empty()) request.headers.add("content-type", item->content_type);
    // Not every server hands out parts of files.
    if (item->upstream.status == 206) request.headers.add("range", item->range);
    request.body = item->body;
    set_target(request, item->target);
    // The upstream's tokens of pages mean nothing here.
    const auto body = Value::parse(item->body);
    const Value message = body ? *body : Value();
    const std::string token = page_token_in(request.query, message);
    if (const auto known = pages_.find(token); !token.empty() && known != pages_.end()) {
        if (item->verb == net::Verb::get)
            set_target(request, std::string(request.path) + "?" +
                                    query_with_page(request.query, known->second));
        else
            request.body = message_with_page(message, known->second).dump();
    }
    const auto match = parts_.service.router().find(request);
    if (!match || match->route == nullptr) co_return Answer{.status = 404};
    net::Response response = co_await net::call(*match->route, request, parts_.service);
    co_return answer_of(std::move(response), item->row->answer == nullptr);
}

void Replay::remember_page(const Answer& upstream, const Answer& ours) {
    const auto theirs = Value::parse(upstream.body), here = Value::parse(ours.body);
    if (!theirs || !here) return;
    const std::string token = next_page_of(*theirs), other = next_page_of(*here);
    if (token.empty() || other.empty()) return;
    if (pages_.insert_or_assign(token, other).second) page_order_.push_back(token);
    if (page_order_.size() <= kMostPages) return;
    pages_.erase(page_order_.front());
    page_order_.pop_front();
}

Task<std::string> Replay::unknown_because(const Item* item, const Answer* ours,
                                          const net::Chosen* chosen) {
    const auto missing = parts_.guard.take_missing(chosen);
    if (!is_good(item->upstream.status)) co_return std::string{};
    if (!missing.empty()) co_return "asks for " + words_for(missing[0]) + " that is not here";
    const auto theirs = Value::parse(item->upstream.body), here = Value::parse(ours->body);
    if (theirs) {
        const auto told = co_await parts_.guard.missing(named_in(*theirs));
        if (!told.empty()) co_return "tells of " + words_for(told[0]) + " that is not here";
    }
    if (item->upstream.is_file && ours->status == 404) co_return "asks for a file that is not here";
    if (theirs && lists_more(*theirs, here ? *here : Value()))
        co_return "tells of a file that is not here";
    const auto body = Value::parse(item->body);
    const size_t question = item->target.find('?');
    const std::string token = page_token_in(
        question == std::string::npos ? "" : std::string_view(item->target).substr(question + 1),
        body ? *body : Value());
    if (!token.empty() && !pages_.contains(token)) co_return "a page of a search that began before";
    if (touches_gap(*item)) co_return "requests about it were not mirrored";
    co_return std::string{};
}

Task<void> Replay::judge(Item item, Answer ours, std::shared_ptr<const net::Chosen> chosen) {
    auto& record = parts_.record;
    if (item.verb == net::Verb::head) {  // no bodies to compare
        item.upstream.body.clear();
        ours.body.clear();
    }
    remember_page(item.upstream, ours);
    if (!item.whole) {
        (void)parts_.guard.take_missing(chosen.get());
        record.count(item.endpoint, Outcome::not_mirrored,
                     "done here, but the answer is too large to be compared");
        co_return;
    }
    const Comparison found = compare({item.endpoint, item.body}, item.upstream, ours);
    if (found.places.empty()) {
        (void)parts_.guard.take_missing(chosen.get());
        record.count(item.endpoint, Outcome::equal);
        co_return;
    }
    const std::string unknown = co_await unknown_because(&item, &ours, chosen.get());
    if (!unknown.empty()) {
        record.count(item.endpoint, Outcome::unknown_here, unknown);
        co_return;
    }
    if (item.writes() && is_good(item.upstream.status) != is_good(ours.status)) note_gap(item);
    rondo::mirror::Difference kept;
    kept.time = item.answered;
    kept.endpoint = item.endpoint;
    kept.method = net::name_of(item.verb);
    kept.path = kept_target(item.target);
    kept.request = kept_text(item.body);
    kept.upstream_status = item.upstream.status;
    kept.rondo_status = ours.status;
    kept.upstream_body = kept_text(item.upstream.body);
    kept.rondo_body = kept_text(ours.body);
    kept.places = found.places;
    if (!found.reason.empty())
        record.keep(std::move(kept), Outcome::on_purpose, found.reason);
    else if (item.overlapped)
        record.keep(std::move(kept), Outcome::overlapped, "");
    else
        record.keep(std::move(kept), Outcome::differing, "");
}

}  // namespace rondo::app::mirror
