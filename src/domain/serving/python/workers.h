// Python models: each runs in its own process (python/rondo_worker.py), behind the walls of
// platform/process, and takes tensors through shared memory. A process that dies answers 503 to
// the request at hand and is replaced.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "domain/serving/engine.h"
#include "platform/process/child.h"

namespace rondo::serving {

class PythonWorkers final : public Loader::PythonEngines {
  public:
    struct Options {
        // Interpreter of each named environment; models run in "default".
        std::map<std::string, std::string> environments;
        std::string folder;  // for model files and logs, below the data folder
    };
    PythonWorkers(Env& env, blob::Store& blobs, Options options);
    ~PythonWorkers() override;

    // Copies the model's files out, starts its process and waits until the model is loaded.
    Result<std::shared_ptr<Engine>> start(const ModelPackage& package,
                                          ModelDescription description) override;

    // Runs `work` on the thread that starts processes: a worker dies with the thread that started
    // it (PDEATHSIG), so one thread that lives as long as the server starts them all.
    void on_starter(std::function<void()> work);

  private:
    Result<std::string> materialise(const ModelPackage& package);
    Status copy_files(const ModelPackage& package, const std::string& folder);

    Env& env_;
    blob::Store& blobs_;
    Options options_;
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<std::function<void()>> queue_;
    bool stopping_ = false;
    std::thread starter_;
};

// What a program needs to read to run with this interpreter: its environment, and the Python that
// the environment was made from.
std::vector<std::string> interpreter_paths(const std::string& interpreter);

}  // namespace rondo::serving
