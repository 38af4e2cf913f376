// What to run and inside which walls. The server never runs foreign code in its own process: it
// starts itself again as a shim (`rondo __shim`), which builds the walls and then becomes, or
// watches, the program.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "platform/json/shape.h"

namespace rondo::process {

struct Spec {
    std::vector<std::string> argv;           // argv[0] is an absolute path
    std::map<std::string, std::string> env;  // the whole environment; nothing is inherited
    std::string folder;                      // working folder, which the program may write
    std::vector<std::string> readable;       // further files and folders it may read and execute
    std::vector<std::string> writable;       // further ones it may write
    std::string output_file;                 // stdout and stderr are appended here
    std::vector<int32_t> descriptors;        // open descriptors that it keeps, under their numbers
    // With a result file the shim stays and watches: it writes the file when the program has ended,
    // and it outlives the server. At its start it writes "pid start_ticks" to RESULT_FILE.pid, so
    // that a server that was killed in between finds it again. Without a result file it becomes the
    // program.
    std::string result_file;
    std::optional<Micros> time_limit;  // watched programs only
    int64_t attempt = 0;               // fencing number, copied to the result

    static constexpr auto fields =
        std::tuple{json::field("argv", &Spec::argv, "Program and arguments"),
                   json::field("env", &Spec::env, "Environment"),
                   json::field("folder", &Spec::folder, "Working folder"),
                   json::field("readable", &Spec::readable, "Readable paths"),
                   json::field("writable", &Spec::writable, "Writable paths"),
                   json::field("output_file", &Spec::output_file, "Where output goes"),
                   json::field("descriptors", &Spec::descriptors, "Descriptors to keep"),
                   json::field("result_file", &Spec::result_file, "Where the result goes"),
                   json::field("time_limit", &Spec::time_limit, "Killed after this"),
                   json::field("attempt", &Spec::attempt, "Fencing number")};
};

// What the shim writes when a watched program has ended.
struct Outcome {
    int64_t attempt = 0;
    int32_t exit_code = 0;  // 128 + signal when a signal ended it
    bool timed_out = false;
    Time started{}, ended{};
    int64_t max_rss_bytes = 0;
    std::string problem;  // why it could not be started, if so

    static constexpr auto fields =
        std::tuple{json::field("attempt", &Outcome::attempt, "Fencing number"),
                   json::field("exit_code", &Outcome::exit_code, "Exit code of the program"),
                   json::field("timed_out", &Outcome::timed_out, "Killed at its time limit"),
                   json::field("started", &Outcome::started, "When it started"),
                   json::field("ended", &Outcome::ended, "When it ended"),
                   json::field("max_rss_bytes", &Outcome::max_rss_bytes, "Largest resident memory"),
                   json::field("problem", &Outcome::problem, "Why it did not start")};
};

// The shim's whole life; never returns when it becomes the program. spec_descriptor: an open file
// with the Spec as JSON.
int run_shim(int spec_descriptor);

// How well a program can be walled in here: "landlock ABI 7", or why not.
std::string isolation();

}  // namespace rondo::process
