// What a certificate and its key are worth, before a server relies on them. Blocking reads.
#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"

namespace rondo::net {

struct CertificateInfo {
    std::string subject;
    Time not_before, not_after;
};

// The first certificate of a PEM file. An error names the file and what is wrong with it.
Result<CertificateInfo> read_certificate(const std::string& path);

// That the certificate is valid at this time and the key belongs to it.
Status check_certificate(const std::string& certificate_path, const std::string& key_path,
                         Time now);

}  // namespace rondo::net
