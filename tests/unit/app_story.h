/* app_story.h - one request to a handler and its answer, without a server
 * SPDX-License-Identifier: Apache-2.0
 *
 * Included by unit tests after cmocka.h. */
#ifndef TESTS_APP_STORY_H
#define TESTS_APP_STORY_H

#include <string.h>

#include "app/metadata.h"
#include "fhir/tree.h"

/* One request and its answer, as serve would hold them. */
struct story {
	struct arena *a;
	struct req req;
	struct resp resp;
	struct work w;
};

static inline void
ask(struct story *s, const struct conf *conf, const char *path,
    const char *accept)
{
	struct str query;

	memset(s, 0, sizeof *s);
	s->a = arena_new();
	s->req.path = str_cut(str_of(path), '?', &query);
	s->req.query = query;
	s->req.accept = str_of(accept);
	s->resp.status = 200;
	s->w = (struct work){ .a = s->a,
		.conf = conf,
		.req = &s->req,
		.resp = &s->resp,
		.face = FAIL_JSON };
	metadata_begin(&s->w);
}

static inline const char *
header(const struct story *s, const char *name)
{
	for (size_t i = 0; i < s->resp.n; i++)
		if (!strcmp(s->resp.header[i].name, name))
			return s->resp.header[i].value;
	return "";
}

static inline struct tree_node *
body(struct story *s)
{
	struct err e = { 0 };
	struct tree_node *n = tree_read(
	    s->a, s->resp.body, &(struct tree_limits){ .object = true }, &e);

	assert_non_null(n);
	return n;
}

#endif
