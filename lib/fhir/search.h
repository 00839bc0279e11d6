/* search.h - reads a search, and refuses what it must not be
 * SPDX-License-Identifier: Apache-2.0
 *
 * A search comes as a query string, as a form body (POST _search), or both:
 * both sets count. Percent-encoding is decoded first, then the name is split
 * from its modifier at the first colon. What comes out holds only parameters
 * of the tables in fhir/iface, with checked values; what goes to a provider is
 * planned (fhir/search_plan) and written from that, and never copied from the
 * request. */
#ifndef FHIR_SEARCH_H
#define FHIR_SEARCH_H

#include "base/buf.h"
#include "fhir/iface.h"

#define SEARCH_PARAMS_MAX      64   /* name=value pairs, query and form */
#define SEARCH_VALUE_BYTES_MAX 1024 /* decoded; a page cursor may be longer */
#define SEARCH_SORTS_MAX       4

/* What is asked, as it came. */
struct search_ask {
	enum fhir_version face;
	enum iface_type type;
	struct str query;       /* raw, without ?; absent or empty: none */
	struct str form;        /* raw urlencoded body; absent or empty: none */
	struct str public_base; /* references that begin with it are ours */
	bool strict;            /* search_strict of the Prefer field */
	unsigned count_default; /* _count when none is asked */
	unsigned count_max;     /* larger ones are cut to it */
};

struct search_param {
	const struct iface_param *param;
	enum iface_modifier modifier;
	struct str value; /* decoded and checked, FHIR's \ escapes as they came;
	                     references and ids are bare ids */
};

struct search_sort {
	const struct iface_param *param;
	bool newest; /* descending */
};

/* A search fit to be run. Everything is borrowed from the arena. */
struct search {
	enum fhir_version face;
	enum iface_type type;
	const struct search_param *params; /* in the order they came */
	size_t n;
	struct search_sort sort[SEARCH_SORTS_MAX];
	size_t sorts;
	unsigned count;     /* page size; 0: only the total is wanted */
	bool count_asked;   /* as opposed to the default */
	bool count_cut;     /* more than count_max was asked */
	struct str patient; /* the one patient it is about: id, else absent */
	struct str ids; /* value of _id (one id or a comma list), else absent */
	struct str cursor;         /* page handle: then nothing else is set */
	struct str format;         /* _format, else absent */
	const struct str *dropped; /* names left out, fit to be shown */
	size_t n_dropped;
};

/* search_read - checks a search against the tables.
 *
 * Left out and named in `dropped`: parameters that the face does not know,
 * sort keys likewise. A known parameter without a value counts as absent.
 * NULL:
 *   ERR_PARAM         _include, _revinclude, _has, _filter, _query, chains;
 *                     a modifier that is not in the tables; a bad value; bad
 *                     encoding. The sentence names the parameter if it is one
 *                     of ours, and never holds a value
 *   ERR_PARAM_STRICT  something would be left out, and `strict` is set
 *   ERR_REPEATED      one-value parameters given twice and different
 *   ERR_UNSELECTIVE   nothing that narrows the search; a clinical type
 *                     without patient or _id
 *   ERR_TOO_MANY, ERR_TOO_LARGE  over the limits above */
const struct search *search_read(
    struct arena *a, const struct search_ask *ask, struct err *e);

/* search_format - the _format in a query or a form, before anything else of it
 * is looked at: *format is absent if there is none. false: ERR_PARAM, it is not properly
 * encoded; ERR_REPEATED. Other parameters are passed over. */
bool search_format(
    struct arena *a, struct str query, struct str *format, struct err *e);

/* search_strict - does a Prefer field say handling=strict? (RFC 7240) */
bool search_strict(struct str prefer);

/* search_self - the same search as a query string for our own self link. */
void search_self(struct buf *b, const struct search *s);

/* search_said - a sentence that names what was left out, for the outcome entry
 * of the answer; NULL if nothing was. Borrowed from a. */
const char *search_said(struct arena *a, const struct search *s);

#endif
