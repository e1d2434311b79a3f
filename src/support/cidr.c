#include "build.h"

#include "support/cidr.h"

#include <arpa/inet.h>
#include <string.h>

#include "support/quantity.h"

static const unsigned char mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* Gives the number of bits that the written form has (32 or 128); 0 if it is no
 * address. */
static unsigned read_address(unsigned char address[16], const char *text)
{
    if (inet_pton(AF_INET6, text, address) == 1)
        return 128;
    memcpy(address, mapped_prefix, sizeof mapped_prefix);
    if (inet_pton(AF_INET, text, address + sizeof mapped_prefix) == 1)
        return 32;
    return 0;
}

static bool same_bits(const unsigned char *a, const unsigned char *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    unsigned mask = rest ? 0xffu << (8 - rest) & 0xffu : 0;

    if (memcmp(a, b, whole) != 0)
        return false;
    return rest == 0 || ((a[whole] ^ b[whole]) & mask) == 0;
}

bool cidr_parse(struct cidr *cidr, const char *text)
{
    char address[64];
    const char *slash = strchr(text, '/');
    size_t length = slash ? (size_t)(slash - text) : strlen(text);
    uint64_t prefix;
    unsigned bits, i;

    if (length >= sizeof address)
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    bits = read_address(cidr->address, address);
    prefix = bits;
    if (bits == 0 || (slash && !quantity_parse_number(slash + 1, bits, &prefix)))
        return false;
    cidr->prefix = 128 - bits + (unsigned)prefix;
    for (i = cidr->prefix; i < 128; i++)
        if (cidr->address[i / 8] & (0x80u >> (i % 8)))
            return false;
    return true;
}

bool cidr_contains(const struct cidr_list *list, const char *address)
{
    unsigned char bytes[16];
    size_t i;

    if (!address || read_address(bytes, address) == 0)
        return false;
    for (i = 0; i < list->count; i++)
        if (same_bits(list->blocks[i].address, bytes, list->blocks[i].prefix))
            return true;
    return false;
}
