#include "build.h"

#include "commands/check_user.h"

#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/owner.h"

enum { FOUND_LIMIT = 64, LINE_SIZE = 512 };

#define STANDARD AUTOJOIN_SYSCONFDIR "/twilio-autojoin.conf"

static void name_them(struct check_user *user)
{
    const struct passwd *entry = getpwuid(user->uid);
    const struct group *group;

    if (entry && !user->groups_known)
        user->gid = entry->pw_gid;
    snprintf(user->name, sizeof user->name, "%.60s", entry ? entry->pw_name : "");
    if (!entry)
        snprintf(user->name, sizeof user->name, "%lu", (unsigned long)user->uid);
    group = getgrgid(user->gid);
    snprintf(user->group, sizeof user->group, "%.60s", group ? group->gr_name : "");
    if (!group)
        snprintf(user->group, sizeof user->group, "%lu", (unsigned long)user->gid);
}

static bool find_responder(struct check_user *user, const char *settings)
{
    struct responder_process found[1];

    if (responder_process_find(found, 1, settings) == 0)
        return false;
    user->pid = found->pid;
    user->uid = found->uid;
    user->gid = found->gid;
    user->group_count = found->group_count;
    memcpy(user->groups, found->groups, sizeof user->groups);
    user->groups_known = true;
    snprintf(user->why, sizeof user->why, "as whom the responder runs (process %ld)", (long)found->pid);
    return true;
}

/* The value behind `name`, blanks, "=" and quotes in a line; false if it is another line, or has none. */
static bool read_value(char *value, size_t size, const char *line, const char *name)
{
    size_t length;

    line += strspn(line, " \t");
    if (strncmp(line, name, strlen(name)) != 0)
        return false;
    line += strlen(name);
    if (!strchr(" \t=", *line))
        return false;
    line += strspn(line, " \t=\"'");
    length = strcspn(line, " \t\"';\r\n");
    if (length == 0 || length >= size)
        return false;
    memcpy(value, line, length);
    value[length] = '\0';
    return true;
}

/* Takes the user that a line of the file names. */
static bool find_in_file(struct check_user *user, const char *path, const char *name)
{
    char line[LINE_SIZE], value[64];
    const struct passwd *entry = NULL;
    FILE *file = fopen(path, "re");

    while (file && !entry && fgets(line, sizeof line, file))
        if (read_value(value, sizeof value, line, name))
            entry = getpwnam(value);
    if (file)
        fclose(file);
    if (!entry || entry->pw_uid == 0)
        return false;
    user->uid = entry->pw_uid;
    snprintf(user->why, sizeof user->why, "as %.80s has it", path);
    return true;
}

/* The user that the responder's own unit names. */
static bool find_unit_user(struct check_user *user)
{
    static const char *const units[] = {
        "/etc/systemd/system/twilio-autojoin.service.d/override.conf", "/etc/systemd/system/twilio-autojoin.service",
        "/usr/local/lib/systemd/system/twilio-autojoin.service", "/usr/lib/systemd/system/twilio-autojoin.service",
        "/lib/systemd/system/twilio-autojoin.service"};
    size_t i;

    for (i = 0; i < sizeof units / sizeof units[0]; i++)
        if (find_in_file(user, units[i], "User"))
            return true;
    return false;
}

/* The responder's own unit, where systemd starts it or its socket by itself; it has the standard settings. */
static bool find_unit(struct check_user *user, const char *settings)
{
    static const char *const enabled[] = {
        "/etc/systemd/system/sockets.target.wants/twilio-autojoin.socket",
        "/etc/systemd/system/multi-user.target.wants/twilio-autojoin.service"};

    return strcmp(settings, STANDARD) == 0 && (access(enabled[0], F_OK) == 0 || access(enabled[1], F_OK) == 0) &&
           find_unit_user(user);
}

/* Whether a web server's configuration speaks of us: of the settings file, or, since the standard one stands in a file
 * that is included, of the program. */
static bool mentions(const char *path, const char *settings)
{
    const char *wanted = strcmp(settings, STANDARD) == 0 ? "twilio-autojoin" : settings;
    char line[LINE_SIZE];
    FILE *file = fopen(path, "re");
    bool found = false;

    while (file && !found && fgets(line, sizeof line, file))
        found = strstr(line, wanted) && line[strspn(line, " \t")] != '#';
    if (file)
        fclose(file);
    return found;
}

static bool any_mentions(const char *pattern, const char *settings)
{
    glob_t paths;
    bool found = false;
    size_t i;

    if (glob(pattern, 0, NULL, &paths) != 0)
        return false;
    for (i = 0; i < paths.gl_pathc && !found; i++)
        found = mentions(paths.gl_pathv[i], settings);
    globfree(&paths);
    return found;
}

