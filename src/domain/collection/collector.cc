#include "domain/collection/collector.h"

#include "base/log.h"
#include "domain/collection/purge.h"
#include "platform/blob/direct.h"

namespace rondo::collection {
namespace {

using json::Value;

// Rows of one step. A transaction has some milliseconds.
constexpr int64_t kListPage = 500;
constexpr int64_t kMarkPage = 300;
constexpr int64_t kSweepPage = 200;
constexpr int64_t kRemovePage = 8;
// Of Terms::removal: a removal begins no request later than this after it was written down.
constexpr int kRemovalShare = 20;

void next_phase(sql::Kept& kept, std::string_view phase) {
    kept.state.current.phase = phase;
    kept.place.clear();
}

}  // namespace

Status Collector::start_alone() {
    return parts_.db.write_now(store::Durability::full,
                               [](store::Tx& tx) { return sql::end_removals(tx); });
}

jobs::SlicedJob Collector::job() {
    return {std::string(kJob), parts_.settings.period,
            [this](const jobs::Slice& slice) { return work(slice); }};
}

Result<jobs::Next> Collector::work(const jobs::Slice& slice) {
    const Micros until = parts_.env.steady() + jobs::kSliceAim;
    TRY_ASSIGN(sql::Kept kept, parts_.db.read_now([](store::Tx& tx) { return sql::get(tx); }));
    // A round without a place in the job's row begins; its own place is in the round's.
    if (slice.place.empty() && kept.state.current.phase == "done") {
        const bool dry = kept.state.asked > kept.state.served && kept.request.dry_run;
        if (!dry) clear_uploads();
        TRY(begin(slice));
    }
    int64_t items = 0;
    do {
        TRY_ASSIGN(kept, parts_.db.read_now([](store::Tx& tx) { return sql::get(tx); }));
        if (kept.state.current.phase == "done") return jobs::Next::round_done(items);
        TRY_ASSIGN(const int64_t done, step(slice, kept));
        items += done;
    } while (parts_.env.steady() < until);
    return jobs::Next::from("round " + std::to_string(kept.state.current.number), items);
}

// They are no blobs yet, and nothing refers to them: their age alone says that nobody will end
// them.
void Collector::clear_uploads() {
    blob::DirectUploads* uploads = parts_.blobs.direct_uploads();
    if (uploads == nullptr) return;
    const auto cleared = uploads->clear();
    // The round does not depend on it.
    if (!cleared)
        log::warning("abandoned uploads", {{"error", cleared.error().message}});
    else if (*cleared > 0)
        log::info("abandoned uploads removed", {{"count", *cleared}});
}

Status Collector::begin(const jobs::Slice& slice) {
    return slice.write([&](store::Tx& tx) -> Status {
        TRY_ASSIGN(sql::Kept kept, sql::get(tx));
        Round round;
        round.number = kept.state.current.number + 1;
        round.began = parts_.env.now();
        round.period = parts_.settings.period;
        round.expected = kept.state.last.swept;
        if (kept.state.asked > kept.state.served) {
            round.request = kept.request;
            round.serves = kept.state.asked;
        }
        kept.state.current = round;
        next_phase(kept, round.request.deleted_longer_than ? "purge" : "list");
        return sql::put(tx, kept);
    });
}

Result<int64_t> Collector::step(const jobs::Slice& slice, const sql::Kept& kept) {
    const std::string& phase = kept.state.current.phase;
    if (phase == "list") return list(slice, kept.place);
    if (phase == "mark") return mark(slice, kept.place);
    if (phase == "sweep") return sweep(slice);
    if (phase == "remove") return remove(slice);
    return slice.write([&](store::Tx& tx) -> Result<int64_t> {  // purge
        TRY_ASSIGN(sql::Kept now, sql::get(tx));
        Round& round = now.state.current;
        const Micros longer = round.request.deleted_longer_than.value_or(Micros{0});
        TRY_ASSIGN(const Purged purged,
                   purge_step(tx, parts_.artifacts, parts_.workspace_id, now.place,
                              to_micros(round.began - longer) / 1000));
        round.runs += purged.runs;
        round.models += purged.models;
        round.experiments += purged.experiments;
        round.spared += purged.spared;
        now.place = purged.place;
        if (now.place.empty()) next_phase(now, "list");
        TRY(sql::put(tx, now));
        return purged.items;
    });
}

Result<int64_t> Collector::list(const jobs::Slice& slice, const std::string& place) {
    TRY_ASSIGN(const auto found, parts_.blobs.list(place, kListPage));
    return slice.write([&](store::Tx& tx) -> Result<int64_t> {
        TRY_ASSIGN(sql::Kept kept, sql::get(tx));
        const auto count = static_cast<int64_t>(found.size());
        if (count > 0) TRY(sql::note_stored(tx, found, parts_.env.now()));
        kept.state.current.listed += count;
        if (count < kListPage)
            next_phase(kept, "mark");
        else
            kept.place = found.back().digest.hex();
        TRY(sql::put(tx, kept));
        return count;
    });
}

// The place: the root's number, the place of the page within it, and of a tree its reference and
// the offset.
Result<int64_t> Collector::mark(const jobs::Slice& slice, const std::string& text) {
    Value place = Value::Object{{"root", 0}, {"page", ""}};
    if (!text.empty()) {
        TRY_ASSIGN(place, Value::parse(text));
    }
    if (!place["tree"].is_null()) return mark_tree(slice, place);
    const Root& root = roots()[static_cast<size_t>(place["root"].integer())];
    return slice.write([&](store::Tx& tx) -> Result<int64_t> {
        TRY_ASSIGN(sql::Kept kept, sql::get(tx));
        std::vector<Reference> found;
        TRY_ASSIGN(const std::string page,
                   visit_page(tx, root, std::string(place["page"].text()),
                              root.of_trees ? 1 : kMarkPage, [&](Reference reference) {
                                  found.push_back(std::move(reference));
                                  return ok();
                              }));
        TRY_ASSIGN(const int64_t marked,
                   sql::mark(tx, found, root.kind, kept.state.current.number, parts_.env.now()));
        kept.state.current.marked += marked;
        Value next = Value::Object{{"root", place["root"]}, {"page", page}};
        if (page.empty()) next.set("root", place["root"].integer() + 1);
        if (root.of_trees && !found.empty()) {
            next.set("tree", found.front().digest);
            next.set("what", found.front().what);
            next.set("kind", root.kind);
            next.set("offset", 0);
        }
        if (next["root"].integer() == std::ssize(roots()))
            next_phase(kept, "sweep");
        else
            kept.place = next.dump();
        TRY(sql::put(tx, kept));
        return marked;
    });
}

Result<int64_t> Collector::mark_tree(const jobs::Slice& slice, const Value& place) {
    std::vector<Reference> found;
    const Reference tree{std::string(place["tree"].text()), -1, std::string(place["what"].text())};
    TRY_ASSIGN(
        const uint64_t offset,
        visit_tree_piece(parts_.blobs, tree, static_cast<uint64_t>(place["offset"].integer()),
                         [&](Reference reference) {
                             found.push_back(std::move(reference));
                             return ok();
                         }));
    return slice.write([&](store::Tx& tx) -> Result<int64_t> {
        TRY_ASSIGN(sql::Kept kept, sql::get(tx));
        TRY_ASSIGN(const int64_t marked, sql::mark(tx, found, place["kind"].text(),
                                                   kept.state.current.number, parts_.env.now()));
        kept.state.current.marked += marked;
        Value next = place;
        if (offset == 0)
            next = Value::Object{{"root", place["root"]}, {"page", place["page"]}};
        else
            next.set("offset", static_cast<int64_t>(offset));
        kept.place = next.dump();
        TRY(sql::put(tx, kept));
        return marked;
    });
}

Result<int64_t> Collector::sweep(const jobs::Slice& slice) {
    return slice.write([&](store::Tx& tx) -> Result<int64_t> {
        TRY_ASSIGN(sql::Kept kept, sql::get(tx));
        Round& round = kept.state.current;
        TRY_ASSIGN(const auto objects, sql::objects_after(tx, kept.place, kSweepPage));
        for (const sql::Object& object : objects) {
            kept.place = object.digest;
            if (object.marked == round.number) continue;
            if (object.state != sql::ObjectState::kept) {
                round.hidden.add(object.size);
            } else if (object.held_until >= round.began) {
                round.held.add(object.size);
            } else if (object.seen >= round.began - parts_.settings.grace) {
                round.young.add(object.size);
            } else {
                round.garbage[object.kind.empty() ? "upload" : object.kind].add(object.size);
                if (round.request.dry_run) continue;
                kept.state.totals.hidden.add(object.size);
                TRY(sql::hide(tx, object.digest, round.number, parts_.env.now()));
            }
        }
        round.swept += std::ssize(objects);
        if (std::ssize(objects) < kSweepPage) {
            if (round.request.dry_run)
                end(kept, parts_.env.now());
            else
                next_phase(kept, "remove");
        }
        TRY(sql::put(tx, kept));
        return std::ssize(objects);
    });
}

// Hidden by an earlier round, and this one, which has read all references since, did not revive it;
// or a removal that was cut short so long ago that nobody can be at it any more.
bool Collector::may_go(const sql::Object& object, const Round& round, Time now) const {
    if (object.state == sql::ObjectState::removing)
        return object.hidden_at + parts_.terms.removal < now;
    return object.hidden_round < round.number && object.marked < round.number &&
           object.held_until < round.began && object.hidden_at + parts_.settings.grace < now;
}

Result<int64_t> Collector::remove(const jobs::Slice& slice) {
    const Micros last_moment = parts_.env.steady() + parts_.terms.removal / kRemovalShare;
    const Time began = parts_.env.now();
    std::vector<sql::Object> going;
    std::string place;
    TRY(slice.write([&](store::Tx& tx) -> Status {
        TRY_ASSIGN(const sql::Kept kept, sql::get(tx));
        TRY_ASSIGN(auto objects, sql::hidden_after(tx, kept.place, kRemovePage));
        place = objects.empty() ? "" : objects.back().digest;
        std::erase_if(objects, [&](const sql::Object& object) {
            return !may_go(object, kept.state.current, began);
        });
        for (const sql::Object& object : objects)
            TRY(sql::begin_removal(tx, parts_.workspace_id, object.digest, began));
        going = std::move(objects);
        return ok();
    }));
    for (const sql::Object& object : going) {
        // Who was frozen here may have lost the job, and the bytes may be somebody's again.
        if (parts_.env.steady() > last_moment)
            return fail(Code::unavailable, "a removal of bytes was too slow and stands aside");
        TRY_ASSIGN(const auto digest, blob::Digest::parse(object.digest));
        const Status removed = parts_.blobs.remove(digest);
        if (!removed && removed.error().code != Code::not_found) return fail(removed.error());
    }
    return slice.write([&](store::Tx& tx) -> Result<int64_t> {
        TRY_ASSIGN(sql::Kept kept, sql::get(tx));
        for (const sql::Object& object : going) {
            TRY(sql::forget(tx, object.digest, began));
            kept.state.current.removed.add(object.size);
            kept.state.totals.removed.add(object.size);
        }
        if (place.empty())
            end(kept, parts_.env.now());
        else
            kept.place = place;
        TRY(sql::put(tx, kept));
        return std::ssize(going);
    });
}

void Collector::end(sql::Kept& kept, Time now) const {
    next_phase(kept, "done");
    Round& round = kept.state.current;
    round.ended = now;
    kept.state.last = round;
    kept.state.served = std::max(kept.state.served, round.serves);
    ++kept.state.totals.rounds;
    if (!round.request.dry_run) kept.state.totals.last_ended = now;
}

Result<bool> Collector::look() {
    TRY_ASSIGN(sql::Kept kept, parts_.db.read_now([](store::Tx& tx) { return sql::get(tx); }));
    const bool asked =
        kept.state.asked > std::max(kept.state.served, kept.state.current.phase == "done"
                                                           ? int64_t{0}
                                                           : kept.state.current.serves);
    const std::lock_guard lock(mutex_);
    seen_ = std::move(kept.state);
    return asked;
}

void Collector::write_metrics(std::string& out) const {
    const std::lock_guard lock(mutex_);
    const auto line = [&](std::string_view name, std::string_view type, std::string_view help,
                          int64_t value) {
        const std::string full = "rondo_collection_" + std::string(name);
        out.append("# HELP ").append(full).append(" ").append(help);
        out.append("\n# TYPE ").append(full).append(" ").append(type).append("\n");
        out.append(full).append(" ").append(std::to_string(value)).append("\n");
    };
    const Round& last = seen_.last;
    const Totals& totals = seen_.totals;
    Amount garbage = last.hidden;
    for (const auto& [kind, amount] : last.garbage) {
        garbage.objects += amount.objects;
        garbage.bytes += amount.bytes;
    }
    line("rounds_total", "counter", "Rounds that ended.", totals.rounds);
    line("last_round_timestamp_seconds", "gauge", "End of the last round that was no dry run.",
         totals.last_ended ? to_micros(*totals.last_ended) / 1'000'000 : 0);
    line("marked_objects", "gauge", "Objects that something referred to in the last round.",
         last.marked);
    line("garbage_objects", "gauge", "Garbage in the last round.", garbage.objects);
    line("garbage_bytes", "gauge", "Its bytes.", garbage.bytes);
    line("held_objects", "gauge", "Objects that only a lease kept in the last round.",
         last.held.objects);
    line("hidden_total", "counter", "Objects found to be garbage.", totals.hidden.objects);
    line("removed_total", "counter", "Objects removed.", totals.removed.objects);
    line("removed_bytes_total", "counter", "Bytes removed.", totals.removed.bytes);
    line("failures_total", "counter", "Steps that failed.", seen_.failures);
}

}  // namespace rondo::collection
