/* params.c - fields of a form of ours, each at most once
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/params.h"

#include "base/enc.h"

static struct str
one_line_end(struct str s)
{
	char *at = (char *)(uintptr_t)s.at; /* decoded: our own copy */
	size_t i, n = 0;

	for (i = 0; i < s.len; i++) {
		if (at[i] == '\r' && i + 1 < s.len && at[i + 1] == '\n')
			continue;
		at[n++] = at[i] == '\r' ? '\n' : at[i];
	}
	return (struct str){ at, n };
}

static bool
add(struct params *p, struct arena *a, struct str pair, struct err *e)
{
	struct str raw, name = str_cut(pair, '=', &raw);
	struct param *to = &p->at[p->n];
	size_t i;

	if (p->n == PARAMS_MAX)
		return err_set(e, ERR_TOO_MANY, NULL);
	to->value = STR("");
	if (!dec_percent(a, name, true, &to->name) ||
	    (raw.at && !dec_percent(a, raw, true, &to->value)))
		return err_set(e, ERR_MALFORMED, NULL);
	for (i = 0; i < p->n; i++)
		if (str_eq(p->at[i].name, to->name))
			return err_set(e, ERR_REPEATED, NULL);
	if (to->value.len)
		to->value = one_line_end(to->value);
	p->n++;
	return true;
}

bool
params_read(struct params *p, struct arena *a, struct str text, struct err *e)
{
	struct str pair;

	while (text.at) {
		pair = str_cut(text, '&', &text);
		if (pair.len && !add(p, a, pair, e))
			return false;
	}
	return true;
}

struct str
params_find(const struct params *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (str_is(p->at[i].name, name))
			return p->at[i].value;
	return STR_NONE;
}
