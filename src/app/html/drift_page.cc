#include "app/html/drift_page.h"

#include <algorithm>

#include "app/html/page.h"
#include "base/text.h"
#include "domain/drift/feature.h"
#include "platform/json/enums.h"

namespace rondo::app::html {
namespace {

constexpr size_t kPictures = 500;

std::string words_of(drift::Verdict verdict) {
    switch (verdict) {
        case drift::Verdict::drift:
            return "Drift";
        case drift::Verdict::no_drift:
            return "No drift";
        case drift::Verdict::not_enough_data:
            return "Too few rows";
        case drift::Verdict::not_compared:
            return "Not compared";
    }
    return "";
}

std::string tile(const std::string& number, const std::string& words, std::string_view kind) {
    return "<div class=\"tile\"><b class=\"" + std::string(kind) + "\">" + number + "</b>" + words +
           "</div>";
}

std::string number_or_dash(const std::optional<double>& value) {
    return value ? escaped(shown(*value)) : "-";
}

std::string side_row(const char* name, const drift::Side& side) {
    std::string out = "<tr><td>" + std::string(name) + "</td>";
    for (const std::string& cell :
         {grouped(side.rows), grouped(side.missing), grouped(side.distinct),
          number_or_dash(side.mean), number_or_dash(side.deviation), number_or_dash(side.min),
          number_or_dash(side.median), number_or_dash(side.max)})
        out += "<td class=\"n\">" + cell + "</td>";
    return out + "</tr>";
}

std::string numbers_of(const drift::Feature& f) {
    std::string out = "<details><summary>Numbers</summary>";
    if (f.evidence)
        out += "<p>Effect " + shown(f.evidence->effect) +
               ", of which chance alone explains up to " + shown(f.evidence->noise) + "; from " +
               shown(f.evidence->threshold) + " on it matters. p = " + shown(f.evidence->p_value) +
               ", adjusted for all features " + shown(f.evidence->adjusted_p) + ", over " +
               counted(f.evidence->cells, "cell") + ".</p>";
    if (f.evidently)
        out += "<p>Evidently: " + escaped(f.evidently->method) + " " +
               escaped(shown(f.evidently->score)) + ", drift from " +
               shown(f.evidently->threshold) + (f.evidently->is_p_value ? " down" : " up") + ": " +
               (f.evidently->drifted ? "drift" : "no drift") + ".</p>";
    if (!f.note.empty()) out += "<p>" + escaped(f.note) + "</p>";
    return out +
           "<div class=\"wide\"><table><tr><th></th><th class=\"n\">Rows</th><th "
           "class=\"n\">Missing"
           "</th><th class=\"n\">Distinct</th><th class=\"n\">Mean</th><th class=\"n\">Std</th>"
           "<th class=\"n\">Min</th><th class=\"n\">Median</th><th class=\"n\">Max</th></tr>" +
           side_row("Reference", f.reference) + side_row("Current", f.current) +
           "</table></div></details>";
}

std::string article(const drift::Feature& f, bool picture) {
    const std::string svg = picture ? distribution(f.bars, Sides::two) : "";
    return std::string("<article") + (svg.empty() ? " class=\"plain\"" : "") + "><header><h3>" +
           escaped(f.name) + "</h3><span class=\"" + std::string(json::text_of(f.verdict)) + "\">" +
           words_of(f.verdict) + "</span><small>" + escaped(f.type) + "</small></header>" + svg +
           "<p>" + escaped(f.sentence) + "</p>" + numbers_of(f) + "</article>\n";
}

std::string findings_of(const drift::Report& report) {
    std::string out = "<h2 id=\"quality\">Quality of the data</h2>\n";
    if (report.findings.empty()) return out + "<p>Nothing to object to.</p>\n";
    out += "<div class=\"wide\"><table><tr><th></th><th>Column</th><th>What</th></tr>";
    for (const drift::Finding& f : report.findings) {
        const std::string kind(json::text_of(f.severity));
        out += "<tr><td class=\"" + kind + "\">" + kind + "</td><td>" + escaped(f.column) +
               "</td><td>" + escaped(f.text) + "</td></tr>";
    }
    return out + "</table></div>\n";
}

std::string windows_of(const drift::Report& report) {
    std::string out = "<h2>Windows by " + escaped(report.by) +
                      "</h2>\n<div class=\"wide\"><table><tr><th>" + escaped(report.by) +
                      "</th><th class=\"n\">Rows</th><th class=\"n\">Drifted</th><th>Features that "
                      "drifted</th></tr>";
    constexpr size_t kNamed = 8;
    for (const drift::Window& window : report.windows) {
        out += "<tr><td>" + escaped(window.name) + "</td><td class=\"n\">" + grouped(window.rows) +
               "</td><td class=\"n " + (window.drifted > 0 ? "drift" : "no_drift") + "\">" +
               grouped(window.drifted) + " of " + grouped(window.compared) + "</td><td>";
        size_t named = 0;
        for (const drift::Feature& f : window.features) {
            if (f.verdict != drift::Verdict::drift || ++named > kNamed) continue;
            out += (named > 1 ? ", " : "") + escaped(f.name);
        }
        out += (named > kNamed ? " ..." : "") + std::string("</td></tr>");
    }
    return out + "</table></div>\n";
}

std::string tiles_of(const drift::Report& report) {
    int64_t drifted = 0, compared = 0, undecided = 0, features = 0;
    for (const drift::Window& window : report.windows) {
        drifted += window.drifted;
        compared += window.compared;
        undecided += window.undecided;
        features += static_cast<int64_t>(window.features.size());
    }
    std::string out = "<div class=\"tiles\">";
    out += tile(grouped(drifted), "drifted", drifted > 0 ? "drift" : "");
    out += tile(grouped(compared - drifted - undecided), "did not", "no_drift");
    if (undecided > 0) out += tile(grouped(undecided), "with too few rows", "not_enough_data");
    if (features > compared) out += tile(grouped(features - compared), "not compared", "");
    if (report.windows.size() == 1) {
        const drift::Preset& preset = report.windows[0].evidently;
        out +=
            tile(grouped(preset.drifted) + " of " + grouped(preset.compared),
                 std::string("by Evidently's rule: ") + (preset.drift ? "drift" : "no drift"), "");
    }
    const auto errors =
        std::ranges::count(report.findings, drift::Severity::error, &drift::Finding::severity);
    const auto notes =
        std::ranges::count(report.findings, drift::Severity::note, &drift::Finding::severity);
    const auto faults = static_cast<int64_t>(report.findings.size()) - notes;
    if (faults > 0)
        out += "<a class=\"tile\" href=\"#quality\"><b class=\"" +
               std::string(errors > 0 ? "error" : "warning") + "\">" + grouped(faults) +
               "</b>to look at in the data</a>";
    return out + "</div>\n";
}

constexpr std::string_view kReading = R"html(<h2>How to read this</h2>
<p>A feature has drifted when two things hold: the change is <b>large enough to matter</b> (the effect is above its
threshold), and it is <b>more than chance</b> makes at these numbers of rows. The effect is the Jensen-Shannon
distance of the two distributions: 0 when they are equal, 0.83 when they have nothing in common; 0.1 is a shift by
about 0.3 standard deviations. Of all features called drift, the expected share of false alarms is at most )html";

constexpr std::string_view kReadingEnd =
    R"html(. "Too few rows" means that chance alone could make a change
that matters, so nothing can be said. Evidently's rule stands beside it, with the numbers that Evidently gives; it looks
at the size of the change or at its significance, not at both.</p>
)html";

}  // namespace

