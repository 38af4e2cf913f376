// The files of runs and logged models. Synchronous, over a transaction; paths have passed
// clean_path. Costs an index seek per file, and one per sub-folder when listing.
#pragma once

#include "base/env.h"
#include "domain/artifacts/model.h"
#include "platform/blob/blob.h"
#include "platform/store/tx.h"

namespace rondo::artifacts {

class Service {
  public:
    Service(Env& env, int64_t workspace_id) : env_(env), workspace_id_(workspace_id) {}

    // Names stored bytes. The last of two writers on one name wins as a whole. Fails with
    // Code::conflict when the path is a folder, or goes through a file.
    Status put(store::Tx& tx, const std::string& path, const blob::Stored& stored) const;

    Result<std::optional<File>> find(store::Tx& tx, const std::string& path) const;
    // Code::not_found names the path and says whether it is a folder.
    Result<File> get(store::Tx& tx, const std::string& path) const;

    // The entries of a folder in byte order, each with its name only; of a file: nothing. Fails
    // beyond kMaxEntries.
    static constexpr size_t kMaxEntries = 50'000;
    Result<std::vector<Entry>> list(store::Tx& tx, const std::string& folder) const;
    // All files below a folder whose path is greater than `after`, in byte order.
    Result<std::vector<File>> walk(store::Tx& tx, const std::string& folder,
                                   const std::string& after, int64_t limit) const;

    // Removes a file, or up to kRemoveSlice files of a folder; the number removed. Callers repeat
    // until less than a slice was removed.
    static constexpr int64_t kRemoveSlice = 1000;
    Result<int64_t> remove(store::Tx& tx, const std::string& path) const;

  private:
    Env& env_;
    int64_t workspace_id_;
};

}  // namespace rondo::artifacts
