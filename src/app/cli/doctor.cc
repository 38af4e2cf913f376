#include <sys/stat.h>
#include <sys/statvfs.h>

#include "app/cli/commands.h"
#include "base/env.h"
#include "base/text.h"
#include "platform/process/spec.h"

namespace rondo::app::cli {
namespace {

using json::Value;

constexpr uint64_t kLowSpace = uint64_t{1} << 30;

// What was looked at, how it is, and what to do about it.
class Findings {
  public:
    void good(std::string what, std::string how) { add("ok", std::move(what), std::move(how), ""); }
    void note(std::string what, std::string how) {
        add("note", std::move(what), std::move(how), "");
    }
    void bad(std::string what, std::string how, std::string remedy) {
        ++count_;
        add("PROBLEM", std::move(what), std::move(how), std::move(remedy));
    }
    int count() const { return count_; }
    void print(bool json) const {
        if (json) {
            print_json(Value::Object{{"problems", int64_t{count_}}, {"findings", list_}});
            return;
        }
        for (const auto& f : list_) {
            print_line(std::string(f["state"].text()) + "  " + std::string(f["what"].text()) +
                       ": " + std::string(f["how"].text()));
            if (!f["remedy"].text().empty())
                print_line("         -> " + std::string(f["remedy"].text()));
        }
    }

  private:
    void add(const char* state, std::string what, std::string how, std::string remedy) {
        list_.push_back(Value::Object{{"state", state},
                                      {"what", std::move(what)},
                                      {"how", std::move(how)},
                                      {"remedy", std::move(remedy)}});
    }
    Value::List list_;
    int count_ = 0;
};

void check_folder(Findings& out, const std::string& folder) {
    struct statvfs space{};
    if (::statvfs(folder.c_str(), &space) != 0) {
        out.note("data folder", "'" + folder + "' is not on this machine; name it with --data");
        return;
    }
    const uint64_t free_bytes = uint64_t{space.f_bavail} * space.f_frsize;
    const std::string text = std::to_string(free_bytes >> 20) + " MiB free at " + folder;
    if (free_bytes < kLowSpace)
        out.bad("disk space", text, "free some space; on a full disk writers get 507, reads go on");
    else
        out.good("disk space", text);
    struct stat info{};
    if (::stat((folder + "/token").c_str(), &info) == 0) {
        if ((info.st_mode & 077) != 0)
            out.bad("token", "others can read " + folder + "/token",
                    "chmod 600 " + folder + "/token");
        else
            out.good("token", "readable by its owner only");
    }
}

void check_endpoint(Findings& out, const Value& e) {
    const std::string name = "endpoint " + std::string(e["spec"]["name"].text());
    const int64_t lost = e["champion"]["lost"].integer() + e["candidate"]["lost"].integer();
    if (lost > 0)
        out.note(name, std::to_string(lost) +
                           " predictions were taken by kills before they were "
                           "logged");
    if (e["route"].is_null()) {
        out.bad(name, "has no model",
                "train and register one, or set the alias of " +
                    std::string(e["spec"]["model"].text()));
    } else if (!e["waiting_for"].text().empty()) {
        out.note(name, "waits: " + std::string(e["waiting_for"].text()));
    } else {
        out.good(name, "version " + std::to_string(e["route"]["champion"].integer()) + " by " +
                           std::string(e["engine"].text()));
    }
    const Value& window = e["window"];
    if (window["breached"].boolean())
        out.bad(name, std::string(window["reason"].text()),
                "`rondo timeline " + std::string(e["spec"]["name"].text()) +
                    "` says what is done about it");
    else if (!window.is_null())
        out.good(name, std::string(window["reason"].text()));
}

// Only what several servers have to say; alone there is one line.
void check_cluster(Findings& out, const Value& cluster) {
    for (const auto& s : cluster["servers"].list()) {
        const std::string name = "server " + std::string(s["id"].text());
        const std::string how =
            std::string(s["state"].text()) + " at " + std::string(s["address"].text());
        if (s["state"].text() == "dead")
            out.bad(name, how,
                    "start it again with its data folder: predictions that it did not hand over "
                    "are counted as lost until then");
        else if (s["state"].text() == "running")
            out.good(name, how);
    }
    for (const auto& l : cluster["leases"].list()) {
        const std::string name = "job " + std::string(l["job"].text());
        if (l["held"].boolean())
            out.good(name, "done by " + std::string(l["owner"].text()) + ", lease " +
                               std::to_string(l["fence"].integer()));
        else
            out.note(name, "nobody does it at the moment; a running server takes it in seconds");
    }
    for (const auto& j : cluster["jobs"].list()) {
        const std::string name = "job " + std::string(j["name"].text());
        if (!j["problem"].text().empty())
            out.bad(name, std::string(j["problem"].text()), "it is tried again every 10 s");
        else
            out.good(name, std::to_string(j["rounds"].integer()) + " rounds, " +
                               std::to_string(j["items"].integer()) + " items" +
                               (j["place"].text().empty() ? "" : "; under way"));
    }
    for (const auto& c : cluster["consumers"].list()) {
        if (c["waiting"].integer() > 0)
            out.note("events for " + std::string(c["name"].text()),
                     std::to_string(c["waiting"].integer()) + " wait");
    }
}

}  // namespace

Result<int> doctor(const Common& common, const std::string& data_folder) {
    Findings out;
    check_folder(out, data_folder);
    out.note("isolation of tasks and Python models", process::isolation());
    TRY_ASSIGN(auto session, Session::open(common));
    const auto endpoints = session.get("/api/rondo/v1/endpoints");
    if (!endpoints) {
        out.bad("server", endpoints.error().message, "start it with `rondo server`");
    } else {
        out.good("server", "answers at " + common.url);
        for (const auto& e : (*endpoints)["endpoints"].list()) check_endpoint(out, e);
        TRY_ASSIGN(const auto cluster, session.get("/api/rondo/v1/cluster"));
        check_cluster(out, cluster);
        TRY_ASSIGN(const auto runs, session.get("/api/rondo/v1/runs?limit=20"));
        for (const auto& run : runs["runs"].list()) {
            if (run["state"].text() == "failed")
                out.note("pipeline run " + std::to_string(run["id"].integer()),
                         "failed: " + std::string(run["problem"].text()));
        }
    }
    out.print(common.json);
    return out.count();
}

}  // namespace rondo::app::cli
