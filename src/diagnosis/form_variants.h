/*
 * The forms that may have been signed instead of the one that arrived: every known way in which
 * programs on the way alter parameters, taken back, and every known way in which signers other than
 * Twilio itself get the order and repeated parameters wrong, repeated.
 */
#ifndef AUTOJOIN_DIAGNOSIS_FORM_VARIANTS_H
#define AUTOJOIN_DIAGNOSIS_FORM_VARIANTS_H

#include <stdbool.h>
#include <stddef.h>

#include "support/config.h"
#include "webhook/form.h"
#include "webhook/signature.h"

enum form_change {
    FORM_CHANGE_NONE,
    /* what befell it on its way */
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

enum form_order {
    FORM_ORDER_RIGHT,      /* by name, then value; equal pairs once */
    FORM_ORDER_EQUALS_KEPT,
    FORM_ORDER_NAMES_ONLY, /* values of one name as they came */
    FORM_ORDER_ARRIVAL,
    FORM_ORDER_CASELESS,
    FORM_ORDER_PAIR_TEXT,  /* "NameValue" as one text */
    FORM_ORDER_NAME_IS_VALUE /* "Name=Value" as one text */
};

/* A form that is being altered. */
struct formlist {
    struct form_parameter items[FORM_PARAMETERS_LIMIT];
    size_t count;
    enum form_order order;
    const char *name; /* of the parameter that was altered; NULL if it is not one */
    size_t name_length;
    const struct config *config;
    bool paired; /* one of two alterations */
    char *text;  /* room for new bytes */
    size_t used, size;
};

/* Prepares a list with room for alterations of a form of that size. False if memory ran out. */
bool formlist_init(struct formlist *list, const struct config *config, size_t form_size);
void formlist_free(struct formlist *list);

/* Makes `list` what `from` is; it borrows from's bytes. */
void formlist_copy(struct formlist *list, const struct formlist *from);
void formlist_copy_form(struct formlist *list, const struct form *form);

/* Orders what is signed. */
void formlist_sort(struct signature_parameters *parameters, const struct formlist *list);

/* The kinds of alteration, from 0, how often each can be applied to a list, what it is. */
size_t formvariants_kinds(void);
size_t formvariants_span(size_t kind, const struct formlist *list);
enum form_change formvariants_change(size_t kind);

/* Applies one. False if there is nothing to alter in that way. */
bool formvariants_apply(size_t kind, size_t index, struct formlist *list);

#endif
