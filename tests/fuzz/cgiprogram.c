/*
 * The whole responder as a CGI program, its environment and body taken from a file (the format of
 * fuzz_request, whose first line is passed over), for AFL++, which starts programs anew for every
 * input. It signs nothing: what is fuzzed is all that strangers reach.
 */
#include "build.h"

#undef main

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "inputlines.h"

int responder_main(int argc, char **argv);

static const char *const settings[] = {
    "GATEWAY_INTERFACE=CGI/1.1",
    "TWILIO_ACCOUNT_SID=AC0123456789abcdef0123456789abcdef",
    "TWILIO_AUTH_TOKEN=the-token-of-the-fuzzer-which-no-input-knows",
    "TWILIO_IDENTITY=bot",
    "AUTOJOIN_API_URL=http://127.0.0.1:9",
};

static size_t read_file(const char *path, unsigned char *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    size_t length;

    if (!file) {
        perror(path);
        exit(99);
    }
    length = fread(bytes, 1, size, file);
    fclose(file);
    return length;
}

static void put_on_standard_input(const char *bytes, size_t length)
{
    int file = memfd_create("body", MFD_CLOEXEC);

    if (file < 0 || write(file, bytes, length) != (ssize_t)length ||
        lseek(file, 0, SEEK_SET) != 0 || dup2(file, STDIN_FILENO) != STDIN_FILENO)
        abort();
    close(file);
}

/* No client can set those: web servers call what they pass on HTTP_*, or by CGI's own names. */
static bool is_setting(const char *variable)
{
    return strncmp(variable, "AUTOJOIN_", 9) == 0 || strncmp(variable, "TWILIO_", 7) == 0;
}

int main(int argc, char **argv)
{
    static unsigned char bytes[1024 * 1024];
    static char *environment[INPUTLINES_LIMIT + 16];
    struct inputlines input;
    size_t count = 0, i;
    int status;

    if (argc != 2) {
        fprintf(stderr, "Usage: %s FILE\n", argv[0]);
        return 64;
    }
    inputlines_read(&input, bytes, read_file(argv[1], bytes, sizeof bytes));
    /* Settings come first: where a variable is given twice the first one counts. Each is a copy,
     * because secrets are wiped where they stand. */
    for (i = 0; i < sizeof settings / sizeof settings[0]; i++)
        environment[count++] = strdup(settings[i]);
    for (i = 1; i < input.count; i++)
        if (!is_setting(input.lines[i]))
            environment[count++] = input.lines[i];
    environ = environment;
    put_on_standard_input(input.body, input.body_length);
    argv[1] = NULL;
    status = responder_main(1, argv);
    for (i = 0; i < sizeof settings / sizeof settings[0]; i++)
        free(environment[i]);
    inputlines_free(&input);
    return status;
}
