/* How a call of the spool ended. */
#ifndef AUTOJOIN_SPOOL_SPOOL_STATUS_H
#define AUTOJOIN_SPOOL_SPOOL_STATUS_H

enum spool_status {
    SPOOL_OK,
    SPOOL_EXISTS, /* there is such a ticket already, and it stays */
    SPOOL_ABSENT, /* there is no such ticket */
    SPOOL_FULL,   /* AUTOJOIN_SPOOL_MAX tickets: the oldest stay, a new one is refused */
    SPOOL_BROKEN, /* the file is no ticket */
    SPOOL_UNFINISHED, /* nor is this one, but somebody may still be writing it: it is a moment old */
    SPOOL_FAILED  /* the directory cannot be used: spool_describe() tells why */
};

#endif
