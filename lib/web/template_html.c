/* template_html.c - enough of HTML to know where a hole stands
 * SPDX-License-Identifier: Apache-2.0 */
#include "web/template_parts.h"

#include <string.h>

static const char *const addresses[] = { "href", "src", "action",
	"formaction" };

bool
html_address(const struct html *h)
{
	size_t i;

	for (i = 0; i < COUNT(addresses); i++)
		if (str_is_nocase(
			(struct str){ h->attr, h->attr_len }, addresses[i]))
			return true;
	return false;
}

bool
html_same(const struct html *a, const struct html *b)
{
	return a->place == b->place &&
	       (a->place != HTML_QUOTE ||
		   (a->begun == b->begun && a->attr_len == b->attr_len &&
		       !memcmp(a->attr, b->attr, a->attr_len)));
}

static const char *
forbidden(struct str rest)
{
	if (str_starts_nocase(rest, "<style") ||
	    str_starts_nocase(rest, "<base") ||
	    str_starts_nocase(rest, "<iframe"))
		return "style, base and iframe have no place in a template";
	if (str_starts(rest, "<!--"))
		return "a comment has no place below the first line";
	return NULL;
}

static const char *
attribute_ends(struct html *h)
{
	struct str name = { h->attr, h->attr_len };

	h->naming = false;
	if (str_starts_nocase(name, "on") || str_is_nocase(name, "style"))
		return "script and style have no place in an attribute";
	return NULL;
}

static const char *
in_tag(struct html *h, char c)
{
	switch (c) {
	case '>':
		h->place = HTML_TEXT;
		h->naming = false;
		return NULL;
	case '"':
		h->place = HTML_QUOTE;
		h->begun = false;
		return attribute_ends(h);
	case '\'':
		return "attributes stand in double quotes";
	case '=':
		return attribute_ends(h);
	case ' ':
	case '\t':
	case '\n':
	case '/':
		h->naming = false;
		return NULL;
	default:
		if (!h->naming)
			h->attr_len = 0;
		h->naming = true;
		if (h->attr_len == sizeof h->attr)
			return "the name of an attribute is too long";
		h->attr[h->attr_len++] = c;
		return NULL;
	}
}

static const char *
in_text(struct html *h, struct str rest)
{
	const char *wrong = NULL;

	if (rest.at[0] == '<' && !(wrong = forbidden(rest))) {
		h->place = HTML_TAG;
		h->naming = false;
		h->attr_len = 0;
	}
	return wrong;
}

const char *
html_go(struct html *h, struct str text)
{
	const char *wrong = NULL;
	size_t i;

	for (i = 0; i < text.len && !wrong; i++) {
		char c = text.at[i];

		if (h->place == HTML_TEXT) {
			wrong = in_text(
			    h, (struct str){ text.at + i, text.len - i });
		} else if (h->place == HTML_TAG) {
			wrong = in_tag(h, c);
		} else if (c == '"') {
			h->place = HTML_TAG;
			h->naming = false;
		} else {
			h->begun = true;
		}
	}
	return wrong;
}
