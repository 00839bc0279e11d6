/* onboard_file.c - a script of sql/onboard that somebody filled in
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/onboard_file.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"

#define MARK "-- ---- "

static const struct script {
	const char *name, *text;
} scripts[] = {
	{ "tenant", onboard_tenant },
	{ "remove", onboard_remove },
};

struct reading {
	struct onboard_file *f;
	struct arena *a;
	const struct script *script;
	struct str rest; /* behind the line */
	struct str line;
	unsigned number;
	struct err *e;
};

static bool
wrong(const struct reading *r, const char *what)
{
	return err_set(
	    r->e, ERR_MALFORMED, "%s:%u: %s", r->f->path, r->number, what);
}

/* false: there is no further line. One that ends as DOS does is the same. */
static bool
next_line(struct reading *r)
{
	if (!r->rest.at)
		return false;
	r->line = str_cut(r->rest, '\n', &r->rest);
	if (r->line.len && r->line.at[r->line.len - 1] == '\r')
		r->line.len--;
	r->number++;
	return true;
}

/* The script from its mark on. */
static struct str
below(const struct script *s)
{
	return str_of(strstr(s->text, "\n" MARK) + 1);
}

/* ---- one value ----------------------------------------------------------------- */

static size_t
octal(struct str s, size_t i, char *to)
{
	unsigned v = 0;
	size_t n = 0;

	for (; n < 3 && i + n < s.len && strchr("01234567", s.at[i + n]); n++)
		v = v * 8 + (unsigned)(s.at[i + n] - '0');
	*to = (char)v;
	return n;
}

/* What psql makes of a backslash and what follows it in quotes, at i; returns
 * how many bytes that is. */
static size_t
escape(struct str s, size_t i, char *to)
{
	static const char from[] = "nrtbf", as[] = "\n\r\t\b\f";
	const char *found = strchr(from, s.at[i]);
	size_t n = octal(s, i, to);

	if (n)
		return n;
	*to = found ? as[found - from] : s.at[i];
	return 1;
}

/* s begins with a quote. false: nothing closes it, or something follows. */
static bool
unquote(struct arena *a, struct str s, struct str *value)
{
	char *to = arena_raw(a, s.len);
	size_t i = 1, n = 0;

	for (; i < s.len; n++) {
		if (s.at[i] == '\\' && i + 1 < s.len) {
			i += 1 + escape(s, i + 1, &to[n]);
			continue;
		}
		if (s.at[i] == '\'' &&
		    (i + 1 == s.len || s.at[i + 1] != '\'')) {
			*value = (struct str){ to, n };
			return i + 1 == s.len;
		}
		i += s.at[i] == '\'';
		to[n] = s.at[i++];
	}
	return false;
}

static bool
is_word(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (!isalnum((unsigned char)s.at[i]) &&
		    !strchr("._/+=,-", s.at[i]))
			return false;
	return true;
}

/* Does the script offer it, as a line that is to be uncommented? */
static bool
is_known(const struct script *s, struct str name)
{
	struct str rest = { s->text, (size_t)(below(s).at - s->text) }, line;

	while (rest.at) {
		line = str_cut(rest, '\n', &rest);
		if (!str_starts(line, "--\\set "))
			continue;
		line = (struct str){ line.at + 7, line.len - 7 };
		if (str_eq(str_cut(line, ' ', &line), name))
			return true;
	}
	return false;
}

static bool
keep(struct reading *r, struct str name, struct str value)
{
	struct onboard_file *f = r->f;

	if (!is_known(r->script, name))
		return wrong(
		    r, arena_printf(r->a, "%s.sql has no variable %.*s.",
			   r->script->name, STR_FMT(name)));
	if (!utf8_valid(value) || memchr(value.at, 0, value.len))
		return wrong(r, "The value is not UTF-8 text.");
	f->values[f->n].name = str_text(r->a, name);
	if (onboard_file_value(f, f->values[f->n].name).at)
		return wrong(
		    r, arena_printf(r->a, "%.*s is set twice.", STR_FMT(name)));
	f->values[f->n].text = value;
	f->values[f->n++].line = r->number;
	return true;
}

/* psql would run together what stands in several words, and look for variables
 * and commands in what is not quoted. */
static bool
set_line(struct reading *r)
{
	struct str rest =
	    str_trim((struct str){ r->line.at + 4, r->line.len - 4 }, " \t");
	struct str name = str_cut(rest, ' ', &rest), value;

	rest = rest.at ? str_trim(rest, " \t") : STR("");
	if (r->f->n == ONBOARD_VALUES)
		return wrong(r, "These are too many lines.");
	if (rest.len && *rest.at == '\'') {
		if (!unquote(r->a, rest, &value))
			return wrong(r,
			    "One value in quotes belongs here, with '' for a "
			    "quote in it, and nothing behind it.");
		return keep(r, name, value);
	}
	if (!is_word(rest))
		return wrong(r, arena_printf(r->a,
				    "Put the value in quotes: \\set %.*s "
				    "'...'",
				    STR_FMT(name)));
	return keep(r, name, rest);
}

