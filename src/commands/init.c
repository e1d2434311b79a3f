/* twilio-autojoin init: from nothing to a joined bot, by asking. */
#include "build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "commands/check_user.h"
#include "commands/command.h"
#include "commands/command_line.h"
#include "commands/init_answers.h"
#include "commands/init_files.h"
#include "commands/init_front.h"
#include "commands/init_terminal.h"
#include "commands/init_verify.h"
#include "support/config.h"
#include "support/harden.h"
#include "support/origin.h"

extern char **environ;

static const char usage[] =
    "Usage: twilio-autojoin init [--answers FILE] [--front NAME] [--yes]\n"
    "\n"
    "Asks for the account, its auth token, the bot's identity and the public URL, and verifies each with Twilio; writes "
    "the settings file with the right owner and mode, and makes the directories; shows what brings the responder under "
    "the web server, or does it; then goes on to check, setup and probe. What the settings file has already is kept "
    "unless it is answered anew.\n"
    "\n"
    "  --answers FILE  NAME=VALUE lines as the settings file has them, in place of asking; nobody else may read it\n"
    "  --front NAME    the web server: lighttpd, apache or nginx, or none\n"
    "  --yes           do it all: the web server's configuration as well, and what setup and probe ask about\n"
    "\n"
    "Examples:\n"
    "\n"
    "    twilio-autojoin init\n"
    "    twilio-autojoin init --answers answers.conf --front nginx --yes\n"
    "\n"
    "Exit status: 0 the bot joins, or all was done that was wished; 1 something is left; 66 the answers cannot be read; "
    "69 Twilio cannot be asked; 73 a file cannot be written; 78 an answer is missing or faulty.\n";

static const struct question {
    const char *name, *prompt, *explanation;
    bool hidden;
} questions[] = {
    {"TWILIO_ACCOUNT_SID", "Account SID", "From the first page of Twilio's console: AC and 32 more characters.", false},
    {"TWILIO_AUTH_TOKEN", "Auth token",
     "Beside it; it signs the webhooks. What you type is not shown.", true},
    {"TWILIO_IDENTITY", "The bot's identity", "What your bot's client connects with.", false},
    {"AUTOJOIN_PUBLIC_URL", "Public URL", "Where Twilio reaches this machine, such as "
     "https://api.example.com/webhooks/twilio.", false},
};

enum { QUESTIONS = sizeof questions / sizeof questions[0], ACCOUNT_QUESTIONS = 2, TRIES = 5, ANSWER_SIZE = 1024 };

struct init {
    struct init_answers answers;
    struct init_answers file; /* the lines of the settings file that is there */
    struct config before; /* the settings that are there */
    const char *path;
    const char *answers_file, *front;
    bool yes, terminal;
};

/* What is there already. */
static const char *value_before(const struct init *init, const char *name)
{
    if (strcmp(name, "TWILIO_ACCOUNT_SID") == 0)
        return init->before.account_sid;
    if (strcmp(name, "TWILIO_AUTH_TOKEN") == 0)
        return init->before.auth_token;
    if (strcmp(name, "TWILIO_IDENTITY") == 0)
        return init->before.identity;
    if (strcmp(name, "AUTOJOIN_PUBLIC_URL") == 0)
        return init->before.public_url;
    if (strcmp(name, "AUTOJOIN_SPOOL_DIR") == 0)
        return init->before.spool_dir;
    if (strcmp(name, "AUTOJOIN_CAPTURE_DIR") == 0)
        return init->before.capture_dir;
    return strcmp(name, "AUTOJOIN_STATS_FILE") == 0 ? init->before.stats_file : NULL;
}

static bool has_before(void *argument, const char *name)
{
    return value_before(argument, name) != NULL;
}

static int complain(int status, const char *what)
{
    fprintf(stderr, "twilio-autojoin: %s\n", what);
    return status;
}

/* Shows what is wrong with an answer; true if nothing is. */
static bool is_sound(const char *name, const char *value)
{
    char wrong[512];

    init_answers_judge(name, value, wrong, sizeof wrong);
    if (*wrong)
        fprintf(stderr, "%s:%s\n", name, wrong);
    return !*wrong;
}

