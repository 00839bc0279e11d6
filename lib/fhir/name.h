/* name.h - small numbers for the element names that FHIR defines
 * SPDX-License-Identifier: Apache-2.0
 *
 * NAME_reference, NAME_valueQuantity, NAME__birthDate, ...: one constant per
 * name of name_list.h, so that names compare as numbers and tables may be
 * indexed by them. A name that FHIR does not define has NAME_NONE and
 * compares as text. */
#ifndef FHIR_NAME_H
#define FHIR_NAME_H

#include "base/str.h"
#include "fhir/name_list.h"

/* clang-format off */
enum name {
	NAME_NONE,
#define NAME_ID(n) NAME_##n,
	NAME_LIST(NAME_ID)
#undef NAME_ID
	NAME__MAX
};
/* clang-format on */

/* name_find - the number of a name, NAME_NONE if FHIR does not define it. */
enum name name_find(struct str text);

/* name_text - its text, NUL-terminated behind len; lives for ever. NAME_NONE:
 * absent. */
struct str name_text(enum name n);

#endif
