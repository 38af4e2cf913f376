// A loaded model version: it takes frames and gives answers. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/env.h"
#include "domain/serving/frame.h"
#include "domain/serving/signature.h"
#include "platform/blob/blob.h"

namespace rondo::serving {

class Engine {
  public:
    virtual ~Engine() = default;
    // Code::unavailable when the model's process died (it is being replaced), Code::invalid when
    // the model refuses the input.
    virtual Result<Answers> predict(const Frame& frame) = 0;
    // True when predict() waits for another process: call it from a pool, not an I/O thread.
    virtual bool blocks() const = 0;
    virtual const ModelDescription& description() const = 0;
    virtual std::string kind() const = 0;  // "native trees", "python worker"
    // What its answers look like; of a Python model only an answer says for sure.
    struct Output {
        ColumnType type = ColumnType::float64;
        size_t width = 1;
    };
    virtual Output output() const { return {}; }
};

// The files of a registered model version.
struct ModelPackage {
    std::string name;
    int64_t version = 0;
    std::string run_id;
    struct FileEntry {
        std::string digest;
        uint64_t size = 0;
    };
    std::map<std::string, FileEntry> files;  // path inside the model -> bytes
};

// Makes engines. The Python side is handed in, because it owns processes.
class Loader {
  public:
    // Starts the worker processes of a model that is not evaluated natively.
    class PythonEngines {
      public:
        virtual ~PythonEngines() = default;
        virtual Result<std::shared_ptr<Engine>> start(const ModelPackage& package,
                                                      ModelDescription description) = 0;
    };
    Loader(blob::Store& blobs, PythonEngines& python) : blobs_(blobs), python_(python) {}

    // Loads the version: natively when its flavor allows it, by Python workers otherwise. Blocks
    // for as long as that takes.
    Result<std::shared_ptr<Engine>> load(const ModelPackage& package);

  private:
    Result<std::string> read(const ModelPackage& package, const std::string& path, size_t limit);

    blob::Store& blobs_;
    PythonEngines& python_;
};

}  // namespace rondo::serving