/* Asks until the answer is one. False if nobody answers. */
static bool ask_question(struct init *init, const struct question *question)
{
    const char *answered = init_answers_get(&init->answers, question->name);
    const char *before = !answered ? value_before(init, question->name) : question->hidden ? NULL : answered;
    enum init_terminal_status read = INIT_TERMINAL_OK;
    char prompt[ANSWER_SIZE], answer[ANSWER_SIZE];
    unsigned tries;
    bool sound = false;

    printf("\n%s\n", question->explanation);
    snprintf(prompt, sizeof prompt, "%s%s%.600s%s: ", question->prompt, before ? " [" : "",
             !before ? "" : question->hidden ? "the one that is there" : before, before ? "]" : "");
    for (tries = 0; tries < TRIES && !sound; tries++) {
        read = init_terminal_read(prompt, question->hidden, answer, sizeof answer);
        if (read != INIT_TERMINAL_OK)
            break;
        if (!*answer && before) {
            if (is_sound(question->name, before))
                return true;
            continue;
        }
        sound = *answer && is_sound(question->name, answer);
        if (sound)
            init_answers_set(&init->answers, question->name, answer);
    }
    explicit_bzero(answer, sizeof answer);
    if (!sound)
        fprintf(stderr, "twilio-autojoin: %s: %s; nothing was written\n", question->name,
                read == INIT_TERMINAL_OK ? "no answer could be taken" : "nobody answers");
    return sound && !init->answers.no_memory;
}

/* Off a terminal: what is not answered must be there. */
static int judge_answers(struct init *init)
{
    int status = EX_OK;
    size_t i;

    for (i = 0; i < init->answers.count; i++)
        if (!is_sound(init->answers.lines[i].name, init->answers.lines[i].value))
            status = EX_CONFIG;
    for (i = 0; i < QUESTIONS; i++) {
        const char *name = questions[i].name;

        if (init_answers_has(&init->answers, name) || value_before(init, name) || init->terminal)
            continue;
        fprintf(stderr, "twilio-autojoin: %s is not answered: give it by --answers, or run init on a terminal\n", name);
        status = EX_CONFIG;
    }
    return status;
}

/* What this process alone has, in its environment, is to be the responder's, too; what the file has stays there. */
static void keep_before(struct init *init)
{
    size_t i;

    for (i = 0; i < QUESTIONS; i++)
        if (!init_answers_has(&init->answers, questions[i].name) && !init_answers_has(&init->file, questions[i].name) &&
            value_before(init, questions[i].name))
            init_answers_set(&init->answers, questions[i].name, value_before(init, questions[i].name));
}

/* The account and its token, until Twilio takes them. */
static int ask_account(struct init *init)
{
    char why[INIT_VERIFY_WHY_SIZE];
    enum init_verify_status verified;
    unsigned tries;
    size_t i;

    for (tries = 0; tries < TRIES; tries++) {
        for (i = 0; i < ACCOUNT_QUESTIONS && init->terminal; i++)
            if ((tries > 0 || !init_answers_has(&init->answers, questions[i].name)) && !ask_question(init, &questions[i]))
                return EX_CONFIG;
        keep_before(init);
        verified = init_verify_credentials(&init->answers, why);
        if (verified == INIT_VERIFY_OK) {
            puts("Twilio takes account and token.");
            return EX_OK;
        }
        if (verified == INIT_VERIFY_FAULTY) {
            fprintf(stderr, "twilio-autojoin: correct that in %s (twilio-autojoin.conf(5)), and run init again; nothing was "
                            "written\n", init->path);
            return EX_CONFIG;
        }
        fprintf(stderr, "%s: %s\n",
                verified == INIT_VERIFY_REFUSED ? "Twilio refuses them" : "It cannot be verified", why);
        if (verified == INIT_VERIFY_CANNOT_TELL)
            return init->terminal && init_terminal_confirm("Go on all the same?") ? EX_OK : EX_UNAVAILABLE;
        if (!init->terminal)
            return COMMAND_LEFT;
    }
    return COMMAND_LEFT;
}

