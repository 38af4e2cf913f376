// A meta.yaml of MLflow's: a map of fields. Scalars are read as the text they are, because a digest
// such as 12e4 is one that YAML's newer rules take for a number. Errors name the file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "platform/json/value.h"

namespace rondo::move {

class MetaFile {
  public:
    static Result<MetaFile> read(Env& env, const std::string& path);

    // Empty when there is none.
    std::string text(const char* field) const { return optional(field).value_or(""); }
    std::optional<std::string> optional(const char* field) const;
    // A whole number that is not negative, and has to be there.
    Result<int64_t> id(const char* field) const;
    Result<std::optional<int64_t>> integer(const char* field) const;
    Result<int64_t> integer_or(const char* field, int64_t otherwise) const;
    // A map of texts.
    std::vector<std::pair<std::string, std::string>> pairs(const char* field) const;

    std::unexpected<Error> broken(const std::string& why) const;

  private:
    MetaFile(std::string path, json::Value value)
        : path_(std::move(path)), value_(std::move(value)) {}

    std::string path_;
    json::Value value_;
};

}  // namespace rondo::move
