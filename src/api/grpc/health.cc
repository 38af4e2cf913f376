#include "api/grpc/health.h"

#include "base/text.h"
#include "platform/async/signal.h"

namespace rondo::api {
namespace {

constexpr Micros kLookAgain{500'000};

// A varint of protobuf off the front of the bytes.
Result<uint64_t> take_varint(std::string_view& bytes) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
        const auto byte = static_cast<uint8_t>(bytes[0]);
        bytes.remove_prefix(1);
        value |= static_cast<uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    return fail(Code::invalid, "the message is not a HealthCheckRequest");
}

// HealthCheckRequest { string service = 1; }, skipping fields of later versions.
Result<std::string> service_name(std::string_view bytes) {
    std::string name;
    while (!bytes.empty()) {
        TRY_ASSIGN(const uint64_t key, take_varint(bytes));
        uint64_t size = 0;
        switch (key & 7) {
            case 0:
                TRY(take_varint(bytes));
                continue;
            case 1:
                size = 8;
                break;
            case 2: {
                TRY_ASSIGN(size, take_varint(bytes));
                break;
            }
            case 5:
                size = 4;
                break;
            default:
                size = UINT64_MAX;
        }
        if (size > bytes.size())
            return fail(Code::invalid, "the message is not a HealthCheckRequest");
        if (key == (1 << 3 | 2)) name = bytes.substr(0, size);
        bytes.remove_prefix(size);
    }
    return name;
}

}  // namespace

class HealthApi::Watcher final : public net::BodyProducer {
  public:
    Watcher(const HealthApi& api, std::string service_name)
        : api_(api), known_(api.knows(service_name)) {}

    Task<Result<std::string>> next() override {
        while (true) {
            const Serving now = known_ ? api_.status() : Serving::service_unknown;
            if (now != last_) {
                last_ = now;
                co_return net::grpc_frame(encode(now));
            }
            if (cancelled_) co_return std::string();
            co_await cancel_.wait_for(kLookAgain);
        }
    }
    void cancel() override {
        cancelled_ = true;
        cancel_.raise();
    }

  private:
    const HealthApi& api_;
    bool known_;
    std::optional<Serving> last_;
    bool cancelled_ = false;
    Signal cancel_;
};

std::vector<rpc::Row> HealthApi::rows() {
    return {
        rpc::grpc<&HealthApi::check>("/grpc.health.v1.Health/Check", rpc::kOpen,
                                     "Whether the server, or one service of it, serves"),
        rpc::grpc<&HealthApi::watch>("/grpc.health.v1.Health/Watch", rpc::kOpen,
                                     "The same, now and after each change"),
    };
}

Result<std::string> HealthApi::check(std::string request, rpc::Context) {
    TRY_ASSIGN(const std::string name, service_name(request));
    if (!knows(name)) return fail(Code::not_found, "no service is called " + quoted(name));
    return encode(status());
}

Result<std::unique_ptr<net::BodyProducer>> HealthApi::watch(std::string request, rpc::Context) {
    TRY_ASSIGN(std::string name, service_name(request));
    return std::make_unique<Watcher>(*this, std::move(name));
}

bool HealthApi::knows(std::string_view service_name) const {
    if (service_name.empty()) return true;
    const std::string prefix = "/" + std::string(service_name) + "/";
    return std::ranges::any_of(service_.rows(), [&](const auto& row) {
        return row->style == rpc::Style::grpc && row->path.starts_with(prefix);
    });
}

// HealthCheckResponse { ServingStatus status = 1; }
std::string HealthApi::encode(Serving serving) { return {'\x08', static_cast<char>(serving)}; }

}  // namespace rondo::api
