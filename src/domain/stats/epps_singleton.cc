#include "domain/stats/epps_singleton.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "domain/stats/distributions.h"
#include "domain/stats/sample.h"

namespace rondo::stats {
namespace {

constexpr size_t kParts = 4;  // cos and sin at two points
using Vector = std::array<double, kParts>;
using Matrix = std::array<Vector, kParts>;

// The q-quantile by linear interpolation between order statistics; reorders the values.
double quantile(std::vector<double>& values, double q) {
    const double place = q * static_cast<double>(values.size() - 1);
    const auto low = static_cast<size_t>(place);
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(low);
    std::nth_element(values.begin(), at, values.end());
    const double left = *at;
    const double share = place - static_cast<double>(low);
    if (share == 0) return left;
    const double right = *std::min_element(at + 1, values.end());
    return left + (right - left) * share;
}

struct Characteristic {
    Vector mean{};
    Matrix covariance{};  // divided by n
};

Vector parts_of(double value, double scale) {
    const double a = 0.4 * scale * value, b = 0.8 * scale * value;
    return {std::cos(a), std::cos(b), std::sin(a), std::sin(b)};
}

Characteristic characteristic(std::span<const double> values, double scale) {
    Characteristic out;
    const auto n = static_cast<double>(values.size());
    std::vector<Vector> parts;
    parts.reserve(values.size());
    for (const double v : values) {
        parts.push_back(parts_of(v, scale));
        for (size_t i = 0; i < kParts; ++i) out.mean[i] += parts.back()[i];
    }
    for (double& m : out.mean) m /= n;
    for (const Vector& p : parts) {
        for (size_t i = 0; i < kParts; ++i) {
            for (size_t j = 0; j <= i; ++j)
                out.covariance[i][j] += (p[i] - out.mean[i]) * (p[j] - out.mean[j]);
        }
    }
    for (size_t i = 0; i < kParts; ++i) {
        for (size_t j = 0; j <= i; ++j)
            out.covariance[j][i] = out.covariance[i][j] = out.covariance[i][j] / n;
    }
    return out;
}

// Eigenvalues on the diagonal of `a`, eigenvectors in the columns of the answer (Jacobi).
Matrix eigen(Matrix& a) {
    Matrix v{};
    for (size_t i = 0; i < kParts; ++i) v[i][i] = 1;
    for (int sweep = 0; sweep < 60; ++sweep) {
        double off = 0;
        for (size_t p = 0; p < kParts; ++p)
            for (size_t q = p + 1; q < kParts; ++q) off += a[p][q] * a[p][q];
        if (off == 0) break;
        for (size_t p = 0; p < kParts; ++p) {
            for (size_t q = p + 1; q < kParts; ++q) {
                if (a[p][q] == 0) continue;
                const double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
                const double t =
                    std::copysign(1.0, theta) / (std::abs(theta) + std::hypot(theta, 1.0));
                const double c = 1 / std::hypot(t, 1.0), s = t * c;
                for (size_t k = 0; k < kParts; ++k) {
                    const double kp = a[k][p], kq = a[k][q];
                    a[k][p] = c * kp - s * kq;
                    a[k][q] = s * kp + c * kq;
                }
                for (size_t k = 0; k < kParts; ++k) {
                    const double pk = a[p][k], qk = a[q][k];
                    a[p][k] = c * pk - s * qk;
                    a[q][k] = s * pk + c * qk;
                    const double vp = v[k][p], vq = v[k][q];
                    v[k][p] = c * vp - s * vq;
                    v[k][q] = s * vp + c * vq;
                }
                a[p][q] = a[q][p] = 0;
            }
        }
    }
    return v;
}

struct Form {
    double value = 0;
    double rank = 0;
};

// difference' pinv(covariance) difference. Directions with less than 4 epsilon of the largest
// variance have none.
Form whitened(Matrix covariance, const Vector& difference) {
    const Matrix vectors = eigen(covariance);
    double largest = 0;
    for (size_t k = 0; k < kParts; ++k) largest = std::max(largest, std::abs(covariance[k][k]));
    const double floor = largest * kParts * std::numeric_limits<double>::epsilon();
    Form out;
    for (size_t k = 0; k < kParts; ++k) {
        if (!(std::abs(covariance[k][k]) > floor)) continue;
        double along = 0;
        for (size_t i = 0; i < kParts; ++i) along += vectors[i][k] * difference[i];
        out.value += along * along / covariance[k][k];
        ++out.rank;
    }
    return out;
}

}  // namespace

Result<TestResult> epps_singleton_2samp(std::span<const double> x, std::span<const double> y) {
    TRY(need_values(x, 5, "x"));
    TRY(need_values(y, 5, "y"));
    std::vector<double> pooled(x.begin(), x.end());
    pooled.insert(pooled.end(), y.begin(), y.end());
    for (const double v : pooled) {
        if (!std::isfinite(v)) return TestResult{};
    }
    const double low = quantile(pooled, 0.25);
    const double range = quantile(pooled, 0.75) - low;
    if (range == 0)
        return fail(Code::invalid,
                    "half of all values are the same: the interquartile range is 0, and the test "
                    "has no scale; compare counts of values instead",
                    "x");
    const Characteristic of_x = characteristic(x, 2 / range), of_y = characteristic(y, 2 / range);
    const auto nx = static_cast<double>(x.size()), ny = static_cast<double>(y.size());
    const double n = nx + ny;
    Matrix covariance{};
    Vector difference{};
    for (size_t i = 0; i < kParts; ++i) {
        difference[i] = of_x.mean[i] - of_y.mean[i];
        for (size_t j = 0; j < kParts; ++j)
            covariance[i][j] = n / nx * of_x.covariance[i][j] + n / ny * of_y.covariance[i][j];
    }
    const Form form = whitened(covariance, difference);
    TestResult out;
    out.statistic = n * form.value;
    if (std::max(nx, ny) < 25)
        out.statistic /= 1 + std::pow(n, -0.45) + 10.1 * (std::pow(nx, -1.7) + std::pow(ny, -1.7));
    out.p_value = chi_square_sf(out.statistic, form.rank);
    return out;
}

}  // namespace rondo::stats
