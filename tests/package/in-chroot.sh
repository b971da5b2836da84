#!/usr/bin/env bash
# in-chroot.sh: the life of the packages on a machine whose systemd does not run: installed, used,
# upgraded, removed, purged. Runs in a root that is thrown away, in the folder that holds previous/ and
# current/ (packages), consumer/ and sources/.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here"
. ./checks.sh

state=/var/lib/historyd
daemon=''

ctl() {
    historyctl --socket /run/historyd/socket --timeout 10000 "$@"
}

daemon_start() {
    local tries
    install -d -o historyd -g historyd /run/historyd
    setpriv --reuid historyd --regid historyd --clear-groups \
        historyd --socket /run/historyd/socket --database "$state/history.db" 2>daemon.log &
    daemon=$!
    for ((tries = 0; tries < 300; tries++)); do
        ctl ping >/dev/null 2>&1 && return
        kill -0 "$daemon" 2>/dev/null || break
        sleep 0.1
    done
    cat daemon.log
    return 1
}

daemon_stop() {
    kill "$daemon"
    wait "$daemon"
}

record_run() {
    printf '{"type":"unit.started","unit":"%s"}\n' "$1" |
        ctl record --repo /srv/app --id "$1" && ctl run complete "$1"
}

# has_run ID: the daemon tells of it, with its event.
has_run() {
    ctl show "$1" && ctl events "$1" | grep -q "unit.started *$1"
}

version_of() {
    dpkg-query -W -f '${Version}' "$1"
}

upstream_version() {
    local version
    version=$(version_of historyd)
    same "$(historyd --version)" "historyd ${version%%[~+-]*}"
}

enabled() {
    [[ -e /etc/systemd/system/$1.wants/$2 ]]
}

check_installed() {
    local package
    for package in historyd libhistoryd-client1 libhistoryd-client-dev; do
        check "$package is configured" \
            same "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package")" 'ii '
        check "$package is as it was packed" same "$(dpkg --verify "$package")" ''
    done
    check "the program is of the package's version" upstream_version
    check "the configuration is a conffile" \
        grep -q '/etc/historyd/historyd.conf' <(dpkg-query -W -f '${Conffiles}' historyd)
    check "root owns the configuration" same "$(owner_and_mode /etc/historyd/historyd.conf)" \
        'root:root 644'
    check "the user exists, cannot log in" \
        same "$(getent passwd historyd | cut -d: -f6,7)" '/var/lib/historyd:/usr/sbin/nologin'
    check "only historyd enters its folder" same "$(owner_and_mode $state)" 'historyd:historyd 700'
    check "the socket is enabled" enabled sockets.target historyd.socket
    check "the service is not, it waits for a connection" \
        fails enabled multi-user.target historyd.service
    check "users' sockets are theirs to enable" \
        fails test -e /etc/systemd/user/sockets.target.wants/historyd.socket
    check "man pages" man -w historyctl historyd historyd.conf dev.historyd.history
}

example=/usr/share/doc/libhistoryd-client-dev/examples/record-build.c

build_with_pkg_config() {
    # shellcheck disable=SC2046 # several options
    cc -Wall -Werror "$example" $(pkg-config --cflags --libs historyd) -o pkg-shared &&
        ./pkg-shared /run/historyd/socket &&
        grep -q libhistoryd-client.so.1 <<<"$(ldd ./pkg-shared)"
}

build_static() {
    local options
    options=$(pkg-config --static --cflags --libs historyd)
    # shellcheck disable=SC2086 # several options
    cc -Wall -Werror "$example" ${options/-lhistoryd-client/-l:libhistoryd-client.a} -o pkg-static &&
        ./pkg-static /run/historyd/socket &&
        ! ldd ./pkg-static | grep libhistoryd-client
}

build_with_cmake() {
    cmake -S consumer -B consumer-build -D EXAMPLE="$example" && cmake --build consumer-build &&
        consumer-build/consumer-shared /run/historyd/socket &&
        consumer-build/consumer-static /run/historyd/socket
}

check_development() {
    local folder
    check "the example builds with pkg-config, and records" build_with_pkg_config
    check "the example builds static, and records" build_static
    check "the example builds with CMake, and records" build_with_cmake
    folder=$(pkg-config --variable=interfacesdir historyd)
    check "the interfaces are where pkg-config says" \
        cmp "$folder/dev.historyd.history.varlink" sources/dev.historyd.history.varlink
}

# The operator's settings, and a history, live through an upgrade.
check_upgrade() {
    local before conf
    printf '\n# ours\n' >>/etc/historyd/historyd.conf
    conf=$(sha256sum /etc/historyd/historyd.conf)
    before=$(ls -n --time-style=full-iso $state)
    check "upgrade" install_packages current
    check "the version is the new one" fails same "$(version_of historyd)" "$previous_version"
    check "the configuration is the operator's" \
        same "$(sha256sum /etc/historyd/historyd.conf)" "$conf"
    check "the upgrade does not touch the database" \
        same "$(ls -n --time-style=full-iso $state)" "$before"
    check "the socket stays enabled" enabled sockets.target historyd.socket
    check "the service stays as it was" fails enabled multi-user.target historyd.service
    check "the new daemon starts on it" daemon_start
    check "and has the run" has_run before
    check "and records" record_run after
    check "stops" daemon_stop
}

check_newer_schema() {
    local sum
    check "a newer schema is made" sqlite3 $state/history.db \
        "INSERT INTO schema_version VALUES (999, '2040-01-01T00:00:00Z')"
    sum=$(sha256sum $state/history.db)
    check "an older daemon refuses it with 78" exits_with 78 \
        setpriv --reuid historyd --regid historyd --clear-groups \
        historyd --socket /run/historyd/socket --database "$state/history.db"
    check "and leaves the file as it is" same "$(sha256sum $state/history.db)" "$sum"
    check "the schema is the old one again" sqlite3 $state/history.db \
        "DELETE FROM schema_version WHERE version = 999"
    chown historyd:historyd $state/*
}

exits_with() {
    local code=0
    "${@:2}" || code=$?
    same "$code" "$1"
}

check_removal() {
    check "remove" dpkg -r libhistoryd-client-dev historyd
    check "the programs are gone" fails test -e /usr/bin/historyd
    check "the configuration stays" grep -q '# ours' /etc/historyd/historyd.conf
    check "the history stays" test -s $state/history.db
    check "install again" install_packages current
    check "start on what stayed" daemon_start
    check "which is all there" has_run before
    check "stop" daemon_stop
}

check_purge() {
    check "purge" dpkg -P historyd libhistoryd-client-dev libhistoryd-client1
    list_files >after.list
    check "nothing is left, nothing else is changed" diff before.list after.list
    check "but the user, so that no other gets its number" getent passwd historyd
}

printf '== in a chroot\n'
dpkg -P historyd libhistoryd-client-dev libhistoryd-client1 >/dev/null 2>&1 || true
list_files >before.list
check "install the previous version" install_packages previous
previous_version=$(version_of historyd)
check_installed
check "the daemon starts" daemon_start
check "it records" record_run before
check_development
check "it stops" daemon_stop
check_upgrade
check_newer_schema
check_removal
check_purge
closing_line "in a chroot"
