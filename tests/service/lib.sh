# shellcheck shell=bash
# lib.sh: the words a file of checks is written in. See README.md.

service_folder=/opt/historyd-service
# shellcheck disable=SC2034 # used by the checks
socket=/run/historyd/socket
database=/var/lib/historyd/history.db
# Another user's process in place of this one, not below it.
# shellcheck disable=SC2034
as_member=(setpriv --reuid member --regid member --init-groups)

# result CODE NAME: one line of TAP.
result() {
    local number
    number=$(($(cat "$service_folder/count") + 1))
    echo "$number" >"$service_folder/count"
    if [[ $1 -eq 0 ]]; then
        printf 'ok %d - %s\n' "$number" "$2"
    else
        echo "$(($(cat "$service_folder/failures") + 1))" >"$service_folder/failures"
        printf 'not ok %d - %s\n' "$number" "$2"
    fi
}

# A word that is mistyped must not be a check that is passed over.
command_not_found_handle() {
    result 1 "there is a command $1" >&2
    return 127
}

note() {
    printf '%s\n' "$*" | sed 's/^/# /'
}

# skip NAME WHY
skip() {
    result 0 "$1 # SKIP $2"
}

# check NAME COMMAND...: ok when the command ends with 0; else what it printed is shown, and the last
# lines of the daemon's journal.
check() {
    local name=$1 code=0 output
    shift
    output=$("$@" 2>&1) || code=$?
    result "$code" "$name"
    [[ $code -eq 0 ]] || {
        note "status $code: $output"
        journal 8
    }
    return 0
}

# same NAME WANTED FOUND
same() {
    if [[ $2 == "$3" ]]; then
        result 0 "$1"
    else
        result 1 "$1"
        note "wanted: $2"
        note "found: $3"
        journal 8
    fi
}

# like NAME REGULAR_EXPRESSION FOUND
like() {
    if [[ $3 =~ $2 ]]; then
        result 0 "$1"
    else
        result 1 "$1"
        note "wanted: $2"
        note "found: $3"
        journal 8
    fi
}

fails() {
    ! "$@"
}

# within SECONDS COMMAND...: looks again and again until the command succeeds.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || return 1
        sleep 0.1
    done
}

journal() {
    journalctl -q --no-pager -o short-monotonic -n "$1" -u 'historyd.*' 2>/dev/null | sed 's/^/# /'
}

# journal_field NAME MATCH...: its value in the daemon's last line that matches.
journal_field() {
    journalctl -q -o json -u historyd.service "${@:2}" | tail -n 1 | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}

# property UNIT NAME
property() {
    systemctl show -P "$2" "$1"
}

is_state() {
    [[ $(property "$1" ActiveState) == "$2" ]]
}

status_says() {
    [[ $(property historyd.service StatusText) == *"$1"* ]]
}

daemon_pid() {
    property historyd.service MainPID
}

# True once the daemon is another process than PID, and ready.
is_new_daemon() {
    local pid
    pid=$(daemon_pid)
    [[ $pid -ne 0 && $pid -ne $1 ]] && is_state historyd.service active
}

# The packages that are tried, where packages are; else what was built is installed already.
packages=$service_folder/packages

packages_are_there() {
    [[ -d $packages/current ]]
}

# install_package VERSION: previous or current.
install_package() {
    DEBIAN_FRONTEND=noninteractive dpkg --force-downgrade -i "$packages/$1"/historyd_*.deb \
        "$packages/$1"/libhistoryd-client1_*.deb
}

package_version() {
    dpkg-query -W -f '${Version}' historyd
}