/* ---- the file ------------------------------------------------------------------ */

/* Which script is it a copy of? Its mark says so. */
static bool
find_script(struct reading *r)
{
	struct reading ahead = *r;
	size_t i;

	while (next_line(&ahead))
		for (i = 0; i < COUNT(scripts); i++) {
			struct str rest = below(&scripts[i]);

			if (str_eq(str_cut(rest, '\n', &rest), ahead.line)) {
				r->script = &scripts[i];
				r->f->script = r->script->name;
				return true;
			}
		}
	return err_set(r->e, ERR_MALFORMED,
	    "%s: This is no copy of sql/onboard/tenant.sql or remove.sql of "
	    "this version: the line below which nothing is filled in is "
	    "missing. Copy one anew and fill in its top.",
	    r->f->path);
}

/* The mark was read. Ends of lines at the end of the file are not compared. */
static bool
same_below(struct reading *r)
{
	struct str want = str_trim(below(r->script), "\n"), line;

	str_cut(want, '\n', &want);
	while (want.at) {
		line = str_cut(want, '\n', &want);
		if (!next_line(r) || !str_eq(line, r->line))
			return wrong(r,
			    arena_printf(r->a,
				"This is not what %s.sql of this version has "
				"here, so psql would do something else with "
				"it. Copy that anew and fill in its top.",
				r->script->name));
	}
	while (next_line(r))
		if (str_trim(r->line, " \t").len)
			return wrong(r,
			    "Nothing may be added below; it would not be "
			    "run.");
	return true;
}

bool
onboard_file_read(struct onboard_file *f, struct arena *a, const char *path,
    struct str text, struct err *e)
{
	struct reading r = { .f = f, .a = a, .rest = text, .e = e };

	*f = (struct onboard_file){ .path = path };
	if (memchr(text.at, 0, text.len))
		return err_set(e, ERR_MALFORMED, "%s: This is no text.", path);
	if (!find_script(&r))
		return false;
	while (next_line(&r) && !str_starts(r.line, MARK)) {
		if (str_starts(r.line, "\\set ")) {
			if (!set_line(&r))
				return false;
		} else if (!str_starts(r.line, "--") &&
			   str_trim(r.line, " \t").len) {
			return wrong(
			    &r, "Only \\set lines and comments stand here.");
		}
	}
	return same_below(&r);
}

void
onboard_file_add(struct onboard_file *f, const char *name, const char *text)
{
	size_t i;

	for (i = 0; i < COUNT(scripts); i++)
		if (!strcmp(scripts[i].name, f->script) &&
		    !is_known(&scripts[i], str_of(name)))
			return;
	if (f->n == ONBOARD_VALUES || onboard_file_value(f, name).at)
		return;
	f->values[f->n].name = name;
	f->values[f->n].text = str_of(text);
	f->values[f->n++].line = 0;
}

struct str
onboard_file_value(const struct onboard_file *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (!strcmp(f->values[i].name, name))
			return f->values[i].text;
	return STR_NONE;
}

const char *
onboard_file_json(const struct onboard_file *f, struct arena *a)
{
	struct buf b = buf_new(a, 8 * ONBOARD_BYTES_MAX);
	size_t i;

	for (i = 0; i < f->n; i++) {
		buf_char(&b, i ? ',' : '{');
		buf_json(&b, f->values[i].name, strlen(f->values[i].name));
		buf_char(&b, ':');
		buf_json(&b, f->values[i].text.at, f->values[i].text.len);
	}
	buf_str(&b, f->n ? "}" : "{}");
	return buf_text(&b);
}

/* Is the word there, and no part of a longer one? */
static bool
speaks_of(const char *said, const char *word)
{
	const char *at = said;
	size_t n = strlen(word);

	for (; n && (at = strstr(at, word)); at++) {
		char after = at[n], before = at > said ? at[-1] : ' ';

		if (!isalnum((unsigned char)after) && after != '_' &&
		    !isalnum((unsigned char)before) && before != '_')
			return true;
	}
	return false;
}

/* The name counts more than the value: "test" may be anywhere. */
const char *
onboard_file_place(
    const struct onboard_file *f, struct arena *a, const char *said)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->values[i].line && speaks_of(said, f->values[i].name))
			return arena_printf(
			    a, "%s:%u", f->path, f->values[i].line);
	for (i = 0; i < f->n; i++)
		if (f->values[i].line && f->values[i].text.len &&
		    speaks_of(said, str_text(a, f->values[i].text)))
			return arena_printf(
			    a, "%s:%u", f->path, f->values[i].line);
	return f->path;
}
