/* What a process that holds the account's token does for its own protection. */
#ifndef AUTOJOIN_SUPPORT_HARDEN_H
#define AUTOJOIN_SUPPORT_HARDEN_H

#include <stdint.h>

/* Opens /dev/null on descriptors 0 to 2 where they are closed: otherwise the first socket would
 * become standard error. Call first. */
void harden_standard_descriptors(void);

/* No death by SIGPIPE, no core dumps, not dumpable (which hides /proc/PID from other processes of
 * the same user), no new privileges, private files by default. */
void harden_process(void);

/* Raises the limit on descriptors to `wanted`, as far as it goes; returns what it is then, 0 if that cannot be told. */
uint64_t harden_descriptor_limit(uint64_t wanted);

/* Bounds the memory of a process in which so many joins can be under way: what leaks ends the
 * process, which is replaced, and not the machine. Call before the first thread; and again when that number
 * changes: `before` is what it was, and a limit that this made is made anew. 0: there was none. */
void harden_memory_limit(uint64_t joins, uint64_t before);

/* Forgets the whole environment: after the settings are read nothing of it is needed, and libcurl,
 * OpenSSL and the resolver would heed what a web server passed on. Its strings stay where
 * they are. */
void harden_forget_environment(void);

#endif
