/* Where no alteration explains a signature: what is plainly wrong with the webhook or settings? */
#ifndef AUTOJOIN_DIAGNOSIS_PLAIN_FAULT_H
#define AUTOJOIN_DIAGNOSIS_PLAIN_FAULT_H

#include "diagnosis/diagnosis.h"

/* Looks at the webhook, whose body is that form. FINDING_NONE if nothing shows. */
enum diagnosis_finding plainfault_find(const struct config *config, const struct request *request,
                                       const struct form *form);

#endif
