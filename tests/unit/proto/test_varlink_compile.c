/* The interface compiler: what it refuses and where, and that what it makes compiles. */
#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/varlink-compile-XXXXXX";

static int remove_entry(const char *path, const struct stat *status, int flag, struct FTW *where)
{
    (void)status;
    (void)flag;
    (void)where;
    return remove(path);
}

static void setup(void)
{
    strcpy(strrchr(folder, '-'), "-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void teardown(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

/* Runs a command; returns its exit status and the start of what it printed. */
static int run(const char *command, char *output, size_t room)
{
    FILE *pipe = popen(command, "r");
    size_t size;
    int status;

    ck_assert_ptr_nonnull(pipe);
    size = fread(output, 1, room - 1, pipe);
    output[size] = '\0';
    status = pclose(pipe);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int compile(const char *files, char output[static 1024])
{
    char command[2048];

    snprintf(command, sizeof(command), "%s --rules rules --output . %s 2>&1", VARLINK_COMPILE,
             files);
    return run(command, output, 1024);
}

/* --- what is refused -------------------------------------------------------------------------- */

static const struct {
    const char *text;
    const char *rules;
    const char *message; /* the start of what is printed */
} bad_files[] = {
    /* the grammar */
    {"", "", "a:1:1: expected interface"},
    {"type T (a: int)\n", "", "a:1:1: expected interface"},
    {"interface x\n", "", "a:1:11: expected an interface name"},
    {"interface x.-y\n", "", "a:1:11: expected an interface name"},
    {"interface x..y\n", "", "a:1:11: expected an interface name"},
    {"interface x.y\nfoo T ()\n", "", "a:2:1: expected type, method or error"},
    {"interface x.y\ntype t (a: int)\n", "", "a:2:6: expected a name that begins with a capital"},
    {"interface x.y\ntype T_x (a: int)\n", "", "a:2:6: expected a name that begins with a capital"},
    {"interface x.y\ntype T a: int)\n", "", "a:2:8: expected (, found a"},
    {"interface x.y\ntype T (a int)\n", "", "a:2:11: expected :, found int"},
    {"interface x.y\ntype T (a: int b: int)\n", "", "a:2:16: expected ',' or ')', found b"},
    {"interface x.y\ntype T (a: int,)\n", "", "a:2:16: expected a field name, found )"},
    {"interface x.y\ntype T (a: )\n", "", "a:2:12: expected a type, found )"},
    {"interface x.y\ntype T (a: long)\n", "", "a:2:12: expected a type, found long"},
    {"interface x.y\ntype T (_a: int)\n", "", "a:2:9: unexpected character '_'"},
    {"interface x.y\ntype T (a__b: int)\n", "", "a:2:9: expected a field name, found a__b"},
    {"interface x.y\ntype T (a: int)\ntype U (b: int\n", "",
     "a:4:1: expected ',' or ')', found the end"},
    {"interface x.y\nmethod M() ()\n", "", "a:2:12: expected ->"},
    {"interface x.y\n\n  $\n", "", "a:3:3: unexpected character '$'"},
    {"interface x.y\n\xff\n", "", "a:2:1: unexpected byte 0xff"},
    {"interface x.y\n# a */ b\ntype T (a: int)\n", "", "a:2:1: a comment must not hold"},
    /* what is not supported */
    {"interface x.y\ntype T (a: float)\n", "", "a:2:12: the type float is not supported"},
    {"interface x.y\ntype T (a, b)\n", "", "a:2:9: enums are not supported"},
    {"interface x.y\ntype T (a: (b: int))\n", "", "a:2:12: structs and enums without a name"},
    {"interface x.y\ntype T (a: (b, c))\n", "", "a:2:12: structs and enums without a name"},
    {"interface x.y\ntype T (a: [][]int)\n", "", "a:2:14: nested arrays and maps"},
    {"interface x.y\ntype T (a: [][string]int)\n", "", "a:2:14: nested arrays and maps"},
    {"interface x.y\ntype T (a: []?int)\n", "", "a:2:14: an element cannot be optional"},
    {"interface x.y\ntype T (a: ??int)\n", "", "a:2:13: an element cannot be optional"},
    {"interface x.y\ntype T (a: []int)\n", "", "a:2:9: an array's elements must be string or"},
    {"interface x.y\ntype T (a: []object)\n", "", "a:2:9: an array's elements must be string or"},
    {"interface x.y\ntype T (a: [string]string)\n", "", "a:2:9: a map's values must be int"},
    /* what would not compile or mean two things */
    {"interface x.y\ntype T (a: U)\n", "", "a:2:9: the interface has no type U"},
    {"interface x.y\nmethod M() -> ()\ntype T (a: M)\n", "", "a:3:9: the interface has no type M"},
    {"interface x.y\ntype T ()\n", "", "a:2:6: the type T has no fields"},
    {"interface x.y\ntype T (a: int)\ntype T (b: int)\n", "",
     "a:3:6: the name T is taken by line 2"},
    {"interface x.y\ntype T (a: int)\nmethod T() -> ()\n", "",
     "a:3:8: the name T is taken by line 2"},
    {"interface x.y\ntype AB (a: int)\ntype Ab (b: int)\n", "",
     "a:3:6: the C name hd_ab is taken by a:2"},
    {"interface x.y\ntype MParams (a: int)\nmethod M(b: int) -> ()\n", "",
     "a:3:8: the C name hd_m_params is taken by a:2"},
    {"interface x.y\ntype Client (a: int)\n", "",
     "a:2:6: the C name hd_client is taken by the library"},
    {"interface x.y\n# No.\nerror Ok ()\n", "", "a:3:7: the C name HD_OK is taken by the library"},
    {"interface x.y\nerror E ()\n", "", "a:2:7: the error E has no comment"},
    {"interface x.y\ntype T (a: int, a: int)\n", "", "a:2:17: the field name a is taken"},
    {"interface x.y\ntype T (has_a: bool, a: ?int)\n", "",
     "a:2:22: the member has_a that goes with it is taken"},
    {"interface x.y\ntype T (a: ?int, has_a: bool)\n", "", "a:2:18: the field name has_a is taken"},
    {"interface x.y\ntype T (a: []string, n_a: int)\n", "", "a:2:22: the field name n_a is taken"},
    {"interface x.y\ntype T (template: int)\n", "", "a:2:9: the field name template is a keyword"},
    {"interface x.y\ntype T (a: T)\n", "", "a:2:6: the type T holds itself"},
    {"interface x.y\ntype T (a: U)\ntype U (a: T)\n", "", "a:2:6: the type T holds itself"},
    /* rules */
    {"interface x.y\ntype T (a: int)\n", "T.b count\n", "rules:1:1: there is no field T.b"},
    {"interface x.y\ntype T (a: int)\n", "\n# x\n*.b count\n", "rules:3:1: there is no field *.b"},
    {"interface x.y\nmethod M() -> (a: int)\n", "M.a count\n", "rules:1:1: there is no field M.a"},
    {"interface x.y\ntype T (a: int)\n", "T.a large\n", "rules:1:1: there is no rule large"},
    {"interface x.y\ntype T (a: int)\n", "T.a unit\n", "rules:1:1: the rule unit does not fit"},
    {"interface x.y\ntype T (a: []string)\n", "T.a events\n",
     "rules:1:1: the rule events does not fit"},
    {"interface x.y\ntype T (a: int)\n", "T.a\n", "rules:1:4: expected `Scope.field rule`"},
    {"interface x.y\ntype T (a: int)\n", "T a count\n", "rules:1:3: expected `Scope.field rule`"},
    {"interface x.y\ntype T (a: int)\n", "T.a count more\n",
     "rules:1:11: expected `Scope.field rule`"},
};

START_TEST(refuses)
{
    char output[1024];

    write_file("a", bad_files[_i].text);
    write_file("rules", bad_files[_i].rules);
    ck_assert_int_eq(compile("a", output), 1);
    ck_assert_msg(strncmp(output, bad_files[_i].message, strlen(bad_files[_i].message)) == 0,
                  "%s\nprinted %snot     %s", bad_files[_i].text, output, bad_files[_i].message);
    /* Nothing half made is left behind. */
    ck_assert_int_ne(access("historyd/types.h", F_OK), 0);
}
END_TEST

START_TEST(refuses_what_collides_between_files)
{
    char output[1024];

    write_file("rules", "");
    write_file("a", "interface x.a\nmethod Ping() -> ()\n");
    write_file("b", "interface x.b\nmethod Ping() -> ()\n");
    ck_assert_int_eq(compile("a b", output), 1);
    ck_assert_str_eq(output, "b:2:8: the C name hd_ping is taken by a:2\n");
    ck_assert_int_eq(compile("a a", output), 1);
    ck_assert_int_eq(compile("missing", output), 1);
    ck_assert_ptr_nonnull(strstr(output, "missing: No such file"));
}
END_TEST

/* --- what is made ----------------------------------------------------------------------------- */

static void expect_compiles(const char *compiler, const char *header)
{
    char command[2048];
    char output[4096];

    snprintf(command, sizeof(command),
             "%s -Wall -Wextra -Werror -fsyntax-only -I%s -I%s %s/historyd/%s 2>&1", compiler,
             GENERATED, PUBLIC_HEADERS, GENERATED, header);
    ck_assert_msg(run(command, output, sizeof(output)) == 0, "%s\n%s", command, output);
}

START_TEST(the_public_headers_compile_alone)
{
    expect_compiles(C_COMPILER " -std=c11 -pedantic -xc", "types.h");
    expect_compiles(C_COMPILER " -std=c11 -pedantic -xc", "calls.h");
    expect_compiles(CXX_COMPILER " -std=c++11 -pedantic -xc++", "types.h");
    expect_compiles(CXX_COMPILER " -std=c++11 -pedantic -xc++", "calls.h");
}
END_TEST

/* What the project's own files happen not to have. */
static const char unusual[] =
    "# Comments of the interface.\n"
    "interface a-b.c1.d\n"
    "\n"
    "type Leaf (tree: ?Tree, value: ?[string]int, flag: ?bool)\n"
    "type Tree (left: Leaf, children: []Tree, names: ?[]string, blob: object)\n"
    "# Does it.\n"
    "#\n"
    "# Streams: leaves.\n"
    "method Do(tree: Tree, n: int) -> (leaves: ?[]Leaf)\n"
    "method Nothing () -> ()\n"
    "# It is too bad, e.g. v1.2 or \"so\". More follows.\n"
    "error TooBad (why: string)\n"
    "# It is worse\n"
    "error Worse ()\n";

static void expect_in(const char *name, const char *text)
{
    static char content[65536];
    FILE *file = fopen(name, "r");

    ck_assert_ptr_nonnull(file);
    content[fread(content, 1, sizeof(content) - 1, file)] = '\0';
    fclose(file);
    ck_assert_msg(strstr(content, text), "%s has no %s", name, text);
}

START_TEST(compiles_the_unusual)
{
    char output[4096];

    write_file("a", unusual);
    write_file("rules", "Tree.blob payload\n");
    ck_assert_msg(compile("a", output) == 0, "%s", output);
    expect_in("historyd/types.h", "HD_TOO_BAD = 1,");
    expect_in("historyd/types.h", "HD_WORSE = 2,");
    expect_in("historyd/calls.h", "hd_do(struct hd_client *client,\n    const struct hd_do_params *"
                                  "params,\n    hd_reply_callback callback, void *userdata);");
    expect_in("historyd/calls.h", "int hd_nothing(struct hd_client *client);");
    expect_in("tables.c", ".summary = \"It is too bad, e.g\"");
    expect_in("tables.c", ".summary = \"It is worse\"");
    expect_in("tables.c", "\"# Streams: leaves.\\n\"");
    expect_in("dispatch.c", "{&hd_nothing_method, &op_nothing},");
    ck_assert_msg(run(C_COMPILER " -std=gnu11 -Wall -Wextra -Werror -fsyntax-only -I. -I" PROTO
                                 " -I" PROTO "/base tables.c 2>&1",
                      output, sizeof(output)) == 0,
                  "%s", output);
}
END_TEST

START_TEST(leaves_alone_what_stays_the_same)
{
    struct stat before;
    struct stat after;
    struct timespec old[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    char output[1024];

    write_file("a", unusual);
    write_file("rules", "");
    ck_assert_int_eq(compile("a", output), 0);
    ck_assert_int_eq(utimensat(AT_FDCWD, "historyd/types.h", old, 0), 0);
    ck_assert_int_eq(utimensat(AT_FDCWD, "tables.c", old, 0), 0);
    ck_assert_int_eq(stat("historyd/types.h", &before), 0);
    write_file("rules", "Tree.blob payload\n");
    ck_assert_int_eq(compile("a", output), 0);
    ck_assert_int_eq(stat("historyd/types.h", &after), 0);
    ck_assert_int_eq(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
    ck_assert_int_eq(stat("tables.c", &after), 0);
    ck_assert_int_ne(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("varlink_compile");
    TCase *tcase = tcase_create("varlink_compile");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, refuses, 0, sizeof(bad_files) / sizeof(bad_files[0]));
    tcase_add_test(tcase, refuses_what_collides_between_files);
    tcase_add_test(tcase, the_public_headers_compile_alone);
    tcase_add_test(tcase, compiles_the_unusual);
    tcase_add_test(tcase, leaves_alone_what_stays_the_same);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
