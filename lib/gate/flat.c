/* flat.c - one flat JSON object, in the one spelling that is ours
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/flat.h"

#define MEMBERS_MAX 24
#define DIGITS_MAX  18

struct reader {
	const char *at, *end;
	struct str seen[MEMBERS_MAX];
	size_t n;
};

static bool
eat(struct reader *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool
read_text(struct reader *r, struct str *to)
{
	const char *start;

	if (!eat(r, '"'))
		return false;
	for (start = r->at; r->at < r->end && *r->at != '"'; r->at++)
		if (*r->at < ' ' || *r->at > '~' || *r->at == '\\')
			return false;
	*to = (struct str){ start, (size_t)(r->at - start) };
	return eat(r, '"');
}

static bool
read_integer(struct reader *r, int64_t *to)
{
	bool minus = eat(r, '-');
	struct str digits = { r->at, 0 };
	uint64_t n;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	digits.len = (size_t)(r->at - digits.at);
	if (!str_number(digits, DIGITS_MAX, &n) ||
	    (digits.at[0] == '0' && (digits.len > 1 || minus)))
		return false;
	*to = minus ? -(int64_t)n : (int64_t)n;
	return true;
}

static bool
remember(struct reader *r, struct str name)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (str_eq(r->seen[i], name))
			return false;
	if (r->n == MEMBERS_MAX)
		return false;
	r->seen[r->n++] = name;
	return true;
}

static struct flat_value *
place_of(
    const struct flat_wanted *w, struct flat_value *values, struct str name)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (str_is(name, w->names[i]))
			return &values[i];
	return NULL;
}

/* One member. A value of another type is told apart from bad syntax: it may
 * be a claim of a kind that others would accept. */
static bool
read_member(struct reader *r, const struct flat_wanted *w,
    struct flat_value *values, struct err *e)
{
	struct flat_value v = { .there = true }, *place;
	struct str name;

	if (!read_text(r, &name) || !eat(r, ':'))
		return err_why(e, ERR_TOKEN_MALFORMED, "not flat JSON");
	if (!remember(r, name))
		return err_why(e, ERR_TOKEN_MALFORMED, "a member twice");
	if (!(place = place_of(w, values, name)) && w->only)
		return err_why(e, ERR_TOKEN_MALFORMED, "a member too many");
	if (r->at < r->end && *r->at == '"') {
		if (!read_text(r, &v.text))
			return err_why(e, ERR_TOKEN_MALFORMED, "odd text");
	} else if (!read_integer(r, &v.n) || r->at == r->end ||
		   (*r->at != ',' && *r->at != '}')) {
		return err_why(e, ERR_TOKEN_CLAIMS,
		    "a value that is neither text nor an integer");
	}
	if (place)
		*place = v;
	return true;
}

bool
flat_read(struct str json, const struct flat_wanted *w,
    struct flat_value *values, struct err *e)
{
	struct reader r = { .at = json.at, .end = json.at + json.len };

	if (!eat(&r, '{'))
		return err_why(e, ERR_TOKEN_MALFORMED, "not an object");
	do
		if (!read_member(&r, w, values, e))
			return false;
	while (eat(&r, ','));
	return (eat(&r, '}') && r.at == r.end) ||
	       err_why(e, ERR_TOKEN_MALFORMED, "not flat JSON to its end");
}
