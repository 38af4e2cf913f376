// Whatever is taken for XML writes out and reads in again as the same tree.
#include "base/check.h"
#include "platform/blob/xml.h"

using rondo::blob::Xml;

namespace {

void write(std::string& out, const Xml& xml) {
    out += "<" + xml.name + ">" + rondo::blob::xml_escape(xml.text);
    for (const Xml& child : xml.children) write(out, child);
    out += "</" + xml.name + ">";
}

bool same(const Xml& a, const Xml& b) {
    if (a.name != b.name || a.text != b.text || a.children.size() != b.children.size())
        return false;
    for (size_t i = 0; i < a.children.size(); ++i) {
        if (!same(a.children[i], b.children[i])) return false;
    }
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto parsed = Xml::parse({reinterpret_cast<const char*>(data), size});
    if (!parsed) return 0;
    std::string out;
    write(out, *parsed);
    const auto again = Xml::parse(out);
    CHECK(again && same(*parsed, *again), "a tree reads differently when it is written again");
    return 0;
}
