/* template_parts.h - what a template is once it has been read
 * SPDX-License-Identifier: Apache-2.0
 *
 * Between template.c, template_read.c and template_html.c; others use
 * web/template.h. */
#ifndef WEB_TEMPLATE_PARTS_H
#define WEB_TEMPLATE_PARTS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum part_kind {
	PART_TEXT,   /* as it stands */
	PART_VALUE,  /* {{name}} */
	PART_LINK,   /* {{name}} where an address begins */
	PART_INSIDE, /* {{name}} within one */
	PART_OPEN,   /* {{#name}}; `to` is its end */
	PART_ABSENT, /* {{^name}} */
	PART_CLOSE,
	PART_WORDS, /* {{_ words}} */
	PART_COUNT, /* {{+name one|other}} */
	PART_OTHER, /* {{>part}} */
};

struct part {
	enum part_kind kind;
	struct str text;  /* PART_TEXT; words, the first form, the file */
	struct str other; /* the second form; the word of {{#name=word}} */
	struct str name;
	const struct template *file; /* PART_OTHER, once all are read */
	size_t to;   /* PART_OPEN, _ABSENT: index of their PART_CLOSE */
	bool quoted; /* in an attribute */
};

struct template
{
	const char *name;
	struct part *parts;
	size_t n, room;
};

/* ---- where in HTML are we? (template_html.c) ------------------------------------- */

enum html_place {
	HTML_TEXT,
	HTML_TAG,  /* between < and >, outside of values */
	HTML_QUOTE /* in a value in double quotes */
};

struct html {
	enum html_place place;
	char attr[32]; /* name of the attribute we are in */
	size_t attr_len;
	bool begun;  /* the value has had a character */
	bool naming; /* the attribute's name is not yet complete */
};

/* html_go - over text of the template's own. NULL, or what is wrong. */
const char *html_go(struct html *h, struct str text);

/* html_address - is this the value of an attribute that holds an address? */
bool html_address(const struct html *h);

/* html_same - may a section begin at one and end at the other? */
bool html_same(const struct html *a, const struct html *b);

/* ---- reading (template_read.c) ---------------------------------------------------- */

/* template_read - t->parts from the text of a file.
 *   asset   the address of a static file; absent: there is none
 *   *line   of what is wrong, when it is false: ERR_CONF */
bool template_read(struct arena *a, struct template *t, struct str text,
    struct str (*asset)(void *ctx, struct str name), void *ctx, size_t *line,
    struct err *e);

#endif
