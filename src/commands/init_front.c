#include "build.h"

#include "commands/init_front.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "commands/init_nginx.h"
#include "commands/init_terminal.h"
#include "support/buffer.h"

#define SERVICE "twilio-autojoin.service"
#define UPSTREAM AUTOJOIN_PKGDATADIR "/nginx/twilio-autojoin-upstream.conf"
#define UPSTREAM_LINK "/etc/nginx/conf.d/twilio-autojoin-upstream.conf"

enum { WORDS = 6 };

/* A command, what takes it back where the server does not like the result, and whether it needs systemd. */
struct step {
    const char *words[WORDS];
    const char *undo[WORDS];
};

/* A file of the distribution's package; where it was installed in another way, it is made. */
struct file {
    const char *path;
    const char *content, *behind; /* the settings file stands between the two, if there are two */
};

struct init_front {
    const char *name, *title;
    const char *here; /* its configuration */
    const char *module; /* without it, `otherwise` is meant; NULL: none is needed */
    const char *otherwise;
    const char *unit; /* of the server */
    struct file file;
    struct step steps[5];
    bool service; /* the responder runs by itself */
    bool hidden;  /* not offered: stands in for another */
};

static const struct init_front fronts[] = {
    {
        .name = "lighttpd",
        .title = "lighttpd",
        .here = "/etc/lighttpd/lighttpd.conf",
        .unit = "lighttpd",
        .file = {"/etc/lighttpd/conf-available/90-twilio-autojoin.conf",
                 "# -*- depends: fastcgi -*-\n"
                 "include \"" AUTOJOIN_PKGDATADIR "/lighttpd/twilio-autojoin-vars.conf\"\n"
                 "var.twilio_autojoin_responder := \"" AUTOJOIN_PKGLIBEXECDIR "/twilio-autojoin.fcgi\"\n"
                 "var.twilio_autojoin_settings := \"",
                 "\"\n"
                 "include \"" AUTOJOIN_PKGDATADIR "/lighttpd/twilio-autojoin-fastcgi.conf\"\n"},
        .steps = {{{"lighty-enable-mod", "fastcgi", "twilio-autojoin"}, {"lighty-disable-mod", "twilio-autojoin"}},
                  {{"lighttpd", "-tt", "-f", "/etc/lighttpd/lighttpd.conf"}, {NULL}}},
    },
    {
        .name = "apache",
        .title = "Apache with mod_fcgid",
        .here = "/etc/apache2/apache2.conf",
        .module = "/etc/apache2/mods-available/fcgid.load",
        .otherwise = "apache-proxy",
        .unit = "apache2",
        .file = {"/etc/apache2/conf-available/twilio-autojoin.conf",
                 "# Depends: fcgid\n"
                 "Define TWILIO_AUTOJOIN_RESPONDER " AUTOJOIN_PKGLIBEXECDIR "/twilio-autojoin.fcgi\n"
                 "Define TWILIO_AUTOJOIN_SETTINGS ",
                 "\n"
                 "Include " AUTOJOIN_PKGDATADIR "/apache/twilio-autojoin-fcgid.conf\n"},
        .steps = {{{"a2enmod", "-q", "fcgid"}, {NULL}},
                  {{"a2enconf", "-q", "twilio-autojoin"}, {"a2disconf", "-q", "twilio-autojoin"}},
                  {{"apache2ctl", "configtest"}, {NULL}}},
    },
    {
        .name = "apache-proxy",
        .title = "Apache with mod_proxy_fcgi",
        .here = "/etc/apache2/apache2.conf",
        .unit = "apache2",
        .file = {"/etc/apache2/conf-available/twilio-autojoin-proxy-fcgi.conf",
                 "# Depends: proxy_fcgi\n"
                 "Include " AUTOJOIN_PKGDATADIR "/apache/twilio-autojoin-proxy-fcgi.conf\n",
                 NULL},
        .steps = {{{"a2enmod", "-q", "proxy_fcgi"}, {NULL}},
                  {{"a2enconf", "-q", "twilio-autojoin-proxy-fcgi"},
                   {"a2disconf", "-q", "twilio-autojoin-proxy-fcgi"}},
                  {{"apache2ctl", "configtest"}, {NULL}}},
        .service = true,
        .hidden = true,
    },
    {
        .name = "nginx",
        .title = "nginx",
        .here = "/etc/nginx/nginx.conf",
        .unit = "nginx",
        .steps = {{{"ln", "-sf", UPSTREAM, UPSTREAM_LINK}, {"rm", "-f", UPSTREAM_LINK}},
                  {{INIT_NGINX_INCLUDE}, {INIT_NGINX_INCLUDE}},
                  {{"nginx", "-q", "-t"}, {NULL}}},
        .service = true,
    },
};

