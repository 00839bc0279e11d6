/* portal_ward.h - wards to practise on and their made-up patients
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTAL_PORTAL_WARD_H
#define PORTAL_PORTAL_WARD_H

#include "portal/portal.h"
#include "rehearsal/ward_kind.h"

/* The ward that a page is about. */
struct ward_here {
	enum fhir_version v;
	struct str name;
	struct str sample; /* one of its patients, as JSON; absent: none yet */
};

/* ward_here_view - of the first part of the address, into the view as well. */
bool ward_here_view(struct page *p, struct ward_here *w);

/* ward_records_ask - of the patient in the second part of the address: all that
 * are shown, or the one record of that type and id. */
const struct db_rows *ward_records_ask(
    struct page *p, const char *type, struct str id);

/* ward_record_read - row r of those. NULL: ERR_BROKEN. */
struct tree_node *ward_record_read(
    struct page *p, const struct db_rows *rows, size_t r);

/* ward_person_view - who the patient is, into v. */
void ward_person_view(struct page *p, struct view *v, enum fhir_version version,
    struct tree_node *patient);

/* ward_called - what its code says: what an Observation measures. */
struct str ward_called(
    struct page *p, enum fhir_version v, struct tree_node *record);

/* ward_unit - of what a record measures; absent: it measures nothing. */
struct str ward_unit(const struct ward_kind *k, struct tree_node *record);

bool ward_all(struct page *p);
bool ward_one(struct page *p);
bool ward_patient_page(struct page *p);

/* A record, or the patient with all of them; it asks first. */
bool ward_remove_ask(struct page *p);
bool ward_remove_do(struct page *p);

#endif
