#include "domain/registry/grammar.h"

#include <array>

namespace rondo::registry {
namespace {

using search::Field;
using search::Type;
using Word = std::string_view;

constexpr std::array<Word, 3> kAttribute{"attribute", "attributes", ""};
constexpr std::array<Word, 2> kTag{"tag", "tags"};

constexpr Field filter_only(Word name, Word column, bool lists) {
    return {.scopes = kAttribute, .name = name, .column = column, .lists = lists};
}
constexpr Field sort_only(Word name, Word column) {
    return {.scopes = kAttribute,
            .name = name,
            .type = Type::integer,
            .column = column,
            .filters = false,
            .orders = true};
}

constexpr std::array kModelFields{
    Field{.scopes = kAttribute, .name = "name", .column = "m.name", .lists = true, .orders = true},
    sort_only("timestamp", "m.updated_ms"),
    sort_only("last_updated_timestamp", "m.updated_ms"),
    sort_only("creation_timestamp", "m.created_ms"),
    Field{.scopes = kTag,
          .column = "@.value",
          .table = "registered_model_tags @",
          .match = "@.model = m.id AND @.key = $"},
};

constexpr std::array kVersionFields{
    Field{.scopes = kAttribute, .name = "name", .column = "m.name", .lists = true, .orders = true},
    Field{.scopes = kAttribute,
          .name = "version_number",
          .type = Type::integer,
          .column = "v.version",
          .orders = true},
    filter_only("run_id", "v.run_id", true),
    filter_only("source_path", "v.source", false),
    sort_only("creation_timestamp", "v.created_ms"),
    sort_only("last_updated_timestamp", "v.updated_ms"),
    Field{.scopes = kTag,
          .column = "@.value",
          .table = "model_version_tags @",
          .match = "@.version_id = v.id AND @.key = $"},
};

}  // namespace

const search::Grammar& model_grammar() {
    static constexpr search::Grammar grammar{"registered models", kModelFields};
    return grammar;
}

const search::Grammar& version_grammar() {
    static constexpr search::Grammar grammar{"model versions", kVersionFields};
    return grammar;
}

}  // namespace rondo::registry
