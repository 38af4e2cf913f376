// Lines of a backup's table, as a damaged or hostile one may hold them: never a crash, and what is
// taken binds one value a column.
#include <cstdint>

#include "base/check.h"
#include "platform/store/bulk.h"
#include "platform/store/snapshot.h"

namespace {

using namespace rondo;
using namespace rondo::store;

class Sink final : public Tx {
  public:
    Result<int64_t> run(std::string_view, std::span<const Arg>, const RowVisitor*) override {
        return 0;
    }
    Result<int64_t> insert(std::string_view, const Rows& rows, std::string_view) override {
        CHECK(rows.values().size() % 4 == 0, "a row is incomplete");
        size_t sum = 0;
        for (const Arg& arg : rows.values()) {
            if (const auto* text = std::get_if<std::string_view>(&arg)) {
                for (const char c : *text) sum += static_cast<uint8_t>(c);
            }
        }
        return static_cast<int64_t>(sum & 1);
    }
    void after_commit(std::move_only_function<void()>) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const Table table{"t",
                             {{"i", ColumnKind::integer},
                              {"r", ColumnKind::real},
                              {"t", ColumnKind::text},
                              {"b", ColumnKind::blob}},
                             {"i"}};
    Sink sink;
    RowLoader loader(sink, table);
    std::string_view text(reinterpret_cast<const char*>(data), size);
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        if (!loader.add(text.substr(0, end))) return 0;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    (void)loader.finish();
    return 0;
}