/* Where the web servers of distributions have their configuration, and the line of it that names their user. */
static bool find_web_server(struct check_user *user, const char *settings)
{
    static const struct {
        const char *files, *user_file, *line;
    } servers[] = {
        {"/etc/lighttpd/lighttpd.conf", "/etc/lighttpd/lighttpd.conf", "server.username"},
        {"/etc/lighttpd/conf-enabled/*.conf", "/etc/lighttpd/lighttpd.conf", "server.username"},
        {"/etc/apache2/*-enabled/*.conf", "/etc/apache2/envvars", "export APACHE_RUN_USER"},
        {"/etc/httpd/conf.d/*.conf", "/etc/httpd/conf/httpd.conf", "User"},
        {"/etc/nginx/*-enabled/*", "/etc/nginx/nginx.conf", "user"},
        {"/etc/nginx/conf.d/*.conf", "/etc/nginx/nginx.conf", "user"},
    };
    size_t i;

    for (i = 0; i < sizeof servers / sizeof servers[0]; i++)
        if (any_mentions(servers[i].files, settings) && find_in_file(user, servers[i].user_file, servers[i].line))
            return true;
    return false;
}

struct running {
    struct check_user *user;
    const char *settings;
};

/* One that was started with a configuration of its own (lighttpd, Apache: -f; nginx: -c) says so on its command line. */
static bool take_server(void *argument, pid_t pid, uid_t uid)
{
    const struct running *running = argument;
    char configuration[LINE_SIZE];

    (void)uid;
    if (!responder_process_option(configuration, sizeof configuration, pid, 'f') &&
        !responder_process_option(configuration, sizeof configuration, pid, 'c'))
        return true;
    if (!mentions(configuration, running->settings))
        return true;
    if (uid == 0 && !find_in_file(running->user, configuration, "User") &&
        !find_in_file(running->user, configuration, "user"))
        return true;
    if (uid != 0)
        running->user->uid = uid;
    snprintf(running->user->why, sizeof running->user->why, "as whom the web server runs (process %ld)", (long)pid);
    return false;
}

static bool find_running_server(struct check_user *user, const char *settings)
{
    static const char *const servers[] = {"lighttpd", "apache2", "httpd", "nginx"};
    struct running running = {user, settings};
    size_t i;

    for (i = 0; i < sizeof servers / sizeof servers[0] && !user->why[0]; i++)
        responder_process_each(servers[i], take_server, &running);
    return user->why[0] != '\0';
}

static bool find_owner(struct check_user *user, const char *spool)
{
    struct stat status;

    if (!spool || stat(spool, &status) != 0 || status.st_uid == 0 ||
        owner_judge_way(spool, &status)) /* anybody may have put it there */
        return false;
    user->uid = status.st_uid;
    user->gid = status.st_gid;
    snprintf(user->why, sizeof user->why, "whose the spool is");
    return true;
}

/* Nobody but root can look as another. */
static void take_asker(struct check_user *user, const char *settings)
{
    struct responder_process found[FOUND_LIMIT];
    size_t count = responder_process_find(found, FOUND_LIMIT, settings), i;

    user->uid = geteuid();
    user->gid = getegid();
    snprintf(user->why, sizeof user->why, "who asks");
    user->doubtful = count > 0;
    for (i = 0; i < count; i++)
        user->doubtful = user->doubtful && found[i].uid != user->uid;
}

void check_user_find(struct check_user *user, const char *settings, const char *spool)
{
    *user = (struct check_user){.uid = 0};
    if (!settings || !*settings)
        settings = STANDARD;
    if (geteuid() != 0) {
        take_asker(user, settings);
    } else if (!find_responder(user, settings) && !find_unit(user, settings) && !find_running_server(user, settings) &&
               !find_web_server(user, settings) && !find_owner(user, spool)) {
        user->doubtful = true;
        snprintf(user->why, sizeof user->why, "who asks");
    }
    name_them(user);
}

bool check_user_expect(struct check_user *user, const char *server)
{
    static const struct {
        const char *server, *file, *line;
    } servers[] = {
        {"lighttpd", "/etc/lighttpd/lighttpd.conf", "server.username"},
        {"apache", "/etc/apache2/envvars", "export APACHE_RUN_USER"},
    };
    const struct passwd *entry;
    size_t i;
    bool found = false;

    for (i = 0; i < sizeof servers / sizeof servers[0] && !found; i++)
        found = server && strcmp(server, servers[i].server) == 0 && find_in_file(user, servers[i].file, servers[i].line);
    if (!found && !find_unit_user(user)) {
        entry = getpwnam("www-data");
        if (!entry)
            return false;
        user->uid = entry->pw_uid;
        snprintf(user->why, sizeof user->why, "as whom Debian's web servers run");
    }
    user->doubtful = false;
    user->groups_known = false;
    name_them(user);
    return true;
}

bool check_user_become(const struct check_user *user)
{
    if (geteuid() != 0 || user->uid == 0)
        return true;
    if (user->groups_known ? setgroups(user->group_count, user->groups) != 0
                           : initgroups(user->name, user->gid) != 0)
        return false;
    return setgid(user->gid) == 0 && setuid(user->uid) == 0;
}
