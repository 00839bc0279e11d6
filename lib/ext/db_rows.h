/* db_rows.h - what a statement answered: row r and column c count from 0
 * SPDX-License-Identifier: Apache-2.0
 *
 * Asking a column for a type it does not have, or one that is not there, is a
 * mistake in this program and ends it (fail closed). Null reads as 0, false,
 * an absent slice, or a GUID of zeros. Slices live as long as the rows. */
#ifndef EXT_DB_ROWS_H
#define EXT_DB_ROWS_H

#include "base/arena.h"
#include "base/enc.h"
#include "base/str.h"
#include "ext/db_value.h"

/* Filled by ext/db_link; everybody else uses the functions. */
struct db_rows {
	size_t rows, cols;
	const char *const *names;    /* of the columns */
	const struct db_cell *cells; /* row by row */
};

size_t db_count(const struct db_rows *rows);
bool db_null(const struct db_rows *rows, size_t r, size_t c);
struct str db_text(const struct db_rows *rows, size_t r, size_t c);
struct str db_bytes(const struct db_rows *rows, size_t r, size_t c);
int64_t db_int(const struct db_rows *rows, size_t r, size_t c);
bool db_bool(const struct db_rows *rows, size_t r, size_t c);
struct guid db_guid(const struct db_rows *rows, size_t r, size_t c);

/* db_time - us since 1970 UTC; `infinity` is INT64_MAX, `-infinity` and null
 * are INT64_MIN and 0. */
int64_t db_time(const struct db_rows *rows, size_t r, size_t c);

/* db_texts - a text[] column: how many elements, *to borrowed from a. Null
 * elements are absent slices; more than one dimension reads as flat. */
size_t db_texts(const struct db_rows *rows, struct arena *a, size_t r, size_t c,
    struct str **to);

/* db_name - name of column c, NULL past the last: for tools that print. */
const char *db_name(const struct db_rows *rows, size_t c);

#endif
