#include "domain/tracking/names.h"

#include <array>
#include <string_view>

namespace rondo::tracking {
namespace {

// At most eight letters each, so that all combinations fit.
constexpr std::array<std::string_view, 64> kAdjectives{
    "agile",  "amber",  "ample",  "apt",    "azure",  "balmy",   "bold",   "brave",
    "breezy", "bright", "brisk",  "calm",   "candid", "clear",   "clever", "cosmic",
    "crisp",  "daring", "deft",   "eager",  "early",  "fair",    "fluent", "fresh",
    "gentle", "glad",   "golden", "grand",  "hardy",  "hazel",   "honest", "humble",
    "jolly",  "keen",   "kind",   "lively", "loyal",  "lucid",   "lunar",  "mellow",
    "merry",  "mighty", "modest", "nimble", "noble",  "patient", "placid", "polite",
    "proud",  "quick",  "quiet",  "rapid",  "ready",  "robust",  "royal",  "serene",
    "sharp",  "silver", "solar",  "steady", "sunny",  "tidy",    "vivid",  "witty"};
constexpr std::array<std::string_view, 64> kNouns{
    "alder",  "badger", "beacon", "birch",  "bison", "brook",  "canyon", "cedar",
    "cliff",  "comet",  "crane",  "delta",  "dune",  "eagle",  "ember",  "falcon",
    "fern",   "finch",  "fjord",  "forest", "fox",   "gale",   "glade",  "gull",
    "harbor", "hare",   "hawk",   "heron",  "hill",  "ibis",   "island", "jay",
    "kelp",   "lake",   "lark",   "lynx",   "maple", "marsh",  "meadow", "moose",
    "newt",   "oak",    "orca",   "otter",  "owl",   "peak",   "pine",   "plover",
    "raven",  "reef",   "ridge",  "river",  "robin", "sable",  "shore",  "spruce",
    "stork",  "swift",  "tern",   "tide",   "trout", "valley", "willow", "wren"};

}  // namespace

std::string random_name(Env& env) {
    const uint64_t dice = random_u64(env);
    std::string name(kAdjectives[dice % kAdjectives.size()]);
    name += '-';
    name += kNouns[dice / 64 % kNouns.size()];
    name += '-';
    return name += std::to_string(dice / 4096 % 1000);
}

}  // namespace rondo::tracking
