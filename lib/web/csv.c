/* csv.c - tables that leave as text (RFC 4180), safe to open as a spreadsheet
 * SPDX-License-Identifier: Apache-2.0 */
#include "web/csv.h"

#include <string.h>

#include "base/clock.h"

void
csv_cell(struct buf *b, struct str s)
{
	size_t i;

	if (b->len && b->at[b->len - 1] != '\n')
		buf_char(b, ',');
	buf_char(b, '"');
	if (s.len && s.at[0] && strchr("=+-@\t\r\n", s.at[0]))
		buf_char(b, '\'');
	for (i = 0; i < s.len; i++) {
		if (s.at[i] == '"')
			buf_char(b, '"');
		buf_char(b, s.at[i]);
	}
	buf_char(b, '"');
}

void
csv_end(struct buf *b)
{
	buf_str(b, "\r\n");
}

static void
put_time(struct buf *b, int64_t us)
{
	char text[CLOCK_TEXT_LEN];

	csv_cell(b, str_of(clock_text(text, us)));
}

static void
put_value(struct buf *b, struct db_cell cell)
{
	char id[GUID_LEN + 1];
	struct guid g;
	struct str s;
	int64_t n;
	bool flag;

	if (!cell.bytes.at)
		csv_cell(b, STR(""));
	else if (db_read_text(cell, &s))
		csv_cell(b, s);
	else if (db_read_int(cell, &n))
		csv_cell(b, str_of(arena_printf(b->a, "%lld", (long long)n)));
	else if (db_read_bool(cell, &flag))
		csv_cell(b, flag ? STR("yes") : STR(""));
	else if (db_read_time(cell, &n))
		put_time(b, n);
	else if (db_read_guid(cell, &g))
		csv_cell(b, str_of(guid_write(id, &g)));
	else
		csv_cell(b, STR("")); /* bytes are for programs */
}

void
csv_rows(struct buf *b, const struct db_rows *rows)
{
	size_t r, c;

	for (c = 0; db_name(rows, c); c++)
		csv_cell(b, str_of(db_name(rows, c)));
	csv_end(b);
	for (r = 0; r < db_count(rows); r++) {
		for (c = 0; c < rows->cols; c++)
			put_value(b, rows->cells[r * rows->cols + c]);
		csv_end(b);
	}
}
