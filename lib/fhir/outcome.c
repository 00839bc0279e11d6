/* outcome.c - writes OperationOutcome, whatever it is about
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/outcome.h"

#include <string.h>

static const char *const severities[] = {
	[OUTCOME_FATAL] = "fatal",
	[OUTCOME_ERROR] = "error",
	[OUTCOME_WARNING] = "warning",
	[OUTCOME_INFORMATION] = "information",
};

/* Codes that R4 added to issue-type, and their parents there. */
static const struct {
	const char *code, *parent;
} young[] = {
	{ "deleted", "not-found" },
	{ "multiple-matches", "processing" },
};

static const char *
code_in(enum fhir_version v, const char *code)
{
	for (size_t i = 0; v != FHIR_R4 && i < COUNT(young); i++)
		if (!strcmp(young[i].code, code))
			return young[i].parent;
	return code;
}

/* ,"name":"text" and its closing; nothing for NULL */
static void
member(struct buf *b, const char *before, const char *text, const char *after)
{
	if (!text)
		return;
	buf_str(b, before);
	buf_json(b, text, strlen(text));
	buf_str(b, after);
}

static void
details(struct buf *b, const struct outcome_issue *i)
{
	if (!i->text && !i->reason)
		return;
	buf_str(b, ",\"details\":{");
	if (i->reason) {
		buf_str(b, "\"coding\":[{");
		member(b, "\"system\":", i->system, ",");
		member(b, "\"code\":", i->reason, "}]");
	}
	member(b, i->reason ? ",\"text\":" : "\"text\":", i->text, "");
	buf_char(b, '}');
}

static void
issue(struct buf *b, enum fhir_version v, const struct outcome_issue *i)
{
	member(b, "{\"severity\":", severities[i->severity], "");
	member(b, ",\"code\":", code_in(v, i->code), "");
	details(b, i);
	member(b, ",\"diagnostics\":", i->diagnostics, "");
	member(b, ",\"location\":[", i->where, "]");
	if (v != FHIR_DSTU2)
		member(b, ",\"expression\":[", i->where, "]");
	buf_char(b, '}');
}

void
outcome_write(struct buf *b, enum fhir_version v,
    const struct outcome_issue *issues, size_t n)
{
	buf_str(b, "{\"resourceType\":\"OperationOutcome\",\"issue\":[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_char(b, ',');
		issue(b, v, &issues[i]);
	}
	buf_str(b, "]}");
}
