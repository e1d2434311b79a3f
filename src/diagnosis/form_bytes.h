/*
 * The alterations of names' and values' bytes: each returns false, with the list perhaps changed
 * in part, if there is nothing to alter in that way.
 */
#ifndef AUTOJOIN_DIAGNOSIS_FORM_BYTES_H
#define AUTOJOIN_DIAGNOSIS_FORM_BYTES_H

#include "diagnosis/form_list.h"

enum {
    FORM_BYTES_PADDINGS = 7,
    FORM_BYTES_PLUSES = 4,      /* ways to undo it in all values, ... */
    FORM_BYTES_PLUSES_EACH = 7, /* ... and in one: all blanks, the first to the fifth, the lost "+" */
    FORM_BYTES_CHARSETS = 3,
};

bool form_bytes_undo_names(struct form_list *list, size_t index);
bool form_bytes_undo_brackets(struct form_list *list, size_t index);
bool form_bytes_undo_plus(struct form_list *list, size_t index);
bool form_bytes_undo_twice(struct form_list *list, size_t index);
bool form_bytes_undo_charset(struct form_list *list, size_t index);
bool form_bytes_undo_lines(struct form_list *list, size_t index);
bool form_bytes_undo_trimmed(struct form_list *list, size_t index);
bool form_bytes_sign_names(struct form_list *list, size_t index);
bool form_bytes_sign_trimmed(struct form_list *list, size_t index);
bool form_bytes_sign_encoded(struct form_list *list, size_t index);

#endif
