#include "domain/drift/compare.h"

#include <algorithm>
#include <map>

#include "base/parallel.h"
#include "base/text.h"
#include "domain/drift/duplicates.h"
#include "domain/stats/multiple_tests.h"

namespace rondo::drift {
namespace {

using columnar::Column;
using columnar::Table;
using columnar::Type;

// What became of one column.
struct Compared {
    std::vector<Feature> features;  // one a window
    std::vector<Finding> findings;
    Status status;
};

class Comparison {
  public:
    Comparison(Reference& reference, Table& current, const Options& options)
        : reference_(reference), current_(current), options_(options) {}

    Result<Report> run() {
        TRY(need_rows());
        TRY(choose_columns());
        TRY(make_windows());
        std::vector<Compared> done(names_.size());
        const bool whole = options_.columns.empty() && options_.by.empty();
        RowHashes now(whole ? current_.rows() : 0);
        if (whole) reference_.expect_repeated();
        parallel_for(names_.size(), options_.threads, [&](size_t i) {
            done[i].status = compare_column(names_[i], i, now, done[i]);
            const std::lock_guard lock(mutex_);
            if (options_.progress) options_.progress(1);
        });
        for (Compared& one : done) {
            TRY(one.status);
            std::ranges::move(one.findings, std::back_inserter(report_.findings));
            for (size_t w = 0; w < one.features.size(); ++w)
                report_.windows[w].features.push_back(std::move(one.features[w]));
        }
        if (whole && !unread_) TRY(count_duplicates(now));
        decide();
        return std::move(report_);
    }

  private:
    Status need_rows() {
        report_.reference_rows = static_cast<int64_t>(reference_.rows());
        report_.current_rows = static_cast<int64_t>(current_.rows());
        if (reference_.rows() == 0)
            return fail(Code::invalid,
                        "the reference has no rows: there is nothing to compare with");
        if (current_.rows() == 0) return fail(Code::invalid, "the current file has no rows");
        return ok();
    }

    Status choose_columns() {
        for (const std::string& name : options_.columns) {
            if (reference_.find(name) == reference_.fields().size() &&
                current_.find(name) == current_.fields().size())
                return fail(Code::invalid, "neither file has a column " + quoted(name) +
                                               "; the reference has " + listed(reference_));
        }
        const auto wanted = [&](const std::string& name) {
            return name != options_.by &&
                   (options_.columns.empty() ||
                    std::ranges::find(options_.columns, name) != options_.columns.end());
        };
        for (const auto& field : reference_.fields()) {
            if (!wanted(field.name)) continue;
            if (current_.find(field.name) < current_.fields().size())
                names_.push_back(field.name);
            else
                add({Severity::error, "missing_column", field.name,
                     "The current file does not have it."});
        }
        for (const auto& field : current_.fields()) {
            if (wanted(field.name) && reference_.find(field.name) == reference_.fields().size())
                add({Severity::warning, "extra_column", field.name,
                     "The reference does not have it."});
        }
        if (!names_.empty()) return ok();
        return fail(Code::invalid, "the two files have no column in common: the reference has " +
                                       listed(reference_) + ", the current file " +
                                       listed(current_));
    }

    static std::string listed(const auto& table) {
        constexpr size_t kShown = 10;
        std::string out;
        for (size_t i = 0; i < table.fields().size() && i < kShown; ++i)
            out += (i > 0 ? ", " : "") + quoted(table.fields()[i].name);
        return table.fields().size() > kShown ? out + " ..." : out;
    }

    Status make_windows() {
        report_.windows.resize(1);
        report_.windows[0].rows = report_.current_rows;
        report_.by = options_.by;
        if (options_.by.empty()) return ok();
        const size_t index = current_.find(options_.by);
        if (index == current_.fields().size())
            return fail(Code::invalid, "the current file has no column " + quoted(options_.by) +
                                           " to make windows by; it has " + listed(current_));
        TRY_ASSIGN(const auto column, current_.column(index));
        std::map<double, Rows> by_number;
        std::map<std::string, Rows> by_name;
        const bool text = column->type == Type::text;
        for (uint32_t row = 0; row < column->rows(); ++row) {
            if (text && column->codes[row] != columnar::kMissingCode)
                by_name[std::string(column->words[column->codes[row]])].push_back(row);
            else if (!text && !std::isnan(column->numbers[row]))
                by_number[column->numbers[row]].push_back(row);
            if (by_number.size() + by_name.size() > kMostWindows)
                return fail(Code::invalid, quoted(options_.by) + " has more than " +
                                               grouped(kMostWindows) +
                                               " different values, which are too many windows");
        }
        report_.windows.clear();
        const auto open = [&](std::string name, Rows rows) {
            Window window;
            window.name = std::move(name);
            window.rows = static_cast<int64_t>(rows.size());
            report_.windows.push_back(std::move(window));
            rows_.push_back(std::move(rows));
        };
        for (auto& [number, rows] : by_number) open(window_name(*column, number), std::move(rows));
        for (auto& [name, rows] : by_name) open(name, std::move(rows));
        if (rows_.empty())
            return fail(Code::invalid, quoted(options_.by) + " has no value to make windows by");
        if (column->missing > 0)
            add({Severity::note, "no_window", options_.by,
                 counted(static_cast<int64_t>(column->missing), "row") +
                     " without a value here belong to no window."});
        return ok();
    }

