/* support/settings_file: which files are read at all. */
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
    CASES_ADD(&cases, every_status_has_its_words);
    failed = cases_run(&cases, "settings_file");
    tempfolder_remove();
    return failed;
}
