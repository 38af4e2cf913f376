#include "app/cli/commands.h"

namespace rondo::app::cli {
namespace {

using json::Value;

std::string aliases_of(const Value& model, int64_t version) {
    std::string out;
    for (const auto& alias : model["aliases"].list()) {
        if (alias["version"].text() == std::to_string(version))
            out += (out.empty() ? "" : ", ") + std::string(alias["alias"].text());
    }
    return out;
}

Status model_list(const Common& common) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer,
               session.get("/api/2.0/mlflow/registered-models/search?max_results=1000"));
    if (session.json()) {
        print_json(answer);
        return ok();
    }
    TablePrinter table({"NAME", "ALIASES"});
    for (const auto& model : answer["registered_models"].list()) {
        std::string aliases;
        for (const auto& alias : model["aliases"].list())
            aliases += (aliases.empty() ? "" : ", ") + std::string(alias["alias"].text()) + " -> " +
                       std::string(alias["version"].text());
        table.add({std::string(model["name"].text()), aliases});
    }
    table.print();
    return ok();
}

Status model_show(const Common& common, const std::string& name) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto model,
               session.get("/api/2.0/mlflow/registered-models/get?name=" + segment(name)));
    TRY_ASSIGN(const auto versions, session.get("/api/2.0/mlflow/model-versions/search?filter=" +
                                                segment("name='" + name + "'")));
    if (session.json()) {
        print_json(Value::Object{{"registered_model", model["registered_model"]},
                                 {"model_versions", versions["model_versions"]}});
        return ok();
    }
    TablePrinter table({"VERSION", "ALIASES", "STATUS", "RUN", "SOURCE"});
    for (const auto& v : versions["model_versions"].list()) {
        const std::string number(v["version"].text());
        table.add({number, aliases_of(model["registered_model"], std::atoll(number.c_str())),
                   std::string(v["status"].text()), std::string(v["run_id"].text()),
                   std::string(v["source"].text())});
    }
    table.print();
    return ok();
}

}  // namespace

void add_model(Noun& root) {
    Noun model = root.noun("model", "Registered models");
    const auto name = std::make_shared<std::string>();
    model.verb("list", "All models and their aliases", model_list);
    model
        .verb("show", "The versions of a model",
              [name](const Common& common) { return model_show(common, *name); })
        .positional("name", *name, "Name of the model")
        .required();
}

}  // namespace rondo::app::cli
