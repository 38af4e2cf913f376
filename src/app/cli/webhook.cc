#include "app/cli/commands.h"
#include "base/text.h"

namespace rondo::app::cli {
namespace {

using json::Value;

struct Flags {
    std::string name, to, endpoint, subject, dialect, secret_file, overlap, state;
    std::vector<std::string> events;
    bool alarms = false, failed = false;
    int64_t attempts = 0, id = 0, limit = 20;
};

const std::string kPath = "/api/rondo/v1/webhooks";
std::string path_of(const Flags& flags) { return kPath + "/" + segment(flags.name); }

// "a,b" as well as two flags.
Value::List patterns(const std::vector<std::string>& texts) {
    Value::List out;
    for (const std::string& text : texts) {
        for (const std::string_view part : split(text, ',')) {
            if (!trim(part).empty()) out.emplace_back(trim(part));
        }
    }
    return out;
}

std::string joined(const Value& list) {
    std::string out;
    for (const auto& item : list.list()) out += (out.empty() ? "" : ",") + std::string(item.text());
    return out;
}

std::string text(const Value& value) { return std::string(value.text()); }

std::string state_of(const Value& w) {
    if (w["state"].text() == "disabled") return "disabled: " + text(w["reason"]);
    if (!w["rests_until"].is_null())
        return "rests until " + text(w["rests_until"]) + " after " +
               counted(w["failures"].integer(), "failure");
    return w["failures"].integer() == 0
               ? "active"
               : "active, " + counted(w["failures"].integer(), "failure") + " in a row";
}

Result<Value> secret_from(const std::string& file) {
    TRY_ASSIGN(const std::string secret, read_local_file(file));
    return Value(trim(secret));
}

Status add_filters(Value& message, const Flags& flags) {
    if (!flags.events.empty()) message.set("events", patterns(flags.events));
    if (!flags.subject.empty() && !flags.endpoint.empty())
        return fail(Code::invalid, "--endpoint NAME is --subject endpoint/NAME: give one of them");
    if (!flags.subject.empty()) message.set("subject", flags.subject);
    if (!flags.endpoint.empty()) message.set("subject", "endpoint/" + flags.endpoint);
    if (flags.alarms) message.set("only_alarms", true);
    if (flags.attempts != 0) message.set("attempts", flags.attempts);
    if (!flags.to.empty()) message.set("url", flags.to);
    if (!flags.secret_file.empty()) {
        TRY_ASSIGN(Value secret, secret_from(flags.secret_file));
        message.set("secret", std::move(secret));
    }
    return ok();
}

void print_secret(const Value& answer) {
    if (answer["secret"].is_null()) return;
    print_line("secret " + text(answer["secret"]));
    print_line("  give it to the receiver now: it is not shown again (docs/formats/webhooks.md)");
}

Status print_changed(const Session& session, const Value& answer, const std::string& what) {
    if (session.json()) {
        print_json(answer);
        return ok();
    }
    print_line("webhook " + text(answer["name"]) + " " + what + ": " + state_of(answer));
    print_secret(answer);
    return ok();
}

Status create(const Common& common, const Flags& flags) {
    TRY_ASSIGN(auto session, Session::open(common));
    Value message = Value::Object{{"name", flags.name}};
    if (!flags.dialect.empty()) message.set("dialect", flags.dialect);
    TRY(add_filters(message, flags));
    TRY_ASSIGN(const auto answer, session.send("POST", kPath, message));
    return print_changed(session, answer, "created");
}

Status update(const Common& common, const Flags& flags) {
    TRY_ASSIGN(auto session, Session::open(common));
    Value message = Value::Object{};
    TRY(add_filters(message, flags));
    TRY_ASSIGN(const auto answer, session.send("PATCH", path_of(flags), message));
    return print_changed(session, answer, "changed");
}

Status set_state(const Common& common, const Flags& flags, const char* state) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer,
               session.send("PATCH", path_of(flags), Value::Object{{"state", state}}));
    return print_changed(session, answer, "changed");
}

Status rotate(const Common& common, const Flags& flags) {
    TRY_ASSIGN(auto session, Session::open(common));
    Value message = Value::Object{};
    if (!flags.overlap.empty()) message.set("overlap", flags.overlap);
    if (!flags.secret_file.empty()) {
        TRY_ASSIGN(Value secret, secret_from(flags.secret_file));
        message.set("secret", std::move(secret));
    }
    TRY_ASSIGN(const auto answer, session.send("POST", path_of(flags) + "/secret", message));
    return print_changed(session, answer, "has a new secret");
}

