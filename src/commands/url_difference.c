#include "build.h"

#include "commands/url_difference.h"

#include <string.h>
#include <strings.h>

#include "support/origin.h"

/* A URL's parts behind its origin. */
struct parts {
    struct origin origin;
    const char *path, *query;
    size_t path_length; /* without slashes at its end */
};

static bool split(struct parts *parts, const char *url)
{
    if (!origin_parse(&parts->origin, url, strlen(url)))
        return false;
    parts->path = url + parts->origin.length;
    parts->path_length = strcspn(parts->path, "?");
    parts->query = parts->path + parts->path_length;
    while (parts->path_length > 0 && parts->path[parts->path_length - 1] == '/')
        parts->path_length--;
    return true;
}

static bool same_host(const struct parts *a, const struct parts *b)
{
    return a->origin.host_length == b->origin.host_length &&
           strncasecmp(a->origin.host, b->origin.host, a->origin.host_length) == 0;
}

static bool same_bytes(const char *a, size_t a_length, const char *b, size_t b_length, bool any_case)
{
    return a_length == b_length && (any_case ? strncasecmp(a, b, a_length) : strncmp(a, b, a_length)) == 0;
}

static const char *same_server(const struct parts *ours, const struct parts *other)
{
    bool same_path = same_bytes(ours->path, ours->path_length, other->path, other->path_length, false);

    if (ours->origin.https != other->origin.https)
        return same_path ? "the scheme is another one (http:// and https://)" : "our host, by another scheme and path";
    if (!same_path)
        return same_bytes(ours->path, ours->path_length, other->path, other->path_length, true)
                   ? "capitals in the path are others"
                   : "it is our host, with another path: ours of before, or somebody else's";
    if (strcmp(ours->query, other->query) != 0)
        return "the query is another one";
    if (!origin_same(&ours->origin, &other->origin))
        return "the port is another one";
    if (strcmp(ours->path, other->path) != 0)
        return "a slash at its end is more or less";
    return ours->origin.userinfo || other->origin.userinfo ? "user and password are others"
                                                           : "its host is written otherwise";
}

bool url_difference_is_none(const char *ours, const char *other)
{
    size_t length = strcspn(ours, "#");

    return length == strcspn(other, "#") && memcmp(ours, other, length) == 0;
}

const char *url_difference(const char *ours, const char *other)
{
    struct parts mine, theirs;

    if (url_difference_is_none(ours, other) && strcmp(ours, other) != 0)
        return "a fragment (#...) is more or less";
    if (!split(&mine, ours) || !split(&theirs, other))
        return "it is no http:// or https:// URL";
    if (same_host(&mine, &theirs))
        return same_server(&mine, &theirs);
    return same_bytes(mine.path, mine.path_length, theirs.path, theirs.path_length, false) && mine.path_length > 0
               ? "it is our path at another host: ours of before, most likely"
               : "by its host and path it is somebody else's";
}
