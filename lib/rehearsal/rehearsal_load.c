/* rehearsal_load.c - fills a ward, from a folder of NDJSON or made up
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_load.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rehearsal/rehearsal_rows.h"
#include "rehearsal/rehearsal_type.h"
#include "rehearsal/ward_shape.h"
#include "fhir/iface.h"

#define FILE_BYTES_MAX ((size_t)512 * 1024 * 1024)
#define LINE_NODES_MAX ((size_t)1000000)
#define ROWS_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define SEND_BYTES     ((size_t)1024 * 1024) /* rows are sent when so many */
#define READ_STEP      ((size_t)1024 * 1024)
#define ENDING         ".ndjson"

/* A load under way, on one connection, in one transaction. */
struct load {
	const struct rehearsal_load *ask;
	struct rehearsal_loaded *done;
	struct db_conn *conn;
	int64_t ward_id;
	struct arena *rows_a; /* of the two below; reset when they are sent */
	struct buf resources, terms; /* JSON arrays, closed when sent */
	struct arena *line_a;
	struct err *e;
};

/* ---- rows ---- */

static void
new_rows(struct load *l)
{
	arena_reset(l->rows_a);
	l->resources = buf_new(l->rows_a, ROWS_BYTES_MAX);
	l->terms = buf_new(l->rows_a, ROWS_BYTES_MAX);
}

static bool
send(struct load *l, const char *statement, struct buf *rows)
{
	struct db_arg args[2] = { db_arg_int(l->ward_id) };

	if (!rows->len)
		return true;
	args[1] = db_arg_text(rehearsal_rows_end(rows));
	if (rows->failed)
		return err_set(l->e, ERR_CONF, "A resource is too large.");
	return db_ask_on(l->conn, l->rows_a, statement, args, 2, l->e) != NULL;
}

static bool
send_rows(struct load *l)
{
	bool fine = send(l, "rehearsal_load_resources", &l->resources) &&
	            send(l, "rehearsal_load_terms", &l->terms);

	new_rows(l);
	return fine;
}

/* ---- resources ---- */

static bool
check(const struct tree_node *n, const char *type, struct err *e)
{
	if (!str_is(tree_str(n, "resourceType"), type))
		return err_set(e, ERR_CONF, "resourceType is not %s", type);
	if (!iface_id(tree_str(n, "id")))
		return err_set(e, ERR_CONF, "there is no FHIR id");
	return true;
}

static bool
take_line(struct load *l, const char *type, struct str line, struct err *e)
{
	const struct tree_limits lim = { .object = true,
		.nodes = LINE_NODES_MAX,
		.bad = ERR_CONF,
		.large = ERR_CONF };
	struct tree_node *n;

	arena_reset(l->line_a);
	n = tree_read(l->line_a, line, &lim, e);
	if (!n || !check(n, type, e))
		return false;
	l->done->resources++;
	rehearsal_rows_resource(
	    &l->resources, l->done->resources, type, n, line);
	l->done->terms += (unsigned)rehearsal_rows_terms(
	    &l->terms, l->line_a, l->done->resources, l->ask->version, type, n);
	return l->resources.len + l->terms.len < SEND_BYTES || send_rows(l);
}

static bool
take_lines(struct load *l, const char *type, const char *path, struct str text)
{
	unsigned number = 0;

	if (str_starts(text, "\xef\xbb\xbf"))
		text = (struct str){ text.at + 3, text.len - 3 };
	while (text.at) {
		struct str line = str_cut(text, '\n', &text);
		struct err e = { .kind = ERR_NONE };

		number++;
		if (line.len && line.at[line.len - 1] == '\r')
			line.len--;
		if (!str_trim(line, " \t").len || take_line(l, type, line, &e))
			continue;
		return err_set(
		    l->e, ERR_CONF, "%s:%u: %s", path, number, e.said);
	}
	return true;
}

/* ---- where they come from ---- */

static bool
read_file(struct arena *a, const char *path, struct str *text, struct err *e)
{
	struct buf b = buf_new(a, FILE_BYTES_MAX);
	FILE *f = fopen(path, "r");
	char *to = NULL;
	size_t got;

	*text = STR_NONE;
	if (!f && errno == ENOENT)
		return true; /* a ward need not have every type */
	while (f && (to = buf_room(&b, READ_STEP)) &&
	       (got = fread(to, 1, READ_STEP, f)) > 0)
		buf_filled(&b, got);
	if (!f || !to || ferror(f)) {
		err_set(e, ERR_CONF, "%s: %s", path,
		    f && !to ? "larger than 512 MiB" : strerror(errno));
		if (f)
			fclose(f);
		return false;
	}
	fclose(f);
	*text = (struct str){ b.at, b.len };
	return true;
}

