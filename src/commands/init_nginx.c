#include "build.h"

#include "commands/init_nginx.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/buffer.h"
#include "support/file_replace.h"

enum { FILE_LIMIT = 256 * 1024 };

static const char line[] = "\n\tinclude " INIT_NGINX_LOCATIONS "; # by twilio-autojoin init";
static const char *const patterns[] = {"/etc/nginx/sites-enabled/*", "/etc/nginx/conf.d/*.conf"};

/* What a block of nginx's configuration language is made of. */
struct word {
    const char *text;
    size_t length;
};

/* Reads the next word, "{", "}" or ";"; comments and quotes as nginx has them. False at the end. */
static bool next_word(const char **at, struct word *word)
{
    const char *text = *at;

    for (;;) {
        text += strspn(text, " \t\r\n");
        if (*text != '#')
            break;
        text += strcspn(text, "\n");
    }
    word->text = text;
    if (!*text)
        return false;
    if (strchr("{};", *text)) {
        word->length = 1;
    } else if (*text == '"' || *text == '\'') {
        const char *end = strchr(text + 1, *text);

        word->length = end ? (size_t)(end + 1 - text) : strlen(text);
    } else {
        word->length = strcspn(text, " \t\r\n;{}");
    }
    *at = text + word->length;
    return true;
}

static bool is(const struct word *word, const char *text)
{
    return word->length == strlen(text) && memcmp(word->text, text, word->length) == 0;
}

enum { SCORE_ANY = 1, SCORE_TLS = 2, SCORE_WILD = 4, SCORE_HOST = 8 };

/* "*.example.com", and ".example.com", which is example.com, too. */
static bool is_wild(const struct word *name, const char *host, size_t host_length)
{
    size_t begin = name->length > 0 && *name->text == '*';
    size_t length = name->length - begin;

    if (length < 2 || name->text[begin] != '.')
        return false;
    if (host_length > length)
        return strncasecmp(name->text + begin, host + host_length - length, length) == 0;
    return begin == 0 && host_length == length - 1 && strncasecmp(name->text + 1, host, host_length) == 0;
}

/* What one directive of a server block counts. */
static unsigned score_of(const struct word *directive, const struct word *value, const char *host, size_t host_length,
                         bool https)
{
    if (is(directive, "server_name")) {
        if (value->length == host_length && strncasecmp(value->text, host, host_length) == 0)
            return SCORE_HOST;
        if (is_wild(value, host, host_length))
            return SCORE_WILD;
        return is(value, "_") ? SCORE_ANY : 0;
    }
    if (!is(directive, "listen"))
        return 0;
    if (is(value, "default_server"))
        return SCORE_ANY;
    return https == (is(value, "ssl") || (value->length >= 3 && memcmp(value->text + value->length - 3, "443", 3) == 0))
               ? SCORE_TLS
               : 0;
}

/* Reads a block from behind its "{" on; returns what it counts. */
static unsigned judge_block(const char **at, const char *host, size_t host_length, bool https)
{
    struct word word, directive = {"", 0};
    unsigned score = 0, depth = 1;

    while (depth > 0 && next_word(at, &word)) {
        if (is(&word, "{"))
            depth++;
        else if (is(&word, "}"))
            depth--;
        if (word.length == 1 && strchr("{};", *word.text))
            directive.length = 0;
        else if (directive.length == 0)
            directive = word;
        else if (depth == 1)
            score |= score_of(&directive, &word, host, host_length, https);
    }
    return score & (SCORE_HOST | SCORE_WILD | SCORE_ANY) ? score : 0;
}

unsigned init_nginx_find(const char *text, const char *host, bool https, size_t *at)
{
    size_t host_length = strcspn(host, ":/");
    struct word word, before = {"", 0};
    const char *next = text;
    unsigned best = 0;

    while (next_word(&next, &word)) {
        if (is(&word, "{") && is(&before, "server")) {
            size_t begin = (size_t)(next - text);
            unsigned score = judge_block(&next, host, host_length, https);

            if (score > best) {
                best = score;
                *at = begin;
            }
        }
        before = word;
    }
    return best;
}

