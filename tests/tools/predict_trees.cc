// predict_trees MODEL ROWS OUT [margin]: evaluates an XGBoost model natively, for tests that
// compare it with the original. ROWS and OUT are files of raw float32, row-major. Exit status: 0
// predicted, 2 the model is of an unsupported kind, 1 anything else; the reason is printed.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "domain/serving/trees/booster.h"

namespace {

using rondo::Code;
using rondo::serving::trees::Booster;

std::string slurp(const char* path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

int usage() {
    std::fputs("usage: predict_trees MODEL ROWS OUT [margin]\n", stderr);
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4 || argc > 5) return usage();
    const bool margin = argc == 5;
    if (margin && std::string_view(argv[4]) != "margin") return usage();
    const auto booster = Booster::parse(slurp(argv[1]));
    if (!booster) {
        std::fprintf(stderr, "%s\n", booster.error().message.c_str());
        return booster.error().code == Code::unsupported ? 2 : 1;
    }
    const Booster& model = **booster;
    const std::string bytes = slurp(argv[2]);
    std::vector<float> rows(bytes.size() / sizeof(float));
    if (rows.empty() || bytes.size() % (model.features() * sizeof(float)) != 0) {
        std::fputs("the file of rows does not hold whole rows\n", stderr);
        return 1;
    }
    std::memcpy(rows.data(), bytes.data(), bytes.size());
    const size_t count = rows.size() / model.features();
    std::vector<float> out(count * (margin ? model.margins() : model.outputs()));
    if (margin) {
        model.predict_margin(rows, out);
    } else {
        model.predict(rows, out);
    }
    std::ofstream file(argv[3], std::ios::binary);
    file.write(reinterpret_cast<const char*>(out.data()),
               static_cast<std::streamsize>(out.size() * sizeof(float)));
    return file.flush() ? 0 : 1;
}
