/* template_read.c - a template file becomes parts, or is refused
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "web/template_parts.h"

#define DEPTH_MAX 16
#define NAME_SET  "abcdefghijklmnopqrstuvwxyz0123456789_"

/* Where a section began. */
struct opened {
	size_t part;
	struct html html;
};

struct reader {
	struct arena *a;
	struct template *t;
	struct str text; /* what is left */
	struct html html;
	struct opened open[DEPTH_MAX];
	size_t depth;
	struct str (*asset)(void *ctx, struct str name);
	void *ctx;
	struct err *e;
};

static struct part *
add(struct reader *r, enum part_kind kind)
{
	struct template *t = r->t;
	struct part *p;

	if (t->n == t->room) {
		size_t room = t->room ? t->room * 2 : 16;

		t->parts = arena_grow(r->a, t->parts,
		    t->room * sizeof *t->parts, room * sizeof *t->parts);
		t->room = room;
	}
	p = &t->parts[t->n++];
	*p = (struct part){ .kind = kind,
		.quoted = r->html.place == HTML_QUOTE };
	return p;
}

static bool
wrong(struct reader *r, const char *what)
{
	return err_set(r->e, ERR_CONF, "%s", what);
}

static bool
literal(struct reader *r, struct str text)
{
	const char *what = html_go(&r->html, text);

	if (what)
		return wrong(r, what);
	if (text.len)
		add(r, PART_TEXT)->text = text;
	return true;
}

static bool
named(struct reader *r, struct str name)
{
	size_t i;

	for (i = 0; i < name.len; i++)
		if (!strchr(NAME_SET, name.at[i]))
			break;
	return (name.len && i == name.len) ||
	       wrong(r, "a name is made of small letters, digits and _");
}

/* A hole in the place of text: a tag's inside is none. */
static bool
placed(struct reader *r)
{
	return r->html.place != HTML_TAG ||
	       wrong(r, "values stand in text or in double quotes");
}

static bool
value(struct reader *r, struct str name)
{
	enum part_kind kind = PART_VALUE;

	if (!placed(r) || !named(r, name))
		return false;
	if (r->html.place == HTML_QUOTE && html_address(&r->html))
		kind = r->html.begun ? PART_INSIDE : PART_LINK;
	add(r, kind)->name = name;
	r->html.begun = true;
	return true;
}

static bool
section(struct reader *r, enum part_kind kind, struct str text)
{
	struct str word, name = str_cut(text, '=', &word);

	if (r->depth == DEPTH_MAX)
		return wrong(r, "sections stand too deep in each other");
	if (!named(r, name))
		return false;
	r->open[r->depth++] = (struct opened){ r->t->n, r->html };
	add(r, kind)->name = name;
	r->t->parts[r->t->n - 1].other = word;
	return true;
}

static bool
closing(struct reader *r, struct str text)
{
	struct str word, name = str_cut(text, '=', &word);
	struct opened *o;

	if (!r->depth)
		return wrong(r, "a section ends that did not begin");
	o = &r->open[--r->depth];
	if (!str_eq(r->t->parts[o->part].name, name))
		return wrong(r, "a section ends that is not the last begun");
	if (!html_same(&o->html, &r->html))
		return wrong(r, "a section begins and ends at different "
				"places of a tag");
	r->t->parts[o->part].to = r->t->n;
	add(r, PART_CLOSE);
	return true;
}

/* Line breaks of the template are none of the text. */
static struct str
folded(struct arena *a, struct str text)
{
	char *to = arena_get(a, text.len + 1);
	size_t n = 0, i;

	text = str_trim(text, " \t\r\n");
	for (i = 0; i < text.len; i++) {
		bool blank = strchr(" \t\r\n", text.at[i]) != NULL;

		if (!blank)
			to[n++] = text.at[i];
		else if (to[n - 1] != ' ')
			to[n++] = ' ';
	}
	return (struct str){ to, n };
}

