#include "app/cli/commands.h"
#include "app/local_files.h"
#include "base/env.h"
#include "base/text.h"
#include "platform/crypto/crypto.h"

namespace rondo::app::cli {
namespace {

constexpr uint64_t kFileLimit = uint64_t{4} << 30;

Status data_push(const Common& common, const std::string& dataset, const std::string& folder,
                 const std::string& message) {
    TRY_ASSIGN(auto session, Session::open(common));
    if (!system_env().files().exists(folder))
        return fail(Code::not_found, "no folder " + quoted(folder));
    TRY_ASSIGN(const auto files, walk_files(folder));
    if (files.empty()) return fail(Code::invalid, quoted(folder) + " has no files");
    uint64_t total = 0;
    for (const LocalFile& file : files) total += file.size;
    json::Value::List entries;
    {
        Progress progress("push " + dataset, total);
        for (const LocalFile& file : files) {
            TRY_ASSIGN(std::string bytes, read_local_file(folder + "/" + file.path));
            const std::string digest = sha256_hex(bytes);
            TRY_ASSIGN(const auto known,
                       session.send("POST", "/api/rondo/v1/blobs/known",
                                    json::Value::Object{{"digests", json::Value::List{digest}}}));
            if (known["digests"].list().empty())
                TRY(session.send_raw("POST", "/api/rondo/v1/blobs", std::move(bytes),
                                     "application/octet-stream"));
            entries.push_back(json::Value::Object{{"path", file.path}, {"digest", digest}});
            progress.add(file.size);
        }
    }
    TRY_ASSIGN(const auto version,
               session.send("POST", "/api/rondo/v1/datasets/" + segment(dataset) + "/versions",
                            json::Value::Object{{"entries", entries}, {"message", message}}));
    if (session.json()) {
        print_json(version);
    } else {
        print_line(dataset + " version " + std::to_string(version["number"].integer()) + " " +
                   std::string(version["digest"].text().substr(0, 12)) + ", " +
                   std::to_string(version["files"].integer()) + " files, " +
                   std::to_string(version["bytes"].integer()) + " bytes");
    }
    return ok();
}

Status data_list(const Common& common, const std::string& dataset) {
    TRY_ASSIGN(auto session, Session::open(common));
    if (dataset.empty()) {
        TRY_ASSIGN(const auto answer, session.get("/api/rondo/v1/datasets"));
        if (session.json()) {
            print_json(answer);
        } else {
            for (const auto& name : answer["datasets"].list()) print_line(std::string(name.text()));
        }
        return ok();
    }
    TRY_ASSIGN(const auto answer,
               session.get("/api/rondo/v1/datasets/" + segment(dataset) + "/versions?limit=1000"));
    if (session.json()) {
        print_json(answer);
        return ok();
    }
    TablePrinter table({"VERSION", "DIGEST", "FILES", "BYTES", "CREATED", "MESSAGE"});
    for (const auto& v : answer["versions"].list())
        table.add({std::to_string(v["number"].integer()),
                   std::string(v["digest"].text().substr(0, 12)),
                   std::to_string(v["files"].integer()), std::to_string(v["bytes"].integer()),
                   std::string(v["created"].text()), std::string(v["message"].text())});
    table.print();
    return ok();
}

Status data_get(const Common& common, const std::string& dataset, const std::string& version,
                const std::string& folder) {
    TRY_ASSIGN(auto session, Session::open(common));
    const std::string base =
        "/api/rondo/v1/datasets/" + segment(dataset) + "/versions/" + segment(version);
    TRY_ASSIGN(const auto answer, session.get(base));
    Progress progress("get " + dataset,
                      static_cast<uint64_t>(answer["version"]["bytes"].integer()));
    FileSystem& files = system_env().files();
    for (const auto& entry : answer["entries"].list()) {
        const std::string path(entry["path"].text());
        // The server keeps such paths out; a client that writes files looks for itself.
        for (const std::string_view part : split(path, '/')) {
            if (part == ".." || part.empty())
                return fail(Code::invalid,
                            "the server sent a path that leaves the folder: " + quoted(path));
        }
        std::string encoded;
        for (const std::string_view part : split(path, '/'))
            encoded += "/" + segment(std::string(part));
        TRY_ASSIGN(const std::string bytes, session.fetch(base + "/files" + encoded, kFileLimit));
        if (sha256_hex(bytes) != entry["digest"].text())
            return fail(Code::internal, "the bytes of " + quoted(path) + " arrived damaged");
        const std::string target = folder + "/" + path;
        TRY(files.make_directories(target.substr(0, target.rfind('/'))));
        TRY(write_local_file(target, bytes));
        progress.add(bytes.size());
    }
    if (session.json()) print_json(answer["version"]);
    return ok();
}

}  // namespace

void add_data(Noun& root) {
    struct Flags {
        std::string dataset, folder, message, version = "latest";
    };
    const auto flags = std::make_shared<Flags>();
    Noun data = root.noun("data", "Datasets and their versions");
    Verb push =
        data.verb("push", "Make a version of a folder's files", [flags](const Common& common) {
            return data_push(common, flags->dataset, flags->folder, flags->message);
        });
    push.positional("dataset", flags->dataset, "Name of the dataset").required();
    push.positional("folder", flags->folder, "Folder with its files").required();
    push.option("-m,--message", flags->message, "What it is");
    data.verb("list", "Datasets, or the versions of one",
              [flags](const Common& common) { return data_list(common, flags->dataset); })
        .positional("dataset", flags->dataset, "Name of the dataset");
    Verb get = data.verb("get", "Copy a version into a folder", [flags](const Common& common) {
        return data_get(common, flags->dataset, flags->version, flags->folder);
    });
    get.positional("dataset", flags->dataset, "Name of the dataset").required();
    get.positional("folder", flags->folder, "Where to").required();
    get.option("--version", flags->version, "Number of the version");
}

}  // namespace rondo::app::cli
