#include "domain/serving/python/workers.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/bytes.h"
#include "base/log.h"
#include "base/text.h"
#include "domain/predictions/format.h"
#include "platform/crypto/crypto.h"

namespace rondo::serving {
namespace {

constexpr char kWorkerSource[] = {
#embed "../../../../python/rondo_worker.py"
};

constexpr size_t kFirstArena = 1 << 20;
constexpr size_t kMaxArena = size_t{256} << 20;
// Importing a model's libraries can take long on a cold disk.
constexpr int kLoadPatienceMs = 180'000;
constexpr int kPredictPatienceMs = 60'000;
// Requests that wait for one process; beyond it callers are told to come back.
constexpr int kMaxWaiting = 64;
constexpr uint64_t kMaxModelBytes = uint64_t{16} << 30;

// The messages of rondo_worker.py.
struct Message {
    uint32_t kind = 0;
    uint32_t reserved = 0;
    uint64_t used = 0;
    uint64_t size = 0;
};
constexpr uint32_t kReady = 1, kPredict = 2, kAnswer = 3, kRefused = 4;
constexpr uint32_t kFloats = 1, kIntegers = 2, kJsonTexts = 3;

// One process: its socket, its arena.
class Worker {
  public:
    ~Worker() {
        if (memory_ != nullptr) ::munmap(memory_, size_);
        if (socket_ >= 0) ::close(socket_);
        if (arena_ >= 0) ::close(arena_);
        if (identity_.pid != 0) process::end_child(identity_);
    }
    Worker() = default;
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // Starts the process and waits until the model is loaded.
    Status open(process::Spec spec, const std::string& script, const std::string& folder) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
            return fail(Code::unavailable, "no file descriptors left for a model's process");
        socket_ = ends[0];
        arena_ = ::memfd_create("rondo-arena", MFD_CLOEXEC);
        if (arena_ < 0 || ::ftruncate(arena_, kFirstArena) != 0) {
            ::close(ends[1]);
            return fail(Code::unavailable, "no memory for a model's process");
        }
        TRY(map(kFirstArena));
        spec.argv.insert(spec.argv.end(), {"-I", "-u", script, std::to_string(ends[1]),
                                           std::to_string(arena_), folder});
        spec.descriptors = {ends[1], arena_};
        auto started = process::start(spec);
        ::close(ends[1]);
        TRY_ASSIGN(identity_, std::move(started));
        TRY_ASSIGN(const Message message, receive(kLoadPatienceMs));
        if (message.kind != kReady)
            return fail(Code::invalid,
                        "the model does not load: " + std::string(view(message.used)));
        return ok();
    }

    Result<Answers> predict(const std::string& request) {
        if (request.size() > size_) {
            if (request.size() > kMaxArena)
                return fail(Code::too_large, "the request is too large for a Python model");
            if (::ftruncate(arena_, static_cast<off_t>(request.size())) != 0)
                return fail(Code::unavailable, "no memory for a large request");
            TRY(map(request.size()));
        }
        std::memcpy(memory_, request.data(), request.size());
        const Message out{kPredict, 0, request.size(), size_};
        if (::send(socket_, &out, sizeof out, MSG_NOSIGNAL) != sizeof out) return died();
        TRY_ASSIGN(const Message in, receive(kPredictPatienceMs));
        if (in.kind == kRefused)
            return fail(Code::invalid,
                        "the model refuses the input: " + std::string(view(in.used)));
        if (in.kind != kAnswer) return died();
        return decode(view(in.used));
    }

    bool alive() const { return process::is_alive(identity_); }
    const process::Identity& identity() const { return identity_; }

  private:
    static std::unexpected<Error> died() {
        return fail(Code::unavailable, "the model's process died; it is being replaced, retry");
    }

    Status map(size_t size) {
        void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, arena_, 0);
        if (address == MAP_FAILED) return fail(Code::unavailable, "no memory for shared tensors");
        if (memory_ != nullptr) ::munmap(memory_, size_);
        memory_ = static_cast<char*>(address);
        size_ = size;
        return ok();
    }

    Result<Message> receive(int patience_ms) {
        pollfd waiting{socket_, POLLIN, 0};
        const int n = ::poll(&waiting, 1, patience_ms);
        if (n == 0) {
            process::send_signal(identity_, SIGKILL);
            return fail(Code::deadline_exceeded, "the model took too long; its process was ended");
        }
        Message message;
        if (n < 0 || ::recv(socket_, &message, sizeof message, 0) != sizeof message) return died();
        if (message.size > kMaxArena || message.used > message.size)
            return fail(Code::internal, "the model's answer is larger than 256 MiB");
        if (message.size != size_) TRY(map(message.size));
        return message;
    }

    std::string_view view(uint64_t used) const { return {memory_, static_cast<size_t>(used)}; }

