#include "platform/rpc/service.h"

#include <set>

#include "platform/rpc/grpc.h"
#include "platform/rpc/testing.h"

#include <doctest/doctest.h>

namespace rondo::rpc {
namespace {

using testing::Ask;

struct Label {
    std::string id, text;
    int64_t count = 1;
    std::vector<std::string> tags;
    static constexpr auto fields =
        std::tuple{json::field("id", &Label::id, "Whose"),
                   json::field("text", &Label::text, "What", json::required),
                   json::field("count", &Label::count, "How often"),
                   json::field("tags", &Label::tags, "More")};
};

constexpr ObjectField kTags[]{{"tag", "tags", Reach::read}};
constexpr Permission kRead{"read", Reach::read, "label", "id", kTags};
constexpr Permission kOperate{"operate", Reach::operate, "", ""};

class Api {
  public:
    std::vector<Row> rows() {
        return {get<&Api::echo>("/labels/{id}", kRead, "One label"),
                post<&Api::echo>("/labels/{id}", kRead, "Say it"),
                put<&Api::later>("/labels/{id}", kRead, "Say it later"),
                post<&Api::bytes>("/bytes/{id}", kRead, "Raw").takes(BodyKind::raw, 10),
                post<&Api::start>("/start", kOperate, "Runs code"),
                get<&Api::fails>("/fails", kOpen, "Cannot")};
    }
    Result<Label> echo(Label label, Context) { return label; }
    Task<Result<Label>> later(Label label, Context) { co_return label; }
    Result<net::Response> bytes(Label label, Context context) {
        net::Response response;
        response.body = label.id + ":" + context.request->body;
        return response;
    }
    Result<None> start(None, Context) { return None{}; }
    Result<None> fails(None, Context) { return fail(Code::unavailable, "down; try later"); }
};

class Grpc {
  public:
    std::vector<Row> rows() { return {grpc<&Grpc::call>("/x.Y/Call", kOpen, "Twice", 10)}; }
    Result<std::string> call(std::string message, Context) {
        if (message == "fail") return fail(Code::conflict, "not now");
        return message + message;
    }
};

// Lets everybody do what does not run code, and notes what it is asked.
class TestGuard final : public Guard {
  public:
    Status admit(const Permission& permission, net::Request&) override {
        if (permission.reach != Reach::operate || lets_in) return ok();
        return fail(Code::unauthenticated, "who are you?");
    }
    bool asks(const Permission& permission, const net::Request&) const override {
        return permission.reach != Reach::open;
    }
    Task<Result<int64_t>> permit(const Permission&, net::Request&,
                                 std::vector<NamedObject> named) override {
        for (const NamedObject& object : named) {
            objects.push_back(std::string(object.kind) + " " + object.id);
            if (objects.back() == forbidden) co_return fail(Code::permission_denied, "not yours");
        }
        co_return 7;
    }
    Task<void> note_outcome(int64_t row, const net::Request&, const Error*) override {
        CHECK(row == 7);
        ++outcomes;
        co_return;
    }

    bool lets_in = false;
    std::string forbidden;
    std::vector<std::string> objects;
    int outcomes = 0;
};

struct Fixture {
    Api api;
    Grpc grpc_api;
    TestGuard guard;
    Service service{Border{{"models.example"}}, guard};
    Service mlflow{Border{{}}, guard};

