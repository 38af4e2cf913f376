#include <unistd.h>

#include <thread>

#include "app/cli/commands.h"
#include "base/env.h"
#include "base/text.h"

namespace rondo::app::cli {
namespace {

using json::Value;

constexpr Micros kLookEvery{200'000};
constexpr const char* kPath = "/api/rondo/v1/collection";

struct Flags {
    bool dry_run = false;
    std::string deleted;
};

std::string amount(const Value& value) {
    const std::string objects = counted(value["objects"].integer(), "object");
    return objects + ", " + grouped(value["bytes"].integer()) + " bytes";
}

// One line that overwrites itself, for people: how far, how fast, how long still. The objects of
// the round before tell how many there are; each is listed, marked and swept.
class Watch {
  public:
    ~Watch() {
        if (shown_) std::fputs("\n", stderr);
    }
    void show(const Value& round) {
        if (::isatty(STDERR_FILENO) == 0) return;
        shown_ = true;
        const double done =
            round["listed"].number() + round["marked"].number() + round["swept"].number();
        const double all = 3.0 * round["expected"].number();
        const double seconds =
            static_cast<double>((system_env().steady() - began_).count()) / 1e6 + 0.001;
        const double rate = done / seconds;
        std::string line = "round " + std::to_string(round["number"].integer()) + ": " +
                           std::string(round["phase"].text()) + ", " +
                           grouped(static_cast<int64_t>(done)) + " steps, " +
                           grouped(static_cast<int64_t>(rate)) + " a second";
        if (all > done && rate > 0)
            line +=
                ", about " + std::to_string(static_cast<int64_t>((all - done) / rate)) + " s left";
        std::fprintf(stderr, "\r%-78s", line.c_str());
    }

  private:
    Micros began_ = system_env().steady();
    bool shown_ = false;
};

void print(const Value& round) {
    const bool dry_run = round["request"]["dry_run"].boolean();
    const Value& request = round["request"];
    if (!request["deleted_longer_than"].is_null())
        print_line("deleted for good: " + counted(round["runs"].integer(), "run") + ", " +
                   counted(round["models"].integer(), "logged model") + ", " +
                   counted(round["experiments"].integer(), "experiment") + "; " +
                   std::to_string(round["spared"].integer()) +
                   " stay, because a registered model version stands on them");
    print_line(counted(round["marked"].integer(), "object") + " of " +
               grouped(round["swept"].integer()) + " are referred to");
    if (round["garbage"].object().empty())
        print_line(dry_run ? "nothing would go" : "no new garbage");
    for (const auto& [kind, sum] : round["garbage"].object())
        print_line(std::string(dry_run ? "would go" : "garbage now") + " (" + kind +
                   "): " + amount(sum));
    print_line("garbage of earlier rounds, still readable: " + amount(round["hidden"]));
    print_line("kept by a lease: " + amount(round["held"]));
    print_line("kept by their age: " + amount(round["young"]));
    if (!dry_run) print_line("removed: " + amount(round["removed"]));
}

Status collect(const Common& common, const Flags& flags) {
    TRY_ASSIGN(auto session, Session::open(common));
    if (flags.dry_run && !flags.deleted.empty())
        return fail(Code::invalid, "--dry-run deletes nothing for good: ask for one of the two");
    Value request = Value::Object{{"dry_run", flags.dry_run}};
    if (!flags.deleted.empty()) request.set("deleted_longer_than", flags.deleted);
    TRY_ASSIGN(const auto asked, session.send("POST", kPath, request));
    Value state;
    {
        Watch watch;
        while (true) {
            TRY_ASSIGN(state, session.get(kPath));
            if (state["served"].integer() >= asked["number"].integer()) break;
            if (!state["problem"].text().empty())
                return fail(Code::unavailable, "the round does not go on (it is tried again): " +
                                                   std::string(state["problem"].text()));
            watch.show(state["current"]);
            std::this_thread::sleep_for(kLookEvery);
        }
    }
    if (session.json())
        print_json(state["last"]);
    else
        print(state["last"]);
    return ok();
}

}  // namespace

void add_collection(Noun& root) {
    const auto flags = std::make_shared<Flags>();
    Verb gc = root.verb("gc", "Collect stored bytes that nothing refers to, now",
                        [flags](const Common& common) { return collect(common, *flags); });
    gc.option("--dry-run", flags->dry_run, "Only say what would go");
    gc.option("--deleted-runs-older-than", flags->deleted,
              "First delete for good the runs, logged models and experiments that were deleted "
              "longer ago than that, such as 30d");
}

}  // namespace rondo::app::cli
