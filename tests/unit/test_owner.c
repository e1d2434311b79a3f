/* support/owner: whose directories may be believed, by those who are root and those who are not. */
#include "build.h"

#include "cases.h"

#include <string.h>
#include <unistd.h>

#include "support/owner.h"

enum { SOMEBODY = 4321 };

static const struct row {
    const char *name;
    uid_t owner;
    mode_t mode;
    const char *others; /* what anybody but root finds wrong with it; NULL: nothing */
    const char *root;
} rows[] = {
    {"the owner's alone", SOMEBODY, 0700, NULL, "another user's"},
    {"open to the owner's group", SOMEBODY, 0770, NULL, "another user's"},
    {"open to everybody", SOMEBODY, 0702, "everybody", "everybody"},
    {"open to everybody, with the sticky bit", SOMEBODY, 01777, "everybody", "everybody"},
    {"root's alone", 0, 0700, NULL, NULL},
    {"root's, to be read by others", 0, 0755, NULL, NULL},
    {"root's, its group may write", 0, 0770, "root's", "root's"},
    {"root's, its group may write, with the set-group bit", 0, 02770, "root's", "root's"},
    {"root's, everybody may write", 0, 0777, "everybody", "everybody"},
};

static void assert_judged(const struct row *row, const char *expected)
{
    const struct stat status = {.st_uid = row->owner, .st_mode = S_IFDIR | row->mode};
    const char *judged = owner_judge(&status);

    if (!expected)
        assert_null(judged);
    else
        assert_true(judged && strstr(judged, expected));
}

static void a_directory_is_judged(void **state)
{
    const struct row *row = *state;

    if (geteuid() != 0) {
        assert_judged(row, row->others);
        return;
    }
    assert_judged(row, row->root);
    assert_int_equal(seteuid(SOMEBODY), 0);
    assert_judged(row, row->others);
    assert_int_equal(seteuid(0), 0);
}

static void somebody_who_is_not_root_stays_who_it_is(void **state)
{
    (void)state;
    if (geteuid() == 0)
        assert_int_equal(seteuid(SOMEBODY), 0);
    assert_int_equal(owner_become("/nowhere", OWNER_NO_GROUP), OWNER_OK);
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
}

static void root_is_told_of_a_directory_that_is_none(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(owner_become("/nowhere", OWNER_NO_GROUP), OWNER_ABSENT);
    assert_string_equal(owner_describe(OWNER_ABSENT), "No such file or directory");
    assert_int_equal(owner_become("/etc/passwd", OWNER_NO_GROUP), OWNER_ABSENT);
    assert_string_equal(owner_describe(OWNER_ABSENT), "Not a directory");
    assert_int_equal(owner_become("/tmp", OWNER_NO_GROUP), OWNER_OPEN);
    assert_non_null(strstr(owner_describe(OWNER_OPEN), "chown"));
    assert_int_equal(owner_become("/", OWNER_NO_GROUP), OWNER_OK);
    assert_int_equal(geteuid(), 0);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, a_directory_is_judged, rows);
    CASES_ADD(&cases, somebody_who_is_not_root_stays_who_it_is);
    CASES_ADD(&cases, root_is_told_of_a_directory_that_is_none);
    return cases_run(&cases, "owner");
}
