/* scope.c - what a token is for: one tenant, and which records of it
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/scope.h"

_Static_assert(IFACE__MAX *IFACE_ACTION__MAX < 32, "bits fit");

#define TEXT_MAX ((size_t)1024)
#define ONE_TYPE ((UINT32_C(1) << IFACE_ACTION__MAX) - 1)

static uint32_t
bits_of(enum iface_type type, uint32_t actions)
{
	return actions << ((unsigned)type * IFACE_ACTION__MAX);
}

/* ---- reading ----------------------------------------------------------------- */

static uint32_t
type_named(struct str name)
{
	enum iface_type type;
	int v;

	for (v = 0; v < FHIR__MAX; v++)
		if (iface_named(&type, (enum fhir_version)v, name))
			return bits_of(type, ONE_TYPE);
	return 0;
}

uint32_t
scope_granted(const struct str *types, size_t n)
{
	uint32_t may = 0;
	size_t i;

	for (i = 0; i < n; i++)
		may |= type_named(types[i]);
	return n ? may : SCOPE_ALL;
}

/* Version 2 spells them in the order of "cruds"; 0: not so, or too much. */
static uint32_t
actions_of(struct str word, bool *v1)
{
	static const uint32_t read = 1u << IFACE_READ,
			      search = 1u << IFACE_SEARCH;

	*v1 = str_is(word, "read");
	return *v1 || str_is(word, "rs") ? read | search
	       : str_is(word, "r")       ? read
	       : str_is(word, "s")       ? search
	                                 : 0;
}

/* Every type's bits, cut down to these actions. */
static uint32_t
only(uint32_t types, uint32_t actions)
{
	uint32_t all = 0;
	int t;

	for (t = 0; t < IFACE__MAX; t++)
		all |= bits_of((enum iface_type)t, actions);
	return types & all;
}

static bool
read_word(struct scope *to, struct str word, struct err *e)
{
	static const char system[] = "system/";
	struct str name, actions;
	uint32_t types, may;
	bool v1;

	if (!str_starts(word, system))
		return err_set(e, ERR_SCOPE_REFUSED, NULL);
	word.at += sizeof system - 1;
	word.len -= sizeof system - 1;
	name = str_cut(word, '.', &actions);
	types = str_is(name, "*") ? SCOPE_ALL : type_named(name);
	may = only(types, actions_of(actions, &v1));
	if (!may)
		return err_set(e, ERR_SCOPE_REFUSED, NULL);
	to->v1 = v1 && (to->v1 || !to->named);
	to->named = true;
	to->may |= may;
	return true;
}

bool
scope_read(
    struct scope *to, struct guid *tenant, struct str text, struct err *e)
{
	bool found = false, fine = true;
	struct err word = { .kind = ERR_NONE };

	*to = (struct scope){ .may = 0 };
	while (text.at) {
		struct str next = str_cut(text, ' ', &text);
		struct guid g;

		if (guid_read(&g, next)) {
			fine = fine && !found && guid_usable(&g);
			found = true;
			*tenant = g;
		} else {
			read_word(to, next, &word);
		}
	}
	if (!found || !fine)
		return err_set(e, ERR_SCOPE_MALFORMED, NULL);
	if (word.kind) {
		*e = word;
		return false;
	}
	if (!to->named)
		to->may = SCOPE_ALL;
	return true;
}

/* ---- writing ----------------------------------------------------------------- */

static void
write_word(struct buf *b, const char *type, uint32_t actions, bool v1)
{
	buf_fmt(b, " system/%s.", type);
	if (v1 && actions == ONE_TYPE) {
		buf_str(b, "read");
		return;
	}
	if (actions & 1u << IFACE_READ)
		buf_char(b, 'r');
	if (actions & 1u << IFACE_SEARCH)
		buf_char(b, 's');
}

static void
write_words(struct buf *b, const struct scope *s)
{
	uint32_t first = s->may & ONE_TYPE, one;
	int t;

	if (first && s->may == only(SCOPE_ALL, first)) {
		write_word(b, "*", first, s->v1);
		return;
	}
	for (t = 0; t < IFACE__MAX; t++) {
		one = s->may >> (t * IFACE_ACTION__MAX) & ONE_TYPE;
		if (one)
			write_word(b, iface_name((enum iface_type)t, FHIR_R4),
			    one, s->v1);
	}
}

const char *
scope_text(struct arena *a, const struct scope *s, const struct guid *tenant)
{
	struct buf b = buf_new(a, TEXT_MAX);
	char guid[GUID_LEN + 1];

	buf_put(&b, guid_write(guid, tenant), GUID_LEN);
	if (s->named)
		write_words(&b, s);
	return buf_text(&b);
}