static int ask_rest(struct init *init)
{
    char why[INIT_VERIFY_WHY_SIZE];
    size_t i;

    for (i = ACCOUNT_QUESTIONS; i < QUESTIONS && init->terminal; i++)
        if (!init_answers_has(&init->answers, questions[i].name) && !ask_question(init, &questions[i]))
            return EX_CONFIG;
    keep_before(init);
    if (init_verify_identity(&init->answers, why) != INIT_VERIFY_OK)
        fprintf(stderr, "The identity cannot be verified: %s\n", why);
    else if (*why)
        printf("%s.\n", why);
    return EX_OK;
}

/* For root the file's directory, too: what it names is the responder's. */
static int write_files(struct init *init, const struct init_front *front)
{
    const char *spool;
    struct check_user user;

    init_files_choose(&init->answers, has_before, init);
    init_answers_replace(&init->answers, &init->file);
    if (init->answers.no_memory)
        return complain(EX_OSERR, "out of memory, or too many answers");
    spool = init_answers_get(&init->answers, "AUTOJOIN_SPOOL_DIR");
    init_files_find_user(&user, init->path, spool ? spool : init->before.spool_dir, front ? init_front_name(front) : NULL);
    putchar('\n');
    if (!init_files_make_directories(&init->answers, &user) ||
        !init_files_write_settings(&init->answers, &user, init->path))
        return EX_CANTCREAT;
    return EX_OK;
}

/* The URL's host, with "https://" before it if it has TLS. */
static void name_host(const struct init *init, char *host, size_t size)
{
    const char *url = init_answers_get(&init->answers, "AUTOJOIN_PUBLIC_URL");
    struct origin origin;

    if (url && origin_parse(&origin, url, strlen(url)))
        snprintf(host, size, "%s%.*s", origin.https ? "https://" : "", (int)origin.host_length, origin.host);
    else
        snprintf(host, size, "this machine");
}

static int bring_under(const struct init *init, const struct init_front *front)
{
    char host[ANSWER_SIZE], question[ANSWER_SIZE];

    name_host(init, host, sizeof host);
    putchar('\n');
    snprintf(question, sizeof question, "Do that now?");
    if (geteuid() != 0 || !init->yes)
        init_front_print(front, init->path, host);
    if (geteuid() != 0 || (!init->yes && !(init->terminal && init_terminal_confirm(question))))
        return EX_OK;
    return init_front_write(front, init->path, host) ? EX_OK : COMMAND_LEFT;
}

/* The one that was named; otherwise the only one here, or the one that is taken of those that are. NULL: none. */
static const struct init_front *choose_front(const struct init *init)
{
    const struct init_front *front, *last = NULL;
    size_t i, here = 0;

    if (init->front)
        return init_front_find(init->front); /* "none" is none */
    for (i = 0; (front = init_front_at(i)); i++)
        if (init_front_is_here(front)) {
            last = front;
            here++;
        }
    if (here == 0)
        puts("\nNo web server that could start the responder was found here: docs/deploy.md tells of others.");
    if (here <= 1)
        return last;
    for (i = 0; init->terminal && (front = init_front_at(i)); i++) {
        char question[ANSWER_SIZE];

        snprintf(question, sizeof question, "\nIs it %s that Twilio reaches?", init_front_title(front));
        if (init_front_is_here(front) && init_terminal_confirm(question))
            return front;
    }
    return NULL;
}

/* Of those that nobody was asked about, the lines of all are shown. */
static int bring_under_one(const struct init *init, const struct init_front *chosen)
{
    const struct init_front *front;
    size_t i;

    if (init->front || init->terminal)
        return chosen ? bring_under(init, chosen) : EX_OK;
    for (i = 0; (front = init_front_at(i)); i++)
        if (init_front_is_here(front))
            init_front_print(front, init->path, "the public URL");
    return EX_OK;
}

