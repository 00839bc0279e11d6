/* command_words.c - what the caller of a command typed
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/command_inner.h"

/* Index of the first word that is the option `name`, with or without =VALUE;
 * c->n when there is none. Options end at `--`. */
static size_t
find(const struct command *c, const char *name)
{
	size_t i, len = strlen(name);

	for (i = 0; i < c->n && strcmp(c->words[i], "--"); i++)
		if (!strncmp(c->words[i], name, len) &&
		    (!c->words[i][len] ||
			(c->words[i][len] == '=' && name[1] == '-')))
			return i;
	return c->n;
}

void
command_take_out(struct command *c, size_t at, size_t count)
{
	c->n -= count;
	memmove(c->words + at, c->words + at + count,
	    (c->n - at) * sizeof *c->words);
}

bool
command_flag(struct command *c, const char *name)
{
	size_t at = find(c, name);

	if (at == c->n)
		return false;
	if (c->words[at][strlen(name)] && !c->broken)
		c->broken = name;
	command_take_out(c, at, 1);
	if (find(c, name) != c->n && !c->broken)
		c->broken = name;
	return true;
}

const char *
command_option(struct command *c, const char *name)
{
	size_t at = find(c, name);
	const char *value = NULL;

	if (at == c->n)
		return NULL;
	if (c->words[at][strlen(name)] == '=') {
		value = c->words[at] + strlen(name) + 1;
		command_take_out(c, at, 1);
	} else if (at + 1 < c->n) {
		value = c->words[at + 1];
		command_take_out(c, at, 2);
	} else {
		command_take_out(c, at, 1);
	}
	if ((!value || find(c, name) != c->n) && !c->broken)
		c->broken = name;
	return value;
}

bool
command_number(struct command *c, const char *name, int64_t least, int64_t most,
    int64_t initial, int64_t *n, struct err *e)
{
	const char *text = command_option(c, name);
	uint64_t u = 0;

	*n = initial;
	if (!text)
		return true;
	if (!str_number(str_of(text), 18, &u) || (int64_t)u < least ||
	    (int64_t)u > most)
		return command_misused(c, e,
		    "%s takes a number from %lld to %lld.", name,
		    (long long)least, (long long)most);
	*n = (int64_t)u;
	return true;
}

const char *
command_word(struct command *c, const char *what)
{
	const char *word;
	size_t at = 0;

	/* What looks like an option is one that nobody took. */
	while (at < c->n && c->words[at][0] == '-' && c->words[at][1] &&
	       strcmp(c->words[at], "--"))
		at++;
	if (at < c->n && !strcmp(c->words[at], "--")) {
		if (at + 1 < c->n) {
			word = c->words[at + 1];
			command_take_out(c, at + 1, 1);
			return word;
		}
		at = c->n;
	}
	if (at == c->n) {
		if (what && !c->missing)
			c->missing = what;
		return NULL;
	}
	word = c->words[at];
	command_take_out(c, at, 1);
	return word;
}

bool
command_guid(struct command *c, const char *what, const char *text,
    struct guid *g, struct err *e)
{
	if (text && guid_read(g, str_of(text)) && guid_usable(g))
		return true;
	return command_misused(
	    c, e, "%s must be a GUID: 8-4-4-4-12 hexadecimal digits.", what);
}

bool
command_misused(struct command *c, struct err *e, const char *said, ...)
{
	char text[sizeof e->said];
	va_list ap;

	va_start(ap, said);
	vsnprintf(text, sizeof text, said, ap);
	va_end(ap);
	if (e->kind == ERR_NONE)
		c->misused = true;
	return err_set(e, ERR_MALFORMED, "%s", text);
}

bool
command_end(struct command *c, struct err *e)
{
	if (c->broken)
		return command_misused(c, e,
		    "%s is given twice, or its value is wrong.", c->broken);
	if (c->n && !strcmp(c->words[0], "--"))
		command_take_out(c, 0, 1);
	if (c->missing)
		return command_misused(c, e, "%s is missing.", c->missing);
	if (c->n)
		return command_misused(
		    c, e, "\"%.80s\" is not understood.", c->words[0]);
	return true;
}
