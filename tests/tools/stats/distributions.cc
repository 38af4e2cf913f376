#include "domain/stats/distributions.h"

#include "cases.h"
#include "domain/stats/kolmogorov.h"

namespace rondo::stats::cases {
namespace {

template <double (*F)(double)>
Answer one(const Case& c) {
    return std::vector{F(c.number(0))};
}
template <double (*F)(double, double)>
Answer two(const Case& c) {
    return std::vector{F(c.number(0), c.number(1))};
}
template <double (*F)(double, double, double)>
Answer three(const Case& c) {
    return std::vector{F(c.number(0), c.number(1), c.number(2))};
}
template <double (*F)(double, int64_t)>
Answer counted(const Case& c) {
    return std::vector{F(c.number(0), c.whole(1))};
}

}  // namespace

void add_distributions(Table& table) {
    table["normal_cdf"] = one<normal_cdf>;
    table["normal_sf"] = one<normal_sf>;
    table["normal_log_cdf"] = one<normal_log_cdf>;
    table["normal_ppf"] = one<normal_ppf>;
    table["student_t_cdf"] = two<student_t_cdf>;
    table["student_t_sf"] = two<student_t_sf>;
    table["student_t_ppf"] = two<student_t_ppf>;
    table["chi_square_cdf"] = two<chi_square_cdf>;
    table["chi_square_sf"] = two<chi_square_sf>;
    table["chi_square_ppf"] = two<chi_square_ppf>;
    table["f_cdf"] = three<f_cdf>;
    table["f_sf"] = three<f_sf>;
    table["f_ppf"] = three<f_ppf>;
    table["beta_cdf"] = three<beta_cdf>;
    table["beta_sf"] = three<beta_sf>;
    table["beta_ppf"] = three<beta_ppf>;
    table["gamma_p"] = two<gamma_p>;
    table["gamma_q"] = two<gamma_q>;
    table["binomial_cdf"] = three<binomial_cdf>;
    table["binomial_sf"] = three<binomial_sf>;
    table["log_gamma"] = one<log_gamma>;
    table["log_beta"] = two<log_beta>;
    table["log_choose"] = two<log_choose>;
    table["bessel_k_quarter_scaled"] = one<bessel_k_quarter_scaled>;
    table["kolmogorov_cdf"] = one<kolmogorov_cdf>;
    table["kolmogorov_sf"] = one<kolmogorov_sf>;
    table["kolmogorov_n_sf"] = counted<kolmogorov_n_sf>;
    table["smirnov_sf"] = counted<smirnov_sf>;
}

}  // namespace rondo::stats::cases
