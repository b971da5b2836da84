# shellcheck shell=bash disable=SC2154 # its words come from lib.sh
# Secrets of secrets.txt, each sent in every text that is stored, alone and at depth, and in calls that are
# refused: none is in any file of the daemon or of the journal. A line of the table is what must not be
# found, and a payload in which %s stands for it (a ~ is nothing: it keeps scanners of sources away).

backups=/var/lib/historyd/backups
cut -d' ' -f1 "$service_folder/secrets.txt" >/run/cores
cases=$(wc -l </run/cores)

# The calls of one table, a line each; see peer.c.
calls_write() {
    sed 's/~//g; s/^\([^ ]*\) \(.*\)%s/\2\1/' "$service_folder/secrets.txt" >/run/payloads
    sed 's/\\/\\\\/g; s/"/\\"/g' /run/payloads | paste -d '\t' /run/payloads - | awk -F '\t' '{
        p = $1; s = "\"" $2 "\""
        deep = "{\"outer\":[0,{\"deep\":[{\"deeper\":" p "}]}]}"
        nodes = "{\"nodes\":[{\"id\":\"n\",\"attributes\":" p ",\"label\":" s ",\"status\":" s \
            "},{\"id\":\"m\",\"attributes\":" deep "}],\"edges\":[]}"
        events = "{\"run_id\":\"r\",\"events\":[{\"seq\":" 2 * NR - 1 ",\"type\":\"a\",\"payload\":" p \
            ",\"error\":" s "},{\"seq\":" 2 * NR ",\"type\":\"a\",\"payload\":" deep "}]}"
        print "AppendEvents " events
        print "CreateRun {\"id\":\"c" NR "\",\"repo_path\":\"/r\",\"graph\":" nodes "}"
        print "PutGraph {\"run_id\":\"r\",\"graph\":" nodes "}"
        print "CompleteRun {\"run_id\":\"c" NR "\",\"status\":\"failed\",\"error\":" s "}"
        print "CreateRun {\"id\":\"s" NR "\",\"repo_path\":\"/r\"}"
        print "StopRun {\"run_id\":\"s" NR "\",\"reason\":" s "}"
        print "AppendEvents " events
        bad = "{\"type\":\"Not A Type\",\"payload\":" p ",\"error\":" s "}"
        print "AppendEvents {\"run_id\":\"r\",\"events\":[" bad "]}"
        print "AppendEvents {\"run_id\":\"none\",\"events\":[{\"type\":\"a\",\"payload\":" p "}]}"
        print "CompleteRun {\"run_id\":\"c" NR "\",\"status\":\"failed\",\"error\":\"other than " NR "\"}"
        print "StopRun {\"run_id\":\"r\",\"reason\":" s ",\"unknown\":" p "}"
        print "AppendEvents {\"run_id\":\"r\",\"events\":[{\"type\":\"a\",\"payload\":" p ",,}]}"
        print "open"
    }'
}

# send_all: sends the whole table; the answers are in /run/answers.
send_all() {
    { echo open && echo 'CreateRun {"id":"r","repo_path":"/r"}' && calls_write; } |
        "$service_folder/peer" >/run/answers
}

answers() {
    grep -c "$1" /run/answers
}

# found FILE...: how many of the table's secrets are in any of these files, as raw bytes.
found() {
    grep -a -o -h -F -f /run/cores "$@" 2>/dev/null | sort -u | wc -l
}

on_disk() {
    found "$database" "$database-wal" "$database-shm"
}

in_journal() {
    journalctl -q -o export >/run/journal.export
    find /run/log/journal /var/log/journal -type f >/run/journal.files 2>/dev/null
    mapfile -t files </run/journal.files
    found /run/journal.export "${files[@]}"
}

check "the table has forty cases or more" test "$cases" -ge 40
historyctl ping
send_all
same "every call that is right is answered" $((cases * 7 + 1)) "$(grep -c '^{"parameters"' /run/answers)"
same "sent again, events are what was stored" "$cases" "$(answers '"duplicates":2')"
same "calls that are wrong are refused" $((cases * 5)) "$(grep -c '^{"error"' /run/answers)"
printf '{"type":"a","payload":{"token":"core01aaaa"},"error":"--password core02aaaa"}\n{"type":\n' |
    historyctl record --repo /srv/app --id recorded >/dev/null 2>&1
same "the library's recorder recorded" 1 "$(events_stored recorded)"
same "in the database, its log and index: none of $cases" 0 "$(on_disk)"
check "but what replaces them" test "$(grep -a -o -F '[REDACTED]' "$database" "$database-wal" | wc -l)" -gt \
    "$((cases * 8))"
check "a backup is made" historyctl backup secrets.db
same "in the backup: none" 0 "$(found "$backups/secrets.db")"
check "which has the events" test "$(grep -a -c -F '[REDACTED]' "$backups/secrets.db")" -gt 0
same "in the journal: none" 0 "$(in_journal)"
systemd-cat -t checks echo "this one is said by the check: $(head -n 1 /run/cores)"
journalctl --sync
same "where a search finds one that is there" 1 "$(in_journal)"
same "in what it answers to readers: none" 0 \
    "$(found <(for id in r c1 recorded; do historyctl export "$id"; done))"
