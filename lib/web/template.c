/* template.c - pages as files: HTML with holes, which are always escaped
 * SPDX-License-Identifier: Apache-2.0 */
#include "web/template.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "web/page.h"
#include "web/template_parts.h"

#define FILES_MAX      128
#define FILE_BYTES_MAX ((size_t)64 * 1024)
#define INCLUDES_MAX   8 /* files in each other */
#define WORDS_MAX      ((size_t)4 * 1024)

struct templates {
	struct template of[FILES_MAX];
	size_t n;
};

/* ---- reading ------------------------------------------------------------------- */

struct assets {
	struct arena *a;
	const char *dir, *base;
};

/* portal.css lies there as portal.0123456789abcdef.css. */
static struct str
asset_find(void *ctx, struct str name)
{
	const struct assets *s = ctx;
	struct str ending, stem = str_cut(name, '.', &ending), rest, last;
	struct str found = STR_NONE;
	DIR *dir = opendir(s->dir);
	struct dirent *d;

	while (dir && !found.at && (d = readdir(dir))) {
		if (!str_eq(str_cut(str_of(d->d_name), '.', &rest), stem))
			continue;
		str_cut(rest, '.', &last);
		if (last.at && str_eq(last, ending))
			found = str_of(
			    arena_printf(s->a, "%s/%s", s->base, d->d_name));
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool
read_text(struct arena *a, const char *path, struct str *text, struct err *e)
{
	FILE *file = fopen(path, "re");
	char *at;

	if (!file)
		return err_set(e, ERR_CONF, "%s cannot be read: %s.", path,
		    strerror(errno));
	at = arena_raw(a, FILE_BYTES_MAX);
	*text = (struct str){ at, fread(at, 1, FILE_BYTES_MAX, file) };
	fclose(file);
	return text->len < FILE_BYTES_MAX ||
	       err_set(e, ERR_CONF, "%s is too large.", path);
}

static bool
add_file(struct templates *t, const char *dir, const char *file,
    struct assets *assets, struct err *e)
{
	struct arena *a = assets->a;
	const char *path = arena_printf(a, "%s/%s", dir, file);
	struct err what = { .kind = ERR_NONE };
	struct template *to = &t->of[t->n];
	struct str text;
	size_t line;

	if (t->n == FILES_MAX)
		return err_set(e, ERR_CONF, "%s holds too many files.", dir);
	if (!read_text(a, path, &text, e))
		return false;
	to->name = arena_dup(a, file, strlen(file) - strlen(".html"));
	t->n++;
	return template_read(a, to, text, asset_find, assets, &line, &what) ||
	       err_set(e, ERR_CONF, "%s, line %zu: %s.", path, line, what.said);
}

static const struct template *
find(const struct templates *t, struct str name)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (str_is(name, t->of[i].name))
			return &t->of[i];
	return NULL;
}

/* Parts that stand for files are led to them. */
static bool
files_known(const struct templates *t, struct err *e)
{
	size_t i, k;

	for (i = 0; i < t->n; i++)
		for (k = 0; k < t->of[i].n; k++) {
			struct part *p = &t->of[i].parts[k];

			if (p->kind == PART_OTHER &&
			    !(p->file = find(t, p->text)))
				return err_set(e, ERR_CONF,
				    "The template %s names %.*s, which is not "
				    "there.",
				    t->of[i].name, STR_FMT(p->text));
		}
	return true;
}

const struct templates *
templates_open(struct arena *a, const char *dir, const char *assets,
    const char *base, struct err *e)
{
	struct assets s = { .a = a, .dir = assets, .base = base };
	struct templates *t = arena_get(a, sizeof *t);
	DIR *files = opendir(dir);
	struct dirent *d;
	bool fine = true;

	if (!files) {
		err_set(e, ERR_CONF, "%s cannot be read: %s.", dir,
		    strerror(errno));
		return NULL;
	}
	while (fine && (d = readdir(files))) {
		size_t len = strlen(d->d_name);

		if (len > 5 && !strcmp(d->d_name + len - 5, ".html"))
			fine = add_file(t, dir, d->d_name, &s, e);
	}
	closedir(files);
	return fine && files_known(t, e) ? t : NULL;
}

/* ---- writing ------------------------------------------------------------------- */

struct writer {
	struct buf *b;
	enum words_lang lang;
	unsigned depth; /* of files */
};

static struct str
value_text(const struct writer *w, const struct view_value *v)
{
	char at[CLOCK_TEXT_LEN];

	if (!v || v->kind == VIEW_ROWS)
		return STR("");
	if (v->kind == VIEW_NUMBER)
		return str_of(words_number(w->b->a, w->lang, v->number));
	if (v->kind == VIEW_TIME) {
		clock_text(at, v->number);
		return str_of(
		    arena_printf(w->b->a, "%.10s %.5s UTC", at, at + 11));
	}
	return v->text;
}

static void
write_value(const struct writer *w, const struct part *p, const struct view *v)
{
	const struct view_value *value = view_find(v, p->name);
	char at[CLOCK_TEXT_LEN];

	if (value && value->kind == VIEW_TIME && !p->quoted) {
		buf_fmt(w->b, "<time datetime=\"%s\">",
		    clock_text(at, value->number));
		page_text(w->b, value_text(w, value));
		buf_str(w->b, "</time>");
	} else {
		page_text(w->b, value_text(w, value));
	}
}

/* Within an address: a number is plain digits there. */
static void
write_inside(const struct writer *w, const struct part *p, const struct view *v)
{
	const struct view_value *value = view_find(v, p->name);

	if (value && value->kind == VIEW_NUMBER)
		buf_fmt(w->b, "%lld", (long long)value->number);
	else
		enc_percent(w->b, value_text(w, value));
}

static void
write_link(const struct writer *w, const struct part *p, const struct view *v)
{
	const struct view_value *value = view_find(v, p->name);

	page_text(
	    w->b, value && value->kind == VIEW_LINK ? value->text : STR("#"));
}

/* The text of a catalogue is not trusted with markup either. */
static void
write_words(const struct writer *w, struct str text, const struct view *v)
{
	struct str before, name;

	while (text.at) {
		before = str_cut(text, '{', &text);
		page_text(w->b, before);
		if (!text.at)
			break;
		name = str_cut(text, '}', &text);
		page_text(w->b, value_text(w, view_find(v, name)));
	}
}

static void
write_count(const struct writer *w, const struct part *p, const struct view *v)
{
	const struct view_value *value = view_find(v, p->name);
	int64_t n = value && value->kind == VIEW_NUMBER ? value->number : 0;

	write_words(w, words_count(w->lang, p->text, p->other, n), v);
}

static bool
there(const struct view_value *value, const struct part *p)
{
	if (!value)
		return false;
	if (p->other.at)
		return value->kind == VIEW_TEXT &&
		       str_eq(value->text, p->other);
	switch (value->kind) {
	case VIEW_ROWS:
		return value->first != NULL;
	case VIEW_NUMBER:
		return value->number != 0;
	case VIEW_TIME:
		return true;
	default:
		return value->text.len != 0;
	}
}

static void write_parts(struct writer *w, const struct template *t, size_t from,
    size_t to, const struct view *v);

static void
write_section(
    struct writer *w, const struct template *t, size_t at, const struct view *v)
{
	const struct part *p = &t->parts[at];
	const struct view_value *value = view_find(v, p->name);
	bool set = there(value, p);
	const struct view *row;

	if (p->kind == PART_ABSENT || !set || value->kind != VIEW_ROWS) {
		if (set == (p->kind == PART_OPEN))
			write_parts(w, t, at + 1, p->to, v);
		return;
	}
	for (row = value->first; row; row = view_next(row))
		write_parts(w, t, at + 1, p->to, row);
}

static void
write_other(struct writer *w, const struct template *t, const struct view *v)
{
	if (w->depth == INCLUDES_MAX) {
		w->b->failed = true; /* a file that holds itself */
		return;
	}
	w->depth++;
	write_parts(w, t, 0, t->n, v);
	w->depth--;
}

static void
write_part(struct writer *w, const struct part *p, const struct view *v)
{
	switch (p->kind) {
	case PART_TEXT:
		buf_put(w->b, p->text.at, p->text.len);
		break;
	case PART_VALUE:
		write_value(w, p, v);
		break;
	case PART_LINK:
		write_link(w, p, v);
		break;
	case PART_INSIDE:
		write_inside(w, p, v);
		break;
	case PART_WORDS:
		write_words(w, words_of(w->lang, p->text), v);
		break;
	case PART_COUNT:
		write_count(w, p, v);
		break;
	case PART_OTHER:
		write_other(w, p->file, v);
		break;
	default: /* sections: write_parts */
		break;
	}
}

static void
write_parts(struct writer *w, const struct template *t, size_t from, size_t to,
    const struct view *v)
{
	size_t i;

	for (i = from; i < to; i++) {
		const struct part *p = &t->parts[i];

		if (p->kind != PART_OPEN && p->kind != PART_ABSENT) {
			write_part(w, p, v);
			continue;
		}
		write_section(w, t, i, v);
		i = p->to;
	}
}

bool
template_write(struct buf *b, const struct templates *t, const char *name,
    const struct view *v, enum words_lang lang)
{
	struct writer w = { .b = b, .lang = lang };
	const struct template *of = find(t, str_of(name));

	if (!of)
		return false;
	write_parts(&w, of, 0, of->n, v);
	return !b->failed;
}
