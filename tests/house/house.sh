#!/usr/bin/env bash
# house.sh CHECK SOURCE_FOLDER BUILD_FOLDER: one rule of the house, checked. Prints what breaks it.
# shellcheck disable=SC2317 # the checks are called by their names
set -euo pipefail

check=$1
cd "$2"
build=$3
faults=0

fault() {
    printf '%s\n' "$*"
    faults=$((faults + 1))
}

own_files() { # [NAME_PATTERN...]
    local pattern arguments=()
    for pattern in "$@"; do
        arguments+=(-o -name "$pattern")
    done
    find proto daemon client tests -type f \( -false "${arguments[@]}" \) | sort
}

# --- one foreign library, one room ----------------------------------------------------------------

# only_in HEADER PATTERN: files that include HEADER have paths like PATTERN.
only_in() {
    local file
    while IFS= read -r file; do
        [[ $file =~ $2 ]] || fault "$file includes $1, whose room is $2"
    done < <(own_files '*.c' '*.h' | xargs grep -l "#include [<\"]\(.*/\)\?$1[>\"]" || true)
}

check_rooms() {
    only_in 'sqlite3\.h' '^daemon/store/|^tests/lib/database\.c$|^tests/unit/store/|^tests/bench/|^tests/fault/power/|^tests/fault/faults/'
    only_in 'uv\.h' '^daemon/net/'
    only_in 'cJSON\.h' '^proto/json[a-z_]*\.c$|^tests/'
    only_in 'ini\.h' '^daemon/config[a-z_]*\.c$'
    only_in 'check\.h' '^tests/'
}

# --- words that do not belong ---------------------------------------------------------------------

check_words() {
    local words file
    # Taken apart, so that this file does not hold them.
    words='/wo''rk/|\.\./sha''red|\bTO''DO\b|\bFIX''ME\b|\bHA''CK\b|\bXX''X\b'
    while IFS= read -r file; do
        fault "$file"
    done < <(find . -type f -not -path './.git' -not -path './.git/*' -not -path './build/*' \
        -not -path './demo/*' -print0 | xargs -0 grep -InE "$words" || true)
}

# --- sizes ----------------------------------------------------------------------------------------

