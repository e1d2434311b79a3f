/* spool/spool_limit: a ticket is not kept waiting for what there is to count, and AUTOJOIN_SPOOL_MAX holds all the same. */
#include "build.h"

#include "cases.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "spool/spool.h"
#include "spool/spool_limit.h"
#include "tempfolder.h"

enum { MANY = 1500, FEW = 100, CALLS = 100000 };

static char directory[512];

static void conversation(char sid[40], unsigned number)
{
    snprintf(sid, 40, "CH%032x", number);
}

static void fill(unsigned count)
{
    char sid[40];
    unsigned i;

    tempfolder_make();
    snprintf(directory, sizeof directory, "%s", tempfolder_path("."));
    for (i = 0; i < count; i++) {
        conversation(sid, i);
        tempfolder_write(sid, "", 0, 0600);
    }
}

static enum spool_status add(struct spool *spool, unsigned number)
{
    struct ticket ticket;
    char sid[40];

    conversation(sid, number);
    ticket_begin(&ticket, sid, NULL, NULL);
    return spool_add(spool, &ticket);
}

static void note_wanted(void *argument)
{
    ++*(unsigned *)argument;
}

static unsigned count_to_the_end(struct spool *spool)
{
    unsigned slices = 1;

    while (spool_limit_count_on(spool) && slices < CALLS)
        slices++;
    return slices;
}

static void few_are_counted_at_once(void **state)
{
    struct spool *spool;

    (void)state;
    fill(FEW);
    spool = spool_new(directory, false, FEW + 1);
    assert_int_equal(add(spool, FEW), SPOOL_OK);
    assert_int_equal(add(spool, FEW + 1), SPOOL_FULL);
    assert_int_not_equal(access(tempfolder_path(".count"), F_OK), 0);
    spool_free(spool);
    tempfolder_remove();
}

static void many_are_counted_later(void **state)
{
    struct spool *spool;
    unsigned wanted = 0;

    (void)state;
    fill(MANY);
    spool = spool_new(directory, false, MANY);
    spool_limit_count_later(spool, note_wanted, &wanted);
    assert_int_equal(add(spool, MANY), SPOOL_OK); /* nobody knows yet */
    assert_int_equal(wanted, 1);
    count_to_the_end(spool);
    assert_int_equal(add(spool, MANY + 1), SPOOL_FULL);
    spool_free(spool);
    tempfolder_remove();
}

static void one_that_goes_meanwhile_makes_no_trouble(void **state)
{
    struct spool *spool;
    unsigned wanted = 0;
    char sid[40];

    (void)state;
    fill(MANY);
    spool = spool_new(directory, false, MANY);
    spool_limit_count_later(spool, note_wanted, &wanted);
    add(spool, MANY);
    conversation(sid, 0);
    assert_int_equal(spool_strike(spool, sid), SPOOL_OK);
    spool_free(spool); /* what is under way goes with it */
    tempfolder_remove();
}

static void who_lives_for_a_moment_believes_another(void **state)
{
    struct spool *counts, *asks;

    (void)state;
    fill(MANY);
    counts = spool_new(directory, false, MANY);
    assert_int_equal(add(counts, MANY), SPOOL_FULL); /* without a loop it counts by itself */
    assert_int_equal(access(tempfolder_path(".count"), F_OK), 0);
    tempfolder_write(".count", "7\n", 2, 0600);
    asks = spool_new(directory, false, MANY);
    assert_int_equal(add(asks, MANY), SPOOL_OK);
    spool_free(asks);
    spool_free(counts);
    tempfolder_remove();
}

static const struct told {
    const char *name;
    const char *text;
    int64_t age_s;
    enum spool_status status; /* of a new ticket, in a spool that holds MANY and no more */
} told[] = {
    {"just now", "7\n", 0, SPOOL_OK},
    {"nine minutes ago", "7\n", 540, SPOOL_OK},
    {"eleven minutes ago: it counts", "7\n", 660, SPOOL_FULL},
    {"in times to come", "7\n", -3600, SPOOL_FULL},
    {"half of a number", "7", 0, SPOOL_FULL},
    {"no number", "seven\n", 0, SPOOL_FULL},
    {"more than numbers hold", "99999999999999999999999\n", 0, SPOOL_FULL},
    {"nothing", "", 0, SPOOL_FULL},
};

static void what_another_tells_is_believed_for_a_while(void **state)
{
    const struct told *row = *state;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
    struct spool *spool;

    fill(MANY);
    tempfolder_write(".count", row->text, strlen(row->text), 0600);
    times[1].tv_sec = time(NULL) - (time_t)row->age_s;
    assert_int_equal(utimensat(AT_FDCWD, tempfolder_path(".count"), times, 0), 0);
    spool = spool_new(directory, false, MANY);
    assert_int_equal(add(spool, MANY), row->status);
    spool_free(spool);
    tempfolder_remove();
}

static void fewer_than_counted_are_told(void **state)
{
    struct spool *spool;
    char sid[40];
    unsigned i;

    (void)state;
    fill(FEW);
    tempfolder_write(".count", "9999\n", 5, 0600);
    spool = spool_new(directory, false, MANY);
    spool_limit_note(spool, FEW);
    assert_int_not_equal(access(tempfolder_path(".count"), F_OK), 0);
    for (i = 0; i < 3; i++) {
        conversation(sid, i);
        assert_int_equal(spool_strike(spool, sid), SPOOL_OK);
    }
    spool_limit_note(spool, MANY);
    assert_int_equal(add(spool, 0), SPOOL_FULL);
    spool_free(spool);
    tempfolder_remove();
}

int main(void)
{
    static struct cases cases;

    CASES_ADD(&cases, few_are_counted_at_once);
    CASES_ADD(&cases, many_are_counted_later);
    CASES_ADD(&cases, one_that_goes_meanwhile_makes_no_trouble);
    CASES_ADD(&cases, who_lives_for_a_moment_believes_another);
    CASES_ADD_TABLE(&cases, what_another_tells_is_believed_for_a_while, told);
    CASES_ADD(&cases, fewer_than_counted_are_told);
    return cases_run(&cases, "spool_limit");
}
