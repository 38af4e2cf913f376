// Use cases of datasets.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/env.h"
#include "domain/data/model.h"
#include "domain/holds/holds.h"
#include "platform/blob/blob.h"
#include "platform/events/events.h"

namespace rondo::data {

inline constexpr size_t kMaxFiles = 1'000'000;
inline constexpr size_t kMaxTreeBytes = size_t{256} << 20;

// A relative path that stays inside its tree on every system: no "..", no backslash, no drive, no
// control characters, at most 1,024 bytes (trust cases T1, T2).
Status check_path(std::string_view path);
// A dataset's name: letters, digits, '.', '_', '-', '/' between parts, at most 200 bytes.
Status check_name(std::string_view name);

// A tree in its canonical form, which is what its digest is of.
std::string write_tree(std::vector<Entry> entries);
Result<std::vector<Entry>> read_tree(std::string_view text);

class Service {
  public:
    Service(Env& env, const events::Events& events, blob::Store& blobs, holds::Terms terms = {})
        : env_(env), events_(events), blobs_(blobs), terms_(terms) {}

    struct NewVersion {
        std::string dataset;
        std::vector<Entry> entries;
        std::string message;
        std::optional<int64_t> parent;
        std::optional<int64_t> cause;  // event
    };
    // The tree of a version to be, after checks of names and that the workspace may read every
    // digest. Its bytes are stored before create_version is called: a transaction does not wait
    // for the place where blobs lie.
    Result<std::string> tree_of(store::Tx& tx, int64_t workspace_id, NewVersion request) const;
    // Checks the same again, and that the stored tree is the version's.
    Result<Version> create_version(store::Tx& tx, int64_t workspace_id, NewVersion request,
                                   const blob::Stored& tree) const;

    // number 0: the latest.
    Result<Version> get_version(store::Tx& tx, int64_t workspace_id, const std::string& dataset,
                                int64_t number) const;
    Result<std::vector<Entry>> entries(const Version& version) const;
    // Which of the digests the workspace may already build on. They are held from now on, so that
    // they are there when the version comes: writes; a call takes some hundred digests at most.
    Result<std::vector<std::string>> known(store::Tx& tx, int64_t workspace_id,
                                           std::span<const std::string> digests) const;

  private:
    // Checks the request and fills in the sizes of its entries, in the order of their paths.
    Result<NewVersion> complete(store::Tx& tx, int64_t workspace_id, NewVersion request) const;

    Env& env_;
    const events::Events& events_;
    blob::Store& blobs_;
    holds::Terms terms_;
};

}  // namespace rondo::data
