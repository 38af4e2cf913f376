// How an event reads in the words of who receives it: one row for each dialect, each a pure
// function. What they have in common (delivery, retries, signing) is the sender's.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "platform/client/client.h"
#include "platform/notify/model.h"

namespace rondo::notify {

struct Message {
    std::string id;  // the same for each attempt
    events::Event event;
    Words words;
};

// A message ready to be posted, but for what signs it.
struct Form {
    std::string content_type, body;
    client::Fields headers;
};

// What a subscription's secret is to a dialect.
enum class SecretUse : uint8_t {
    signs,     // the headers of Standard Webhooks; made by the server when none is given
    mlflow,    // MLflow's headers; likewise, unless the webhook is to be unsigned
    may_sign,  // as `signs`, when one is given
    path,      // the path of the URL, which whoever knows it may post to
    routing,   // a key inside the body
};

struct DialectRow {
    Dialect dialect;
    SecretUse secret;
    // Taken when the URL has no path of its own; empty: none.
    std::string_view path;
    // Data of an event that never happened.
    std::string_view example;
    // Whether there are words for a kind of event.
    bool (*speaks)(std::string_view kind);
    Form (*write)(const Message& message, std::string_view secret);
};

std::span<const DialectRow> dialects();
const DialectRow& dialect_row(Dialect dialect);

}  // namespace rondo::notify
