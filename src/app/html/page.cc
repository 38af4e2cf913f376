#include "app/html/page.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.h"
#include "base/utf8.h"
#include "domain/drift/feature.h"

namespace rondo::app::html {
namespace {

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --ground: #fff; --card: #f7f8fa; --line: #e2e5ea; --text: #1b2027;
  --quiet: #626c7a; --was: #8b95a5; --now: #2563c9; --bad: #c2362b; --good: #21794a; --unsure: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171c; --card: #1c2026; --line: #2d333c;
  --text: #e6e9ee; --quiet: #9aa4b2; --was: #8791a1; --now: #6aa5ff; --bad: #ff7d70; --good: #5cc58d;
  --unsure: #e0b04b; } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.5rem 5rem; background: var(--ground);
  color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .4rem; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .8rem; }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
p { margin: .3rem 0; }
.quiet { color: var(--quiet); }
.file { overflow-wrap: anywhere; }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: .6rem 1rem; min-width: 8rem; }
a.tile { color: inherit; text-decoration: none; } a.tile:hover { border-color: var(--now); }
.tile b { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.drift { color: var(--bad); } .no_drift { color: var(--good); } .not_enough_data { color: var(--unsure); }
.error { color: var(--bad); } .warning { color: var(--unsure); } .not_compared, .note { color: var(--quiet); }
.key i { display: inline-block; width: .8rem; height: .8rem; border-radius: 2px; margin: 0 .35rem 0 1rem;
  vertical-align: -.05rem; }
.key i.was { background: var(--was); opacity: .55; margin-left: 0; } .key i.now { background: var(--now); }
article { border: 1px solid var(--line); border-radius: 8px; background: var(--card);
  padding: 1rem 1.2rem; margin: 0 0 .8rem; display: grid; gap: .3rem 1.5rem;
  grid-template-columns: minmax(0, 1fr) 22rem; }
article.plain { grid-template-columns: minmax(0, 1fr); }
article header { display: flex; gap: .8rem; align-items: baseline; flex-wrap: wrap; }
article header span { font-weight: 600; font-size: .85rem; }
article header small { color: var(--quiet); }
article svg { grid-column: 2; grid-row: 1 / span 3; align-self: center; }
article details { font-size: .88rem; }
.window > summary h2 { display: inline-block; margin: 1.2rem 0 .8rem; color: var(--text); }
summary { cursor: pointer; color: var(--quiet); }
svg { width: 100%; height: auto; display: block; font: 11px system-ui, sans-serif; }
svg text { fill: var(--quiet); }
.was-area { fill: var(--was); opacity: .45; } .now-area { fill: var(--now); opacity: .3; }
.now-line { fill: none; stroke: var(--now); stroke-width: 1.6; }
.was-bar { fill: var(--was); opacity: .55; } .now-bar { fill: var(--now); }
.axis { stroke: var(--line); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--quiet); font-weight: 500; white-space: nowrap; }
td.n, th.n { text-align: right; white-space: nowrap; }
input { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line);
  border-radius: 6px; padding: .35rem .7rem; width: 16rem; max-width: 100%; margin-bottom: .8rem; }
@media (max-width: 46rem) { article { grid-template-columns: minmax(0, 1fr); }
  article svg { grid-column: 1; grid-row: auto; } }
@media print { input { display: none; } article { break-inside: avoid; } }
)css";

// Filters the features by name.
constexpr std::string_view kScript = R"js(
const find = document.querySelector("input");
find?.addEventListener("input", () => {
  const wanted = find.value.toLowerCase();
  for (const one of document.querySelectorAll("article"))
    one.hidden = !one.querySelector("h3").textContent.toLowerCase().includes(wanted);
});
)js";

constexpr double kWidth = 352, kHeight = 104, kFoot = 16;

std::string fixed(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", value);
    return text;
}

double tallest(const std::vector<drift::Bar>& bars) {
    double out = 0;
    for (const drift::Bar& bar : bars) out = std::max({out, bar.reference, bar.current});
    return out > 0 ? out : 1;
}

// The outline of one side's steps, from the ground and back to it.
std::string steps(const std::vector<drift::Bar>& bars, double drift::Bar::* share) {
    const double width = kWidth / static_cast<double>(bars.size());
    const double ground = kHeight - kFoot, scale = (ground - 4) / tallest(bars);
    std::string path = "M0 " + fixed(ground);
    for (size_t i = 0; i < bars.size(); ++i) {
        const std::string top = fixed(ground - bars[i].*share * scale);
        path += "L" + fixed(static_cast<double>(i) * width) + " " + top + "H" +
                fixed(static_cast<double>(i + 1) * width);
        path += " V" + top;
    }
    return path + "L" + fixed(kWidth) + " " + fixed(ground);
}

