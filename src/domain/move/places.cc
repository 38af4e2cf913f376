#include "domain/move/places.h"

#include <sys/stat.h>

#include "base/bytes.h"
#include "base/text.h"
#include "domain/artifacts/path.h"

namespace rondo::move {
namespace {

constexpr std::string_view kOurs = "mlflow-artifacts:/";

std::string decoded_once(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        const auto byte = text[i] == '%' && i + 2 < text.size() ? from_hex(text.substr(i + 1, 2))
                                                                : Result<std::string>{""};
        if (!byte || byte->empty()) {
            out += text[i];
            continue;
        }
        out += *byte;
        i += 2;
    }
    return out;
}

// "s3://bucket/x" -> "s3://bucket"; without a scheme: nothing.
std::string store_of(std::string_view location) {
    const size_t colon = location.find(':');
    if (colon == std::string_view::npos || location.substr(0, colon).contains('/')) return {};
    size_t end = colon + 1;
    if (location.substr(end).starts_with("//"))
        end = std::min(location.find('/', end + 2), location.size());
    return std::string(location.substr(0, end));
}

// The path of a location on this machine, without a slash at its end; empty for another one.
std::string local_path(std::string_view location, const std::string& base) {
    std::string path;
    if (location.starts_with("file:")) {
        location.remove_prefix(5);
        if (location.starts_with("//")) {
            const size_t slash = location.find('/', 2);
            const std::string_view host = location.substr(2, slash - 2);
            if (slash == std::string_view::npos || (!host.empty() && host != "localhost"))
                return {};
            location.remove_prefix(slash);
        }
        path = decoded_once(location);
    } else if (!store_of(location).empty()) {
        return {};
    } else {
        path = location;
    }
    if (path.empty()) return {};
    while (path.starts_with("./")) path.erase(0, 2);
    if (!path.starts_with('/')) path = base + "/" + path;
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
}

bool is_folder(const std::string& path) {
    struct stat info{};
    return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

}  // namespace

void Places::note(Count& count, const std::string& example) {
    if (count.count++ == 0) count.example = example;
}

std::string Places::of_experiment(int64_t id, const std::string& location) {
    const std::string path = local_path(location, base_);
    if (path.empty() && !location.empty()) return location;
    std::string uri = std::string(kOurs) + std::to_string(id);
    if (!path.empty()) moved_[path] = uri;
    return uri;
}

Place Places::of(const std::string& location, std::string path, const std::string& end) {
    const std::string local = local_path(location, base_);
    std::string folder = local;
    Place place;
    if (!local.empty() || location.empty()) {
        place.uri = std::string(kOurs) + path;
        place.path = std::move(path);
        if (!local.empty()) moved_[local] = place.uri;
    } else if (const auto inside = artifacts::path_of_uri(location); inside) {
        place.uri = std::string(kOurs) + *inside;
        place.path = *inside;
        if (served_.empty()) {
            note(not_named_, location);
            return place;
        }
        folder = served_ + "/" + *inside;
    } else {
        note(kept_[store_of(location)], location);
        place.uri = location;
        return place;
    }
    if (!folder.empty() && !folder.ends_with("/" + end))
        note(foreign_folder_, location);
    else if (!is_folder(folder))
        note(without_folder_, location);
    else
        place.folder = std::move(folder);
    return place;
}

std::string Places::moved(const std::string& location) const {
    const std::string local = local_path(location, base_);
    if (local.empty()) return location;
    for (size_t end = local.size(); end > 0 && end != std::string::npos;
         end = local.rfind('/', end - 1)) {
        const auto found = moved_.find(std::string_view(local).substr(0, end));
        if (found != moved_.end()) return found->second + local.substr(end);
    }
    return location;
}

void Places::skip(const Place& place, const std::string& file, std::string why) {
    note(skipped_[std::move(why)], place.folder + "/" + file);
}

std::vector<Left> Places::left() const {
    std::vector<Left> out;
    const auto add = [&](const Count& count, const std::string& what, const std::string& why) {
        if (count.count > 0)
            out.push_back({what, count.count, why + ", such as " + quoted(count.example)});
    };
    for (const auto& [store, count] : kept_)
        add(count, "locations of artifacts in " + store,
            "they are kept as they are, and clients ask that store");
    add(not_named_, "locations of artifacts that MLflow's server hands out",
        "their files were not looked for; name the server's folder (its --artifacts-destination) "
        "with --artifacts");
    add(without_folder_, "locations of artifacts without a folder on this machine",
        "nothing was ever logged there, or it lies elsewhere");
    add(foreign_folder_, "local folders of artifacts that are not as MLflow names them",
        "their files were not taken");
    for (const auto& [why, count] : skipped_) add(count, "files among artifacts", why);
    return out;
}

}  // namespace rondo::move
