/* What a program started as root turns into, and whose directories may be believed. */
#ifndef AUTOJOIN_SUPPORT_OWNER_H
#define AUTOJOIN_SUPPORT_OWNER_H

#include <sys/stat.h>
#include <sys/types.h>

enum owner_status {
    OWNER_OK,     /* the process is the owner, or nothing was to be done */
    OWNER_ABSENT, /* there is no such directory; errno tells why */
    OWNER_OPEN,   /* it is root's, and others can write to it: nothing there may be believed */
    OWNER_REPLACEABLE, /* others can put another directory in its place, which root would take for it */
    OWNER_FAILED  /* cannot be become, or only in part: not to go on with; errno tells why */
};

#define OWNER_NO_GROUP ((gid_t)-1)

/* Started as root, becomes the owner of a directory for good, with the owner's own group (passwd(5)) and no
 * other but `group`, to which a socket can be given then (OWNER_NO_GROUP: none). What root writes there
 * those that run as the owner could not read, and what they plant there root would follow: so call it
 * before anything is bound or written. Nothing is done as another user, or if root owns the
 * directory. For the whole process. */
enum owner_status owner_become(const char *directory, gid_t group);

/* What kept us from it, with the fix where it is the directory's; for OWNER_ABSENT and OWNER_FAILED by
 * errno, as it was left. */
const char *owner_describe(enum owner_status status);

/* What is wrong with a directory whose files are acted on, or NULL; static. Everybody can write to it; or it is
 * root's and its group can; or it is somebody else's and we are root, whom links planted there would lead
 * elsewhere. Thread-safe. */
const char *owner_judge(const struct stat *directory);

/* The same of the way there, for root: who owns or may write to a directory or a link on it could make the path
 * another directory's, whose files root would take for tickets, or whose owner it would become. `status` is
 * stat()'s. NULL if all of it is root's or the directory's owner's, and for everybody but root; static. */
const char *owner_judge_way(const char *directory, const struct stat *status);

#endif
