#include "platform/notify/attempt.h"

#include "base/bytes.h"
#include "base/text.h"
#include "platform/client/exchange.h"

namespace rondo::notify {
namespace {

// Text that a column takes, of bytes that a stranger sent; without our secrets, should it show
// them.
std::string as_text(std::string_view bytes, const std::vector<std::string>& secrets) {
    std::string out(bytes.substr(0, kAnswerKept));
    for (const std::string& secret : secrets) {
        for (size_t at = out.find(secret); !secret.empty() && at != out.npos; at = out.find(secret))
            out.replace(at, secret.size(), "(secret)");
    }
    // A character that was cut in the middle goes.
    for (int i = 0; i < 3 && !out.empty() && !is_storable_text(out); ++i) {
        const bool last = (static_cast<unsigned char>(out.back()) & 0x80) != 0;
        if (!last) break;
        out.pop_back();
    }
    if (!is_storable_text(out)) {
        for (char& c : out) {
            if (static_cast<unsigned char>(c) >= 0x7f || c == '\0') c = '?';
        }
    }
    return out;
}

std::string problem_of(const client::Response& response) {
    std::string out = "answered " + std::to_string(response.status);
    if (response.status >= 300 && response.status < 400)
        out += ": redirects are not followed; change the URL of the webhook";
    if (response.status == 410) out += ": gone for good";
    return out;
}

}  // namespace

Outcome attempt(Env& env, client::Client& http, const Service::Letter& letter,
                const std::shared_ptr<const client::EgressPolicy>& egress,
                const std::shared_ptr<client::Cancel>& cancel) {
    client::Request request;
    request.method = "POST";
    request.url = letter.url;
    request.headers = letter.form.headers;
    request.headers.emplace_back("content-type", letter.form.content_type);
    request.headers.emplace_back("user-agent", "rondo-webhook");
    request.body = letter.form.body;
    request.limit = kAnswerMost;
    request.timeouts = kTimeouts;
    request.egress = egress;
    request.cancel = cancel;

    int taken_with = 0;
    std::string body;
    size_t read = 0;
    client::Streams streams;
    streams.head = [&](const client::Response& head) {
        taken_with = head.status;
        return ok();
    };
    streams.sink = [&](std::string_view piece) -> Status {
        read += piece.size();
        if (body.size() < kAnswerKept) body.append(piece.substr(0, kAnswerKept - body.size()));
        if (read > kAnswerRead) return fail(Code::too_large, "enough of this answer");
        return ok();
    };

    const Micros begun = env.steady();
    const auto response = http.send(request, streams);
    Outcome out;
    out.latency = env.steady() - begun;
    if (taken_with != 0) {
        out.status = taken_with;
        out.answer = as_text(body, letter.secrets);
        return out;
    }
    if (!response) {
        out.cancelled = response.error().code == Code::cancelled;
        out.problem = as_text(response.error().message, letter.secrets);
        return out;
    }
    out.status = response->status;
    out.answer = as_text(response->body, letter.secrets);
    if (response->status < 200 || response->status >= 300) out.problem = problem_of(*response);
    if (const auto header = response->header("retry-after"); !header.empty())
        out.wish = client::parse_retry_after(header, env.now());
    return out;
}

}  // namespace rondo::notify
