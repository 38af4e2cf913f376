#include "base/result.h"

namespace rondo {

std::string_view name_of(Code code) {
    switch (code) {
        case Code::invalid:
            return "invalid";
        case Code::not_found:
            return "not_found";
        case Code::already_exists:
            return "already_exists";
        case Code::conflict:
            return "conflict";
        case Code::unauthenticated:
            return "unauthenticated";
        case Code::permission_denied:
            return "permission_denied";
        case Code::too_large:
            return "too_large";
        case Code::unsupported:
            return "unsupported";
        case Code::exhausted:
            return "exhausted";
        case Code::unavailable:
            return "unavailable";
        case Code::deadline_exceeded:
            return "deadline_exceeded";
        case Code::storage_full:
            return "storage_full";
        case Code::cancelled:
            return "cancelled";
        case Code::internal:
            return "internal";
    }
    return "internal";
}

}  // namespace rondo
