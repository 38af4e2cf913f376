#include "platform/process/walls.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace rondo::process {
namespace {

// Later rights than the headers of Debian 12 name.
constexpr uint64_t kRefer = 1ULL << 13;     // ABI 2
constexpr uint64_t kTruncate = 1ULL << 14;  // ABI 3
struct RulesetAttributes {
    uint64_t files = 0, network = 0, scoped = 0;
};
constexpr uint64_t kSocketsAndSignals = 3;  // ABI 6: none to what is outside
constexpr size_t kFilesOnly = sizeof(uint64_t);

constexpr uint64_t kReadFile = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;
constexpr uint64_t kRead = kReadFile | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t kWriteFile = LANDLOCK_ACCESS_FS_WRITE_FILE;
constexpr uint64_t kWriteDirectory =
    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

// What every program needs to start and that holds no secret of ours. /dev for null, urandom, shm.
constexpr const char* kSystemReadable[] = {"/usr",  "/lib", "/lib64", "/bin",
                                           "/sbin", "/etc", "/proc",  "/sys"};
constexpr const char* kSystemWritable[] = {"/dev"};

constexpr rlim_t kMaxFileBytes = rlim_t{64} << 30;
constexpr rlim_t kMaxOpenFiles = 4096;

class Ruleset {
  public:
    explicit Ruleset(int version) {
        handled_ = kRead | kWriteFile | kWriteDirectory;
        if (version >= 2) handled_ |= kRefer;
        if (version >= 3) handled_ |= kTruncate;
        const RulesetAttributes attributes{handled_, 0, kSocketsAndSignals};
        descriptor_ = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes,
                                                 version >= 6 ? sizeof attributes : kFilesOnly, 0));
    }
    ~Ruleset() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    Ruleset(const Ruleset&) = delete;
    Ruleset& operator=(const Ruleset&) = delete;

    // A path that does not exist needs no rule.
    void allow(const std::string& path, uint64_t rights) {
        const int descriptor = ::open(path.c_str(), O_PATH | O_CLOEXEC);
        if (descriptor < 0) return;
        struct stat info{};
        ::fstat(descriptor, &info);
        if (!S_ISDIR(info.st_mode)) rights &= kReadFile | kWriteFile | kTruncate;
        landlock_path_beneath_attr rule{};
        rule.allowed_access = rights & handled_;
        rule.parent_fd = descriptor;
        (void)::syscall(SYS_landlock_add_rule, descriptor_, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
        ::close(descriptor);
    }
    bool enforce() { return ::syscall(SYS_landlock_restrict_self, descriptor_, 0) == 0; }
    uint64_t all() const { return handled_; }

  private:
    uint64_t handled_ = 0;
    int descriptor_ = -1;
};

void limit(__rlimit_resource_t what, rlim_t most) {
    rlimit current{};
    if (::getrlimit(what, &current) != 0) return;
    current.rlim_cur = std::min(current.rlim_max, most);
    if (what == RLIMIT_CORE) current.rlim_max = most;
    (void)::setrlimit(what, &current);
}

// Root's programs keep rights over files only. Others reach around the walls: CAP_PERFMON reads any
// process's environment, the server's with its database's password.
void drop_rights() {
    constexpr uint32_t kept = 1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE | 1U << CAP_FOWNER;
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> rights{};
    if (::syscall(SYS_capget, &header, rights.data()) != 0) return;
    const uint32_t left = rights[0].permitted & kept;
    rights = {};
    rights[0].effective = rights[0].permitted = left;
    (void)::syscall(SYS_capset, &header, rights.data());
}

}  // namespace

int landlock_version() {
    const long version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : static_cast<int>(version);
}

std::string isolation() {
    const int version = landlock_version();
    if (version == 0) return "no landlock in this kernel: programs can read what the server can";
    return "landlock ABI " + std::to_string(version) + ", same user as the server";
}

Status build_walls(const Spec& spec) {
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, kMaxFileBytes);
    limit(RLIMIT_NOFILE, kMaxOpenFiles);
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(Code::internal, std::string("no_new_privs: ") + std::strerror(errno));
    drop_rights();  // and no exec gives them back
    const int version = landlock_version();
    if (version == 0) return ok();
    Ruleset rules(version);
    for (const char* path : kSystemReadable) rules.allow(path, kRead);
    for (const char* path : kSystemWritable) rules.allow(path, rules.all());
    for (const std::string& path : spec.readable) rules.allow(path, kRead);
    for (const std::string& path : spec.writable) rules.allow(path, rules.all());
    rules.allow(spec.folder, rules.all());
    if (!rules.enforce())
        return fail(Code::internal, std::string("landlock: ") + std::strerror(errno));
    return ok();
}

}  // namespace rondo::process
