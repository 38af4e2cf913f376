// Names of artifacts: paths relative to the artifact root, such as
// "0/<run>/artifacts/model/MLmodel". Artifacts are rows, not files, so no path can leave the root
// on this machine; the rules protect the disks of those who download them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace rondo::artifacts {

inline constexpr size_t kMaxPathBytes = 2048;
inline constexpr size_t kMaxPartBytes = 255;  // what a file system takes as one name
inline constexpr size_t kMaxParts = 64;       // each folder above a file is looked up

// Checks a path that has been decoded once. Refuses absolute paths, empty parts, '.', '..',
// backslashes, drive letters, control characters, and text that gets a part '.' or '..', a
// backslash or NUL when it is decoded again. "" is the root.
Result<std::string> clean_path(std::string_view path);
// The same of a file, which the root is not.
Result<std::string> clean_file_path(std::string_view path);

// True when a part is '.' or '..', or the text holds a backslash or NUL, plain or percent-encoded
// any number of times; or when it holds another control character as it is.
bool has_dot_parts(std::string_view text);

// "mlflow-artifacts:/0/x" -> "0/x". A URI that names a host belongs to another server and is
// refused.
Result<std::string> path_of_uri(std::string_view uri);

// a + "/" + b, where either may be empty.
std::string join(std::string_view a, std::string_view b);

// The last part.
std::string_view base_name(std::string_view path);

}  // namespace rondo::artifacts