static bool
load_file(struct load *l, const char *type)
{
	struct arena *a = arena_new();
	const char *path =
	    arena_printf(a, "%s/%s" ENDING, l->ask->folder, type);
	struct str text;
	bool fine =
	    read_file(a, path, &text, l->e) && take_lines(l, type, path, text);

	arena_free(a);
	return fine;
}

static bool
make_up(struct load *l, const char *type)
{
	const struct ward w = { l->ask->version,
		ward_world(l->ask->version, l->ask->seed) };
	struct arena *a = arena_new();
	unsigned n, count = ward_count(&w, type);
	bool fine = true;

	for (n = 0; fine && n < count; n++) {
		struct buf b = buf_new(a, ROWS_BYTES_MAX);

		ward_put(&b, &w, type, n, NULL);
		fine = take_line(
		    l, type, (struct str){ buf_text(&b), b.len }, l->e);
		arena_reset(a);
	}
	arena_free(a);
	return fine;
}

/* A file of a type that this version does not have here would be left out in
 * silence: better to say so. */
static bool
check_names(const struct load *l)
{
	DIR *d = opendir(l->ask->folder);
	struct dirent *entry;
	bool fine = true;

	if (!d)
		return err_set(
		    l->e, ERR_CONF, "%s: %s", l->ask->folder, strerror(errno));
	while (fine && (entry = readdir(d))) {
		struct str name = str_of(entry->d_name);
		size_t end = sizeof ENDING - 1;

		if (name.len <= end ||
		    strcmp(name.at + name.len - end, ENDING) != 0)
			continue;
		name.len -= end;
		if (!rehearsal_type(l->ask->version, name))
			fine = err_set(l->e, ERR_CONF,
			    "%s/%s: a ward in %s has no such type",
			    l->ask->folder, entry->d_name,
			    version_name(l->ask->version));
	}
	closedir(d);
	return fine;
}

/* ---- the whole ---- */

static bool
replace_ward(struct load *l)
{
	struct arena *a = l->line_a;
	const struct db_arg args[] = {
		db_arg_text(l->ask->ward),
		db_arg_text(str_of(version_name(l->ask->version))),
	};
	const struct db_rows *rows = db_ask_on(
	    l->conn, a, "rehearsal_load_ward", args, COUNT(args), l->e);
	struct db_arg id;

	if (!rows)
		return false;
	l->ward_id = db_int(rows, 0, 0);
	id = db_arg_int(l->ward_id);
	return db_ask_on(l->conn, a, "rehearsal_clear_terms", &id, 1, l->e) &&
	       db_ask_on(l->conn, a, "rehearsal_clear_resources", &id, 1, l->e);
}

static bool
load_types(struct load *l)
{
	const char *const *type;

	for (type = rehearsal_types(l->ask->version); *type; type++)
		if (!(l->ask->folder ? load_file : make_up)(l, *type))
			return false;
	if (!l->done->resources)
		return err_set(l->e, ERR_CONF,
		    "%s: there is no <Type>" ENDING " in it", l->ask->folder);
	return send_rows(l);
}

static bool
load_in_one(struct load *l)
{
	if (!db_begin(l->conn, l->e))
		return false;
	if (replace_ward(l) && load_types(l))
		return db_commit(l->conn, l->e);
	db_rollback(l->conn);
	return false;
}

static bool
name_fits(struct str name, struct err *e)
{
	size_t i;
	bool fine = name.len > 0 && name.len <= 40 && name.at[0] != '-';

	for (i = 0; i < name.len; i++)
		fine = fine && ((name.at[i] >= 'a' && name.at[i] <= 'z') ||
				   (name.at[i] >= '0' && name.at[i] <= '9') ||
				   name.at[i] == '-');
	return fine ||
	       err_set(e, ERR_CONF,
		   "A ward's name is 1 to 40 letters a to z, digits and "
		   "hyphens, and does not begin with a hyphen.");
}

bool
rehearsal_load(struct db *db, const struct rehearsal_load *ask,
    struct rehearsal_loaded *done, struct err *e)
{
	struct load l = { .ask = ask, .done = done, .e = e };
	bool fine = false;

	memset(done, 0, sizeof *done);
	l.rows_a = arena_new();
	l.line_a = arena_new();
	new_rows(&l);
	if (name_fits(ask->ward, e) && (!ask->folder || check_names(&l)) &&
	    (l.conn = db_take(db, e)))
		fine = load_in_one(&l) && db_ask_on(l.conn, l.line_a,
					      "rehearsal_analyze", NULL, 0, e);
	if (l.conn)
		db_give(l.conn);
	arena_free(l.rows_a);
	arena_free(l.line_a);
	return fine;
}
