// Direct uploads into a bucket (direct.h). The truth about one lies in the bucket alone:
//   an upload in parts of uploads/<name>   under way
//   uploads/<name>                         put together, digest not known yet
//   uploads/<name>.done                    copied to its place; holds digest and size
#pragma once

#include "platform/blob/direct.h"
#include "platform/blob/s3_bucket.h"

namespace rondo::blob {

class S3DirectUploads final : public DirectUploads {
  public:
    // All outlive the object. `before` is the store's.
    S3DirectUploads(Env& env, Bucket& bucket, const BeforeCommit& before)
        : env_(env), bucket_(bucket), before_(before) {}

    Result<Begun> begin(int parts) override;
    Result<Stored> complete(const std::string& id, const std::vector<std::string>& tags,
                            uint64_t limit) override;
    Status abort(const std::string& id) override;
    Result<int> clear() override;

  private:
    struct Place {
        std::string key, upload;
    };
    static Result<Place> place_of(const std::string& id);
    // What was noted when the upload was done; Code::not_found before.
    Result<Stored> noted(const Place& place);
    Result<Stored> finish(const Place& place, const std::vector<std::string>& tags, uint64_t limit);
    // Of the object that was put together.
    Result<Stored> read_digest(const Place& place, uint64_t limit);

    Env& env_;
    Bucket& bucket_;
    const BeforeCommit& before_;
};

}  // namespace rondo::blob
