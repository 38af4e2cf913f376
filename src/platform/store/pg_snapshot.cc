// A moment of a PostgreSQL database (snapshot.h).
#include "platform/store/pg_session.h"
#include "platform/store/snapshot.h"

namespace rondo::store {
namespace {

// Rows that a snapshot fetches at once.
constexpr std::string_view kFetch = "FETCH 2000 FROM rondo_rows";

class PostgresSnapshot final : public Snapshot {
  public:
    PostgresSnapshot(const Libpq& pq, const std::string& url) : session_(pq, url) {}
    Status begin() {
        TRY(session_.connect());
        session_.begin(PgSession::Kind::snapshot, Durability::normal);
        TRY(session_.one<int64_t>("SELECT count(*) FROM pg_class WHERE relname = $1",
                                  "schema_migrations"));
        return ok();
    }
    std::string engine() const override { return "postgresql"; }
    Tx& tx() override { return session_; }
    Status stream(std::string_view sql, std::span<const Arg> args,
                  const RowVisitor& visit) override {
        TRY(session_.run("DECLARE rondo_rows NO SCROLL CURSOR FOR " + std::string(sql), args,
                         nullptr));
        int64_t rows = 1;
        bool wanted = true;
        while (rows > 0 && wanted) {
            rows = 0;
            TRY(session_.each(kFetch, [&](const Row& row) {
                ++rows;
                return wanted = visit(row);
            }));
        }
        TRY(session_.exec("CLOSE rondo_rows"));
        return ok();
    }

  private:
    PgSession session_;
};

}  // namespace

Result<std::unique_ptr<Snapshot>> open_postgres_snapshot(const std::string& url) {
    TRY_ASSIGN(const Libpq* const pq, libpq());
    auto snapshot = std::make_unique<PostgresSnapshot>(*pq, url);
    TRY(snapshot->begin());
    return snapshot;
}

}  // namespace rondo::store
