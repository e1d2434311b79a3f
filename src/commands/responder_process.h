/* The responders that run on this machine, as /proc shows them (proc(5)), and what would start them anew. */
#ifndef AUTOJOIN_COMMANDS_RESPONDER_PROCESS_H
#define AUTOJOIN_COMMANDS_RESPONDER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { RESPONDER_PROCESS_GROUPS = 32, RESPONDER_PROCESS_RESTART_SIZE = 160 };

struct responder_process {
    pid_t pid;
    uid_t uid;
    gid_t gid;
    gid_t groups[RESPONDER_PROCESS_GROUPS]; /* the supplementary ones */
    size_t group_count;
    int64_t started_ms; /* clock_wall_ms() when it began; 0 if that cannot be told */
    bool ours;          /* it has the settings file that was asked for; false: that cannot be told, for only root may
                           read its environment */
    bool by_itself;     /* neither a unit of systemd's nor a web server started it, as far as can be seen */
    char restart[RESPONDER_PROCESS_RESTART_SIZE]; /* what to do so that it starts anew: a command where what runs it
                                                     is known, else words */
};

/* Finds the responders that have this settings file (NULL: the standard one) or of which that cannot be told, those
 * first of which it can, up to `limit`. Returns how many. Not thread-safe. */
size_t responder_process_find(struct responder_process *found, size_t limit, const char *settings);

/* Calls for each process whose program (the end of argv[0], up to a blank or colon, as servers change it) is `name`,
 * until false is returned. `user` is the effective one. */
typedef bool responder_process_fn(void *argument, pid_t pid, uid_t user);
void responder_process_each(const char *name, responder_process_fn *found, void *argument);

/* The value of an option of one letter on a process's command line ("-f FILE"); false if it has none. */
bool responder_process_option(char *value, size_t size, pid_t pid, char letter);

#endif
