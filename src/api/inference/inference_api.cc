#include "api/inference/inference_api.h"

#include "api/inference/decode.h"
#include "api/inference/encode.h"
#include "base/text.h"

namespace rondo::api {
namespace {

constexpr rpc::Permission kInvoke{"invoke_endpoint", rpc::Reach::invoke, "endpoint", "name"};
constexpr size_t kMaxUnitBytes = 512;

// What the caller says beside the features: headers, or the parameters of a v2 request.
Result<serving::Labels> labels_of(const net::Request& request, std::string_view unit,
                                  std::string_view event_time) {
    serving::Labels labels;
    labels.unit = unit.empty() ? request.headers.get("x-rondo-unit-id") : unit;
    if (labels.unit.size() > kMaxUnitBytes)
        return fail(Code::invalid, "a unit id has at most 512 bytes", "unit_id");
    const std::string_view text =
        event_time.empty() ? request.headers.get("x-rondo-event-time") : event_time;
    if (!text.empty()) {
        auto time = parse_time(text);
        if (!time) return fail(Code::invalid, time.error().message, "event_time");
        labels.event_time = *time;
    }
    return labels;
}

net::Response answer(std::string body, const serving::Served& served) {
    net::Response response;
    response.body = std::move(body);
    response.header("x-rondo-model-version", std::to_string(served.version));
    if (served.prediction_ids.size() == 1)
        response.header("x-rondo-prediction-id", served.prediction_ids[0]);
    if (served.late) response.header("x-rondo-late", "true");
    return response;
}

bool is_type(std::string_view header, std::string_view type) {
    return equals_ignoring_case(trim(header.substr(0, header.find(';'))), type);
}

std::unexpected<Error> unknown(const std::string& endpoint) {
    return fail(Code::not_found,
                "no endpoint " + quoted(endpoint) + "; create it with `rondo endpoint apply`");
}

net::Response json_response(std::string body, int status = 200) {
    net::Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

}  // namespace

std::vector<rpc::Row> InferenceApi::invocation_rows() {
    using rpc::post;
    std::vector<rpc::Row> rows;
    rows.push_back(post<&InferenceApi::invoke>("/endpoints/{name}/invocations", kInvoke,
                                               "Predict: MLflow's scoring JSON or CSV")
                       .takes(rpc::BodyKind::raw, inference::kBodyLimit));
    return rows;
}

std::vector<rpc::Row> InferenceApi::v2_rows() {
    using rpc::get;
    using rpc::kOpen;
    using rpc::post;
    std::vector<rpc::Row> rows{
        get<&InferenceApi::server_metadata>("/v2", kOpen, "Name and version of the server"),
        get<&InferenceApi::live>("/v2/health/live", kOpen, "Whether the server runs"),
        get<&InferenceApi::ready>("/v2/health/ready", kOpen, "Whether it takes requests"),
        get<&InferenceApi::model_metadata>("/v2/models/{name}", kInvoke,
                                           "Inputs and outputs of an endpoint"),
        get<&InferenceApi::model_metadata>("/v2/models/{name}/versions/{version}", kInvoke,
                                           "Inputs and outputs of an endpoint"),
        get<&InferenceApi::model_ready>("/v2/models/{name}/ready", kInvoke,
                                        "Whether an endpoint has a model"),
        get<&InferenceApi::model_ready>("/v2/models/{name}/versions/{version}/ready", kInvoke,
                                        "Whether an endpoint has a model")};
    for (const char* path :
         {"/v2/models/{name}/infer", "/v2/models/{name}/versions/{version}/infer"})
        rows.push_back(post<&InferenceApi::infer>(path, kInvoke, "Predict: tensors as JSON")
                           .takes(rpc::BodyKind::raw, inference::kBodyLimit));
    return rows;
}

Result<InferenceApi::Ready> InferenceApi::find(const std::string& name) const {
    const auto endpoint = endpoints_.find(name);
    if (!endpoint) return unknown(name);
    auto front = endpoint->front();
    if (!front)
        return fail(Code::unavailable, "endpoint " + quoted(name) +
                                           " has no model yet: " + endpoint->row().spec.model +
                                           " names no version that loads; `rondo endpoint "
                                           "show " +
                                           name + "` says why");
    return Ready{endpoint, std::move(front)};
}

Task<Result<net::Response>> InferenceApi::invoke(Named named, rpc::Context context) {
    net::Request& request = *context.request;
    CO_TRY_ASSIGN(const Ready ready, find(named.name));
    CO_TRY_ASSIGN(auto labels, labels_of(request, {}, {}));
    const std::string_view type = request.headers.get("content-type");
    Result<serving::Frame> frame = std::unexpected(Error{});
    if (is_type(type, "application/json")) {
        frame = inference::decode_invocations(request.body, *ready.front);
    } else if (is_type(type, "text/csv")) {
        frame = inference::decode_csv(std::move(request.body), *ready.front);
    } else {
        net::Response response = rpc::error_response(
            rpc::Style::mlflow, {Code::invalid,
                                 "This predictor only supports the content types "
                                 "application/json and text/csv"});
        response.status = 415;
        co_return response;
    }
    CO_TRY(frame);
    CO_TRY_ASSIGN(const auto served, co_await ready.endpoint->predict(
                                         std::make_shared<const serving::Frame>(std::move(*frame)),
                                         std::move(labels)));
    co_return answer(inference::encode_invocations(served), served);
}

Task<Result<net::Response>> InferenceApi::infer(Named named, rpc::Context context) {
    net::Request& request = *context.request;
    CO_TRY_ASSIGN(const Ready ready, find(named.name));
    const std::string_view type = request.headers.get("content-type");
    if (!type.empty() && !is_type(type, "application/json"))
        co_return fail(Code::invalid,
                       "the body has to be sent as content-type: application/json; "
                       "binary tensors are not offered");
    CO_TRY_ASSIGN(auto decoded, inference::decode_v2(request.body, *ready.front));
    for (const std::string& output : decoded.outputs) {
        if (output != "predictions")
            co_return fail(Code::invalid, "no output " + quoted(output) +
                                              "; there is one: "
                                              "'predictions'");
    }
    CO_TRY_ASSIGN(auto labels, labels_of(request, decoded.unit_id, decoded.event_time));
    CO_TRY_ASSIGN(
        const auto served,
        co_await ready.endpoint->predict(
            std::make_shared<const serving::Frame>(std::move(decoded.frame)), std::move(labels)));
    co_return answer(inference::encode_v2(served, named.name, decoded.id), served);
}

Result<net::Response> InferenceApi::server_metadata(rpc::None, rpc::Context) {
    return json_response(R"({"name":"rondo","version":"2","extensions":[]})");
}

Result<net::Response> InferenceApi::live(rpc::None, rpc::Context) {
    return json_response(R"({"live":true})");
}

Result<net::Response> InferenceApi::ready(rpc::None, rpc::Context) {
    return json_response(R"({"ready":true,"live":true})");
}

Result<net::Response> InferenceApi::model_metadata(Named named, rpc::Context) {
    TRY_ASSIGN(const Ready ready, find(named.name));
    const serving::ModelDescription& model = *ready.front;
    const auto table = ready.endpoint->routes();
    std::string body = R"({"name":)";
    append_json_string(body, named.name);
    body += R"(,"versions":[")" + std::to_string(table->routes.back().route.champion) +
            R"("],"platform":)";
    append_json_string(body, "rondo " + table->routes.back().champion->kind());
    body += R"(,"inputs":[)";
    bool first = true;
    for (const auto& column : model.inputs.columns) {
        if (!first) body += ',';
        first = false;
        body += R"({"name":)";
        append_json_string(body, column.name);
        body += R"(,"datatype":")" + std::string(inference::datatype_of(column.type)) +
                R"(","shape":[-1]})";
    }
    const serving::Engine::Output output = table->routes.back().champion->output();
    body += R"(],"outputs":[{"name":"predictions","datatype":")" +
            std::string(inference::datatype_of(output.type)) + R"(","shape":[-1)";
    if (output.width > 1) body += "," + std::to_string(output.width);
    body += "]}]}";
    return json_response(std::move(body));
}

Result<net::Response> InferenceApi::model_ready(Named named, rpc::Context) {
    const auto endpoint = endpoints_.find(named.name);
    if (!endpoint) return unknown(named.name);
    const bool ready = endpoint->front() != nullptr;
    std::string body = R"({"name":)";
    append_json_string(body, named.name);
    body += ready ? R"(,"ready":true})" : R"(,"ready":false})";
    return json_response(std::move(body), ready ? 200 : 503);
}

}  // namespace rondo::api
