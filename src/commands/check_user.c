#include "build.h"

#include "commands/check_user.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOUND_LIMIT = 64, LINE_SIZE = 512 };

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

/* The responder's own unit, where systemd starts it or its socket by itself. */
static bool find_unit(struct check_user *user)
{
    static const char *const enabled[] = {
        "/etc/systemd/system/sockets.target.wants/twilio-autojoin.socket",
        "/etc/systemd/system/multi-user.target.wants/twilio-autojoin.service"};
    static const char *const units[] = {
        "/etc/systemd/system/twilio-autojoin.service.d/override.conf", "/etc/systemd/system/twilio-autojoin.service",
        "/usr/local/lib/systemd/system/twilio-autojoin.service", "/usr/lib/systemd/system/twilio-autojoin.service",
        "/lib/systemd/system/twilio-autojoin.service"};
    size_t i;

    if (access(enabled[0], F_OK) != 0 && access(enabled[1], F_OK) != 0)
        return false;
    for (i = 0; i < sizeof units / sizeof units[0]; i++)
        if (find_in_file(user, units[i], "User"))
            return true;
    return false;
}

static bool take_worker(void *argument, pid_t pid, uid_t uid)
{
    struct check_user *user = argument;

    if (uid == 0) /* who gives his rights up to workers */
        return true;
    user->uid = uid;
    snprintf(user->why, sizeof user->why, "as whom the web server runs (process %ld)", (long)pid);
    return false;
}

/* Those that start responders themselves stand first. */
static bool find_web_server(struct check_user *user)
{
    static const char *const servers[] = {"lighttpd", "apache2", "httpd", "nginx"};
    size_t i;

    for (i = 0; i < sizeof servers / sizeof servers[0] && !user->why[0]; i++)
        responder_process_each(servers[i], take_worker, user);
    return user->why[0] || find_in_file(user, "/etc/lighttpd/lighttpd.conf", "server.username") ||
           find_in_file(user, "/etc/apache2/envvars", "export APACHE_RUN_USER") ||
           find_in_file(user, "/etc/httpd/conf/httpd.conf", "User") ||
           find_in_file(user, "/etc/nginx/nginx.conf", "user");
}

static bool find_owner(struct check_user *user, const char *spool)
{
    struct stat status;

    if (!spool || stat(spool, &status) != 0 || status.st_uid == 0)
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
    if (geteuid() != 0) {
        take_asker(user, settings);
    } else if (!find_responder(user, settings) && !find_unit(user) && !find_web_server(user) &&
               !find_owner(user, spool)) {
        user->doubtful = true;
        snprintf(user->why, sizeof user->why, "who asks");
    }
    name_them(user);
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
