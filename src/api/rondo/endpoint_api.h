// Endpoints over HTTP: their definition and state, feedback, the watermark, and what was lost.
#pragma once

#include <vector>

#include "domain/loop/engine.h"
#include "platform/async/pool.h"
#include "platform/rpc/endpoint.h"

namespace rondo::api {

class EndpointApi {
  public:
    struct Parts {
        Env& env;
        store::Database& db;
        const events::Events& events;
        const predictions::IdCodec& ids;
        const predictions::Service& predictions;
        serving::Endpoints& endpoints;
        loop::Engine& engine;
        WorkerPool& pool;
        int64_t workspace_id = 1;
    };
    explicit EndpointApi(Parts parts) : parts_(parts) {}
    std::vector<rpc::Row> rows();

    struct Named {
        std::string name;
        static constexpr auto fields =
            std::tuple{json::field("name", &Named::name, "Name of the endpoint")};
    };
    // How predictions fared, by arm.
    struct ArmCounts {
        int64_t answered = 0, logged = 0, lost = 0;
        std::optional<int64_t> twice, too_late;  // among several servers, if any
        static constexpr auto fields =
            std::tuple{json::field("answered", &ArmCounts::answered, "Predictions answered"),
                       json::field("logged", &ArmCounts::logged, "Of them in the log"),
                       json::field("lost", &ArmCounts::lost, "Of them taken by a kill"),
                       json::field("twice", &ArmCounts::twice,
                                   "Of those logged: another server's row stands for it"),
                       json::field("too_late", &ArmCounts::too_late,
                                   "Of those logged: came after their day was sealed")};
    };
    struct Status {
        serving::EndpointSpec spec;
        int64_t spec_version = 0;
        std::optional<serving::Route> route;  // the newest
        std::string engine;                   // what serves the champion
        std::optional<Time> settled;
        std::string waiting_for;
        ArmCounts champion, candidate;
        int64_t late = 0, repeated = 0;
        int64_t labels_late = 0, labels_contradictory = 0, labels_unmatched = 0;
        std::optional<monitor::Window> window;    // the latest
        std::optional<rollout::Rollout> rollout;  // the open one
        std::optional<loop::Case> latest_case;
        static constexpr auto fields = std::tuple{
            json::field("spec", &Status::spec, "Its definition"),
            json::field("spec_version", &Status::spec_version, "Version of the definition"),
            json::field("route", &Status::route, "The newest route"),
            json::field("engine", &Status::engine, "What evaluates the champion"),
            json::field("settled", &Status::settled, "Everything up to here is decided"),
            json::field("waiting_for", &Status::waiting_for, "What holds decisions back"),
            json::field("champion", &Status::champion, "Predictions of the champion's arm"),
            json::field("candidate", &Status::candidate, "Predictions of the candidate's arm"),
            json::field("late", &Status::late, "Older than the watermark: answered, not logged"),
            json::field("repeated", &Status::repeated, "Sent again: got the first answer"),
            json::field("labels_late", &Status::labels_late, "Labels after their day was decided"),
            json::field("labels_contradictory", &Status::labels_contradictory,
                        "Labels that contradict an earlier one"),
            json::field("labels_unmatched", &Status::labels_unmatched,
                        "Labels without a prediction"),
            json::field("window", &Status::window, "The latest window"),
            json::field("rollout", &Status::rollout, "The open rollout"),
            json::field("latest_case", &Status::latest_case, "The newest case of the loop")};
    };
    struct StatusList {
        std::vector<Status> endpoints;
        static constexpr auto fields =
            std::tuple{json::field("endpoints", &StatusList::endpoints, "By name")};
    };
    struct LabelIn {
        std::string prediction_id, unit_id;
        std::optional<Time> prediction_time;  // with unit_id, instead of an id
        double value = 0;
        std::optional<Time> event_time;  // when the outcome became known
        static constexpr auto fields = std::tuple{
            json::field("prediction_id", &LabelIn::prediction_id, "Id of the prediction"),
            json::field("unit_id", &LabelIn::unit_id, "Or its unit"),
            json::field("prediction_time", &LabelIn::prediction_time, "and its event time"),
            json::field("value", &LabelIn::value, "The outcome", json::required),
            json::field("event_time", &LabelIn::event_time,
                        "When the outcome became known; needed on the event clock")};
    };
    struct Feedback {
        std::string name;
        std::vector<LabelIn> labels;
        static constexpr auto fields =
            std::tuple{json::field("name", &Feedback::name, "Name of the endpoint"),
                       json::field("labels", &Feedback::labels, "At most 10,000", json::required)};
    };
    struct Watermark {
        std::string name;
        Time event_time{};
        bool wait = false;
        std::optional<std::string> session;
        static constexpr auto fields =
            std::tuple{json::field("name", &Watermark::name, "Name of the endpoint"),
                       json::field("event_time", &Watermark::event_time,
                                   "No prediction or label before this follows", json::required),
                       json::field("wait", &Watermark::wait,
                                   "Answer when everything up to there is decided and done"),
                       json::field("session", &Watermark::session,
                                   "Refuse when the server has started anew since it gave this: "
                                   "what it answered last may not be logged")};
    };
    struct SettledAnswer {
        std::optional<Time> settled;
        bool reached = false;
        std::string waiting_for;
        std::string session;
        static constexpr auto fields = std::tuple{
            json::field("settled", &SettledAnswer::settled, "Everything up to here is decided"),
            json::field("reached", &SettledAnswer::reached,
                        "Whether that is as far as was asked for; if not, ask again"),
            json::field("waiting_for", &SettledAnswer::waiting_for, "What holds the rest back"),
            json::field("session", &SettledAnswer::session, "Another one with each start")};
    };

    Task<Result<Status>> put(Named, rpc::Context);
    Task<Result<Status>> get(Named, rpc::Context);
    Task<Result<StatusList>> list(rpc::None, rpc::Context);
    Task<Result<predictions::AcceptedLabels>> feedback(Feedback, rpc::Context);
    Task<Result<SettledAnswer>> watermark(Watermark, rpc::Context);
    Task<Result<SettledAnswer>> settled(Named, rpc::Context);

  private:
    Result<std::shared_ptr<serving::Endpoint>> find(const std::string& name) const;
    Result<std::vector<predictions::Label>> to_labels(const serving::Endpoint& endpoint,
                                                      const std::vector<LabelIn>& in) const;
    Task<Result<Status>> status_of(std::shared_ptr<serving::Endpoint> endpoint);

    Parts parts_;
};

}  // namespace rondo::api