Status list(const Common& common) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer, session.get(kPath));
    if (session.json()) {
        print_json(answer);
        return ok();
    }
    TablePrinter table({"NAME", "DIALECT", "EVENTS", "SUBJECT", "URL", "WAITING", "DEAD", "STATE"});
    for (const auto& w : answer["webhooks"].list())
        table.add({text(w["name"]), text(w["dialect"]), joined(w["events"]),
                   w["subject"].text().empty() ? "all" : text(w["subject"]), text(w["url"]),
                   grouped(w["pending"].integer()), grouped(w["dead"].integer()), state_of(w)});
    table.print();
    return ok();
}

void print_deliveries(const Value& answer) {
    TablePrinter table(
        {"ID", "EVENT", "KIND", "SUBJECT", "STATE", "TRIES", "LAST", "STATUS", "MS", "PROBLEM"});
    for (const auto& d : answer["deliveries"].list())
        table.add({std::to_string(d["id"].integer()), std::to_string(d["event"].integer()),
                   text(d["kind"]), text(d["subject"]), text(d["state"]),
                   std::to_string(d["attempts"].integer()),
                   d["attempted"].is_null() ? "-" : text(d["attempted"]),
                   d["status"].is_null() ? "-" : std::to_string(d["status"].integer()),
                   d["latency_ms"].is_null() ? "-" : shown(d["latency_ms"].number()),
                   text(d["problem"])});
    table.print();
}

Status show(const Common& common, const Flags& flags) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto w, session.get(path_of(flags)));
    TRY_ASSIGN(const auto deliveries, session.get(path_of(flags) + "/deliveries?limit=10"));
    if (session.json()) {
        print_json(Value::Object{{"webhook", w}, {"deliveries", deliveries["deliveries"]}});
        return ok();
    }
    print_line("webhook " + flags.name + ": " + state_of(w));
    print_line("  sends to   " + text(w["url"]) + " as " + text(w["dialect"]));
    print_line("  events     " + joined(w["events"]) +
               (w["subject"].text().empty() ? "" : " of " + text(w["subject"])) +
               (w["only_alarms"].boolean() ? ", alarms and what clears them" : ""));
    print_line("  secret     " + std::string(w["has_secret"].boolean() ? "set" : "none") +
               (w["old_secret_until"].is_null()
                    ? ""
                    : ", the one before is good until " + text(w["old_secret_until"])));
    print_line("  waiting    " + grouped(w["pending"].integer()) + ", given up " +
               grouped(w["dead"].integer()));
    if (!deliveries["deliveries"].list().empty()) print_deliveries(deliveries);
    return ok();
}

Result<int> test(const Common& common, const Flags& flags) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer, session.send("POST", path_of(flags) + "/test", Value::Object{}));
    const bool delivered = answer["delivered"].boolean();
    if (session.json()) {
        print_json(answer);
        return delivered ? 0 : kCheckSaysNo;
    }
    print_line(delivered ? "delivered" : "not delivered: " + text(answer["problem"]));
    print_line("  status     " + (answer["status"].is_null()
                                      ? std::string("no answer")
                                      : std::to_string(answer["status"].integer())));
    print_line("  latency    " + shown(answer["latency_ms"].number()) + " ms");
    if (!answer["answer"].text().empty()) print_line("  answer     " + text(answer["answer"]));
    return delivered ? 0 : kCheckSaysNo;
}

Status remove(const Common& common, const Flags& flags) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer, session.send("DELETE", path_of(flags), Value::Object{}));
    if (session.json())
        print_json(answer);
    else
        print_line("webhook " + flags.name + " deleted");
    return ok();
}

Status deliveries(const Common& common, const Flags& flags) {
    TRY_ASSIGN(auto session, Session::open(common));
    const std::string state = flags.failed ? "dead" : flags.state;
    TRY_ASSIGN(const auto answer,
               session.get(path_of(flags) + "/deliveries?limit=" + std::to_string(flags.limit) +
                           (state.empty() ? "" : "&state=" + segment(state))));
    if (session.json())
        print_json(answer);
    else
        print_deliveries(answer);
    return ok();
}

