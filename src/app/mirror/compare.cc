#include "app/mirror/compare.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "app/mirror/reasons.h"
#include "base/text.h"

namespace rondo::app::mirror {
namespace {

using json::Value;

// Two servers' clocks, and the time between their answers.
constexpr int64_t kClockMs = 10'000;
constexpr size_t kShownBytes = 300;

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
    return std::ranges::find(names, name) != names.end();
}

// Set by the server's clock, in milliseconds. A run's start and end are the client's.
constexpr std::array<std::string_view, 6> kClocks{
    "creation_time",          "last_update_time",      "creation_timestamp",
    "last_updated_timestamp", "creation_timestamp_ms", "last_updated_timestamp_ms"};
// In the order in which a database happens to find them.
constexpr std::array<std::string_view, 9> kSets{
    "tags",         "params",        "metrics",           "aliases",        "dataset_inputs",
    "model_inputs", "model_outputs", "dataset_summaries", "latest_versions"};
// What the newest server says of an error beside its code; no client reads it.
constexpr std::array<std::string_view, 2> kUnread{"error_class", "sqlstate"};
// Opaque to clients.
constexpr std::array<std::string_view, 2> kTokens{"next_page_token", "page_token"};
// Tags that are lists in JSON, to which a repeated request appends once more.
constexpr std::array<std::string_view, 2> kLists{"mlflow.log-model.history",
                                                 "mlflow.modelVersions"};

// What tells one member of a set from another.
std::string identity(const Value& item) {
    if (!item.is_object()) return item.dump();
    std::string out;
    for (const char* name : {"key", "alias", "name", "version", "run_id", "model_id", "digest"}) {
        if (name == std::string_view("model_id") && !item["version"].is_null()) continue;
        out += item[name].dump() + "\n";
    }
    if (!item["dataset"].is_null()) out += item["dataset"].dump();
    return out + item["value"].dump() + item["step"].dump() + item["context"].dump();
}

Value in_order(const Value& list) {
    std::vector<std::pair<std::string, Value>> items;
    for (const Value& item : list.list()) items.emplace_back(identity(item), item);
    std::ranges::sort(items, {}, [](const auto& item) { return item.first; });
    Value::List out;
    for (auto& [key, item] : items) out.push_back(std::move(item));
    return out;
}

// A list in JSON, each member once and without empty ones.
std::string each_once(std::string_view text) {
    const auto parsed = Value::parse(text);
    if (!parsed || !parsed->is_list()) return std::string(text);
    std::vector<std::string> items;
    for (const Value& item : parsed->list()) {
        Value::Object plain;
        for (const auto& [name, value] : item.object()) {
            if (!value.is_null()) plain.emplace_back(name, value);
        }
        std::ranges::sort(plain, {}, [](const auto& member) { return member.first; });
        items.push_back(item.is_object() ? Value(std::move(plain)).dump() : item.dump());
    }
    std::ranges::sort(items);
    items.erase(std::unique(items.begin(), items.end()), items.end());
    std::string out;
    for (const std::string& item : items) out += item + "\n";
    return out;
}

std::string shown_value(const Value& value) {
    std::string text = value.dump();
    if (text.size() > kShownBytes) text = text.substr(0, kShownBytes) + "...";
    return text;
}

// Words whose neighbours nobody else should read.
constexpr std::array<std::string_view, 9> kSecretWords{
    "password", "passwd",     "secret",      "authorization", "api_key",
    "apikey",   "access_key", "private_key", "credential"};

bool is_secret(std::string_view name) {
    const std::string lower = to_lower(name);
    const auto holds = [&](std::string_view word) { return lower.find(word) != std::string::npos; };
    if (std::ranges::any_of(kSecretWords, holds)) return true;
    return holds("token") && !holds("page_token");
}

class Walk {
  public:
    explicit Walk(std::vector<Place>& places) : places_(places) {}

    void compare(const Value& theirs, const Value& ours, const std::string& path,
                 std::string_view name) {
        if (full()) return;
        if (theirs.is_object() && ours.is_object()) return objects(theirs, ours, path);
        if (theirs.is_list() && ours.is_list()) return lists(theirs, ours, path, name);
        if (same(theirs, ours, name)) return;
        add(path, shown_value(theirs), shown_value(ours));
    }

  private:
    bool full() const { return places_.size() >= rondo::mirror::kKeptPlaces; }
    void add(const std::string& path, std::string theirs, std::string ours) {
        if (full()) return;
        if (hides_) theirs = ours = "***";
        places_.push_back({path, std::move(theirs), std::move(ours)});
    }
    // What is found while one lives is a secret.
    class Hide {
      public:
        Hide(Walk& walk, bool on) : walk_(walk), before_(walk.hides_) { walk.hides_ |= on; }
        ~Hide() { walk_.hides_ = before_; }
        Hide(const Hide&) = delete;
        Hide& operator=(const Hide&) = delete;

      private:
        Walk& walk_;
        const bool before_;
    };

