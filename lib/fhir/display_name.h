/* display_name.h - what people call a record that others refer to
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FHIR_DISPLAY_NAME_H
#define FHIR_DISPLAY_NAME_H

#include "fhir/tree.h"

#define DISPLAY_BYTES_MAX ((size_t)1024) /* a longer name is none */

/* display_known - does display_name know what to show of that type? Location,
 * Practitioner, PractitionerRole, Organization and Medication, which are called
 * so in every version that has them. */
bool display_known(struct str type);

/* display_name - what Reference.display says about a resource of any FHIR
 * version, read leniently:
 *   Location          name; else description, type, identifier
 *   Practitioner      the name in use (official, usual, any, then old ones):
 *                     its text, else prefix, given and family
 *   PractitionerRole  display of its practitioner; else its code
 *   Organization      name
 *   Medication        code
 * where a code is its text, else the display of a coding. Borrowed from a and
 * from the tree. Absent: another type, nothing to show, longer than
 * DISPLAY_BYTES_MAX, or with control characters in it. */
struct str display_name(struct arena *a, const struct tree_node *resource);

#endif
