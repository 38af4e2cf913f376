#include "app/cli/commands.h"
#include "base/text.h"

namespace rondo::app::cli {
namespace {

using json::Value;

// What a definition file says its endpoint is, and its text.
struct Definition {
    std::string name, text;
};
Result<Definition> read_definition(const std::string& file, const char* field) {
    TRY_ASSIGN(std::string text, read_local_file(file));
    TRY_ASSIGN(const Value parsed, json::parse_yaml(text));
    if (parsed[field].text().empty())
        return fail(Code::invalid, quoted(file) + " has no field '" + field + "'");
    return Definition{std::string(parsed[field].text()), std::move(text)};
}

// The state of the loop in a few words.
std::string state_of(const Value& status) {
    const Value& rollout = status["rollout"];
    if (!rollout.is_null())
        return std::string(rollout["state"].text()) == "watching"
                   ? "watching version " + std::to_string(rollout["candidate"].integer())
                   : "trying version " + std::to_string(rollout["candidate"].integer());
    const Value& open = status["latest_case"];
    if (!open.is_null() && open["state"].text() != "closed")
        return std::string(open["state"].text());
    return status["route"].is_null() ? "no model yet" : "quiet";
}

Status endpoint_apply(const Common& common, const std::string& file) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const Definition definition, read_definition(file, "name"));
    TRY_ASSIGN(const auto answer,
               session.send_raw("PUT", "/api/rondo/v1/endpoints/" + segment(definition.name),
                                definition.text, "application/yaml"));
    if (session.json())
        print_json(answer);
    else
        print_line("endpoint " + definition.name + " version " +
                   std::to_string(answer["spec_version"].integer()) + ": " + state_of(answer));
    return ok();
}

Status endpoint_policy(const Common& common, const std::string& file) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const Definition definition, read_definition(file, "endpoint"));
    TRY_ASSIGN(
        const auto answer,
        session.send_raw("PUT", "/api/rondo/v1/endpoints/" + segment(definition.name) + "/policy",
                         definition.text, "application/yaml"));
    if (session.json())
        print_json(answer);
    else
        print_line("policy of " + definition.name + " version " +
                   std::to_string(answer["version"].integer()));
    return ok();
}

Status endpoint_list(const Common& common) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer, session.get("/api/rondo/v1/endpoints"));
    if (session.json()) {
        print_json(answer);
        return ok();
    }
    TablePrinter table({"NAME", "MODEL", "CHAMPION", "STATE", "SETTLED", "ANSWERED", "LOST"});
    for (const auto& e : answer["endpoints"].list()) {
        const int64_t answered =
            e["champion"]["answered"].integer() + e["candidate"]["answered"].integer();
        const int64_t lost = e["champion"]["lost"].integer() + e["candidate"]["lost"].integer();
        table.add({std::string(e["spec"]["name"].text()), std::string(e["spec"]["model"].text()),
                   e["route"].is_null() ? "-" : std::to_string(e["route"]["champion"].integer()),
                   state_of(e), std::string(e["settled"].text()), std::to_string(answered),
                   std::to_string(lost)});
    }
    table.print();
    return ok();
}

Status endpoint_show(const Common& common, const std::string& name) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto e, session.get("/api/rondo/v1/endpoints/" + segment(name)));
    if (session.json()) {
        print_json(e);
        return ok();
    }
    print_line("endpoint " + name + ": " + state_of(e));
    print_line("  serves     " + std::string(e["spec"]["model"].text()) +
               (e["route"].is_null()
                    ? ""
                    : ", version " + std::to_string(e["route"]["champion"].integer()) + " by " +
                          std::string(e["engine"].text())));
    print_line("  settled    " + std::string(e["settled"].text()) +
               (e["waiting_for"].text().empty()
                    ? ""
                    : " (waiting: " + std::string(e["waiting_for"].text()) + ")"));
    for (const char* arm : {"champion", "candidate"})
        print_line("  " + std::string(arm) + (std::string(arm) == "champion" ? "   " : "  ") +
                   std::to_string(e[arm]["answered"].integer()) + " answered, " +
                   std::to_string(e[arm]["logged"].integer()) + " logged, " +
                   std::to_string(e[arm]["lost"].integer()) + " lost");
    print_line("  late " + std::to_string(e["late"].integer()) + ", repeated " +
               std::to_string(e["repeated"].integer()) + "; labels late " +
               std::to_string(e["labels_late"].integer()) + ", contradictory " +
               std::to_string(e["labels_contradictory"].integer()) + ", unmatched " +
               std::to_string(e["labels_unmatched"].integer()));
    const Value& window = e["window"];
    if (!window.is_null()) {
        print_line("  window     " + std::string(window["first_day"].text()) + " to " +
                   std::string(window["last_day"].text()) + ": " +
                   std::string(window["reason"].text()));
        for (const auto& drift : window["drift"].list()) {
            if (drift["drifted"].boolean())
                print_line("             drift: " + std::string(drift["feature"].text()) + " " +
                           shown(drift["score"].number()) + " (matters above " +
                           shown(drift["threshold"].number()) + ")");
        }
    }
    return ok();
}

