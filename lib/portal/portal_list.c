/* portal_list.c - long lists: a page at a time, and those with a word in the name
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_list.h"

#define EACH     50
#define PAGE_MAX 100000
#define FIND_MAX 100 /* bytes */

bool
list_asked(struct page *p, struct list_part *part)
{
	uint64_t n;

	part->find = str_trim(page_field(p, "find"), " \t");
	part->page =
	    str_number(page_field(p, "page"), 6, &n) && n && n <= PAGE_MAX
		? (int64_t)n
		: 1;
	return part->find.len <= FIND_MAX ||
	       err_set(&p->w->err, ERR_MALFORMED, NULL);
}

void
list_view(struct page *p, const struct list_part *part, const char *name,
    int64_t found, int64_t each)
{
	int64_t last = (found + each - 1) / each;

	view_text(p->view, "list", str_of(name));
	view_text(p->view, "find", part->find);
	view_flag(p->view, "narrowed", part->find.len > 0);
	view_flag(p->view, "long", part->find.len || found > each);
	view_number(p->view, "found", found);
	if (part->page > 1)
		view_number(p->view, "page_before", part->page - 1);
	if (part->page < last)
		view_number(p->view, "page_after", part->page + 1);
	view_flag(p->view, "pages", part->page > 1 || part->page < last);
	view_number(p->view, "page_now", part->page);
	view_number(p->view, "page_last", last ? last : 1);
}

static bool
list_args(struct page *p, struct list_part *part, struct db_arg args[4])
{
	if (!list_asked(p, part))
		return false;
	args[0] = page_who(p);
	args[1] = db_arg_text(part->find);
	args[2] = db_arg_int((part->page - 1) * EACH);
	args[3] = db_arg_int(EACH);
	return true;
}

void
list_ahead(struct page *p, const char *statement)
{
	struct list_part part;
	struct db_arg args[4];

	if (list_args(p, &part, args))
		page_ahead(p, statement, args, COUNT(args));
}

bool
list_rows(struct page *p, const char *statement, const char *name)
{
	struct list_part part;
	const struct db_rows *rows;
	struct db_arg args[4];
	int64_t found = 0;

	if (!list_args(p, &part, args) ||
	    !(rows = page_ask(p, statement, args, COUNT(args))))
		return false;
	if (db_count(rows))
		found = db_int(rows, 0, rows->cols - 1);
	view_rows(p->view, name, rows);
	list_view(p, &part, name, found, EACH);
	return true;
}
