#include "platform/blob/xml.h"

#include <doctest/doctest.h>

using rondo::blob::Xml;

TEST_CASE("xml: what object stores answer") {
    const auto xml = Xml::parse(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3/\">"
        "<IsTruncated>false</IsTruncated><Contents><Key>a&amp;&lt;&#98;&#x63;&#x20AC;</Key>"
        "<Size>7</Size></Contents><!-- c --><Contents><Key>d</Key></Contents><Empty/>"
        "</ListBucketResult>\n");
    REQUIRE(xml);
    CHECK(xml->name == "ListBucketResult");
    CHECK((*xml)["IsTruncated"].text == "false");
    CHECK((*xml)["Contents"]["Key"].text == "a&<bc\u20ac");
    CHECK(xml->children[2]["Key"].text == "d");
    CHECK((*xml)["None"]["Deeper"].text.empty());
}

TEST_CASE("T5 xml: what is refused") {
    std::string deep, wide = "<a>";
    for (int i = 0; i < 20; ++i) deep += "<a>";
    for (int i = 0; i < 20; ++i) deep += "</a>";
    for (int i = 0; i < 100'000; ++i) wide += "<b/>";
    wide += "</a>";
    for (const std::string& text : {std::string(),
                                    std::string("text"),
                                    std::string("<a>"),
                                    std::string("<a></b>"),
                                    std::string("<a/><b/>"),
                                    std::string("<a>&x;</a>"),
                                    std::string("<a>&#0;</a>"),
                                    std::string("<a>&#xd800;</a>"),
                                    std::string("<a>&#x110000;</a>"),
                                    std::string("<a>&amp</a>"),
                                    std::string("<a b></a>"),
                                    std::string("<a b=c></a>"),
                                    std::string("<a b='c></a>"),
                                    std::string("<a><!-- </a>"),
                                    std::string("<1/>"),
                                    std::string("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>"),
                                    std::string("<a><![CDATA[x]]></a>"),
                                    std::string("<a><?php ?></a>"),
                                    std::string("<a>\xff</a>"),
                                    std::string("<a>\0</a>", 8),
                                    deep,
                                    wide}) {
        CAPTURE(text.substr(0, 40));
        CHECK_FALSE(Xml::parse(text).has_value());
    }
}
