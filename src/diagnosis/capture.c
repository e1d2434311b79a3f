#include "build.h"

#include "diagnosis/capture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "diagnosis/request_text.h"
#include "support/clock.h"

enum {
    NAME_SIZE = CAPTURE_NAME_SIZE,
    A_SECOND_MS = 1000,
    STALE_AFTER_S = 3600,
    REMOVALS_LIMIT = 1000, /* files removed at once */
};

/* Names sort by time. */
#define PREFIX "refused-"
#define DRAFT_PREFIX ".draft-"

struct capture {
    const char *directory;
    const struct log *log;
    int64_t second_ms; /* when the second began that `written` counts in */
    unsigned written;
    int64_t complained_ms;
    unsigned next;
};

struct capture *capture_new(const char *directory, const struct log *log)
{
    struct capture *capture = calloc(1, sizeof *capture);

    if (capture)
        *capture = (struct capture){.directory = directory, .log = log};
    return capture;
}

void capture_free(struct capture *capture)
{
    free(capture);
}

/* True at most CAPTURE_A_SECOND times a second. */
static bool is_in_turn(struct capture *capture)
{
    int64_t now = clock_monotonic_ms();

    if (capture->second_ms == 0 || now - capture->second_ms >= A_SECOND_MS) {
        capture->second_ms = now;
        capture->written = 0;
    }
    return capture->written++ < CAPTURE_A_SECOND;
}

static void complain(struct capture *capture, const char *reason, const char *fix)
{
    if (log_in_turn(&capture->complained_ms))
        log_event(capture->log, LOG_LEVEL_WARN, "a refused request was not kept", "reason", reason,
                  "directory", capture->directory, "fix", fix, NULL);
}

/* -1 if the directory is not there, or not ours alone. */
static int open_directory(struct capture *capture)
{
    struct stat status;
    int directory = open(capture->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (directory < 0) {
        complain(capture, strerror(errno), "make the directory of AUTOJOIN_CAPTURE_DIR, mode 0700");
        return -1;
    }
    if (fstat(directory, &status) == 0 && status.st_uid == geteuid() &&
        !(status.st_mode & (S_IRWXG | S_IRWXO)))
        return directory;
    complain(capture, "the directory is open to others or not the responder's own",
             "chmod 0700 it, and chown it to the user that the responder runs as");
    close(directory);
    return -1;
}

static bool publish(struct capture *capture, int directory, const struct buffer *text)
{
    char draft[NAME_SIZE], name[NAME_SIZE], time_text[CLOCK_TEXT_SIZE];
    unsigned number = capture->next++;
    bool written;
    int descriptor, saved;

    clock_format(clock_wall_ms(), time_text);
    snprintf(draft, sizeof draft, DRAFT_PREFIX "%ld-%u", (long)getpid(), number);
    snprintf(name, sizeof name, PREFIX "%s-%ld-%06u", time_text, (long)getpid(), number);
    descriptor = openat(directory, draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                        0600);
    if (descriptor < 0)
        return false;
    written = buffer_write_all(descriptor, text);
    written = close(descriptor) == 0 && written;
    written = written && renameat(directory, draft, directory, name) == 0;
    saved = errno;
    if (!written)
        unlinkat(directory, draft, 0);
    errno = saved;
    return written;
}

static bool is_capture(const char *name)
{
    return strncmp(name, PREFIX, sizeof PREFIX - 1) == 0;
}

static void remove_if_stale(int directory, const char *name)
{
    struct stat status;

    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(status.st_mode) && time(NULL) - status.st_mtime > STALE_AFTER_S)
        unlinkat(directory, name, 0);
}

/* A look at the directory: how many captures, and the oldest and newest of them. */
struct inventory {
    size_t count;
    char oldest[NAME_SIZE], newest[NAME_SIZE];
};

static bool take_inventory(struct inventory *inventory, int directory)
{
    struct dirent *entry;
    int descriptor = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = descriptor >= 0 ? fdopendir(descriptor) : NULL;

    *inventory = (struct inventory){0};
    if (!stream) {
        if (descriptor >= 0)
            close(descriptor);
        return false;
    }
    while ((entry = readdir(stream))) {
        const char *name = entry->d_name;
        size_t size = strlen(name) + 1;

        if (strncmp(name, DRAFT_PREFIX, sizeof DRAFT_PREFIX - 1) == 0)
            remove_if_stale(directory, name);
        if (!is_capture(name) || size > NAME_SIZE)
            continue;
        if (inventory->count == 0 || strcmp(name, inventory->oldest) < 0)
            memcpy(inventory->oldest, name, size);
        if (inventory->count == 0 || strcmp(name, inventory->newest) > 0)
            memcpy(inventory->newest, name, size);
        inventory->count++;
    }
    closedir(stream);
    return true;
}

/* Usually one too many, so one is removed; other processes may have added theirs. */
static void remove_oldest(int directory)
{
    struct inventory inventory;
    unsigned i;

    for (i = 0; i < REMOVALS_LIMIT && take_inventory(&inventory, directory) &&
                inventory.count > CAPTURE_FILES_LIMIT;
         i++)
        if (unlinkat(directory, inventory.oldest, 0) != 0 && errno != ENOENT)
            break;
}

void capture_request(void *argument, const struct request *request, const char *body,
                     size_t body_length)
{
    struct capture *capture = argument;
    struct buffer text;
    int directory;

    if (!is_in_turn(capture))
        return;
    directory = open_directory(capture);
    if (directory < 0)
        return;
    buffer_init(&text, REQUEST_TEXT_LIMIT);
    request_text_write(&text, request, body, body_length);
    if (buffer_status(&text) != BUFFER_OK)
        complain(capture, "it is too large, or out of memory", NULL);
    else if (!publish(capture, directory, &text))
        complain(capture, strerror(errno), NULL);
    else
        remove_oldest(directory);
    buffer_free(&text);
    close(directory);
}

/* Of the name's own letters alone, so that it can be shown and pasted. */
static bool is_name_of_ours(const char *name)
{
    static const char letters[] = "0123456789-:.TZ";
    size_t length = strlen(name);

    return is_capture(name) && length < CAPTURE_NAME_SIZE &&
           strspn(name + sizeof PREFIX - 1, letters) == length - (sizeof PREFIX - 1);
}

/* Keeps them sorted; the oldest one falls out where there is no place. */
static void put_name(struct capture_names *names, const char *name)
{
    size_t at = names->count;

    while (at > 0 && strcmp(name, names->names[at - 1]) > 0)
        at--;
    if (names->count == CAPTURE_FILES_LIMIT)
        names->left_out++;
    else
        names->count++;
    if (at == CAPTURE_FILES_LIMIT)
        return;
    memmove(names->names[at + 1], names->names[at], (names->count - 1 - at) * sizeof names->names[0]);
    memcpy(names->names[at], name, strlen(name) + 1);
}

bool capture_look(struct capture_names *names, const char *directory)
{
    DIR *stream = opendir(directory);
    struct dirent *entry;
    struct stat status;

    *names = (struct capture_names){0};
    if (!stream)
        return false;
    while ((entry = readdir(stream)))
        if (is_name_of_ours(entry->d_name) &&
            fstatat(dirfd(stream), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode))
            put_name(names, entry->d_name);
    closedir(stream);
    return true;
}