check_sizes() {
    local file
    # shellcheck disable=SC2016 # awk's own variables
    while IFS= read -r file; do
        fault "$file"
    done < <(own_files '*.c' '*.h' | xargs awk '
        FNR == 1 { previous = "" }
        FNR == 401 { print FILENAME ": longer than 400 lines" }
        /^\{$/ { start = FNR; name = previous }
        /^\}$/ && start { if (FNR - start > 61) print FILENAME ":" start ": " FNR - start - 1 " lines: " name; start = 0 }
        /^[A-Za-z]/ { previous = $0 }')
}

# --- headers --------------------------------------------------------------------------------------

check_headers() {
    local file name twice folders=() folder
    twice=$(find proto daemon client tests -name '*.h' -type f -printf '%f\n' | sort | uniq -d)
    [[ -z $twice ]] || fault "header names that exist twice: $twice"
    while IFS= read -r folder; do
        folders+=(-I "$folder")
    done < <(find proto daemon client tests -name '*.h' -printf '%h\n' | sort -u)
    while IFS= read -r file; do
        name=${file##*/}
        [[ ! -e /usr/include/$name ]] || fault "$file has the name of a system header"
        if [[ $file == client/include/* ]]; then
            grep -q '^#ifndef HISTORYD_' "$file" || fault "$file has no guard"
            continue
        fi
        grep -q '^#pragma once$' "$file" || fault "$file has no #pragma once"
        head -n 1 "$file" | grep -q '^/\*' || fault "$file does not open by saying what it is"
        cc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -fsyntax-only -x c "${folders[@]}" \
            -I client/include -I "$build/proto" "${generated[@]}" \
            -include "$file" /dev/null || fault "$file does not compile alone"
    done < <(own_files '*.h')
}

check_public_headers() {
    local file
    for file in client/include/historyd/*.h; do
        cc -std=c11 -pedantic -Wall -Wextra -Werror -fsyntax-only -x c -I client/include \
            "${generated[@]}" -include "$file" /dev/null || fault "$file is not C11 by itself"
        if command -v clang >/dev/null; then
            clang -std=c++11 -pedantic -Wall -Wextra -Werror -fsyntax-only -x c++ -I client/include \
                "${generated[@]}" -include "$file" /dev/null || fault "$file is not C++ by itself"
        fi
        ! grep -E 'cJSON|sqlite3|uv_' "$file" || fault "$file shows a foreign library"
    done
}

# --- the library's names --------------------------------------------------------------------------

check_symbols() {
    local exported declared
    exported=$(nm -D --defined-only "$build/lib/libhistoryd-client.so" |
        awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort)
    declared=$(cat client/include/historyd/*.h "${generated_headers[@]}" | tr '\n' ' ' |
        grep -oE 'HD_PUBLIC [^;(]*\(' | grep -oE 'hd_[a-z0-9_]+ *\($' | tr -d ' (' | sort -u)
    [[ $exported == "$declared" ]] ||
        fault "exported (<) and declared (>) differ:" \
            "$(diff <(printf '%s\n' "$exported") <(printf '%s\n' "$declared") || true)"
}

# --- help texts and man pages ---------------------------------------------------------------------

page_text() {
    mandoc -T ascii -O width=1000 "$1" | sed 's/.\x08//g'
}

options_of() {
    grep -oE -- '(^|[^a-z-])--[a-z][a-z-]*' | grep -oE -- '--[a-z-]+' | sort -u
}

# same_options NAME HELP_TEXT MAN_TEXT
same_options() {
    local differences
    differences=$(diff <(options_of <<<"$2") <(options_of <<<"$3")) ||
        fault "$1: options in the help (<) and in the man page (>) differ: $differences"
}

ctl_commands() {
    "$build/bin/historyctl" --help | awk '/^Commands:/ { on = 1; next } /^$/ { on = 0 }
        on { sub(/^  /, ""); sub(/  .*/, ""); print }'
}

# A line for each number that can be configured: section, key, least, most; as the daemon has it.
numbers_of_table() {
    sed -nE 's/^ *NUMBER\("([a-z]+)", "([a-z_]+)", ([0-9]+), ([0-9]+),.*/\1 \2 \3 \4/p' daemon/config_keys.c
}

# What the shipped file says of each key, a line each: section, key, default, and the comment before it.
words_of_shipped() {
    awk '/^\[/ { gsub(/[][]/, ""); section = $1; words = "" }
        /^# / { if (told) words = ""; told = 0; words = words " " substr($0, 3) }
        /^#[a-z_]+ =/ { told = 1; key = substr($1, 2); sub(/^[^=]*= */, ""); print section, key, $0 "|" words }' \
        config/historyd.conf
}

# What the man page says of each key, a line each: section, key, and the text of its item.
words_of_page() {
    awk 'function tell(i) { for (i = 1; i <= n; i++) print section, keys[i] "|" words; n = 0; words = "" }
        /^\.Ss \[/ { tell(); gsub(/[][]/, ""); section = $2; next }
        /^\.(El|Sh|Ss)/ { tell(); next }
        /^\.It Va / { tell(); for (i = 3; i <= NF; i++) if ($i != ",") keys[++n] = $i; next }
        n { sub(/^\.[A-Z][a-z] /, ""); words = words " " $0 }' client/man/historyd.conf.5
}

# Both give each number its range and its default.
check_numbers() {
    local shipped page section key least most default
    shipped=$(words_of_shipped)
    page=$(words_of_page)
    [[ $(numbers_of_table | wc -l) -gt 20 ]] || fault "the table of keys is not found in daemon/config_keys.c"
    while read -r section key least most; do
        default=$(sed -n "s/^$section $key \([0-9]*\)|.*/\1/p" <<<"$shipped")
        grep -qE "^$section $key [0-9]+\|.*\<$least to $most\>" <<<"$shipped" ||
            fault "historyd.conf does not say that [$section] $key is $least to $most"
        grep -qE "^$section $key\|.*\<$least to $most\>" <<<"$page" ||
            fault "historyd.conf.5 does not say that [$section] $key is $least to $most"
        grep -qE "^$section $key\|.*Default: .*\<${default:-missing}\>" <<<"$page" ||
            fault "historyd.conf.5 does not say that the default of [$section] $key is ${default:-missing}"
    done < <(numbers_of_table)
}

check_manuals() {
    local command help='' page key quotes
    same_options historyd "$("$build/bin/historyd" --help)" "$(page_text client/man/historyd.8)"
    page=$(page_text client/man/historyctl.1)
    help=$("$build/bin/historyctl" --help)
    while IFS= read -r command; do
        grep -qF -- "$command" <<<"$page" || fault "historyctl.1 does not name the command: $command"
        # shellcheck disable=SC2086 # a command may be two words
        help+=$("$build/bin/historyctl" $command --help)
    done < <(ctl_commands)
    same_options historyctl "$help" "$page"
    # A macro's argument that begins with a quote loses it.
    quotes=$(grep -nE '^\.(Ql|Dl|Li|Cm|Pa)( .*)? "' client/man/*.[1-9]) && fault "quotes are \\(dq here: $quotes"
    page=$(page_text client/man/historyd.conf.5)
    while IFS= read -r key; do
        grep -qw -- "$key" <<<"$page" || fault "historyd.conf.5 does not name the key: $key"
    done < <(grep -oE '^#[a-z_]+ =' config/historyd.conf | tr -d '#= ')
    check_numbers
}

check_interface_page() {
    local page name
    page=$(page_text client/man/dev.historyd.history.7)
    while IFS= read -r name; do
        grep -qw -- "$name" <<<"$page" || fault "dev.historyd.history.7 does not name $name"
    done < <(awk '/^(method|error) / { sub(/\(.*/, "", $2); print $2 }' \
        proto/dev.historyd.history.varlink)
}

# --- units of systemd -----------------------------------------------------------------------------

# The units as they are installed, but with the programs that were built: verify wants them there.
check_units() {
    local folder scope words exposure
    if ! command -v systemd-analyze >/dev/null; then
        printf 'skipped: there is no systemd-analyze\n'
        return
    fi
    folder=$(mktemp -d)
    mkdir "$folder/system" "$folder/user"
    for scope in system user; do
        cp "$build/systemd/${scope/system/.}"/historyd.{socket,service} "$folder/$scope"
        sed -i -E "s,^(Exec[A-Za-z]+=)[^ ]*/(historyd|historyctl)( |$),\1$build/bin/\2\3," \
            "$folder/$scope/historyd.service"
        # Status 0 says nothing: a key that is not known is only a line of words.
        words=$(XDG_RUNTIME_DIR=$folder systemd-analyze "--$scope" verify --man=no \
            "$folder/$scope/historyd.socket" "$folder/$scope/historyd.service" 2>&1) || true
        [[ -z $words ]] || fault "systemd-analyze verify, $scope: $words"
    done
    exposure=$(systemd-analyze security --offline=true --threshold=6 --no-pager \
        "$folder/system/historyd.service" 2>&1) ||
        fault "the service is more exposed than 0.6: $(tail -n 1 <<<"$exposure")"
    rm -rf "$folder"
}

# --- faults put in on purpose ---------------------------------------------------------------------

check_mutants() {
    local words
    words=$(tests/fault/mutants/mutants.sh --check) || fault "$words"
}

mapfile -t generated_headers < <(find "$build" -path '*/historyd/*.h' -type f)
generated=()
for file in "${generated_headers[@]}"; do
    generated+=(-I "$(dirname "$(dirname "$file")")")
done

"check_${check//-/_}"
exit $((faults > 0))
