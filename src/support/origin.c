#include "build.h"

#include "support/origin.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

static bool split_authority(struct origin *origin, const char *at, const char *end)
{
    const char *userinfo_end = memrchr(at, '@', (size_t)(end - at));
    const char *host_end;

    if (userinfo_end) {
        origin->userinfo = at;
        origin->userinfo_length = (size_t)(userinfo_end - at);
        at = userinfo_end + 1;
    }
    origin->host = at;
    if (at < end && *at == '[') {
        host_end = memchr(at, ']', (size_t)(end - at));
        if (!host_end)
            return false;
        host_end++;
    } else {
        host_end = memchr(at, ':', (size_t)(end - at));
        if (!host_end)
            host_end = end;
    }
    origin->host_length = (size_t)(host_end - at);
    if (host_end == end)
        return origin->host_length > 0;
    if (*host_end != ':')
        return false;
    origin->port = host_end + 1;
    origin->port_length = (size_t)(end - origin->port);
    for (at = origin->port; at < end; at++)
        if (*at < '0' || *at > '9')
            return false;
    return origin->host_length > 0 && origin->port_length > 0 && origin->port_length <= 5;
}

bool origin_parse(struct origin *origin, const char *url, size_t length)
{
    size_t scheme;
    const char *authority, *end = url + length, *at;

    *origin = (struct origin){0};
    if (length > 8 && strncasecmp(url, "https://", 8) == 0)
        scheme = 8;
    else if (length > 7 && strncasecmp(url, "http://", 7) == 0)
        scheme = 7;
    else
        return false;
    origin->https = scheme == 8;
    authority = url + scheme;
    for (at = authority; at < end && *at != '/' && *at != '?' && *at != '#'; at++)
        ;
    origin->length = (size_t)(at - url);
    return split_authority(origin, authority, at);
}

bool origin_is_authority(const char *bytes, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++) {
        char c = bytes[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              (c && strchr(".-_:[]", c))))
            return false;
    }
    return length > 0;
}

bool origin_is_loopback(const struct origin *origin)
{
    char host[64];
    struct in_addr address;

    if (origin->host_length >= sizeof host)
        return false;
    memcpy(host, origin->host, origin->host_length);
    host[origin->host_length] = '\0';
    if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    return inet_pton(AF_INET, host, &address) == 1 && (ntohl(address.s_addr) >> 24) == 127;
}

static bool same_port(const struct origin *a, const struct origin *b)
{
    const char *standard = a->https ? "443" : "80";
    const char *port_a = a->port_length ? a->port : standard;
    const char *port_b = b->port_length ? b->port : standard;
    size_t length_a = a->port_length ? a->port_length : strlen(standard);
    size_t length_b = b->port_length ? b->port_length : strlen(standard);

    return length_a == length_b && memcmp(port_a, port_b, length_a) == 0;
}

void origin_show(struct buffer *out, const char *url, size_t length)
{
    struct origin origin;

    if (origin_parse(&origin, url, length) && origin.userinfo_length > 0) {
        buffer_append(out, url, (size_t)(origin.userinfo - url));
        buffer_append_string(out, "***@");
        buffer_append(out, origin.host, length - (size_t)(origin.host - url));
    } else {
        buffer_append(out, url, length);
    }
}

bool origin_same(const struct origin *a, const struct origin *b)
{
    return a->https == b->https && a->host_length == b->host_length &&
           strncasecmp(a->host, b->host, a->host_length) == 0 && same_port(a, b);
}
