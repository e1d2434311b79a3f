#include "build.h"

#include "commands/init_verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "commands/check_account.h"
#include "commands/command_context.h"
#include "twilio/resources.h"

/* What a process finds out, and says on its standard output. */
typedef enum init_verify_status verify_fn(struct command_context *context);

static enum init_verify_status judge(const struct ask_answer *answer)
{
    printf("%s", answer->message);
    switch (answer->status) {
    case ASK_OK:
        return INIT_VERIFY_OK;
    case ASK_CREDENTIALS:
        return INIT_VERIFY_REFUSED;
    default:
        return INIT_VERIFY_CANNOT_TELL;
    }
}

static enum init_verify_status verify_credentials(struct command_context *context)
{
    struct ask_answer failure;
    struct sid service;

    if (check_account_service(&context->asker, &context->config, &service, &failure))
        return INIT_VERIFY_OK;
    return judge(&failure);
}

static enum init_verify_status verify_identity(struct command_context *context)
{
    struct ask_answer answer;
    struct sid service;
    char path[REST_PATH_LIMIT];
    enum init_verify_status status;

    if (!check_account_service(&context->asker, &context->config, &service, &answer))
        return judge(&answer);
    resources_user(path, sizeof path, service.text, context->config.identity);
    ask_get(&context->asker, path, &answer);
    if (answer.status == ASK_NOT_FOUND) {
        printf("Twilio has no user \"%s\" yet: it is made when the bot is first added or first connects. If it did "
               "connect before, look for a slip of the pen",
               context->config.identity);
        status = INIT_VERIFY_OK;
    } else {
        status = judge(&answer);
    }
    ask_forget(&answer);
    return status;
}

/* The settings of the answers alone: what is not answered yet would be a fault. */
static int verify_here(const struct init_answers *answers, verify_fn *verify)
{
    struct command_context context;
    enum init_verify_status status = INIT_VERIFY_CANNOT_TELL;
    int opened = EX_OSERR;

    const char *path = getenv("AUTOJOIN_CONFIG");

    if (access(path && *path ? path : AUTOJOIN_SYSCONFDIR "/twilio-autojoin.conf", F_OK) != 0)
        setenv("AUTOJOIN_CONFIG", "/dev/null", 1);
    if (!init_answers_get(answers, "TWILIO_IDENTITY"))
        setenv("TWILIO_IDENTITY", "not-asked-yet", 1);
    if (init_answers_export(answers))
        opened = command_context_open(&context, COMMAND_CONTEXT_TWILIO);
    if (opened == EX_OK)
        status = verify(&context);
    else if (opened == EX_CONFIG)
        status = INIT_VERIFY_FAULTY;
    fflush(stdout);
    return (int)status;
}

static void read_why(int descriptor, char *why)
{
    size_t length = 0;
    ssize_t count;

    while ((count = read(descriptor, why + length, INIT_VERIFY_WHY_SIZE - 1 - length)) != 0) {
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            break;
        length += (size_t)count;
    }
    why[length] = '\0';
}

static enum init_verify_status verify_apart(const struct init_answers *answers, verify_fn *verify, char *why)
{
    int pipes[2], ended = 0;
    pid_t child;

    snprintf(why, INIT_VERIFY_WHY_SIZE, "no process can be started");
    fflush(stdout);
    if (pipe(pipes) != 0)
        return INIT_VERIFY_CANNOT_TELL;
    child = fork();
    if (child == 0) {
        close(pipes[0]);
        if (dup2(pipes[1], STDOUT_FILENO) < 0)
            _exit(INIT_VERIFY_CANNOT_TELL);
        _exit(verify_here(answers, verify));
    }
    close(pipes[1]);
    if (child > 0) {
        read_why(pipes[0], why);
        while (waitpid(child, &ended, 0) < 0 && errno == EINTR)
            ;
    }
    close(pipes[0]);
    if (child < 0 || !WIFEXITED(ended) || WEXITSTATUS(ended) > INIT_VERIFY_CANNOT_TELL)
        return INIT_VERIFY_CANNOT_TELL;
    return (enum init_verify_status)WEXITSTATUS(ended);
}

enum init_verify_status init_verify_credentials(const struct init_answers *answers, char *why)
{
    return verify_apart(answers, verify_credentials, why);
}

enum init_verify_status init_verify_identity(const struct init_answers *answers, char *why)
{
    return verify_apart(answers, verify_identity, why);
}
