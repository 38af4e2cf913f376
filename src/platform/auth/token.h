// Tokens as texts: "rondo_" + kind + "_" + 43 random letters and digits + 6 of a checksum. The
// prefix lets scanners find one that leaked; the checksum tells a typing error from a wrong token
// without a look at anything. Only the sha256 of a token is ever stored.
#pragma once

#include <string>
#include <string_view>

#include "base/env.h"
#include "platform/auth/model.h"

namespace rondo::auth {

std::string make_token(Env& env, TokenKind kind);
// Whether the text has the form of a token that make_token has made.
bool is_token(std::string_view text);
std::string hash_of(std::string_view token);

// What a request shows to be let in, from its headers: `Authorization: Bearer T`, Basic with a
// password or, under any name, a token; `X-API-Key: T`; or a browser's session cookie. All empty
// when there is nothing.
struct Shown {
    std::string token;
    std::string name, password;
};
struct Headers {
    std::string_view authorization, api_key, cookie;
};
// Fails with Code::unauthenticated on what is no credential of any of these forms.
Result<Shown> read_credentials(const Headers& headers);

// The session cookie's name; over TLS with the prefix that ties it to the host.
std::string_view cookie_name(bool secure);

}  // namespace rondo::auth