enum { FRONTS = sizeof fronts / sizeof fronts[0], STEPS = sizeof fronts[0].steps / sizeof fronts[0].steps[0] };

const struct init_front *init_front_at(size_t i)
{
    return i < FRONTS ? &fronts[i] : NULL;
}

const struct init_front *init_front_find(const char *name)
{
    size_t i;

    for (i = 0; i < FRONTS; i++)
        if (strcmp(fronts[i].name, name) == 0)
            return &fronts[i];
    return NULL;
}

const char *init_front_name(const struct init_front *front)
{
    return front->name;
}

bool init_front_is_here(const struct init_front *front)
{
    return !front->hidden && access(front->here, F_OK) == 0;
}

/* Where the module that is wanted is not there. */
static const struct init_front *really(const struct init_front *front)
{
    const struct init_front *other = front->otherwise ? init_front_find(front->otherwise) : NULL;

    return other && access(front->module, F_OK) != 0 ? other : front;
}

const char *init_front_title(const struct init_front *front)
{
    return really(front)->title;
}

static bool has_systemd(void)
{
    return access("/run/systemd/system", F_OK) == 0;
}

static void reload_words(const char *words[WORDS], const char *unit)
{
    const char *const systemd[WORDS] = {"systemctl", "reload-or-restart", unit};
    const char *const other[WORDS] = {"service", unit, "restart"};

    memcpy(words, has_systemd() ? systemd : other, sizeof systemd);
}

static void say(const char *const words[WORDS])
{
    size_t i;

    fputs("  ", stdout);
    for (i = 0; i < WORDS && words[i]; i++)
        printf("%s%s", i > 0 ? " " : "", words[i]);
    putchar('\n');
    fflush(stdout);
}

static bool is_include(const char *const words[WORDS])
{
    return words[0] && strcmp(words[0], INIT_NGINX_INCLUDE) == 0;
}

void init_front_print(const struct init_front *given, const char *settings, const char *host)
{
    const struct init_front *front = really(given);
    const char *const service[WORDS] = {"systemctl", "enable", "--now", SERVICE};
    const char *reload[WORDS];
    size_t i;

    printf("For %s, as root:\n\n", front->title);
    if (front->file.path && access(front->file.path, F_OK) != 0) {
        printf("  write into %s:\n", front->file.path);
        printf("%s%s%s\n", front->file.content, front->file.behind ? settings : "",
               front->file.behind ? front->file.behind : "");
    }
    if (front->service)
        say(service);
    for (i = 0; i < STEPS && front->steps[i].words[0]; i++) {
        if (is_include(front->steps[i].words))
            printf("  put into the server block of %s:  include %s;\n", host, INIT_NGINX_LOCATIONS);
        else
            say(front->steps[i].words);
    }
    reload_words(reload, front->unit);
    say(reload);
    putchar('\n');
}

static bool run(const char *const words[WORDS])
{
    int ended = 0;
    pid_t child;

    say(words);
    child = fork();
    if (child == 0) {
        init_terminal_let();
        setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
        execvp(words[0], (char *const *)(uintptr_t)words);
        fprintf(stderr, "twilio-autojoin: %s: %s\n", words[0], strerror(errno));
        _exit(127);
    }
    while (child > 0 && waitpid(child, &ended, 0) < 0 && errno == EINTR)
        ;
    if (child < 0 || !WIFEXITED(ended))
        return false;
    /* lighty-enable-mod says 2 where one of its modules was enabled before (Debian's lighttpd 1.4.69). */
    return WEXITSTATUS(ended) == 0 || (WEXITSTATUS(ended) == 2 && strcmp(words[0], "lighty-enable-mod") == 0);
}

