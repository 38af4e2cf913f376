#include "platform/net/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

#include "base/env.h"

namespace rondo::net {
namespace {

constexpr size_t kMaxPem = 1 << 20;

template <auto Free>
struct Freer {
    template <class T>
    void operator()(T* value) const {
        Free(value);
    }
};
using Certificate = std::unique_ptr<X509, Freer<&X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<&EVP_PKEY_free>>;
using Text = std::unique_ptr<BIO, Freer<&BIO_free_all>>;

// The file's text in a form that OpenSSL reads; what it says of a failed read is ours.
Result<Text> read_pem(const std::string& path, std::string_view what) {
    auto text = read_file(system_env().files(), path, kMaxPem);
    if (!text)
        return fail(text.error().code == Code::internal ? Code::invalid : text.error().code,
                    "cannot use the " + std::string(what) + ": " + text.error().message);
    Text bio(BIO_new(BIO_s_mem()));
    BIO_write(bio.get(), text->data(), static_cast<int>(text->size()));
    return bio;
}

Result<Certificate> load_certificate(const std::string& path) {
    TRY_ASSIGN(const Text text, read_pem(path, "certificate"));
    Certificate certificate(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    ERR_clear_error();
    if (!certificate)
        return fail(Code::invalid, "cannot use the certificate '" + path +
                                       "': it holds no certificate in PEM form "
                                       "(-----BEGIN CERTIFICATE-----)");
    return certificate;
}

Time time_of(const ASN1_TIME* at) {
    tm parts{};
    ASN1_TIME_to_tm(at, &parts);
    return from_micros(static_cast<int64_t>(::timegm(&parts)) * 1'000'000);
}

}  // namespace

Result<CertificateInfo> read_certificate(const std::string& path) {
    TRY_ASSIGN(const Certificate certificate, load_certificate(path));
    CertificateInfo info;
    char name[256] = "";
    X509_NAME_oneline(X509_get_subject_name(certificate.get()), name, sizeof name);
    info.subject = name;
    info.not_before = time_of(X509_get0_notBefore(certificate.get()));
    info.not_after = time_of(X509_get0_notAfter(certificate.get()));
    return info;
}

Status check_certificate(const std::string& certificate_path, const std::string& key_path,
                         Time now) {
    TRY_ASSIGN(const CertificateInfo info, read_certificate(certificate_path));
    if (info.not_after < now)
        return fail(Code::invalid, "the certificate '" + certificate_path + "' expired on " +
                                       format_time(info.not_after) +
                                       "; put a new one in its place");
    if (info.not_before > now)
        return fail(Code::invalid, "the certificate '" + certificate_path +
                                       "' is not valid before " + format_time(info.not_before) +
                                       "; check this machine's clock, or take another one");
    TRY_ASSIGN(const Certificate certificate, load_certificate(certificate_path));
    TRY_ASSIGN(const Text text, read_pem(key_path, "key"));
    // Without a way to ask for a passphrase: a server starts alone.
    const Key key(PEM_read_bio_PrivateKey(
        text.get(), nullptr, [](char*, int, int, void*) { return -1; }, nullptr));
    ERR_clear_error();
    if (!key)
        return fail(Code::invalid, "cannot use the key '" + key_path +
                                       "': it holds no private key in PEM form without a "
                                       "passphrase");
    const bool match = X509_check_private_key(certificate.get(), key.get()) == 1;
    ERR_clear_error();
    if (!match)
        return fail(Code::invalid, "the key '" + key_path +
                                       "' does not belong to the certificate '" + certificate_path +
                                       "'; name the pair that was made together");
    return ok();
}

}  // namespace rondo::net
