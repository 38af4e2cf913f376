// Digests and message authentication, by OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace rondo {

// A sha256, fed piece by piece.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;
    void update(std::string_view bytes);
    // Lower-case hex, 64 characters. Ends the object's life as an accumulator.
    std::string hex();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view bytes);
// 32 raw bytes.
std::string hmac_sha256(std::string_view key, std::string_view bytes);
// Compares in a time that depends on the length alone.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace rondo
