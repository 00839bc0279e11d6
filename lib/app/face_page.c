/* face_page.c - what a person sees who opens a face in a browser
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/face_page.h"

/* All words of the page in one language. */
struct words {
	const char *lang;
	const char *title;
	const char *what;      /* it is */
	const char *how;       /* to use it */
	const char *this_face; /* "This address" */
	const char *speaks;    /* between version and number */
	const char *statement; /* link to metadata */
	const char *others;    /* heading of the list of faces */
	const char *help;      /* heading */
	const char *run_by;
	const char *ask;
};

static const struct words english = {
	.lang = "en",
	.title = "FHIR address of an interop partner gateway",
	.what = "This address is for programs. Through it a registered program "
		"reads medical records from the hospital that its access token "
		"names. It holds no records itself, and shows none without a "
		"token.",
	.how = "If you are setting up a connection, give this address to the "
	       "program that asks for a FHIR server. The statement below tells "
	       "it the rest, the address for access tokens included.",
	.this_face = "This address",
	.speaks = "FHIR",
	.statement = "What it can do: the capability statement",
	.others = "The same gateway in each FHIR version",
	.help = "Help",
	.run_by = "This gateway is run by",
	.ask = "Questions, and problems with a connection:",
};

static void
paragraph(struct buf *b, const char *text)
{
	buf_str(b, "<p>");
	page_text(b, str_of(text));
	buf_str(b, "</p>\n");
}

static void
heading(struct buf *b, const char *text)
{
	buf_str(b, "<h2>");
	page_text(b, str_of(text));
	buf_str(b, "</h2>\n");
}

static struct str
metadata_of(struct buf *b, const struct conf *conf, enum fhir_version v)
{
	return str_of(arena_printf(
	    b->a, "%s%s/metadata", conf->public_base, version_face(v)));
}

static void
this_face(struct buf *b, const struct conf *conf, enum fhir_version v,
    const struct words *say)
{
	heading(b, say->this_face);
	buf_str(b, "<p>");
	page_text(b, str_of(say->speaks));
	buf_fmt(b, " %s (%s). ", version_name(v), version_number(v));
	page_link(b, metadata_of(b, conf, v), str_of(say->statement));
	buf_str(b, "</p>\n");
}

static void
all_faces(struct buf *b, const struct conf *conf, const struct words *say)
{
	heading(b, say->others);
	buf_str(b, "<dl>\n");
	for (int i = 0; i < FHIR__MAX; i++) {
		enum fhir_version v = (enum fhir_version)i;

		buf_fmt(b, "<dt>%s</dt>\n<dd><code>", version_name(v));
		page_text(b, str_of(conf->public_base));
		page_text(b, str_of(version_face(v)));
		buf_str(b, "</code></dd>\n");
	}
	buf_str(b, "</dl>\n");
}

static void
help(struct buf *b, const struct conf *conf, const struct words *say)
{
	heading(b, say->help);
	buf_str(b, "<p>");
	page_text(b, str_of(say->run_by));
	buf_char(b, ' ');
	page_text(b, str_of(conf->operator_name));
	buf_str(b, ".</p>\n");
	if (!conf->operator_contact[0])
		return;
	buf_str(b, "<p>");
	page_text(b, str_of(say->ask));
	buf_char(b, ' ');
	page_contact(b, str_of(conf->operator_contact));
	buf_str(b, "</p>\n");
}

void
face_page_write(struct buf *b, const struct conf *conf, enum fhir_version v)
{
	const struct words *say = &english;

	page_open(b, say->lang, say->title);
	paragraph(b, say->what);
	paragraph(b, say->how);
	this_face(b, conf, v, say);
	all_faces(b, conf, say);
	help(b, conf, say);
	page_close(b);
}
