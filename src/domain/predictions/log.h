// The write-behind side of the log of one endpoint. Answers leave before their rows are written;
// a flusher writes what has gathered every 100 ms or 4 MB. Thread-safe; append() and lookup() cost
// a short lock and a copy, never a system call.
#pragma once

#include <array>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>

#include "base/env.h"
#include "domain/predictions/format.h"

namespace rondo::predictions {

inline constexpr Micros kFlushEvery{100'000};
inline constexpr size_t kFlushBytes = 4 << 20;
// Rows that a full or slow disk may leave in memory; beyond it they are counted as lost, because
// answers do not wait for the log.
inline constexpr size_t kMaxBufferedBytes = 64 << 20;
// Rows between the watermark and the newest one that the event clock keeps in mind to recognise
// repetitions: about 100 MB. Beyond it the caller has to move the watermark first.
inline constexpr size_t kMaxOpenRows = 1'000'000;

// Counts that survive kill -9, because they live in a shared mapping of a file.
struct Counts {
    uint64_t answered[2] = {0, 0};  // by arm
    uint64_t late = 0;              // older than the watermark: answered and not logged
    uint64_t repeated = 0;          // recognised as sent before
};

// What a repeated request is answered with.
struct FirstAnswer {
    Answer answer;
    int32_t version = 0;  // of the model that gave it
    uint32_t route = 0;
    Arm arm = Arm::champion;
    Share share = 0;
};

enum class KeepKeys : uint8_t { no, yes };

// Rows of a day's file from one place to another, as a file of their own: what a server hands over
// to the others on its database.
struct Piece {
    Day day{};
    int generation = 0;
    uint64_t begin = 0, end = 0;  // in the day's file
    std::string bytes;
    std::array<uint64_t, 2> rows{};  // by arm
    bool cut = false;                // by the limit: more of the file follows
};

class EndpointLog {
  public:
    // Opens or creates the log below `folder`; torn last records are cut off, and what is damaged
    // is set aside (*.damaged) with an error in the server's log, but for its whole rows. With
    // `keeps_keys` (event clock) the keys of rows from `settled` on are read back, to recognise
    // repetitions.
    static Result<std::unique_ptr<EndpointLog>> open(Env& env, const std::string& folder,
                                                     int64_t endpoint_id, Time settled,
                                                     KeepKeys keep);
    ~EndpointLog();
    EndpointLog(const EndpointLog&) = delete;
    EndpointLog& operator=(const EndpointLog&) = delete;

    // The first answer to this key, if there was one.
    std::optional<FirstAnswer> lookup(const Key& key);
    // Keeps a row for writing. When the key was appended meanwhile, returns that first answer and
    // drops the row. Code::exhausted beyond kMaxOpenRows.
    Result<std::optional<FirstAnswer>> append(const Schema& schema, const Row& row);
    // The latest moment of a row since the last day was sealed, if there is one.
    std::optional<Time> newest();
    void count_late();
    void count_repeated();

    // Writes everything appended so far to the files (not synced). Code::storage_full when the
    // disk is full; the rows stay buffered.
    Status flush();
    // All rows of a day that were flushed, in the order of their arrival.
    Result<DecodedFile> read_day(Day day);
    // Days that have unsealed files, oldest first.
    std::vector<Day> open_days();
    // Flushed rows that have not been marked as handed over: at most one piece of a file, of about
    // `limit` bytes; call again until nothing comes.
    Result<std::vector<Piece>> pieces(size_t limit);
    // Rows of this file up to `end` are handed over. An end beyond the file (a power cut took its
    // tail) counts as its size.
    void mark_handed_over(Day day, int generation, uint64_t end);
    // Forgets a sealed day: its files and keys.
    Status drop_day(Day day);

    Counts counts() const;
    // Rows in unsealed files, by arm; with the sealed ones and counts() this says what was lost.
    std::array<uint64_t, 2> unsealed_rows();

  private:
    EndpointLog(Env& env, std::string folder, int64_t endpoint_id);
    struct Mapping;
    struct OpenFile {
        std::unique_ptr<File> file;
        std::string path;
        Schema schema;
        // Where a torn write has to be cut off before anything else is written.
        std::optional<uint64_t> torn_from;
        int generation = 0;
        uint64_t handed_over = 0;
        bool closed = false;  // shorter than what was handed over of it: nothing more goes in
    };
    struct KeyHash {
        size_t operator()(const Key& key) const {
            return static_cast<size_t>(key.unit_hash ^ static_cast<uint64_t>(key.event_us) * 31 ^
                                       key.sequence);
        }
    };

    Status recover(Time settled, KeepKeys keep);
    Status write_pending(Day day, const Schema& schema, const std::string& bytes);
    static Status cut_torn_end(OpenFile& open);
    std::string path_of(Day day, int generation) const;
    int free_generation(Day day) const;
    // Opens a file for writing on; nothing when it holds no row that can be read.
    struct Recovered {
        OpenFile open;
        std::vector<Row> rows;
    };
    Result<std::optional<Recovered>> recover_file(const std::string& path);

    Env& env_;
    const std::string folder_;
    const int64_t endpoint_id_;
    std::unique_ptr<Mapping> mapping_;

    std::mutex mutex_;  // guards what append() touches
    struct Pending {
        Day day;
        Schema schema;
        std::string bytes;
        std::array<uint64_t, 2> rows{};
    };
    std::vector<Pending> pending_;
    size_t pending_bytes_ = 0;
    std::optional<int64_t> newest_us_;
    bool keeps_keys_ = false;
    std::unordered_map<Key, FirstAnswer, KeyHash> known_;

    std::mutex file_mutex_;  // guards the files; taken before mutex_
    std::map<Day, std::vector<OpenFile>> files_;
    std::map<Day, std::array<uint64_t, 2>> file_rows_;
};

// Flushes all logs of the process on one thread.
class Flusher {
  public:
    Flusher();
    ~Flusher();
    Flusher(const Flusher&) = delete;
    Flusher& operator=(const Flusher&) = delete;
    void add(std::shared_ptr<EndpointLog> log);
    void remove(const EndpointLog* log);
    // Asks for a flush now: a log has gathered kFlushBytes.
    void hurry();

  private:
    void run();
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<std::shared_ptr<EndpointLog>> logs_;
    bool hurry_ = false, stopping_ = false;
    std::thread thread_;
};

}  // namespace rondo::predictions
