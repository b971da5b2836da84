/*
 * Another program with the database: `elsewhere PATH SQL` prints the first integer that the SQL
 * gives; with a third argument it runs all of it and is killed with the database open.
 */
#include <signal.h>
#include <stdio.h>

#include <sqlite3.h>

int main(int argc, char **argv)
{
    sqlite3_stmt *statement = NULL;
    sqlite3 *handle = NULL;

    if (argc < 3 || sqlite3_open(argv[1], &handle) != SQLITE_OK)
        return 2;
    if (argc > 3) {
        if (sqlite3_exec(handle, argv[2], NULL, NULL, NULL) == SQLITE_OK)
            raise(SIGKILL);
        fprintf(stderr, "%s\n", sqlite3_errmsg(handle));
        return 1;
    }
    if (sqlite3_prepare_v2(handle, argv[2], -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        fprintf(stderr, "%s\n", sqlite3_errmsg(handle));
        return 1;
    }
    printf("%lld\n", sqlite3_column_int64(statement, 0));
    sqlite3_finalize(statement);
    return sqlite3_close(handle) == SQLITE_OK ? 0 : 1;
}