    // What a worker writes is foreign input like any other.
    static Result<Answers> decode(std::string_view bytes) {
        ByteReader in(bytes);
        const auto kind = in.get<uint32_t>();
        Answers answers;
        answers.rows = in.get<uint32_t>();
        answers.width = in.get<uint32_t>();
        const auto broken = [] {
            return fail(Code::internal, "the model's process sent an answer that makes no sense");
        };
        if (in.failed() || answers.width == 0) return broken();
        if (kind == kJsonTexts) {
            for (size_t i = 0; i < answers.rows && !in.failed(); ++i)
                answers.texts.emplace_back(in.get_text());
        } else {
            if (in.left() / sizeof(double) / answers.width < answers.rows) return broken();
            answers.kind = kind == kIntegers ? NumberKind::int64
                           : kind == kFloats ? NumberKind::float32
                                             : NumberKind::float64;
            for (size_t i = 0; i < answers.rows * answers.width; ++i)
                answers.values.push_back(kind == kIntegers ? static_cast<double>(in.get<int64_t>())
                                                           : in.get<double>());
        }
        if (in.failed()) return broken();
        return answers;
    }

    int socket_ = -1, arena_ = -1;
    char* memory_ = nullptr;
    size_t size_ = 0;
    process::Identity identity_;
};

// The request as rondo_worker.py reads it: columns as arrays.
std::string encode(const Frame& frame) {
    std::string out;
    const auto& columns = frame.schema->columns;
    put(out, static_cast<uint32_t>(frame.rows));
    put(out, static_cast<uint32_t>(columns.size()));
    for (size_t c = 0; c < columns.size(); ++c) {
        put(out, static_cast<uint8_t>(columns[c].type));
        put_text(out, columns[c].name);
        for (size_t r = 0; r < frame.rows; ++r)
            predictions::put_cell(out, columns[c].type, frame.row(r)[c], frame.texts);
    }
    return out;
}

class PythonEngine final : public Engine, public std::enable_shared_from_this<PythonEngine> {
  public:
    using Start = std::function<Result<std::unique_ptr<Worker>>()>;
    PythonEngine(PythonWorkers& workers, ModelDescription description, Start start)
        : workers_(workers), description_(std::move(description)), start_(std::move(start)) {}

    Status open() {
        TRY_ASSIGN(worker_, start_());
        return ok();
    }

    Result<Answers> predict(const Frame& frame) override {
        if (waiting_.fetch_add(1) >= kMaxWaiting) {
            waiting_.fetch_sub(1);
            return fail(Code::unavailable, "too many requests wait for this model; retry soon");
        }
        const std::lock_guard lock(mutex_);
        waiting_.fetch_sub(1);
        if (!worker_) {
            if (!replacing_) replace();  // the last try came to nothing
            return fail(Code::unavailable, "the model's process is being replaced; retry soon");
        }
        auto answers = worker_->predict(encode(frame));
        if (!answers && answers.error().code != Code::invalid &&
            answers.error().code != Code::too_large) {
            log::warning("replacing a model's process", {{"pid", worker_->identity().pid}});
            replace();
        }
        if (answers && answers->rows != frame.rows)
            return fail(Code::internal, "the model gave " + std::to_string(answers->rows) +
                                            " answers for " + std::to_string(frame.rows) + " rows");
        return answers;
    }
    bool blocks() const override { return true; }
    const ModelDescription& description() const override { return description_; }
    std::string kind() const override { return "python worker"; }

  private:
    // With the lock held.
    void replace() {
        replacing_ = true;
        worker_.reset();
        workers_.on_starter([self = shared_from_this()] {
            auto fresh = self->start_();
            if (!fresh)
                log::error("a model's process cannot be replaced",
                           {{"error", fresh.error().message}});
            const std::lock_guard lock(self->mutex_);
            self->replacing_ = false;
            if (fresh) self->worker_ = std::move(*fresh);
        });
    }

    PythonWorkers& workers_;
    ModelDescription description_;
    Start start_;
    std::atomic<int> waiting_{0};
    std::mutex mutex_;  // one request at a time
    std::unique_ptr<Worker> worker_;
    bool replacing_ = false;
};

// Two versions of one name and number, one deleted and one made since, are not the same files.
std::string content_of(const ModelPackage& package) {
    std::string listing;
    for (const auto& [path, entry] : package.files) {
        put_text(listing, path);
        put_text(listing, entry.digest);
    }
    return sha256_hex(listing).substr(0, 12);
}

void remove_tree(FileSystem& files, const std::string& path) {
    if (const auto names = files.list(path)) {
        for (const std::string& name : *names) remove_tree(files, path + "/" + name);
    }
    (void)files.remove(path);
}

}  // namespace

