/* csv.h - tables that leave as text (RFC 4180), safe to open as a spreadsheet
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every cell is quoted. One that a spreadsheet would take for a formula -
 * it begins with = + - @, a tab or a line end - gets an apostrophe in front
 * (OWASP, CSV Injection). */
#ifndef WEB_CSV_H
#define WEB_CSV_H

#include "base/buf.h"
#include "base/str.h"
#include "ext/db_rows.h"

#define CSV_TYPE "text/csv; charset=utf-8"

/* csv_cell - the next cell of the present row. csv_end - ends the row. */
void csv_cell(struct buf *b, struct str s);
void csv_end(struct buf *b);

/* csv_rows - the names of the columns, then all rows: texts, numbers, GUIDs,
 * flags as yes or nothing, times as 2026-11-20T09:30:00.123Z. */
void csv_rows(struct buf *b, const struct db_rows *rows);

#endif