note "redacted values by rule:" \
    "$(historyctl metrics | sed -n 's/^historyd_redactions_total{rule="\(.*\)"} \([1-9].*\)/\1 \2,/p' | tr '\n' ' ')"
systemctl stop historyd.service 2>/dev/null
same "nor after a stop" 0 "$(on_disk)"
same "and as text of four letters and more, all files" 0 \
    "$(found <(find /var/lib/historyd -type f -exec cat {} + | tr -c '[:print:]' '\n' | grep -E '.{4}'))"

# --- what is no secret -----------------------------------------------------------------------

cat >/run/plain <<'PLAIN'
{"tokens_used":5,"token_count":"6","max_tokens":100}
{"author":"a","secretary":"b","passwordless":true}
{"password":true,"secret":null,"token":""}
{"token":12,"tokens":{"input":10,"output":20}}
{"session_id":"abc","public_key":"ssh-ed25519 AAAA","key":"a","password_file":"/etc/x"}
{"commit":"67ddc57f3bc1f2a4a7e3e9d1f0b8a6c5d4e3f2a1","url":"https://host:8080/path@2x"}
{"a":"unexpected token: foo","b":"Unexpected token < in JSON at position 0"}
{"a":"the bearer authentication scheme","b":"550e8400-e29b-41d4-a716-446655440000"}
{"a":"\u00e9\n\t\\ \ud83d\ude00","z":1e400,"n":9007199254740993}
{"a":"-----BEGIN CERTIFICATE-----\nMIIE","b":"sk-learn-pipeline-component-20260120-x"}
PLAIN
historyctl run start --repo /srv/app --id plain >/dev/null
while IFS= read -r line; do
    printf '{"type":"a","payload":%s}\n' "$line"
done </run/plain | historyctl record --run plain >/dev/null 2>&1
same "what is no secret is stored byte for byte" "$(cat /run/plain)" "$(runuser -u historyd -- \
    sqlite3 -readonly "$database" "SELECT payload FROM events WHERE run_id = 'plain' ORDER BY seq")"

# --- what older rows hold --------------------------------------------------------------------

service_fresh
historyctl ping
configure '[redaction]' 'mode = off'
send_all
same "not redacted, all $cases can be found: the search finds" "$cases" "$(on_disk)"
rm /etc/historyd/conf.d/50-checks.conf
systemctl restart historyd.service
check "redact --scan ends well" bash -c 'historyctl --json redact --scan >/run/scan'
scanned() { # FIELD
    sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" /run/scan
}
values=$(scanned values)
rows=$(scanned rows_changed)
note "redact --scan: $(historyctl redact --scan | tr '\n' ' ')"
# Two events a case, an event of each stop, the error and the graph of each run c, the last graph of r.
same "it finds the rows" $((cases * 5 + 1)) "$rows"
same "and changes nothing" "$cases" "$(on_disk)"
check "historyctl backup before" historyctl backup before.db
said=$(historyctl redact --apply 2>&1)
check "redact --apply replaces as many" grep -q "$values secrets replaced in $rows rows" <<<"$said"
check "and says that backups are not touched" grep -qi 'backups' <<<"$said"
same "in the database, its log and index: none" 0 "$(on_disk)"
same "a backup made before has them" "$cases" "$(found "$backups/before.db")"
same "a second scan finds none" 0 "$(historyctl --json redact --scan | sed -n 's/.*"values":\([0-9]*\).*/\1/p')"
same "the database is sound" ok "$(runuser -u historyd -- sqlite3 "$database" 'PRAGMA integrity_check')"
same "and has all its events" $((cases * 2)) "$(events_stored r)"
send_all
same "sent again, events are still what was stored" "$((cases * 2))" "$(answers '"duplicates":2')"

# --- the allow-list --------------------------------------------------------------------------

# Twelve names that stay by default, at any depth; every other value goes, whatever it is.
service_fresh
historyctl ping
configure '[redaction]' 'mode = allow-list'
historyctl run start --repo /srv/app --id listed >/dev/null
kept=$(printf '"%s":"seen",' file path worktree branch commit status duration reason
    printf '"%s":7,' pr_number duration_ms exit_code resumed_from_seq)
printf '{"type":"a","payload":{%s"%s":"hidden","inner":{%s"other":8,"list":["hidden",{"more":true}]}}}\n' \
    "$kept" note "$kept" | historyctl record --run listed >/dev/null 2>&1
same "an allow-list keeps what it names and nothing else" \
    "{$kept\"note\":\"[REDACTED]\",\"inner\":{$kept\"other\":\"[REDACTED]\",\"list\":[\"[REDACTED]\",{\"more\":\"[REDACTED]\"}]}}" \
    "$(runuser -u historyd -- sqlite3 -readonly "$database" "SELECT payload FROM events WHERE run_id = 'listed'")"
same "in no file of the daemon is what was hidden" 0 "$(cat "$database"* | grep -a -c hidden)"
