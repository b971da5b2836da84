# shellcheck shell=bash disable=SC2154,SC2317 # its words come from lib.sh; cases are called by their names
# seconds: 400
# Every key of the shipped configuration is changed while the daemon serves: a case for each says what must
# be seen of it. A value that is not allowed is refused, for each key, and one that needs a restart is named.

shipped=/etc/historyd/historyd.conf
drop_in=/etc/historyd/conf.d/50-checks.conf

# "SECTION KEY DEFAULT" of each.
keys() {
    awk '/^\[/ { gsub(/[][]/, ""); section = $1 }
        /^#[a-z_]+ =/ { key = substr($1, 2); sub(/^[^=]*= ?/, ""); print section, key, $0 }' "$shipped"
}

limit() { # NAME: as the daemon says
    peer_says caller GetStatus | sed -n "s/.*\"limits\":{[^}]*\"$1\":\([0-9]*\).*/\1/p"
}

copies() { # COUNT TEXT
    local i
    for ((i = 0; i < $1; i++)); do
        printf '%s' "$2"
    done
}

# says LINE...: the last answer that a peer of its own gets.
says() {
    printf '%s\n' open "$@" | timeout 30 "$service_folder/peer" | tail -n 1
}

append() { # FIELDS
    printf 'AppendEvents {"run_id":"r","events":[{"type":"a",%s}]}' "$1"
}

graph() { # NODES [EDGES]
    printf 'PutGraph {"run_id":"r","graph":{"nodes":[%s],"edges":[%s]}}' "$1" "${2:-}"
}

# limited KEY VALUE CALL [NAME]: a call that is taken is too large when the key has this value.
limited() {
    local before
    before=$(says "$3")
    configure '[limits]' "$1 = $2"
    same "limits.$1 = $2: the daemon says so" "$2" "$(limit "$1")"
    like "limits.$1 = $2: what was taken is refused" '^\{"parameters".* TooLarge .*"limit":'"$2"'\b' \
        "$before $(says "$3" | sed 's/"error":"dev.historyd.history.TooLarge"/ TooLarge /')"
}

# Each changes its key by `configure`, and checks what must be seen then.
key_limits_message() { limited message 65536 "$(append "\"payload\":{\"x\":\"$(copies 7000 '0123456789')\"}")"; }
key_limits_depth() { limited depth 8 "$(append '"payload":{"x":[[[[[[[[[1]]]]]]]]]}')"; }
key_limits_values() { limited values 1000 "$(append "\"payload\":{\"x\":[$(copies 1000 0,)0]}")"; }
key_limits_events() {
    limited events 1 'AppendEvents {"run_id":"r","events":[{"type":"a"},{"type":"a"}]}'
}
key_limits_payload() { limited payload 10 "$(append '"payload":{"x":"01234"}')"; }
key_limits_error() { limited error 4 "$(append '"error":"01234"')"; }
key_limits_type() { limited type 4 'AppendEvents {"run_id":"r","events":[{"type":"a.b.c"}]}'; }
key_limits_unit() { limited unit 4 "$(append '"unit":"01234"')"; }
key_limits_label() { limited label 4 "$(graph '{"id":"a","label":"01234"}')"; }
key_limits_reason() {
    says 'CreateRun {"id":"stops","repo_path":"/r"}' >/dev/null
    limited reason 4 'StopRun {"run_id":"stops","reason":"01234"}'
}
key_limits_path() { limited path 2 'CreateRun {"id":"path","repo_path":"/12"}'; }
key_limits_nodes() { limited nodes 1 "$(graph '{"id":"a"},{"id":"b"}')"; }
key_limits_edges() {
    limited edges 1 "$(graph '{"id":"a"},{"id":"b"},{"id":"c"}' '{"from":"a","to":"b"},{"from":"a","to":"c"}')"
}
key_limits_connections() {
    configure '[limits]' 'connections = 2'
    same "limits.connections = 2: the daemon says so" 2 "$(limit connections)"
    peer_start second
    like "limits.connections = 2: a third one is refused" 'TooManyConnections.*"limit":2\b' "$(says Ping)"
    peer_kill second
}
key_limits_calls() {
    configure '[limits]' 'calls = 7'
    same "limits.calls = 7: the daemon says so" 7 "$(limit calls)"
}
key_limits_message_ms() {
    configure '[limits]' 'message_ms = 100'
    like "limits.message_ms: who does not end a message is told so" MalformedMessage "$(timeout 10 \
        "$service_folder/peer" <<<$'open\npart {"method":')"
}
key_limits_send_ms() {
    peer_start silent "${as_member[@]}"
    configure '[limits]' 'send_ms = 100'
    peer_says silent 'unread 500 GetMetrics' >/dev/null
    said_of_silent() {
        journalctl -q -o cat -u historyd.service HISTORYD_PEER_PID="${peer_pids[silent]}" | grep -q "not read its answers"
    }
    check "limits.send_ms: who does not read is closed" within 15 said_of_silent
    peer_kill silent
}

