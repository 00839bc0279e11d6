/* portal_why.c - why was I refused, and how to ask rightly
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_why.h"

#include "app/endpoints.h"
#include "app/why.h"

#define REASON 11 /* column of portal_trace */

/* As X-Trace-Id has it, or with the hyphens of a GUID. */
static bool
read_trace(struct page *p, struct guid *trace)
{
	struct str text = str_trim(page_field(p, "trace"), " \t\r\n");

	return dec_hex(trace->at, sizeof trace->at, str_lower(p->w->a, text)) ||
	       guid_read(trace, text) ||
	       err_set(&p->w->err, ERR_MALFORMED,
		   "This is no trace id: 32 hexadecimal digits, as the field "
		   "X-Trace-Id of every answer has them.");
}

static void
view_sentence(
    struct page *p, struct view *row, const char *name, const char *english)
{
	if (english)
		view_text(row, name, words_of(p->lang, str_of(english)));
}

static void
view_reason(struct page *p, struct view *row, struct str reason)
{
	const struct why *w = why_find(reason);

	view_flag(row, "fine", str_is(reason, "ok"));
	if (!w)
		return;
	view_sentence(p, row, "happened", w->happened);
	view_sentence(p, row, "act", w->act);
	view_sentence(p, row, "who", w->who);
}

static bool
view_rows_of(struct page *p, const struct guid *trace)
{
	const struct db_arg args[] = { db_arg_guid(&p->session.account),
		db_arg_guid(trace) };
	const struct db_rows *rows = page_ask(p, "portal_trace", args, 2);
	size_t i;

	if (!rows)
		return false;
	if (!db_count(rows))
		return err_set(&p->w->err, ERR_MISSING,
		    "There is no such request, or it was not one of your apps. "
		    "Compare the digits, and ask the operator.");
	for (i = 0; i < db_count(rows); i++) {
		struct view *row = view_row(p->view, "found");

		view_cells(row, rows, i);
		view_reason(p, row, db_text(rows, i, REASON));
	}
	return true;
}

bool
why_page(struct page *p)
{
	struct guid trace;

	view_text(p->view, "trace_asked", page_field(p, "trace"));
	if (!page_has(p, "trace"))
		return page_show(p, "why");
	return read_trace(p, &trace) && view_rows_of(p, &trace)
	           ? page_show(p, "why")
	           : page_again(p, "why");
}

bool
help_page(struct page *p)
{
	struct work *w = p->w;
	static const char *const faces[][2] = { { "DSTU2", "dstu2" },
		{ "STU3", "stu3" }, { "R4", "r4" } };
	size_t i;

	view_text(p->view, "token_url",
	    str_of(
		arena_printf(w->a, "%s" ENDPOINT_TOKEN, w->conf->public_base)));
	for (i = 0; i < COUNT(faces); i++) {
		struct view *row = view_row(p->view, "faces");

		view_text(row, "version", str_of(faces[i][0]));
		view_text(row, "fhir_base",
		    str_of(arena_printf(w->a, "%s/fhir/%s",
			w->conf->public_base, faces[i][1])));
	}
	return page_show(p, "help");
}
