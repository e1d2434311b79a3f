/* What a program started as root turns into. */
#ifndef AUTOJOIN_SUPPORT_OWNER_H
#define AUTOJOIN_SUPPORT_OWNER_H

enum owner_status {
    OWNER_OK,     /* it is he, or nothing was to be done */
    OWNER_ABSENT, /* there is no such directory; errno tells why */
    OWNER_FAILED  /* he cannot be become, or only in part: not to go on with; errno tells why */
};

/* Started as root, becomes the owner of a directory for good, with his own group (passwd(5)) and no other:
 * what root writes there those that run as the owner could not read. `file`, unless it is NULL, is given to
 * him. Nothing is done as another user, or if root owns the directory. For the whole process. */
enum owner_status owner_become(const char *directory, const char *file);

#endif
