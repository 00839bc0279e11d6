/* ward_json.c - writes FHIR JSON of any version, comma by comma
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/ward_json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define LINE_MAX_BYTES 512 /* of a formatted text */

static void
begin(struct ward_json *j, const char *key)
{
	struct buf *b = j->b;

	if (b->len && !strchr("{[:\n", b->at[b->len - 1]))
		buf_char(b, ',');
	if (key)
		buf_fmt(b, "\"%s\":", key);
}

void
ward_open(struct ward_json *j, const char *key, char bracket)
{
	begin(j, key);
	buf_char(j->b, bracket);
}

void
ward_close(struct ward_json *j, char bracket)
{
	buf_char(j->b, bracket);
}

void
ward_text(struct ward_json *j, const char *key, const char *text)
{
	if (!text)
		return;
	begin(j, key);
	buf_json(j->b, text, strlen(text));
}

void
ward_textf(struct ward_json *j, const char *key, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	ward_text(j, key, text);
}

void
ward_raw(struct ward_json *j, const char *key, const char *value)
{
	begin(j, key);
	buf_str(j->b, value);
}

/* v2 tables, v3 code systems and some of FHIR's own moved with R4: versions.md
 * of the sample data, section 7; R4 terminologies-systems. */
static void
put_system(struct ward_json *j, const char *system)
{
	const char *home = j->v == FHIR_R4
	                       ? "http://terminology.hl7.org/CodeSystem/"
	                       : "http://hl7.org/fhir/";
	char url[LINE_MAX_BYTES], *slash;

	if (!system || strncmp(system, "hl7:", 4)) {
		ward_text(j, "system", system);
		return;
	}
	snprintf(url, sizeof url, "%s%s", home, system + 4);
	slash = strchr(url + strlen(home), '/');
	if (slash && j->v == FHIR_R4) /* v2/0203 became v2-0203 */
		*slash = '-';
	ward_text(j, "system", url);
}

void
ward_coding(struct ward_json *j, const char *key, const char *system,
    const char *code, const char *display)
{
	ward_open(j, key, '{');
	put_system(j, system);
	ward_text(j, "code", code);
	ward_text(j, "display", display);
	ward_close(j, '}');
}

void
ward_concept(struct ward_json *j, const char *key, const char *system,
    const char *code, const char *display)
{
	ward_open(j, key, '{');
	ward_open(j, "coding", '[');
	ward_coding(j, NULL, system, code, display);
	ward_close(j, ']');
	ward_text(j, "text", display);
	ward_close(j, '}');
}

void
ward_refer(struct ward_json *j, const char *key, const char *display,
    const char *fmt, ...)
{
	char id[LINE_MAX_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(id, sizeof id, fmt, ap);
	va_end(ap);
	ward_open(j, key, '{');
	ward_text(j, "reference", id);
	ward_text(j, "display", display);
	ward_close(j, '}');
}

void
ward_quantity(struct ward_json *j, const char *key, const char *value,
    const char *unit, const char *ucum)
{
	ward_open(j, key, '{');
	ward_raw(j, "value", value);
	ward_text(j, "unit", unit);
	ward_text(j, "system", "http://unitsofmeasure.org");
	ward_text(j, "code", ucum);
	ward_close(j, '}');
}

void
ward_narrative(struct ward_json *j, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	ward_open(j, "text", '{');
	ward_text(j, "status", "generated");
	ward_textf(j, "div",
	    "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>%s</p></div>",
	    text);
	ward_close(j, '}');
}