# A stopped service, a listening socket, an empty database, no drop-ins, no counted failures.
service_fresh() {
    systemctl stop historyd.service historyd.socket 2>/dev/null
    rm -rf /run/systemd/system/historyd.service.d /etc/systemd/system/historyd.service.d
    rm -rf /var/lib/historyd/* /etc/historyd/conf.d/*
    systemctl daemon-reload
    systemctl reset-failed historyd.service historyd.socket 2>/dev/null
    systemctl start historyd.socket
}

# service_drop_in LINE...: lines for [Service], in force from the next start on.
service_drop_in() {
    mkdir -p /run/systemd/system/historyd.service.d
    { echo '[Service]' && printf '%s\n' "$@"; } >/run/systemd/system/historyd.service.d/checks.conf
    systemctl daemon-reload
}

# events_stored RUN: how many events of it the database holds, as SQLite counts them.
events_stored() {
    runuser -u historyd -- sqlite3 -readonly "$database" \
        "SELECT count(*) FROM events WHERE run_id = '$1'"
}

# event_lines COUNT PER_SECOND: lines for `historyctl record`, about so many a second.
event_lines() {
    awk -v count="$1" -v pace="$2" 'BEGIN {
        for (i = 1; i <= count; i++) {
            printf "{\"type\":\"unit.completed\",\"unit\":\"u%d\",\"payload\":{\"n\":%d}}\n", i % 50, i
            if (i % (pace / 10) == 0) { fflush(); system("sleep 0.1") }
        }
    }'
}

# load_start RUNS EVENTS PER_SECOND: that many orchestrators record at once in the background, each
# its own run load-1, load-2, … through the client library.
load_start() {
    local i
    load_runs=$1
    load_events=$2
    load_pids=()
    for ((i = 1; i <= load_runs; i++)); do
        event_lines "$load_events" "$3" |
            historyctl record --repo /srv/app --id "load-$i" >"/tmp/load-$i" 2>&1 &
        load_pids+=($!)
    done
}

load_is_on() {
    local pid
    for pid in "${load_pids[@]}"; do
        kill -0 "$pid" 2>/dev/null || return 1
    done
}

# load_is_past EVENTS: the daemon has appended so many since its start.
load_is_past() {
    local appended
    appended=$(historyctl call GetStatus | sed -n 's/.*"events_appended": *\([0-9]*\).*/\1/p')
    [[ ${appended:-0} -gt $1 ]]
}

# load_end NAME: waits for all, who must have been told that all their events are on disk, and counts
# these in the database.
load_end() {
    local i pid told=0 stored=0 count
    for pid in "${load_pids[@]}"; do
        wait "$pid"
    done
    for ((i = 1; i <= load_runs; i++)); do
        if grep -q "^load-$i: $load_events events recorded" "/tmp/load-$i"; then
            told=$((told + load_events))
        else
            note "load-$i said: $(cat "/tmp/load-$i")"
        fi
        count=$(events_stored "load-$i")
        stored=$((stored + count))
    done
    same "$1: every recorder was told that its events are stored" \
        "$((load_runs * load_events))" "$told"
    same "$1: 0 acknowledged events lost, none twice" "$((load_runs * load_events))" "$stored"
    note "$1: told $told, stored $stored"
}

# ledger_start RUNS CALLS PER_SECOND [COMMAND...]: that many recorders that keep a book of what was acknowledged, runs
# ledger-1, ledger-2, …, each call five events; started by COMMAND, as by `${as_member[@]}`. The
# books lie outside of the database.
ledger_start() {
    local i
    ledgers=$1
    ledger_pids=()
    rm -rf /run/ledger
    mkdir /run/ledger
    chmod 1777 /run/ledger
    for ((i = 1; i <= ledgers; i++)); do
        "${@:4}" "$service_folder/ledger" "ledger-$i" "/run/ledger/$i" "$2" "$3" \
            >"/run/ledger/$i.said" 2>&1 &
        ledger_pids+=($!)
    done
}

# ledger_is_past CALLS: so many were acknowledged in each book.
ledger_is_past() {
    local i count
    for ((i = 1; i <= ledgers; i++)); do
        count=$(grep -c . "/run/ledger/$i" 2>/dev/null)
        [[ ${count:-0} -gt $1 ]] || return 1
    done
}

# ledger_goes_on: each book gets further lines from now on, within 60 s.
ledger_goes_on() {
    local i most=0 count
    for ((i = 1; i <= ledgers; i++)); do
        count=$(wc -l <"/run/ledger/$i")
        [[ $count -le $most ]] || most=$count
    done
    within 60 ledger_is_past "$most"
}

now_us() {
    echo "${EPOCHREALTIME/[.,]/}"
}