bool init_nginx_has_include(const char *text)
{
    struct word word, before = {"", 0};

    while (next_word(&text, &word)) {
        if (is(&before, "include") && is(&word, INIT_NGINX_LOCATIONS))
            return true;
        before = word;
    }
    return false;
}

static bool read_file(struct buffer *content, const char *path)
{
    char part[4096];
    ssize_t count = -1;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    buffer_clear(content);
    while (descriptor >= 0 && (count = read(descriptor, part, sizeof part)) > 0)
        buffer_append(content, part, (size_t)count);
    if (descriptor >= 0)
        close(descriptor);
    buffer_reserve(content, 0);
    return count == 0 && buffer_status(content) == BUFFER_OK && !memchr(content->data, '\0', content->length);
}

/* The old one's owner and mode stay; a link is followed first. */
static bool write_file(const char *path, const struct buffer *content)
{
    char *real = realpath(path, NULL);
    struct stat status;
    bool done = real && stat(real, &status) == 0 &&
                file_replace(real, content, status.st_uid, status.st_gid, status.st_mode & 07777);

    if (!done)
        fprintf(stderr, "twilio-autojoin: %s: %s\n", path, strerror(errno));
    free(real);
    return done;
}

/* Where the line is to go, or stands. */
struct place {
    char path[PATH_MAX];
    size_t at;
    unsigned score;
    bool there;
};

static void look_into(struct place *place, struct buffer *content, const char *path, const char *host, bool https)
{
    size_t at = 0;
    bool there;
    unsigned score;

    if (strlen(path) >= sizeof place->path || !read_file(content, path)) {
        /* The line may stand there, or belong there. */
        fprintf(stderr, "twilio-autojoin: %s cannot be read as a configuration, and was not looked at\n", path);
        return;
    }
    there = init_nginx_has_include(content->data);
    score = init_nginx_find(content->data, host, https, &at);
    if (place->there || (!there && score <= place->score))
        return;
    place->there = there;
    place->at = at;
    place->score = score;
    memcpy(place->path, path, strlen(path) + 1);
}

static void find_place(struct place *place, struct buffer *content, const char *host, bool https)
{
    size_t i, j;

    *place = (struct place){.score = 0};
    for (i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        glob_t found;

        if (glob(patterns[i], 0, NULL, &found) == 0)
            for (j = 0; j < found.gl_pathc; j++)
                look_into(place, content, found.gl_pathv[j], host, https);
        globfree(&found);
    }
}

bool init_nginx_include(const char *host)
{
    bool https = strncmp(host, "https://", 8) == 0, done;
    struct buffer content, edited;
    struct place place;

    host += https ? 8 : 0;
    buffer_init(&content, FILE_LIMIT);
    buffer_init(&edited, FILE_LIMIT + sizeof line);
    find_place(&place, &content, host, https);
    done = place.there;
    if (place.there) {
        printf("  (%s has the include line)\n", place.path);
    } else if (place.score == 0 || !read_file(&content, place.path)) {
        fprintf(stderr, "twilio-autojoin: no server block of nginx's is for %s: put into it:%s\n", host, line);
    } else {
        buffer_append(&edited, content.data, place.at);
        buffer_append_string(&edited, line);
        buffer_append(&edited, content.data + place.at, content.length - place.at);
        done = buffer_status(&edited) == BUFFER_OK && write_file(place.path, &edited);
        if (done)
            printf("  (put the include line into %s)\n", place.path);
    }
    buffer_free(&content);
    buffer_free(&edited);
    return done;
}

bool init_nginx_exclude(void)
{
    struct buffer content, edited;
    struct place place;
    const char *at;
    bool done = true;

    buffer_init(&content, FILE_LIMIT);
    buffer_init(&edited, FILE_LIMIT);
    find_place(&place, &content, "", false);
    if (place.there && read_file(&content, place.path) && (at = strstr(content.data, line))) {
        buffer_append(&edited, content.data, (size_t)(at - content.data));
        buffer_append_string(&edited, at + sizeof line - 1);
        done = buffer_status(&edited) == BUFFER_OK && write_file(place.path, &edited);
    }
    buffer_free(&content);
    buffer_free(&edited);
    return done;
}
