/* display_name.c - what people call a record that others refer to
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/display_name.h"

#define BLANKS " \t\r\n"

/* ---- small readers ---------------------------------------------------------- */

/* A text that can be shown; absent if it cannot. */
static struct str
shown(struct tree_node *n)
{
	struct str s =
	    tree_is(n, TREE_STRING) ? str_trim(tree_text(n), BLANKS) : STR_NONE;

	return s.len && s.len <= DISPLAY_BYTES_MAX && str_plain(s) ? s
	                                                           : STR_NONE;
}

/* Versions, and servers, differ in what is one value and what a list. */
static struct tree_node *
first_of(struct tree_node *n)
{
	return tree_is(n, TREE_ARRAY) ? tree_first(n) : n;
}

static struct tree_node *
next_of(struct tree_node *one, const struct tree_node *in)
{
	return tree_is(in, TREE_ARRAY) ? tree_next(one) : NULL;
}

#define EACH_OF(one, in)                                                       \
	for ((one) = first_of(in); (one); (one) = next_of(one, in))

/* A CodeableConcept, or the first of a list that says something. */
static struct str concept(struct tree_node *in)
{
	struct tree_node *one, *coding, *c;
	struct str s;

	EACH_OF(one, in)
	{
		if ((s = shown(tree_at(one, NAME_text))).len)
			return s;
		coding = tree_at(one, NAME_coding);
		EACH_OF(c, coding)
		{
			if ((s = shown(tree_at(c, NAME_display))).len)
				return s;
		}
	}
	return STR_NONE;
}

static struct str
identifier(struct tree_node *in)
{
	struct tree_node *one;
	struct str s;

	EACH_OF(one, in)
	{
		if ((s = shown(tree_at(one, NAME_value))).len)
			return s;
	}
	return STR_NONE;
}

/* ---- names of persons --------------------------------------------------------- */

/* HumanName.use, best first; what is not here stands between. */
static unsigned
rank_of_use(struct tree_node *name)
{
	static const struct {
		const char *use;
		unsigned rank;
	} uses[] = { { "official", 0 }, { "usual", 1 }, { "nickname", 3 },
		{ "anonymous", 4 }, { "maiden", 5 }, { "old", 5 } };
	struct str use = tree_text(tree_at(name, NAME_use));
	size_t i;

	for (i = 0; i < COUNT(uses); i++)
		if (str_is(use, uses[i].use))
			return uses[i].rank;
	return 2;
}

/* One text or a list of them: family was a list in DSTU2. */
static void
put_words(struct buf *b, struct tree_node *in)
{
	struct tree_node *one;
	struct str s;

	EACH_OF(one, in)
	{
		if (!(s = shown(one)).len)
			continue;
		if (b->len)
			buf_char(b, ' ');
		buf_put(b, s.at, s.len);
	}
}

static struct str
human(struct arena *a, struct tree_node *name)
{
	struct str text = shown(tree_at(name, NAME_text));
	struct buf b = buf_new(a, DISPLAY_BYTES_MAX);

	if (text.len)
		return text;
	put_words(&b, tree_at(name, NAME_prefix));
	put_words(&b, tree_at(name, NAME_given));
	put_words(&b, tree_at(name, NAME_family));
	return b.failed || !b.len ? STR_NONE : (struct str){ b.at, b.len };
}

static struct str
person(struct arena *a, const struct tree_node *res)
{
	struct tree_node *in = tree_at(res, NAME_name), *one;
	struct str best = STR_NONE, s;
	unsigned best_rank = 0, rank;

	EACH_OF(one, in)
	{
		rank = rank_of_use(one);
		if ((best.len && rank >= best_rank) || !(s = human(a, one)).len)
			continue;
		best = s;
		best_rank = rank;
	}
	return best;
}

/* ---- by type --------------------------------------------------------------------- */

static struct str
location(struct arena *a, const struct tree_node *res)
{
	struct str s = shown(tree_at(res, NAME_name));

	(void)a;
	if (!s.len)
		s = shown(tree_at(res, NAME_description));
	if (!s.len)
	s = concept(tree_at(res, NAME_type));
	return s.len ? s : identifier(tree_at(res, NAME_identifier));
}

static struct str
role(struct arena *a, const struct tree_node *res)
{
	struct str s =
	    shown(tree_get(tree_get(res, "practitioner"), "display"));

	(void)a;
	return s.len ? s : concept(tree_at(res, NAME_code));
}

static struct str
organization(struct arena *a, const struct tree_node *res)
{
	(void)a;
	return shown(tree_at(res, NAME_name));
}

static struct str
medication(struct arena *a, const struct tree_node *res)
{
	(void)a;
	return concept(tree_at(res, NAME_code));
}

static const struct {
	const char *type;
	struct str (*name)(struct arena *a, const struct tree_node *res);
} types[] = {
	{ "Location", location },
	{ "Practitioner", person },
	{ "PractitionerRole", role },
	{ "Organization", organization },
	{ "Medication", medication },
};

bool
display_known(struct str type)
{
	size_t i;

	for (i = 0; i < COUNT(types); i++)
		if (str_is(type, types[i].type))
			return true;
	return false;
}

struct str
display_name(struct arena *a, const struct tree_node *resource)
{
	struct str type = tree_text(tree_at(resource, NAME_resourceType));
	size_t i;

	for (i = 0; i < COUNT(types); i++)
		if (str_is(type, types[i].type))
			return types[i].name(a, resource);
	return STR_NONE;
}