# ledger_silence MICROSECONDS: of all recorders, the longest time without an acknowledgement since then,
# and how long after that moment the one came which ended it; in milliseconds. The library connects again
# by itself, so that the silence is all that a recorder sees of a restart.
ledger_silence() {
    local i
    for ((i = 1; i <= ledgers; i++)); do
        awk -v mark="$1" '$3 > mark && before && $3 - before > longest { longest = $3 - before; end = $3 }
            { before = $3 }
            END { printf "%d %d\n", longest / 1000, (end - mark) / 1000 }' "/run/ledger/$i"
    done | sort -n | tail -n 1
}

# ledger_disturb NAME COMMAND...: in the midst of recording; notes how long the recorders went without an
# acknowledgement.
ledger_disturb() {
    local name=$1 mark silence end
    shift
    mark=$(now_us)
    check "$name" "$@"
    check "$name: recording goes on" ledger_goes_on
    read -r silence end < <(ledger_silence "$mark")
    note "$name: first acknowledgement after $end ms, $silence ms after the one before"
}

ledger_stop() {
    kill -TERM "${ledger_pids[@]}" 2>/dev/null
}

# ledger_end NAME: waits for all, and looks up in the database what is in the books: every acknowledged
# event must be there once, with its own payload.
ledger_end() {
    local i pid last acknowledged=0 found=0 count more=0
    for pid in "${ledger_pids[@]}"; do
        wait "$pid"
    done
    for ((i = 1; i <= ledgers; i++)); do
        [[ ! -s /run/ledger/$i.said ]] || note "$(cat "/run/ledger/$i.said")"
        last=$(tail -n 1 "/run/ledger/$i" | cut -d' ' -f2)
        acknowledged=$((acknowledged + ${last:-0}))
        count=$(runuser -u historyd -- sqlite3 -readonly "$database" "SELECT count(*) FROM events
            WHERE run_id = 'ledger-$i' AND seq <= ${last:-0} AND payload = '{\"n\":' || seq || '}'")
        found=$((found + count))
        more=$((more + $(events_stored "ledger-$i") - ${last:-0}))
    done
    check "$1: something was acknowledged" test "$acknowledged" -gt 0
    same "$1: every acknowledged event is there" "$acknowledged" "$found"
    note "$1: acknowledged $acknowledged, found $found, lost $((acknowledged - found));" \
        "stored without an acknowledgement: $more"
}

# ledger_latency SINCE UNTIL: of the acknowledgements of all recorders between two moments, how many there
# were and how long the answers took: "COUNT p50 p99 max", in microseconds.
ledger_latency() {
    awk -v since="$1" -v until="$2" '$3 >= since && $3 <= until && NF == 4 { print $4 }' /run/ledger/* |
        sort -n | awk '{ took[NR] = $1 }
            END { if (NR) print NR, took[int((NR + 1) / 2)], took[int(NR * 0.99 + 0.5)], took[NR] }'
}

# peer_start NAME [COMMAND...]: a caller that does what peer_says tells it (see peer.c), a process of its
# own whose id is in ${peer_pids[NAME]}; started by COMMAND, as above.
declare -A peer_pids peer_in peer_out
peer_start() {
    local name=$1 in out
    shift
    rm -f "/run/peer-$name."*
    mkfifo "/run/peer-$name.in" "/run/peer-$name.out"
    chmod 666 "/run/peer-$name."*
    "$@" "$service_folder/peer" <"/run/peer-$name.in" >"/run/peer-$name.out" &
    peer_pids[$name]=$!
    exec {in}>"/run/peer-$name.in" {out}<"/run/peer-$name.out"
    peer_in[$name]=$in
    peer_out[$name]=$out
    peer_says "$name" open >/dev/null
}

# peer_says NAME LINE: what it gets as the answer.
peer_says() {
    local answer=''
    printf '%s\n' "$2" >&"${peer_in[$1]}"
    IFS= read -r -t 30 answer <&"${peer_out[$1]}"
    printf '%s\n' "$answer"
}

# peer_kill NAME [SIGNAL]
peer_kill() {
    kill "-${2:-KILL}" "${peer_pids[$1]}" 2>/dev/null
    wait "${peer_pids[$1]}" 2>/dev/null
}

# metric NAME: its value.
metric() {
    historyctl metrics | awk -v name="$1" '$1 == name { print $2 }'
}

# configure LINE...: settings of one's own, in force at once.
configure() {
    mkdir -p /etc/historyd/conf.d
    printf '%s\n' "$@" >/etc/historyd/conf.d/50-checks.conf
    systemctl reload historyd.service
}
