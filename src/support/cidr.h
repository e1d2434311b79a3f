/* Blocks of IP addresses: "10.0.0.0/8, ::1, 192.0.2.7". */
#ifndef AUTOJOIN_SUPPORT_CIDR_H
#define AUTOJOIN_SUPPORT_CIDR_H

#include <stdbool.h>
#include <stddef.h>

enum { CIDR_LIMIT = 64 };

struct cidr {
    unsigned char address[16]; /* IPv4 as ::ffff:a.b.c.d */
    unsigned prefix;           /* bits of the 128 */
};

struct cidr_list {
    struct cidr blocks[CIDR_LIMIT];
    size_t count;
};

/* Reads one address or block. False if it is neither, or has bits set beyond
 * its prefix (10.0.0.1/8 is somebody's mistake). */
bool cidr_parse(struct cidr *cidr, const char *text);

/* Whether the address, as a gateway writes REMOTE_ADDR, lies in one of the blocks.
 * False for what is no address. IPv4 and its IPv6-mapped form are equal. */
bool cidr_contains(const struct cidr_list *list, const char *address);

#endif
