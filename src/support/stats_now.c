#include "build.h"

#include "support/stats_now.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/clock.h"

_Static_assert(STATS_NOW_REASON_SIZE % 8 == 0 && STATS_NOW_VERSION_SIZE % 8 == 0 &&
               STATS_NOW_SETTINGS_SIZE % 8 == 0, "texts are made of whole words");

/* Texts are stored word by word, so that each access is atomic. */
static void store_text(_Atomic uint64_t *words, size_t size, const char *text)
{
    size_t i, length = strnlen(text, size - 1);

    for (i = 0; i < size / 8; i++) {
        uint64_t word = 0;

        if (i * 8 < length)
            memcpy(&word, text + i * 8, length - i * 8 < 8 ? length - i * 8 : 8);
        atomic_store_explicit(&words[i], word, memory_order_relaxed);
    }
}

/* Whoever else wrote it, what is shown is printable and ends. */
static void load_text(char *text, size_t size, _Atomic uint64_t *words)
{
    size_t i;

    for (i = 0; i < size / 8; i++) {
        uint64_t word = atomic_load_explicit(&words[i], memory_order_relaxed);

        memcpy(text + i * 8, &word, 8);
    }
    text[size - 1] = '\0';
    for (i = 0; text[i]; i++)
        if (text[i] < ' ' || text[i] >= 0x7f)
            text[i] = '?';
}

/* Member 22 of /proc/PID/stat (proc(5)); the second one is a name in brackets, of any characters. 0 if there is no
 * such process, or it cannot be told. */
static uint64_t begun_ticks(int64_t pid)
{
    enum { BEHIND_NAME = 20 };
    char path[64], text[1024];
    const char *at;
    size_t length;
    unsigned i;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    file = fopen(path, "re");
    if (!file)
        return 0;
    length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    at = strrchr(text, ')');
    for (i = 0; at && i < BEHIND_NAME; i++)
        at = strchr(at + 1, ' ');
    return at ? strtoull(at, NULL, 10) : 0;
}

void stats_now_self(struct stats_now_process *process)
{
    process->pid = getpid();
    process->begun_ticks = begun_ticks(process->pid);
    process->started_ms = clock_wall_ms();
}

bool stats_now_is_alive(const struct stats_now_process *process)
{
    uint64_t ticks;

    if (process->pid <= 0 || (kill((pid_t)process->pid, 0) != 0 && errno == ESRCH))
        return false;
    ticks = begun_ticks(process->pid);
    return ticks == 0 || process->begun_ticks == 0 || ticks == process->begun_ticks;
}

static void load_process(struct stats_now_process *process, struct stats_now_process_row *row)
{
    process->pid = atomic_load(&row->pid);
    process->begun_ticks = atomic_load(&row->begun_ticks);
    process->started_ms = atomic_load(&row->started_ms);
    process->settings_ms = atomic_load(&row->settings_ms);
    process->breaker_ms = atomic_load(&row->breaker_ms);
    load_text(process->version, sizeof process->version, row->version);
    load_text(process->settings, sizeof process->settings, row->settings);
}

/* The number stands there before the rest: until that is written, ticks are 0 and nothing of another's is taken
 * for ours. */
static bool take_row(struct stats_now_process_row *row, int64_t pid)
{
    struct stats_now_process there;
    int64_t expected = atomic_load(&row->pid);

    if (expected != 0) {
        load_process(&there, row);
        if (expected != pid && stats_now_is_alive(&there))
            return false;
    }
    return atomic_compare_exchange_strong(&row->pid, &expected, pid);
}

int stats_now_enter(struct stats_now *now, const struct stats_now_process *process)
{
    struct stats_now_process_row *row;
    int i;

    for (i = 0; i < STATS_NOW_PROCESSES; i++)
        if (take_row(&now->processes[i], process->pid))
            break;
    if (i == STATS_NOW_PROCESSES)
        return -1;
    row = &now->processes[i];
    atomic_store(&row->started_ms, process->started_ms);
    atomic_store(&row->breaker_ms, 0);
    atomic_store(&row->begun_ticks, process->begun_ticks);
    stats_now_change(now, i, process);
    return i;
}

void stats_now_leave(struct stats_now *now, int row, int64_t pid)
{
    if (row >= 0)
        atomic_compare_exchange_strong(&now->processes[row].pid, &pid, 0);
}

void stats_now_change(struct stats_now *now, int row, const struct stats_now_process *process)
{
    if (row < 0)
        return;
    atomic_store(&now->processes[row].settings_ms, process->settings_ms);
    store_text(now->processes[row].version, STATS_NOW_VERSION_SIZE, process->version);
    store_text(now->processes[row].settings, STATS_NOW_SETTINGS_SIZE, process->settings);
}

