# shellcheck shell=bash disable=SC2154 # its words come from lib.sh
# What the daemon counts is what was done, in a text that collectors can read; and it tells the truth of
# itself while its write thread stands.

# open_metrics: nothing, or what is wrong with the text by OpenMetrics 1.0.
open_metrics() {
    awk '
    function wrong(why) { print "line " NR ": " why ": " $0 }
    ended { wrong("behind # EOF") }
    $0 == "# EOF" { ended = 1; next }
    /^# (TYPE|HELP|UNIT) / {
        if ($2 == "TYPE") {
            if ($3 in type) wrong("a second TYPE")
            if ($4 !~ /^(counter|gauge|histogram|info|stateset|unknown)$/) wrong("no known type")
            type[$3] = $4; family = $3
        } else if ($2 == "UNIT" && substr($3, length($3) - length($4)) != "_" $4)
            wrong("a name that does not end with its unit")
        next
    }
    /^#/ { wrong("no comment of the format"); next }
    {
        if ($0 !~ /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-zA-Z_][a-zA-Z0-9_]*="[^"\\]*"(,[a-zA-Z_][a-zA-Z0-9_]*="[^"\\]*")*\})? [0-9.eE+-]+$/)
            wrong("no sample")
        name = $1; sub(/\{.*/, "", name)
        if ($1 in seen) wrong("twice")
        seen[$1] = 1
        base = name
        if (type[family] == "counter") { if (!sub(/_(total|created)$/, "", base)) wrong("a counter without _total") }
        else if (type[family] == "histogram") {
            if (!sub(/_(bucket|count|sum|created)$/, "", base)) wrong("no part of a histogram")
            if (name ~ /_bucket$/) {
                if ($2 < last[base]) wrong("buckets fall")
                last[base] = $2
                if ($1 ~ /le="\+Inf"/) inf[base] = $2
            }
            if (name ~ /_count$/) count[base] = $2
        }
        if (base != family) wrong("outside of its family " family)
        if ($2 < 0) wrong("negative")
    }
    END {
        if (!ended) print "no # EOF"
        for (base in count) if (inf[base] != count[base]) print base ": +Inf is not the count"
        if (NR < 50) print "only " NR " lines"
    }'
}

historyctl metrics >/run/before
same "the text is OpenMetrics from the first moment" '' "$(open_metrics </run/before)"
faulty() {
    sed -e '/^# EOF/d' -e 's/^# TYPE historyd_commits counter/# TYPE x counter/' /run/before
    echo 'historyd_last_event_id 1'
}
found=$(faulty | open_metrics)
for fault in twice outside 'no # EOF'; do
    check "which is looked at closely: $fault" grep -q "$fault" <<<"$found"
done

# --- counts ----------------------------------------------------------------------------------

for i in 1 2 3; do
    event_lines 100 1000 | historyctl record --repo /srv/app --id "run-$i" >/dev/null 2>&1
done
printf '{"seq":%d,"type":"a"}\n' 101 102 | historyctl record --run run-1 >/dev/null 2>&1
printf '{"seq":%d,"type":"a"}\n' 101 102 | historyctl record --run run-1 >/dev/null 2>&1
historyctl run complete run-3 >/dev/null
historyctl call AppendEvents '{"run_id":"run-1","events":[{"type":"a","payload":{"token":"abc","a":{"secret":"x"}}}]}' >/dev/null
for ((i = 0; i < 4; i++)); do
    historyctl show none >/dev/null 2>&1
done
historyctl watch --new >/dev/null 2>&1 &
watcher=$!
watching() {
    [[ $(metric historyd_watchers) -eq $1 ]]
}
check "a watcher is counted" within 10 watching 1
same "events appended, as in the database" "303 303" "$(metric historyd_events_appended_total) $(runuser -u historyd -- \
    sqlite3 -readonly "$database" 'SELECT count(*) FROM events')"
same "those sent again" 2 "$(metric historyd_events_duplicate_total)"
same "the newest id" "$(runuser -u historyd -- sqlite3 -readonly "$database" 'SELECT max(id) FROM events')" \
    "$(metric historyd_last_event_id)"
same "runs that run" 2 "$(metric historyd_runs_running)"
same "values taken out" 2 "$(metric 'historyd_redactions_total{rule="named"}')"
same "calls refused, by error" 4 "$(metric 'historyd_calls_refused_total{error="dev.historyd.history.RunNotFound"}')"
same "the database's size" "$(stat -c %s "$database")" "$(metric historyd_database_bytes)"
same "and its log's" "$(stat -c %s "$database-wal")" "$(metric historyd_wal_bytes)"
same "commits are as many as were measured" "$(metric historyd_commits_total)" "$(metric historyd_commit_seconds_count)"
check "acknowledgements were measured" test "$(metric historyd_acknowledgement_seconds_count)" -ge 8
same "the events of all transactions" 303 "$(metric historyd_commit_events_sum | sed 's/\..*//')"
same "the writer is idle" 1 "$(metric 'historyd_writer_state{state="idle"}')"
kill "$watcher"
check "a watcher that left is not counted" within 10 watching 0
same "the text is still OpenMetrics" '' "$(historyctl metrics | open_metrics)"
note "metrics: $(historyctl metrics | grep -c -v '^#') samples of $(historyctl metrics | grep -c '^# TYPE') families"
historyctl status >/run/status
for word in historyd socket database runs events writer connections; do
    check "historyctl status tells of: $word" grep -q "^$word" /run/status
