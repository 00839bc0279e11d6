/* probe_way.c - how the server answers: sorted, counted, in pages, in batches
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "fhir/match.h"
#include "relay/probe_parts.h"

#define BUNDLE_BYTES ((size_t)8192)
#define SEVERAL      "20"

static struct str
patient_query(struct probe *p, const char *more)
{
	return str_of(probe_query(p, "patient", p->id, more));
}

static bool
search(
    struct probe *p, const char *more, struct bundle *b, struct probe_said *s)
{
	return probe_search(
	    p, IFACE_OBSERVATION, patient_query(p, more).at, b, s);
}

/* ---- sort --------------------------------------------------------------------- */

struct order {
	bool came, kept; /* answered; in that order */
	size_t n;        /* of records */
	struct probe_said s;
};

static void
ask_order(struct probe *p, bool newest, struct order *o)
{
	enum fhir_version v = p->ask->version;
	const struct search_sort sort = { .param = iface_canonical(
					      IFACE_OBSERVATION, v, "date"),
		.newest = newest };
	const char *key = v == FHIR_DSTU2
	                      ? newest ? "&_sort:desc=date" : "&_sort:asc=date"
	                  : newest ? "&_sort=-date"
	                           : "&_sort=date";
	struct match_end end = { .has = false };
	struct tree_node **list;
	struct bundle b;

	memset(o, 0, sizeof *o);
	o->came =
	    search(p, arena_printf(p->a, "%s&_count=" SEVERAL, key), &b, &o->s);
	if (!o->came)
		return;
	list = probe_records(p, &b, &o->n);
	o->kept =
	    match_sorted(IFACE_OBSERVATION, v, &sort, 1, list, o->n, &end);
}

/* A server that passes over it may be right by chance in one direction. */
static void
look_at_sort(struct probe *p)
{
	static const char loss[] =
	    "Nothing is lost; the gateway reads all that is found and puts it "
	    "in order, which takes longer.";
	struct order down, up = { .came = false };

	if (p->over)
		return;
	ask_order(p, true, &down);
	if (down.came && down.n > 1)
		ask_order(p, false, &up);
	if (!down.came)
		probe_say(p, PROBE_SORT,
		    probe_refused(&down.s) ? PROBE_EMULATED : PROBE_FAULT,
		    &down.s,
		    arena_printf(p->a, "The server %s.", probe_why(p, &down.s)),
		    loss);
	else if (!down.kept || (up.came && !up.kept))
		probe_say(p, PROBE_SORT, PROBE_EMULATED, &down.s,
		    "The server passes over the order that is asked for.",
		    loss);
	else
		probe_say(p, PROBE_SORT, PROBE_NATIVE, &down.s,
		    up.came ? "The server puts records in order."
			    : "The server takes it; there are too few records "
			      "to see what it does.",
		    NULL);
	if (down.came ? up.came : probe_refused(&down.s))
		ability_seen(&p->r->can, ABILITY_SORT,
		    down.came && down.kept && up.kept);
}

/* ---- total -------------------------------------------------------------------- */

static void
look_at_total(struct probe *p)
{
	bool asked = p->ask->version != FHIR_DSTU2, took;
	struct probe_said s;
	struct bundle b;
	bool came;

	if (p->over)
		return;
	took = came = asked && search(p, "&_count=1&_total=accurate", &b, &s);
	if (!came && (!asked || probe_refused(&s)))
		came = search(p, "&_count=1", &b, &s);
	if (asked && came)
		ability_seen(&p->r->can, ABILITY_TOTAL, took && b.has_total);
	if (!came)
		probe_say(p, PROBE_TOTAL, PROBE_UNSEEN, &s,
		    arena_printf(p->a, "The server %s.", probe_why(p, &s)),
		    NULL);
	else if (b.has_total)
		probe_say(p, PROBE_TOTAL, PROBE_NATIVE, &s,
		    "The server says how many there are.", NULL);
	else
		probe_say(p, PROBE_TOTAL, PROBE_EMULATED, &s,
		    "The server does not say how many there are.",
		    "The gateway counts pages, which takes longer; of very "
		    "many it knows the number only roughly.");
}

/* ---- batch -------------------------------------------------------------------- */

