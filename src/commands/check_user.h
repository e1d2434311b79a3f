/* As whom `check` judges: the user that the responder runs as, because what root may says nothing about it. */
#ifndef AUTOJOIN_COMMANDS_CHECK_USER_H
#define AUTOJOIN_COMMANDS_CHECK_USER_H

#include <stdbool.h>

#include "commands/responder_process.h"

struct check_user {
    pid_t pid; /* of the running responder; 0: none was found */
    uid_t uid;
    gid_t gid;
    gid_t groups[RESPONDER_PROCESS_GROUPS];
    size_t group_count;
    bool groups_known; /* false: those of passwd(5) and group(5) */
    char name[64];     /* or the number */
    char group[64];
    char why[128];     /* how we know, as a relative clause: "as whom process 123 runs" */
    bool doubtful;     /* nobody could be found: it is whoever asks */
};

/* For root: the user of the running responder that has this settings file (NULL: the standard one); else of the
 * responder's unit, if it is enabled; of the web server whose configuration speaks of us; else the spool's owner (NULL: no
 * spool); else root, doubtfully. Nobody else can become another user: for those it is the one who asks, doubtfully
 * if the responder that runs is another's. Not thread-safe. */
void check_user_find(struct check_user *user, const char *settings, const char *spool);

/* Where nobody could be found: the user that the web server of that name ("lighttpd", "apache"; NULL or another: none) gives
 * what it starts, else that of the responder's unit, enabled or not, else www-data. False, and nothing changed, if there is
 * none of these. Not thread-safe. */
bool check_user_expect(struct check_user *user, const char *server);

/* Becomes that user, for good, for the whole process. False if that cannot be, or only in part: not to go on with. */
bool check_user_become(const struct check_user *user);

#endif
