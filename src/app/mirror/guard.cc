#include "app/mirror/guard.h"

namespace rondo::app::mirror {

Task<Result<int64_t>> Guard::permit(const rpc::Permission& permission, net::Request& request,
                                    std::vector<rpc::NamedObject> objects) {
    if (request.chosen == nullptr)
        co_return co_await gate_.permit(permission, request, std::move(objects));
    std::vector<Named> named;
    for (rpc::NamedObject& object : objects)
        named.push_back({std::string(object.kind), std::move(object.id)});
    const net::Chosen* const chosen = request.chosen.get();
    auto found = co_await missing(std::move(named));
    if (!found.empty()) missing_[chosen] = std::move(found);
    co_return 0;
}

std::vector<std::string> Guard::take_missing(const net::Chosen* chosen) {
    const auto found = missing_.extract(chosen);
    return found.empty() ? std::vector<std::string>{} : std::move(found.mapped());
}

Task<std::vector<std::string>> Guard::missing(std::vector<Named> named) {
    if (named.empty()) co_return std::vector<std::string>{};
    auto found = co_await db_.read(
        [this, named = std::move(named)](store::Tx& tx) -> Result<std::vector<std::string>> {
            std::vector<std::string> out;
            for (const Named& one : named) {
                const auto resolver = resolvers_.find(one.kind);
                if (resolver == resolvers_.end()) continue;
                TRY_ASSIGN(const auto object, resolver->second(tx, one.id));
                if (!object) out.push_back(one.kind + " " + one.id);
            }
            return out;
        });
    co_return found ? std::move(*found) : std::vector<std::string>{};
}

}  // namespace rondo::app::mirror
