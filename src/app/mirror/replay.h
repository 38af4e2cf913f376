// Answers requests here that the upstream has answered: one after the other, in the order of the
// upstream's answers, on a thread of its own. Nobody waits for it: what does not fit into its queue
// is counted and left out.
//
// Ids, names and times that the upstream chose are taken over (ADR 9), so both answers can be
// compared as they are. What the upstream refused is rehearsed: it is asked for here too, and taken
// back when it would have succeeded.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "app/mirror/clock.h"
#include "app/mirror/compare.h"
#include "app/mirror/guard.h"
#include "app/mirror/options.h"
#include "app/mirror/take.h"
#include "domain/mirror/record.h"
#include "platform/async/pipe.h"
#include "platform/net/connection.h"
#include "platform/rpc/service.h"
#include "platform/store/rehearsal.h"

namespace rondo::app::mirror {

// An upload whose bytes are stored while they pass, and get their name when the upstream has taken
// them. Whoever brings the bytes never waits: when they come faster than they can be stored, they
// are let go.
class Upload final : public net::BodySource {
  public:
    explicit Upload(size_t room) : pipe_(room) {}

    void bring(std::string_view piece);
    // The upstream has not taken them, or they are left out.
    void drop() { pipe_.fail({Code::cancelled, "left out"}); }
    bool spilt() const { return spilt_.load(); }
    // All have come, and the upload's turn is there. On the replay's thread, as all below.
    Task<Answer> finish();

    Task<Result<std::string_view>> next() override;
    void answered(Answer answer) { answer_.set(std::move(answer)); }

  private:
    Pipe pipe_;
    std::atomic<bool> spilt_{false};
    std::string piece_;
    Promised<Answer> answer_;
};

// A request with the upstream's answer.
struct Item {
    const rpc::Row* row = nullptr;
    net::Verb verb{};
    std::string endpoint, target, content_type, range, body;
    Answer upstream;
    bool whole = true;  // the answer's body was kept whole
    bool overlapped = false;
    Time answered{};
    Micros took{};
    std::shared_ptr<Upload> upload;

    bool writes() const;
    size_t bytes() const { return body.size() + upstream.body.size() + target.size() + 512; }
};

class Replay {
  public:
    struct Parts {
        Env& env;
        rpc::Service& service;
        store::Rehearsal& database;
        Clock& clock;
        Guard& guard;
        rondo::mirror::Record& record;
    };
    Replay(Parts parts, QueueLimits limits);
    ~Replay();
    Replay(const Replay&) = delete;
    Replay& operator=(const Replay&) = delete;

    // Never waits. Counts what it cannot take.
    void offer(Item item);
    // Counts a request that is not answered here; what it is about is not whole any more.
    void leave_out(const Item& item, const std::string& reason) { drop(item, reason); }
    // Bytes of an upload begin to come; nothing when too many are under way.
    std::shared_ptr<Upload> begin_upload(const std::string& target);
    int64_t queued() const;
    // Answers what waits, for so long at most; the rest is counted as left out.
    void stop(Micros patience);

  private:
    Task<void> run();
    Task<std::optional<Item>> next();
    Task<void> answer(Item item);
    Task<void> adopt(std::vector<tracking::Experiment> experiments);
    Task<void> keep_upload(std::shared_ptr<Upload> upload, std::string target);
    Task<Answer> ask_here(const Item* item, std::shared_ptr<const net::Chosen> chosen);
    Task<void> judge(Item item, Answer ours, std::shared_ptr<const net::Chosen> chosen);
    Task<std::string> unknown_because(const Item* item, const Answer* ours,
                                      const net::Chosen* chosen);
    void remember_page(const Answer& upstream, const Answer& ours);
    void drop(const Item& item, const std::string& reason);
    void note_gap(const Item& item);
    bool touches_gap(const Item& item) const;

    Parts parts_;
    const QueueLimits limits_;
    const std::shared_ptr<const auth::Caller> caller_;
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;

    mutable std::mutex mutex_;  // guards what follows
    std::deque<Item> queue_;
    size_t queued_bytes_ = 0, answering_ = 0;
    std::vector<std::weak_ptr<Upload>> uploads_;
    bool stopping_ = false;
    Resume sleeper_;
    // Ids that requests named which were left out: what is here of them is not whole.
    std::set<std::string, std::less<>> gaps_;

    // On the thread of the replay: the upstream's page tokens and ours for the same page.
    std::map<std::string, std::string> pages_;
    std::deque<std::string> page_order_;
    std::thread thread_;
};

}  // namespace rondo::app::mirror
