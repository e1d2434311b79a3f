/* A form that is being altered: its parameters, their order, and where new bytes go. */
#ifndef AUTOJOIN_DIAGNOSIS_FORM_LIST_H
#define AUTOJOIN_DIAGNOSIS_FORM_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "support/config.h"
#include "webhook/form.h"
#include "webhook/signature.h"

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
struct form_list {
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
bool form_list_init(struct form_list *list, const struct config *config, size_t form_size);
void form_list_free(struct form_list *list);

/* Makes `list` what `from` is; it borrows from's bytes. */
void form_list_copy(struct form_list *list, const struct form_list *from);
void form_list_copy_form(struct form_list *list, const struct form *form);

/* Orders what is signed. */
void form_list_sort(struct signature_parameters *parameters, const struct form_list *list);

/* Room for new bytes; NULL if there is no more. */
char *form_list_room(struct form_list *list, size_t size);

/* Remembers the name of the parameter that is altered. */
void form_list_note(struct form_list *list, size_t i);

#endif