std::vector<std::string> interpreter_paths(const std::string& interpreter) {
    const auto parent = [](std::string path) {
        const size_t slash = path.rfind('/');
        return slash == std::string::npos || slash == 0 ? std::string("/") : path.substr(0, slash);
    };
    std::vector<std::string> out{parent(parent(interpreter))};
    if (char* resolved = ::realpath(interpreter.c_str(), nullptr)) {
        out.push_back(parent(parent(resolved)));
        ::free(resolved);
    }
    return out;
}

PythonWorkers::PythonWorkers(Env& env, blob::Store& blobs, Options options)
    : env_(env), blobs_(blobs), options_(std::move(options)), starter_([this] {
          while (true) {
              std::function<void()> next;
              {
                  std::unique_lock lock(mutex_);
                  ready_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
                  if (stopping_) return;
                  next = std::move(queue_.front());
                  queue_.pop_front();
              }
              next();
          }
      }) {}

PythonWorkers::~PythonWorkers() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    ready_.notify_all();
    starter_.join();
}

void PythonWorkers::on_starter(std::function<void()> work) {
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(std::move(work));
    }
    ready_.notify_one();
}

// The model's files as a folder, made whole before it gets its name.
Result<std::string> PythonWorkers::materialise(const ModelPackage& package) {
    FileSystem& files = env_.files();
    const std::string folder = options_.folder + "/models/" + package.name + "-" +
                               std::to_string(package.version) + "-" + content_of(package);
    if (files.exists(folder)) return folder;
    const std::string making = folder + ".tmp-" + random_hex(env_, 6);
    Status made = copy_files(package, making);
    if (made) made = files.rename(making, folder);
    if (!made) {  // a full disk would only get fuller with each try
        remove_tree(files, making);
        return fail(made.error());
    }
    return folder;
}

Status PythonWorkers::copy_files(const ModelPackage& package, const std::string& folder) {
    FileSystem& files = env_.files();
    uint64_t total = 0;
    TRY(files.make_directories(folder));
    for (const auto& [path, entry] : package.files) {
        total += entry.size;
        if (total > kMaxModelBytes) return fail(Code::too_large, "the model has more than 16 GiB");
        const size_t slash = path.rfind('/');
        if (slash != std::string::npos)
            TRY(files.make_directories(folder + "/" + path.substr(0, slash)));
        TRY_ASSIGN(const auto digest, blob::Digest::parse(entry.digest));
        TRY_ASSIGN(auto file, files.open(folder + "/" + path, FileSystem::Mode::create_new));
        TRY(blobs_.get(digest, [&](std::string_view piece) { return file->append(piece); }));
    }
    return ok();
}

Result<std::shared_ptr<Engine>> PythonWorkers::start(const ModelPackage& package,
                                                     ModelDescription description) {
    const auto environment = options_.environments.find("default");
    if (environment == options_.environments.end())
        return fail(Code::invalid, "model " + quoted(package.name) +
                                       " needs Python; start the server with --environment "
                                       "default=/path/to/python");
    TRY(env_.files().make_directories(options_.folder + "/models"));
    const std::string script = options_.folder + "/rondo_worker.py";
    TRY(write_file_atomically(env_, script, {kWorkerSource, sizeof kWorkerSource}));
    TRY_ASSIGN(const std::string model_folder, materialise(package));
    const std::string home = model_folder + ".home";
    TRY(env_.files().make_directories(home));

    process::Spec spec;
    spec.argv = {environment->second};
    spec.env = {{"HOME", home},
                {"TMPDIR", home},
                {"PATH", "/usr/bin:/bin"},
                {"LANG", "C.UTF-8"},
                {"OMP_NUM_THREADS", "1"},
                {"MLFLOW_DISABLE_TELEMETRY", "true"},
                {"MLFLOW_TRACKING_URI", "file://" + home + "/mlruns"}};
    spec.folder = home;
    spec.readable = interpreter_paths(environment->second);
    spec.readable.insert(spec.readable.end(), {model_folder, script});
    spec.output_file = model_folder + ".log";

    const auto start_worker = [spec, script, model_folder]() -> Result<std::unique_ptr<Worker>> {
        auto worker = std::make_unique<Worker>();
        TRY(worker->open(spec, script, model_folder));
        return worker;
    };
    auto engine = std::make_shared<PythonEngine>(*this, std::move(description), start_worker);
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Status> outcome;
    on_starter([&] {
        Status opened = engine->open();
        const std::lock_guard lock(mutex);
        outcome = std::move(opened);
        changed.notify_one();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return outcome.has_value(); });
    if (!*outcome)
        return fail(Code::invalid, "model " + quoted(package.name) + " version " +
                                       std::to_string(package.version) + ": " +
                                       outcome->error().message);
    return engine;
}

}  // namespace rondo::serving
