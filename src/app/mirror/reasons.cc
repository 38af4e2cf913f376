#include "app/mirror/reasons.h"

#include <algorithm>

namespace rondo::app::mirror {
namespace {

using json::Value;

struct Reason {
    std::string_view words;
    bool (*holds)(const Differing&);
};

bool both(const Differing& d, int status) {
    return d.upstream.status == status && d.rondo.status == status;
}
bool both_good(const Differing& d) { return both(d, 200); }
bool asks(const Differing& d, std::string_view part) {
    return d.asked.endpoint.find(part) != std::string::npos;
}
bool is_mistake(int status) { return status >= 400 && status < 500; }

template <class F>
bool all_places(const Differing& d, F holds) {
    return !d.found.places.empty() && std::ranges::all_of(d.found.places, holds);
}

const Reason kReasons[] = {
    {"a mistake is answered with 4xx, where the upstream answers 5xx",
     [](const Differing& d) {
         return d.upstream.status >= 500 && d.upstream.status != 503 && is_mistake(d.rondo.status);
     }},
    {"the same error by other words",
     [](const Differing& d) {
         const auto code = d.their_json["error_code"].text();
         return d.upstream.status == d.rondo.status && is_mistake(d.rondo.status) &&
                code == d.our_json["error_code"].text() && all_places(d, [](const Place& place) {
                    return place.path == "$.message" || place.path == "body";
                });
     }},
    {"the upstream's router refuses by other words",
     [](const Differing& d) {
         return (both(d, 404) || both(d, 405)) && d.their_json["error_code"].text().empty();
     }},
    {"an upload is answered with an empty message, as MLflow's older servers do, not with nothing",
     [](const Differing& d) {
         return both_good(d) && asks(d, "mlflow-artifacts/artifacts/") && d.upstream.body.empty() &&
                d.rondo.body == "{}";
     }},
    {"artifacts that do not lie on the server are not handed out by it",
     [](const Differing& d) { return d.rondo.status == 501 && d.upstream.status >= 500; }},
    {"a version tells its logged model and its aliases wherever it is told of",
     [](const Differing& d) {
         return both_good(d) && all_places(d, [](const Place& place) {
                    const bool known =
                        place.path.ends_with(".model_id") || place.path.ends_with(".aliases");
                    return place.upstream == "-" && known &&
                           place.path.find("version") != std::string::npos;
                });
     }},
    {"a search tells of the models that runs have read",
     [](const Differing& d) {
         return both_good(d) && asks(d, "runs/search") && all_places(d, [](const Place& place) {
                    return place.upstream == "-" && place.path.ends_with(".model_inputs");
                });
     }},
    {"the history of a run that does not exist is 404, not empty",
     [](const Differing& d) {
         return asks(d, "metrics/get-history") && d.rondo.status == 404 &&
                d.upstream.status == 200 && d.their_json.object().empty();
     }},
    {"all entities know the same filters and orders",
     [](const Differing& d) {
         return asks(d, "search") && d.rondo.status == 200 && d.upstream.status == 400;
     }},
    {"a filter with a rest that means nothing is refused, not read in part",
     [](const Differing& d) {
         return asks(d, "search") && d.upstream.status == 200 && d.rondo.status == 400 &&
                d.our_json["message"].text().starts_with("Invalid filter");
     }},
    {"of a logged model's metric the last point is told, not every one",
     [](const Differing& d) {
         return both_good(d) && asks(d, "logged-models") && all_places(d, [](const Place& place) {
                    return place.path.ends_with(".metrics") && place.rondo != "-";
                });
     }},
    {"NaN of a logged model's metric is told as NaN, not as 0",
     [](const Differing& d) {
         return both_good(d) && all_places(d, [](const Place& place) {
                    return place.path.ends_with(".value") && place.rondo == "\"NaN\"" &&
                           (place.upstream == "0.0" || place.upstream == "0");
                });
     }},
    {"what a deleted logged model is asked to note is refused",
     [](const Differing& d) {
         return asks(d, "logged-models/{model_id}/params") && d.rondo.status == 404 &&
                d.upstream.status == 200;
     }},
    {"a text with NUL is refused, since not every database keeps one",
     [](const Differing& d) {
         return d.rondo.status == 400 &&
                d.our_json["message"].text().find("U+0000") != std::string_view::npos;
     }},
    {"the size of an empty file is told",
     [](const Differing& d) {
         return both_good(d) && all_places(d, [](const Place& place) {
                    return place.path.ends_with(".file_size") && place.upstream == "-" &&
                           (place.rondo == "0" || place.rondo == "\"0\"");
                });
     }},
    {"there are no redirects", [](const Differing& d) { return d.upstream.status == 308; }},
};

}  // namespace

std::string reason_for(const Differing& d) {
    for (const Reason& reason : kReasons) {
        if (reason.holds(d)) return std::string(reason.words);
    }
    return {};
}

}  // namespace rondo::app::mirror