static bool take(const char *const words[WORDS], const char *host, bool undo)
{
    if (!is_include(words))
        return run(words);
    return undo ? init_nginx_exclude() : init_nginx_include(host);
}

/* The package's file has the standard settings. */
static bool names_settings(const char *path, const char *settings)
{
    char text[4096] = "";
    FILE *file = strcmp(settings, AUTOJOIN_SYSCONFDIR "/twilio-autojoin.conf") == 0 ? NULL : fopen(path, "re");
    bool named;

    if (!file)
        return true;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    named = strstr(text, settings) != NULL;
    fclose(file);
    if (!named)
        fprintf(stderr, "twilio-autojoin: %s is there, and its settings are not %s: name them there, and run init again\n", path,
                settings);
    return named;
}

static bool make_file(const struct file *file, const char *settings)
{
    struct buffer content;
    int descriptor;
    bool made;

    if (!file->path)
        return true;
    if (access(file->path, F_OK) == 0)
        return file->behind ? names_settings(file->path, settings) : true;
    buffer_init(&content, 64 * 1024);
    buffer_append_string(&content, file->content);
    if (file->behind)
        buffer_append_format(&content, "%s%s", settings, file->behind);
    descriptor = open(file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    made = descriptor >= 0 && buffer_write_all(descriptor, &content);
    if (descriptor >= 0 && close(descriptor) != 0)
        made = false;
    if (made)
        printf("  (wrote %s)\n", file->path);
    else
        fprintf(stderr, "twilio-autojoin: %s: %s\n", file->path, strerror(errno));
    buffer_free(&content);
    return made;
}

/* The unit reads the standard settings file. */
static bool start_service(const char *settings)
{
    const char *const words[WORDS] = {"systemctl", "enable", "--now", SERVICE};
    const char *const anew[WORDS] = {"systemctl", "reload-or-restart", SERVICE}; /* one that ran has older settings */

    if (!has_systemd() || strcmp(settings, AUTOJOIN_SYSCONFDIR "/twilio-autojoin.conf") != 0) {
        fprintf(stderr,
                "twilio-autojoin: %s: start the responder yourself, as the web server's user: AUTOJOIN_CONFIG=%s "
                AUTOJOIN_PKGLIBEXECDIR "/twilio-autojoin.fcgi --listen unix:/run/twilio-autojoin/responder.sock\n",
                has_systemd() ? SERVICE " has other settings" : "there is no systemd here", settings);
        return has_systemd() ? false : true;
    }
    return run(words) && run(anew);
}

/* A server that was told to reload answers by its old configuration for a moment, and nobody is told when that is over. */
static void wait_for_workers(void)
{
    struct timespec moment = {.tv_sec = 1};

    while (nanosleep(&moment, &moment) != 0 && errno == EINTR)
        ;
}

static bool write_front(const struct init_front *front, const char *settings, const char *host)
{
    const char *reload[WORDS];
    size_t done = 0;

    printf("Bringing it under %s:\n", front->title);
    if (!make_file(&front->file, settings) || (front->service && !start_service(settings)))
        return false;
    while (done < STEPS && front->steps[done].words[0] && take(front->steps[done].words, host, false))
        done++;
    if (done == STEPS || !front->steps[done].words[0]) {
        reload_words(reload, front->unit);
        if (!run(reload))
            return false;
        wait_for_workers();
        return true;
    }
    fprintf(stderr, "twilio-autojoin: that failed; what was changed for %s is taken back\n", front->title);
    while (done-- > 0)
        if (front->steps[done].undo[0])
            take(front->steps[done].undo, host, true);
    return false;
}

/* Ctrl-C ends the command that runs; we end once what was done is taken back. */
bool init_front_write(const struct init_front *front, const char *settings, const char *host)
{
    sigset_t before;
    bool written;

    init_terminal_hold(&before);
    written = write_front(really(front), settings, host);
    init_terminal_release(&before);
    return written;
}