void stats_now_breaker(struct stats_now *now, int row, bool open)
{
    int64_t closed = 0;

    if (row < 0)
        return;
    if (open)
        atomic_compare_exchange_strong(&now->processes[row].breaker_ms, &closed, clock_wall_ms());
    else
        atomic_store(&now->processes[row].breaker_ms, 0);
}

static uint64_t pack(const struct stats_now_webhook *webhook)
{
    return (uint64_t)webhook->counter << 48 | (uint64_t)(webhook->status & 0xffff) << 32 | webhook->code;
}

/* Counts it with the last one, if that was the same. */
static bool note_again(struct stats_now *now, uint64_t result, const char *reason, int64_t now_ms)
{
    uint64_t turn = atomic_load(&now->turns);
    struct stats_now_webhook_row *row = &now->webhooks[turn % STATS_NOW_WEBHOOKS];
    char last[STATS_NOW_REASON_SIZE];

    if (turn == 0 || atomic_load(&row->turn) != turn || atomic_load(&row->result) != result)
        return false;
    load_text(last, sizeof last, row->reason);
    if (strncmp(last, reason, sizeof last - 1) != 0)
        return false;
    atomic_store(&row->last_ms, now_ms);
    atomic_fetch_add(&row->times, 1);
    return true;
}

static void note_state(struct stats_now *now, enum stats_now_kind kind, int64_t now_ms)
{
    int64_t never = 0;

    if (kind == STATS_NOW_FAILED) {
        atomic_compare_exchange_strong(&now->failing_since_ms, &never, now_ms);
    } else if (kind == STATS_NOW_SETTLED) {
        if (atomic_exchange(&now->failing_since_ms, 0) != 0 || atomic_load(&now->working_since_ms) == 0)
            atomic_store(&now->working_since_ms, now_ms);
        atomic_store(&now->joined_ms, now_ms);
    }
}

void stats_now_note(struct stats_now *now, enum stats_now_kind kind, const struct stats_now_webhook *webhook)
{
    int64_t now_ms = clock_wall_ms();
    uint64_t result = pack(webhook), turn;
    struct stats_now_webhook_row *row;

    note_state(now, kind, now_ms);
    if (kind == STATS_NOW_OTHER && note_again(now, result, webhook->reason, now_ms))
        return;
    turn = atomic_fetch_add(&now->turns, 1) + 1;
    row = &now->webhooks[turn % STATS_NOW_WEBHOOKS];
    atomic_store(&row->turn, 0);
    atomic_store(&row->first_ms, now_ms);
    atomic_store(&row->last_ms, now_ms);
    atomic_store(&row->times, 1);
    atomic_store(&row->result, result);
    store_text(row->reason, sizeof row->reason, webhook->reason);
    atomic_store(&row->turn, turn);
}

static bool read_webhook(struct stats_now *now, uint64_t turn, struct stats_now_webhook *webhook)
{
    struct stats_now_webhook_row *row = &now->webhooks[turn % STATS_NOW_WEBHOOKS];
    uint64_t result;

    if (atomic_load(&row->turn) != turn)
        return false;
    webhook->first_ms = atomic_load(&row->first_ms);
    webhook->last_ms = atomic_load(&row->last_ms);
    webhook->times = atomic_load(&row->times);
    result = atomic_load(&row->result);
    webhook->counter = (unsigned)(result >> 48);
    webhook->status = (unsigned)(result >> 32 & 0xffff);
    webhook->code = (unsigned)(result & 0xffffffff);
    load_text(webhook->reason, sizeof webhook->reason, row->reason);
    return atomic_load(&row->turn) == turn;
}

void stats_now_read(struct stats_now *now, struct stats_now_picture *picture)
{
    uint64_t turn = atomic_load(&now->turns), i;

    *picture = (struct stats_now_picture){.process_count = 0};
    for (i = 0; i < STATS_NOW_PROCESSES; i++) {
        load_process(&picture->processes[picture->process_count], &now->processes[i]);
        picture->process_count += picture->processes[picture->process_count].pid != 0;
    }
    for (i = 0; i < STATS_NOW_WEBHOOKS && i < turn; i++)
        picture->webhook_count += read_webhook(now, turn - i, &picture->webhooks[picture->webhook_count]);
    picture->joined_ms = atomic_load(&now->joined_ms);
    picture->working_since_ms = atomic_load(&now->working_since_ms);
    picture->failing_since_ms = atomic_load(&now->failing_since_ms);
}
