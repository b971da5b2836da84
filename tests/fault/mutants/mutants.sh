#!/usr/bin/env bash
# mutants.sh [NAME...]: does a test catch it when this promise is broken? Puts each fault of this
# folder into a copy of the sources, builds, and runs the tests that must fail then.
# mutants.sh --check: only looks whether each still fits the sources.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

folder=tests/fault/mutants
work=$PWD/build/mutants
# A busy machine is no fault: tests get more time, and one that runs out of it has caught nothing.
export CK_TIMEOUT_MULTIPLIER=${CK_TIMEOUT_MULTIPLIER:-10}
copy=$work/sources
log=$work/log
faults=0

fault() {
    printf '%s\n' "$*"
    faults=$((faults + 1))
}

# header KEY NAME: the lines of that key above the patch of the mutant.
header() {
    sed -n -e '/^--- /q' -e "s/^$1: //p" "$folder/$2.patch"
}

files_of() {
    sed -n 's,^+++ b/,,p' "$folder/$1.patch"
}

# --- do they fit? ---------------------------------------------------------------------------------

tests_known=''

# A test is PROGRAM:NAME, or powercut with its options.
check_test() {
    [[ -n $tests_known ]] ||
        tests_known=$(grep -rhoE --include='test_*.c' --with-filename '^START_TEST\([a-z0-9_]+\)' tests |
            sed -E 's,^.*/([a-z0-9_]+)\.c:START_TEST\((.*)\)$,\1:\2,')
    [[ $2 == powercut\ * || $'\n'$tests_known$'\n' == *$'\n'"$2"$'\n'* ]] ||
        fault "$1: there is no test $2"
}

check_mutant() {
    local words
    [[ $(header What "$1" | wc -l) -eq 1 ]] || fault "$1: has not one line What:"
    [[ -n $(header Caught-by "$1") ]] || fault "$1: has no line Caught-by:"
    while IFS= read -r words; do
        check_test "$1" "$words"
    done < <(header Caught-by "$1")
    words=$(patch --dry-run --force --fuzz=0 --strip=1 <"$folder/$1.patch" 2>&1) ||
        fault "$1: does not fit the sources any more: $words"
}

# --- building -------------------------------------------------------------------------------------

# What is equal keeps its time, so that it is not compiled again.
copy_one() {
    cmp -s "$1" "$copy/$1" && return
    cp --preserve=mode --parents "$1" "$copy"
}

copy_sources() {
    local file
    mkdir -p "$copy"
    while IFS= read -r file; do
        copy_one "$file"
    done < <(find . \( -path ./build -o -path ./demo -o -path ./.git \) -prune -o -type f -printf '%P\n')
    while IFS= read -r file; do
        [[ -e $file ]] || rm "$copy/$file"
    done < <(cd "$copy" && find . -path ./build -prune -o -type f -printf '%P\n')
}

# targets_of TEST...: what has to be built for them.
targets_of() {
    local test
    for test in "$@"; do
        case $test in
        powercut\ *) printf 'powercut\n' ;;
        *) printf '%s\n' "${test%%:*}" ;;
        esac
    done | sort -u
}

build() {
    local targets
    mapfile -t targets < <(targets_of "$@")
    cmake --build "$copy/build/release" --target "${targets[@]}" >"$log" 2>&1 </dev/null
}

# --- trying ---------------------------------------------------------------------------------------

# fails TEST: whether this very test fails, or a power cut has lost something. That something else
# goes wrong is not enough.
fails() {
    local program=${1%%:*} options
    if [[ $1 == powercut\ * ]]; then
        read -ra options <<<"$1"
        "$copy/build/release/bin/${options[0]}" "${options[@]:1}" >"$log" 2>&1 </dev/null
        grep -qE ': [1-9][0-9]* bad$' "$log"
        return
    fi
    ctest --test-dir "$copy/build/release" --tests-regex "^$program\$" --no-tests=error \
        --output-on-failure >"$log" 2>&1 </dev/null || true
    grep -E ":[FE]:[^:]*:${1#*:}:" "$log" | grep -qv 'Test timeout expired'
}

# passes TEST: all of its program, and no image is bad.
passes() {
    fails "$1" && return 1
    grep -qE '100% tests passed|images recovered and compared .*: 0 bad$' "$log"
}

mutant_try() {
    local tests test
    mapfile -t tests < <(header Caught-by "$1")
    if ! patch --quiet --force --fuzz=0 --strip=1 --directory="$copy" --no-backup-if-mismatch \
        <"$folder/$1.patch" >"$log" 2>&1; then
        verdict='DOES NOT FIT'
        return 1
    fi
    if ! build "${tests[@]}"; then
        verdict='DOES NOT COMPILE'
        return 1
    fi
    for test in "${tests[@]}"; do
        if fails "$test"; then
            verdict=$test
            return
        fi
    done
    verdict=SURVIVED
    return 1
}

mutant_row() {
    local begun=$SECONDS file code=0
    verdict=''
    mutant_try "$1" || code=1
    while IFS= read -r file; do
        cp --preserve=mode "$file" "$copy/$file"
    done < <(files_of "$1")
    printf '%-34s %-58s %4d s\n' "$1" "$verdict" "$((SECONDS - begun))"
    [[ $code -eq 0 ]] && return
    faults=$((faults + 1))
    tail -n 40 "$log"
}

# All must pass before anything is broken.
unbroken_try() {
    local tests test
    # A program is run once, whichever of its tests are named: all of them must pass.
    mapfile -t tests < <(for name in "$@"; do header Caught-by "$name"; done | sort -u -t : -k 1,1)
    build "${tests[@]}" || {
        tail -n 40 "$log"
        fault "the unbroken sources can't be built"
        return
    }
    for test in "${tests[@]}"; do
        passes "$test" || {
            tail -n 40 "$log"
            fault "without a fault put in, this fails: $test"
        }
    done
}

names_of_all() {
    local file
    for file in "$folder"/*.patch; do
        basename "$file" .patch
    done
}

main() {
    local names=() name begun=$SECONDS check=no
    if [[ ${1:-} == --check ]]; then
        check=yes
        shift
    fi
    names=("$@")
    [[ $# -gt 0 ]] || mapfile -t names < <(names_of_all)
    for name in "${names[@]}"; do
        if [[ -e $folder/$name.patch ]]; then
            check_mutant "$name"
        else
            fault "there is no mutant '$name'; there are:" "$(names_of_all | xargs)"
        fi
    done
    [[ $check == no && $faults -eq 0 ]] || return "$((faults > 0))"
    copy_sources
    (cd "$copy" && cmake --preset release -DHISTORYD_TESTS=ON) >"$log" 2>&1 </dev/null || {
        cat "$log"
        return 1
    }
    unbroken_try "${names[@]}"
    [[ $faults -eq 0 ]] || return 1
    printf 'Without a fault put in, all of these tests pass (%d s).\n\n' "$((SECONDS - begun))"
    printf '%-34s %-58s %6s\n' mutant 'caught by' time
    for name in "${names[@]}"; do
        mutant_row "$name"
    done
    printf '\n%d mutants, %d caught, %d not, %d s\n' "${#names[@]}" "$((${#names[@]} - faults))" \
        "$faults" "$((SECONDS - begun))"
    [[ $faults -eq 0 ]]
}

main "$@"