# denied KEY VALUE METHOD OBJECT: the member may call it, and not any more.
denied() {
    local before
    before=$("${as_member[@]}" historyctl call "$3" "$4" 2>&1)
    configure '[access]' "$1 = $2"
    like "access.$1: the right is taken away" '^\{.* PermissionDenied' \
        "$before $("${as_member[@]}" historyctl call "$3" "$4" 2>&1 | grep -o PermissionDenied | head -n 1)"
}
key_access_read() { denied read root ListRuns '{}'; }
key_access_record() { denied record root CreateRun '{"id":"r","repo_path":"/r"}'; }
key_access_administer() {
    check "access.administer: not the member's" fails "${as_member[@]}" historyctl call dev.historyd.admin.Checkpoint
    configure '[access]' 'administer = member'
    check "access.administer: the member's" "${as_member[@]}" historyctl call dev.historyd.admin.Checkpoint
}

key_quotas_connections() {
    peer_start first "${as_member[@]}"
    configure '[quotas]' 'connections = 1'
    like "quotas.connections: a second one of the user is refused" TooManyConnections \
        "$("${as_member[@]}" historyctl call Ping 2>&1)"
    peer_kill first
}
# waits KEY VALUE BYTES: a flood of 20 connections has to wait when the key has this value.
waits() {
    local before
    before=$(metric historyd_quota_waits_total)
    "${as_member[@]}" "$service_folder/flood" r 20 20 1 "$3" >/dev/null 2>&1
    same "quotas.$1: nobody waits" "$before" "$(metric historyd_quota_waits_total)"
    configure '[quotas]' "$1 = $2"
    "${as_member[@]}" "$service_folder/flood" r 20 20 1 "$3" >/dev/null 2>&1
    check "quotas.$1: who is over it waits" test "$(metric historyd_quota_waits_total)" -gt "$before"
}
key_quotas_calls() { waits calls 1 10; }
key_quotas_bytes() { waits bytes 65536 20000; }
key_quotas_events_per_s() {
    configure '[quotas]' 'events_per_s = 10'
    like "quotas.events_per_s: who is over it is told Busy" 'busy 1\b' \
        "$("${as_member[@]}" "$service_folder/flood" r 1 2 1000 10)"
}

stored() { # PAYLOAD: what becomes of it
    peer_says caller "AppendEvents {\"run_id\":\"r\",\"events\":[{\"type\":\"a\",\"payload\":$1}]}" >/dev/null
    runuser -u historyd -- sqlite3 -readonly "$database" 'SELECT payload FROM events ORDER BY id DESC LIMIT 1'
}
key_redaction_mode() {
    same "redaction.mode: a password is taken out" '{"password":"[REDACTED]"}' "$(stored '{"password":"core1"}')"
    configure '[redaction]' 'mode = off'
    same "redaction.mode = off: it is not" '{"password":"core1"}' "$(stored '{"password":"core1"}')"
}
key_redaction_keys() {
    configure '[redaction]' 'keys = flavour'
    same "redaction.keys: what it names is taken out" '{"flavour":"[REDACTED]","taste":"sweet"}' \
        "$(stored '{"flavour":"bitter","taste":"sweet"}')"
}
key_redaction_allow() {
    configure '[redaction]' 'mode = allow-list' 'allow = taste'
    same "redaction.allow: what it names is kept" '{"branch":"[REDACTED]","taste":"sweet"}' \
        "$(stored '{"branch":"main","taste":"sweet"}')"
}

# old_runs: three of one repository that ended two days ago, 1 MiB each.
old_runs() {
    local i ended text
    ended=$(date -u -d '-2 days' +%Y-%m-%dT%H:%M:%SZ)
    text=$(copies 1000 "$(copies 100 0123456789)")
    for i in 1 2 3; do
        peer_says caller "CreateRun {\"id\":\"old-$i\",\"repo_path\":\"/old\",\"started_at\":\"$ended\"}"
        peer_says caller "AppendEvents {\"run_id\":\"old-$i\",\"events\":[{\"type\":\"a\",\"payload\":{\"x\":\"$text\"}}]}"
        peer_says caller "CompleteRun {\"run_id\":\"old-$i\",\"status\":\"completed\",\"completed_at\":\"$ended\"}"
    done
}
selected() { # RULE
    historyctl --json retention | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
}
key_retention_days() {
    old_runs >/dev/null
    same "retention.days: nothing is selected" 0 "$(selected by_age)"
    configure '[retention]' 'days = 1'
    same "retention.days = 1: what ended two days ago is" 3 "$(selected by_age)"
}
key_retention_runs_per_repo() {
    configure '[retention]' 'runs_per_repo = 2'
    same "retention.runs_per_repo = 2: one of three is selected" 1 "$(selected by_count)"
}
key_retention_database_mib() {
    configure '[retention]' 'database_mib = 2'
    check "retention.database_mib: what is too much is selected" test "$(selected by_size)" -ge 1
}
key_retention_interval_s() {
    old_are_gone() {
        fails historyctl show old-1
    }
    check "retention.interval_s: nothing is deleted yet" historyctl show old-1
    configure '[retention]' 'days = 1' 'interval_s = 1'
    check "retention.interval_s = 1: the next look is soon" within 20 old_are_gone
}
key_retention_lost_after_s() {
    configure '[retention]' 'lost_after_s = 0'
    peer_start dies "${as_member[@]}"
    peer_says dies 'CreateRun {"id":"lost","repo_path":"/r","attached":true}' >/dev/null
    peer_kill dies
    is_lost() {
        historyctl show lost | grep -q stopped
    }
    check "retention.lost_after_s = 0: a run is lost at once" within 20 is_lost
}
key_backup_folder() {
    configure '[backup]' 'folder = /var/lib/historyd/elsewhere'
    check "backup.folder: a backup is made" historyctl backup keys.db
    check "and is there" test -s /var/lib/historyd/elsewhere/keys.db
}
collected=/var/lib/historyd/keys.prom
key_metrics_file() {
    configure '[metrics]' "file = $collected"
    check "metrics.file: it is written" within 10 test -s "$collected"
}
key_metrics_interval_s() {
    local inode
    configure '[metrics]' "file = $collected" 'interval_s = 86400'
    inode=$(stat -c %i "$collected")
    written_anew() {
        [[ $(stat -c %i "$collected") != "$inode" ]]
    }
    configure '[metrics]' "file = $collected" 'interval_s = 1'
    check "metrics.interval_s = 1: it is written anew" within 10 written_anew
}

