# shellcheck shell=bash disable=SC2154 # its words come from lib.sh
# Others than root and the daemon's user: refused, told why, and named in the journal.

said=$(runuser -u stranger -- historyctl ping 2>&1) && said="connected: $said"
like "a stranger cannot connect, and is told why" "Permission denied" "$said"
note "a stranger is told: $said"
said=$(echo '{"type":"unit.started","unit":"a"}' |
    runuser -u member -- historyctl record --repo /srv/app --id members 2>&1)
same "a member of the group records" "members: 1 event recorded" "$said"
like "and reads" unit.started "$(runuser -u member -- historyctl events members)"
said=$(runuser -u member -- historyctl reload 2>&1) && said="allowed: $said"
check "but does not administer" fails grep -q '^allowed' <<<"$said"
note "a member who reloads is told: $said"
said=$(runuser -u member -- historyctl call dev.historyd.admin.Checkpoint 2>&1)
like "the error has its name" 'org.varlink.service.PermissionDenied' "$said"
like "the journal names command and user" "\(historyctl\), uid $(id -u member)" \
    "$(journalctl -q -o cat -u historyd.service | grep -i 'denied\|refused\|may not')"
check "root administers" historyctl call dev.historyd.admin.Checkpoint
check "the daemon's user, too" runuser -u historyd -- historyctl call dev.historyd.admin.Checkpoint
