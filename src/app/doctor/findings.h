// What a look at a server's house found: each thing with a name that programs can rely on, how bad
// it is, and what to do about it.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace rondo::app {

enum class Severity : uint8_t { good, note, problem };

struct Finding {
    std::string name;  // "disk-space"; the same in every release
    Severity severity = Severity::good;
    std::string what, how;
    std::string remedy;  // of a problem, always
};

class Findings {
  public:
    void good(std::string name, std::string what, std::string how) {
        list_.push_back({std::move(name), Severity::good, std::move(what), std::move(how), ""});
    }
    void note(std::string name, std::string what, std::string how, std::string remedy = "") {
        list_.push_back(
            {std::move(name), Severity::note, std::move(what), std::move(how), std::move(remedy)});
    }
    void problem(std::string name, std::string what, std::string how, std::string remedy) {
        ++problems_;
        list_.push_back({std::move(name), Severity::problem, std::move(what), std::move(how),
                         std::move(remedy)});
    }
    const std::vector<Finding>& list() const { return list_; }
    int problems() const { return problems_; }

  private:
    std::vector<Finding> list_;
    int problems_ = 0;
};

}  // namespace rondo::app
