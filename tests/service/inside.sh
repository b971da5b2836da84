#!/usr/bin/env bash
# inside.sh: runs in the booted copy, as root. Each file of checks/ is a bash process of its own with
# lib.sh read before it, begins with an idle socket unit and an empty database, and has a time limit:
# the number in a line "# seconds: N" of it, or 120.
here=/opt/historyd-service
exec >>"$here/output" 2>&1 </dev/null
export LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
export SYSTEMD_PAGER='' SYSTEMD_COLORS=0
echo started >"$here/started"
echo 0 >"$here/count"
echo 0 >"$here/failures"
# shellcheck source=tests/service/lib.sh
source "$here/lib.sh"

wanted() {
    local prefix
    grep -q . "$here/wanted" || return 0
    while IFS= read -r prefix; do
        [[ $1 != "$prefix"* ]] || return 0
    done <"$here/wanted"
    return 1
}

printf '# systemd %s is process 1 (%s)\n' "$(systemctl --version | sed -n '1s/systemd //p')" \
    "$(cat /proc/1/comm)"
systemd-sysusers
useradd -M -s /bin/sh member
useradd -M -s /bin/sh stranger

# Where packages are tried they are installed by the first file of checks, or here.
install_if_missing() {
    if packages_are_there && ! command -v historyd >/dev/null; then
        install_package current >"$here/dpkg.log" 2>&1 || {
            sed 's/^/# /' "$here/dpkg.log"
            result 1 "the packages are installed"
        }
    fi
    systemd-tmpfiles --create historyd.conf
    usermod -a -G historyd member
}

for file in "$here"/checks/*.sh; do
    name=${file##*/}
    wanted "$name" || continue
    seconds=$(sed -n 's/^# seconds: *//p' "$file")
    printf '# %s\n' "$name"
    if ! grep -q '^# begins without the packages' "$file"; then
        install_if_missing
        service_fresh
    fi
    began=$SECONDS
    timeout -k 5 "${seconds:-120}" bash -uc "source '$here/lib.sh'; source '$file'"
    status=$?
    [[ $status -eq 0 ]] || result 1 "$name ran to its end (status $status)"
    printf '# %s took %d s\n' "$name" "$((SECONDS - began))"
done
printf '1..%d\n' "$(cat "$here/count")"
failures=$(cat "$here/failures")
[[ $failures -eq 0 ]] || printf '# %d failed\n' "$failures"
sync
echo "$((failures > 0))" >"$here/status"
systemctl --no-block exit 0
