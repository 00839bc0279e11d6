/* portal_ward_sent.h - what a form of a made-up record brought, as rows
 * SPDX-License-Identifier: Apache-2.0
 *
 * A field of a form is called KIND.FIELD. Each form carries what its record is
 * to be known by: a stem of ids, so that a form that is sent twice adds one
 * record, or the state of the record that somebody has seen. */
#ifndef PORTAL_PORTAL_WARD_SENT_H
#define PORTAL_PORTAL_WARD_SENT_H

#include "portal/portal_ward.h"
#include "rehearsal/ward_edit.h"

struct sent {
	struct page *p;
	struct ward_here w;
	struct str patient; /* id; of the address until somebody sets it */
	struct str stem;    /* "": the form had none */
	struct buf typed, resources, terms; /* JSON, for the database */
	unsigned n;                         /* records */
};

/* sent_name - of field i in a form. sent_text - as it was typed, without blanks
 * around it; absent: it was not sent. */
const char *sent_name(struct page *p, const struct ward_kind *k, size_t i);
struct str sent_text(struct page *p, const struct ward_kind *k, size_t i);

/* sent_begin - for the ward of the address. false: ERR_MALFORMED, the stem is
 * none. */
bool sent_begin(struct page *p, struct sent *s);

/* sent_set - the record's fields become what was typed, where that differs; for
 * a new one, `all`, what was not sent is empty. *changed: something differed.
 * false: ERR_MALFORMED, a word that is not on offer. What else is wrong with a
 * text the database says. */
bool sent_set(struct sent *s, const struct ward_kind *k,
    struct tree_node *record, bool all, bool *changed);

/* sent_record - the record as it is now becomes a row. sent_new - one of that
 * kind, with the typed fields, during the stay of that id (or absent). false:
 * ERR_MALFORMED, ERR_TOO_LARGE. */
bool sent_record(
    struct sent *s, const struct ward_kind *k, struct tree_node *record);
bool sent_new(struct sent *s, const struct ward_kind *k, struct str stay);

/* sent_add, sent_change - into the database: new rows, or the one in place of
 * the record that the address names. ERR_CONFLICT: somebody was faster. */
bool sent_add(struct sent *s);
bool sent_change(struct sent *s);

#endif
