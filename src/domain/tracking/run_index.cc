#include "domain/tracking/run_index.h"

#include <algorithm>
#include <bit>
#include <set>

#include "base/text.h"
#include "domain/tracking/grammar.h"
#include "platform/crypto/crypto.h"
#include "platform/store/bulk.h"

namespace rondo::tracking {
namespace {

// Few enough to be looked at one by one.
constexpr size_t kFew = 2000;
// Entries of the index that one condition reads; one with more narrows a search hardly.
constexpr int64_t kMostEntries = 500'000;
// Runs with the same value as the last one wanted, which all have to be looked at.
constexpr size_t kMostIds = 8000;
constexpr int64_t kMostWanted = 2000;
constexpr size_t kMostExperiments = 16;
constexpr int64_t kWalkPage = 512;
constexpr int64_t kSliceRuns = 500;

// Of "p" or "t" (param, tag), key and value.
int64_t token_of(std::string_view kind, std::string_view key, std::string_view value) {
    Sha256 digest;
    digest.update(kind);
    digest.update(std::to_string(key.size()) + ":");
    digest.update(key);
    digest.update(value);
    const std::string hex = digest.hex();
    return static_cast<int64_t>(std::stoull(hex.substr(0, 16), nullptr, 16));
}

// A set of rows of runs.
class RunSet {
  public:
    void add(int64_t run) {
        const auto word = static_cast<size_t>(run) / 64;
        if (word >= words_.size()) words_.resize(std::max(word + 1, 2 * words_.size()));
        words_[word] |= uint64_t{1} << (run % 64);
    }
    bool has(int64_t run) const {
        const auto word = static_cast<size_t>(run) / 64;
        return word < words_.size() && (words_[word] >> (run % 64) & 1) != 0;
    }
    void keep(const RunSet& other) {
        words_.resize(std::min(words_.size(), other.words_.size()));
        for (size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    }
    size_t count() const {
        size_t n = 0;
        for (const uint64_t word : words_) n += static_cast<size_t>(std::popcount(word));
        return n;
    }
    void put(std::vector<int64_t>& out) const {
        for (size_t i = 0; i < words_.size(); ++i) {
            for (uint64_t word = words_[i]; word != 0; word &= word - 1)
                out.push_back(static_cast<int64_t>(64 * i) + std::countr_zero(word));
        }
    }

  private:
    std::vector<uint64_t> words_;
};

std::optional<double> number_of(const search::Value& value) {
    if (const auto* whole = std::get_if<int64_t>(&value)) return static_cast<double>(*whole);
    if (const auto* real = std::get_if<double>(&value)) return *real;
    return std::nullopt;
}

bool is_in(const search::Field& field, std::string_view table) {
    return field.table.starts_with(table) && field.table[table.size()] == ' ';
}

// Whether the index knows such terms.
Result<bool> is_indexed(const search::Term& term) {
    TRY_ASSIGN(const search::Field* const field,
               search::find_field(run_grammar(), term.scope, term.key));
    if (is_in(*field, "run_params") || is_in(*field, "run_tags"))
        return term.op == search::Op::equal && std::holds_alternative<std::string>(term.value);
    const bool compares = term.op == search::Op::equal || term.op == search::Op::less ||
                          term.op == search::Op::less_or_equal || term.op == search::Op::greater ||
                          term.op == search::Op::greater_or_equal;
    return is_in(*field, "latest_metrics") && compares && number_of(term.value).has_value();
}

// Appends where an indexed term finds its runs.
Status add_entries(store::Tx& tx, const search::Term& term, search::Statement& out) {
    if (const auto* text = std::get_if<std::string>(&term.value)) {
        TRY_ASSIGN(const search::Field* const field,
                   search::find_field(run_grammar(), term.scope, term.key));
        out.add(" FROM run_tokens WHERE token = ");
        out.bind(token_of(is_in(*field, "run_params") ? "p" : "t", term.key, *text));
        return ok();
    }
    TRY_ASSIGN(const auto key,
               tx.one<int64_t>("SELECT id FROM metric_keys WHERE name = $1", term.key));
    out.add(" FROM run_numbers WHERE key_id = ").bind(key.value_or(0));
    out.add(" AND value ").add(search::text_of(term.op)).add(" ").bind(*number_of(term.value));
    return ok();
}

// The indexed runs that may match all terms; nothing when no term is in the index.
Result<std::optional<RunSet>> narrow(store::Tx& tx, const RunSearch& search) {
    std::optional<RunSet> set;
    // Equal texts first: their entries are fewer as a rule.
    for (const bool numbers : {false, true}) {
        for (const search::Term& term : search.terms) {
            if (std::holds_alternative<std::string>(term.value) == numbers) continue;
            if (set && set->count() <= kFew) return set;
            TRY_ASSIGN(const bool known, is_indexed(term));
            if (!known) continue;
            RunSet found;
            int64_t read = 0;
            for (const int64_t experiment : search.experiments) {
                search::Statement statement;
                statement.add("SELECT run");
                TRY(add_entries(tx, term, statement));
                statement.add(" AND experiment_id = ").bind(experiment);
                statement.add(" LIMIT ").bind(kMostEntries + 1);
                TRY(statement.each(tx, [&](const store::Row& row) {
                    found.add(row.integer(0));
                    return ++read <= kMostEntries;
                }));
            }
            if (read > kMostEntries) continue;
            if (set)
                set->keep(found);
            else
                set = std::move(found);
        }
    }
    return set;
}

// Runs that are not in the index; false when they are many.
Result<bool> add_unindexed(store::Tx& tx, const RunSearch& search, std::vector<int64_t>& out) {
    for (const int64_t experiment : search.experiments) {
        TRY(tx.each(
            "SELECT id FROM runs WHERE experiment_id = $1 AND indexed = 0 ORDER BY experiment_id, "
            "id LIMIT $2",
            [&](const store::Row& row) {
                out.push_back(row.integer(0));
                return true;
            },
            experiment, static_cast<int64_t>(kFew + 1)));
        if (out.size() > kFew) return false;
    }
    return true;
}

// The values of a metric in order, with their runs.
class Walk {
  public:
    Walk(int64_t experiment, int64_t key_id, bool ascending)
        : experiment_(experiment), key_id_(key_id), ascending_(ascending) {}
    struct Entry {
        double value = 0;
        int64_t run = 0;
    };
    // The next entries; none at the end.
    Result<std::vector<Entry>> next(store::Tx& tx) {
        search::Statement statement;
        statement.add("SELECT value, run FROM run_numbers WHERE experiment_id = ")
            .bind(experiment_);
        statement.add(" AND key_id = ").bind(key_id_);
        if (last_) {
            statement.add(ascending_ ? " AND (value, run) > (" : " AND (value, run) < (");
            statement.bind(last_->value).add(", ").bind(last_->run).add(")");
        }
        statement.add(ascending_ ? " ORDER BY value, run" : " ORDER BY value DESC, run DESC");
        statement.add(" LIMIT ").bind(kWalkPage);
        std::vector<Entry> found;
        TRY(statement.each(tx, [&](const store::Row& row) {
            found.push_back({row.real(0), row.integer(1)});
            return true;
        }));
        if (!found.empty()) last_ = found.back();
        return found;
    }