    Fixture() {
        service.add(&api, Style::rondo, api.rows());
        service.add(&grpc_api, Style::grpc, grpc_api.rows());
        mlflow.add(&api, Style::mlflow, api.rows());
    }
    net::Response ask(const Ask& ask) { return testing::answer(service, ask); }
    net::Response post(std::string body, std::string target = "/labels/x",
                       std::string type = "application/json") {
        return ask({"POST", std::move(target), std::move(body), {{"content-type", type}}});
    }
};

std::string header(const net::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
        if (key == name) return value;
    return "";
}

TEST_CASE_FIXTURE(Fixture, "messages come from path, query and body") {
    CHECK(ask({.target = "/labels/a%20b?text=c+d&count=3&tags=e&tags=f"}).body ==
          R"({"id":"a b","text":"c d","count":3,"tags":["e","f"]})");
    CHECK(post(R"({"text":"c"})").body == R"({"id":"x","text":"c","count":1,"tags":[]})");
    // The path wins: nobody names one thing for the permission and another for the work.
    CHECK(post(R"({"text":"c","id":"other"})").body.starts_with(R"({"id":"x")"));
    CHECK(ask({.target = "/labels/x?text=c&id=other"}).body.starts_with(R"({"id":"x")"));
    CHECK(ask({"PUT", "/labels/x", R"({"text":"c"})", {{"content-type", "application/json"}}})
              .status == 200);
    CHECK(ask({"POST", "/bytes/x?text=t", "abc"}).body == "x:abc");
}

TEST_CASE_FIXTURE(Fixture, "refusals name the field") {
    const auto expect = [](const net::Response& response, std::string_view field) {
        CHECK(response.status == 400);
        CHECK_MESSAGE(
            response.body.find(R"("field":")" + std::string(field) + '"') != std::string::npos,
            response.body);
    };
    expect(post("{}"), "text");
    expect(post(""), "text");
    expect(post(R"({"text":1})"), "text");
    expect(post(R"({"text":"a","count":"x"})"), "count");
    expect(post(R"({"text":"a","tags":[1]})"), "tags[0]");
    expect(post(R"({"text":"a","other":1})"), "other");
    expect(ask({.target = "/labels/x"}), "text");
    expect(ask({.target = "/labels/x?text=a&count=x"}), "count");
    expect(ask({.target = "/labels/x?text=a&other=1"}), "other");
    CHECK(post("{").status == 400);
    CHECK(ask({.target = "/labels/x?text=%zz"}).status == 400);
    CHECK(ask({.target = "/labels/%00?text=a"}).status == 400);
}

TEST_CASE_FIXTURE(Fixture, "T25 bodies are JSON and say so") {
    CHECK(post(R"({"text":"a"})", "/labels/x", "Application/JSON; charset=utf-8").status == 200);
    for (const char* type :
         {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
          "application/jsonx", "text/plain;application/json"})
        CHECK_MESSAGE(post(R"({"text":"a"})", "/labels/x", type).status == 400, type);
}

TEST_CASE_FIXTURE(Fixture, "MLflow's habits") {
    const auto ask_mlflow = [&](std::string body) {
        return testing::answer(
            mlflow, {"POST", "/labels/x", std::move(body), {{"content-type", "application/json"}}});
    };
    CHECK(ask_mlflow(R"({"text":"a","other":1})").body == R"({"id":"x","text":"a","count":1})");
    CHECK(ask_mlflow(R"("{\"text\":\"a\"}")").status == 200);  // JSON in a JSON string
    CHECK(ask_mlflow("{}").body ==
          R"({"error_code":"INVALID_PARAMETER_VALUE","message":"Missing value for required )"
          R"(parameter 'text'. See the API docs for more information about request parameters."})");
    const auto unknown = testing::answer(mlflow, {.target = "/api/2.0/mlflow/none"});
    CHECK(unknown.status == 404);
    CHECK(unknown.body.find("ENDPOINT_NOT_FOUND") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "paths and verbs that are not there") {
    CHECK(ask({.target = "/none"}).status == 404);
    const auto response = ask({"DELETE", "/labels/x"});
    CHECK(response.status == 405);
    CHECK(header(response, "allow") == "GET, HEAD, POST, PUT");
    CHECK(ask({"HEAD", "/labels/x?text=a"}).status == 200);
    CHECK(ask({.target = "/v2/none"}).body.starts_with(R"({"error":")"));
}

TEST_CASE_FIXTURE(Fixture, "the guard is asked before the body, and about the objects") {
    const auto start = ask({"POST", "/start"});
    CHECK(start.status == 401);
    CHECK(header(start, "www-authenticate") == "Bearer");
    CHECK(ask({"GET", "/start"}).status == 405);
    guard.lets_in = true;
    CHECK(ask({"POST", "/start"}).status == 200);
    guard.objects.clear();
    CHECK(ask({.target = "/labels/a%20b?text=c&tags=e&tags=f"}).status == 200);
    CHECK(guard.objects == std::vector<std::string>{"label a b", "tag e", "tag f"});
    CHECK(guard.outcomes == 2);
    guard.forbidden = "label x";
    CHECK(post(R"({"text":"a"})").status == 403);
    CHECK(guard.outcomes == 2);
}

TEST_CASE_FIXTURE(Fixture, "T24 T25 the border comes first") {
    const auto status = [&](std::vector<std::pair<std::string, std::string>> headers) {
        return ask({.target = "/none", .headers = std::move(headers)}).status;
    };
    CHECK(status({{"host", "MODELS.example:1"}}) == 404);
    CHECK(status({{"host", "evil.example"}}) == 403);
    CHECK(status({{"host", "localhost:1:2"}}) == 403);
    CHECK(status({{"origin", "http://localhost"}}) == 404);
    CHECK(status({{"origin", "http://localhost:1"}}) == 403);
    CHECK(status({{"sec-fetch-site", "same-site"}}) == 403);
}

TEST_CASE_FIXTURE(Fixture, "gRPC methods") {
    const auto call = [&](std::string message, std::string type = "application/grpc") {
        return ask({"POST", "/x.Y/Call", net::grpc_frame(message), {{"content-type", type}}});
    };
    const auto grpc_status = [](const net::Response& response) {
        return response.trailers.empty() ? "" : response.trailers[0].second;
    };
    CHECK(call("abc").body == net::grpc_frame("abcabc"));
    CHECK(grpc_status(call("abc")) == "0");
    CHECK(grpc_status(call("fail")) == "9");
    CHECK(call("fail").status == 409);
    CHECK(grpc_status(call("12345678901")) == "8");
    CHECK(call("abc", "application/json").status == 400);
    CHECK(call("abc", "application/json").trailers.empty());
    CHECK(grpc_status(ask({"POST", "/x.Y/None", "", {{"content-type", "application/grpc"}}})) ==
          "12");
    CHECK(service.openapi("1").find("x.Y") == std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "what is counted") {
    (void)post(R"({"text":"a"})");
    (void)post("{}");
    (void)ask({.target = "/fails"});
    CHECK(header(ask({.target = "/fails"}), "retry-after") == "1");
    std::string out;
    service.write_metrics(out);
    for (const char* line :
         {"rondo_requests_total{verb=\"POST\",route=\"/labels/{id}\",status=\"2xx\"} 1\n",
          "rondo_requests_total{verb=\"POST\",route=\"/labels/{id}\",status=\"4xx\"} 1\n",
          "rondo_requests_total{verb=\"GET\",route=\"/fails\",status=\"5xx\"} 2\n",
          "le=\"5e-04\"} 2\n", "le=\"+Inf\"} 2\n"})
        CHECK_MESSAGE(out.find(line) != std::string::npos, line << out);
}

TEST_CASE("every error code has its row") {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(Code::internal); ++i) {
        const auto code = static_cast<Code>(i);
        const ErrorKind& kind = kind_of(code);
        CHECK(kind.code == code);
        CHECK(kind.http >= 400);
        CHECK((kind.grpc > 0 && kind.grpc <= 16));
        names.insert(name_of(code));
        for (const Style style : {Style::rondo, Style::mlflow, Style::oip, Style::grpc}) {
            const auto response = error_response(style, {code, "a \"text\"\n", "field"});
            CHECK(response.status >= 400);
            CHECK((style == Style::grpc) == response.body.empty());
        }
    }
    CHECK(names.size() == static_cast<size_t>(Code::internal) + 1);
}

}  // namespace
}  // namespace rondo::rpc
