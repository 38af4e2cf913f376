#include "app/mirror/overlaps.h"

#include <doctest/doctest.h>

namespace rondo::app::mirror {

using Kind = Overlaps::Kind;

TEST_CASE("overlaps: a write to the same thing under way at the same time") {
    const std::string a(32, 'a'), b(32, 'b');
    Overlaps overlaps;
    const auto alone = overlaps.begin(Kind::read, a);
    CHECK(!overlaps.end(alone));

    // The write began before and ends after, or begins and ends within.
    const auto before = overlaps.begin(Kind::write, "run " + a);
    const auto read = overlaps.begin(Kind::read, a);
    CHECK(overlaps.end(read));
    CHECK(!overlaps.end(before));  // a read disturbs nobody
    const auto around = overlaps.begin(Kind::read, a);
    const auto within = overlaps.begin(Kind::write, a);
    CHECK(!overlaps.end(within));
    CHECK(overlaps.end(around));

    // Of another thing, or over before.
    const auto other = overlaps.begin(Kind::write, b);
    const auto apart = overlaps.begin(Kind::read, a);
    CHECK(!overlaps.end(apart));
    CHECK(!overlaps.end(other));
    const auto later = overlaps.begin(Kind::read, b);
    CHECK(!overlaps.end(later));

    // A search names nothing: any write counts.
    const auto search = overlaps.begin(Kind::read, "filter");
    const auto any = overlaps.begin(Kind::write, b);
    (void)overlaps.end(any);
    CHECK(overlaps.end(search));
    CHECK(!overlaps.end(12345));
}

TEST_CASE("overlaps: ids are whole words of 32 digits") {
    const std::string a(32, 'a');
    CHECK(Overlaps::names_in("x" + a + "," + a + " m-" + a).size() == 1);
    CHECK(Overlaps::names_in(a + "a").empty());
    CHECK(Overlaps::names_in("").empty());
}

}  // namespace rondo::app::mirror