    static std::string window_name(const Column& column, double number) {
        if (column.type == Type::boolean) return number != 0 ? "true" : "false";
        if (column.type != Type::timestamp) return shown(number);
        return format_time(Time{Micros{static_cast<int64_t>(number)}});
    }

    Status compare_column(const std::string& name, size_t place, RowHashes& now, Compared& out) {
        const size_t r = reference_.find(name), c = current_.find(name);
        const auto& was = reference_.fields()[r];
        const auto& is = current_.fields()[c];
        out.features.resize(report_.windows.size());
        const auto not_compared = [&](const std::string& why) {
            for (Feature& feature : out.features) feature.note = why;
        };
        const auto describe = [&] {
            for (Feature& feature : out.features) {
                feature.name = name;
                feature.type = columnar::name_of(is.type);
            }
        };
        describe();
        if (was.type == Type::unread || is.type == Type::unread) {
            unread_ = true;
            not_compared((was.type == Type::unread ? was.why : is.why) + " columns are not read");
            return ok();
        }
        const bool in_order = options_.method != nullptr && needs_order(*options_.method);
        TRY_ASSIGN(SortedColumn reference, reference_.take(r, in_order));
        TRY_ASSIGN(auto current, current_.column(c));
        current_.release(c);
        now.add(*current, place);
        find_types(name, reference, *current, out.findings);
        auto pair = ColumnPair::make(std::move(reference), current);
        current.reset();
        if (!pair) {
            not_compared(pair.error().message);
            return ok();
        }
        if (is.type == Type::timestamp) {
            not_compared("points in time always move on");
            return ok();
        }
        SideValues kept = pair->take_reference();
        for (size_t w = 0; w < out.features.size(); ++w) {
            const Rows* rows = rows_.empty() ? nullptr : &rows_[w];
            SideValues side = w + 1 == out.features.size() ? std::move(kept) : kept;
            out.features[w] = compare_sides(*pair, std::move(side),
                                            pair->current_values(rows, in_order), options_);
        }
        describe();
        for (size_t w = 0; w < out.features.size(); ++w) {
            const size_t from = out.findings.size();
            find_faults(out.features[w], out.findings);
            for (size_t i = from; i < out.findings.size() && !rows_.empty(); ++i)
                out.findings[i].text =
                    options_.by + " = " + report_.windows[w].name + ": " + out.findings[i].text;
        }
        return ok();
    }

    static void find_types(const std::string& name, const SortedColumn& reference,
                           const Column& current, std::vector<Finding>& out) {
        if (reference.type != current.type && reference.missing() < reference.rows() &&
            current.missing < current.rows()) {
            const auto numeric = [](Type t) { return t == Type::integer || t == Type::number; };
            const bool harmless = numeric(reference.type) && numeric(current.type);
            out.push_back({harmless ? Severity::note : Severity::error, "type_changed", name,
                           "It was " + std::string(columnar::name_of(reference.type)) +
                               " in the reference and is " +
                               std::string(columnar::name_of(current.type)) + " now."});
        }
        if (reference.rounded + current.rounded > 0)
            out.push_back(
                {Severity::note, "rounded", name,
                 counted(static_cast<int64_t>(reference.rounded + current.rounded), "integer") +
                     " of 2^53 or more are compared with 16 digits."});
    }

    Status count_duplicates(RowHashes& now) {
        std::vector<size_t> columns;
        for (const std::string& name : names_) columns.push_back(reference_.find(name));
        TRY_ASSIGN(report_.reference_duplicates, reference_.repeated(columns));
        report_.current_duplicates = now.repeated();
        const auto share = [](int64_t part, int64_t whole) {
            return static_cast<double>(part) / static_cast<double>(whole);
        };
        const double was = share(*report_.reference_duplicates, report_.reference_rows);
        const double is = share(*report_.current_duplicates, report_.current_rows);
        if (*report_.current_duplicates == 0) return ok();
        constexpr double kMore = 0.01;  // of the rows, that matter
        add({is >= was + kMore ? Severity::warning : Severity::note, "duplicate_rows", "",
             percent(is) + " of the current rows repeat an earlier one; of the reference's " +
                 percent(was) + "."});
        return ok();
    }

