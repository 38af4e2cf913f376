#include <unistd.h>

#include "app/cli/commands.h"
#include "base/text.h"

namespace rondo::app::cli {
namespace {

// "2013-07-02 12:00" of an RFC 3339 time.
std::string short_time(std::string_view text) {
    std::string out(text.substr(0, 16));
    if (out.size() > 10) out[10] = ' ';
    return out;
}

Status timeline(const Common& common, const std::string& endpoint) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer, session.get("/api/rondo/v1/endpoints/" + segment(endpoint) +
                                              "/timeline?limit=10000"));
    if (session.json()) {
        print_json(answer);
        return ok();
    }
    // An effect is indented below its cause when it follows it directly.
    std::map<int64_t, int> depth;
    for (const auto& entry : answer["entries"].list()) {
        const int64_t id = entry["id"].integer();
        const auto cause = depth.find(entry["cause"].integer());
        depth[id] = entry["cause"].is_null() || cause == depth.end() ? 0 : cause->second + 1;
        std::string line = short_time(entry["happened"].text()) + "  ";
        const int indent = std::min(depth[id], 8);
        for (int i = 1; i < indent; ++i) line += "  ";
        if (indent > 0) line += "└ ";
        line += entry["title"].text();
        if (!entry["decision"].is_null())
            line += "   [decision " + std::to_string(entry["decision"].integer()) + "]";
        print_line(line);
        if (!entry["detail"].text().empty())
            print_line(std::string(18 + static_cast<size_t>(indent) * 2, ' ') +
                       std::string(entry["detail"].text()));
    }
    return ok();
}

Status why(const Common& common, int64_t decision) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer,
               session.get("/api/rondo/v1/decisions/" + std::to_string(decision) + "/why"));
    if (session.json()) {
        print_json(answer);
    } else {
        print_line("decision " + std::to_string(decision) + ": " +
                   std::string(answer["kind"].text()) + " at " +
                   std::string(answer["tick"].text()));
        print_line(std::string(answer["sentence"].text()));
        print_line("evidence: " + answer["recorded"].pretty());
        if (answer["recomputed"].boolean() && !answer["identical"].boolean())
            print_line("computed again: " + answer["again"].pretty());
    }
    if (answer["recomputed"].boolean() && !answer["identical"].boolean())
        return fail(Code::conflict, "the decision does not come out the same");
    return ok();
}

}  // namespace

void add_loop(Noun& root) {
    struct Flags {
        std::string endpoint;
        int64_t decision = 0;
    };
    const auto flags = std::make_shared<Flags>();
    root.verb("timeline", "Cause and effect on an endpoint",
              [flags](const Common& common) { return timeline(common, flags->endpoint); })
        .positional("endpoint", flags->endpoint, "Name of the endpoint")
        .required();
    root.verb("why", "Compute a decision again from the log",
              [flags](const Common& common) { return why(common, flags->decision); })
        .positional("decision", flags->decision, "Number of the decision")
        .required();
}

}  // namespace rondo::app::cli
