# shellcheck shell=bash disable=SC2154 # its words come from lib.sh
# seconds: 240
# Who is let in, by role and by quota, each another user's process against the sandboxed daemon.

useradd -M -s /bin/sh builder 2>/dev/null
useradd -M -s /bin/sh runaway 2>/dev/null
usermod -a -G historyd builder
usermod -a -G historyd runaway
service_fresh

as() {
    local user=$1
    shift
    runuser -u "$user" -- "$@"
}

# --- at the socket ---------------------------------------------------------------------------

said=$(as stranger historyctl runs 2>&1) && said="connected: $said"
like "who is in neither group is refused at the socket, and told why" "Permission denied" "$said"
like "and what to do about it" "group historyd|group .historyd." "$said"
note "at the socket: $said"

# --- by role ---------------------------------------------------------------------------------

historyctl ping
configure '[access]' 'read = root' 'record = builder' 'administer ='
check "a user under record records" as builder historyctl run start --repo /srv/app --id built
check "and appends" as builder historyctl call AppendEvents '{"run_id":"built","events":[{"type":"a"}]}'
denied() { # USER METHOD [OBJECT]
    local said
    said=$(as "$1" historyctl call "${@:2}" 2>&1) && said="allowed: $said"
    printf '%s\n' "$said"
}
said=$(denied builder ListRuns)
like "but does not read" 'org.varlink.service.PermissionDenied' "$said"
like "nor administer" PermissionDenied "$(denied builder dev.historyd.admin.Checkpoint)"
like "another member does neither" PermissionDenied "$(denied member CreateRun '{"repo_path":"/srv"}')"
check "everybody may ask whether it is there" as member historyctl ping
said=$(as member historyctl runs 2>&1) && said="allowed: $said"
like "the refusal names the role" 'role "?read"?' "$said"
like "and how to get it" '\[access\].*historyd.conf' "$said"
note "by role: $said"

journal_lines() {
    journalctl -q -o cat -u historyd.service | grep -c "$1"
}
peer_start many setpriv --reuid builder --regid builder --init-groups
for ((i = 0; i < 50; i++)); do
    peer_says many dev.historyd.admin.Checkpoint >/dev/null
    denied builder dev.historyd.admin.Checkpoint >/dev/null
done
uid=$(id -u builder)
same "51 refusals of a peer and role are one line in the journal" 1 \
    "$(journal_lines "uid $uid may not call dev.historyd.admin")"
like "with process, command, user, role, and what to do" \
    "pid [1-9][0-9]* \([a-z]+\), uid $uid may not call .* needs the role administer; to allow it" \
    "$(journalctl -q -o cat -u historyd.service | grep "uid $uid may not call dev.historyd.admin")"
like "and found by the peer's user" 'may not call' \
    "$(journalctl -q -o cat -u historyd.service HISTORYD_PEER_UID="$uid")"
like "whose process and command are fields of their own" "^pid $(journal_field HISTORYD_PEER_PID \
    HISTORYD_PEER_UID="$uid") \($(journal_field HISTORYD_PEER_COMM HISTORYD_PEER_UID="$uid")\), uid $uid may" \
    "$(journalctl -q -o cat -u historyd.service HISTORYD_PEER_UID="$uid" | tail -n 1)"
like "as a warning" '"PRIORITY":"4"' \
    "$(journalctl -q -o json -u historyd.service -g 'may not call' | head -n 1)"

told_at=$SECONDS # or a few seconds sooner
configure '[access]' 'read = @historyd' 'record = @historyd' 'administer = builder'
like "a reload allows it to the connection there is" '"wal_pages"' \
    "$(peer_says many dev.historyd.admin.Checkpoint)"
check "and to new ones" as member historyctl runs
configure '[access]' 'administer ='
like "another takes it away" PermissionDenied "$(peer_says many dev.historyd.admin.Checkpoint)"
peer_kill many
said=$(configure '[access]' 'read = no-such-user' 2>&1) && said="accepted: $said"
check "a name that is not known is refused" fails grep -q '^accepted' <<<"$said"
check "and what was in force stays" as member historyctl runs

# --- quotas ----------------------------------------------------------------------------------

flood() { # RUN CONNECTIONS CALLS EVENTS BYTES
    as runaway "$service_folder/flood" "$@" 2>&1
}
said_of() { # NAME WORDS
    sed -n "s/.*\b$1 \([0-9]*\).*/\1/p" <<<"$2"
}

