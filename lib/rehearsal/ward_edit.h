/* ward_edit.h - a patient's records, new or changed by hand
 * SPDX-License-Identifier: Apache-2.0
 *
 * A new record is written by the writers of made-up wards (ward_shape), so that
 * each version's elements are spelt in one place; then its fields are set. It
 * says of itself that it is test data, and points at nothing but its patient
 * and the stay: who else is in it is named by a display. */
#ifndef REHEARSAL_WARD_EDIT_H
#define REHEARSAL_WARD_EDIT_H

#include "rehearsal/ward_kind.h"

#define WARD_STEM_LEN 12 /* of ids: hexadecimal digits */

/* ward_edit_id - "allergy-0123456789ab". */
const char *ward_edit_id(
    struct arena *a, const struct ward_kind *k, struct str stem);

/* ward_edit_new - a record with that id, borrowed from a; its fields are empty,
 * but those that are needed and are to be set. patient: id; it is the record's
 * own for the kind "person". stay: id of an Encounter, or absent. */
struct tree_node *ward_edit_new(struct arena *a, enum fhir_version v,
    const struct ward_kind *k, const char *id, struct str patient,
    struct str stay);

/* ward_edit_set - field i gets that value. false: it had it, the record is
 * untouched. */
bool ward_edit_set(struct arena *a, const struct ward_kind *k,
    enum fhir_version v, struct tree_node *record, size_t i, struct str value);

/* ward_edit_done - of a record that was changed: narrative, versionId and
 * lastUpdated are of now (us UTC since 1970), where it has them. */
void ward_edit_done(struct arena *a, const struct ward_kind *k,
    enum fhir_version v, struct tree_node *record, int64_t now_us);

/* ward_stay_present - is it an Encounter that is not over? */
bool ward_stay_present(const struct tree_node *record);

#endif
