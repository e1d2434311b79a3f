/* Hexadecimal digits, of either case and in no locale. */
#ifndef AUTOJOIN_SUPPORT_HEXDIGIT_H
#define AUTOJOIN_SUPPORT_HEXDIGIT_H

/* 0 to 15; -1 if it is none. */
static inline int hexdigit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

#endif