    void objects(const Value& theirs, const Value& ours, const std::string& path) {
        const auto has = [](const Value& object, std::string_view name) {
            return std::ranges::any_of(object.object(),
                                       [&](const auto& member) { return member.first == name; });
        };
        const bool is_list_tag = is_one_of(theirs["key"].text(), kLists);
        const bool hidden = hides_ || is_secret(theirs["key"].text());
        for (const auto& [name, value] : theirs.object()) {
            if (is_one_of(name, kUnread)) continue;
            const std::string at = path + "." + name;
            const Hide hide(*this, is_secret(name) || (hidden && name == "value"));
            if (!has(ours, name))
                add(at, shown_value(value), "-");
            else if (is_list_tag && name == "value" &&
                     each_once(value.text()) == each_once(ours[name].text()))
                continue;
            else
                compare(value, ours[name], at, name);
        }
        for (const auto& [name, value] : ours.object()) {
            const Hide hide(*this, is_secret(name));
            if (!is_one_of(name, kUnread) && !has(theirs, name))
                add(path + "." + name, "-", shown_value(value));
        }
    }

    void lists(const Value& theirs, const Value& ours, const std::string& path,
               std::string_view name) {
        if (theirs.list().size() != ours.list().size())
            return add(path, counted(std::ssize(theirs.list()), "item") + " " + shown_value(theirs),
                       counted(std::ssize(ours.list()), "item") + " " + shown_value(ours));
        const bool is_set = is_one_of(name, kSets);
        const Value a = is_set ? in_order(theirs) : theirs;
        const Value b = is_set ? in_order(ours) : ours;
        for (size_t i = 0; i < a.list().size(); ++i)
            compare(a.list()[i], b.list()[i], path + "[" + std::to_string(i) + "]", name);
    }

    static bool same(const Value& theirs, const Value& ours, std::string_view name) {
        if (theirs.is_int() && ours.is_int()) {
            const int64_t apart = std::abs(theirs.integer() - ours.integer());
            return apart == 0 || (is_one_of(name, kClocks) && apart <= kClockMs);
        }
        if (theirs.is_number() && ours.is_number()) return theirs.number() == ours.number();
        if (is_one_of(name, kTokens)) return theirs.text().empty() == ours.text().empty();
        return theirs.dump() == ours.dump();
    }

    std::vector<Place>& places_;
    bool hides_ = false;
};

bool is_json(std::string_view content_type) {
    return content_type.find("json") != std::string_view::npos;
}

void compare_files(const Answer& upstream, const Answer& rondo, std::vector<Place>& places) {
    if (upstream.size != rondo.size)
        places.push_back({"length", std::to_string(upstream.size), std::to_string(rondo.size)});
    if (!upstream.sha256.empty() && !rondo.sha256.empty() && upstream.sha256 != rondo.sha256)
        places.push_back({"sha256", upstream.sha256, rondo.sha256});
}

Value without_secrets(const Value& value) {
    if (value.is_list()) {
        Value::List out;
        for (const Value& item : value.list()) out.push_back(without_secrets(item));
        return out;
    }
    if (!value.is_object()) return value;
    Value::Object out;
    // A pair says its name in a member of its own.
    const bool is_secret_pair = is_secret(value["key"].text());
    for (const auto& [name, member] : value.object()) {
        if (is_secret(name) || (is_secret_pair && name == "value"))
            out.emplace_back(name, "***");
        else
            out.emplace_back(name, without_secrets(member));
    }
    return out;
}

std::string cut(std::string text) {
    if (text.size() <= rondo::mirror::kKeptBytes) return text;
    size_t end = rondo::mirror::kKeptBytes;
    while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;  // a whole character
    return text.substr(0, end) + "...";
}

}  // namespace

Comparison compare(const Asked& asked, const Answer& upstream, const Answer& rondo) {
    Comparison out;
    if (upstream.status != rondo.status)
        out.places.push_back(
            {"status", std::to_string(upstream.status), std::to_string(rondo.status)});
    Value theirs, ours;
    const bool both_good = upstream.status < 300 && rondo.status < 300;
    if (upstream.is_file && rondo.is_file && both_good) {
        compare_files(upstream, rondo, out.places);
    } else {
        const auto a = Value::parse(upstream.body), b = Value::parse(rondo.body);
        const bool json = a && b && is_json(upstream.content_type) && is_json(rondo.content_type);
        if (a) theirs = *a;
        if (b) ours = *b;
        if (json)
            Walk(out.places).compare(*a, *b, "$", "");
        else if (upstream.body != rondo.body)
            out.places.push_back({"body", kept_text(upstream.body), kept_text(rondo.body)});
    }
    if (!out.places.empty()) out.reason = reason_for({asked, upstream, rondo, theirs, ours, out});
    return out;
}

std::string kept_text(std::string_view text) {
    if (text.empty()) return {};
    if (const auto parsed = Value::parse(text)) return cut(without_secrets(*parsed).dump());
    if (!is_utf8(text)) return counted(std::ssize(text), "byte") + " that are no text";
    // No JSON: nothing tells where a secret ends.
    if (is_secret(text)) return counted(std::ssize(text), "byte") + ", not kept";
    return cut(std::string(text));
}

std::string kept_target(std::string_view target) {
    const size_t question = target.find('?');
    std::string out(target.substr(0, question));
    if (question == std::string_view::npos) return cut(std::move(out));
    char separator = '?';
    for (const std::string_view pair : split(target.substr(question + 1), '&')) {
        const std::string_view name = pair.substr(0, pair.find('='));
        out += separator;
        out += is_secret(name) ? std::string(name) + "=***" : std::string(pair);
        separator = '&';
    }
    return cut(std::move(out));
}

}  // namespace rondo::app::mirror
