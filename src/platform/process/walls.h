// The walls around a program, built by the shim in its own process before exec.
#pragma once

#include "base/result.h"
#include "platform/process/spec.h"

namespace rondo::process {

// Irrevocable for this process and its children: no new privileges, files only as the spec says
// (landlock), no core dumps, a bound on files and their size. Where the kernel has no landlock the
// other walls stand and isolation() says so.
Status build_walls(const Spec& spec);

// 0 when the kernel has no landlock.
int landlock_version();

}  // namespace rondo::process