static struct str
batch_of(struct probe *p)
{
	struct buf b = buf_new(p->a, BUNDLE_BYTES);

	buf_fmt(&b,
	    "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":["
	    "{\"request\":{\"method\":\"GET\",\"url\":\"Patient/%.*s\"}},"
	    "{\"request\":{\"method\":\"GET\",\"url\":\"Patient?_id=%.*s\"}}]}",
	    STR_FMT(p->id), STR_FMT(p->id));
	return (struct str){ b.at, b.len };
}

/* Two answers in order; of nobody the first one's is 404. */
static bool
batch_answered(const struct probe *p, const struct tree_node *root)
{
	const struct tree_node *entries = tree_get(root, "entry");
	const struct tree_node *first = tree_first(entries);
	struct str status = tree_str(tree_get(first, "response"), "status");

	return str_is(tree_str(root, "type"), "batch-response") &&
	       tree_count(entries) == 2 &&
	       (str_starts(status, "200") ||
		   (p->nobody && (str_starts(status, "404") ||
				     str_starts(status, "410"))));
}

static void
look_at_batch(struct probe *p)
{
	static const char loss[] =
	    "Nothing is lost; the gateway asks for each by itself, which takes "
	    "longer.";
	struct probe_said s;
	bool came, works;

	if (p->over)
		return;
	came = probe_bundle(p, batch_of(p), &s);
	works = came && batch_answered(p, s.root);
	if (works)
		probe_say(p, PROBE_BATCH, PROBE_NATIVE, &s,
		    "The server takes batches.", NULL);
	else if (came)
		probe_say(p, PROBE_BATCH, PROBE_EMULATED, &s,
		    "What the server answers to a batch is no answer to one.",
		    loss);
	else
		probe_say(p, PROBE_BATCH,
		    s.seen.status ? PROBE_EMULATED : PROBE_FAULT, &s,
		    arena_printf(p->a, "The server %s.", probe_why(p, &s)),
		    loss);
	if (works || came || probe_refused(&s))
		ability_seen(&p->r->can, ABILITY_BATCH, works);
}

/* ---- paging -------------------------------------------------------------------- */

#define ONE_PAGE "Clinicians will see the first page of each list only."

/* scheme://host[:port] of a link; empty: it has none. */
static struct str
origin_of(struct str url)
{
	size_t i, slashes = 0;

	if (!str_starts_nocase(url, "http://") &&
	    !str_starts_nocase(url, "https://"))
		return STR_NONE;
	for (i = 0; i < url.len && slashes < 3; i++)
		slashes += url.at[i] == '/';
	return (struct str){ url.at, slashes == 3 ? i - 1 : i };
}

/* As the facade does: below the base, or below what the server calls itself. */
static bool
follow(struct probe *p, const struct bundle *b, struct str *path,
    struct str *query, bool *abroad)
{
	struct str called = bundle_base(b), asked = STR("Observation");
	struct links other;

	*abroad = origin_of(b->next).len &&
	          !links_outward(&p->links, p->a, b->next).at;
	if (*abroad && called.at &&
	    links_open(&other, p->a, called, p->links.ours) &&
	    links_outward(&other, p->a, b->next).at)
		return links_inward(&other, p->a, b->next, asked, path, query);
	return links_inward(&p->links, p->a, b->next, asked, path, query);
}

static void
tell_page(struct probe *p, const struct bundle *first, bool abroad,
    struct str path, struct str query)
{
	struct str origin = origin_of(first->next);
	struct err e = { .kind = ERR_NONE };
	struct probe_said s;
	struct bundle b;

	if (!probe_get(p, path, query, &s) ||
	    !bundle_read(
		&b, p->a, s.root, p->ask->version, STR("Observation"), &e))
		probe_say(p, PROBE_PAGING, PROBE_MISSING, &s,
		    arena_printf(p->a,
			"The link to the second page does not work: the server "
			"%s.",
			probe_why(p, &s)),
		    ONE_PAGE);
	else if (abroad)
		probe_say(p, PROBE_PAGING, PROBE_EMULATED, &s,
		    arena_printf(p->a,
			"Links to further pages name another host, %.*s.",
			origin.len > 200 ? 200 : (int)origin.len, origin.at),
		    "Nothing is lost; the gateway asks for them at the "
		    "hospital's own address.");
	else
		probe_say(p, PROBE_PAGING, PROBE_NATIVE, &s,
		    "The link to the second page works.", NULL);
}

static void
look_at_paging(struct probe *p)
{
	struct str path, query;
	struct probe_said s;
	struct bundle b;
	bool abroad;

	if (p->over)
		return;
	if (!search(p, "&_count=1", &b, &s))
		probe_say(p, PROBE_PAGING, PROBE_UNSEEN, &s,
		    "There was no first page.", NULL);
	else if (!b.next.at)
		probe_say(p, PROBE_PAGING,
		    b.has_total && b.total > b.matches ? PROBE_MISSING
						       : PROBE_UNSEEN,
		    &s,
		    b.has_total && b.total > b.matches
			? "The server cuts a list short and gives no link to "
			  "the rest."
			: "The test patient has too few records for two pages.",
		    b.has_total && b.total > b.matches ? ONE_PAGE : NULL);
	else if (!follow(p, &b, &path, &query, &abroad))
		probe_say(p, PROBE_PAGING, PROBE_MISSING, &s,
		    "The link to the second page leads to a place that is not "
		    "the hospital's.",
		    ONE_PAGE);
	else
		tell_page(p, &b, abroad, path, query);
}

void
probe_ways(struct probe *p)
{
	look_at_sort(p);
	look_at_total(p);
	look_at_batch(p);
	look_at_paging(p);
}
