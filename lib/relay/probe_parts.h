/* probe_parts.h - what the files of relay/probe have of each other
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RELAY_PROBE_PARTS_H
#define RELAY_PROBE_PARTS_H

#include "fhir/bundle.h"
#include "fhir/links.h"
#include "relay/probe.h"

#define PROBE_NOBODY "wardgate" /* who is in no hospital */

struct probe {
	struct arena *a;
	const struct probe_ask *ask;
	struct probe_report *r;
	struct str id; /* of the patient that is asked about */
	bool nobody;   /* it is PROBE_NOBODY */
	bool over;     /* there is no sense in asking on */
	unsigned slowest_ms, answers;
	struct links links;
	const struct tree_node *patient; /* its record; NULL: not had */
	struct str place; /* Location of its newest encounter, as it refers */
};

/* One question and its answer. */
struct probe_said {
	const struct upstream_answer *answer; /* NULL: e says why */
	struct tree_node *root;               /* NULL: no JSON object came */
	struct err e;
	struct upstream_seen seen;
};

/* probe_get, probe_form, probe_bundle - GET path?query; POST of a form there;
 * POST of a Bundle to the base. true: a JSON object came. */
bool probe_get(
    struct probe *p, struct str path, struct str query, struct probe_said *s);
bool probe_form(
    struct probe *p, struct str path, struct str form, struct probe_said *s);
bool probe_bundle(struct probe *p, struct str body, struct probe_said *s);

/* probe_search - GET type?query as a searchset, read into b. */
bool probe_search(struct probe *p, enum iface_type t, const char *query,
    struct bundle *b, struct probe_said *s);

/* probe_refused - did it understand us, and not do it? As opposed to: it could
 * not be asked at all. */
bool probe_refused(const struct probe_said *s);

/* probe_why - what happened instead of an answer, as the end of a sentence
 * that begins with "The server ". */
const char *probe_why(const struct probe *p, const struct probe_said *s);

/* What a call found out instead of what it asked for. */
struct probe_trouble {
	enum probe_call about;
	const char *words, *act; /* sentences: what is so, and what to do */
};

/* probe_tls - why there was no connection to trust: their certificate, TLS
 * itself, or ours, which they refuse or miss. NULL: TLS had no fault in it. */
const struct probe_trouble *probe_tls(
    const struct probe *p, const struct err *e);

/* probe_say - the finding of a call. s: what it comes from; NULL: nothing. */
void probe_say(struct probe *p, enum probe_call c, enum probe_word word,
    const struct probe_said *s, const char *found, const char *loss);

/* probe_query - name=value&..., values percent-encoded; NULL ends. */
const char *probe_query(
    struct probe *p, const char *name, struct str value, const char *more);

/* probe_records - the matches of b as a list; *n receives how many. */
struct tree_node **probe_records(
    struct probe *p, const struct bundle *b, size_t *n);

/* probe_has - is the record of that id among them? */
bool probe_has(struct tree_node *const *list, size_t n, struct str id);

/* The parts of a probe, in this order. */
void probe_base(struct probe *p);    /* reach to clock, and the patient */
void probe_persons(struct probe *p); /* searches for patients */
void probe_kinds(struct probe *p);   /* what is read about a patient */
void probe_ways(struct probe *p);    /* sort, total, batch, paging */

#endif
