/* probe_ask.c - one question of a probe, and what is said of its answer
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "relay/probe_parts.h"
#include "relay/upauth.h"

#define QUERY_BYTES ((size_t)8192)

/* ---- asking ----------------------------------------------------------------- */

static bool
read_root(struct probe *p, struct probe_said *s)
{
	struct err e = { .kind = ERR_NONE };

	s->root = tree_read(p->a, s->answer->body, &p->ask->limits, &e);
	return s->root || err_why(&s->e, e.kind, "%s", e.said);
}

static bool
ask(struct probe *p, struct upstream_ask *q, struct probe_said *s)
{
	memset(s, 0, sizeof *s);
	q->to = p->ask->to;
	q->accept = version_type(p->ask->version);
	q->deadline_ms = p->ask->deadline_ms;
	q->seen = &s->seen;
	s->answer = upauth_call(p->ask->engine, p->a, q, &s->e);
	if (s->seen.elapsed_ms > p->slowest_ms)
		p->slowest_ms = s->seen.elapsed_ms;
	if (clock_mono_ms() >= p->ask->deadline_ms)
		p->over = true;
	p->answers += s->seen.status > 0;
	return s->answer && read_root(p, s);
}

bool
probe_get(
    struct probe *p, struct str path, struct str query, struct probe_said *s)
{
	struct upstream_ask q = { .method = UPSTREAM_GET,
		.path = path,
		.query = query,
		.look = !p->r->certificate.ends_s };

	return ask(p, &q, s);
}

bool
probe_form(
    struct probe *p, struct str path, struct str form, struct probe_said *s)
{
	struct upstream_ask q = {
		.method = UPSTREAM_POST_FORM, .path = path, .body = form
	};

	return ask(p, &q, s);
}

bool
probe_bundle(struct probe *p, struct str body, struct probe_said *s)
{
	struct upstream_ask q = {
		.method = UPSTREAM_POST_JSON, .path = STR(""), .body = body
	};

	return ask(p, &q, s);
}

bool
probe_search(struct probe *p, enum iface_type t, const char *query,
    struct bundle *b, struct probe_said *s)
{
	struct str type = str_of(iface_name(t, p->ask->version));

	return probe_get(p, type, str_of(query), s) &&
	       bundle_read(b, p->a, s->root, p->ask->version, type, &s->e);
}

const char *
probe_query(
    struct probe *p, const char *name, struct str value, const char *more)
{
	struct buf b = buf_new(p->a, QUERY_BYTES);

	buf_fmt(&b, "%s=", name);
	enc_percent(&b, value);
	buf_str(&b, more);
	return buf_text(&b);
}

/* ---- what came -------------------------------------------------------------- */

struct tree_node **
probe_records(struct probe *p, const struct bundle *b, size_t *n)
{
	struct tree_node **list =
	    arena_get(p->a, (b->matches + 1) * sizeof *list);
	struct tree_node *entry, *record;

	*n = 0;
	tree_each(entry, tree_get(b->root, "entry"))
	{
		record = bundle_match(entry);
		if (record && *n < b->matches)
			list[(*n)++] = record;
	}
	return list;
}

bool
probe_has(struct tree_node *const *list, size_t n, struct str id)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(tree_str(list[i], "id"), id))
			return true;
	return false;
}

bool
probe_refused(const struct probe_said *s)
{
	return s->e.kind == ERR_UPSTREAM_REFUSED ||
	       s->e.kind == ERR_UPSTREAM_NOT_FOUND ||
	       s->e.kind == ERR_UPSTREAM_GONE ||
	       s->e.kind == ERR_UPSTREAM_FAILED ||
	       (s->e.kind == ERR_UPSTREAM_AUTH && s->seen.status == 403);
}

/* Of what has no status of its own worth telling. */
static const struct {
	enum err_kind kind;
	const char *words;
} whys[] = {
	{ ERR_UPSTREAM_CONNECT, "could not be reached" },
	{ ERR_UPSTREAM_ADDRESS, "stands at an address where we may not go" },
	{ ERR_UPSTREAM_TIMEOUT, "did not answer in time" },
	{ ERR_UPSTREAM_LARGE, "sent more than is ever read" },
	{ ERR_DEADLINE, "was not asked: the time for the probe was over" },
	{ ERR_BUSY, "was not asked: this process is busy or ends" },
};

/* The difference between a page for people and JSON that is none. */
static const char *
why_bad(const struct probe *p, const struct probe_said *s)
{
	if (strstr(s->e.why, "content type"))
		return "answered with something that is no JSON: a sign-in "
		       "page, or a proxy that stands in between";
	if (s->answer)
		return "answered with JSON that is broken, or is no FHIR";
	return arena_printf(p->a, "sent an answer that cannot be read (%s)",
	    *s->e.why ? s->e.why : "it was cut off");
}

const char *
probe_why(const struct probe *p, const struct probe_said *s)
{
	for (size_t i = 0; i < COUNT(whys); i++)
		if (whys[i].kind == s->e.kind)
			return whys[i].words;
	switch (s->e.kind) {
	case ERR_UPSTREAM_REDIRECT:
		return arena_printf(p->a,
		    "sends us elsewhere (%d): a sign-in page, or another "
		    "address, which is never followed",
		    s->seen.status);
	case ERR_UPSTREAM_LIMIT:
		return "says that it is asked too often (429)";
	case ERR_UPSTREAM_BAD:
		return why_bad(p, s);
	case ERR_UPSTREAM_FAILED:
	case ERR_UPSTREAM_BUSY:
		return arena_printf(p->a, "failed itself (%d)", s->seen.status);
	default:
		return s->seen.status ? arena_printf(p->a, "refused it (%d)",
					    s->seen.status)
		                      : "gave no answer";
	}
}

void
probe_say(struct probe *p, enum probe_call c, enum probe_word word,
    const struct probe_said *s, const char *found, const char *loss)
{
	p->r->finding[c] = (struct probe_finding){ .word = word,
		.found = found,
		.loss = loss,
		.ms = s ? s->seen.elapsed_ms : 0,
		.status = s ? s->seen.status : 0,
		.asked = true };
}
