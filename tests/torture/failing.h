/*
 * Calls that fail on order. The linker gives every malloc(), read(), open() ... of src/ to functions
 * of ours (ld --wrap), which count them and let one, or all from one on, fail. libevent's, jansson's,
 * libcurl's and OpenSSL's allocations are asked for in the same way.
 */
#ifndef AUTOJOIN_TESTS_TORTURE_FAILING_H
#define AUTOJOIN_TESTS_TORTURE_FAILING_H

#include <stdbool.h>
#include <stddef.h>

enum failing_way {
    FAILING_ONCE,            /* that one call, whatever it is */
    FAILING_MEMORY_ONWARD,   /* no memory from that allocation on */
    FAILING_FILES_ONWARD,    /* no file, directory or descriptor works from that call on */
    FAILING_INTERRUPTED,     /* a read or write is interrupted (EINTR) */
    FAILING_SHORT,           /* a read or write does one byte only */
    FAILING_WAYS
};

enum failing_kind {
    FAILING_MEMORY,
    FAILING_FILE,
    FAILING_TRANSFER, /* read and write, which are files too */
    FAILING_EVENT     /* fails once only: what is lasting there is the lack of memory below it */
};

/* What became of an order; in memory that the parent process shares. */
struct failing_report {
    unsigned long calls; /* of the kind that the way counts */
    bool reached;        /* the call that was to fail was made */
    char what[32];       /* its name */
};

/* From now on call number `point` (from 1 on) fails in that way; 0: only count. With `libraries`
 * allocations of the libraries count too. To be called before anything else of theirs. */
void failing_arm(enum failing_way way, unsigned long point, bool libraries,
                 struct failing_report *report);

/* The first call that fails says on standard error where it was made, as addr2line reads it. */
void failing_trace(void);

/* Nothing fails any more. */
void failing_disarm(void);

const char *failing_name(enum failing_way way);

/* For the wrappers: whether this call fails, with errno set; and what it was ordered to do. */
bool failing_now(enum failing_kind kind, const char *what, int number);
enum failing_way failing_ordered(void);

/* Lets the libraries' allocations count. */
void failinglibraries_arm(void);

#endif
