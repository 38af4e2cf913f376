#!/usr/bin/env bash
# Makes build/package/rondo_VERSION_ARCH.deb from the release build: one stripped binary with the page
# inside, the unit, settings, manual page and completion. The same sources give the same bytes.
# usage: tools/package.sh
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
cd "$root"

need_packages tools/packages.txt tools/packages-package.txt
build_release rondo

version=$(sed -n 's/^project(rondo VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
[ "$(build/release/rondo --version)" = "$version" ] || {
    echo "src/app/version.h says another version than CMakeLists.txt ($version)" >&2; exit 1; }
arch=$(dpkg --print-architecture)
# Times inside the package: of the commit, or of now outside a repository.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

stage=$root/build/package/stage
rm -rf "$stage" && mkdir -p "$stage/DEBIAN"
umask 022
install -D -m 755 build/release/rondo "$stage/usr/bin/rondo"
strip --strip-unneeded --remove-section=.comment "$stage/usr/bin/rondo"
install -D -m 644 packaging/rondo.service "$stage/lib/systemd/system/rondo.service"
install -D -m 644 packaging/rondo.toml "$stage/etc/rondo/rondo.toml"
install -D -m 644 packaging/rondo.bash-completion "$stage/usr/share/bash-completion/completions/rondo"
install -D -m 644 README.md "$stage/usr/share/doc/rondo/README.md"
install -D -m 644 docs/guide/README.md "$stage/usr/share/doc/rondo/guide.md"
install -d "$stage/usr/share/man/man1"
gzip -9n <packaging/rondo.1 >"$stage/usr/share/man/man1/rondo.1.gz"
{
    printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n'
    printf 'Files: *\nCopyright: 2026 The authors of Rondo\nLicense: Apache-2.0\n'
    printf ' On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.\n'
} >"$stage/usr/share/doc/rondo/copyright"
printf 'rondo (%s) unstable; urgency=medium\n\n  * See the project'"'"'s CHANGELOG.md.\n\n -- Rondo <packages@rondo.invalid>  %s\n' \
    "$version" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" |
    gzip -9n >"$stage/usr/share/doc/rondo/changelog.gz"

# The libraries that the binary is linked to, with the versions whose symbols it uses.
mkdir -p build/package/shlibs/debian
printf 'Source: rondo\n\nPackage: rondo\nArchitecture: any\n' >build/package/shlibs/debian/control
depends=$(cd build/package/shlibs &&
    dpkg-shlibdeps -O --ignore-missing-info "$stage/usr/bin/rondo" 2>/dev/null |
    sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || { echo "dpkg-shlibdeps found no libraries" >&2; exit 1; }

cat >"$stage/DEBIAN/control" <<CONTROL
Package: rondo
Version: $version
Architecture: $arch
Maintainer: Rondo <packages@rondo.invalid>
Installed-Size: $(du -k -s "$stage/usr" | cut -f1)
Depends: adduser, $depends
Recommends: libpq5 (>= 15), ca-certificates
Suggests: postgresql, python3
Section: science
Priority: optional
Description: one server for the whole life of a model
 Rondo versions data, tracks experiments, keeps a registry, runs training
 pipelines, serves models, watches them, retrains them, and replaces them by
 itself, with stated error rates. MLflow's clients work with it as they are.
CONTROL
printf '/etc/rondo/rondo.toml\n' >"$stage/DEBIAN/conffiles"
install -m 755 packaging/debian/* "$stage/DEBIAN/"
(cd "$stage" && find usr lib -type f -print0 | sort -z | xargs -0 md5sum) >"$stage/DEBIAN/md5sums"

find "$stage" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
deb=build/package/rondo_${version}_$arch.deb
dpkg-deb --root-owner-group -Zxz --build "$stage" "$deb" >/dev/null
echo "$deb: $(stat -c %s "$deb") bytes"
