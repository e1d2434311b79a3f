/*
 * What a query may have been before something on the way rewrote it: every known rewriting, taken
 * back. Without "?" throughout.
 */
#ifndef AUTOJOIN_DIAGNOSIS_QUERY_VARIANTS_H
#define AUTOJOIN_DIAGNOSIS_QUERY_VARIANTS_H

#include <stdbool.h>
#include <stddef.h>

enum query_change {
    QUERY_CHANGE_ENCODING, /* encoded, decoded, "+" for %20, %3a for %3A ... */
    QUERY_CHANGE_ORDER,    /* its parameters were sorted */
    QUERY_CHANGE_ADDED     /* a parameter was added to it */
};

/* Takes one variant; the bytes live until it returns. */
typedef void query_variants_fn(void *argument, const char *query, size_t length,
                               enum query_change change);

/* Visits the variants of a query, `query` itself not among them; some may be equal. With `simple`
 * only those that can be combined with each other without their number exploding. */
void query_variants_visit(const char *query, size_t length, bool simple, query_variants_fn *visit,
                          void *argument);

#endif
