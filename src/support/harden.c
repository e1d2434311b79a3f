#include "build.h"

#include "support/harden.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEBIBYTE = 1024 * 1024 };

void harden_standard_descriptors(void)
{
    int descriptor;

    do
        descriptor = open("/dev/null", O_RDWR);
    while (descriptor >= 0 && descriptor <= 2);
    if (descriptor > 2)
        close(descriptor);
}

/* Sanitizers need ptrace at the end, and a core is what a developer wants. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

void harden_process(void)
{
#ifndef SANITIZED
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    signal(SIGPIPE, SIG_IGN); /* whoever writes looks at what came of it */
    umask(077);
}

uint64_t harden_descriptor_limit(uint64_t wanted)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur;
}

/* A join holds a TLS connection and buffers (some 75 KiB) and, while it looks up the name, one of
 * libcurl's resolver threads. Their stacks count, 8 MiB each by default, though getaddrinfo() needs
 * far less. */
#ifndef SANITIZED /* which reserve terabytes */
static rlim_t memory_for(uint64_t joins)
{
    return (256 + 2 * joins) * MEBIBYTE;
}
#endif

void harden_memory_limit(uint64_t joins, uint64_t before)
{
#ifndef SANITIZED
    const rlim_t wanted = memory_for(joins);
    struct rlimit limit;
    pthread_attr_t attributes;

    if (pthread_attr_init(&attributes) != 0)
        return;
    if (pthread_attr_setstacksize(&attributes, MEBIBYTE) == 0 &&
        pthread_setattr_default_np(&attributes) == 0 && getrlimit(RLIMIT_DATA, &limit) == 0 &&
        (limit.rlim_cur > wanted || (before > 0 && limit.rlim_cur == memory_for(before)))) {
        limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
        setrlimit(RLIMIT_DATA, &limit);
    }
    pthread_attr_destroy(&attributes);
#else
    (void)joins;
    (void)before;
#endif
}

void harden_forget_environment(void)
{
    clearenv();
}