    void add(Finding finding) { report_.findings.push_back(std::move(finding)); }

    void adjust() {
        std::vector<double> p_values;
        std::vector<Feature*> owners;
        for (Window& window : report_.windows) {
            for (Feature& feature : window.features) {
                if (!feature.evidence) continue;
                p_values.push_back(feature.evidence->p_value);
                owners.push_back(&feature);
            }
        }
        const auto adjusted = stats::adjusted(p_values, stats::Adjustment::benjamini_hochberg);
        for (size_t i = 0; i < owners.size(); ++i) {
            owners[i]->evidence->adjusted_p = adjusted[i];
            owners[i]->verdict = judge(*owners[i]->evidence, options_.alpha);
        }
    }

    void sum_up(Window& window) {
        for (Feature& feature : window.features) {
            feature.sentence = sentence_of(feature);
            window.compared += feature.verdict != Verdict::not_compared ? 1 : 0;
            window.drifted += feature.verdict == Verdict::drift ? 1 : 0;
            window.undecided += feature.verdict == Verdict::not_enough_data ? 1 : 0;
            if (!feature.evidently) continue;
            ++window.evidently.compared;
            window.evidently.drifted += feature.evidently->drifted ? 1 : 0;
        }
        Preset& preset = window.evidently;
        preset.limit = options_.drift_share;
        if (preset.compared > 0)
            preset.share =
                static_cast<double>(preset.drifted) / static_cast<double>(preset.compared);
        preset.drift = preset.compared > 0 && preset.share >= preset.limit;
        std::ranges::sort(window.features, [](const Feature& a, const Feature& b) {
            const auto key = [](const Feature& f) {
                return std::tuple{static_cast<int>(f.verdict == Verdict::drift ? 0
                                                   : f.evidence                ? 1
                                                                               : 2),
                                  f.evidence ? f.evidence->adjusted_p : 1.0,
                                  f.evidence ? -f.evidence->effect : 0.0, std::string_view(f.name)};
            };
            return key(a) < key(b);
        });
    }

    void decide() {
        adjust();
        for (Window& window : report_.windows) sum_up(window);
        report_.alpha = options_.alpha;
        std::ranges::sort(report_.findings, {}, [](const Finding& f) {
            return std::tie(f.severity, f.column, f.kind, f.text);
        });
        const auto broken =
            std::ranges::count(report_.findings, Severity::error, &Finding::severity);
        int64_t drifted = 0, compared = 0, undecided = 0, windows = 0;
        for (const Window& window : report_.windows) {
            drifted += window.drifted;
            compared += window.compared;
            undecided += window.undecided;
            windows += window.drifted > 0 ? 1 : 0;
        }
        report_.drift = drifted > 0 || broken > 0;
        report_.sentence = sentence(drifted, compared, undecided, windows, broken);
    }

    std::string sentence(int64_t drifted, int64_t compared, int64_t undecided, int64_t windows,
                         int64_t broken) const {
        std::string out;
        const std::string whole = grouped(compared);
        if (compared == 0)
            out = "Nothing could be compared.";
        else if (drifted > 0 && options_.by.empty())
            out = grouped(drifted) + " of " + whole + " features drifted.";
        else if (drifted > 0)
            out = "Drift in " + grouped(windows) + " of " +
                  counted(static_cast<int64_t>(report_.windows.size()), "window") + ".";
        else if (undecided == compared)
            out = "Too few rows to tell whether anything drifted.";
        else
            out = "No drift in " + grouped(compared - undecided) + " of " + whole + " features.";
        if (undecided > 0 && undecided < compared)
            out += " For " + grouped(undecided) + " there are too few rows to tell.";
        if (broken > 0) out += " The schema is broken: " + counted(broken, "error") + ".";
        return out;
    }

    Reference& reference_;
    Table& current_;
    const Options& options_;
    std::vector<std::string> names_;
    std::vector<Rows> rows_;  // of each window; none: the whole file
    std::atomic<bool> unread_ = false;
    std::mutex mutex_;
    Report report_;
};

}  // namespace

Result<Report> compare(Reference& reference, Table& current, const Options& options) {
    return Comparison(reference, current, options).run();
}

}  // namespace rondo::drift
