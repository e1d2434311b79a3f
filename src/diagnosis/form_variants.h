/*
 * The forms that may have been signed instead of the one that arrived: every known way in which
 * programs on the way alter parameters, taken back, and every known way in which signers other than
 * Twilio itself get the order and repeated parameters wrong, repeated.
 */
#ifndef AUTOJOIN_DIAGNOSIS_FORM_VARIANTS_H
#define AUTOJOIN_DIAGNOSIS_FORM_VARIANTS_H

#include <stdbool.h>
#include <stddef.h>

#include "diagnosis/form_list.h"

enum form_change {
    FORM_CHANGE_NONE,
    /* what was done to it on the way */
    FORM_CHANGE_NAMES,    /* "." became "_" */
    FORM_CHANGE_BRACKETS, /* names got "[0]" */
    FORM_CHANGE_PLUS,     /* "+" and blank were confused */
    FORM_CHANGE_TWICE,    /* encoded or escaped once too often */
    FORM_CHANGE_CHARSET,
    FORM_CHANGE_LINES,
    FORM_CHANGE_JOINED,   /* repeated parameters became one with commas */
    FORM_CHANGE_REPEATS,  /* of repeated parameters one is left */
    FORM_CHANGE_TRIMMED,
    FORM_CHANGE_ADDED,
    FORM_CHANGE_LOST,
    FORM_CHANGE_EMPTY,    /* empty ones were dropped or added */
    /* what the signer did */
    FORM_CHANGE_UNSIGNED, /* signed the URL alone */
    FORM_CHANGE_SIGNED_FIRST,
    FORM_CHANGE_SIGNED_LAST,
    FORM_CHANGE_SIGNED_JOINED,
    FORM_CHANGE_SIGNED_ONCE,  /* a repeated name once, before all its values */
    FORM_CHANGE_SIGNED_EQUALS, /* equal pairs as often as they are there */
    FORM_CHANGE_SIGNED_ORDER,
    FORM_CHANGE_SIGNED_NAMES,
    FORM_CHANGE_SIGNED_TRIMMED,
    FORM_CHANGE_SIGNED_ENCODED,
    FORM_CHANGES
};

/* The kinds of alteration, from 0, how often each can be applied to a list, what it is. */
size_t form_variants_kinds(void);
size_t form_variants_span(size_t kind, const struct form_list *list);
enum form_change form_variants_change(size_t kind);

/* Applies one. False if there is nothing to alter in that way. */
bool form_variants_apply(size_t kind, size_t index, struct form_list *list);

#endif