done

# --- the file for collectors -----------------------------------------------------------------

collected=/var/lib/node-exporter
service_drop_in "ReadWritePaths=$collected"
install -d -o root -g historyd -m 775 "$collected"
systemctl restart historyd.service
configure '[metrics]' "file = $collected/historyd.prom" 'interval_s = 1'
check "the sandboxed daemon writes it" within 10 test -s "$collected/historyd.prom"
same "readable for a collector, another user" 644 "$(stat -c %a "$collected/historyd.prom")"
check "who reads it" "${as_member[@]}" cat "$collected/historyd.prom"
same "it is OpenMetrics" '' "$(open_metrics <"$collected/historyd.prom")"
inode=$(stat -c %i "$collected/historyd.prom")
written_anew() {
    [[ $(stat -c %i "$collected/historyd.prom") != "$inode" ]]
}
check "it is written anew, in one piece" within 10 written_anew
historyctl call AppendEvents '{"run_id":"run-1","events":[{"type":"a"},{"type":"a"}]}' >/dev/null
check "and is up to date" within 10 grep -qx 'historyd_events_appended_total 2' "$collected/historyd.prom"
same "nothing else is left there" historyd.prom "$(find "$collected" -mindepth 1 -printf '%f\n' | grep -v '\.new$')"
rm "$collected/historyd.prom"
configure '[metrics]' "file = /etc/historyd.prom" 'interval_s = 1'
said_in_journal() {
    journalctl -q -o cat -u historyd.service | grep -q "$1"
}
check "outside of the sandbox it can't: the journal says so" within 10 \
    said_in_journal "the metrics can't be written to /etc/historyd.prom"
check "and the daemon goes on" historyctl ping

# --- while the writer stands -----------------------------------------------------------------

service_fresh
check "ready" historyctl status --ready
"$service_folder/stop-thread" "$(daemon_pid)" hd-writer >/run/stopped &
stopper=$!
check "the write thread is stopped" within 10 grep -q stopped /run/stopped
historyctl run start --repo /srv/app --id waits >/run/waits 2>&1 &
waits=$!
stuck() {
    ! historyctl status --ready >/run/ready
}
check "historyctl ping is answered meanwhile" historyctl ping
check "historyctl status --ready fails after five seconds" within 20 stuck
like "and says why" '^not ready: the writer has not got on for [0-9]+ ms' "$(cat /run/ready)"
note "historyctl status --ready: $(cat /run/ready)"
like "GetStatus says it is stuck" '"writer":"stuck"' "$(historyctl call GetStatus)"
same "so do the metrics" 1 "$(metric 'historyd_writer_state{state="stuck"}')"
check "with how long" test "$(metric historyd_writer_busy_milliseconds)" -ge 5000
check "ping is still answered" historyctl ping
check "and reads are" historyctl runs
status_stuck() {
    property historyd.service StatusText | grep -qi 'stuck\|not got on\|stands\|hangs'
}
check "systemctl status says so" within 15 status_stuck
note "StatusText: $(property historyd.service StatusText)"
# needs_it: a unit that starts when the daemon is ready, as the README shows it.
printf '[Unit]\nRequires=historyd.socket\nAfter=historyd.socket\n[Service]\nType=oneshot\n%s\n%s\n' \
    "ExecStartPre=$(command -v historyctl) status --ready" ExecStart=/bin/true \
    >/run/systemd/system/needs-it.service
systemctl daemon-reload
check "a unit that needs it does not start" fails systemctl start needs-it.service
kill "$stopper"
wait "$stopper" 2>/dev/null
wait "$waits"
same "the thread goes on: what waited is stored" 0 $?
same "with its answer" waits "$(cat /run/waits)"
check "and it is ready again" within 10 historyctl status --ready
check "and the unit that needs it starts" systemctl start needs-it.service
rm /run/systemd/system/needs-it.service
systemctl stop historyd.socket historyd.service 2>/dev/null
historyctl status --ready >/dev/null 2>&1
same "without a daemon: not ready" 1 $?
historyctl ping 2>/dev/null
same "nor is ping answered" 1 $?
historyctl status --nonsense >/dev/null 2>&1
same "a wrong option is another status" 2 $?