Status endpoint_retrain(const Common& common, const std::string& name) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer,
               session.send("POST", "/api/rondo/v1/endpoints/" + segment(name) + "/retrain",
                            Value::Object{}));
    if (session.json())
        print_json(answer);
    else
        print_line("case " + std::to_string(answer["case"].integer()) +
                   " opened; `rondo timeline " + name + "` shows how it goes");
    return ok();
}

Status endpoint_rollout(const Common& common, const std::string& name, int64_t version,
                        const std::string& spec_file) {
    TRY_ASSIGN(auto session, Session::open(common));
    Value::Object message{{"version", version}};
    if (!spec_file.empty()) {
        TRY_ASSIGN(const std::string text, read_local_file(spec_file));
        TRY_ASSIGN(Value spec, json::parse_yaml(text));
        message.emplace_back("spec", std::move(spec));
    }
    TRY_ASSIGN(const auto answer,
               session.send("POST", "/api/rondo/v1/endpoints/" + segment(name) + "/rollouts",
                            Value(message)));
    if (session.json())
        print_json(answer);
    else
        print_line("rollout " + std::to_string(answer["id"].integer()) + " of version " +
                   std::to_string(version) + " started");
    return ok();
}

Status endpoint_abort(const Common& common, const std::string& name, const std::string& reason) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer,
               session.send("POST", "/api/rondo/v1/endpoints/" + segment(name) + "/rollouts/abort",
                            Value::Object{{"reason", reason}}));
    if (session.json())
        print_json(answer);
    else
        print_line("rollout " + std::to_string(answer["id"].integer()) + " aborted; version " +
                   std::to_string(answer["champion"].integer()) + " answers");
    return ok();
}

}  // namespace

void add_endpoint(Noun& root) {
    struct Flags {
        std::string name, file, reason;
        int64_t model_version = 0;
    };
    const auto flags = std::make_shared<Flags>();
    Noun endpoint = root.noun("endpoint", "Endpoints: what is served and what runs by itself");
    endpoint
        .verb("apply", "Create or redefine an endpoint",
              [flags](const Common& common) { return endpoint_apply(common, flags->file); })
        .positional("file", flags->file, "Definition (YAML)")
        .required();
    endpoint
        .verb("policy", "Apply what runs by itself on an endpoint",
              [flags](const Common& common) { return endpoint_policy(common, flags->file); })
        .positional("file", flags->file, "Policy (YAML)")
        .required();
    endpoint.verb("list", "All endpoints", endpoint_list);
    endpoint
        .verb("show", "The state of an endpoint",
              [flags](const Common& common) { return endpoint_show(common, flags->name); })
        .positional("name", flags->name, "Name of the endpoint")
        .required();
    endpoint
        .verb("retrain", "Train, gate and roll out now",
              [flags](const Common& common) { return endpoint_retrain(common, flags->name); })
        .positional("name", flags->name, "Name of the endpoint")
        .required();
    Verb rollout = endpoint.verb(
        "rollout", "Try a model version, without a gate", [flags](const Common& common) {
            return endpoint_rollout(common, flags->name, flags->model_version, flags->file);
        });
    rollout.positional("name", flags->name, "Name of the endpoint").required();
    rollout.positional("model_version", flags->model_version, "Version of its model").required();
    rollout.option("--spec", flags->file, "Instead of the policy's rollout (YAML)");
    Verb abort = endpoint.verb("abort", "End the rollout under way", [flags](const Common& common) {
        return endpoint_abort(common, flags->name, flags->reason);
    });
    abort.positional("name", flags->name, "Name of the endpoint").required();
    abort.option("--reason", flags->reason, "Why, for the timeline").required();
}

}  // namespace rondo::app::cli
