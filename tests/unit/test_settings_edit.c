/* support/settings_edit: some lines of a settings file, whole or not at all. */
#include "build.h"

#include "cases.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/assignments.h"
#include "support/settings_edit.h"
#include "tempfolder.h"

static const char *read_back(const char *path)
{
    static char text[SETTINGS_FILE_LIMIT + 1];
    struct buffer content;

    buffer_init(&content, SETTINGS_FILE_LIMIT);
    assert_int_equal(settings_file_read(path, &content), SETTINGS_FILE_OK);
    snprintf(text, sizeof text, "%s", buffer_string(&content));
    buffer_free(&content);
    return text;
}

static const struct row {
    const char *name;
    const char *before, *setting, *value, *after;
} rows[] = {
    {"an empty file", "", "A", "1", "A=1\n"},
    {"at the end", "B=2\n", "A", "1", "B=2\nA=1\n"},
    {"at the end, where the last line has none", "B=2", "A", "1", "B=2\nA=1\n"},
    {"in its place", "# a\nA=0\nB=2\n", "A", "1", "# a\nA=1\nB=2\n"},
    {"in its place, with quotes and blanks", " A = \"0 0\"  \nB=2\n", "A", "1", "A=1\nB=2\n"},
    {"one that goes on over lines", "A=0\\\n0\nB=2\n", "A", "1", "A=1\nB=2\n"},
    {"one with a line feed in quotes", "A='0\n0'\nB=2\n", "A", "1", "A=1\nB=2\n"},
    {"twice: the second would count", "A=0\nB=2\nA=3\n", "A", "1", "A=1\nB=2\n"},
    {"taken out", "A=0\nB=2\n", "A", NULL, "B=2\n"},
    {"the last one taken out", "A=0\n", "A", NULL, ""},
    {"taken out where it is not", "B=2\n", "A", NULL, "B=2\n"},
    {"a name that begins with it", "AA=0\n", "A", "1", "AA=0\nA=1\n"},
    {"a comment that names it", "#A=0\n", "A", "1", "#A=0\nA=1\n"},
    {"lines that cannot be read stay", "nonsense\nA=0\n", "A", "1", "nonsense\nA=1\n"},
    {"a value that needs quotes", "", "A", "x y \"$`\\ #", "A=\"x y \\\"\\$\\`\\\\ #\"\n"},
    {"an empty value", "A=0\n", "A", "", "A=\n"},
};

static void a_line_is_put(void **state)
{
    const struct row *row = *state;
    const struct settings_edit_line line = {row->setting, row->value};
    const char *path = tempfolder_write("settings", row->before, strlen(row->before), 0640);
    struct stat status;

    assert_int_equal(settings_edit(path, &line, 1, NULL, NULL), SETTINGS_EDIT_OK);
    assert_string_equal(read_back(path), row->after);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
}

static void keep(void *argument, const char *name, const char *value)
{
    if (strcmp(name, "A") == 0)
        snprintf(argument, 64, "%s", value);
}

static void no_fault(void *argument, unsigned line, const char *what)
{
    (void)argument;
    (void)line;
    fail_msg("%s", what);
}

static void every_value_is_read_back_as_it_was(void **state)
{
    static const char *const values[] = {"", " ", "a", " a ", "a b", "\"", "'", "\\", "a\\", "\\n", "$HOME", "`x`",
                                         "#a", ";a", "a=b=c", "id=se cret,id2=x", "{\"a\":1}", "\"a\" b", "'a", "a'b\"c",
                                         "a#b", "\xc3\xa4", "!", "a\\\"b"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof values / sizeof values[0]; i++) {
        const struct settings_edit_line line = {"A", values[i]};
        const char *path = tempfolder_write("settings", "A=x\nB=2\n", 8, 0600);
        char found[64] = "?", text[512];

        assert_int_equal(settings_edit(path, &line, 1, NULL, NULL), SETTINGS_EDIT_OK);
        snprintf(text, sizeof text, "%s", read_back(path));
        assignments_parse(text, keep, no_fault, found);
        assert_string_equal(found, values[i]);
    }
}

