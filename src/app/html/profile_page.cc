#include "app/html/profile_page.h"

#include <algorithm>
#include <cmath>

#include "app/html/page.h"
#include "base/text.h"
#include "domain/drift/feature.h"

namespace rondo::app::html {
namespace {

std::vector<drift::Bar> bars_of(const drift::ColumnProfile& column) {
    const double present = std::max<double>(
        1, static_cast<double>(column.side.rows - column.side.missing - column.side.infinite));
    std::vector<drift::Bar> out;
    // Few values are seen better one by one.
    constexpr int64_t kFew = 12;
    if (!column.histogram.empty() && column.side.distinct > kFew) {
        for (const drift::HistogramBin& bin : column.histogram)
            out.push_back({"", bin.from, bin.to, 0, static_cast<double>(bin.count) / present});
    } else {
        for (const drift::TopValue& top : column.top)
            out.push_back({top.value, {}, {}, 0, static_cast<double>(top.count) / present});
    }
    return out;
}

std::string cell(const std::string& name, const std::string& value) {
    return "<tr><th>" + name + "</th><td class=\"n\">" + escaped(value) + "</td></tr>";
}

std::string point(double value, bool time) {
    if (!time || std::abs(value) >= 9e15) return shown(value);
    return format_time(Time{Micros{static_cast<int64_t>(value)}});
}

std::string article(const drift::ColumnProfile& column) {
    const drift::Side& side = column.side;
    const bool time = column.type == "timestamp";
    const std::string svg = time ? "" : distribution(bars_of(column), Sides::one);
    const double rows = std::max<double>(1, static_cast<double>(side.rows));
    std::string out = std::string("<article") + (svg.empty() ? " class=\"plain\"" : "") +
                      "><header><h3>" + escaped(column.name) + "</h3><small>" +
                      escaped(column.type) + "</small></header>" + svg;
    if (!column.note.empty()) return out + "<p>" + escaped(column.note) + "</p></article>\n";
    out += "<p>" + counted(side.distinct, "different value");
    out += side.missing == 0
               ? ", none missing"
               : ", " + drift::percent(static_cast<double>(side.missing) / rows) + " missing";
    if (side.infinite > 0) out += ", " + counted(side.infinite, "infinite one");
    if (side.mean && !time) out += ", mean " + escaped(shown(*side.mean));
    if (side.deviation && !time) out += ", standard deviation " + escaped(shown(*side.deviation));
    out += "</p><details><summary>Numbers</summary><div class=\"wide\"><table>";
    if (side.min) out += cell("Smallest", point(*side.min, time));
    for (const drift::Quantile& q : column.quantiles)
        out += cell(shown(q.share * 100) + " % at most", point(q.value, time));
    if (side.max) out += cell("Largest", point(*side.max, time));
    for (const drift::TopValue& top : column.top)
        out += "<tr><td>" + escaped(top.value) + "</td><td class=\"n\">" + grouped(top.count) +
               "</td></tr>";
    return out + "</table></div></details></article>\n";
}

}  // namespace

std::string profile_page(const drift::Profile& profile) {
    std::string body =
        "<h1>" + counted(profile.rows, "row") + " of " +
        counted(static_cast<int64_t>(profile.columns.size()), "column") +
        "</h1>\n<p class=\"quiet file\">" + escaped(profile.file) + "</p>\n<p>" +
        (profile.duplicates == 0 ? "No row repeats an earlier one."
                                 : counted(profile.duplicates, "row") + " repeat an earlier one.") +
        "</p>\n<h2>Columns</h2>\n<p><input type=\"search\" placeholder=\"Find a column\" "
        "aria-label=\"Find a column\"></p>\n";
    for (const drift::ColumnProfile& column : profile.columns) body += article(column);
    return document("Profile: " + profile.file, body);
}

}  // namespace rondo::app::html
