/*
 * What the statistics file says of the present: which responders run, what became of the last webhooks, and since
 * when joins succeed or fail. It lies in memory that all processes share, and nobody holds a lock: a row has one
 * writer, and a reader who meets one that is being written leaves it out.
 *
 * Nothing personal and no secret: reasons are texts of this program.
 */
#ifndef AUTOJOIN_SUPPORT_STATS_NOW_H
#define AUTOJOIN_SUPPORT_STATS_NOW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    STATS_NOW_PROCESSES = 64, /* others serve unseen */
    STATS_NOW_WEBHOOKS = 16,
    STATS_NOW_REASON_SIZE = 80,
    STATS_NOW_VERSION_SIZE = 24,
    STATS_NOW_SETTINGS_SIZE = 40, /* a fingerprint with its NUL */
};

struct stats_now_process_row {
    _Atomic int64_t pid; /* 0: free */
    _Atomic uint64_t begun_ticks;
    _Atomic int64_t started_ms, settings_ms, breaker_ms;
    _Atomic uint64_t version[STATS_NOW_VERSION_SIZE / 8];
    _Atomic uint64_t settings[STATS_NOW_SETTINGS_SIZE / 8];
};

struct stats_now_webhook_row {
    _Atomic uint64_t turn; /* 0: is being written, or never was */
    _Atomic int64_t first_ms, last_ms;
    _Atomic uint64_t times;
    _Atomic uint64_t result; /* counter, status, code */
    _Atomic uint64_t reason[STATS_NOW_REASON_SIZE / 8];
};

/* As it lies in the file; all zeros is a good beginning. */
struct stats_now {
    struct stats_now_process_row processes[STATS_NOW_PROCESSES];
    struct stats_now_webhook_row webhooks[STATS_NOW_WEBHOOKS];
    _Atomic uint64_t turns;
    _Atomic int64_t joined_ms, working_since_ms, failing_since_ms;
};

struct stats_now_process {
    int64_t pid;
    uint64_t begun_ticks; /* since the boot: a process of that number that began then is the same one; 0: not known */
    int64_t started_ms;   /* clock_wall_ms() */
    int64_t settings_ms;  /* ... when it read its settings */
    int64_t breaker_ms;   /* ... when its breaker opened; 0: it is closed */
    char version[STATS_NOW_VERSION_SIZE];
    char settings[STATS_NOW_SETTINGS_SIZE]; /* their fingerprint; "" with faulty ones */
};

enum stats_now_kind {
    STATS_NOW_OTHER,   /* says nothing of joins; one like the last is counted with that */
    STATS_NOW_SETTLED, /* a join that is well */
    STATS_NOW_FAILED
};

struct stats_now_webhook {
    unsigned counter; /* enum stats_counter */
    unsigned status;
    unsigned code; /* Twilio's; 0: none */
    uint64_t times;
    int64_t first_ms, last_ms;
    char reason[STATS_NOW_REASON_SIZE];
};

struct stats_now_picture {
    struct stats_now_process processes[STATS_NOW_PROCESSES];
    size_t process_count;
    struct stats_now_webhook webhooks[STATS_NOW_WEBHOOKS]; /* the latest first */
    size_t webhook_count;
    int64_t joined_ms;        /* when a join was last settled; 0: never */
    int64_t working_since_ms; /* of the first that was settled after a failure, or at all; 0: none was */
    int64_t failing_since_ms; /* of the first failure since; 0: none */
};

/* The process that calls, as it began; pid, ticks and time. Reads /proc. */
void stats_now_self(struct stats_now_process *process);

/* Whether that process runs, as far as this one can see. */
bool stats_now_is_alive(const struct stats_now_process *process);

/* Takes a row for the process that calls: a free one, or that of one that is no more. Its number, or -1 if there is
 * none. Thread-safe, as all of these are. */
int stats_now_enter(struct stats_now *now, const struct stats_now_process *process);

/* Gives the row back, if it is still that process's. -1 is none, here and below. */
void stats_now_leave(struct stats_now *now, int row, int64_t pid);

/* Other settings are in force in that process. */
void stats_now_change(struct stats_now *now, int row, const struct stats_now_process *process);

/* Its breaker is open, since whenever that was said first, or closed. */
void stats_now_breaker(struct stats_now *now, int row, bool open);

/* Notes a webhook's end; of `webhook` counter, status, code and reason are read, and the time is now. */
void stats_now_note(struct stats_now *now, enum stats_now_kind kind, const struct stats_now_webhook *webhook);

/* Reads all. */
void stats_now_read(struct stats_now *now, struct stats_now_picture *picture);

#endif
