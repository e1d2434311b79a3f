/*
 * The whole responder as a CGI program, its environment and body taken from a file (the format of
 * fuzz_request, whose first line is passed over), for AFL++, which starts programs anew for every
 * input. It signs nothing: what is fuzzed is all that strangers reach. One answer is written, nobody is
 * told of a join, and Twilio is never called.
 */
#include "build.h"

#undef main

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "cgianswer.h"
#include "inputlines.h"
#include "property.h"

int responder_main(int argc, char **argv);

static const char *const settings[] = {
    "GATEWAY_INTERFACE=CGI/1.1",
    "TWILIO_ACCOUNT_SID=AC0123456789abcdef0123456789abcdef",
    "TWILIO_AUTH_TOKEN=the-token-of-the-fuzzer-which-no-input-knows",
    "TWILIO_IDENTITY=bot",
    "AUTOJOIN_API_URL=http://127.0.0.1:9",
};

enum { SETTINGS_COUNT = sizeof settings / sizeof settings[0] };

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

/* libcurl's, too: nothing here is signed, so there is nothing that it could be called for. */
int connect(int descriptor, __CONST_SOCKADDR_ARG address, socklen_t length)
{
    (void)descriptor;
    (void)address;
    (void)length;
    PROPERTY(false, "no connection for an unsigned request");
    return -1;
}

/* A file in memory in the place of standard input or output. */
static void replace_descriptor(int descriptor, const char *bytes, size_t length)
{
    int file = memfd_create("standard", MFD_CLOEXEC);

    if (file < 0 || write(file, bytes, length) != (ssize_t)length ||
        lseek(file, 0, SEEK_SET) != 0 || dup2(file, descriptor) != descriptor)
        abort();
    close(file);
}

static void assert_answer(bool head)
{
    char text[8192];
    struct cgianswer answer;
    ssize_t length = pread(STDOUT_FILENO, text, sizeof text - 1, 0);

    PROPERTY(length > 0, "an answer is written");
    text[length] = '\0';
    cgianswer_assert(&answer, text, (size_t)length, head);
    PROPERTY(!strstr(answer.body, "joined"), "nobody is told of a join that was not done");
}

/* No client can set those: web servers call what they pass on HTTP_*, or by CGI's own names. */
static bool is_setting(const char *variable)
{
    return strncmp(variable, "AUTOJOIN_", 9) == 0 || strncmp(variable, "TWILIO_", 7) == 0;
}

/* Copies of the settings, because secrets are wiped where they stand; and the input's variables behind
 * them: where one is given twice the first one counts. */
static void make_environment(char **environment, const struct inputlines *input)
{
    size_t count = 0, i;

    for (i = 0; i < SETTINGS_COUNT; i++)
        environment[count++] = strdup(settings[i]);
    for (i = 1; i < input->count; i++)
        if (!is_setting(input->lines[i]))
            environment[count++] = input->lines[i];
    environment[count] = NULL;
}

/* Of the method that counts; before the environment is used, which is not left as it was. */
static bool is_head(char *const *environment)
{
    static const char name[] = "REQUEST_METHOD=";

    for (; *environment; environment++)
        if (strncmp(*environment, name, sizeof name - 1) == 0)
            return strcmp(*environment + sizeof name - 1, "HEAD") == 0;
    return false;
}

int main(int argc, char **argv)
{
    static unsigned char bytes[1024 * 1024];
    static char *environment[INPUTLINES_LIMIT + 16];
    struct inputlines input;
    bool head;
    size_t i;

#ifdef __AFL_HAVE_MANUAL_CONTROL
    /* Only what follows is done for every input: a dozen libraries are loaded and begun once. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return 70;
    __AFL_INIT();
#endif
    if (argc != 2) {
        fprintf(stderr, "Usage: %s FILE\n", argv[0]);
        return 64;
    }
    inputlines_read(&input, bytes, read_file(argv[1], bytes, sizeof bytes));
    make_environment(environment, &input);
    head = is_head(environment);
    environ = environment;
    replace_descriptor(STDIN_FILENO, input.body, input.body_length);
    replace_descriptor(STDOUT_FILENO, "", 0);
    argv[1] = NULL;
    PROPERTY(responder_main(1, argv) == 0, "the program ends well");
    assert_answer(head);
    for (i = 0; i < SETTINGS_COUNT; i++)
        free(environment[i]);
    inputlines_free(&input);
    return 0;
}
