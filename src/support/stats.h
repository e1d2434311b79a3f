/*
 * Counters shared by all processes: a small file that each of them maps.
 *
 * Every counter is one aligned 64-bit word that is only ever added to atomically, so no lock exists
 * that a killed process could leave behind, and no kill at any moment leaves more wrong
 * than the one event it was about.
 *
 * Whoever shortens a mapped file takes its pages away, and an access to them is a SIGBUS. Its handler puts an
 * empty page of our own there: what is counted goes on, into a new beginning of the file as soon as that can
 * be mapped again. Asking for the size before each access would cost 30 times what counting does, and the file
 * could still be shortened between the two; private counters that are written now and then would need a lock
 * (measured: bench/PROFILE.md).
 */
#ifndef AUTOJOIN_SUPPORT_STATS_H
#define AUTOJOIN_SUPPORT_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/stats_now.h"

enum stats_counter {
    /* Requests by result word; of Event Streams see below. */
    STATS_JOINED,
    STATS_ALREADY_JOINED,
    STATS_GONE,
    STATS_IGNORED,
    STATS_RETRY_LATER,
    STATS_REFUSED,
    STATS_FORBIDDEN,
    STATS_TOO_LARGE,
    STATS_BAD_REQUEST,
    STATS_METHOD_NOT_ALLOWED,
    STATS_UNSUPPORTED_TYPE,
    /* Events of Event Streams by result word, in the order of those above, and its requests that were refused
     * as a whole. Of the last two nobody knows which way they came. */
    STATS_STREAM_JOINED,
    STATS_STREAM_ALREADY_JOINED,
    STATS_STREAM_GONE,
    STATS_STREAM_IGNORED,
    STATS_STREAM_RETRY_LATER,
    STATS_STREAM_REFUSED,
    STATS_STREAM_FORBIDDEN,
    STATS_STREAM_TOO_LARGE,
    STATS_STREAM_BAD_REQUEST,
    /* Requests whose signature held, by the kind of key and the algorithm that proved it. */
    STATS_TOKEN_SHA1,
    STATS_TOKEN_SHA256,
    STATS_SECONDARY_SHA1,
    STATS_SECONDARY_SHA256,
    STATS_SHARED_KEY_SHA1,
    STATS_SHARED_KEY_SHA256,
    /* REST exchanges of joins by outcome. */
    STATS_REST_OK,
    STATS_REST_CONFLICT,     /* 409: mostly "already a participant" */
    STATS_REST_LIMITED,      /* 429 */
    STATS_REST_CLIENT_ERROR, /* other 4xx and 3xx */
    STATS_REST_SERVER_ERROR, /* 5xx */
    STATS_REST_TIMEOUT,
    STATS_REST_UNREACHABLE,  /* and all else without an answer */
    /* The spool. */
    STATS_SPOOL_WRITTEN,
    STATS_SPOOL_STRUCK,
    STATS_SPOOL_FULL,
    STATS_SPOOL_FAILED,
    STATS_SPOOL_SLOW, /* operations that took over STATS_SPOOL_SLOW_MS, for which every webhook waited */
    /* The breaker. */
    STATS_BREAKER_OPENED,
    /* Responders that began to serve FastCGI: those after the first are restarts. */
    STATS_RESPONDER_STARTED,
    STATS_COUNTER_COUNT
};

enum stats_histogram {
    STATS_WEBHOOK_TIME, /* from the whole request to its answer, of joins */
    STATS_REST_TIME,    /* of one REST exchange */
    STATS_HISTOGRAM_COUNT
};

enum { STATS_BUCKET_COUNT = 24, STATS_SPOOL_SLOW_MS = 100 };

/* Upper bounds of the buckets in microseconds; the last one is everything above. */
extern const int64_t stats_bounds_us[STATS_BUCKET_COUNT - 1];

struct stats_times {
    uint64_t buckets[STATS_BUCKET_COUNT];
    uint64_t sum_us;
};

struct stats_snapshot {
    uint64_t counters[STATS_COUNTER_COUNT];
    struct stats_times times[STATS_HISTOGRAM_COUNT];
    int64_t started_ms;      /* clock_wall_ms() when the file was made */
    int64_t breaker_open_ms; /* when a process last found its breaker open; 0: never */
    int64_t spool_slow_ms;   /* when an operation of the spool was last slow; 0: never */
    struct stats_now_picture now;
};

enum stats_status {
    STATS_OK,
    STATS_FAILED,        /* errno tells why */
    STATS_OTHER_VERSION, /* the file is another version's, or no statistics at all */
    STATS_UNSAFE         /* for counting: it is another user's, others can write to it, or it has a second name */
};

struct stats;

/* Maps the file, which is made if it is not there (mode 0600). A few at a time in a process; installs a
 * handler for SIGBUS. Not thread-safe. */
enum stats_status stats_open(struct stats **stats, const char *path);

/* The same for reading only; never makes it. */
enum stats_status stats_open_for_reading(struct stats **stats, const char *path);

/* Whether another file, or none, is at the path by now: who reads there sees nothing of what is counted. */
bool stats_is_replaced(const struct stats *stats);

void stats_close(struct stats *stats);

/* Add one; any thread or process. A NULL `stats` counts nothing. */
void stats_count(struct stats *stats, enum stats_counter counter);
void stats_time(struct stats *stats, enum stats_histogram histogram, int64_t microseconds);

/* Notes that the breaker of this process is open now, or closed again. */
void stats_breaker_open(struct stats *stats);
void stats_breaker_closed(struct stats *stats);

/* From here on this process is told among those that serve, with these settings (a fingerprint, "" for faulty ones),
 * until stats_close(); again whenever it has read others. */
void stats_serve(struct stats *stats, const char *settings);

/* Counts what became of a webhook or an event, and notes it among the last ones. `status` is the answer's, `code`
 * Twilio's or 0, `reason` a text of ours or NULL. */
void stats_webhook(struct stats *stats, enum stats_counter counter, unsigned status, unsigned code, const char *reason);

/* Counts STATS_SPOOL_SLOW, and notes that it was now. */
void stats_spool_slow(struct stats *stats);

/* What to do about a status, in words; static. For STATS_FAILED by errno. */
const char *stats_describe(enum stats_status status);

/* Reads all. Counters of events that are just happening may or may not be in it. False, and nothing but
 * zeros, if the file was shortened since it was mapped. */
bool stats_read(const struct stats *stats, struct stats_snapshot *snapshot);

/* An upper bound of the given quantile (0 to 1) in microseconds: that of the bucket in which it lies;
 * -1 if nothing was timed, INT64_MAX if it lies above all bounds. */
int64_t stats_quantile_us(const struct stats_times *times, double quantile);

#endif
