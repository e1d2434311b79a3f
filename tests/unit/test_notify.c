/*
 * support/notify: what each message says, to which kinds of addresses, and that nobody is waited for.
 */
#include "build.h"

#include "cases.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/clock.h"
#include "support/notify.h"
#include "tempfolder.h"

static char received[1024];

static int receiver(const char *address)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t length = strlen(address);
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    memcpy(at.sun_path, address, length);
    if (address[0] == '@')
        at.sun_path[0] = '\0';
    assert_int_equal(bind(descriptor, (const struct sockaddr *)&at,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)), 0);
    return descriptor;
}

static const char *receive(int descriptor)
{
    ssize_t length = recv(descriptor, received, sizeof received - 1, 0);

    received[length > 0 ? length : 0] = '\0';
    return received;
}

static void each_says(const char *address)
{
    int descriptor = receiver(address);
    int64_t before = clock_monotonic_us();
    struct notify notify;
    char text[600];
    long long at;
    int end = 0;

    notify_open(&notify, address);
    assert_true(notify.descriptor >= 0);
    notify_ready(&notify, "Serving");
    assert_string_equal(receive(descriptor), "READY=1\nSTATUS=Serving");
    notify_reloading(&notify);
    assert_int_equal(sscanf(receive(descriptor), "RELOADING=1\nMONOTONIC_USEC=%lld%n", &at, &end), 1);
    assert_int_equal(end, strlen(received));
    assert_true(at >= before && at <= clock_monotonic_us());
    notify_stopping(&notify);
    assert_string_equal(receive(descriptor), "STOPPING=1");
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    notify_ready(&notify, text);
    assert_true(strlen(receive(descriptor)) < 512);
    close(descriptor);
    notify_stopping(&notify); /* nobody listens any more */
    notify_close(&notify);
    notify_stopping(&notify);
}

static void a_path_is_told(void **state)
{
    (void)state;
    each_says(tempfolder_path("notify"));
}

static void an_abstract_name_is_told(void **state)
{
    char name[64];

    (void)state;
    snprintf(name, sizeof name, "@autojoin-test-%ld", (long)getpid());
    each_says(name);
}

/* A receiver that does not read fills up: what does not go is dropped. */
static void nobody_is_waited_for(void **state)
{
    const char *path = tempfolder_path("full");
    int descriptor = receiver(path), i;
    struct notify notify;

    (void)state;
    notify_open(&notify, path);
    for (i = 0; i < 10000; i++)
        notify_ready(&notify, "Serving");
    notify_close(&notify);
    close(descriptor);
}

static const struct nobody {
    const char *name;
    const char *address;
} nobodies[] = {
    {"none", NULL},          {"empty", ""},
    {"a slash", "/"},        {"an at", "@"},
    {"relative", "notify"},  {"not there", "/nonexistent/notify"},
    {"another family's", "vsock:2:1"},
    {"too long", "/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                 "xxxxxxxxx"},
};

static void nobody_wants_to_know(void **state)
{
    const struct nobody *row = *state;
    struct notify notify;

    notify_open(&notify, row->address);
    assert_int_equal(notify.descriptor, -1);
    notify_ready(&notify, "Serving");
    notify_close(&notify);
}

int main(void)
{
    static struct cases cases;
    int failed;

    tempfolder_make();
    CASES_ADD(&cases, a_path_is_told);
    CASES_ADD(&cases, an_abstract_name_is_told);
    CASES_ADD(&cases, nobody_is_waited_for);
    CASES_ADD_TABLE(&cases, nobody_wants_to_know, nobodies);
    failed = cases_run(&cases, "notify");
    tempfolder_remove();
    return failed;
}
