// Where things are imported to: our database, or a moment of it that is only looked at. Blocks; one
// thread.
#pragma once

#include "platform/store/database.h"
#include "platform/store/snapshot.h"

namespace rondo::move {

class Target {
  public:
    explicit Target(store::Database& db) : db_(&db) {}
    // Everything is read, and nothing written: a dry run.
    explicit Target(store::Snapshot& snapshot) : snapshot_(&snapshot) {}

    bool dry() const { return db_ == nullptr; }
    std::string engine() const {
        return db_ == nullptr ? snapshot_->engine() : db_->health().engine;
    }

    template <class F>
    std::invoke_result_t<F&, store::Tx&> read(F fn) {
        return db_ == nullptr ? fn(snapshot_->tx()) : db_->read_now(std::move(fn));
    }
    // Survives kill -9; commit() makes what was written before it survive a power cut.
    template <class F>
    Status write(F fn) {
        return db_ == nullptr ? ok() : db_->write_now(store::Durability::normal, std::move(fn));
    }
    Status commit() {
        if (db_ == nullptr) return ok();
        return db_->write_now(store::Durability::full, [](store::Tx& tx) -> Status {
            // A change that takes itself back, so that there is something to commit.
            TRY(
                tx.exec("INSERT INTO leases (name, owner, fence, expires_at) "
                        "VALUES ('move', '', 0, 0) ON CONFLICT (name) DO NOTHING"));
            TRY(tx.exec("DELETE FROM leases WHERE name = 'move'"));
            return ok();
        });
    }

  private:
    store::Database* db_ = nullptr;
    store::Snapshot* snapshot_ = nullptr;
};

}  // namespace rondo::move
