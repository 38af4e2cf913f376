// What a comparison of two tables says: features, verdicts, findings. Times are in milliseconds,
// shares between 0 and 1.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/json/shape.h"

namespace rondo::drift {

// Evidently's kinds of columns; the current file decides.
enum class Kind { numerical, categorical, text, other };

// What the calibrated rule says of a feature.
enum class Verdict {
    drift,            // the change matters and is more than chance
    no_drift,         // large enough a sample, and no change that matters
    not_enough_data,  // chance alone could make a change that matters
    not_compared,     // see the note
};

enum class Severity { error, warning, note };

}  // namespace rondo::drift

namespace rondo::json {
template <>
inline constexpr auto enum_names<drift::Kind> =
    std::array{std::pair{drift::Kind::numerical, std::string_view("numerical")},
               std::pair{drift::Kind::categorical, std::string_view("categorical")},
               std::pair{drift::Kind::text, std::string_view("text")},
               std::pair{drift::Kind::other, std::string_view("other")}};
template <>
inline constexpr auto enum_names<drift::Verdict> =
    std::array{std::pair{drift::Verdict::drift, std::string_view("drift")},
               std::pair{drift::Verdict::no_drift, std::string_view("no_drift")},
               std::pair{drift::Verdict::not_enough_data, std::string_view("not_enough_data")},
               std::pair{drift::Verdict::not_compared, std::string_view("not_compared")}};
template <>
inline constexpr auto enum_names<drift::Severity> =
    std::array{std::pair{drift::Severity::error, std::string_view("error")},
               std::pair{drift::Severity::warning, std::string_view("warning")},
               std::pair{drift::Severity::note, std::string_view("note")}};
}  // namespace rondo::json

namespace rondo::drift {

using json::field;

// Evidently's score of a feature by one method.
struct Score {
    std::string method;
    double score = 0, threshold = 0;
    bool is_p_value = false;
    bool drifted = false;

    static constexpr auto fields =
        std::tuple{field("method", &Score::method, "Name of the method, as Evidently's"),
                   field("score", &Score::score, "A p-value or a distance"),
                   field("threshold", &Score::threshold, "Where drift begins"),
                   field("is_p_value", &Score::is_p_value, "Small scores mean drift"),
                   field("drifted", &Score::drifted, "Whether Evidently calls it drift")};
};

// The calibrated verdict's numbers.
struct Evidence {
    double effect = 0;      // Jensen-Shannon distance, natural logarithm: 0 to 0.833
    double threshold = 0;   // what matters in practice
    double noise = 0;       // what chance alone stays below with probability 1 - alpha
    double p_value = 1;     // of the effect under no drift
    double adjusted_p = 1;  // over all features, by Benjamini and Hochberg
    int64_t cells = 0;

    static constexpr auto fields = std::tuple{
        field("effect", &Evidence::effect, "Jensen-Shannon distance of the two sides"),
        field("threshold", &Evidence::threshold, "The distance that matters in practice"),
        field("noise", &Evidence::noise, "What chance alone stays below at these sizes"),
        field("p_value", &Evidence::p_value, "Chance of such a distance without drift"),
        field("adjusted_p", &Evidence::adjusted_p, "The same, adjusted for all features"),
        field("cells", &Evidence::cells, "Cells that were counted in")};
};

struct Side {
    int64_t rows = 0, missing = 0, infinite = 0, distinct = 0;
    std::optional<double> min, max, mean, deviation, median;

    static constexpr auto fields =
        std::tuple{field("rows", &Side::rows, "Rows"),
                   field("missing", &Side::missing, "Cells without a value"),
                   field("infinite", &Side::infinite, "Infinite values, left out of all scores"),
                   field("distinct", &Side::distinct, "Different values"),
                   field("min", &Side::min, "Smallest finite value"),
                   field("max", &Side::max, "Largest finite value"),
                   field("mean", &Side::mean, "Mean of the finite values"),
                   field("deviation", &Side::deviation, "Standard deviation, by n - 1"),
                   field("median", &Side::median, "The middle value")};
};

// A bar of the picture: the share of each side in a range or a category.
struct Bar {
    std::string label;  // of a category
    std::optional<double> from, to;
    double reference = 0, current = 0;

