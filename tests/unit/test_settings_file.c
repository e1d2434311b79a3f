/* support/settings_file: which files are read at all, and systemd's EnvironmentFile syntax. */
#include "build.h"

#include "cases.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/settings_file.h"
#include "tempfolder.h"

static const struct mode {
    const char *name;
    mode_t mode;
    enum settings_file_status status;
} modes[] = {
    {"0600", 0600, SETTINGS_FILE_OK},
    {"0400", 0400, SETTINGS_FILE_OK},
    {"0640: a private group may read", 0640, SETTINGS_FILE_OK},
    {"0440", 0440, SETTINGS_FILE_OK},
    {"0660: the group may write", 0660, SETTINGS_FILE_EXPOSED},
    {"0620: the group may only write", 0620, SETTINGS_FILE_EXPOSED},
    {"0644: the world may read", 0644, SETTINGS_FILE_EXPOSED},
    {"0604", 0604, SETTINGS_FILE_EXPOSED},
    {"0602: the world may write", 0602, SETTINGS_FILE_EXPOSED},
    {"0666", 0666, SETTINGS_FILE_EXPOSED},
};

static void a_mode_is_judged(void **state)
{
    const struct mode *row = *state;
    struct buffer content;

    buffer_init_secret(&content, SETTINGS_FILE_LIMIT);
    assert_int_equal(settings_file_read(tempfolder_write("mode", "A=1", 3, row->mode), &content),
                     row->status);
    assert_string_equal(buffer_string(&content), row->status == SETTINGS_FILE_OK ? "A=1" : "");
    buffer_free(&content);
}

static enum settings_file_status read_path(const char *path)
{
    struct buffer content;
    enum settings_file_status status;

    buffer_init_secret(&content, SETTINGS_FILE_LIMIT);
    status = settings_file_read(path, &content);
    buffer_free(&content);
    return status;
}

static void a_missing_file_is_missing(void **state)
{
    (void)state;
    assert_int_equal(read_path(tempfolder_path("missing")), SETTINGS_FILE_MISSING);
}

static void a_folder_is_not_read(void **state)
{
    (void)state;
    assert_int_equal(read_path("/"), SETTINGS_FILE_NOT_REGULAR);
}

static void a_device_is_not_read(void **state)
{
    (void)state;
    assert_int_equal(read_path("/dev/zero"), SETTINGS_FILE_NOT_REGULAR);
}

/* Everybody may write it, and nobody can put anything there. */
static void the_null_device_is_an_empty_file(void **state)
{
    struct buffer content;

    (void)state;
    buffer_init_secret(&content, SETTINGS_FILE_LIMIT);
    assert_int_equal(settings_file_read("/dev/null", &content), SETTINGS_FILE_OK);
    assert_non_null(content.data);
    assert_string_equal(content.data, "");
    buffer_free(&content);
}

static void a_link_to_the_null_device_is_an_empty_file(void **state)
{
    (void)state;
    assert_int_equal(symlink("/dev/null", tempfolder_path("null")), 0);
    assert_int_equal(read_path(tempfolder_path("null")), SETTINGS_FILE_OK);
}

/* Opening it must not wait for a writer who never comes. */
static void a_pipe_is_not_waited_for(void **state)
{
    const char *path = tempfolder_path("pipe");

    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(5);
    assert_int_equal(read_path(path), SETTINGS_FILE_NOT_REGULAR);
    alarm(0);
}

static void a_path_through_a_file_is_unreadable(void **state)
{
    char path[600];

    (void)state;
    snprintf(path, sizeof path, "%s/x", tempfolder_write("file", "", 0, 0600));
    assert_int_equal(read_path(path), SETTINGS_FILE_UNREADABLE);
}

static void a_link_is_followed_and_its_target_judged(void **state)
{
    (void)state;
    assert_int_equal(symlink(tempfolder_write("target", "A=1", 3, 0600), tempfolder_path("link")),
        0);
    assert_int_equal(read_path(tempfolder_path("link")), SETTINGS_FILE_OK);
    assert_int_equal(chmod(tempfolder_path("target"), 0644), 0);
    assert_int_equal(read_path(tempfolder_path("link")), SETTINGS_FILE_EXPOSED);
}