  private:
    int64_t experiment_, key_id_;
    bool ascending_;
    std::optional<Entry> last_;
};

// Of entries those that still say what the metric is.
Result<std::vector<int64_t>> current(store::Tx& tx, int64_t key_id,
                                     std::span<const Walk::Entry> entries) {
    std::set<std::pair<int64_t, double>> said;
    std::vector<store::Arg> runs;
    for (const Walk::Entry& entry : entries) {
        said.emplace(entry.run, entry.value);
        runs.emplace_back(entry.run);
    }
    search::Statement statement;
    statement.add("SELECT run, value FROM latest_metrics WHERE is_nan = 0 AND key_id = ");
    statement.bind(key_id).add(" AND run IN ").bind_list(runs);
    std::vector<int64_t> out;
    TRY(statement.each(tx, [&](const store::Row& row) {
        if (said.contains({row.integer(0), row.real(1)})) out.push_back(row.integer(0));
        return true;
    }));
    return out;
}

// By the order of a metric: entries until enough runs match, and all with the value of the last.
Result<bool> add_first(store::Tx& tx, const RunSearch& search, const std::optional<RunSet>& set,
                       size_t wanted, const Matching& matching, std::vector<int64_t>& out) {
    const search::Sorting& first = search.orders.front();
    TRY_ASSIGN(const auto key_id,
               tx.one<int64_t>("SELECT id FROM metric_keys WHERE name = $1", first.key));
    if (!key_id) return false;
    Walk walk(search.experiments.front(), *key_id, first.ascending);
    std::vector<Walk::Entry> batch;
    size_t matched = 0;
    const auto take = [&]() -> Status {
        if (batch.empty()) return ok();
        TRY_ASSIGN(const auto runs, current(tx, *key_id, batch));
        batch.clear();
        TRY_ASSIGN(const auto some, matching(runs));
        matched += some.size();
        out.insert(out.end(), some.begin(), some.end());
        return ok();
    };
    for (int64_t read = 0; read <= kMostEntries;) {
        TRY_ASSIGN(const auto entries, walk.next(tx));
        for (const Walk::Entry& entry : entries) {
            if (set && !set->has(entry.run)) continue;
            if (batch.size() >= wanted - matched && batch.back().value != entry.value) {
                TRY(take());
                // Nobody who follows has a value as good as the last one's.
                if (matched >= wanted) return true;
            }
            batch.push_back(entry);
            if (out.size() + batch.size() > kMostIds) return false;
        }
        if (entries.empty()) break;
        read += std::ssize(entries);
    }
    TRY(take());
    return matched >= wanted;
}

struct ToIndex {
    int64_t id = 0, experiment_id = 0, index_from = 0;
};

Status index_runs(store::Tx& tx, std::span<const ToIndex> runs) {
    std::map<int64_t, int64_t> experiments;
    std::vector<store::Arg> ids;
    for (const ToIndex& run : runs) {
        experiments.emplace(run.id, run.experiment_id);
        ids.emplace_back(run.id);
    }
    store::Rows numbers(4), tokens(3);
    TRY(store::each_of(tx, "SELECT run, key_id, value FROM latest_metrics WHERE run IN ", ids,
                       " AND is_nan = 0", [&](const store::Row& row) {
                           const int64_t run = row.integer(0);
                           numbers.add(experiments.at(run), row.integer(1), row.real(2), run);
                           return true;
                       }));
    for (const auto& [kind, table] : {std::pair{"p", "run_params"}, std::pair{"t", "run_tags"}})
        TRY(store::each_of(
            tx, "SELECT run, key, value FROM " + std::string(table) + " WHERE run IN ", ids, "",
            [&](const store::Row& row) {
                const int64_t run = row.integer(0);
                tokens.add(experiments.at(run), token_of(kind, row.text(1), row.text(2)), run);
                return true;
            }));
    // The last key of a list may have been read several times: once is enough.
    TRY(store::insert_many(tx,
                           "INSERT INTO run_numbers (experiment_id, key_id, value, run) VALUES ",
                           numbers, " ON CONFLICT DO NOTHING"));
    TRY(store::insert_many(tx, "INSERT INTO run_tokens (experiment_id, token, run) VALUES ", tokens,
                           " ON CONFLICT DO NOTHING"));
    for (const ToIndex& run : runs)
        TRY(tx.put("UPDATE runs SET indexed = 1, index_from = 0 WHERE id = $1 AND index_from = $2",
                   run.id, run.index_from));
    return ok();
}

}  // namespace

Status unindex_run(store::Tx& tx, int64_t run) {
    return tx.put(
        "UPDATE runs SET indexed = 0, index_from = 0 WHERE id = $1 AND (indexed <> 0 OR "
        "index_from <> 0)",
        run);
}

Result<std::optional<std::vector<int64_t>>> candidates(store::Tx& tx, const RunSearch& search,
                                                       int64_t wanted, const Matching& matching) {
    const bool by_metric =
        !search.orders.empty() && is_in(*search.orders.front().field, "latest_metrics");
    bool helps = by_metric;
    for (const search::Term& term : search.terms) {
        TRY_ASSIGN(const bool known, is_indexed(term));
        helps = helps || known;
    }
    if (!helps || search.experiments.size() > kMostExperiments) return std::nullopt;
    std::vector<int64_t> out;
    TRY_ASSIGN(const bool few_unindexed, add_unindexed(tx, search, out));
    if (!few_unindexed) return std::nullopt;
    TRY_ASSIGN(const auto set, narrow(tx, search));
    if (set && set->count() <= kFew) {
        set->put(out);
        return out;
    }
    if (!by_metric || search.experiments.size() != 1 || wanted > kMostWanted) return std::nullopt;
    TRY_ASSIGN(const bool enough,
               add_first(tx, search, set, static_cast<size_t>(wanted), matching, out));
    if (!enough) return std::nullopt;
    return out;
}

Result<jobs::Next> index_slice(Env& env, const IndexSettings& settings, const jobs::Slice& slice) {
    const size_t comma = slice.place.find(',');
    const int64_t experiment = parse_int(slice.place.substr(0, comma)).value_or(INT64_MIN);
    const int64_t after =
        comma == std::string::npos ? 0 : parse_int(slice.place.substr(comma + 1)).value_or(0);
    const int64_t now_ms = to_millis(env.now());
    const int64_t old_ms = to_millis(env.now() - settings.old);
    const int64_t due_ms = to_millis(env.now() - settings.wait);
    std::vector<ToIndex> to_mark, to_index;
    ToIndex last;
    int64_t read = 0;
    TRY(slice.db.read_now([&](store::Tx& tx) {
        return tx.each(
            "SELECT id, experiment_id, index_from, status, start_ms FROM runs WHERE indexed = 0 "
            "AND (experiment_id, id) > ($1, $2) ORDER BY experiment_id, id LIMIT $3",
            [&](const store::Row& row) {
                ++read;
                last = {row.integer(0), row.integer(1), row.integer(2)};
                const bool ended = row.text(3) != "RUNNING" && row.text(3) != "SCHEDULED";
                if (last.index_from == 0 && (ended || row.integer(4) < old_ms))
                    to_mark.push_back(last);
                if (last.index_from != 0 && last.index_from <= due_ms) to_index.push_back(last);
                return true;
            },
            experiment, after, kSliceRuns);
    }));
    if (read == 0) return jobs::Next::round_done(0);
    if (!to_mark.empty() || !to_index.empty())
        TRY(slice.write([&](store::Tx& tx) -> Status {
            for (const ToIndex& run : to_mark)
                TRY(tx.put("UPDATE runs SET index_from = $1 WHERE id = $2 AND index_from = 0",
                           now_ms, run.id));
            return index_runs(tx, to_index);
        }));
    return jobs::Next::from(std::to_string(last.experiment_id) + "," + std::to_string(last.id),
                            std::ssize(to_index));
}

jobs::SlicedJob index_job(Env& env, const IndexSettings& settings) {
    return {std::string(kIndexJob), settings.every, [&env, settings](const jobs::Slice& slice) {
                return index_slice(env, settings, slice);
            }};
}

}  // namespace rondo::tracking
