#include "platform/crypto/sealed.h"

#include "platform/crypto/base64.h"

#include <doctest/doctest.h>

namespace rondo {

TEST_CASE("a sealed secret opens with its key for its owner, and not otherwise") {
    Env& env = system_env();
    const std::string key(kSealKeyBytes, 'k'), other(kSealKeyBytes, 'l');
    for (const std::string& secret : {std::string(), std::string("s"), std::string(5000, 'x')}) {
        const std::string sealed = seal(env, key, secret, "host a");
        CHECK(*unseal(key, sealed, "host a") == secret);
        CHECK(!unseal(key, sealed, "host b"));
        CHECK(!unseal(other, sealed, "host a"));
        CHECK(seal(env, key, secret, "host a") != sealed);
        if (secret.size() > 1) CHECK(sealed.find(secret) == std::string::npos);
    }
}

TEST_CASE("a sealed secret with any change opens nowhere") {
    const std::string key(kSealKeyBytes, 'k');
    const std::string sealed = seal(system_env(), key, "5 byt", "owner");
    for (size_t i = 0; i < sealed.size(); ++i) {
        std::string bent = sealed;
        bent[i] = bent[i] == 'A' ? 'B' : 'A';
        CHECK_MESSAGE(!unseal(key, bent, "owner"), i);
        CHECK_MESSAGE(!unseal(key, sealed.substr(0, i), "owner"), i);
    }
}

TEST_CASE("base64 by the examples of RFC 4648") {
    const std::pair<const char*, const char*> known[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, coded] : known) {
        CHECK(to_base64(plain) == coded);
        CHECK(*from_base64(coded) == plain);
    }
    for (const char* broken : {"Zg=", "Zg", "Zm9v\n", "Zm 9v", "Z===", "=m9v", "Zm9-", "Zg==Zg=="})
        CHECK_MESSAGE(!from_base64(broken), broken);
}

}  // namespace rondo
