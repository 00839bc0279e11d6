/* rehearsal_type.h - the resource types that a ward holds
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_REHEARSAL_TYPE_H
#define APP_REHEARSAL_TYPE_H

#include "fhir/version.h"

/* rehearsal_types - the resource types of a version, NULL at the end. */
const char *const *rehearsal_types(enum fhir_version v);

/* rehearsal_type - the same name out of the table; NULL: not served. */
const char *rehearsal_type(enum fhir_version v, struct str name);

#endif
