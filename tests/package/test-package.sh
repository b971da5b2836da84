#!/usr/bin/env bash
# test-package.sh [FOLDER]: the Debian packages. Builds them twice in different places and compares, lints
# them, and lets them live in an overlay of this machine. FOLDER holds older packages to upgrade from;
# without it, an older version is built from the same tree.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
previous=${1:+$(realpath "$1")}
cd "$here/../.."
. "$here/checks.sh"

output=$PWD/build/package-test
skips=0

build() {
    ./dev package --output "$output/$1" "${@:2}"
}

compare() {
    local deb code=0
    for deb in "$output"/first/*.deb; do
        cmp "$deb" "$output/a-second-place/of-another-length/${deb##*/}" || code=1
    done
    return "$code"
}

source_is_clean() {
    same "$(git status --porcelain --ignored | grep -v '^!! build/$')" "$1"
}

lint() {
    local said
    said=$(lintian --allow-root --fail-on error,warning "$output"/first/*.changes)
    [[ -z $said ]] || printf '%s\n' "$said"
}

# live MODE: in the overlay; its own checks count there.
live() {
    local code=0
    if [[ $(id -u) -ne 0 ]]; then
        printf 'skipped (%s): mounting an overlay takes root\n' "$1"
        skips=$((skips + 1))
        return
    fi
    unshare --mount --propagation private "$here/overlay.sh" "$1" "$previous" "$output/first" ||
        code=$?
    case $code in
    0) passed=$((passed + 1)) ;;
    77) skips=$((skips + 1)) ;;
    *) failed=$((failed + 1)) ;;
    esac
}

printf '== building and lint\n'
rm -rf "$output"
tree=$(git status --porcelain --ignored 2>/dev/null | grep -v '^!! build/$' || true)
check "build" build first
if [[ $failed -ne 0 ]]; then
    closing_line "packages"
fi
check "build again, in another place" build a-second-place/of-another-length
check "both are the same bytes" compare
if git rev-parse --git-dir >/dev/null 2>&1; then
    check "the source tree is as it was" source_is_clean "$tree"
fi
check "lintian has neither errors nor warnings" lint
if [[ -z $previous ]]; then
    previous=$output/previous
    check "build an older version" build previous --suffix '~previous'
fi
live chroot
live boot
[[ $skips -eq 0 ]] || printf '\n%d parts were skipped, for the reasons above\n' "$skips"
closing_line "packages"
