/* display.h - names and texts that an answer shows and a provider left out
 * SPDX-License-Identifier: Apache-2.0
 *
 * Three things that people see, settled in one walk over an answer's records:
 *
 *   - a reference shown by its display (where a patient is, who prescribed)
 *     gets one, from what the answer itself holds or from what is asked;
 *   - a code shown by its text or by the display of its first coding gets the
 *     one that is missing from the one that is there;
 *   - the present place comes first in Encounter.location (display_place.h).
 *
 * Nothing is overwritten, and what says why it is missing (`_display`,
 * `_text`) stays missing. display.c holds the table of the elements. Works on
 * resources in the version of the face, with the provider's references still
 * in them. */
#ifndef FHIR_DISPLAY_H
#define FHIR_DISPLAY_H

#include "fhir/display_name.h"
#include "fhir/links.h"
#include "fhir/version.h"

#define DISPLAY_ROOM_MAX  ((size_t)512 * 1024) /* bytes added to one answer */
#define DISPLAY_WANTS_MAX ((size_t)64 * 1024)  /* references looked up */

/* One record whose name is wanted, however often it is referred to. */
struct display_ask {
	struct str type, id;      /* known to display_name; iface_id */
	size_t first, from, upto; /* its references: display.c */
};

struct display_want; /* display.c */

struct display {
	/* set by the caller */
	struct arena *a;
	enum fhir_version version;
	const struct links *base;   /* of the provider */
	const struct links *called; /* what it calls itself; NULL: no other */
	const struct tree_node *aside; /* entries that came with the answer and
	                                  do not leave with it; NULL: none */

	/* what is left to be asked, in the order of the answer */
	struct display_ask *asks;
	size_t n;
	size_t bare; /* references without display, as of now */

	/* display.c */
	struct display_want *wants;
	size_t wants_n, wants_cap;
	size_t room;
};

/* display_settle - does what needs no asking, and tells what does.
 *   root  a resource, or a Bundle of them, in Bundles perhaps
 * References to contained resources, and to others in the answer or aside (by
 * fullUrl, or by type and id), are answered from these. Of the others d->asks
 * holds those that lead to the provider, as Type/id or as an address under its
 * base, of a type that display_name knows; an id of one version counts as the
 * record itself. Whatever else a reference may say is never asked. An answer
 * in which nothing is missing costs a look at these elements and no memory. */
void display_settle(struct display *d, struct tree_node *root);

/* display_put - the name of d->asks[i], found elsewhere, goes to all who want
 * it; text is not copied. Absent: they stay as they are. */
void display_put(struct display *d, size_t i, struct str text);

#endif
