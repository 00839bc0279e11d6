/* portal_ward_form.h - the forms of made-up patients and their records
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTAL_PORTAL_WARD_FORM_H
#define PORTAL_PORTAL_WARD_FORM_H

#include "portal/portal.h"

/* A patient with the first records of some kinds. */
bool ward_new(struct page *p);
bool ward_make_page(struct page *p);

/* One more record, of the kind in the third part of the address. */
bool ward_record_new(struct page *p);
bool ward_record_make(struct page *p);

/* A record that is there. */
bool ward_record_edit(struct page *p);
bool ward_record_change(struct page *p);

#endif
