/*
 * The program's time, made quick: it runs as the machine's does, but where the program waits for its
 * event loop and nobody has anything to tell it, the clock jumps to the end of that wait. Retries and
 * deadlines of seconds take no time so, and what would wait for ever is known at once. The functions
 * of that name in libc, which libevent and libcurl call too, are replaced: clock_gettime(),
 * epoll_wait().
 */
#ifndef AUTOJOIN_TESTS_TORTURE_QUICKTIME_H
#define AUTOJOIN_TESTS_TORTURE_QUICKTIME_H

/* Exit statuses of a process whose program would not end. */
enum { QUICKTIME_WAITS_FOR_NOTHING = 98, QUICKTIME_NO_END = 97 };

/* From now on in this process. `settle` returns once everybody who was sent something has answered. */
void quicktime_begin(void (*settle)(void));

void quicktime_end(void);

#endif
