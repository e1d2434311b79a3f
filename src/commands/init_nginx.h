/* nginx has no place of its own for a path of ours: a line is put into the server block that Twilio reaches. */
#ifndef AUTOJOIN_COMMANDS_INIT_NGINX_H
#define AUTOJOIN_COMMANDS_INIT_NGINX_H

#include <stdbool.h>
#include <stddef.h>

#define INIT_NGINX_LOCATIONS AUTOJOIN_PKGDATADIR "/nginx/twilio-autojoin-locations.conf"

/* Stands for the line among other steps. */
#define INIT_NGINX_INCLUDE "include"

/* Of a configuration: where a line of the server block goes that fits the host best, with the score of that; 0 if no
 * block does. `host` may have a port, which is not looked at; `https`: the block should speak TLS. Pure. */
unsigned init_nginx_find(const char *text, const char *host, bool https, size_t *at);

/* Whether our include line stands in it, and not in a comment. Pure. */
bool init_nginx_has_include(const char *text);

/* Puts the include line into the best server block of sites-enabled and conf.d, unless it is there. Says where; false,
 * and said on standard error, if there is none. `host`: of the public URL, "https://" before it if it has TLS. */
bool init_nginx_include(const char *host);

/* Takes it out again wherever it stands. */
bool init_nginx_exclude(void);

#endif
