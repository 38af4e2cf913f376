#include "app/backup/backup.h"
#include "app/cli/commands.h"
#include "app/cli/steps.h"
#include "app/doctor/checks.h"
#include "app/doctor/scrub.h"
#include "base/env.h"
#include "base/text.h"
#include "platform/notify/retry.h"
#include "platform/process/spec.h"

namespace rondo::app::cli {
namespace {

using json::Value;

constexpr double kLongQueue = 4000;

struct Flags {
    std::string data = "./rondo-data", database;
    bool scrub = false, fix = false, dry_run = false;
    int64_t rate_limit = 0;
};

std::string_view name_of(Severity severity) {
    return severity == Severity::good ? "ok" : severity == Severity::note ? "note" : "problem";
}

void print(const Findings& findings, bool json) {
    if (json) {
        Value::List list;
        for (const Finding& f : findings.list())
            list.push_back(Value::Object{{"name", f.name},
                                         {"severity", name_of(f.severity)},
                                         {"what", f.what},
                                         {"how", f.how},
                                         {"remedy", f.remedy}});
        print_json(Value::Object{{"problems", int64_t{findings.problems()}},
                                 {"findings", std::move(list)}});
        return;
    }
    for (const Finding& f : findings.list()) {
        const bool bad = f.severity == Severity::problem;
        print_line(std::string(bad ? "PROBLEM" : name_of(f.severity)) + "  " + f.what + ": " +
                   f.how);
        if (!f.remedy.empty()) print_line("         -> " + f.remedy);
    }
}

void check_endpoint(Findings& out, const Value& e) {
    const std::string name = "endpoint " + std::string(e["spec"]["name"].text());
    const int64_t lost = e["champion"]["lost"].integer() + e["candidate"]["lost"].integer();
    if (lost > 0)
        out.note("predictions-lost", name,
                 std::to_string(lost) + " predictions were taken by kills before they were logged");
    if (e["route"].is_null()) {
        out.problem("endpoint-model", name, "has no model",
                    "train and register one, or set the alias of " +
                        std::string(e["spec"]["model"].text()));
    } else if (!e["waiting_for"].text().empty()) {
        out.note("endpoint-waits", name, "waits: " + std::string(e["waiting_for"].text()));
    } else {
        out.good("endpoint-model", name,
                 "version " + std::to_string(e["route"]["champion"].integer()) + " by " +
                     std::string(e["engine"].text()));
    }
    const Value& window = e["window"];
    if (window["breached"].boolean())
        out.problem("endpoint-breach", name, std::string(window["reason"].text()),
                    "`rondo timeline " + std::string(e["spec"]["name"].text()) +
                        "` says what is done about it");
    else if (!window.is_null())
        out.good("endpoint-breach", name, std::string(window["reason"].text()));
}

void check_webhook(Findings& out, const Value& w) {
    const std::string name(w["name"].text()), what = "webhook " + name;
    if (w["state"].text() == "disabled")
        out.note("webhook-disabled", what, "is disabled: " + std::string(w["reason"].text()),
                 "`rondo webhook enable " + name + "` when its receiver is well");
    else if (w["failures"].integer() >= notify::kFailuresToRest)
        out.problem("webhook-fails", what,
                    counted(w["failures"].integer(), "attempt") + " in a row failed",
                    "`rondo webhook show " + name + "` says how; `rondo webhook test " + name +
                        "` tries the receiver");
    if (w["dead"].integer() > 0)
        out.problem("webhook-dead", what,
                    counted(w["dead"].integer(), "message") + " could not be delivered",
                    "`rondo webhook deliveries " + name +
                        " --failed` lists them; once the receiver is well, `rondo webhook "
                        "redeliver --all " +
                        name + "` sends them again");
    else if (w["state"].text() == "active")
        out.good("webhook-dead", what, grouped(w["pending"].integer()) + " messages wait");
}

// The value of a metric without labels.
double metric(std::string_view text, std::string_view name) {
    for (const std::string_view line : split(text, '\n')) {
        if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ' ')
            return parse_double(line.substr(name.size() + 1)).value_or(0);
    }
    return 0;
}

// What the server tells about its database.
void check_database(Findings& out, Session& session) {
    const auto metrics = session.fetch("/metrics", 16 << 20);
    if (!metrics) return;
    const auto value = [&](const char* name) {
        return metric(*metrics, std::string("rondo_database_") + name);
    };
    const auto shown_as = [&](const char* name) {
        return grouped(static_cast<int64_t>(value(name)));
    };
    if (value("read_only") > 0)
        out.problem("read-only", "database", "takes no writes after a failed sync",
                    "the server's log says why; mend the disk, then restart the server");
    else if (metrics->contains("rondo_database_up 0"))
        out.problem("database-away", "database", "does not answer the server",
                    "the server's log says why at \"database is away\"; when PostgreSQL is back, "
                    "work goes on by itself");
    const std::string queued = shown_as("queued_writes") + " writes wait in its queue";
    if (value("queued_writes") > kLongQueue)
        out.problem("queue", "database", queued,
                    "the disk or PostgreSQL does not keep up: see disk-speed");
    else
        out.good("queue", "database", queued);
    if (metrics->contains("engine=\"postgresql\""))
        out.note("postgresql", "PostgreSQL",
                 shown_as("sessions") + " connections stand, " + shown_as("reconnects_total") +
                     " were lost; " + shown_as("retries_total") + " conflicts in " +
                     shown_as("transactions_total") + " writing transactions, " +
                     shown_as("uncertain_commits_total") + " commits were asked for");
}

// Servers on one database, who does which job, how far jobs have come, and what waits for
// consumers.
void check_cluster(Findings& out, Session& session) {
    const auto cluster = session.get("/api/rondo/v1/cluster");
    if (!cluster) return;
    for (const auto& s : (*cluster)["servers"].list()) {
        const std::string name = "server " + std::string(s["id"].text());
        const std::string how =
            std::string(s["state"].text()) + " at " + std::string(s["address"].text());
        if (s["state"].text() == "dead")
            out.problem("server-dead", name, how,
                        "start it again with its data folder: predictions that it did not hand "
                        "over are counted as lost until then");
        else if (s["state"].text() == "running")
            out.good("server-dead", name, how);
    }
    for (const auto& l : (*cluster)["leases"].list()) {
        const std::string name = "job " + std::string(l["job"].text());
        if (l["held"].boolean())
            out.good("lease", name,
                     "done by " + std::string(l["owner"].text()) + ", lease " +
                         std::to_string(l["fence"].integer()));
        else
            out.note("lease", name,
                     "nobody does it at the moment; a running server takes it in seconds");
    }
    for (const auto& j : (*cluster)["jobs"].list()) {
        const std::string name = "job " + std::string(j["name"].text());
        if (!j["problem"].text().empty())
            out.problem("job-failed", name, std::string(j["problem"].text()),
                        "it is tried again every 10 s; the server's log says more");
        else
            out.good("job-failed", name,
                     std::to_string(j["rounds"].integer()) + " rounds, " +
                         std::to_string(j["items"].integer()) + " items" +
                         (j["place"].text().empty() ? "" : "; under way"));
    }
    for (const auto& c : (*cluster)["consumers"].list()) {
        if (c["waiting"].integer() > 0)
            out.note("events-waiting", "events for " + std::string(c["name"].text()),
                     std::to_string(c["waiting"].integer()) + " wait");
    }
}

Status check_server(Findings& out, const Common& common, const std::string& data) {
    Common mine = common;
    const std::string token = data + "/token";
    if (mine.token_file.empty() && system_env().files().exists(token)) mine.token_file = token;
    TRY_ASSIGN(auto session, Session::open(mine));
    const auto endpoints = session.get("/api/rondo/v1/endpoints");
    if (!endpoints) {
        out.problem("server", "server", endpoints.error().message, "start it with `rondo server`");
        check_database(out, session);
        return ok();
    }
    out.good("server", "server", "answers at " + common.url);
    for (const auto& e : (*endpoints)["endpoints"].list()) check_endpoint(out, e);
    TRY_ASSIGN(const auto runs, session.get("/api/rondo/v1/runs?limit=20"));
    for (const auto& run : runs["runs"].list()) {
        if (run["state"].text() == "failed")
            out.note("pipeline-failed", "pipeline run " + std::to_string(run["id"].integer()),
                     "failed: " + std::string(run["problem"].text()));
    }
    check_database(out, session);
    check_cluster(out, session);
    // For administrators only: without their token there is nothing to say.
    if (const auto webhooks = session.get("/api/rondo/v1/webhooks")) {
        for (const auto& w : (*webhooks)["webhooks"].list()) check_webhook(out, w);
    }
    return ok();
}

Result<int> doctor(const Common& common, const Flags& flags) {
    Env& env = system_env();
    if (flags.fix && flags.scrub)
        return fail(Code::invalid, "--scrub only reads: run --fix on its own");
    Findings out;
    const auto server = find_server(flags.data);
    const Repair repair = !flags.fix ? Repair::none : flags.dry_run ? Repair::show : Repair::apply;
    std::string url = flags.database;
    if (url.empty() && server) url = server->setting("database");
    if (flags.scrub) {
        Steps steps;
        TRY(scrub(
            env,
            {flags.data, url, static_cast<uint64_t>(std::max<int64_t>(0, flags.rate_limit)) << 20},
            steps.watch(), out));
    } else {
        check_folder(env, flags.data, server.has_value(), repair, out);
        if (server) check_process(env, *server, out);
        const bool local = env.files().exists(flags.data + "/token");
        if (local || !url.empty()) check_database(env, database_url(flags.data, url), out);
        out.note("isolation", "isolation of tasks and Python models", process::isolation());
        TRY(check_server(out, common, flags.data));
    }
    print(out, common.json);
    return out.problems() == 0 ? 0 : kCheckSaysNo;
}

}  // namespace

void add_doctor(Noun& root) {
    const auto flags = std::make_shared<Flags>();
    Verb verb = root.verb("doctor", "Look for what needs a hand",
                          [flags](const Common& common) { return doctor(common, *flags); });
    verb.option("--data", flags->data, "Data folder on this machine")
        .from_environment("RONDO_DATA");
    verb.option("--database", flags->database,
                "postgresql://... ; without it that of the running server, or SQLite")
        .from_environment("RONDO_DATABASE");
    verb.option("--scrub", flags->scrub, "Read all stored bytes and name what is damaged");
    verb.option("--rate-limit", flags->rate_limit, "Read at most this many MiB a second");
    verb.option("--fix", flags->fix, "Mend permissions of secrets, and remove leftovers");
    verb.option("--dry-run", flags->dry_run, "With --fix: say what it would do, and do nothing");
}

}  // namespace rondo::app::cli