static void several_at_once_and_a_new_file(void **state)
{
    const struct settings_edit_line lines[] = {{"A", "1"}, {"B", "2"}, {"C", NULL}};
    const struct settings_edit_owner owner = {geteuid(), getegid(), 0600};
    const char *path = tempfolder_path("new");
    struct stat status;

    (void)state;
    assert_int_equal(settings_edit(path, lines, 3, NULL, NULL), SETTINGS_EDIT_UNREADABLE);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(settings_edit(path, lines, 3, &owner, NULL), SETTINGS_EDIT_OK);
    assert_string_equal(read_back(path), "A=1\nB=2\n");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void a_link_stays_one(void **state)
{
    const struct settings_edit_line line = {"A", "1"};
    char target[4096], name[4096];
    struct stat status;

    (void)state;
    snprintf(target, sizeof target, "%s", tempfolder_write("target", "A=0\n", 4, 0600));
    snprintf(name, sizeof name, "%s", tempfolder_path("link"));
    assert_int_equal(symlink(target, name), 0);
    assert_int_equal(settings_edit(name, &line, 1, NULL, NULL), SETTINGS_EDIT_OK);
    assert_string_equal(read_back(target), "A=1\n");
    assert_int_equal(lstat(name, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
}

static void what_cannot_be_done_changes_nothing(void **state)
{
    const struct settings_edit_line line = {"A", "1"}, control = {"A", "1\nB=2"};
    enum settings_file_status read;
    const char *path = tempfolder_write("open", "A=0\n", 4, 0644);
    static char large[SETTINGS_FILE_LIMIT];

    (void)state;
    assert_int_equal(settings_edit(path, &line, 1, NULL, &read), SETTINGS_EDIT_UNREADABLE);
    assert_int_equal(read, SETTINGS_FILE_EXPOSED);
    path = tempfolder_write("settings", "A=0\n", 4, 0600);
    assert_int_equal(settings_edit(path, &control, 1, NULL, NULL), SETTINGS_EDIT_BAD_VALUE);
    assert_string_equal(read_back(path), "A=0\n");
    memset(large, '#', sizeof large);
    path = tempfolder_write("large", large, sizeof large, 0600);
    assert_int_equal(settings_edit(path, &line, 1, NULL, NULL), SETTINGS_EDIT_TOO_LARGE);
    assert_int_equal(settings_edit("/dev/null", &line, 1, NULL, NULL), SETTINGS_EDIT_UNWRITABLE);
}

/* A limit on files stands for a full disk. */
static void a_full_disk_leaves_the_old_file_and_no_draft(void **state)
{
    struct rlimit limit, before;
    const struct settings_edit_line line = {"A", "12345678901234567890"};
    const char *path = tempfolder_write("settings", "A=0\n", 4, 0600);
    char draft[4200];

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 8;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(settings_edit(path, &line, 1, NULL, NULL), SETTINGS_EDIT_UNWRITABLE);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_string_equal(read_back(path), "A=0\n");
    snprintf(draft, sizeof draft, "%s.new-%ld", path, (long)getpid());
    assert_int_equal(access(draft, F_OK), -1);
}

int main(void)
{
    static struct cases cases;
    int failed;

    tempfolder_make();
    CASES_ADD_TABLE(&cases, a_line_is_put, rows);
    CASES_ADD(&cases, every_value_is_read_back_as_it_was);
    CASES_ADD(&cases, several_at_once_and_a_new_file);
    CASES_ADD(&cases, a_link_stays_one);
    CASES_ADD(&cases, what_cannot_be_done_changes_nothing);
    CASES_ADD(&cases, a_full_disk_leaves_the_old_file_and_no_draft);
    failed = cases_run(&cases, "settings_edit");
    tempfolder_remove();
    return failed;
}
