/* db_rows.c - what a statement answered: row r and column c count from 0
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/db_rows.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

/* A column that is not what the caller takes it for may be a state that must
 * not be guessed (a suspended tenant read as 0): the process ends. */
static void
mistaken(const struct db_rows *rows, size_t c, const char *wanted)
{
	char why[128];

	snprintf(why, sizeof why, "column %zu (%s) of an answer is no %s", c,
	    c < rows->cols ? rows->names[c] : "missing", wanted);
	log_event(LOG_ERROR, "db_column", LOG_WHY, why, LOG_END);
	abort();
}

static struct db_cell
cell(const struct db_rows *rows, size_t r, size_t c)
{
	if (r >= rows->rows || c >= rows->cols)
		mistaken(rows, c, "column of that row");
	return rows->cells[r * rows->cols + c];
}

size_t
db_count(const struct db_rows *rows)
{
	return rows->rows;
}

bool
db_null(const struct db_rows *rows, size_t r, size_t c)
{
	return !cell(rows, r, c).bytes.at;
}

struct str
db_text(const struct db_rows *rows, size_t r, size_t c)
{
	struct str s;

	if (!db_read_text(cell(rows, r, c), &s))
		mistaken(rows, c, "text");
	return s;
}

struct str
db_bytes(const struct db_rows *rows, size_t r, size_t c)
{
	struct str s;

	if (!db_read_bytes(cell(rows, r, c), &s))
		mistaken(rows, c, "bytea");
	return s;
}

int64_t
db_int(const struct db_rows *rows, size_t r, size_t c)
{
	int64_t n;

	if (!db_read_int(cell(rows, r, c), &n))
		mistaken(rows, c, "integer");
	return n;
}

bool
db_bool(const struct db_rows *rows, size_t r, size_t c)
{
	bool b;

	if (!db_read_bool(cell(rows, r, c), &b))
		mistaken(rows, c, "boolean");
	return b;
}

struct guid
db_guid(const struct db_rows *rows, size_t r, size_t c)
{
	struct guid g;

	if (!db_read_guid(cell(rows, r, c), &g))
		mistaken(rows, c, "uuid");
	return g;
}

int64_t
db_time(const struct db_rows *rows, size_t r, size_t c)
{
	int64_t us;

	if (!db_read_time(cell(rows, r, c), &us))
		mistaken(rows, c, "timestamptz");
	return us;
}

size_t
db_texts(const struct db_rows *rows, struct arena *a, size_t r, size_t c,
    struct str **to)
{
	size_t n;

	if (!db_read_texts(cell(rows, r, c), a, to, &n))
		mistaken(rows, c, "text[]");
	return n;
}

const char *
db_name(const struct db_rows *rows, size_t c)
{
	return c < rows->cols ? rows->names[c] : NULL;
}
