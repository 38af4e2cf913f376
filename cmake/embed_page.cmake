# Writes the table of the page's files as C++: cmake -DDIST=... -DOUTPUT=... -P embed_page.cmake.
# The digests stand in the text so that a compiler cache sees when an embedded file has changed.
file(GLOB_RECURSE files RELATIVE ${DIST} ${DIST}/*)
list(FILTER files EXCLUDE REGEX "\\.(gz|br)$")
list(SORT files)

set(arrays "")
set(rows "")
set(number 0)
foreach(path ${files})
  math(EXPR number "${number} + 1")
  set(views "")
  foreach(form plain gz br)
    set(source ${DIST}/${path})
    if(NOT form STREQUAL plain)
      string(APPEND source .${form})
    endif()
    if(EXISTS ${source})
      file(SHA256 ${source} digest)
      string(APPEND arrays "constexpr unsigned char k${number}_${form}[] = {  // ${digest}\n"
                           "#embed \"${source}\"\n};\n")
      string(APPEND views ", view(k${number}_${form})")
    else()
      string(APPEND views ", {}")
    endif()
  endforeach()
  file(SHA256 ${DIST}/${path} digest)
  string(APPEND rows "        {\"${path}\", \"${digest}\"${views}},\n")
endforeach()

file(WRITE ${OUTPUT} "// Written by cmake/embed_page.cmake.
#include \"app/page/files.h\"

namespace rondo::app::page {
namespace {

${arrays}
template <size_t n>
std::string_view view(const unsigned char (&bytes)[n]) {
    return {reinterpret_cast<const char*>(bytes), n};
}

}  // namespace

std::span<const File> built_in() {
    static const File files[] = {
${rows}    };
    return files;
}

}  // namespace rondo::app::page
")
