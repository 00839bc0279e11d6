/* view.h - what a page is filled with: named values and lists of rows
 * SPDX-License-Identifier: Apache-2.0
 *
 * Values are borrowed, names are too; everything lives in one arena. A name
 * that is asked for in a row and not there is looked for in what is around it.
 * Nothing here is escaped: the template does that where it writes. */
#ifndef WEB_VIEW_H
#define WEB_VIEW_H

#include "base/arena.h"
#include "base/str.h"
#include "ext/db_rows.h"

enum view_kind { VIEW_TEXT, VIEW_LINK, VIEW_NUMBER, VIEW_TIME, VIEW_ROWS };

struct view;

struct view_value {
	struct str name;
	enum view_kind kind;
	struct str text; /* VIEW_TEXT, VIEW_LINK; absent is false */
	int64_t number;  /* VIEW_NUMBER; VIEW_TIME: us UTC since 1970 */
	const struct view *first; /* VIEW_ROWS */
	const struct view_value *next;
};

/* view_new - an empty one, borrowed from a. */
struct view *view_new(struct arena *a);
struct arena *view_arena(const struct view *v);

/* A name that is given again counts for the last time. view_link - an address
 * of ours or one that was checked; only such may begin an href. view_flag -
 * true is the text "yes". */
void view_text(struct view *v, const char *name, struct str text);
void view_link(struct view *v, const char *name, struct str href);
void view_number(struct view *v, const char *name, int64_t n);
void view_time(struct view *v, const char *name, int64_t us);
void view_flag(struct view *v, const char *name, bool set);

/* view_row - one more row of list `name`, to be filled. A list
 * without rows need not be named. */
struct view *view_row(struct view *v, const char *name);

/* view_cells - all columns of one row of an answer, under their names; null is
 * absent. view_rows - a list of all its rows. text[] becomes one text with
 * blanks between. */
void view_cells(struct view *v, const struct db_rows *rows, size_t r);
void view_rows(struct view *v, const char *name, const struct db_rows *rows);

/* ---- for the template ---------------------------------------------------------- */

/* view_find - NULL: neither here nor around. */
const struct view_value *view_find(const struct view *v, struct str name);

/* view_next - the next row of the same list; NULL: it was the last. */
const struct view *view_next(const struct view *row);

#endif