/* Runs another command, with the new settings, in a process of its own. */
static bool run_command(const struct init *init, int (*command)(int argc, char **argv), const char *name,
                        const char *option)
{
    char *words[] = {(char *)(uintptr_t)name, (char *)(uintptr_t)option, NULL};
    int ended = 0;
    pid_t child;
    sigset_t before;

    printf("\n--- twilio-autojoin %s%s%s\n", name, option ? " " : "", option ? option : "");
    fflush(stdout);
    init_terminal_hold(&before); /* Ctrl-C is the command's, which tidies up; then it is ours */
    child = fork();
    if (child == 0) {
        init_terminal_let();
        setenv("AUTOJOIN_CONFIG", init->path, 1);
        optind = 0; /* getopt_long() begins anew (getopt(3)) */
        exit(command(option ? 2 : 1, words));
    }
    while (child > 0 && waitpid(child, &ended, 0) < 0 && errno == EINTR)
        ;
    init_terminal_release(&before);
    return child > 0 && WIFEXITED(ended) && WEXITSTATUS(ended) == EX_OK;
}

/* Setup first: what it puts right, check need not complain of. */
static int go_on(const struct init *init)
{
    const char *yes = init->yes ? "--yes" : NULL;
    bool well;

    if (!init->yes && !(init->terminal && init_terminal_confirm("\nGo on: make Twilio send its webhooks here, and try it?"))) {
        puts("\nWhat is left: twilio-autojoin setup, then check, then probe.");
        return EX_OK;
    }
    well = run_command(init, setup_command, "setup", yes);
    well = run_command(init, check_command, "check", NULL) && well;
    well = well && run_command(init, probe_command, "probe", yes);
    puts(well ? "\nThe bot joins."
              : "\nSomething is left: put it right, and run init again, which keeps what was answered.");
    return well ? EX_OK : COMMAND_LEFT;
}

static int run(struct init *init)
{
    const struct init_front *front = NULL;
    int status = EX_OK;

    if (!init_files_can_write(init->path))
        return EX_CANTCREAT;
    if (init->answers_file && !init_answers_read(&init->answers, init->answers_file))
        return EX_NOINPUT;
    status = judge_answers(init);
    if (status == EX_OK)
        status = ask_account(init);
    if (status == EX_OK)
        status = ask_rest(init);
    if (status == EX_OK) {
        front = choose_front(init);
        status = write_files(init, front);
    }
    if (status == EX_OK)
        status = bring_under_one(init, front);
    return status == EX_OK ? go_on(init) : status;
}

static const char *take_option(void *argument, int option)
{
    struct init *init = argument;

    switch (option) {
    case 'a':
        init->answers_file = optarg;
        return NULL;
    case 'f':
        init->front = optarg;
        return strcmp(optarg, "none") == 0 || init_front_find(optarg) ? NULL
                                                                      : "--front must be lighttpd, apache, nginx or none";
    case 'y':
        init->yes = true;
        return NULL;
    default:
        return "";
    }
}

int init_command(int argc, char **argv)
{
    static const struct option known[] = {
        {"answers", required_argument, NULL, 'a'}, {"front", required_argument, NULL, 'f'},
        {"yes", no_argument, NULL, 'y'},           {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const struct command_line line = {usage, known, take_option, .arguments = false};
    struct init init = {.yes = false};
    struct buffer faults;
    int status = EX_OK;

    if (!command_line_read(&line, argc, argv, &init, &status))
        return status;
    harden_process();
    init.path = getenv("AUTOJOIN_CONFIG");
    if (!init.path || !*init.path)
        init.path = AUTOJOIN_SYSCONFDIR "/twilio-autojoin.conf";
    init.terminal = init_terminal_is_there();
    umask(022); /* what others are to look through is made so, for the web server's tools, too */
    init_answers_look(&init.file, init.path);
    buffer_init(&faults, 16 * 1024);
    config_load(&init.before, environ, &faults); /* what is missing or faulty is what we are here for */
    status = run(&init);
    init_answers_free(&init.answers);
    init_answers_free(&init.file);
    config_free(&init.before);
    buffer_free(&faults);
    return status;
}