static bool
words(struct reader *r, struct str text)
{
	if (!placed(r))
		return false;
	add(r, PART_WORDS)->text = folded(r->a, text);
	r->html.begun = true;
	return true;
}

static bool
count(struct reader *r, struct str text)
{
	struct str one, other, name = str_cut(text, ' ', &one);
	struct part *p;

	one = str_cut(one, '|', &other);
	if (!other.at)
		return wrong(r, "{{+name one|other}} has two forms");
	if (!placed(r) || !named(r, name))
		return false;
	p = add(r, PART_COUNT);
	p->name = name;
	p->text = folded(r->a, one);
	p->other = folded(r->a, other);
	return true;
}

static bool
static_file(struct reader *r, struct str name)
{
	struct str address = r->asset(r->ctx, name);

	if (!address.at)
		return wrong(r, "there is no such static file");
	if (r->html.place != HTML_QUOTE)
		return wrong(r, "a static file stands in double quotes");
	r->html.begun = true;
	add(r, PART_TEXT)->text = address;
	return true;
}

static bool
other_file(struct reader *r, struct str name)
{
	if (r->html.place != HTML_TEXT)
		return wrong(r, "another file stands in text");
	if (!named(r, name))
		return false;
	add(r, PART_OTHER)->text = name;
	return true;
}

static bool
hole(struct reader *r, struct str text)
{
	struct str rest = { text.at + 1, text.len ? text.len - 1 : 0 };

	if (!text.len)
		return wrong(r, "the braces are empty");
	switch (text.at[0]) {
	case '#':
		return section(r, PART_OPEN, rest);
	case '^':
		return section(r, PART_ABSENT, rest);
	case '/':
		return closing(r, rest);
	case '>':
		return other_file(r, rest);
	case '_':
		return words(r, rest);
	case '+':
		return count(r, rest);
	case '@':
		return static_file(r, rest);
	default:
		return value(r, text);
	}
}

/* The braces end at the first pair that no third follows: {{_ of {name}}}. */
static bool
next(struct reader *r)
{
	const char *from = memmem(r->text.at, r->text.len, "{{", 2);
	const char *end = r->text.at + r->text.len, *to;
	struct str before = r->text;

	if (from)
		before.len = (size_t)(from - r->text.at);
	if (!literal(r, before))
		return false;
	r->text = (struct str){ end, 0 };
	if (!from)
		return true;
	to = memmem(from + 2, (size_t)(end - from - 2), "}}", 2);
	if (!to)
		return wrong(r, "braces do not end");
	while (to + 2 < end && to[2] == '}')
		to++;
	r->text = (struct str){ from, (size_t)(end - from) }; /* for the line */
	if (!hole(r, (struct str){ from + 2, (size_t)(to - from - 2) }))
		return false;
	r->text = (struct str){ to + 2, (size_t)(end - to - 2) };
	return true;
}

/* The first line says what the file is: it stays here. */
static struct str
without_head(struct str text)
{
	const char *end;

	if (!str_starts(text, "<!--") ||
	    !(end = memmem(text.at, text.len, "-->\n", 4)))
		return text;
	return (struct str){ end + 4, text.len - (size_t)(end + 4 - text.at) };
}

static size_t
line_of(struct str all, const char *at)
{
	const char *p;
	size_t line = 1;

	for (p = all.at; p < at; p++)
		line += *p == '\n';
	return line;
}

bool
template_read(struct arena *a, struct template *t, struct str text,
    struct str (*asset)(void *ctx, struct str name), void *ctx, size_t *line,
    struct err *e)
{
	struct reader r = { .a = a,
		.t = t,
		.text = without_head(text),
		.asset = asset,
		.ctx = ctx,
		.e = e };
	bool fine = true;

	while (fine && r.text.len)
		fine = next(&r);
	if (fine && r.depth)
		fine = wrong(&r, "a section does not end");
	if (fine && r.html.place != HTML_TEXT)
		fine = wrong(&r, "a tag does not end");
	*line = line_of(text, r.text.at);
	return fine;
}