# --- each key in its turn --------------------------------------------------------------------

historyctl ping
pid=$(daemon_pid)
peer_start caller
peer_says caller 'CreateRun {"id":"r","repo_path":"/r"}' >/dev/null
usual=$(historyctl call GetStatus | grep -o '"limits":{[^}]*}')
live=0
while read -r section key _; do
    [[ $section != daemon && $section != store ]] || continue
    live=$((live + 1))
    if declare -F "key_${section}_$key" >/dev/null; then
        "key_${section}_$key"
    else
        result 1 "there is a case for $section.$key"
    fi
    rm -f "$drop_in"
    check "$section.$key: back to what is shipped" systemctl reload historyd.service
done < <(keys)
same "the limits are those of before" "$usual" "$(historyctl call GetStatus | grep -o '"limits":{[^}]*}')"
note "$live keys changed while it served"

# --- those of a restart ----------------------------------------------------------------------

configure '[daemon]' 'socket = /run/historyd/other' 'socket_mode = 0600' \
    'database = /var/lib/historyd/other.db' '[store]' 'synchronous = normal' 'readers = 3' \
    'cache_kib = 2048' 'checkpoint_pages = 200' 'journal_kib = 2048'
same "those that need a restart are named by the journal" \
    "$(keys | awk '$1 == "daemon" || $1 == "store" { printf "%s%s", (n++ ? ", " : ""), $2 }')" \
    "$(journalctl -q -o cat -u historyd.service | sed -n 's/.*only a restart changes //p' | tail -n 1)"
like "the database is the one of before" "\"database\":\"$database\"" "$(historyctl call GetStatus)"
threads() {
    find "/proc/$(daemon_pid)/task" -mindepth 1 -maxdepth 1 | wc -l
}
systemctl restart historyd.service
with_three=$(threads)
like "after a restart the database is the other" '"database":"/var/lib/historyd/other.db"' "$(historyctl call GetStatus)"
rm "$drop_in"
systemctl restart historyd.service
same "and there was one reader more" $(($(threads) + 1)) "$with_three"

# --- what is not allowed ---------------------------------------------------------------------

# wrong SECTION KEY: a value that the key can't have.
wrong() {
    case $1.$2 in
    access.*) echo no-such-user ;;
    redaction.keys | redaction.allow) echo '/' ;;
    metrics.file) copies 200 x ;; # which is no line
    daemon.socket | daemon.database | backup.folder) echo ;;
    *) echo red ;;
    esac
}

pid=$(daemon_pid)
while read -r section key _; do
    mkdir -p "${drop_in%/*}"
    # Another key of the file, which must not be taken alone.
    printf '[limits]\n%s\n[%s]\n%s = %s\n' "$([[ $key == depth ]] && echo events = 43 || echo depth = 43)" \
        "$section" "$key" "$(wrong "$section" "$key")" >"$drop_in"
    said=$(systemctl reload historyd.service 2>&1) && said="accepted: $said"
    like "$section.$key: a wrong value is refused by systemctl reload" 'failed|error code' "$said"
    check "$section.$key: systemctl status says where" \
        status_says "$drop_in:4: $([[ $key == file ]] && echo 'a line is' || echo "$key")"
done < <(keys)
same "nothing of these files is in force" "$usual" "$(historyctl call GetStatus | grep -o '"limits":{[^}]*}')"
rm "$drop_in"
check "mended, it reloads" systemctl reload historyd.service
same "in the same process" "$pid" "$(daemon_pid)"