std::string drift_page(const drift::Report& report) {
    std::string body = "<h1>" + escaped(report.sentence) + "</h1>\n<p class=\"quiet file\">" +
                       escaped(report.current) + " (" + counted(report.current_rows, "row") +
                       ") against " + escaped(report.reference) + " (" +
                       counted(report.reference_rows, "row") + ")</p>\n" + tiles_of(report);
    if (!report.by.empty()) body += windows_of(report);
    body +=
        "<h2>Features, the most evidence first</h2>\n<p class=\"key quiet\"><i class=\"was\"></i>"
        "reference<i class=\"now\"></i>current</p>\n"
        "<p><input type=\"search\" placeholder=\"Find a feature\" aria-label=\"Find a "
        "feature\"></p>\n";
    size_t pictures = 0;
    for (const drift::Window& window : report.windows) {
        // Windows where nothing moved are there to be opened.
        if (!report.by.empty())
            body += std::string("<details class=\"window\"") + (window.drifted > 0 ? " open" : "") +
                    "><summary><h2>" + escaped(report.by) + " = " + escaped(window.name) +
                    "</h2></summary>\n";
        for (const drift::Feature& feature : window.features)
            body += article(feature, ++pictures <= kPictures);
        if (!report.by.empty()) body += "</details>\n";
    }
    body += findings_of(report);
    body += kReading;
    body += drift::percent(report.alpha);
    body += kReadingEnd;
    return document("Drift: " + report.sentence, body);
}

}  // namespace rondo::app::html
