// Which requests were under way at the same time, so that an answer which tells of a moment between
// two writes is no difference. Thread-safe; costs a look through the writes under way.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::app::mirror {

class Overlaps {
  public:
    enum class Kind : uint8_t { read, write };
    // Of a request from its begin to its end. `text` is what names things: target and body.
    uint64_t begin(Kind kind, std::string_view text);
    // Whether another request's write to a thing of the same name was under way meanwhile. What
    // names nothing by an id may be about anything.
    bool end(uint64_t ticket);

    // Ids in a text (32 hex digits), sorted, each once; of a long text those at its begin.
    using Names = std::vector<std::string>;
    static Names names_in(std::string_view text);

  private:
    struct Flight {
        Kind kind = Kind::read;
        Names names;
    };
    struct Done {
        uint64_t ended;
        Names names;
    };
    static bool share(const Names& a, const Names& b);
    void forget();

    std::mutex mutex_;  // guards what follows
    uint64_t clock_ = 0;
    std::map<uint64_t, Flight> flights_;  // by ticket, which is the moment of their begin
    std::deque<Done> writes_;             // that have ended while others were under way
    uint64_t forgotten_ = 0;              // writes that ended before then are not known any more
};

}  // namespace rondo::app::mirror
