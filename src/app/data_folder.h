// The data folder: everything a server keeps on local disk, and the secrets it made for itself.
//
//   token                 shown by the command line and local scripts; 0600
//   keys/                 app/keys.h
//   server_id             who this server is among others on the same database
//   rondo.db  blobs/  predictions/  work/
#pragma once

#include <memory>
#include <string>

#include "base/env.h"

namespace rondo::app {

class DataFolder {
  public:
    // Creates what is missing. Fails when another server holds the folder.
    static Result<std::unique_ptr<DataFolder>> open(Env& env, const std::string& path);
    ~DataFolder();
    DataFolder(const DataFolder&) = delete;
    DataFolder& operator=(const DataFolder&) = delete;

    const std::string& path() const { return path_; }  // absolute
    const std::string& token() const { return token_; }
    const std::string& server_id() const { return server_id_; }
    std::string file(const std::string& name) const { return path_ + "/" + name; }

  private:
    DataFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

    std::string path_;
    int lock_;
    std::string token_, server_id_;
};

}  // namespace rondo::app