static void just_the_limit_is_read(void **state)
{
    static char content[SETTINGS_FILE_LIMIT];

    (void)state;
    memset(content, '#', sizeof content);
    assert_int_equal(read_path(tempfolder_write("large", content, sizeof content, 0600)),
                     SETTINGS_FILE_OK);
}

static void one_byte_more_is_too_large(void **state)
{
    static char content[SETTINGS_FILE_LIMIT + 1];

    (void)state;
    memset(content, '#', sizeof content);
    assert_int_equal(read_path(tempfolder_write("large", content, sizeof content, 0600)),
                     SETTINGS_FILE_TOO_LARGE);
}

static void a_nul_byte_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_path(tempfolder_write("nul", "A=1\0B=2", 7, 0600)), SETTINGS_FILE_NUL);
}

static void an_empty_file_is_an_empty_string(void **state)
{
    struct buffer content;

    (void)state;
    buffer_init_secret(&content, SETTINGS_FILE_LIMIT);
    assert_int_equal(settings_file_read(tempfolder_write("empty", "", 0, 0600), &content),
                     SETTINGS_FILE_OK);
    assert_non_null(content.data);
    assert_string_equal(content.data, "");
    buffer_free(&content);
}

/* What the parser found, one entry or fault a line. */
static const struct syntax {
    const char *name;
    const char *content;
    const char *found; /* "NAME=[value]\n" or "!line\n" */
} syntaxes[] = {
    {"nothing", "", ""},
    {"a pair", "A=1\n", "A=[1]\n"},
    {"a pair without a line end", "A=1", "A=[1]\n"},
    {"two pairs", "A=1\nB=2\n", "A=[1]\nB=[2]\n"},
    {"an empty value", "A=\nB=2\n", "A=[]\nB=[2]\n"},
    {"blank lines", "\n  \n\t\nA=1\n\n", "A=[1]\n"},
    {"comments", "# one\n; two\n  # three\nA=1\n", "A=[1]\n"},
    {"a comment that looks like a setting", "#A=1\nB=2\n", "B=[2]\n"},
    {"a comment does not go on behind a backslash", "# one \\\nA=1\n", "A=[1]\n"},
    {"no comment behind a value", "A=1 # one\n", "A=[1 # one]\n"},
    {"blanks around the value", "A=  1 2  \n", "A=[1 2]\n"},
    {"blanks around the name", "  A =1\n", "A=[1]\n"},
    {"an equals sign in the value", "A=b=c\n", "A=[b=c]\n"},
    {"lines as Windows ends them", "A=1\r\n\r\nB=\"2\"\r\n", "A=[1]\nB=[2]\n"},
    {"double quotes", "A=\"1 2 \"\n", "A=[1 2 ]\n"},
    {"single quotes", "A='1 2 '\n", "A=[1 2 ]\n"},
    {"empty quotes", "A=\"\"\nB=''\n", "A=[]\nB=[]\n"},
    {"a hash in quotes", "A=\"#1\"\n", "A=[#1]\n"},
    {"single quotes in double ones", "A=\"it's\"\n", "A=[it's]\n"},
    {"double quotes in single ones", "A='say \"x\"'\n", "A=[say \"x\"]\n"},
    {"escapes in double quotes", "A=\"a\\\"b\\\\c\\$d\\`e\"\n", "A=[a\"b\\c$d`e]\n"},
    {"other backslashes in double quotes stay", "A=\"a\\nb\"\n", "A=[a\\nb]\n"},
    {"a backslash in single quotes stays", "A='a\\b\\'\n", "A=[a\\b\\]\n"},
    {"an escape in a bare value", "A=a\\ b\\\\c\n", "A=[a b\\c]\n"},
    {"an escaped blank at the end stays", "A=a\\ \n", "A=[a ]\n"},
    {"a line that goes on", "A=one\\\ntwo\nB=2\n", "A=[onetwo]\nB=[2]\n"},
    {"a quoted line that goes on", "A=\"one\\\ntwo\"\nB=2\n", "A=[onetwo]\nB=[2]\n"},
    {"a quoted line end", "A=\"one\ntwo\"\nB=2\n", "A=[one\ntwo]\nB=[2]\n"},
    {"JSON needs no quotes", "A={\"a\":1}\n", "A=[{\"a\":1}]\n"},
    {"JSON in single quotes", "A='{\"a\":\"b c\"}'\n", "A=[{\"a\":\"b c\"}]\n"},
    {"a quote within a bare value", "A=it's\n", "A=[it's]\n"},
    {"quotes one behind another", "A='a''b'\n", "A=[ab]\n"},
    {"no dollar is expanded", "A=$HOME\n", "A=[$HOME]\n"},
    {"the name twice", "A=1\nA=2\n", "A=[1]\nA=[2]\n"},
    {"no equals sign", "A=1\nrubbish\nB=2\n", "A=[1]\n!2\nB=[2]\n"},
    {"no equals sign in the last line", "A=1\nrubbish", "A=[1]\n!2\n"},
    {"no name", "=1\nB=2\n", "!1\nB=[2]\n"},
    {"a name that begins with a digit", "1A=1\nB=2\n", "!1\nB=[2]\n"},
    {"a name with a blank", "A B=1\n", "!1\n"},
    {"a name with a dash", "A-B=1\n", "!1\n"},
    {"a shell's export", "export A=1\n", "!1\n"},
    {"a double quote that is never closed", "A=1\nB=\"x\nC=3\n", "A=[1]\n!2\n"},
    {"a single quote that is never closed", "A='x\n", "!1\n"},
    {"lines are counted across quotes", "A=\"one\ntwo\"\nrubbish\n", "A=[one\ntwo]\n!3\n"},
    {"lines are counted across lines that go on", "A=one\\\ntwo\nrubbish\n", "A=[onetwo]\n!3\n"},
    {"lines are counted across comments", "# one\n\n; two\nrubbish\n", "!4\n"},
    {"a backslash at the very end", "A=1\\", "A=[1\\]\n"},
};

