#include "app/backup/manifest.h"

#include <algorithm>

#include "base/text.h"
#include "platform/crypto/crypto.h"

namespace rondo::app {
namespace {

constexpr size_t kMaxManifest = 256 << 20;
constexpr std::string_view kHead = "{\"sha256\":\"";
constexpr std::string_view kMiddle = "\",\"manifest\":";

bool is_snapshot_name(std::string_view name) {
    return !name.empty() && name.find_first_of("./") == std::string_view::npos;
}

}  // namespace

uint64_t Manifest::bytes() const {
    int64_t sum = blobs.bytes;
    for (const SavedTable& table : tables) sum += table.bytes;
    for (const SavedFile& file : files) sum += file.bytes;
    return static_cast<uint64_t>(std::max<int64_t>(sum, 0));
}

std::string snapshot_folder(const std::string& target, const std::string& id) {
    return target + "/snapshots/" + id;
}

std::string saved_blob(const std::string& target, const std::string& digest) {
    return target + "/blobs/" + digest.substr(0, 2) + "/" + digest;
}

Status write_manifest(Env& env, const std::string& snapshot, const Manifest& manifest) {
    const std::string text = json::write(manifest);
    std::string out(kHead);
    out += sha256_hex(text);
    out += kMiddle;
    out += text + "}\n";
    return write_file_atomically(env, snapshot + "/manifest.json", out);
}

Result<Manifest> read_manifest(Env& env, const std::string& snapshot) {
    const std::string path = snapshot + "/manifest.json";
    auto whole = read_file(env.files(), path, kMaxManifest);
    if (!whole && whole.error().code == Code::not_found)
        return fail(Code::not_found, "there is no whole backup '" + snapshot +
                                         "': it has no manifest.json, so it was cut short");
    TRY(whole);
    const auto damaged = [&] {
        return fail(Code::invalid, "'" + path + "' is damaged; take another backup");
    };
    std::string_view text = *whole;
    const size_t begin = kHead.size() + 64 + kMiddle.size();
    if (text.size() < begin + 2 || !text.starts_with(kHead) || !text.ends_with("}\n"))
        return damaged();
    const std::string_view digest = text.substr(kHead.size(), 64);
    text = text.substr(begin, text.size() - begin - 2);
    if (sha256_hex(text) != digest) return damaged();
    TRY_ASSIGN(auto manifest, json::read<Manifest>(text, json::Dialect::lenient));
    if (manifest.format != kBackupFormat)
        return fail(Code::unsupported, "the backup has format " + std::to_string(manifest.format) +
                                           ", this program reads " + std::to_string(kBackupFormat) +
                                           "; use the program that made it: " + manifest.program);
    return manifest;
}

Result<std::vector<std::string>> list_snapshots(Env& env, const std::string& target) {
    if (!env.files().exists(target + "/rondo-backups"))
        return fail(Code::not_found, quoted(target) + " holds no backups of Rondo");
    TRY_ASSIGN(auto names, env.files().list(target + "/snapshots"));
    std::erase_if(names, [&](const std::string& name) {
        return !is_snapshot_name(name) ||
               !env.files().exists(snapshot_folder(target, name) + "/manifest.json");
    });
    std::sort(names.begin(), names.end());
    return names;
}

Result<Manifest> find_snapshot(Env& env, const std::string& target, const std::string& id) {
    TRY_ASSIGN(const auto whole, list_snapshots(env, target));
    if (!id.empty()) {
        if (std::find(whole.begin(), whole.end(), id) == whole.end())
            return fail(Code::not_found, quoted(target) + " has no whole snapshot " + quoted(id) +
                                             "; `rondo backup --list` shows those it has");
        return read_manifest(env, snapshot_folder(target, id));
    }
    if (whole.empty())
        return fail(Code::not_found, quoted(target) +
                                         " holds no whole backup: the only ones were cut short; "
                                         "run `rondo backup` again");
    return read_manifest(env, snapshot_folder(target, whole.back()));
}

Result<store::Table> to_table(const SavedTable& saved) {
    store::Table table{saved.name, {}, {}};
    for (const SavedColumn& column : saved.columns) {
        TRY_ASSIGN(const auto kind, store::parse_column_kind(column.kind));
        table.columns.push_back({column.name, kind});
    }
    return table;
}

}  // namespace rondo::app