std::string ranges(const std::vector<drift::Bar>& bars, Sides sides) {
    const std::string now = steps(bars, &drift::Bar::current);
    std::string out = "<svg viewBox=\"0 0 " + fixed(kWidth) + " " + fixed(kHeight) +
                      "\" role=\"img\" aria-label=\"distribution\">";
    if (sides == Sides::two)
        out += "<path class=\"was-area\" d=\"" + steps(bars, &drift::Bar::reference) + "\"/>";
    out +=
        "<path class=\"now-area\" d=\"" + now + "\"/><path class=\"now-line\" d=\"" + now + "\"/>";
    const std::string ground = fixed(kHeight - kFoot);
    out += "<line class=\"axis\" x1=\"0\" x2=\"" + fixed(kWidth) + "\" y1=\"" + ground +
           "\" y2=\"" + ground + "\"/><text x=\"0\" y=\"" + fixed(kHeight - 3) + "\">" +
           escaped(shown(bars.front().from.value_or(0))) + "</text><text x=\"" + fixed(kWidth) +
           "\" y=\"" + fixed(kHeight - 3) + "\" text-anchor=\"end\">" +
           escaped(shown(bars.back().to.value_or(0))) + "</text></svg>";
    return out;
}

std::string short_name(const std::string& name) {
    constexpr size_t kLetters = 16;
    std::string out;
    size_t letters = 0;
    for (const char c : as_utf8(name)) {
        // A letter begins with a byte that goes on no other.
        if ((static_cast<unsigned char>(c) & 0xc0) != 0x80 && ++letters > kLetters)
            return out + "\u2026";
        out += c;
    }
    return out;
}

std::string categories(const std::vector<drift::Bar>& bars, Sides sides) {
    constexpr double kRow = 20, kLabel = 110, kShare = 56;
    const double height = kRow * static_cast<double>(bars.size()) + 2;
    const double scale = (kWidth - kLabel - kShare) / tallest(bars);
    std::string out = "<svg viewBox=\"0 0 " + fixed(kWidth) + " " + fixed(height) +
                      "\" role=\"img\" aria-label=\"distribution\">";
    for (size_t i = 0; i < bars.size(); ++i) {
        const double top = kRow * static_cast<double>(i) + 2;
        const auto bar = [&](const char* kind, double share, double at, double thick) {
            out += std::string("<rect class=\"") + kind + "\" x=\"" + fixed(kLabel) + "\" y=\"" +
                   fixed(at) + "\" width=\"" + fixed(share * scale) + "\" height=\"" +
                   fixed(thick) + "\" rx=\"1\"/>";
        };
        out += "<text x=\"" + fixed(kLabel - 6) + "\" y=\"" + fixed(top + 12) +
               "\" text-anchor=\"end\">" + escaped(short_name(bars[i].label)) + "<title>" +
               escaped(bars[i].label) + "</title></text>";
        if (sides == Sides::two) bar("was-bar", bars[i].reference, top + 1, 7);
        bar("now-bar", bars[i].current, sides == Sides::two ? top + 8 : top + 3,
            sides == Sides::two ? 7 : 11);
        const double end =
            kLabel + std::max(sides == Sides::two ? bars[i].reference : 0, bars[i].current) * scale;
        out += "<text x=\"" + fixed(end + 5) + "\" y=\"" + fixed(top + 12) + "\">" +
               drift::percent(bars[i].current) + "</text>";
    }
    return out + "</svg>";
}

}  // namespace

std::string escaped(std::string_view text) {
    // HTML knows no NUL; the others end or begin markup.
    constexpr std::string_view kSpecial("&<>\"'\0", 6);
    constexpr std::array<std::string_view, 6> kHarmless = {"&amp;",  "&lt;",  "&gt;",
                                                           "&quot;", "&#39;", "?"};
    std::string out;
    for (const char c : as_utf8(text)) {
        const size_t special = kSpecial.find(c);
        if (special == std::string_view::npos)
            out += c;
        else
            out += kHarmless[special];
    }
    return out;
}

std::string document(std::string_view title, std::string_view body) {
    std::string out =
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width\">"
        // Whatever got in, it may neither load nor send anything.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src 'unsafe-inline'; script-src 'unsafe-inline'\"><title>";
    out += escaped(title);
    out += "</title><style>";
    out += kStyle;
    out += "</style></head>\n<body>\n";
    out += body;
    out += "<script>";
    out += kScript;
    return out + "</script></body></html>\n";
}

std::string distribution(const std::vector<drift::Bar>& bars, Sides sides) {
    if (bars.empty()) return "";
    return bars.front().from ? ranges(bars, sides) : categories(bars, sides);
}

}  // namespace rondo::app::html
