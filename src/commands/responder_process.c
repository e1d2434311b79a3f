#include "build.h"

#include "commands/responder_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    COMMAND_SIZE = 1024,
    STATUS_SIZE = 8 * 1024,
    ENVIRONMENT_SIZE = 128 * 1024, /* of a web server's child it is a few lines */
};

#define PROGRAM "twilio-autojoin.fcgi"
#define STANDARD AUTOJOIN_SYSCONFDIR "/twilio-autojoin.conf"

/* The first bytes of /proc/PID/NAME, with a NUL behind them; -1 if there are none. */
static ssize_t read_file(char *text, size_t size, pid_t pid, const char *name)
{
    char path[64];
    size_t length = 0;
    ssize_t count;
    int descriptor;

    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return -1;
    do {
        count = read(descriptor, text + length, size - 1 - length);
        length += count > 0 ? (size_t)count : 0;
    } while (count > 0);
    close(descriptor);
    text[length] = '\0';
    return count < 0 ? -1 : (ssize_t)length;
}

/* "nginx: worker process" is nginx, "/usr/sbin/lighttpd" lighttpd. */
static bool is_program(pid_t pid, const char *name)
{
    char command[COMMAND_SIZE], *base;

    if (read_file(command, sizeof command, pid, "cmdline") <= 0)
        return false;
    command[strcspn(command, ": ")] = '\0';
    base = strrchr(command, '/');
    return strcmp(base ? base + 1 : command, name) == 0;
}

/* The text behind "NAME:" in /proc/PID/status; NULL if it is not there. */
static const char *status_line(const char *status, const char *name)
{
    const char *at = strstr(status, name);

    return at ? at + strlen(name) : NULL;
}

/* The number behind so many words of a line. */
static bool read_number(uint64_t *number, const char *line, unsigned words)
{
    static const char blanks[] = " \t";
    char *end;

    line += strspn(line, blanks);
    for (; words > 0; words--) {
        line += strcspn(line, " \t\n");
        line += strspn(line, blanks);
    }
    *number = strtoull(line, &end, 10);
    return end != line;
}

static bool read_user(struct responder_process *process, pid_t pid)
{
    char status[STATUS_SIZE];
    const char *users, *groups, *more;
    uint64_t user, group;

    if (read_file(status, sizeof status, pid, "status") <= 0)
        return false;
    users = status_line(status, "\nUid:");
    groups = status_line(status, "\nGid:");
    more = status_line(status, "\nGroups:");
    /* Real, effective, saved, file system. */
    if (!users || !groups || !read_number(&user, users, 1) || !read_number(&group, groups, 1))
        return false;
    process->uid = (uid_t)user;
    process->gid = (gid_t)group;
    for (process->group_count = 0; more && process->group_count < RESPONDER_PROCESS_GROUPS;) {
        char *end;
        unsigned long id;

        more += strspn(more, " \t");
        if (*more == '\n')
            break;
        id = strtoul(more, &end, 10);
        if (end == more)
            break;
        process->groups[process->group_count++] = (gid_t)id;
        more = end;
    }
    return true;
}

/* The boot's time, in seconds; 0 if it cannot be told. */
static uint64_t boot_time(void)
{
    static const char name[] = "btime ";
    char line[256];
    uint64_t seconds = 0;
    FILE *file = fopen("/proc/stat", "re");

    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, sizeof name - 1) == 0 && read_number(&seconds, line + sizeof name - 1, 0))
            break;
    if (file)
        fclose(file);
    return seconds;
}

/* Parent and begin: members 4 and 22 of /proc/PID/stat; the second one is a name in brackets, of any characters, behind
 * which the third one stands. */
static bool read_stat(pid_t pid, pid_t *parent, int64_t *started_ms)
{
    char text[1024], *at;
    uint64_t ticks, parent_id, boot = boot_time();
    long hertz = sysconf(_SC_CLK_TCK);

    if (read_file(text, sizeof text, pid, "stat") <= 0 || !(at = strrchr(text, ')')))
        return false;
    if (!read_number(&parent_id, at + 1, 1) || !read_number(&ticks, at + 1, 19))
        return false;
    *parent = (pid_t)parent_id;
    *started_ms = boot > 0 && hertz > 0 ? (int64_t)(boot * 1000 + ticks * 1000 / (uint64_t)hertz) : 0;
    return true;
}

