/* pair.c - one name=value of a query string or a form body, decoded
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/pair.h"

#include "base/enc.h"

bool
pair_read(struct arena *a, struct str text, struct pair *p, struct err *e)
{
	struct str raw, name = str_cut(text, '=', &raw);

	p->value = STR("");
	if (!dec_percent(a, name, true, &p->name) ||
	    (raw.at && !dec_percent(a, raw, true, &p->value)))
		return err_set(
		    e, ERR_PARAM, "A parameter is not percent-encoded UTF-8.");
	if (!p->name.len || p->name.len > PAIR_NAME_BYTES_MAX ||
	    p->name.at[0] == ':' || !str_plain(p->name))
		return err_set(e, ERR_PARAM,
		    "A parameter has no name, one of more than %d bytes, or "
		    "one with control characters.",
		    PAIR_NAME_BYTES_MAX);
	if (!str_plain(p->value))
		return err_set(e, ERR_PARAM,
		    "A parameter's value holds control characters.");
	p->value = str_trim(p->value, " ");
	p->name = str_cut(p->name, ':', &p->modifier);
	return true;
}

bool
pair_once(struct str *held, struct str value, const char *name, struct err *e)
{
	if (held->len && !str_eq(*held, value))
		return err_set(e, ERR_REPEATED,
		    "%s stands twice, with different values.", name);
	*held = value;
	return true;
}
