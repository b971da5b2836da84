# rooms.awk: the figures of gcovr's table of files (--csv) for each room, and the ten files with most
# holes. A hole is a line or a branch that never ran.

BEGIN { FS = "," }

NR == 1 {
    for (i = 1; i <= NF; i++)
        column[$i] = i
    next
}

{
    name = $column["filename"]
    room = name
    sub(/\/[^\/]*$/, "", room)
    add(room)
    add("in all")
    holes[name] = $column["line_total"] - $column["line_covered"] + $column["branch_total"] - $column["branch_covered"]
    words[name] = sprintf("%d lines, %d branches", $column["line_total"] - $column["line_covered"],
                          $column["branch_total"] - $column["branch_covered"])
}

function add(where) {
    if (!(where in lines))
        order[++rooms] = where
    lines[where] += $column["line_total"]
    lines_run[where] += $column["line_covered"]
    branches[where] += $column["branch_total"]
    branches_run[where] += $column["branch_covered"]
}

function percent(part, whole) {
    return whole ? sprintf("%.1f %%", 100 * part / whole) : "-"
}

function row(where) {
    printf "%-20s %7d %9s %9d %9s\n", where, lines[where], percent(lines_run[where], lines[where]),
           branches[where], percent(branches_run[where], branches[where])
}

END {
    printf "%-20s %7s %9s %9s %9s\n", "room", "lines", "run", "branches", "run"
    for (i = 1; i <= rooms; i++)
        if (order[i] != "in all")
            row(order[i])
    row("in all")
    print "\nmost holes:"
    for (n = 0; n < 10; n++) {
        most = ""
        for (name in holes)
            if (most == "" || holes[name] > holes[most] || (holes[name] == holes[most] && name < most))
                most = name
        if (most == "" || holes[most] == 0)
            break
        printf "  %-36s %s\n", most, words[most]
        delete holes[most]
    }
}