/* The system's unit that the process is of, as "lighttpd.service"; false if it is of none. */
static bool find_unit(char *unit, size_t size, pid_t pid)
{
    static const char slice[] = ":/system.slice/", ending[] = ".service";
    char text[4096], *at, *name;
    size_t length;

    if (read_file(text, sizeof text, pid, "cgroup") <= 0 || !(at = strstr(text, slice)))
        return false;
    at += sizeof slice - 1;
    at[strcspn(at, "\n")] = '\0';
    name = strrchr(at, '/');
    name = name ? name + 1 : at;
    length = strlen(name);
    if (length <= sizeof ending - 1 || length >= size || strcmp(name + length - (sizeof ending - 1), ending) != 0 ||
        name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@:")] != '\0')
        return false;
    memcpy(unit, name, length + 1);
    return true;
}

/* Whoever started it starts it again, if that is a web server. */
static void find_restart(struct responder_process *process, pid_t parent)
{
    static const char *const servers[] = {"lighttpd", "apache2", "httpd"};
    char unit[96];
    size_t i;

    if (find_unit(unit, sizeof unit, process->pid)) {
        snprintf(process->restart, sizeof process->restart, "systemctl restart %s", unit);
        return;
    }
    for (i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        if (is_program(parent, servers[i])) {
            snprintf(process->restart, sizeof process->restart, "restart %s (process %ld), which started it", servers[i],
                     (long)parent);
            return;
        }
    }
    process->by_itself = true;
    snprintf(process->restart, sizeof process->restart, "end process %ld and start it as before", (long)process->pid);
}

enum has_settings { HAS_SETTINGS_YES, HAS_SETTINGS_NO, HAS_SETTINGS_UNKNOWN };

static enum has_settings has_settings(pid_t pid, const char *settings)
{
    static const char name[] = "AUTOJOIN_CONFIG=";
    char *environment = malloc(ENVIRONMENT_SIZE);
    enum has_settings answer = HAS_SETTINGS_UNKNOWN;
    const char *at, *value = STANDARD;
    ssize_t length;

    if (!environment)
        return answer;
    length = read_file(environment, ENVIRONMENT_SIZE, pid, "environ");
    for (at = environment; length > 0 && at < environment + length; at += strlen(at) + 1)
        if (strncmp(at, name, sizeof name - 1) == 0 && at[sizeof name - 1])
            value = at + sizeof name - 1;
    if (length >= 0)
        answer = strcmp(value, settings) == 0 ? HAS_SETTINGS_YES : HAS_SETTINGS_NO;
    explicit_bzero(environment, ENVIRONMENT_SIZE); /* secrets may stand there */
    free(environment);
    return answer;
}

void responder_process_each(const char *name, responder_process_fn *found, void *argument)
{
    DIR *processes = opendir("/proc");
    struct dirent *entry;

    while (processes && (entry = readdir(processes))) {
        struct responder_process user;
        char *end;
        long pid = strtol(entry->d_name, &end, 10);

        if (pid > 0 && *end == '\0' && is_program((pid_t)pid, name) && read_user(&user, (pid_t)pid) &&
            !found(argument, (pid_t)pid, user.uid))
            break;
    }
    if (processes)
        closedir(processes);
}

bool responder_process_option(char *value, size_t size, pid_t pid, char letter)
{
    const char option[] = {'-', letter, '\0'};
    char command[COMMAND_SIZE];
    ssize_t length = read_file(command, sizeof command, pid, "cmdline");
    const char *at, *end = command + (length > 0 ? length : 0);

    for (at = command; at < end; at += strlen(at) + 1) {
        const char *next = at + strlen(at) + 1;

        if (strcmp(at, option) != 0 || next >= end || strlen(next) >= size)
            continue;
        snprintf(value, size, "%s", next);
        return true;
    }
    return false;
}

struct search {
    struct responder_process *found;
    size_t count, ours, limit;
    const char *settings;
};

/* Those with our settings stand before the others. */
static bool take(void *argument, pid_t pid, uid_t user)
{
    struct search *search = argument;
    struct responder_process process = {.pid = pid};
    enum has_settings has = has_settings(pid, search->settings);
    pid_t parent = 0;

    (void)user;
    if (has == HAS_SETTINGS_NO || !read_user(&process, pid) || !read_stat(pid, &parent, &process.started_ms))
        return true;
    process.ours = has == HAS_SETTINGS_YES;
    find_restart(&process, parent);
    if (process.ours && search->ours < search->limit) {
        if (search->count == search->limit)
            search->count--;
        memmove(&search->found[search->ours + 1], &search->found[search->ours],
                (search->count - search->ours) * sizeof *search->found);
        search->found[search->ours++] = process;
        search->count++;
    } else if (search->count < search->limit) {
        search->found[search->count++] = process;
    }
    return search->ours < search->limit;
}

size_t responder_process_find(struct responder_process *found, size_t limit, const char *settings)
{
    struct search search = {.found = found, .limit = limit, .settings = settings && *settings ? settings : STANDARD};

    responder_process_each(PROGRAM, take, &search);
    return search.count;
}