Status redeliver(const Common& common, const Flags& flags) {
    TRY_ASSIGN(auto session, Session::open(common));
    const bool all = !flags.name.empty();
    if (all == (flags.id != 0))
        return fail(Code::invalid, "name a delivery, or all dead ones of a webhook: --all NAME");
    const std::string path =
        all ? path_of(flags) + "/redeliver"
            : "/api/rondo/v1/webhook-deliveries/" + std::to_string(flags.id) + "/redeliver";
    TRY_ASSIGN(const auto answer, session.send("POST", path, Value::Object{}));
    if (session.json())
        print_json(answer);
    else if (all)
        print_line(counted(answer["deliveries"].integer(), "delivery") + " on the way again");
    else
        print_line("delivery " + std::to_string(flags.id) + " is on its way again");
    return ok();
}

Status events(const Common& common) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer, session.get("/api/rondo/v1/event-kinds"));
    if (session.json()) {
        print_json(answer);
        return ok();
    }
    TablePrinter table({"KIND", "MEANING", "WHAT"});
    for (const auto& kind : answer["kinds"].list())
        table.add({text(kind["kind"]), text(kind["meaning"]), text(kind["what"])});
    table.print();
    return ok();
}

void add_filter_flags(Verb& verb, Flags& flags) {
    verb.option("--endpoint", flags.endpoint, "Only what is about this endpoint");
    verb.option("--subject", flags.subject, "Only what is about these: endpoint/*, model/flights");
    verb.option("--alarms", flags.alarms, "Only alarms, and what clears them");
    verb.option("--attempts", flags.attempts, "1 to 20 for each delivery; 20 take about a day");
    verb.option("--secret-file", flags.secret_file,
                "File with the secret; without it the server makes one where the dialect signs");
}

}  // namespace

void add_webhook(Noun& root) {
    const auto flags = std::make_shared<Flags>();
    Noun noun = root.noun("webhook", "Who is told when something happens");
    const auto verb = [&](const char* name, const char* help, auto work) {
        Verb made = noun.verb(name, help,
                              [flags, work](const Common& common) { return work(common, *flags); });
        made.positional("name", flags->name, "Name of the webhook").required();
        return made;
    };
    Verb made = verb("create", "Subscribe a receiver to events", create);
    made.option("--to", flags->to, "URL that messages go to").required();
    made.option("--events", flags->events, "Kinds such as 'rollout.*,gate.failed'").required();
    made.option("--dialect", flags->dialect,
                "rondo (without it), cloudevents, cloudevents-binary, mlflow, slack, pagerduty, "
                "alertmanager");
    add_filter_flags(made, *flags);
    Verb changed = verb("update", "Change a webhook", update);
    changed.option("--to", flags->to, "URL that messages go to; another host needs the secret too");
    changed.option("--events", flags->events, "Kinds such as 'rollout.*,gate.failed'");
    add_filter_flags(changed, *flags);
    noun.verb("list", "All webhooks", list);
    noun.verb("events", "The kinds of events that there are", events);
    verb("show", "A webhook and its last deliveries", show);
    verb("test", "Send a test event now and print what came back", test);
    verb("disable", "Send nothing more", [](const Common& common, const Flags& given) {
        return set_state(common, given, "disabled");
    });
    verb("enable", "Send again", [](const Common& common, const Flags& given) {
        return set_state(common, given, "active");
    });
    Verb rotated = verb("rotate", "Give a webhook another secret", rotate);
    rotated.option("--secret-file", flags->secret_file,
                   "File with the new secret; without it the server makes one");
    rotated.option("--overlap", flags->overlap, "How long the old one signs as well; 24h");
    verb("delete", "Delete a webhook with its deliveries", remove);
    Verb listed = verb("deliveries", "What was sent, newest first", deliveries);
    listed.option("--failed", flags->failed, "Only those that were given up");
    listed.option("--state", flags->state, "pending, delivered or dead");
    listed.option("--limit", flags->limit, "At most so many");
    Verb again = noun.verb("redeliver", "Send a delivery again",
                           [flags](const Common& common) { return redeliver(common, *flags); });
    again.positional("id", flags->id, "Number of the delivery");
    again.option("--all", flags->name, "Instead: all that were given up of this webhook");
}

}  // namespace rondo::app::cli