configure '[quotas]' 'connections = 20'
historyctl run start --repo /srv/app --id flooded >/dev/null
said=$(flood flooded 50 1 1 10)
same "connections: of 50 of one user 20 are served" "20 30 0" \
    "$(said_of stored "$said") $(said_of refused "$said") $(said_of other "$said")"
same "they are counted" 30 "$(metric historyd_quota_connections_refused_total)"
peer_start neighbour "${as_member[@]}"
like "a neighbour connects meanwhile" inserted \
    "$(peer_says neighbour 'AppendEvents {"run_id":"flooded","events":[{"type":"a"}]}')"
peer_kill neighbour

# neighbour_under NAME SETTING... -- FLOOD...: floods, while two recorders of another user go on.
neighbour_under() {
    local name=$1 settings=() calls bytes began ended pid
    shift
    while [[ $1 != -- ]]; do
        settings+=("$1")
        shift
    done
    shift
    configure '[quotas]' "${settings[@]}"
    flood_calls=0 flood_bytes=0
    began=$(now_us)
    within 10 ledger_is_past $((past += 20))
    note "$name: before, acknowledgements, p50, p99, max in us: $(ledger_latency "$began" "$(now_us)")"
    began=$(now_us)
    flood flooded "$@" >/run/flood.said &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        read -r calls bytes < <(historyctl metrics | awk '$1 == "historyd_calls_under_way" { calls = $2 }
            $1 == "historyd_calls_under_way_bytes" { bytes = $2 } END { print calls, bytes }')
        [[ $calls -le $flood_calls ]] || flood_calls=$calls
        [[ $bytes -le $flood_bytes ]] || flood_bytes=$bytes
    done
    wait "$pid"
    result $? "$name: each call of the runaway is answered in the end"
    ended=$(now_us)
    flood_said=$(cat /run/flood.said)
    flood_neighbour=$(ledger_latency "$began" "$ended")
    note "$name: $flood_said; at most $flood_calls calls and $flood_bytes bytes under way"
    note "$name: during, acknowledgements, p50, p99, max in us: $flood_neighbour; in" \
        "$(((ended - began) / 1000)) ms, due 100 a second"
    past=$(wc -l </run/ledger/1)
    check "$name: the neighbour's recorders went on meanwhile" test -n "$flood_neighbour"
}

past=0
ledger_start 2 1000000 50 "${as_member[@]}"
# The quota, two recorders, and the one who asks.
neighbour_under "calls" 'calls = 8' -- 40 600 1 10
check "calls: never more than the quota at once" test "$flood_calls" -gt 0 -a "$flood_calls" -le 11
check "calls: those that wait are counted" test "$(metric historyd_quota_waits_total)" -gt 0

neighbour_under "bytes" 'bytes = 1000000' -- 20 40 1 50000
check "bytes: the quota, and the last call that was taken" test "$flood_bytes" -gt 100000 -a \
    "$flood_bytes" -le 1500000

neighbour_under "events" 'events_per_s = 1000' -- 4 100 10 10
events=$(said_of events "$flood_said")
us=$(said_of us "$flood_said")
check "events a second: 1000, and one second's worth at once" test "$events" -le $((1000 + us / 1000))
check "events a second: the neighbour's were not counted" test "${flood_neighbour%% *}" -gt 0

# The first call is ten seconds' worth, which the second would have to wait for.
configure '[quotas]' 'events_per_s = 100'
said=$(flood flooded 1 2 1000 10)
same "events a second: who would wait for too long is told Busy" "1 1" \
    "$(said_of stored "$said") $(said_of busy "$said")"
same "which is counted" 1 "$(metric historyd_quota_event_refusals_total)"
ledger_stop
ledger_end "beside a runaway"

# --- a minute later --------------------------------------------------------------------------

configure '[access]' 'administer ='
while ((SECONDS < told_at + 61)); do
    sleep 1
done
denied builder dev.historyd.admin.Checkpoint >/dev/null
lines=$(journalctl -q -o cat -u historyd.service | grep "uid $uid may not call dev.historyd.admin")
same "a minute after the first line there is one more" 2 "$(grep -c . <<<"$lines")"
like "which counts what was left out" '[1-9][0-9]* more|[1-9][0-9]* (calls|times|refusals)' "$(tail -n 1 <<<"$lines")"
note "the second line: $(tail -n 1 <<<"$lines")"
