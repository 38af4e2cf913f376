#include "app/cli/commands.h"
#include "base/text.h"

namespace rondo::app::cli {
namespace {

using json::Value;

constexpr const char* kPath = "/api/rondo/v1/mirror";
constexpr const char* kMirrorUrl = "http://127.0.0.1:5050";  // where one listens by default

struct Flags {
    std::string outcome = "differing", endpoint;
    int64_t limit = 20;
};

std::string number(const Value& value) { return grouped(value.integer()); }

std::string latency(const Value& side) {
    return "p50 " + shown(side["p50_ms"].number()) + " ms, p99 " + shown(side["p99_ms"].number()) +
           " ms, mean " + shown(side["mean_ms"].number()) + " ms";
}

std::string answer_line(const Value& status, const Value& body) {
    std::string text(body.text().substr(0, 300));
    return std::to_string(status.integer()) + " " + text;
}

void print_difference(const Value& one) {
    print_line("#" + std::to_string(one["number"].integer()) + " " +
               std::string(one["time"].text()) + " " + std::string(one["method"].text()) + " " +
               std::string(one["path"].text()));
    if (!one["reason"].text().empty())
        print_line("  because   " + std::string(one["reason"].text()));
    if (!one["request"].text().empty())
        print_line("  request   " + std::string(one["request"].text().substr(0, 300)));
    for (const Value& place : one["places"].list())
        print_line("  " + std::string(place["path"].text()) + ": upstream " +
                   std::string(place["upstream"].text()) + ", rondo " +
                   std::string(place["rondo"].text()));
    print_line("  upstream  " + answer_line(one["upstream_status"], one["upstream_body"]));
    print_line("  rondo     " + answer_line(one["rondo_status"], one["rondo_body"]));
}

void print_tallies(const Value& report) {
    TablePrinter table({"ENDPOINT", "OUTCOME", "COUNT", "WHY"});
    bool any = false;
    for (const Value& tally : report["tallies"].list()) {
        if (tally["outcome"].text() == "equal") continue;
        any = true;
        table.add({std::string(tally["endpoint"].text()), std::string(tally["outcome"].text()),
                   number(tally["count"]), std::string(tally["reason"].text())});
    }
    if (any) table.print();
}

void print_sums(const Value& report) {
    print_line("mirrored      " + number(report["mirrored"]));
    for (const auto& [name, words] : {std::pair{"equal", "the same answer"},
                                      std::pair{"differing", "another answer, to be looked at"},
                                      std::pair{"on_purpose", "another answer, as it is meant"},
                                      std::pair{"overlapped", "another answer, beside a write"},
                                      std::pair{"unknown_here", "about what is not here"}}) {
        std::string line = "  " + std::string(name);
        line.resize(14, ' ');
        print_line(line + number(report[name]) + "  " + words);
    }
    print_line("not offered   " + number(report["not_offered"]));
    print_line("not mirrored  " + number(report["not_mirrored"]));
    print_line("waiting       " + number(report["queued"]));
    if (report["unreachable"].integer() > 0)
        print_line("unreachable   " + number(report["unreachable"]) +
                   "  requests that the upstream did not answer");
    if (report["cut_off"].integer() > 0)
        print_line("killed        " + number(report["cut_off"]) +
                   "  times; what waited then is missing here");
    print_line("latency       upstream " + latency(report["upstream_latency"]));
    print_line("              rondo    " + latency(report["rondo_latency"]));
    if (!report["hint"].text().empty()) print_line("hint: " + std::string(report["hint"].text()));
}

Status mirror_report(const Common& given, const Flags& flags) {
    Common common = given;
    if (!common.is_named) common.url = kMirrorUrl;
    TRY_ASSIGN(auto session, Session::open(common));
    auto report = session.get(kPath);
    if (!report && report.error().code == Code::not_found)
        return fail(Code::not_found, common.url + " is no mirror; name it with --url");
    TRY(report);
    std::string path = std::string(kPath) + "/differences?limit=" + std::to_string(flags.limit);
    if (flags.outcome != "any") path += "&outcome=" + segment(flags.outcome);
    if (!flags.endpoint.empty()) path += "&endpoint=" + segment(flags.endpoint);
    TRY_ASSIGN(const auto found, session.get(path));
    if (session.json()) {
        Value out = *report;
        out.set("differences", found["differences"]);
        print_json(out);
        return ok();
    }
    print_line("upstream      " + std::string((*report)["upstream"].text()));
    for (const Value& one : found["differences"].list()) print_difference(one);
    print_tallies(*report);
    print_sums(*report);
    return ok();
}

}  // namespace

void add_mirror(Noun& root) {
    const auto flags = std::make_shared<Flags>();
    Noun mirror = root.noun(
        "mirror", "Stand before an MLflow server and show what Rondo would answer otherwise");
    Verb report = mirror.verb(
        "report", "What a running mirror has found; by default the one at http://127.0.0.1:5050",
        [flags](const Common& common) { return mirror_report(common, *flags); });
    report.option("--outcome", flags->outcome,
                  "Show answers of this outcome: differing, on_purpose, overlapped or any");
    report.option("--endpoint", flags->endpoint,
                  "Only of this one, such as \"POST /api/2.0/mlflow/runs/search\"");
    report.option("--limit", flags->limit, "Show at most so many answers, 1 to 500");
}

}  // namespace rondo::app::cli