static char found[1024];

static void note_entry(void *argument, const char *name, const char *value)
{
    char *text = argument;

    snprintf(text + strlen(text), sizeof found - strlen(text), "%s=[%s]\n", name, value);
}

static void note_fault(void *argument, unsigned line, const char *what)
{
    char *text = argument;

    assert_non_null(what);
    snprintf(text + strlen(text), sizeof found - strlen(text), "!%u\n", line);
}

static void is_parsed(void **state)
{
    const struct syntax *row = *state;
    char *content = strdup(row->content);

    found[0] = '\0';
    settings_file_parse(content, note_entry, note_fault, found);
    assert_string_equal(found, row->found);
    free(content);
}

static void every_status_has_its_words(void **state)
{
    int status;

    (void)state;
    for (status = SETTINGS_FILE_MISSING; status <= SETTINGS_FILE_NO_MEMORY; status++)
        assert_true(strlen(settings_file_describe((enum settings_file_status)status)) > 5);
}

int main(void)
{
    static struct cases cases;
    int failed;

    tempfolder_make();
    CASES_ADD_TABLE(&cases, a_mode_is_judged, modes);
    CASES_ADD(&cases, a_missing_file_is_missing);
    CASES_ADD(&cases, a_folder_is_not_read);
    CASES_ADD(&cases, a_device_is_not_read);
    CASES_ADD(&cases, the_null_device_is_an_empty_file);
    CASES_ADD(&cases, a_link_to_the_null_device_is_an_empty_file);
    CASES_ADD(&cases, a_pipe_is_not_waited_for);
    CASES_ADD(&cases, a_path_through_a_file_is_unreadable);
    CASES_ADD(&cases, a_link_is_followed_and_its_target_judged);
    CASES_ADD(&cases, just_the_limit_is_read);
    CASES_ADD(&cases, one_byte_more_is_too_large);
    CASES_ADD(&cases, a_nul_byte_is_refused);
    CASES_ADD(&cases, an_empty_file_is_an_empty_string);
    CASES_ADD_TABLE(&cases, is_parsed, syntaxes);
    CASES_ADD(&cases, every_status_has_its_words);
    failed = cases_run(&cases, "settings_file");
    tempfolder_remove();
    return failed;
}