    static constexpr auto fields =
        std::tuple{field("label", &Bar::label, "The category; empty for a range"),
                   field("from", &Bar::from, "Lower end of the range"),
                   field("to", &Bar::to, "Upper end of the range"),
                   field("reference", &Bar::reference, "Share of the reference"),
                   field("current", &Bar::current, "Share of the current rows")};
};

struct Feature {
    std::string name;
    std::string type;  // of the current file
    Kind kind = Kind::other;
    Verdict verdict = Verdict::not_compared;
    std::string sentence;  // what happened, in plain words
    std::optional<Evidence> evidence;
    std::optional<Score> evidently;
    std::string note;  // why something was not compared
    Side reference, current;
    std::optional<double> unseen_share, out_of_range_share;
    std::vector<Bar> bars;

    static constexpr auto fields = std::tuple{
        field("name", &Feature::name, "Name of the column"),
        field("type", &Feature::type, "Type in the current file"),
        field("kind", &Feature::kind, "How Evidently sees it"),
        field("verdict", &Feature::verdict, "The calibrated verdict"),
        field("sentence", &Feature::sentence, "What happened, in plain words"),
        field("evidence", &Feature::evidence, "The calibrated verdict's numbers"),
        field("evidently", &Feature::evidently, "Evidently's score"),
        field("note", &Feature::note, "Why something was not compared"),
        field("reference", &Feature::reference, "The reference's values"),
        field("current", &Feature::current, "The current values"),
        field("unseen_share", &Feature::unseen_share,
              "Share of current values that the reference never had; of categories"),
        field("out_of_range_share", &Feature::out_of_range_share,
              "Share of current values beyond the reference's smallest and largest; of numbers"),
        field("bars", &Feature::bars, "The two distributions")};
};

struct Finding {
    Severity severity = Severity::note;
    std::string kind, column, text;

    static constexpr auto fields =
        std::tuple{field("severity", &Finding::severity, "error: the schema is broken"),
                   field("kind", &Finding::kind, "missing_column, extra_column, type_changed, ..."),
                   field("column", &Finding::column, "Name of the column, when it is about one"),
                   field("text", &Finding::text, "In plain words")};
};

// Evidently's verdict on the whole.
struct Preset {
    int64_t compared = 0, drifted = 0;
    double share = 0, limit = 0;
    bool drift = false;

    static constexpr auto fields =
        std::tuple{field("compared", &Preset::compared, "Columns with a score"),
                   field("drifted", &Preset::drifted, "Columns that drifted"),
                   field("share", &Preset::share, "Drifted of compared"),
                   field("limit", &Preset::limit, "From this share on the dataset drifted"),
                   field("drift", &Preset::drift, "Whether the dataset drifted")};
};

// One window of the current file, or all of it.
struct Window {
    std::string name;  // the value that all its rows have; empty for the whole file
    int64_t rows = 0;
    int64_t drifted = 0, compared = 0, undecided = 0;
    Preset evidently;
    std::vector<Feature> features;  // the most evidence first

    static constexpr auto fields = std::tuple{
        field("name", &Window::name, "The value that all its rows have"),
        field("rows", &Window::rows, "Current rows"),
        field("drifted", &Window::drifted, "Features that drifted"),
        field("compared", &Window::compared, "Features with a verdict or too little data"),
        field("undecided", &Window::undecided, "Features with too little data"),
        field("evidently", &Window::evidently, "Evidently's verdict"),
        field("features", &Window::features, "Features, the most evidence first")};
};

struct Report {
    std::string sentence;  // the verdict, in plain words
    bool drift = false;    // by the calibrated rule, or a broken schema
    std::string reference, current, by;
    int64_t reference_rows = 0, current_rows = 0;
    double alpha = 0;
    std::optional<int64_t> reference_duplicates, current_duplicates;
    std::vector<Finding> findings;
    std::vector<Window> windows;

    static constexpr auto fields = std::tuple{
        field("sentence", &Report::sentence, "The verdict in plain words"),
        field("drift", &Report::drift, "Whether anything drifted, or the schema is broken"),
        field("reference", &Report::reference, "The reference's file"),
        field("current", &Report::current, "The current file"),
        field("by", &Report::by, "The column that made the windows"),
        field("reference_rows", &Report::reference_rows, "Rows of the reference"),
        field("current_rows", &Report::current_rows, "Rows of the current file"),
        field("alpha", &Report::alpha, "Share of false alarms among alarms that is tolerated"),
        field("reference_duplicates", &Report::reference_duplicates,
              "Rows of the reference that repeat an earlier one"),
        field("current_duplicates", &Report::current_duplicates, "The same of the current file"),
        field("findings", &Report::findings, "What is wrong with the data, the worst first"),
        field("windows", &Report::windows, "One, or one a value of the column `by`")};
};

}  // namespace rondo::drift
